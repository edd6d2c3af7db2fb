//! Where the rejects of a data file come from, and the files that they go to.

use crate::copy::input::charset::Charset;
use crate::run::unfinished::remove_leftovers;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Where the rejects of one data file come from, and where they go.
#[derive(Debug)]
pub struct RejectPlaces {
    /// The folder; it is created for the first reject.
    pub folder: PathBuf,
    /// What the files are named for.
    pub name: String,
    /// Where the rows come from: the first fields of each line of the file of reasons. A file whose first field has another
    /// name is not ours, and is kept.
    pub origin: Vec<(&'static str, String)>,
    /// The name of the data file, or of each of its parts.
    pub data_files: Vec<String>,
    /// The header line of the data file, or of its first part, with the line end.
    pub header: Vec<u8>,
    /// The encoding of the data file.
    pub charset: Charset,
}

impl RejectPlaces {
    /// The file of the rows.
    pub fn rows(&self) -> PathBuf {
        self.path("dat")
    }

    /// The file of the reasons.
    pub fn reasons(&self) -> PathBuf {
        self.path("jsonl")
    }

    /// The file of the reasons why a load failed. Those of an earlier load that did not fail stay beside it.
    pub fn reasons_of_failure(&self) -> PathBuf {
        self.path("failed.jsonl")
    }

    /// A table's name may hold what no file's name can.
    fn path(&self, extension: &str) -> PathBuf {
        let name = self.name.replace('%', "%25").replace('/', "%2F");
        self.folder.join(format!("{name}.{extension}"))
    }

    /// Removes the files of earlier loads: those that are unfinished or about a failure, or `all` of them.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn remove_old(&self, all: bool) -> io::Result<()> {
        for path in [self.rows(), self.reasons()] {
            remove_leftovers(&path);
        }
        if self.is_ours(&self.reasons_of_failure()) {
            std::fs::remove_file(self.reasons_of_failure())?;
        }
        if all && self.is_ours(&self.reasons()) {
            // Without its reasons, a file of rows would not be known as ours.
            if self.rows().exists() {
                std::fs::remove_file(self.rows())?;
            }
            std::fs::remove_file(self.reasons())?;
        }
        Ok(())
    }

    /// Removes the rows of an earlier load, of which none is rejected any more.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn remove_rows(&self) -> io::Result<()> {
        match self.is_ours(&self.reasons()) && self.rows().exists() {
            true => std::fs::remove_file(self.rows()),
            false => Ok(()),
        }
    }

    fn is_ours(&self, reasons: &Path) -> bool {
        let Some((first, _)) = self.origin.first() else { return false };
        let expected = format!("{{\"{first}\":").into_bytes();
        let mut start = Vec::new();
        let read =
            File::open(reasons).and_then(|file| file.take(expected.len() as u64).read_to_end(&mut start));
        read.is_ok() && start == expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_ours_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let places = RejectPlaces {
            folder: folder.path().to_owned(),
            name: "v1_a/b%".into(),
            origin: vec![("from", String::new())],
            data_files: Vec::new(),
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
        write(r#"{"from":"app_v1.zip""#);
        places.remove_old(false).unwrap();
        assert_eq!(count(), 2);
        places.remove_old(true).unwrap();
        assert_eq!(count(), 0);
        write("mine");
        places.remove_old(true).unwrap();
        assert_eq!(count(), 3);
    }
}
