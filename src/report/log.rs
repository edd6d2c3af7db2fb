//! Log lines on standard error, above the progress bars.

use crate::error::without_commands;
use crate::secret::without_passwords;
use indicatif::MultiProgress;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::time::Instant;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// `-q`: errors and warnings; no bars and no summary.
    Quiet,
    /// Errors, warnings, steps that take a while or drop something; bars and the summary.
    Normal,
    /// `-v`: the steps of each worker as well.
    Verbose,
}

static BARS: OnceLock<MultiProgress> = OnceLock::new();

/// The place of all progress bars.
pub fn bars() -> &'static MultiProgress {
    BARS.get_or_init(MultiProgress::new)
}

/// Starts logging. The command line calls it once.
pub fn init(verbosity: Verbosity) {
    let level = match verbosity {
        Verbosity::Quiet => Level::WARN,
        Verbosity::Normal => Level::INFO,
        Verbosity::Verbose => Level::DEBUG,
    };
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(has_colours(&io::stderr()))
        .with_writer(|| AboveBars)
        .event_format(Line { started: Instant::now(), with_thread: verbosity == Verbosity::Verbose })
        .finish();
    // Only a second call could fail; the first one's settings stay.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Whether what is written there may be coloured (<https://no-color.org>).
pub fn has_colours(there: &impl IsTerminal) -> bool {
    there.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

struct AboveBars;

impl Write for AboveBars {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Where nothing more can be written, nothing can be said. It is no reason to end the run, as the subscriber would.
        let _ = bars().suspend(|| io::stderr().write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The form of a line: `warning: …`, or with `-v` `[   0.012 s worker-1] …`.
struct Line {
    started: Instant,
    with_thread: bool,
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        // The log lines of other crates do not help a user. Their errors reach us as values.
        if !event.metadata().target().starts_with("pghaul") {
            return Ok(());
        }
        if self.with_thread {
            let thread = std::thread::current();
            let name = thread.name().unwrap_or("-").to_owned();
            write!(out, "[{:8.3} s {name}] ", self.started.elapsed().as_secs_f64())?;
        }
        let (word, colour) = match *event.metadata().level() {
            Level::ERROR => ("error: ", "\x1b[31m"),
            Level::WARN => ("warning: ", "\x1b[33m"),
            _ => ("", ""),
        };
        if out.has_ansi_escapes() && !word.is_empty() {
            write!(out, "{colour}{word}\x1b[0m")?;
        } else {
            out.write_str(word)?;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        writeln!(out, "{}", without_passwords(&without_commands(&message.0)))
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
