//! Where the rows of version tables come from.
//!
//! The rest of `ingest` knows a [`TableSource`]: what it is called, how large it is, what its columns are, and how to open
//! its rows. How they are stored is known below this folder only, each way in a folder of its own.

pub mod bytes;
pub mod compression;
pub mod content;
mod data_file;
pub mod descriptor;
pub mod dump;
pub mod file;
pub mod find;
pub mod folder;
pub mod listing;
pub mod member;
pub mod name;
pub mod on_disk;
pub mod openpgp;
pub mod parts;
pub mod superseded;
pub mod tar;
pub mod zip;

use crate::copy::input::format::Format;
use crate::copy::input::header::Header;
use crate::error::one_line;
use crate::ingest::settings::Settings;
use crate::ingest::settings::limits::Limits;
use crate::report::plural;
use crate::{Error, Place, Result};
use bytes::DumpBytes;
pub use data_file::{DataFile, DataReader};
use descriptor::SourceColumn;
use dump::Dump;
use file::DumpFile;
use listing::{Listed, Listing, Others};
use member::{Member, MemberReader};
use name::Packing;
use on_disk::OnDisk;
use parts::{Alike, TableMembers};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// One table of one dump.
#[derive(Debug)]
pub struct TableSource {
    /// The dump.
    pub dump: Arc<Dump>,
    /// The table that it is named for, in lower case: its mother.
    pub table: String,
    /// What the dump calls the rows: the name of the data file, and how many parts it has, if several.
    pub name: String,
    /// Size of the rows as they will be read, bytes.
    pub bytes: u64,
    /// The folder that it lies in, in lower case, where the names of version tables have it.
    pub folder: String,
    descriptor: Member,
    /// The data file.
    pub data: DataFile,
}

/// A table that a dump lists.
#[derive(Debug)]
pub struct ListedTable {
    /// Its name, in lower case.
    pub table: String,
    /// The table, or why it cannot be read.
    pub source: Result<TableSource>,
}

/// A dump and what it lists.
#[derive(Debug)]
pub struct ListedDump {
    /// The dump.
    pub dump: Arc<Dump>,
    /// Its tables, in the order of their names.
    pub tables: Vec<ListedTable>,
    /// The names of its tables that are not selected.
    pub left_out: BTreeSet<String>,
    /// Its other members.
    pub others: Others,
}

/// Opens a dump, and lists its tables.
///
/// # Errors
/// A file that is no dump, or that must not be read: all such faults at once. What one of the tables lacks is said
/// in its [`ListedTable`].
pub fn open(path: &Path, settings: &Settings) -> Result<ListedDump> {
    list(path, settings).map_err(|error| error.into_refused().at(Place::file(path.display().to_string())))
}

fn list(path: &Path, settings: &Settings) -> Result<ListedDump> {
    let dump = Dump::new(OnDisk::look_at(path, settings.limits.members)?, settings)?;
    // The scan of the tables says that no dialect is for this dump.
    let dialect = settings.dialects.of_dump(&dump.plain_name).ok();
    let mut listing = Listing::new(dialect.and_then(|dialect| dialect.text.data_files.clone()));
    match dump.on_disk.file() {
        None => folder::list(path, settings, &mut listing)?,
        Some(file) => list_file(path, Arc::clone(file), settings, &mut listing)?,
    }
    let Listed { tables: members, left_out, others, warnings } = listing.finish(settings)?;
    warnings.iter().for_each(|warning| tracing::warn!("{}: {warning}", dump.name));
    let dump = Arc::new(dump);
    let tables = members.into_iter().map(|members| {
        let table = members.table.clone();
        ListedTable { table, source: TableSource::new(&dump, members, settings) }
    });
    let tables = tables.collect();
    Ok(ListedDump { dump, tables, left_out, others })
}

fn list_file(path: &Path, file: Arc<DumpFile>, settings: &Settings, listing: &mut Listing) -> Result<()> {
    let (bytes, content) = DumpBytes::open(file, settings)?;
    match name::packing(path) {
        Packing::Zip => zip::list(&bytes, &content, settings, listing),
        Packing::Tar(compression) => tar::list(&bytes, content, compression, settings, listing),
    }
}

