//! Moving one dump, a file or a folder, into the archive. No file is overwritten, and a file that is not the one that was loaded stays.

use crate::Result;
use crate::ingest::source::file::DumpFile;
use crate::ingest::source::name::{split, without_encryption};
use crate::ingest::source::on_disk::OnDisk;
use crate::run::interrupt;
use crate::run::unfinished::open_file;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The end of a copy's name until it is complete: `.lms_v1.zip.….archiving`.
const UNFINISHED: &str = ".archiving";
/// Bytes copied at a time. Ctrl-C is heard in between.
const COPY_BYTES: u64 = 64 << 20;
/// Why a dump stays.
const REPLACED: &str = "it was replaced or changed while it was being loaded";
/// Why a folder stays that cannot be renamed.
const FOLDER: &str =
    "it is a folder that cannot be renamed into the archive, as on another file system; move it yourself";

/// What became of a dump.
#[derive(Debug, PartialEq, Eq)]
pub enum Shelved {
    /// It lies at this path now.
    At(PathBuf),
    /// It was in the archive before.
    Already,
    /// It stays where it is, for this reason.
    Not(&'static str),
}

/// Moves a dump into the folder `archive`, which is created if it is missing. Where its name is taken, the dump gets a number:
/// `lms_v1.2.zip`.
///
/// # Errors
/// What the operating system reports; Ctrl-C. The dump is where it was then.
pub fn shelve(dump: &OnDisk, archive: &Path) -> Result<Shelved> {
    let path = dump.path();
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Shelved::Not("it is gone")),
        metadata => metadata?,
    };
    if metadata.is_symlink() {
        return Ok(Shelved::Not("it is a symbolic link"));
    }
    if !dump.is_at(path)? {
        return Ok(Shelved::Not(REPLACED));
    }
    fs::create_dir_all(archive)?;
    if archive.canonicalize()? == folder_of(path).canonicalize()? {
        return Ok(Shelved::Already);
    }
    for place in places(path, dump.file().is_none(), archive) {
        match rename_new(path, &place) {
            Ok(()) => return renamed(dump, place),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            // Another file system, or one that cannot do this.
            Err(_) => match dump {
                OnDisk::File(file) => return copy(file, archive),
                OnDisk::Folder(_) => return Ok(Shelved::Not(FOLDER)),
            },
        }
    }
    Ok(Shelved::Not("all its names are taken in the archive"))
}

