//! Whole dumps, in the shape that `ingest` reads: versions of one application whose tables drift apart.
//!
//! ```text
//! tables ─→ drift ─→ rows, dirty ─→ archive
//! (first    (one     (chunks of     (zip file beside its place;
//!  version)  version) 256 KiB)       one dump per worker)
//! ```
//!
//! A row depends on the seed, version, table and its own number alone, and a dump is the work of one worker from its
//! first byte to its last; so the bytes are the same for any number of workers.

mod archive;
mod column;
mod data_file;
mod descriptor;
mod dirty;
mod drift;
mod list;
mod moments;
mod rows;
pub mod settings;
mod tables;
mod values;
mod words;

use super::random::Seed;
use crate::report::log::Verbosity;
use crate::report::progress::Progress;
use crate::report::{UnitReport, UnitStatus};
use crate::{Error, Place, Result, interrupt};
use archive::{Archive, cannot_write};
use column::Dialect;
use data_file::DataFile;
use drift::{Export, Layout};
use list::List;
use rayon::prelude::*;
use settings::Settings;
use std::io::Write;
use std::path::Path;
use std::time::Instant;
use tables::Table;

pub use tables::TABLES;

/// What became of one dump.
#[derive(Debug)]
pub struct DumpReport {
    /// One per data file. A dump is there whole or not at all, so all have been made or all have failed.
    pub units: Vec<UnitReport>,
    /// Size of the zip file (bytes).
    pub zip_bytes: u64,
    /// Broken rows in it.
    pub broken_rows: u64,
}

/// Makes the dumps, in the order of the versions.
///
/// # Errors
/// A folder that cannot be made; nothing is written then. What happens to a dump is in its report.
pub fn run(settings: &Settings, verbosity: Verbosity) -> Result<Vec<DumpReport>> {
    std::fs::create_dir_all(&settings.out).map_err(|error| {
        Error::refused(format!("cannot make this folder: {error}"))
            .at(Place::file(settings.out.display().to_string()))
            .remedy("name a folder that can be written with --out")
    })?;
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(settings.workers).build().map_err(Error::refused)?;
    let files = settings.versions.len() * settings.tables.len();
    let progress = Progress::rows(verbosity, files, settings.rows.saturating_mul(files as u64));
    Ok(pool.install(|| {
        let versions = settings.versions.par_iter().enumerate();
        versions.map(|(position, version)| report(settings, position, version, &progress)).collect()
    }))
}

fn report(settings: &Settings, position: usize, version: &str, progress: &Progress) -> DumpReport {
    let path = settings.dump_path(version);
    match make(settings, position, version, progress) {
        Ok(report) => report,
        Err(error) => {
            // Ctrl-C is its own reason, whatever else went wrong.
            let error =
                interrupt::check().err().unwrap_or_else(|| error.at(Place::file(path.display().to_string())));
            let failed = |table: &&'static Table| UnitReport {
                status: UnitStatus::Failed,
                error: Some(error.to_string()),
                ..unit(settings, position, version, table)
            };
            DumpReport { units: settings.tables.iter().map(failed).collect(), zip_bytes: 0, broken_rows: 0 }
        }
    }
}

/// Makes one dump, and gives it its place when it is complete.
fn make(settings: &Settings, position: usize, version: &str, progress: &Progress) -> Result<DumpReport> {
    interrupt::check()?;
    let (path, list_path) = (settings.dump_path(version), settings.list_path(version));
    let mut list = match settings.dirty {
        0.0 => None,
        _ => Some(
            List::create(&list_path, &settings.dump_name(version))
                .map_err(|e| cannot_write(&list_path, e))?,
        ),
    };
    let mut archive = Archive::create(&path).map_err(|error| cannot_write(&path, error))?;
    let units = match fill(&mut archive, list.as_mut(), settings, position, version, progress) {
        Ok(units) => units,
        Err(error) => {
            archive.abandon();
            return Err(error);
        }
    };
    let (unfinished, zip_bytes) = archive.finish().map_err(|error| cannot_write(&path, error))?;
    let broken_rows = list.as_ref().map_or(0, List::count);
    let finished_list =
        list.map(List::finish).transpose().map_err(|error| cannot_write(&list_path, error))?;
    // The old list goes first: at no moment does a list stand beside a dump that it does not belong to.
    remove_if_there(&list_path)?;
    unfinished.persist(&path).map_err(|error| cannot_write(&path, error))?;
    if let Some(list) = finished_list {
        list.persist(&list_path).map_err(|error| cannot_write(&list_path, error))?;
    }
    Ok(DumpReport { units, zip_bytes, broken_rows })
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(cannot_write(path, error)),
        _ => Ok(()),
    }
}

/// Writes descriptor and data file of each table.
fn fill(
    archive: &mut Archive,
    mut list: Option<&mut List>,
    settings: &Settings,
    position: usize,
    version: &str,
    progress: &Progress,
) -> Result<Vec<UnitReport>> {
    let export = Export::at(position);
    let dialect = Dialect::of_dump(&settings.dump_name(version));
    let mut units = Vec::with_capacity(settings.tables.len());
    for table in &settings.tables {
        let started = Instant::now();
        let layout = Layout::new(table, position);
        let descriptor = descriptor::text(&layout, export.descriptors, dialect);
        archive.start_member(&format!("{}.json", table.name), descriptor.len() as u64)?;
        archive.write_all(descriptor.as_bytes())?;
        let file = DataFile {
            name: data_file_name(position, table),
            layout: &layout,
            rows: settings.rows,
            seed: Seed::new(settings.seed).part(&version.to_lowercase()).part(table.name),
            dirty: settings.dirty,
        };
        archive.start_member(&file.name, file.longest())?;
        let mut unit = unit(settings, position, version, table);
        let bar = progress.unit(&unit.name, settings.rows);
        unit.bytes_read = file.write(archive, list.as_deref_mut(), |rows| bar.advance(rows))?;
        unit.rows_read = settings.rows;
        unit.rows_loaded = settings.rows;
        unit.seconds = started.elapsed().as_secs_f64();
        units.push(unit);
    }
    Ok(units)
}

fn data_file_name(position: usize, table: &Table) -> String {
    format!("{}{}.dat", Export::at(position).data_folder, table.name)
}

/// The report of a data file before anything is written.
fn unit(settings: &Settings, position: usize, version: &str, table: &Table) -> UnitReport {
    UnitReport {
        name: format!("{}_{}", version.to_lowercase(), table.name),
        source: format!("{}/{}", settings.dump_name(version), data_file_name(position, table)),
        mother: None,
        status: UnitStatus::Loaded,
        rows_read: 0,
        rows_loaded: 0,
        rows_rejected: 0,
        bytes_read: 0,
        seconds: 0.0,
        error: None,
    }
}
