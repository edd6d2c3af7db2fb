//! A file without a name, which only its owner could open. It disappears with the process, however that ends.

use std::fs::File;
use std::io;
use std::path::Path;

/// Its owner may read and write it.
const MODE: u32 = 0o600;

/// Creates a file in `folder`, for reading and writing.
///
/// # Errors
/// What the operating system reports.
pub fn create(folder: &Path) -> io::Result<File> {
    // Otherwise the error would be about a name that the user does not know.
    folder.join(".").metadata()?;
    never_named(folder).or_else(|_| once_named(folder))
}

/// A file that never has a name, and cannot get one. Not every file system can do this.
#[cfg(target_os = "linux")]
fn never_named(folder: &Path) -> io::Result<File> {
    use nix::fcntl::OFlag;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = (OFlag::O_TMPFILE | OFlag::O_EXCL).bits();
    File::options().read(true).write(true).mode(MODE).custom_flags(flags).open(folder)
}

#[cfg(not(target_os = "linux"))]
fn never_named(_: &Path) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A file that loses its name before anything is in it.
fn once_named(folder: &Path) -> io::Result<File> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::Permissions::from_mode(MODE);
    let (file, name) = tempfile::Builder::new()
        .prefix(".pghaul-")
        .permissions(permissions)
        .tempfile_in(folder)?
        .into_parts();
    name.close()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn either_way_it_is_its_owners_and_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        for way in [never_named, once_named, create] {
            let metadata = way(folder.path()).unwrap().metadata().unwrap();
            assert_eq!((metadata.mode() & 0o777, metadata.nlink()), (MODE, 0));
            assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        }
        let error = create(&folder.path().join("nowhere")).unwrap_err().to_string();
        assert_eq!(error, "No such file or directory (os error 2)");
    }
}
