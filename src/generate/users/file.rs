//! Users into a file, or to standard output.

use super::format::Format;
use super::made::Made;
use super::record::Users;
use super::settings::{FileSettings, Settings};
use crate::Result;
use crate::generate::chunks::in_order;
use crate::generate::output::Output;
use crate::report::log::Verbosity;
use crate::report::progress::Progress;
use crate::report::timeline;
use std::ops::Range;
use std::time::Instant;

/// Writes users to a file or to standard output.
///
/// # Errors
/// An output that cannot be written, or a file that does not end right before `settings.records`; Ctrl-C. A file is
/// then as it was before.
pub fn write_file(settings: &Settings, file: &FileSettings, verbosity: Verbosity) -> Result<Made> {
    let started = Instant::now();
    let (users, format, start) =
        (Users::new(settings.seed, settings.unique_accounts), file.format, settings.records.start);
    let mut output = match &file.path {
        None => Output::stdout(),
        Some(path) if start == 0 => Output::new_file(path)?,
        Some(path) => {
            let mut last = Vec::new();
            // Written as the first record of a file; every later one ends in the same way.
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
    let mut flow = output.write(beginning.as_bytes())?;
    if flow.is_continue() {
        bytes += beginning.len() as u64;
        let make = |records: Range<u64>, text: &mut Vec<u8>| {
            for index in records {
                format.push(text, &users.user(index), Some(index) == first);
            }
            Ok(())
        };
        in_order(settings.workers, &settings.records, make, |text, records| {
            flow = output.write(text)?;
            if flow.is_continue() {
                rows += records;
                bytes += text.len() as u64;
                progress.advance(records);
                timeline::rows(records);
            }
            Ok(flow)
        })?;
    }
    if flow.is_continue() && output.write(format.end().as_bytes())?.is_continue() {
        bytes += format.end().len() as u64;
    }
    output.finish()?;
    Ok(Made::since(started, rows, bytes))
}
