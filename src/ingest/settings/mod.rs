//! What a run of `ingest` has to do: flags over configuration over defaults, checked.

pub mod after;
pub mod child_name;
pub mod columns;
pub mod data_files;
mod dialects;
pub mod dump_name;
pub mod guards;
pub mod limits;
mod mothers;
pub mod names;
mod placeholders;
pub mod rejects;
pub mod secrets;
pub mod selection;
mod text;
mod text_values;

pub use dialects::{DEFAULT_DIALECTS, Dialect, Dialects, default_types};
pub use mothers::{DeclaredMother, MothersMode};
pub use text::TextFormat;

use crate::config::{Config, Text, XportCfg};
use crate::copy::rejects::limit::RejectLimit;
use crate::pg::ident;
use crate::run::cores;
use crate::{Error, Result};
use after::AfterMother;
use child_name::ChildName;
use columns::ColumnRules;
use dump_name::DumpName;
use guards::Guards;
use limits::Limits;
use rejects::RejectSettings;
use secrets::Secrets;
use selection::Selection;
use std::path::PathBuf;

/// Where the dumps are when neither an argument nor the configuration says.
const DEFAULT_FOLDER: &str = ".";
/// The extension of descriptors, as in the original job's dumps.
const DEFAULT_DESCRIPTOR_EXTENSION: &str = "json";
/// The extension of data files, as in the original job's dumps.
const DEFAULT_DATA_EXTENSION: &str = "dat";

/// What was asked for on the command line.
#[derive(Debug, Default)]
pub struct Request {
    /// Dumps and folders of dumps; empty for what the configuration says.
    pub inputs: Vec<PathBuf>,
    /// Names and patterns of the tables to load; empty for all.
    pub tables: Vec<String>,
    /// Units loaded at once.
    pub workers: Option<usize>,
    /// What happens to mother tables first.
    pub mothers: MothersMode,
    /// Load even what the ledger knows as unchanged.
    pub force: bool,
    /// Create version tables that write no WAL, and that a crash of the server empties.
    pub unlogged: bool,
    /// Compare what the server holds with what was sent.
    pub verify: bool,
    /// Tries of a unit after the first one, where its connection failed.
    pub retries: u32,
    /// How many rows of a unit may be rejected.
    pub max_rejects: RejectLimit,
    /// The folder for rejects.
    pub rejects: Option<PathBuf>,
    /// Units that are published whatever their guards find.
    pub accept: Vec<String>,
}

/// Everything a run needs to know.
#[derive(Debug)]
pub struct Settings {
    /// Dumps and folders of dumps.
    pub inputs: Vec<PathBuf>,
    /// The tables to load.
    pub selection: Selection,
    /// Units loaded at once.
    pub workers: usize,
    /// Extensions of descriptors and of data files.
    pub extensions: (String, String),
    /// The mother tables that are selected; `None` to work them out from the dumps.
    pub declared: Option<Vec<DeclaredMother>>,
    /// What happens to mother tables first.
    pub mothers: MothersMode,
    /// Load even what the ledger knows as unchanged.
    pub force: bool,
    /// Create version tables that write no WAL, and that a crash of the server empties.
    pub unlogged: bool,
    /// Compare what the server holds with what was sent, before it is published.
    pub verify: bool,
    /// Tries of a unit after the first one, where its connection failed.
    pub retries: u32,
    /// What happens to rows that cannot be loaded.
    pub rejects: RejectSettings,
    /// The configuration file, for messages.
    pub config: String,
    /// How the names of dumps are read.
    pub dump_name: DumpName,
    /// The names of version tables.
    pub child_name: ChildName,
    /// Limits on what a dump may ask for.
    pub limits: Limits,
    /// What encrypted dumps need.
    pub secrets: Secrets,
    /// The folder that a dump moves to when all its units are loaded, if dumps move. A dump of which tables are left out stays.
    pub archive: Option<PathBuf>,
    /// Whether mothers get union views.
    pub views: bool,
    /// What is done with values before they are loaded.
    pub columns: ColumnRules,
    /// The column of all mothers that says the version of each row.
    pub version_column: Option<String>,
    /// What is done after the load, by selected mother.
    pub after: Vec<AfterMother>,
    /// What the rows of new version tables have to be like.
    pub guards: Guards,
    /// Units that are published whatever their guards find.
    pub accept: Vec<String>,
    /// The type maps of the dumps, and how their data files are written.
    pub dialects: Dialects,
}

