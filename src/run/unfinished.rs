//! A file that grows under another name beside its place, and takes its place when it is complete.

use nix::fcntl::OFlag;
use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
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
    match open_file(path, File::options().write(true)).and_then(|old| old.metadata()) {
        Ok(old) => file.as_file().set_permissions(old.permissions())?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(file)
}

/// Opens a file, and nothing else that has its name: not a link, which another user may have put there, nor a named pipe or a
/// device, for which it would wait.
///
/// # Errors
/// What the operating system reports; something that is no file.
pub fn open_file(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let refused = || io::Error::other("is a link, a named pipe or a device, and no file");
    if path.symlink_metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return Err(refused());
    }
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let file = options.custom_flags(flags).open(path)?;
    // It may have come in between.
    if file.metadata()?.is_file() { Ok(file) } else { Err(refused()) }
}

/// Makes a folder that only its owner may look into, unless it is there.
///
/// # Errors
/// What the operating system reports.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
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
        let open = || open_file(&entry.path(), File::options().read(true));
        if is_unfinished && open().is_ok_and(|file| file.try_lock().is_ok()) {
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
    fn links_pipes_and_devices_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (link, pipe) = (folder.path().join("link"), folder.path().join("pipe"));
        std::fs::write(folder.path().join("file"), "precious").unwrap();
        std::os::unix::fs::symlink(folder.path().join("file"), &link).unwrap();
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        for path in [&link, &pipe] {
            assert!(beside(path).unwrap_err().to_string().contains("is a link, a named pipe or a device"));
        }
        nix::unistd::mkfifo(&folder.path().join(".users.csv.x.unfinished"), nix::sys::stat::Mode::S_IRWXU)
            .unwrap();
        assert!(beside(&folder.path().join("users.csv")).is_ok());
    }

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
