//! Where the rejects of a unit come from, and the files that they go to.

use crate::copy::input::charset::Charset;
use crate::run::unfinished::remove_leftovers;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What a file of reasons begins with; one that begins otherwise is not ours.
const REASONS_START: &[u8] = b"{\"dump\":";

/// Where a unit's rejects come from, and where they go.
#[derive(Debug)]
pub struct RejectPlaces {
    /// The folder; created when there is something to put into it.
    pub folder: PathBuf,
    /// The unit: the files are named for it.
    pub unit: String,
    /// The dump's file name.
    pub dump: String,
    /// The data file's name in the dump.
    pub data_file: String,
    /// Its header line, with the line end.
    pub header: Vec<u8>,
    /// Its encoding.
    pub charset: Charset,
}

impl RejectPlaces {
    /// The rows.
    pub fn rows(&self) -> PathBuf {
        self.path("dat")
    }

    /// The reasons.
    pub fn reasons(&self) -> PathBuf {
        self.path("jsonl")
    }

    /// The reasons why a unit failed. Those of the rows that are loaded stay beside them.
    pub fn reasons_of_failure(&self) -> PathBuf {
        self.path("failed.jsonl")
    }

    /// A table's name may hold what no file's name can.
    fn path(&self, extension: &str) -> PathBuf {
        let name = self.unit.replace('%', "%25").replace('/', "%2F");
        self.folder.join(format!("{name}.{extension}"))
    }

    /// Removes what earlier loads of the unit have left; `all` of it, or what tells of a failure, or is unfinished, only.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn remove_old(&self, all: bool) -> io::Result<()> {
        for path in [self.rows(), self.reasons()] {
            remove_leftovers(&path);
        }
        if is_ours(&self.reasons_of_failure()) {
            std::fs::remove_file(self.reasons_of_failure())?;
        }
        if all && is_ours(&self.reasons()) {
            // Without its reasons, a file of rows would not be known as ours.
            if self.rows().exists() {
                std::fs::remove_file(self.rows())?;
            }
            std::fs::remove_file(self.reasons())?;
        }
        Ok(())
    }
}

fn is_ours(reasons: &Path) -> bool {
    let mut start = Vec::new();
    let read =
        File::open(reasons).and_then(|file| file.take(REASONS_START.len() as u64).read_to_end(&mut start));
    read.is_ok() && start == REASONS_START
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_ours_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let places = RejectPlaces {
            folder: folder.path().to_owned(),
            unit: "v1_a/b%".into(),
            dump: String::new(),
            data_file: String::new(),
            header: Vec::new(),
            charset: Charset::Utf8,
        };
        let write = |start: &str| {
            for path in [places.rows(), places.reasons(), places.reasons_of_failure()] {
                std::fs::write(path, start).unwrap();
            }
        };
        let count = || std::fs::read_dir(&places.folder).unwrap().count();
        assert_eq!(places.rows().file_name().unwrap(), "v1_a%2Fb%25.dat");
        write(r#"{"dump":"app_v1.zip""#);
        places.remove_old(false).unwrap();
        assert_eq!(count(), 2);
        places.remove_old(true).unwrap();
        assert_eq!(count(), 0);
        write("mine");
        places.remove_old(true).unwrap();
        assert_eq!(count(), 3);
    }
}
