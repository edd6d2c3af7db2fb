//! Finding the dumps among what the command line or the configuration names.

use super::listing::Others;
use super::{folder, name};
use crate::ingest::settings::Settings;
use crate::{Error, Place, Result};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Finds the dumps among files and folders; those of a folder in the order of their names, and none twice.
///
/// # Errors
/// A path that does not exist, a folder without dumps unless dumps move to an archive: all such faults at once.
pub fn find(settings: &Settings) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for input in &settings.inputs {
        match find_in(input, settings) {
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

fn find_in(input: &Path, settings: &Settings) -> Result<Vec<PathBuf>> {
    let is_url = input.to_str().is_some_and(|text| text.starts_with("postgres") && text.contains("://"));
    let remedy = match is_url {
        true => "a database is named with --db",
        false => "name an existing dump or folder of dumps, as an argument or in xport_cfg.zip_path",
    };
    let metadata = std::fs::metadata(input).map_err(|error| Error::refused(error).remedy(remedy))?;
    if !metadata.is_dir() || folder::is_dump(input, settings) {
        return Ok(vec![input.to_owned()]);
    }
    let mut paths = Vec::new();
    let mut others = Vec::new();
    let unreadable = |error| Error::refused(error).remedy("let this user read the folder");
    for entry in std::fs::read_dir(input).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_folder = path.is_dir();
        // A symbolic link to a dump that is gone must not be passed over.
        let is_dump = match is_folder {
            true => folder::is_dump(&path, settings),
            false => name::is_dump(&path),
        };
        if is_dump {
            paths.push(path);
        } else {
            others.push(format!("{}{}", name::file_name(&path), if is_folder { "/" } else { "" }));
        }
    }
    paths.sort();
    others.sort();
    if let Some(hidden) = others.iter().find(|name| name.starts_with('.') && is_dump_but_for_the_dot(name)) {
        tracing::info!("{}: hidden files such as {hidden} are no dumps", input.display());
    }
    // Where loaded dumps move away, an empty folder means that nothing is new.
    if paths.is_empty() && settings.archive.is_none() {
        let mut there = Others::default();
        others.iter().for_each(|name| there.add(name));
        let what = format!(
            "the folder holds no dumps (*.zip, *.tar, *.tar.gz, *.tar.zst, each also with .gpg, and folders named \
             <app>_<version>); {}",
            there.describe()
        );
        return Err(Error::refused(what).remedy(remedy));
    }
    Ok(paths)
}

fn is_dump_but_for_the_dot(name: &str) -> bool {
    name::is_dump(Path::new(name.trim_start_matches(['.', '_'])))
}
