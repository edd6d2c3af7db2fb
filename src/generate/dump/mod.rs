//! Whole dumps, in the shape that `ingest` reads: versions of one application whose tables drift apart.
//!
//! ```text
//! tables ─→ drift ─→ rows, dirty ─→ zip_file
//! (first    (one     (chunks of     (zip file beside its place;
//!  version)  version) 256 KiB)       one dump per worker)
//! ```
//!
//! A row depends on the seed, the version, the table and its own number alone. One worker writes a dump from its first byte
//! to its last. So the bytes are the same for any number of workers.

mod broken_list;
mod column;
mod data_file;
mod descriptor;
mod dirty;
mod drift;
mod dump_file;
mod fields;
mod rows;
pub mod settings;
mod tables;
mod zip_file;

use crate::generate::output::folder_refused;
use crate::report::log::Verbosity;
use crate::report::progress::Progress;
use crate::{Error, Result};
use dump_file::DumpFile;
use rayon::prelude::*;
use settings::Settings;

pub use dump_file::DumpReport;

/// Makes the dumps; returns a report of each, in the order of the versions.
///
/// # Errors
/// A folder that cannot be made; nothing is written then.
pub fn run(settings: &Settings, verbosity: Verbosity) -> Result<Vec<DumpReport>> {
    let refused = |error: std::io::Error| folder_refused(&settings.out, &error);
    std::fs::create_dir_all(&settings.out).map_err(refused)?;
    // An unnamed file tests whether the folder can be written, before minutes of work.
    tempfile::tempfile_in(&settings.out).map_err(refused)?;
    let workers = settings.workers.min(settings.versions.len());
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(workers)
        .thread_name(|number| format!("worker-{}", number + 1))
        .build()
        .map_err(Error::refused)?;
    let files = settings.versions.len() * settings.tables.len();
    let progress = Progress::rows(verbosity, files, settings.rows.saturating_mul(files as u64));
    let dumps: Vec<DumpFile<'_>> = DumpFile::all(settings);
    Ok(pool.install(|| dumps.par_iter().map(|dump| dump.make(&progress)).collect()))
}
