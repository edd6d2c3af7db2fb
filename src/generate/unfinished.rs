//! A file that grows beside its place under another name, and takes its place when it is complete.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::NamedTempFile;

/// What a new file may at most be allowed; the process's umask takes from it.
const ALL_MAY_READ_AND_WRITE: u32 = 0o666;

/// A new file for what will become `path`; removed again unless it takes that place.
///
/// # Errors
/// What the operating system reports.
pub fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .suffix(".unfinished")
        .permissions(Permissions::from_mode(ALL_MAY_READ_AND_WRITE))
        .tempfile_in(folder.unwrap_or(Path::new(".")))
}