impl Settings {
    /// Combines what was typed with the configuration and the defaults.
    ///
    /// # Errors
    /// Values that cannot work, with the configuration's key.
    pub fn resolve(request: Request, config: &Config) -> Result<Settings> {
        let cfg = &config.file.xport_cfg;
        let inputs = match (&cfg.zip_path, request.inputs.is_empty()) {
            (_, false) => request.inputs,
            (Some(folder), true) => vec![config.path(&folder.0)],
            (None, true) => vec![config.path(DEFAULT_FOLDER)],
        };
        let workers =
            request.workers.or(config.file.max_workers.map(|n| n.0)).unwrap_or_else(|| cores::count().get());
        if workers == 0 {
            return Err(Error::refused("max_workers is 0").remedy("use at least one worker"));
        }
        let selection = Selection::parse(&request.tables)?;
        let mut declared = mothers::declared(&config.file.mother_tables)?;
        if let Some(mothers) = &mut declared {
            mothers.retain(|mother| selection.has(&mother.name));
        }
        let mut after = after::resolve(config)?;
        after.retain(|after| selection.has(&after.mother));
        let archive = archive(config, request.unlogged)?.filter(|_| !selection.is_partial());
        let columns = ColumnRules::resolve(config)?;
        Ok(Settings {
            inputs,
            selection,
            workers,
            extensions: extensions(cfg)?,
            declared,
            mothers: request.mothers,
            force: request.force,
            unlogged: request.unlogged,
            verify: request.verify || config.file.verify,
            retries: request.retries,
            rejects: RejectSettings::new(request.max_rejects, request.rejects, config.file.rejects.plain)
                .of_values(columns.replace_any()),
            config: config
                .path
                .as_ref()
                .map_or_else(|| "the configuration".to_owned(), |path| path.display().to_string()),
            dump_name: DumpName::parse(text_or(&cfg.dump_name, dump_name::DEFAULT))?,
            child_name: ChildName::parse(text_or(&cfg.child_name, child_name::DEFAULT))?,
            archive,
            views: config.file.views,
            columns,
            version_column: version_column(config)?,
            after,
            guards: Guards::resolve(config)?,
            accept: request.accept,
            limits: Limits::resolve(&config.file.limits)?,
            secrets: Secrets::new(config),
            dialects: Dialects::resolve(config)?,
        })
    }
}

fn text_or<'t>(text: &'t Option<Text>, default: &'t str) -> &'t str {
    text.as_ref().map_or(default, |text| &text.0)
}

fn version_column(config: &Config) -> Result<Option<String>> {
    let Some(Text(name)) = &config.file.version_column else { return Ok(None) };
    match ident::column_refusal(name) {
        Some(refusal) => Err(Error::refused(format!("version_column: {name:?} has {refusal}"))
            .remedy("write for example version")),
        None => Ok(Some(name.clone())),
    }
}

fn extensions(cfg: &XportCfg) -> Result<(String, String)> {
    let clean = |text: &str| text.trim().trim_start_matches('.').to_owned();
    let descriptor = clean(text_or(&cfg.fmt_extension, DEFAULT_DESCRIPTOR_EXTENSION));
    let data = clean(text_or(&cfg.dat_extension, DEFAULT_DATA_EXTENSION));
    if descriptor.is_empty() || data.is_empty() || descriptor.eq_ignore_ascii_case(&data) {
        return Err(Error::refused(
            "xport_cfg: fmt_extension and dat_extension must be two different file extensions",
        )
        .remedy("the usual ones are json and dat"));
    }
    Ok((descriptor, data))
}

fn archive(config: &Config, unlogged: bool) -> Result<Option<PathBuf>> {
    let cfg = &config.file.xport_cfg;
    if cfg.archive && unlogged {
        let what = "--unlogged loads into tables that a crash of the server empties, and xport_cfg.archive would move \
                    their dumps away, so that no run would load them again";
        return Err(Error::refused(what).remedy("leave out --unlogged, or set xport_cfg.archive: false"));
    }
    match (&cfg.archive_path, cfg.archive) {
        (_, false) => Ok(None),
        (Some(folder), true) => Ok(Some(config.path(&folder.0))),
        (None, true) => Err(Error::refused("xport_cfg.archive is true, but no folder is named")
            .remedy("set xport_cfg.archive_path, for example to archive/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(yaml: &str) -> Result<Settings> {
        let file = serde_yaml::from_str(yaml).unwrap();
        let config = Config { folder: "/etc/pghaul".into(), file, ..Config::default() };
        Settings::resolve(Request::default(), &config)
    }

    #[test]
    fn flags_come_before_the_file_and_the_file_before_defaults() {
        let config = Config {
            folder: "/etc/pghaul".into(),
            file: serde_yaml::from_str("{max_workers: 3, xport_cfg: {zip_path: dumps}}").unwrap(),
            ..Config::default()
        };
        let from_file = Settings::resolve(Request::default(), &config).unwrap();
        assert_eq!((from_file.workers, from_file.inputs), (3, vec![PathBuf::from("/etc/pghaul/dumps")]));
        let request = Request { workers: Some(1), inputs: vec!["here".into()], ..Request::default() };
        let from_flags = Settings::resolve(request, &config).unwrap();
        assert_eq!((from_flags.workers, from_flags.inputs), (1, vec![PathBuf::from("here")]));
        let defaults = settings("{}").unwrap();
        assert_eq!(defaults.workers, cores::count().get());
        let type_map = |dump: &str| defaults.dialects.of_dump(dump).unwrap().types.name().to_owned();
        assert_eq!(type_map("lms_v1.zip"), "mssql");
        assert_eq!(type_map("LMS_V1.zip"), "mssql");
        assert_eq!(type_map("crm_v1.zip"), "mysql");
    }

    #[test]
    fn contradictions_name_the_key() {
        for (yaml, what) in [
            ("max_workers: 0", "max_workers"),
            ("xport_cfg: {fmt_extension: dat}", "dat_extension"),
            ("xport_cfg: {dialects: [{match: '*', types: nowhere.json}]}", "nowhere.json"),
            (
                "xport_cfg: {dialects: [{match: '*', types: mssql, date_order: dym}]}",
                "xport_cfg.dialects[0].date_order: \"dym\" is no order of a date; write mdy, dmy or ymd",
            ),
            ("mother_tables: {Users: {a: text}}", "write users"),
            ("mother_tables: {users: {a: 'text; drop table x'}}", "mother_tables.users, column a"),
            ("mother_tables: {users: {}}", "declares no columns; list its columns and types, or write auto"),
        ] {
            let error = settings(yaml).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}
