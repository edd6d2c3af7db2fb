//! One dump: its members, and its place in the folder.

use super::archive::{Archive, cannot_write};
use super::column::Dialect;
use super::data_file::DataFile;
use super::drift::{Export, Layout};
use super::list::List;
use super::settings::Settings;
use super::tables::Table;
use super::{DumpReport, descriptor};
use crate::generate::random::Seed;
use crate::report::progress::Progress;
use crate::report::{UnitReport, UnitStatus};
use crate::run::interrupt;
use crate::{Place, Result};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Instant;

/// What helps when a file cannot be written.
const REMEDY: &str =
    "make room, or name another folder with --out; nothing of this dump was left or replaced";

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

    /// Makes the dump and its list of broken rows, and gives both their places when they are complete.
    pub fn make(&self, progress: &Progress) -> DumpReport {
        self.try_to_make(progress).unwrap_or_else(|error| {
            let place = Place::file(self.settings.dump_path(self.version).display().to_string());
            // Ctrl-C is its own reason, whatever else went wrong.
            let error =
                interrupt::check().err().unwrap_or_else(|| error.at(place).remedy(REMEDY)).to_string();
            let failed = |table: &&'static Table| UnitReport {
                status: UnitStatus::Failed,
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
            _ => Some(List::create(&list_path, &self.name).map_err(at_list)?),
        };
        let mut archive = Archive::create(&path)?;
        let mut units = Vec::with_capacity(self.settings.tables.len());
        for table in &self.settings.tables {
            units.push(self.add_table(table, &mut archive, list.as_mut(), progress)?);
        }
        let (unfinished, zip_bytes) = archive.finish()?;
        let broken_rows = list.as_ref().map_or(0, List::count);
        let finished_list = list.map(List::finish).transpose().map_err(at_list)?;
        // The old list goes first: at no moment does a list stand beside a dump that it does not belong to.
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
        archive: &mut Archive,
        list: Option<&mut List>,
        progress: &Progress,
    ) -> Result<UnitReport> {
        let started = Instant::now();
        let layout = Layout::new(table, self.position);
        let descriptor = descriptor::text(&layout, self.export.descriptors, Dialect::of_dump(&self.name));
        archive.start_member(&format!("{}.json", table.name), descriptor.len() as u64)?;
        archive.write_all(descriptor.as_bytes())?;
        let file = DataFile {
            name: self.data_file_name(table),
            layout: &layout,
            rows: self.settings.rows,
            seed: Seed::new(self.settings.seed).part(&self.version.to_lowercase()).part(table.name),
            dirty: self.settings.dirty,
        };
        archive.start_member(&file.name, file.longest())?;
        let mut unit = self.unit(table);
        let bar = progress.unit(&unit.name, file.rows);
        unit.bytes_read = file.write(archive, list, |rows| bar.advance(rows))?;
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
