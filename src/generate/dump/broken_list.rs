//! The list of a dump's broken rows, beside the dump: one JSON object per line. Tests compare it with the rows that are
//! refused.

use super::dirty::{BrokenRow, Damage};
use crate::run::unfinished::beside;
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use tempfile::{NamedTempFile, TempPath};

/// A list that is being written.
#[derive(Debug)]
pub struct BrokenList {
    out: BufWriter<NamedTempFile>,
    dump: String,
    count: u64,
}

/// A line of the list.
#[derive(Debug, Serialize)]
struct Line<'e> {
    /// The dump's file name.
    dump: &'e str,
    data_file: &'e str,
    /// Counted from 1, without the header.
    row: u64,
    /// Where the row begins, counted from 1; the header is line 1, and line ends within quotes count.
    line: u64,
    /// The position of the row's first byte in the inflated data file.
    byte_offset: u64,
    /// The broken column; none if the whole row is broken.
    column: Option<&'e str>,
    kind: Damage,
}

impl BrokenList {
    /// Begins the list that will be `path`, for the dump of this file name.
    ///
    /// # Errors
    /// As the operating system reports them.
    pub fn create(path: &Path, dump: &str) -> io::Result<BrokenList> {
        Ok(BrokenList { out: BufWriter::new(beside(path)?), dump: dump.to_owned(), count: 0 })
    }

    /// Adds a row that begins at this line and byte of the data file.
    ///
    /// # Errors
    /// As the operating system reports them.
    pub fn push(
        &mut self,
        data_file: &str,
        column: Option<&str>,
        broken: &BrokenRow,
        line: u64,
        byte_offset: u64,
    ) -> io::Result<()> {
        let entry = Line {
            dump: &self.dump,
            data_file,
            row: broken.index + 1,
            line,
            byte_offset,
            column,
            kind: broken.damage,
        };
        serde_json::to_writer(&mut self.out, &entry)?;
        self.out.write_all(b"\n")?;
        self.count += 1;
        Ok(())
    }

    /// The number of its rows.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Ends the list; [`TempPath::persist`] gives it its name.
    ///
    /// # Errors
    /// As the operating system reports them.
    pub fn finish(self) -> io::Result<TempPath> {
        Ok(self.out.into_inner()?.into_temp_path())
    }
}
