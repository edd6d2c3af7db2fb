//! Where the rows of version tables come from.
//!
//! The rest of `ingest` knows a [`TableSource`]: what it is called, how large it is, what its columns are, and how to open
//! its rows. How they are stored is known below this folder only, each way in a folder of its own.

pub mod descriptor;
pub mod dump;
pub mod file;
pub mod find;
pub mod name;
pub mod zip;

use crate::copy::input::batch::BatchReader;
use crate::copy::input::charset::CharsetReader;
use crate::copy::input::format::Format;
use crate::copy::input::header::{Header, read_header};
use crate::error::one_line;
use crate::ingest::advice;
use crate::ingest::settings::Settings;
use crate::ingest::settings::limits::Limits;
use crate::{Place, Result};
use descriptor::SourceColumn;
use dump::Dump;
use file::DumpFile;
use serde_json::{Map, Value};
use std::path::Path;
use std::sync::Arc;
use zip::{MemberReader, Zip, ZippedTable};

/// The bytes of a data file, as they are in the dump.
pub type OriginalReader = MemberReader;

/// The rows of a data file, ready to be sent.
pub type DataReader = BatchReader<CharsetReader<OriginalReader>>;

/// One table of one dump.
#[derive(Debug)]
pub struct TableSource {
    /// The dump.
    pub dump: Arc<Dump>,
    /// The table that it is named for, in lower case: its mother.
    pub table: String,
    /// What the dump calls the rows: the name of the data file.
    pub name: String,
    /// Size of the rows as they will be read, bytes.
    pub bytes: u64,
    storage: Storage,
}

/// How the table is stored.
#[derive(Debug)]
enum Storage {
    Zip(ZippedTable),
}

/// A table that a dump lists.
#[derive(Debug)]
pub struct ListedTable {
    /// Its name, in lower case.
    pub table: String,
    /// The table, or why it cannot be read.
    pub source: Result<TableSource>,
}

/// Opens a dump, and lists its tables.
///
/// # Errors
/// A file that is no dump, or that must not be read: all such faults at once. What one of the tables lacks is said
/// in its [`ListedTable`].
pub fn open(path: &Path, settings: &Settings) -> Result<(Arc<Dump>, Vec<ListedTable>)> {
    open_zip(path, settings).map_err(|error| error.at(Place::file(path.display().to_string())))
}

fn open_zip(path: &Path, settings: &Settings) -> Result<(Arc<Dump>, Vec<ListedTable>)> {
    let file = Arc::new(DumpFile::look_at(path)?);
    let dump = Arc::new(Dump::in_file(Arc::clone(&file))?);
    let (zip, members) = Zip::open(file, settings)?;
    let zip = Arc::new(zip);
    let listed = members.into_iter().map(|members| {
        let table = members.table.clone();
        let source = ZippedTable::new(&zip, members, settings).map(|zipped| TableSource {
            dump: Arc::clone(&dump),
            table: table.clone(),
            name: zipped.data.name.clone(),
            bytes: zipped.data.bytes,
            storage: Storage::Zip(zipped),
        });
        ListedTable { table, source }
    });
    let listed = listed.collect();
    Ok((dump, listed))
}

impl TableSource {
    /// How messages and the report call it: `lms_v1.zip/users.dat`.
    pub fn label(&self) -> String {
        one_line(&format!("{}/{}", self.dump.name, self.name))
    }

    /// Whether its rows are encrypted in the dump.
    pub fn is_encrypted(&self) -> bool {
        match &self.storage {
            Storage::Zip(zipped) => zipped.is_encrypted(),
        }
    }

    /// The place of errors in the rows.
    pub fn place(&self) -> Place {
        Place::member(&self.dump.name, &self.name)
    }

    /// The place of errors in the description of the columns.
    pub fn descriptor_place(&self) -> Place {
        match &self.storage {
            Storage::Zip(zipped) => Place::member(&self.dump.name, &zipped.descriptor.name),
        }
    }

    /// What tells these rows and columns from others. It is part of the ledger's fingerprints: one that is written otherwise
    /// makes the next run load everything again.
    pub fn fingerprint(&self) -> Map<String, Value> {
        match &self.storage {
            Storage::Zip(zipped) => zipped.fingerprint(),
        }
    }

    /// The columns and their types in the source database.
    ///
    /// # Errors
    /// A dump that is gone, changed or damaged; a descriptor that is no list of columns, or larger than the limits allow.
    pub fn describe(&self, format: &Format, limits: &Limits) -> Result<Vec<SourceColumn>> {
        let bytes = match &self.storage {
            Storage::Zip(zipped) => zipped.read_descriptor(limits)?,
        };
        descriptor::parse(&bytes, format.charset, limits)
    }

    /// The header line, which names the columns in the order of the rows; without columns where the format has none.
    ///
    /// # Errors
    /// A dump that is gone, changed or damaged; a data file without a header line.
    pub fn header(&self, format: &Format, limits: &Limits) -> Result<Header> {
        let mut input = format.charset.reader(self.open_original()?);
        let read = read_header(&mut input, format, limits.columns);
        read.map(|(header, _)| header).map_err(|error| error.advised(advice::of))
    }

    /// Opens the data file as it is in the dump, with the header line.
    ///
    /// # Errors
    /// A dump that is gone or changed.
    pub fn open_original(&self) -> Result<OriginalReader> {
        match &self.storage {
            Storage::Zip(zipped) => zipped.open_data(),
        }
    }

    /// Opens the rows, behind the header line.
    ///
    /// # Errors
    /// A dump that is gone, changed or damaged.
    pub fn open(&self, format: &Format, limits: &Limits) -> Result<DataReader> {
        let mut input = format.charset.reader(self.open_original()?);
        let (header, rest) = read_header(&mut input, format, limits.columns)?;
        let reader = BatchReader::new(input, rest, format, header.line_end, header.data_origin);
        Ok(reader.with_max_row(limits.row_bytes))
    }
}
