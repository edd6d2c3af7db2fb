//! A file that grows beside its place under another name, and takes its place when it is complete.

use std::fs::{File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::NamedTempFile;

/// What a new file may at most be allowed; the process's umask takes from it.
const ALL_MAY_READ_AND_WRITE: u32 = 0o666;

/// A new file for what will become `path`; removed again unless it takes that place. Where there is a file already, it
/// must be one that could be written to, and the new one gets its permissions.
///
/// # Errors
/// What the operating system reports, without the name that nobody has heard of.
pub fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let missing = format!("there is no folder {}", folder.display());
        return Err(io::Error::new(ErrorKind::NotFound, missing));
    }
    let file = tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .suffix(".unfinished")
        .permissions(Permissions::from_mode(ALL_MAY_READ_AND_WRITE))
        .tempfile_in(folder)
        .map_err(|error| io::Error::from(error.kind()))?;
    match File::options().write(true).open(path).and_then(|old| old.metadata()) {
        Ok(old) => file.as_file().set_permissions(old.permissions())?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_has_the_permissions_of_the_one_that_it_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.csv");
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let mode = beside(&path).unwrap().as_file().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = beside(Path::new("/nowhere/users.csv")).unwrap_err();
        assert_eq!(error.to_string(), "there is no folder /nowhere");
    }
}
