//! One dump: its members, and its file in the folder.

use super::broken_list::BrokenList;
use super::column::Dialect;
use super::data_file::DataFile;
use super::descriptor;
use super::drift::{Export, Layout};
use super::settings::Settings;
use super::tables::Table;
use super::zip_file::{ZipFile, cannot_write};
use crate::generate::random::Seed;
use crate::report::progress::Progress;
use crate::report::timeline::{self, Step};
use crate::report::{UnitReport, UnitStatus};
use crate::run::interrupt;
use crate::{Place, Result};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Instant;

/// The remedy if a dump cannot be written.
const REMEDY: &str =
    "make room, or name another folder with --out; nothing of this dump was left or replaced";

/// The report of one dump.
#[derive(Debug)]
pub struct DumpReport {
    /// A report of each data file. A dump is complete or missing, so either all are made or all have failed.
    pub units: Vec<UnitReport>,
    /// Size of the zip file (bytes).
    pub zip_bytes: u64,
    /// The number of its broken rows.
    pub broken_rows: u64,
}

/// A dump that is to be made.
#[derive(Debug)]
pub struct DumpFile<'s> {
    settings: &'s Settings,
    /// The version's position among the versions.
    position: usize,
    version: &'s str,
    /// The file name.
    name: String,
    export: Export,
}

impl<'s> DumpFile<'s> {
    /// The dumps of all versions.
    pub fn all(settings: &'s Settings) -> Vec<DumpFile<'s>> {
        let versions = settings.versions.iter().enumerate();
        versions
            .map(|(position, version)| DumpFile {
                settings,
                position,
                version,
                name: settings.dump_name(version),
                export: Export::at(position),
            })
            .collect()
    }

    /// Makes the dump and its list of broken rows. Both get their names when both are complete.
    pub fn make(&self, progress: &Progress) -> DumpReport {
        let status =
            if interrupt::requested().is_some() { UnitStatus::NotLoaded } else { UnitStatus::Failed };
        self.try_to_make(progress).unwrap_or_else(|error| {
            let place = Place::file(self.settings.dump_path(self.version).display().to_string());
            // After Ctrl-C, other errors follow from it.
            let error =
                interrupt::check().err().unwrap_or_else(|| error.at(place).remedy(REMEDY)).to_string();
            let failed = |table: &&'static Table| UnitReport {
                status,
                error: Some(error.clone()),
                ..self.unit(table)
            };
            let units = self.settings.tables.iter().map(failed).collect();
            DumpReport { units, zip_bytes: 0, broken_rows: 0 }
        })
    }

    fn try_to_make(&self, progress: &Progress) -> Result<DumpReport> {
        interrupt::check()?;
        let path = self.settings.dump_path(self.version);
        let list_path = self.settings.list_path(self.version);
        let at_list = |error| cannot_write(&list_path, error);
        let mut list = match self.settings.dirty {
            0.0 => None,
            _ => Some(BrokenList::create(&list_path, &self.name).map_err(at_list)?),
        };
        let mut zip = ZipFile::create(&path)?;
        let mut units = Vec::with_capacity(self.settings.tables.len());
        for table in &self.settings.tables {
            units.push(self.add_table(table, &mut zip, list.as_mut(), progress)?);
        }
        let (unfinished, zip_bytes) = zip.finish()?;
        let broken_rows = list.as_ref().map_or(0, BrokenList::count);
        let finished_list = list.map(BrokenList::finish).transpose().map_err(at_list)?;
        // The old list is removed first, so a dump never has the list of another dump beside it.
        remove_if_there(&list_path)?;
        unfinished.persist(&path).map_err(|error| error.error)?;
        if let Some(list) = finished_list {
            list.persist(&list_path).map_err(|error| at_list(error.error))?;
        }
        Ok(DumpReport { units, zip_bytes, broken_rows })
    }

    /// Writes descriptor and data file of a table.
    fn add_table(
        &self,
        table: &Table,
        zip: &mut ZipFile,
        list: Option<&mut BrokenList>,
        progress: &Progress,
    ) -> Result<UnitReport> {
        let started = Instant::now();
        let layout = Layout::new(table, self.position);
        let descriptor = descriptor::text(&layout, self.export.descriptors, Dialect::of_dump(&self.name));
        zip.start_member(&format!("{}.json", table.name), descriptor.len() as u64)?;
        zip.write_all(descriptor.as_bytes())?;
        let file = DataFile {
            name: self.data_file_name(table),
            layout: &layout,
            rows: self.settings.rows,
            seed: Seed::new(self.settings.seed).part(&self.version.to_lowercase()).part(table.name),
            dirty: self.settings.dirty,
        };
        zip.start_member(&file.name, file.longest())?;
        let mut unit = self.unit(table);
        let bar = progress.unit(&unit.name, file.rows);
        unit.bytes_read = timeline::during(Step::Make, &unit.name, || {
            file.write(zip, list, |rows| {
                bar.advance(rows);
                timeline::rows(rows);
            })
        })?;
        unit.rows_read = file.rows;
        unit.rows_loaded = file.rows;
        unit.seconds = started.elapsed().as_secs_f64();
        Ok(unit)
    }

    fn data_file_name(&self, table: &Table) -> String {
        format!("{}{}.dat", self.export.data_folder, table.name)
    }

    /// The report of a data file before anything is written.
    fn unit(&self, table: &Table) -> UnitReport {
        let name = format!("{}_{}", self.version.to_lowercase(), table.name);
        UnitReport::made(name, format!("{}/{}", self.name, self.data_file_name(table)), 0, 0, 0.0)
    }
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(cannot_write(path, error)),
        _ => Ok(()),
    }
}
