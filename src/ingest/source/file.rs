//! The file of a dump, and whether it is still the file that was scanned.

use crate::{Error, Place, Result};
use nix::fcntl::OFlag;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file, as it was when it was scanned.
#[derive(Debug)]
pub struct DumpFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size, bytes.
    pub bytes: u64,
    modified: Option<SystemTime>,
    /// Its device and inode.
    id: (u64, u64),
}

impl DumpFile {
    /// Looks at the file without opening it: a named pipe would wait for its writer.
    ///
    /// # Errors
    /// What the operating system reports; a path that leads to something else.
    pub fn look_at(path: &Path) -> Result<DumpFile> {
        let metadata = fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(Error::refused("is no file").remedy("name a zip file, or a folder of zip files"));
        }
        Ok(DumpFile {
            path: path.to_owned(),
            bytes: metadata.len(),
            modified: metadata.modified().ok(),
            id: (metadata.dev(), metadata.ino()),
        })
    }

    /// Opens it for the scan.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn open(&self) -> Result<File> {
        without_waiting(&self.path).map_err(unreadable)
    }

    /// Opens it once more, for the load.
    ///
    /// # Errors
    /// What the operating system reports; a file that has changed since the scan.
    pub fn reopen(&self) -> Result<File> {
        let place = || Place::file(self.path.file_name().unwrap_or_default().to_string_lossy());
        let file = without_waiting(&self.path).map_err(|error| Error::failed(error).at(place()))?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || !self.has_size_and_time_of(&metadata) {
            return Err(Error::failed("the dump was changed while it was being loaded")
                .at(place())
                .remedy("run again once the dump is complete"));
        }
        Ok(file)
    }

    /// Whether this is the file that was scanned, unchanged.
    pub fn is_still(&self, metadata: &Metadata) -> bool {
        self.id == (metadata.dev(), metadata.ino()) && self.has_size_and_time_of(metadata)
    }

    fn has_size_and_time_of(&self, metadata: &Metadata) -> bool {
        metadata.len() == self.bytes && metadata.modified().ok() == self.modified
    }
}

/// Opens what may have become a named pipe since it was looked at, and would wait for its writer.
fn without_waiting(path: &Path) -> io::Result<File> {
    File::options().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)
}

fn unreadable(error: io::Error) -> Error {
    Error::refused(error).remedy("let this user read the dump, or move it out of this folder")
}
