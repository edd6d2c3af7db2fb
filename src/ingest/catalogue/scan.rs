//! The catalogue: every data file of every dump, with its columns, before anything is written.
//!
//! The dumps are scanned in parallel. Whatever is wrong with any of them is collected and reported together.

use super::descriptor::{self, DescriptorColumn};
use super::names::position;
use super::type_map::TypeMap;
use crate::copy::input::batch::BatchReader;
use crate::copy::input::charset::{Charset, CharsetReader};
use crate::copy::input::header::{Header, read_header};
use crate::error::one_line;
use crate::ingest::advice;
use crate::ingest::settings::Settings;
use crate::ingest::source::zip::dump::{self, Dump, TableFiles};
use crate::ingest::source::zip::member::{Member, MemberReader};
use crate::pg::ident;
use crate::pg::type_name::TypeName;
use crate::run::interrupt;
use crate::{Error, Place, Result};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// One data file of one dump: what a unit will be made of.
#[derive(Debug)]
pub struct DataFile {
    /// The dump that holds it.
    pub dump: Arc<Dump>,
    /// The table it is named for: its mother.
    pub table: String,
    /// The version table that its rows go to.
    pub child: String,
    /// The descriptor.
    pub descriptor: Member,
    /// The data.
    pub data: Member,
    /// Its first line.
    pub header: Header,
    /// The header's columns in its order, then those that only the descriptor has.
    pub columns: Vec<FileColumn>,
    /// The type map that was used.
    pub dialect: String,
}

/// A column of a data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileColumn {
    /// Its name.
    pub name: String,
    /// Its type according to the descriptor and the type map.
    pub type_name: TypeName,
    /// Whether the data file has it; a column that only the descriptor has is NULL in every row.
    pub in_data: bool,
}

/// The rows of a data file, ready to be sent.
pub type DataReader = BatchReader<CharsetReader<MemberReader>>;

impl DataFile {
    /// How messages and the report call it: `lms_v1.zip/users.dat`.
    pub fn source(&self) -> String {
        one_line(&format!("{}/{}", self.dump.name, self.data.name))
    }

    /// The place for errors.
    pub fn place(&self) -> Place {
        Place::member(&self.dump.name, &self.data.name)
    }

    /// Opens the data file as it is in the dump, with the header line.
    ///
    /// # Errors
    /// A dump that is gone or changed.
    pub fn open_original(&self) -> Result<MemberReader> {
        self.data.open(self.dump.reopen()?)
    }

    /// Opens the data behind the header line.
    ///
    /// # Errors
    /// A dump that is gone, changed or damaged.
    pub fn open(&self, settings: &Settings) -> Result<DataReader> {
        let mut input = settings.format.charset.reader(self.open_original()?);
        let (header, rest) = read_header(&mut input, &settings.format, settings.limits.columns)?;
        let reader = BatchReader::new(input, rest, &settings.format, header.line_end, header.data_origin);
        Ok(reader.with_max_row(settings.limits.row_bytes))
    }
}

/// Scans all dumps.
///
/// # Errors
/// All faults of all dumps, and two dumps that map to one version table.
pub fn scan(settings: &Settings) -> Result<Vec<DataFile>> {
    // Where loaded dumps are moved away, an empty folder means that there is nothing new.
    let paths = dump::find(&settings.inputs, settings.archive.is_some())?;
    let scanned: Vec<Result<Vec<DataFile>>> =
        paths.par_iter().map(|path| scan_dump(path, settings)).collect();
    // Where it decrypts, a scan takes a while.
    interrupt::check()?;
    let mut files: Vec<DataFile> = Vec::new();
    let mut faults = Vec::new();
    for result in scanned {
        match result {
            Ok(of_dump) => files.extend(of_dump),
            Err(error) => faults.push(error),
        }
    }
    faults.extend(collisions(&files));
    if !faults.is_empty() {
        return Err(Error::many(faults));
    }
    Ok(files)
}

/// Two data files for one version table.
fn collisions(files: &[DataFile]) -> Vec<Error> {
    let mut first: HashMap<&str, &DataFile> = HashMap::new();
    let mut said: HashSet<(&Path, &Path)> = HashSet::new();
    let mut faults = Vec::new();
    for file in files {
        match first.get(file.child.as_str()) {
            None => {
                first.insert(&file.child, file);
            }
            Some(other) if (&other.dump.app, &other.dump.version) == (&file.dump.app, &file.dump.version) => {
                // Once, and not for each of their tables.
                if said.insert((&other.dump.path, &file.dump.path)) {
                    faults.push(
                        Error::refused(format!(
                            "{} and {} are the same version of {}",
                            other.dump.path.display(),
                            file.dump.path.display(),
                            file.dump.app
                        ))
                        .remedy("remove or rename one of them"),
                    );
                }
            }
            Some(other) => faults.push(
                Error::refused(format!(
                    "{} and {} both map to the version table {}",
                    other.dump.path.display(),
                    file.dump.path.display(),
                    file.child
                ))
                .remedy(
                    "set xport_cfg.child_name, for example to '{app}_{version}_{table}', or rename a dump",
                ),
            ),
        }
    }
    faults
}

