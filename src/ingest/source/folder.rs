//! Folders that are dumps: the members are files of their own, also in folders within.

use super::file::DumpFile;
use super::listing::{Listing, is_hidden, role_of};
use super::member::Member;
use super::name;
use crate::ingest::settings::Settings;
use crate::{Error, Result};
use rayon::prelude::*;
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};

/// The deepest folder within a dump, so that a path cannot grow without end.
const MAX_DEPTH: usize = 32;

/// A file in a folder.
pub struct Found {
    /// Its path, with slashes, from the dump's folder on.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    kind: FileType,
}

/// Whether a folder is a dump, not a folder of dumps: its name says application and version, and it holds data files, but no
/// dumps. The archive is none, whatever lies there.
pub fn is_dump(folder: &Path, settings: &Settings) -> bool {
    if name::is_hidden(folder) || !settings.dump_name.fits(&name::stem(folder, true)) {
        return false;
    }
    let is_archive = |archive: &PathBuf| archive.canonicalize().ok() == folder.canonicalize().ok();
    if settings.archive.as_ref().is_some_and(is_archive) {
        return false;
    }
    let Ok(files) = files(folder, settings.limits.members) else { return false };
    let is_data = |name: &str| role_of(name, &settings.extensions).is_some_and(|role| !role.is_descriptor);
    let holds_dump = files.iter().any(|file| !is_hidden(&file.name) && name::is_dump(&file.path));
    !holds_dump && files.iter().any(|file| !is_hidden(&file.name) && is_data(&file.name))
}

/// Lists the files; what is wrong with one of them goes to the listing.
///
/// # Errors
/// A folder that cannot be read; more files than the limits allow.
pub fn list(folder: &Path, settings: &Settings, listing: &mut Listing) -> Result<()> {
    let files = files(folder, settings.limits.members)?;
    settings.limits.check_members("folder", files.len())?;
    let wanted: Vec<_> =
        files.iter().filter_map(|file| Some((listing.role(&file.name, settings)?, file))).collect();
    // Each is read to its end.
    let members: Vec<Result<Member>> = wanted.par_iter().map(|(_, file)| member(file, settings)).collect();
    for ((role, file), member) in wanted.into_iter().zip(members) {
        listing.add(role, &file.name, member);
    }
    Ok(())
}

fn member(file: &Found, settings: &Settings) -> Result<Member> {
    if file.kind.is_symlink() {
        return Err(
            Error::refused("the member is a symbolic link").remedy("put the file itself into the folder")
        );
    }
    if !file.kind.is_file() {
        return Err(Error::refused("the member is no file").remedy("put a file in its place"));
    }
    Member::in_folder(file.name.clone(), DumpFile::look_at(&file.path)?, &settings.limits)
}

/// All files below a folder, in the order of their names; `most` and one at most. Links to folders are not followed.
///
/// # Errors
/// A folder that cannot be read.
pub fn files(folder: &Path, most: usize) -> Result<Vec<Found>> {
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_owned(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = folders.pop() {
        let unreadable = |error| Error::refused(error).remedy("let this user read the folder");
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if kind.is_dir() {
                if depth < MAX_DEPTH && !is_hidden(&name) {
                    folders.push((path, format!("{name}/"), depth + 1));
                }
                continue;
            }
            files.push(Found { name, path, kind });
            if files.len() > most {
                return Ok(files);
            }
        }
    }
    files.sort_by(|one, two| one.name.cmp(&two.name));
    Ok(files)
}
