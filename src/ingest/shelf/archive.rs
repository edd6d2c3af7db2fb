//! The archive: the folder that a dump moves to when all its units are loaded. The folder of dumps holds what is still to be
//! loaded.

use super::shelve::{self, Shelved};
use crate::ingest::plan::unit::Unit;
use crate::ingest::source::on_disk::OnDisk;
use crate::ingest::source::superseded::Superseded;
use crate::report::{Archived, UnitReport};
use crate::run::interrupt;
use crate::{Error, Place, Result};
use nix::unistd::{AccessFlags, access};
use std::io;
use std::path::Path;

/// The remedy where dumps cannot be moved.
const REMEDY: &str = "let this user write there, or set another xport_cfg.archive_path";

/// Checks that dumps can be moved from their folders to the archive, which need not exist yet.
///
/// # Errors
/// A file in the archive's place; folders that this user may not write.
pub fn check<'d>(archive: &Path, dumps: impl Iterator<Item = &'d OnDisk>) -> Result<()> {
    let unusable = |path: &Path, what: &dyn std::fmt::Display| {
        Error::refused(format!("cannot be the archive: {what}"))
            .at(Place::file(path.display().to_string()))
            .remedy(REMEDY)
    };
    for folder in archive.ancestors() {
        let folder = shelve::or_current(folder);
        match folder.metadata() {
            Ok(metadata) if metadata.is_dir() => {
                may_write(folder).map_err(|error| unusable(folder, &error))?;
                break;
            }
            Ok(_) => return Err(unusable(folder, &"it is no folder")),
            Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {
            }
            Err(error) => return Err(unusable(folder, &error)),
        }
    }
    for dump in dumps {
        let refused = |what: String| {
            Error::refused(what)
                .at(Place::file(dump.path().display().to_string()))
                .remedy("let this user write there, or set xport_cfg.archive: false")
        };
        may_write(shelve::folder_of(dump.path())).map_err(|error| {
            refused(format!("cannot move to the archive, since its folder cannot be written: {error}"))
        })?;
        // A folder that moves gets another parent.
        if dump.file().is_none() {
            may_write(dump.path()).map_err(|error| {
                refused(format!("cannot move to the archive, since the dump cannot be written: {error}"))
            })?;
        }
    }
    Ok(())
}

fn may_write(folder: &Path) -> io::Result<()> {
    access(folder, AccessFlags::W_OK | AccessFlags::X_OK).map_err(io::Error::from)
}

/// Moves the dumps whose units are all loaded, and those that they supersede; reports those that moved, and those that could not.
pub fn archive(
    archive: &Path,
    units: &[Unit],
    reports: &[UnitReport],
    superseded: &[Superseded],
) -> Vec<Archived> {
    let mut dumps: Vec<(&OnDisk, bool)> = Vec::new();
    for (unit, report) in units.iter().zip(reports) {
        let dump = &unit.source.dump.on_disk;
        let loaded = report.status.is_there();
        match dumps.iter_mut().find(|(known, _)| known.path() == dump.path()) {
            Some((_, all_loaded)) => *all_loaded &= loaded,
            None => dumps.push((dump, loaded)),
        }
    }
    for Superseded { on_disk, by, .. } in superseded {
        let is_loaded = dumps.iter().any(|(dump, all_loaded)| *all_loaded && dump.path() == by);
        dumps.extend(on_disk.iter().map(|dump| (dump, is_loaded)));
    }
    shelve::remove_leftovers(archive);
    let mut archived = Vec::new();
    for (dump, _) in dumps.into_iter().filter(|(_, all_loaded)| *all_loaded) {
        if interrupt::requested().is_some() {
            break;
        }
        let from = dump.path().display().to_string();
        match shelve::shelve(dump, archive) {
            Ok(Shelved::At(to)) => {
                archived.push(Archived { dump: from, to: Some(to.display().to_string()), error: None });
            }
            Ok(Shelved::Not(reason)) => tracing::warn!("{from}: stays here: {reason}"),
            Ok(Shelved::Already) => tracing::debug!("{from}: lies in the archive"),
            Err(error) => {
                let error = Error::failed(format!("is loaded, but cannot move to the archive: {error}"))
                    .at(Place::file(&from))
                    .remedy("see to it that there is room, or move it yourself; the next run tries again");
                archived.push(Archived { dump: from, to: None, error: Some(error.to_string()) });
            }
        }
    }
    archived
}
