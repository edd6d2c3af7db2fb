//! Finding the dumps among what the command line or the configuration names.

use super::name;
use crate::{Error, Place, Result};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Finds the dumps among files and folders; those of a folder in the order of their names, and none twice.
///
/// # Errors
/// A path that does not exist, a folder without dumps unless it `may_be_empty`: all such faults at once.
pub fn find(inputs: &[PathBuf], may_be_empty: bool) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for input in inputs {
        match find_in(input, may_be_empty) {
            Ok(paths) => found.extend(paths),
            Err(error) => faults.push(error.at(Place::file(input.display().to_string()))),
        }
    }
    if !faults.is_empty() {
        return Err(Error::many(faults));
    }
    let mut seen = HashSet::new();
    // A path that leads nowhere is kept as it is: opening it says what is wrong.
    found.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(found)
}

fn find_in(input: &Path, may_be_empty: bool) -> Result<Vec<PathBuf>> {
    let is_url = input.to_str().is_some_and(|text| text.starts_with("postgres") && text.contains("://"));
    let remedy = match is_url {
        true => "a database is named with --db",
        false => "name an existing dump or folder of dumps, as an argument or in xport_cfg.zip_path",
    };
    let metadata = std::fs::metadata(input).map_err(|error| Error::refused(error).remedy(remedy))?;
    if !metadata.is_dir() {
        return Ok(vec![input.to_owned()]);
    }
    let mut paths = Vec::new();
    let unreadable = |error| Error::refused(error).remedy("let this user read the folder");
    for entry in std::fs::read_dir(input).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        // A symbolic link to a dump that is gone must not be passed over.
        if name::is_dump(&path) && !path.is_dir() {
            paths.push(path);
        }
    }
    if paths.is_empty() && !may_be_empty {
        return Err(Error::refused("the folder holds no dumps (*.zip, *.zip.gpg)").remedy(remedy));
    }
    paths.sort();
    Ok(paths)
}
