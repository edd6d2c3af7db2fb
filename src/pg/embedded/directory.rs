//! Creating the directories, and refusing those of other users.

use super::owner::{Owner, name_of};
use super::paths::Layout;
use crate::{Error, Result};
use nix::unistd::Uid;
use std::fs::{self, DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

/// Creates the data directory if it is missing, and checks it if it exists.
///
/// When we are root, the directory stays root's, and the server's user gets the directories in it: it must not be able to
/// plant a symlink where root writes.
///
/// # Errors
/// A directory that cannot be created, belongs to another user, or holds other files.
pub(super) fn prepare_data(layout: &Layout, owner: &Owner) -> Result<()> {
    let data = &layout.data;
    // It is ours alone. Where root makes it for the server's user, that user must be able to enter it, whatever the umask is.
    let mode = if *owner == Owner::Me { 0o700 } else { 0o755 };
    let mut missing: Vec<&Path> = data.ancestors().take_while(|dir| !dir.exists()).collect();
    missing.reverse();
    for dir in missing {
        match DirBuilder::new().mode(mode).create(dir) {
            Ok(()) => {
                fs::set_permissions(dir, Permissions::from_mode(mode)).map_err(|e| cannot_use(data, &e))?
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(cannot_use(data, &error)),
        }
    }
    let metadata = fs::metadata(data).map_err(|error| cannot_use(data, &error))?;
    if !metadata.is_dir() {
        return Err(cannot_use(data, &"it is a file"));
    }
    check_owner(layout, owner, &metadata)?;
    let (others, who) = match Uid::effective().is_root() {
        true => (0o022, "users other than root"),
        false => (0o002, "all users"),
    };
    if metadata.mode() & others != 0 {
        return Err(cannot_use(data, &format!("{who} may write in it")));
    }
    let mut entries = fs::read_dir(data).map_err(|error| cannot_use(data, &error))?;
    let is_empty = entries.next().is_none();
    if !is_empty && fs::symlink_metadata(&layout.start_lock).is_err() {
        return Err(cannot_use(data, &"it holds files that are not pghaul's"));
    }
    Ok(())
}

fn check_owner(layout: &Layout, owner: &Owner, metadata: &fs::Metadata) -> Result<()> {
    let me = Uid::effective().as_raw();
    // Root opens, renames and gives away files in it by name: no other user may be able to put others in their place.
    if metadata.uid() == me || (me != 0 && metadata.uid() == owner.uid()) {
        return Ok(());
    }
    let theirs = name_of(metadata.uid());
    Err(Error::refused(format!("the data directory {} belongs to the user {theirs}", layout.data.display()))
        .remedy("run pghaul as that user, or name another directory with --data-dir"))
}

/// An error about the data directory, with the remedy that works in any case.
pub(super) fn cannot_use(data: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::refused(format!("cannot use the data directory {}: {why}", data.display()))
        .remedy("name another directory with --data-dir")
}

/// Creates a directory that only the server's user can enter, or checks that it is one.
///
/// Another user may have planted a directory or symlink of this name in /tmp, and with it a socket for our connections.
///
/// # Errors
/// A directory that cannot be created, belongs to another user, or is open to others.
pub(super) fn prepare_private(dir: &Path, owner: &Owner) -> Result<()> {
    let fail = |why: &dyn std::fmt::Display| {
        Error::refused(format!("cannot use {} for the embedded server: {why}", dir.display()))
            .remedy("remove it, or name another data directory with --data-dir")
    };
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(fail(&error)),
        _ => {}
    }
    let metadata = fs::symlink_metadata(dir).map_err(|error| fail(&error))?;
    let me = Uid::effective().as_raw();
    if !metadata.is_dir() {
        return Err(fail(&"it is not a directory"));
    }
    if metadata.uid() != me && metadata.uid() != owner.uid() {
        return Err(fail(&format!("it belongs to the user {}", name_of(metadata.uid()))));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(fail(&"other users can enter it"));
    }
    // It is given where it existed as well: a run that was killed between creating and giving has left it to root.
    owner.give(dir).map_err(|error| fail(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn layout_in(dir: &Path) -> Layout {
        Layout::new(dir.canonicalize().unwrap().join("a/b"))
    }

    #[test]
    fn missing_directories_are_created_and_foreign_files_refused() {
        let temp = tempfile::tempdir().unwrap();
        let layout = layout_in(temp.path());
        prepare_data(&layout, &Owner::Me).unwrap();
        assert_eq!(fs::metadata(&layout.data).unwrap().mode() & 0o777, 0o700);
        prepare_data(&layout, &Owner::Me).unwrap();
        fs::write(layout.data.join("thesis.txt"), "").unwrap();
        let error = prepare_data(&layout, &Owner::Me).unwrap_err().to_string();
        assert!(error.contains("not pghaul's") && error.contains("--data-dir"), "{error}");
        fs::write(&layout.start_lock, "").unwrap();
        prepare_data(&layout, &Owner::Me).unwrap();
    }

    #[test]
    fn a_file_and_a_directory_open_to_all_are_refused() {
        let temp = tempfile::tempdir().unwrap();
        let layout = layout_in(temp.path());
        fs::create_dir_all(&layout.data).unwrap();
        fs::set_permissions(&layout.data, Permissions::from_mode(0o777)).unwrap();
        let error = prepare_data(&layout, &Owner::Me).unwrap_err().to_string();
        assert!(error.contains("may write in it"), "{error}");
        fs::remove_dir(&layout.data).unwrap();
        fs::write(&layout.data, "").unwrap();
        let error = prepare_data(&layout, &Owner::Me).unwrap_err().to_string();
        assert!(error.contains("it is a file"), "{error}");
    }

    #[test]
    fn a_planted_symlink_or_open_directory_is_not_used_for_the_socket() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("run");
        prepare_private(&dir, &Owner::Me).unwrap();
        prepare_private(&dir, &Owner::Me).unwrap();
        fs::set_permissions(&dir, Permissions::from_mode(0o755)).unwrap();
        assert!(prepare_private(&dir, &Owner::Me).unwrap_err().to_string().contains("other users"));
        let link = temp.path().join("link");
        symlink(&dir, &link).unwrap();
        assert!(prepare_private(&link, &Owner::Me).unwrap_err().to_string().contains("not a directory"));
    }
}
