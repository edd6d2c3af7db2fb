//! A file that grows under another name beside its place, and takes its place when it is complete.

use std::fs::{File, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use tempfile::NamedTempFile;

/// The end of a file's name until it is complete: `.users.csv.….unfinished`.
const UNFINISHED: &str = ".unfinished";

/// The widest permissions of a new file. The process's umask narrows them.
const ALL_MAY_READ_AND_WRITE: u32 = 0o666;

/// A new file that will become `path`; it is removed unless it takes that place. A file that is there already must be
/// writable, and the new one gets its permissions. Files that killed runs have left are removed.
///
/// # Errors
/// What the operating system reports, without the temporary name, which a user does not know.
pub fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = folder_of(path);
    if !folder.is_dir() {
        let missing = format!("there is no folder {}", folder.display());
        return Err(io::Error::new(ErrorKind::NotFound, missing));
    }
    remove_leftovers(path);
    let file = create(path, folder).map_err(|error| io::Error::from(error.kind()))?;
    match File::options().write(true).open(path).and_then(|old| old.metadata()) {
        Ok(old) => file.as_file().set_permissions(old.permissions())?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(file)
}

/// Removes the files that killed runs have left and that were to become `path`. The file of a run that is at work is locked,
/// and stays.
pub fn remove_leftovers(path: &Path) {
    let start = start_of(path);
    let Ok(entries) = folder_of(path).read_dir() else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let middle = name.to_str().and_then(|name| name.strip_prefix(&start)?.strip_suffix(UNFINISHED));
        let is_unfinished = middle.is_some_and(|random| !random.contains('.'));
        if is_unfinished && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            // A failure is not reported: the file takes room, and does no harm.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// A new file, locked: the lock tells other runs that it is no leftover. Where files cannot be locked, leftovers stay.
fn create(path: &Path, folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let file = tempfile::Builder::new()
            .prefix(&start_of(path))
            .suffix(UNFINISHED)
            .permissions(Permissions::from_mode(ALL_MAY_READ_AND_WRITE))
            .tempfile_in(folder)?;
        let is_taken = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock));
        // Another run may have taken it for a leftover before it was locked, and removed it.
        if !is_taken && file.as_file().metadata()?.nlink() > 0 {
            return Ok(file);
        }
    }
}

fn start_of(path: &Path) -> String {
    format!(".{}.", path.file_name().unwrap_or_default().to_string_lossy())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
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
    fn what_killed_runs_have_left_goes_and_what_others_work_on_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.csv");
        let others = [".users.csv.b.a1b2c3.unfinished", ".users.csv", ".user.csv.a1b2c3.unfinished"];
        for name in others.into_iter().chain([".users.csv.a1b2c3.unfinished"]) {
            std::fs::write(folder.path().join(name), "half of it").unwrap();
        }
        let first = beside(&path).unwrap();
        let second = beside(&path).unwrap();
        assert!(first.path().exists() && second.path().exists());
        assert!(!folder.path().join(".users.csv.a1b2c3.unfinished").exists());
        assert!(others.iter().all(|name| folder.path().join(name).exists()));
        second.persist(&path).unwrap();
        drop(first);
        assert_eq!(folder.path().read_dir().unwrap().count(), others.len() + 1);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = beside(Path::new("/nowhere/users.csv")).unwrap_err();
        assert_eq!(error.to_string(), "there is no folder /nowhere");
    }
}