fn scan_dump(path: &Path, settings: &Settings) -> Result<Vec<DataFile>> {
    let (descriptor_extension, data_extension) = &settings.extensions;
    let extensions = (descriptor_extension.as_str(), data_extension.as_str());
    let (dump, tables) = Dump::open(path, extensions, &settings.limits, &settings.secrets)?;
    let dump = Arc::new(dump);
    let place = Place::file(&dump.name);
    let types = settings.type_map(&dump.zip_name).map_err(|error| error.at(place.clone()))?;
    if tables.is_empty() {
        tracing::warn!("{}: holds no {descriptor_extension} and {data_extension} files", dump.name);
    }
    let mut files = Vec::new();
    let mut faults = Vec::new();
    for table in tables {
        if !is_wanted(&table, settings) {
            tracing::warn!(
                "{}: table {} is not in mother_tables of {} and is skipped",
                dump.name,
                table.table,
                settings.config
            );
            continue;
        }
        match scan_table(&dump, table, types, settings) {
            Ok(file) => files.push(file),
            Err(error) => faults.push(error.into_refused().at(place.clone())),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(Error::many(faults)) }
}

fn is_wanted(table: &TableFiles, settings: &Settings) -> bool {
    match &settings.declared {
        None => true,
        Some(mothers) => mothers.iter().any(|mother| mother.name == table.table),
    }
}

fn scan_table(dump: &Arc<Dump>, files: TableFiles, types: &TypeMap, settings: &Settings) -> Result<DataFile> {
    let TableFiles { table, descriptor, data } = files;
    let (Some(descriptor), Some(data)) = (&descriptor, &data) else {
        let (there, missing) = match descriptor {
            Some(member) => (member.name, &settings.extensions.1),
            None => (data.map(|member| member.name).unwrap_or_default(), &settings.extensions.0),
        };
        return Err(Error::refused(format!("there is no {table}.{missing} beside it"))
            .at(Place { member: Some(there), ..Place::default() })
            .remedy("every table needs a descriptor and a data file in the same dump"));
    };
    if let Some(refusal) = ident::refusal(&table) {
        return Err(Error::refused(format!("the table {table} would have {refusal}"))
            .remedy("rename its files in the dump"));
    }
    let child = settings.child_name.of(&dump.app, &dump.version, &table);
    if let Some(refusal) = ident::refusal(&child) {
        return Err(Error::refused(format!("the version table {child} would have {refusal}"))
            .remedy("set xport_cfg.child_name to a shorter pattern, or rename the dump"));
    }
    let at_descriptor = || Place { member: Some(descriptor.name.clone()), ..Place::default() };
    let at_data = || Place { member: Some(data.name.clone()), ..Place::default() };
    let described = read_descriptor(dump, descriptor, settings)
        .map_err(|error| error.into_refused().at(at_descriptor()))?;
    let header = read_data_header(dump, data, settings).map_err(|error| error.at(at_data()))?;
    if header.byte_order_mark && settings.format.charset == Charset::Latin1 {
        tracing::warn!(
            "{}/{}: begins with a UTF-8 byte-order mark, but is read as latin_1; \
             if it is UTF-8, set xport_cfg.encoding: utf-8",
            dump.name,
            data.name
        );
    }
    let columns = columns(&header, &described, types, at_descriptor(), at_data())?;
    Ok(DataFile {
        dump: Arc::clone(dump),
        child,
        descriptor: descriptor.clone(),
        data: data.clone(),
        header,
        columns,
        dialect: types.name().to_owned(),
        table,
    })
}

fn read_descriptor(dump: &Dump, member: &Member, settings: &Settings) -> Result<Vec<DescriptorColumn>> {
    settings.limits.check_descriptor(member.bytes)?;
    let mut bytes = Vec::new();
    member.open(dump.reopen()?)?.read_to_end(&mut bytes)?;
    descriptor::parse(&bytes, settings.format.charset, &settings.limits)
}

fn read_data_header(dump: &Dump, member: &Member, settings: &Settings) -> Result<Header> {
    let mut input = settings.format.charset.reader(member.open(dump.reopen()?)?);
    let read = read_header(&mut input, &settings.format, settings.limits.columns);
    read.map(|(header, _)| header).map_err(|error| error.advised(advice::of))
}

/// Joins the header with the descriptor.
fn columns(
    header: &Header,
    described: &[DescriptorColumn],
    types: &TypeMap,
    at_descriptor: Place,
    at_data: Place,
) -> Result<Vec<FileColumn>> {
    let mut faults = Vec::new();
    let mut matched = Vec::new();
    for name in &header.columns {
        match position(described.iter().map(|column| column.name.as_str()), name) {
            Some(index) if matched.contains(&index) => faults.push(
                Error::refused("the header names this column twice")
                    .at(at_data.clone().line(1).column(name))
                    .remedy("rename or remove one of them"),
            ),
            Some(index) => matched.push(index),
            None => faults.push(
                Error::refused("the descriptor does not list this column")
                    .at(at_data.clone().line(1).column(name))
                    .remedy(
                        "add the column to the descriptor, or check xport_cfg.field_separator and dat_quote",
                    ),
            ),
        }
    }
    let only_described = (0..described.len()).filter(|index| !matched.contains(index));
    let order: Vec<(usize, bool)> = matched
        .iter()
        .map(|index| (*index, true))
        .chain(only_described.map(|index| (index, false)))
        .collect();
    let mut columns = Vec::with_capacity(order.len());
    for (index, in_data) in order {
        let DescriptorColumn { name, source_type } = &described[index];
        match types.resolve(source_type) {
            Ok(type_name) => columns.push(FileColumn { name: name.clone(), type_name, in_data }),
            Err(error) => faults.push(error.at(at_descriptor.clone().column(name))),
        }
    }
    if faults.is_empty() { Ok(columns) } else { Err(Error::many(faults)) }
}
