//! Fake users: the record, and the forms that it is written in.

mod binary;
mod csv;
mod fields;
mod format;
mod json;
mod record;
pub mod settings;
mod table;
pub mod words;

use super::chunks::in_order;
use super::output::Output;
use crate::Result;
use crate::report::log::Verbosity;
use crate::report::progress::Progress;
use settings::{FileSettings, Settings};
use std::ops::Range;
use std::time::Instant;

pub use format::Format;
pub use record::{User, Users};
pub use table::load;

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Made {
    /// Users.
    pub rows: u64,
    /// Bytes that were written or sent.
    pub bytes: u64,
    /// How long it took, seconds.
    pub seconds: f64,
}

impl Made {
    fn since(started: Instant, rows: u64, bytes: u64) -> Made {
        Made { rows, bytes, seconds: started.elapsed().as_secs_f64() }
    }
}

/// Writes users to a file or to standard output.
///
/// # Errors
/// An output that cannot be written, or a file that `settings.records` do not continue; Ctrl-C. A file is then as it
/// was before.
pub fn write(settings: &Settings, file: &FileSettings, verbosity: Verbosity) -> Result<Made> {
    let started = Instant::now();
    let (users, format, start) = (Users::new(settings.seed), file.format, settings.records.start);
    let mut output = match &file.path {
        None => Output::stdout(),
        Some(path) if start == 0 => Output::new_file(path)?,
        Some(path) => {
            let mut last = Vec::new();
            // As the first one of a file, which is also how every later one ends.
            format.push(&mut last, &users.user(start - 1), true);
            last.extend_from_slice(format.end().as_bytes());
            Output::continued(path, &last, format.end().len())?
        }
    };
    if format == Format::Csv && start > 0 && file.path.is_some() && !output.continues() {
        tracing::warn!("a new file that begins with user {start} has no header line");
    }
    // The file that is continued has its beginning.
    let first = if output.continues() { None } else { Some(start) };
    let beginning = if output.continues() { "" } else { format.beginning(start) };
    let progress = Progress::of_one(verbosity, "users", settings.count(), output.is_terminal());
    let (mut rows, mut bytes) = (0, 0);
    let mut wanted = output.write(beginning.as_bytes())?;
    if wanted {
        bytes += beginning.len() as u64;
        let make = |records: Range<u64>, text: &mut Vec<u8>| {
            for index in records {
                format.push(text, &users.user(index), Some(index) == first);
            }
        };
        in_order(settings.workers, &settings.records, make, |text, records| {
            wanted = output.write(text)?;
            if wanted {
                rows += records;
                bytes += text.len() as u64;
                progress.advance(records);
            }
            Ok(wanted)
        })?;
    }
    if wanted && output.write(format.end().as_bytes())? {
        bytes += format.end().len() as u64;
    }
    output.finish()?;
    Ok(Made::since(started, rows, bytes))
}
