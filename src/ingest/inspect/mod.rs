//! `pghaul inspect`: from dumps that were never seen to the configuration that loads them.
//!
//! ```text
//! inputs ─→ sample ─→ encoding ─→ text ─→ shape ──────────────────→ columns ───────────────────→ dialect ─→ config
//! (paths,   (pieces)  (bytes)     (rows)  (separator, quote,        (header, NULL markers,
//!  parts)                                  escape, line end: tally)  types: kinds; order of dates)
//! ```
//!
//! A guess is printed with its evidence. A load never guesses: the user takes the lines over.

mod columns;
mod config;
mod dates;
mod dialect;
mod encoding;
mod inputs;
mod kinds;
mod line;
mod parts;
mod sample;
mod shape;
mod tally;
mod text;
mod types;

use crate::{Error, Place, Result};
use dialect::Dialect;
use inputs::Input;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What was found out about some dumps, folders and data files.
pub struct Inspection {
    found: Vec<(Input, Dialect)>,
}

/// Looks at these paths.
///
/// # Errors
/// All at once: paths that cannot be read or hold no data files, encrypted dumps, data files without rows.
pub fn inspect(paths: &[PathBuf]) -> Result<Inspection> {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for one in inputs::find(paths)? {
        // The samples of one input are in memory at a time.
        let looked = one.read().map_err(|error| error.at(Place::file(one.path().display().to_string())));
        match looked.and_then(|input| Ok((dialect::of(&input)?, input))) {
            Ok((dialect, mut input)) => {
                input.samples.clear();
                found.push((input, dialect));
            }
            Err(error) => faults.push(error),
        }
    }
    if faults.is_empty() { Ok(Inspection { found }) } else { Err(Error::many(faults)) }
}

impl Inspection {
    /// The `config.yml`.
    pub fn config(&self) -> String {
        config::text(&self.found)
    }

    /// Writes the descriptors that are missing, as `<table>.json`; gives their paths.
    ///
    /// # Errors
    /// A file that is there already, or cannot be written.
    pub fn write_descriptors(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let mut written = Vec::new();
        for (table, text) in self.found.iter().flat_map(|(_, dialect)| &dialect.descriptors) {
            let path = folder.join(format!("{table}.json"));
            let write = || File::create_new(&path)?.write_all(text.as_bytes());
            write().map_err(|error| {
                Error::failed(format!("cannot write the descriptor: {error}"))
                    .at(Place::file(path.display().to_string()))
                    .remedy("name an existing folder that holds no descriptor of this table")
            })?;
            written.push(path);
        }
        Ok(written)
    }
}