/// The members of each table of a file, whatever its name says of an application and a version.
///
/// # Errors
/// As [`open`], without the place.
pub fn members(path: &Path, settings: &Settings) -> Result<Vec<TableMembers>> {
    let mut listing = Listing::default();
    list_file(path, Arc::new(DumpFile::look_at(path)?), settings, &mut listing)?;
    listing.finish(settings).map(|listed| listed.tables)
}

impl TableSource {
    /// The table that these members are named for.
    ///
    /// # Errors
    /// A member that the table lacks.
    fn new(dump: &Arc<Dump>, members: TableMembers, settings: &Settings) -> Result<TableSource> {
        let TableMembers { folder, table, descriptor, data, alike } = members;
        let (descriptor_extension, data_extension) = &settings.extensions;
        let (there, missing) = match (descriptor, data) {
            (Some(descriptor), Some(data)) => {
                let folder = if folder.is_empty() { dump.folder() } else { folder };
                let (dump, name, bytes) = (Arc::clone(dump), data.name(), data.bytes());
                return Ok(TableSource { dump, table, name, bytes, folder, descriptor, data });
            }
            (Some(descriptor), None) => (descriptor.name, data_extension),
            (None, data) => (data.map(|data| data.name()).unwrap_or_default(), descriptor_extension),
        };
        let at = Place { member: Some(there), ..Place::default() };
        if let Some(Alike { first, more, pattern }) = alike {
            let files = match more {
                0 => first,
                _ => format!("{first} and {more} more {}", plural(more, "file")),
            };
            let what = format!("there is no {table}.{missing} beside it, but {files}");
            return Err(Error::refused(what).at(at).remedy(format!(
                "if they are the parts of one data file, set xport_cfg.data_files: '{pattern}'"
            )));
        }
        Err(Error::refused(format!("there is no {table}.{missing} beside it"))
            .at(at)
            .remedy("every table needs a descriptor and a data file in the same dump"))
    }

    /// How messages and the report call it: `lms_v1.zip/users.dat`.
    pub fn label(&self) -> String {
        one_line(&format!("{}/{}", self.dump.name, self.name))
    }

    /// Whether its rows are encrypted in the dump.
    pub fn is_encrypted(&self) -> bool {
        self.data.is_encrypted()
    }

    /// The place of errors in the rows.
    pub fn place(&self) -> Place {
        Place::member(&self.dump.name, &self.name)
    }

    /// The place of errors in the description of the columns.
    pub fn descriptor_place(&self) -> Place {
        Place::member(&self.dump.name, &self.descriptor.name)
    }

    /// What tells these rows and columns from others. It is part of the ledger's fingerprints: one that is written otherwise
    /// makes the next run load everything again.
    pub fn fingerprint(&self) -> Map<String, Value> {
        let of_both = [("data", self.data.fingerprint()), ("descriptor", self.descriptor.fingerprint())];
        of_both.into_iter().map(|(name, fingerprint)| (name.to_owned(), fingerprint)).collect()
    }

    /// The columns and their types in the source database.
    ///
    /// # Errors
    /// A dump that is gone, changed or damaged; a descriptor that is no list of columns, or larger than the limits allow.
    pub fn describe(&self, format: &Format, limits: &Limits) -> Result<Vec<SourceColumn>> {
        limits.check_descriptor(self.descriptor.bytes)?;
        let mut bytes = Vec::new();
        self.descriptor.open()?.read_to_end(&mut bytes)?;
        descriptor::parse(&bytes, format.charset, limits)
    }

    /// The header line, which names the columns in the order of the rows, and how many bytes stand before the rows; without columns
    /// where the format has none.
    ///
    /// # Errors
    /// As [`DataFile::header`].
    pub fn header(&self, format: &Format, limits: &Limits) -> Result<(Header, u64)> {
        self.data.header(format, limits)
    }

    /// Opens a part of the data file as it is in the dump, with the header line; 0 is the first one, or all of it.
    ///
    /// # Errors
    /// A dump that is gone or changed.
    pub fn open_original(&self, number: usize) -> Result<MemberReader> {
        self.data.open_original(number)
    }

    /// Opens the rows, which have so many columns, behind the header line.
    ///
    /// # Errors
    /// A dump that is gone, changed or damaged.
    pub fn open<'s>(
        &'s self,
        format: &'s Format,
        limits: &'s Limits,
        columns: usize,
    ) -> Result<DataReader<'s>> {
        self.data.open(format, limits, columns)
    }
}
