//! A dump as it lies on the disk, a file or a folder, and whether it is still the one that was scanned.

use super::file::DumpFile;
use super::folder;
use crate::Result;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A dump on the disk.
#[derive(Debug)]
pub enum OnDisk {
    /// A file.
    File(Arc<DumpFile>),
    /// A folder.
    Folder(DumpFolder),
}

/// A folder, as it was when it was scanned.
#[derive(Debug)]
pub struct DumpFolder {
    path: PathBuf,
    files: Vec<(String, Stamp)>,
    /// The most files that are looked at.
    most: usize,
}

/// What changes with a file: its size, its time, its device and inode.
type Stamp = (u64, (i64, i64), (u64, u64));

impl OnDisk {
    /// Looks at the file or folder at this path; of a folder, at up to `most` files and one more.
    ///
    /// # Errors
    /// What the operating system reports; a path that leads to something else.
    pub fn look_at(path: &Path, most: usize) -> Result<OnDisk> {
        if !path.is_dir() {
            return DumpFile::look_at(path).map(|file| OnDisk::File(Arc::new(file)));
        }
        let files = stamps(path, most)?;
        Ok(OnDisk::Folder(DumpFolder { path: path.to_owned(), files, most }))
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        match self {
            OnDisk::File(file) => &file.path,
            OnDisk::Folder(folder) => &folder.path,
        }
    }

    /// The file, if it is one.
    pub fn file(&self) -> Option<&Arc<DumpFile>> {
        match self {
            OnDisk::File(file) => Some(file),
            OnDisk::Folder(_) => None,
        }
    }

    /// Whether what lies at this path, perhaps after a move, is what was scanned, unchanged.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn is_at(&self, path: &Path) -> Result<bool> {
        match self {
            OnDisk::File(file) => Ok(file.is_still(&fs::symlink_metadata(path)?)),
            OnDisk::Folder(folder) => Ok(stamps(path, folder.most)? == folder.files),
        }
    }
}

fn stamps(folder: &Path, most: usize) -> Result<Vec<(String, Stamp)>> {
    let stamp = |metadata: Metadata| {
        let time = (metadata.mtime(), metadata.mtime_nsec());
        (metadata.len(), time, (metadata.dev(), metadata.ino()))
    };
    let files = folder::files(folder, most)?;
    files.into_iter().map(|found| Ok((found.name, stamp(fs::symlink_metadata(&found.path)?)))).collect()
}
