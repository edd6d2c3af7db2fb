//! The users to make, and the file or table for them: resolved and checked.

use super::format::Format;
use crate::{Error, Place, Result};
use nix::sys::stat::fstat;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The users to make, and the number of workers.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Their seed.
    pub seed: u64,
    /// Whether no two of them have the same user name or mail address.
    pub unique_accounts: bool,
    /// Their indexes.
    pub records: Range<u64>,
    /// Threads that make them; for a table, also its connections.
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
    /// Whether rows may be added to an existing table.
    pub append: bool,
}

impl Settings {
    /// Checks the flags.
    ///
    /// # Errors
    /// More records than can be counted.
    pub fn new(seed: u64, unique_accounts: bool, start: u64, count: u64, workers: usize) -> Result<Settings> {
        let end = start.checked_add(count).ok_or_else(|| {
            Error::refused(format!("--start {start} and --count {count} lead beyond the last record"))
                .remedy(format!("--start and --count together are at most {}", u64::MAX))
        })?;
        Ok(Settings { seed, unique_accounts, records: start..end, workers })
    }

    /// The number of users.
    pub fn count(&self) -> u64 {
        self.records.end - self.records.start
    }
}

impl FileSettings {
    /// The file, in the named form, or else the form of the file's extension, or else NDJSON.
    ///
    /// # Errors
    /// An unknown extension without a named form: `users.csv.gz` does not ask for NDJSON.
    pub fn new(path: PathBuf, format: Option<Format>) -> Result<FileSettings> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        let format = match (format, extension.as_deref()) {
            (Some(format), _) => format,
            (None, Some("json")) => Format::Json,
            (None, Some("csv")) => Format::Csv,
            (None, Some("ndjson" | "jsonl") | None) => Format::Ndjson,
            (None, Some(other)) => {
                return Err(Error::refused(format!("the extension {other} says nothing of the format"))
                    .at(Place::file(path.display().to_string()))
                    .remedy("name it with --format"));
            }
        };
        Ok(FileSettings { path: Some(path).filter(|path| !is_stdout(path)), format })
    }
}

/// Whether a path is a name of standard output, such as `/dev/stdout`. As a file, it would be replaced.
fn is_stdout(path: &Path) -> bool {
    if path.as_os_str() == "-" {
        return true;
    }
    match (path.metadata(), fstat(std::io::stdout())) {
        (Ok(file), Ok(stdout)) => (file.dev(), file.ino()) == (stdout.st_dev, stdout.st_ino),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_named_one_or_that_of_the_extension() {
        let format = |path: &str, format| FileSettings::new(path.into(), format).unwrap().format;
        assert_eq!(format("users.JSON", None), Format::Json);
        assert_eq!(format("users.csv", Some(Format::Ndjson)), Format::Ndjson);
        assert_eq!(format("users.jsonl", None), Format::Ndjson);
        assert_eq!(format("-", None), Format::Ndjson);
        assert_eq!(FileSettings::new("-".into(), None).unwrap().path, None);
        assert_eq!(format("users.txt", Some(Format::Csv)), Format::Csv);
        let error = FileSettings::new("users.csv.gz".into(), None).unwrap_err().to_string();
        assert!(error.starts_with("users.csv.gz: the extension gz says nothing"), "{error}");
    }

    #[test]
    fn records_can_be_counted() {
        assert_eq!(Settings::new(0, false, 100, 2, 1).unwrap().records, 100..102);
        let error = Settings::new(0, false, u64::MAX, 2, 1).unwrap_err();
        assert_eq!(error.exit(), crate::exit::Exit::Refused);
    }
}