/// Removes the unfinished copies of killed runs. Those that another run is at work on are locked, and stay.
pub fn remove_leftovers(archive: &Path) {
    let Ok(entries) = fs::read_dir(archive) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_copy = name.to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(UNFINISHED));
        let open = || open_file(&entry.path(), File::options().read(true));
        if is_copy && open().is_ok_and(|file| file.try_lock().is_ok()) {
            // A failure is not reported: a leftover takes room, and does no harm.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The folder that a file lies in.
pub fn folder_of(path: &Path) -> &Path {
    or_current(path.parent().unwrap_or(Path::new("")))
}

/// The folder, or the current one where its name is empty.
pub fn or_current(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// The paths that a dump may get: its own name, then with numbers from 2 on.
fn places<'p>(path: &'p Path, is_folder: bool, archive: &'p Path) -> impl Iterator<Item = PathBuf> + 'p {
    let name = Path::new(path.file_name().unwrap_or_default());
    let plain_name = if is_folder { name.to_owned() } else { without_encryption(name) };
    let encrypted = name.extension().filter(|_| plain_name != name);
    let numbered = move |number: u32| {
        // Bytes that are no UTF-8 stay, though the end of such a name is not looked for.
        let (stem, end) = match plain_name.to_str() {
            Some(plain_name) if !is_folder => {
                let (stem, end, _) = split(plain_name);
                (OsString::from(stem), OsString::from(end))
            }
            _ => (plain_name.as_os_str().to_owned(), OsString::new()),
        };
        let mut numbered = stem;
        numbered.push(format!(".{number}"));
        numbered.push(end);
        if let Some(encrypted) = encrypted {
            numbered.push(".");
            numbered.push(encrypted);
        }
        archive.join(numbered)
    };
    std::iter::once(archive.join(name)).chain((2..=u32::MAX).map(numbered))
}

/// Renames a file unless the new name is taken, in one step in which no file can be lost.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
    renameat2(AT_FDCWD, from, AT_FDCWD, to, RenameFlags::RENAME_NOREPLACE).map_err(io::Error::from)
}

/// Other systems have no such step; dumps are copied there.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn rename_new(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

/// Concludes a rename. Another file may have taken the dump's place just before: it is moved back.
fn renamed(dump: &OnDisk, place: PathBuf) -> Result<Shelved> {
    if dump.is_at(&place)? {
        sync(folder_of(&place))?;
        sync(folder_of(dump.path()))?;
        return Ok(Shelved::At(place));
    }
    rename_new(&place, dump.path())?;
    Ok(Shelved::Not(REPLACED))
}

/// Copies a dump, and removes it when the copy is safe.
fn copy(dump: &DumpFile, archive: &Path) -> Result<Shelved> {
    let source = open_file(&dump.path, File::options().read(true))?;
    let metadata = source.metadata()?;
    let name = dump.path.file_name().unwrap_or_default().to_string_lossy();
    let mut copy = tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .suffix(UNFINISHED)
        .permissions(metadata.permissions())
        .tempfile_in(archive)?;
    // The lock says that this is no leftover. Where files cannot be locked, leftovers stay.
    let _ = copy.as_file().try_lock();
    while io::copy(&mut (&source).take(COPY_BYTES), copy.as_file_mut())? > 0 {
        interrupt::check()?;
    }
    // Unchanged up to now, the file has the bytes that were loaded.
    if !dump.is_still(&source.metadata()?) {
        return Ok(Shelved::Not(REPLACED));
    }
    copy.as_file().set_permissions(metadata.permissions())?;
    copy.as_file().set_modified(metadata.modified()?)?;
    copy.as_file().sync_all()?;
    for place in places(&dump.path, false, archive) {
        match copy.persist_noclobber(&place) {
            Ok(_) => {
                sync(archive)?;
                if dump.is_still(&fs::symlink_metadata(&dump.path)?) {
                    fs::remove_file(&dump.path)?;
                    sync(folder_of(&dump.path))?;
                }
                return Ok(Shelved::At(place));
            }
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => copy = error.file,
            Err(error) => return Err(error.error.into()),
        }
    }
    Ok(Shelved::Not("all its names are taken in the archive"))
}

/// Makes the names in a folder survive a crash of the machine.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn dump(folder: &Path, content: &str) -> OnDisk {
        let path = folder.join("app_v1.zip");
        fs::write(&path, content).unwrap();
        OnDisk::look_at(&path, 9).unwrap()
    }

    fn copy(dump: &OnDisk, archive: &Path) -> Result<Shelved> {
        super::copy(dump.file().unwrap(), archive)
    }

    #[test]
    fn a_copy_has_content_time_and_permissions_and_takes_no_ones_name() {
        let work = tempfile::tempdir().unwrap();
        let dump = dump(work.path(), "new");
        let before = fs::metadata(dump.path()).unwrap();
        let archive = work.path().join("archive");
        fs::create_dir(&archive).unwrap();
        fs::write(archive.join("app_v1.zip"), "old").unwrap();
        let place = archive.join("app_v1.2.zip");
        assert_eq!(copy(&dump, &archive).unwrap(), Shelved::At(place.clone()));
        let after = fs::metadata(&place).unwrap();
        assert_eq!((after.modified().unwrap(), after.mode()), (before.modified().unwrap(), before.mode()));
        assert_eq!(fs::read(archive.join("app_v1.zip")).unwrap(), b"old");
        assert_eq!(fs::read(place).unwrap(), b"new");
        assert!(!dump.path().exists() && archive.read_dir().unwrap().count() == 2);
    }

    #[test]
    fn what_took_the_dumps_place_stays() {
        for way in [copy, shelve] {
            let work = tempfile::tempdir().unwrap();
            let dump = dump(work.path(), "old");
            let archive = work.path().join("archive");
            fs::create_dir(&archive).unwrap();
            fs::write(work.path().join("next"), "new").unwrap();
            fs::rename(work.path().join("next"), dump.path()).unwrap();
            assert_eq!(way(&dump, &archive).unwrap(), Shelved::Not(REPLACED));
            assert_eq!(fs::read(dump.path()).unwrap(), b"new");
            assert_eq!(archive.read_dir().unwrap().count(), 0);
        }
        // Noticed at the last moment only.
        let work = tempfile::tempdir().unwrap();
        let dump = dump(work.path(), "old");
        let place = work.path().join("place");
        fs::write(work.path().join("next"), "new").unwrap();
        fs::rename(work.path().join("next"), &place).unwrap();
        fs::remove_file(dump.path()).unwrap();
        assert_eq!(renamed(&dump, place).unwrap(), Shelved::Not(REPLACED));
        assert_eq!(fs::read(dump.path()).unwrap(), b"new");
    }

    #[test]
    fn a_folder_moves_unless_a_file_in_it_has_changed() {
        let work = tempfile::tempdir().unwrap();
        let (folder, archive) = (work.path().join("app_v1.2"), work.path().join("archive"));
        fs::create_dir_all(folder.join("data")).unwrap();
        fs::write(folder.join("data/t.dat"), "old").unwrap();
        fs::create_dir_all(archive.join("app_v1.2")).unwrap();
        let dump = OnDisk::look_at(&folder, 9).unwrap();
        fs::write(folder.join("data/u.dat"), "late").unwrap();
        assert_eq!(shelve(&dump, &archive).unwrap(), Shelved::Not(REPLACED));
        fs::remove_file(folder.join("data/u.dat")).unwrap();
        let place = archive.join("app_v1.2.2");
        assert_eq!(shelve(&dump, &archive).unwrap(), Shelved::At(place.clone()));
        assert_eq!(fs::read(place.join("data/t.dat")).unwrap(), b"old");
        assert!(!folder.exists());
        // Into itself.
        let dump = OnDisk::look_at(&place, 9).unwrap();
        assert_eq!(shelve(&dump, &place.join("archive")).unwrap(), Shelved::Not(FOLDER));
    }

    #[test]
    fn only_copies_that_nobody_works_on_are_removed() {
        let work = tempfile::tempdir().unwrap();
        for name in [".a_v1.zip.x1.archiving", ".b_v1.zip.x2.archiving", "c.archiving", ".hidden"] {
            fs::write(work.path().join(name), "").unwrap();
        }
        let locked = File::open(work.path().join(".b_v1.zip.x2.archiving")).unwrap();
        locked.lock().unwrap();
        remove_leftovers(work.path());
        let mut left: Vec<String> = Vec::new();
        for entry in work.path().read_dir().unwrap() {
            left.push(entry.unwrap().file_name().into_string().unwrap());
        }
        left.sort();
        assert_eq!(left, [".b_v1.zip.x2.archiving", ".hidden", "c.archiving"]);
        remove_leftovers(&work.path().join("nowhere"));
    }
}
