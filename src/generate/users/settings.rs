//! What is to be made, and where it goes: resolved and checked.

use super::Format;
use crate::{Error, Result};
use std::ops::Range;
use std::path::PathBuf;

/// Which users are made, and by how many workers.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What they depend on.
    pub seed: u64,
    /// Their indexes.
    pub records: Range<u64>,
    /// Threads that make them; connections, where they go into a table.
    pub workers: usize,
}

/// A file or a stream of users.
#[derive(Debug, Clone)]
pub struct FileSettings {
    /// The file; none for standard output.
    pub path: Option<PathBuf>,
    /// Its form.
    pub format: Format,
}

/// A table of users.
#[derive(Debug, Clone)]
pub struct TableSettings {
    /// Its name, as it was typed: `table` or `schema.table`.
    pub name: String,
    /// Whether nested fields become columns of their own, not `jsonb`.
    pub flat: bool,
    /// Whether rows may be added to a table that is there.
    pub append: bool,
}

impl Settings {
    /// Checks what was typed.
    ///
    /// # Errors
    /// More records than can be counted.
    pub fn new(seed: u64, start: u64, count: u64, workers: usize) -> Result<Settings> {
        let end = start.checked_add(count).ok_or_else(|| {
            Error::refused(format!("--start {start} and --count {count} lead beyond the last record"))
                .remedy(format!("--start and --count together are at most {}", u64::MAX))
        })?;
        Ok(Settings { seed, records: start..end, workers })
    }

    /// How many users are made.
    pub fn count(&self) -> u64 {
        self.records.end - self.records.start
    }
}

impl FileSettings {
    /// Where users go, and in which form: the one that was named, else that of the file's extension, else NDJSON.
    pub fn new(path: PathBuf, format: Option<Format>) -> FileSettings {
        let by_extension = || match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Format::Json),
            "csv" => Some(Format::Csv),
            _ => None,
        };
        let format = format.or_else(by_extension).unwrap_or(Format::Ndjson);
        FileSettings { path: Some(path).filter(|path| path.as_os_str() != "-"), format }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_named_one_or_that_of_the_extension() {
        let format = |path: &str, format| FileSettings::new(path.into(), format).format;
        assert_eq!(format("users.JSON", None), Format::Json);
        assert_eq!(format("users.csv", Some(Format::Ndjson)), Format::Ndjson);
        assert_eq!(format("users.jsonl", None), Format::Ndjson);
        assert_eq!(format("-", None), Format::Ndjson);
        assert_eq!(FileSettings::new("-".into(), None).path, None);
    }

    #[test]
    fn records_can_be_counted() {
        assert_eq!(Settings::new(0, 100, 2, 1).unwrap().records, 100..102);
        let error = Settings::new(0, u64::MAX, 2, 1).unwrap_err();
        assert_eq!(error.exit(), crate::exit::Exit::Refused);
    }
}
