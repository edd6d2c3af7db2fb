//! The list of a dump's broken rows, beside it: one JSON object per line, so that tests can check what is refused.

use super::data_file::DataFile;
use super::dirty::{Broken, Kind};
use crate::run::unfinished::beside;
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use tempfile::{NamedTempFile, TempPath};

/// A list that is being written.
#[derive(Debug)]
pub struct List {
    out: BufWriter<NamedTempFile>,
    dump: String,
    count: u64,
}

/// One line of it.
#[derive(Debug, Serialize)]
struct Entry<'e> {
    /// The dump's file name.
    dump: &'e str,
    data_file: &'e str,
    /// Counted from 1, without the header.
    row: u64,
    /// Where the row begins, counted from 1; the header is line 1, and line ends within quotes count.
    line: u64,
    /// Of the row's first byte in the inflated data file.
    byte_offset: u64,
    /// The column that is wrong; none where the whole row is.
    column: Option<&'e str>,
    kind: Kind,
}

impl List {
    /// Begins the list that will be `path`, for the dump of this file name.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn create(path: &Path, dump: &str) -> io::Result<List> {
        Ok(List { out: BufWriter::new(beside(path)?), dump: dump.to_owned(), count: 0 })
    }

    /// Adds a row that begins at that line and byte of the data file.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn push(
        &mut self,
        file: &DataFile<'_>,
        broken: &Broken,
        line: u64,
        byte_offset: u64,
    ) -> io::Result<()> {
        let entry = Entry {
            dump: &self.dump,
            data_file: &file.name,
            row: broken.index + 1,
            line,
            byte_offset,
            column: broken.column.map(|number| &*file.layout.columns[number].name),
            kind: broken.kind,
        };
        serde_json::to_writer(&mut self.out, &entry)?;
        self.out.write_all(b"\n")?;
        self.count += 1;
        Ok(())
    }

    /// How many rows it has.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Ends the list; [`TempPath::persist`] gives it its place.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn finish(self) -> io::Result<TempPath> {
        Ok(self.out.into_inner()?.into_temp_path())
    }
}
