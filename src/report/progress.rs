//! Progress bars by bytes, rows or requests, on a terminal only.

use super::log::{Verbosity, bars};
use super::numbers::{plural, thousands};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

/// The look of bars that count bytes or rows.
#[derive(Debug, Clone, Copy)]
struct Measure {
    /// The bar of a whole run: count, rate, and remaining time.
    total_style: &'static str,
    /// The bar of one unit.
    unit_style: &'static str,
}

const BYTES: Measure = Measure {
    total_style: "{prefix:.bold} [{wide_bar}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta} left",
    unit_style: "{prefix} [{wide_bar}] {binary_bytes}/{binary_total_bytes}",
};
const ROWS: Measure = Measure {
    total_style: "{prefix:.bold} [{wide_bar}] {human_pos}/{human_len} rows ({percent} %) {whole_per_sec}/s {eta} left",
    unit_style: "{prefix} [{wide_bar}] {human_pos}/{human_len} rows",
};

/// A run of requests whose number is known.
const REQUESTS: &str = "{prefix:.bold} [{wide_bar}] {human_pos}/{human_len}, {eta} left, {now}";
/// The same while it is not known.
const REQUESTS_SO_FAR: &str = "{prefix:.bold} {human_pos}, {now}";
/// How often the bar shows what the run says of itself.
const TICK: Duration = Duration::from_millis(200);

/// The bars of one run.
#[derive(Debug)]
pub struct Progress {
    total: ProgressBar,
    measure: Measure,
}

/// The bar of a run that makes requests.
#[derive(Debug)]
pub struct RequestProgress(ProgressBar);

/// The bar of one unit. Dropping it removes the bar.
#[derive(Debug)]
pub struct UnitProgress {
    unit: ProgressBar,
    total: ProgressBar,
}

impl Progress {
    /// Shows the progress of `units` units with `bytes` bytes in all, if standard error is a terminal.
    pub fn new(verbosity: Verbosity, units: usize, bytes: u64) -> Progress {
        Progress::of(BYTES, verbosity, units, bytes)
    }

    /// As [`Progress::new`], for `rows` rows in all.
    pub fn rows(verbosity: Verbosity, units: usize, rows: u64) -> Progress {
        Progress::of(ROWS, verbosity, units, rows)
    }

    fn of(measure: Measure, verbosity: Verbosity, units: usize, length: u64) -> Progress {
        hide_unless(verbosity != Verbosity::Quiet);
        let total = bars().add(ProgressBar::new(length).with_style(style(measure.total_style)));
        total.set_prefix(format!("{units} {}", plural(units as u64, "unit")));
        Progress { total, measure }
    }

    /// Shows how many of `rows` rows are generated, if standard error is a terminal. `what` is the word for them; `in_use`
    /// says that the rows go to the terminal too, and then nothing is shown.
    pub fn of_one(verbosity: Verbosity, what: &'static str, rows: u64, in_use: bool) -> Progress {
        hide_unless(verbosity != Verbosity::Quiet && !in_use);
        let total = bars().add(ProgressBar::new(rows).with_style(style(ROWS.total_style)));
        total.set_prefix(what);
        Progress { total, measure: ROWS }
    }

    /// Counts `done` more bytes or rows.
    pub fn advance(&self, done: u64) {
        self.total.inc(done);
        // The planner has estimated fewer rows.
        if self.total.length().is_some_and(|length| self.total.position() > length) {
            self.total.set_length(self.total.position());
        }
    }

    /// Corrects the number of bytes or rows in all.
    pub fn expect(&self, length: u64) {
        self.total.set_length(length.max(self.total.position()));
    }

    /// Adds a bar for a unit of `length` bytes or rows.
    pub fn unit(&self, name: &str, length: u64) -> UnitProgress {
        let style = style(self.measure.unit_style);
        let bar = ProgressBar::new(length).with_style(style).with_prefix(name.to_owned());
        UnitProgress { unit: bars().insert_before(&self.total, bar), total: self.total.clone() }
    }
}

impl RequestProgress {
    /// Shows the progress of requests, if standard error is a terminal; `now` is what the run tells of itself meanwhile.
    pub fn new(verbosity: Verbosity, now: impl Fn() -> String + Send + Sync + 'static) -> RequestProgress {
        hide_unless(verbosity != Verbosity::Quiet);
        let now = Arc::new(now);
        let key = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = out.write_str(&now());
        };
        let bar = ProgressBar::no_length().with_style(style(REQUESTS_SO_FAR).with_key("now", key));
        let bar = bars().add(bar.with_prefix("requests"));
        if !bars().is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        RequestProgress(bar)
    }

    /// Whether it is shown.
    pub fn is_shown(&self) -> bool {
        !self.0.is_hidden()
    }

    /// Counts one more request that is done.
    pub fn advance(&self) {
        self.0.inc(1);
    }

    /// Says how many requests there are in all.
    pub fn expect(&self, requests: u64) {
        self.0.set_length(requests);
        self.0.set_style(self.0.style().template(REQUESTS).unwrap_or_else(|_| ProgressStyle::default_bar()));
    }
}

impl Drop for RequestProgress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.total.finish_and_clear();
    }
}

impl UnitProgress {
    /// Counts `done` more bytes or rows.
    pub fn advance(&self, done: u64) {
        self.unit.inc(done);
        self.total.inc(done);
    }

    /// Sets the unit back to its beginning: its work is lost.
    pub fn restart(&self) {
        self.total.dec(self.unit.position());
        self.unit.reset();
    }
}

impl Drop for UnitProgress {
    fn drop(&mut self) {
        self.unit.finish_and_clear();
    }
}

fn hide_unless(wanted: bool) {
    if !wanted || !std::io::stderr().is_terminal() {
        bars().set_draw_target(ProgressDrawTarget::hidden());
    }
}

fn style(template: &str) -> ProgressStyle {
    // It fails only for a template that cannot be parsed. The default bar is better than none.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        // The library's own rate has four decimals.
        .with_key("whole_per_sec", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = out.write_str(&thousands(state.per_sec() as u64));
        })
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_than_all_is_done() {
        let progress = Progress::rows(Verbosity::Quiet, 1, 10);
        let shown = || (progress.total.position(), progress.total.length());
        progress.advance(8);
        assert_eq!(shown(), (8, Some(10)));
        progress.advance(8);
        assert_eq!(shown(), (16, Some(16)));
        progress.expect(12);
        assert_eq!(shown(), (16, Some(16)));
        progress.expect(20);
        assert_eq!(shown(), (16, Some(20)));
    }
}
