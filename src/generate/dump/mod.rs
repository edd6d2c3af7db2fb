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
mod dump_file;
mod list;
mod moments;
mod rows;
pub mod settings;
mod tables;
mod values;
mod words;

use crate::report::UnitReport;
use crate::report::log::Verbosity;
use crate::report::progress::Progress;
use crate::{Error, Place, Result};
use dump_file::DumpFile;
use rayon::prelude::*;
use settings::Settings;

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

/// Makes the dumps; gives what became of each, in the order of the versions.
///
/// # Errors
/// A folder that cannot be made; nothing is written then.
pub fn run(settings: &Settings, verbosity: Verbosity) -> Result<Vec<DumpReport>> {
    let refused = |error: std::io::Error| {
        Error::refused(format!("cannot write into this folder: {}", error.kind()))
            .at(Place::file(settings.out.display().to_string()))
            .remedy("name a folder that can be written with --out")
    };
    std::fs::create_dir_all(&settings.out).map_err(refused)?;
    // A file without a name, gone at once: better now than after minutes.
    tempfile::tempfile_in(&settings.out).map_err(refused)?;
    let workers = settings.workers.min(settings.versions.len());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build().map_err(Error::refused)?;
    let files = settings.versions.len() * settings.tables.len();
    let progress = Progress::rows(verbosity, files, settings.rows.saturating_mul(files as u64));
    let dumps: Vec<DumpFile<'_>> = DumpFile::all(settings);
    Ok(pool.install(|| dumps.par_iter().map(|dump| dump.make(&progress)).collect()))
}
