//! What a run of `ingest` is to do: flags over configuration over defaults, checked.

use super::advice;
use super::after::{self, AfterMother};
use super::catalogue::child_name::{self, ChildName};
use super::catalogue::type_map::TypeMap;
use super::load::rejects::RejectSettings;
use super::source::limits::Limits;
use super::source::secrets::Secrets;
use crate::config::{Config, MotherTables, Text, XportCfg};
use crate::copy::input::format::{self, Format};
use crate::copy::rejects::limit::RejectLimit;
use crate::pg::ident;
use crate::pg::type_name::TypeName;
use crate::run::cores;
use crate::{Error, Place, Result};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the dumps are when neither an argument nor the configuration says.
const DEFAULT_FOLDER: &str = ".";
/// The extension of descriptors, as in the original job's dumps.
const DEFAULT_DESCRIPTOR_EXTENSION: &str = "json";
/// The extension of data files, as in the original job's dumps.
const DEFAULT_DATA_EXTENSION: &str = "dat";
/// Patterns of dumps, and their type maps, when the configuration names none: the dumps of the original job's learning
/// management system come from SQL Server, its others from MySQL.
pub const DEFAULT_DIALECTS: [(&str, &str); 2] = [("*lms*", "mssql"), ("*", "mysql")];

/// How patterns match: a dump's app and version are lower-cased too.
const IN_ANY_CASE: glob::MatchOptions = glob::MatchOptions {
    case_sensitive: false,
    require_literal_separator: false,
    require_literal_leading_dot: false,
};

/// What was asked for on the command line.
#[derive(Debug, Default)]
pub struct Request {
    /// Dumps and folders of dumps; empty for what the configuration says.
    pub inputs: Vec<PathBuf>,
    /// Units loaded at once.
    pub workers: Option<usize>,
    /// What happens to mother tables first.
    pub mothers: MothersMode,
    /// Load even what the ledger knows as unchanged.
    pub force: bool,
    /// Create version tables that a crash of the server empties, and that write no WAL.
    pub unlogged: bool,
    /// Compare what the server holds with what was sent.
    pub verify: bool,
    /// Tries of a unit after the first one, where its connection failed.
    pub retries: u32,
    /// How many rows of a unit may be rejected.
    pub max_rejects: RejectLimit,
    /// The folder for rejects.
    pub rejects: Option<PathBuf>,
}

/// What happens to mother tables before the load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MothersMode {
    /// Create those that are missing.
    #[default]
    Keep,
    /// Replace them with their version tables when all of those are loaded.
    Recreate,
    /// Drop them with their version tables, and load nothing.
    Purge,
}

/// A mother table as the configuration declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredMother {
    /// The table's name.
    pub name: String,
    /// Its columns in order.
    pub columns: Vec<(String, TypeName)>,
}

/// The type map for dumps whose names match.
#[derive(Debug)]
struct Dialect {
    pattern: glob::Pattern,
    types: Arc<TypeMap>,
}

/// Everything a run needs to know.
#[derive(Debug)]
pub struct Settings {
    /// Dumps and folders of dumps.
    pub inputs: Vec<PathBuf>,
    /// Units loaded at once.
    pub workers: usize,
    /// How data files are written.
    pub format: Format,
    /// Extensions of descriptors and of data files.
    pub extensions: (String, String),
    /// The mother tables; `None` to work them out from the dumps.
    pub declared: Option<Vec<DeclaredMother>>,
    /// What happens to mother tables first.
    pub mothers: MothersMode,
    /// Load even what the ledger knows as unchanged.
    pub force: bool,
    /// Create version tables that a crash of the server empties, and that write no WAL.
    pub unlogged: bool,
    /// Compare what the server holds with what was sent, before it is published.
    pub verify: bool,
    /// Tries of a unit after the first one, where its connection failed.
    pub retries: u32,
    /// What happens to rows that cannot be loaded.
    pub rejects: RejectSettings,
    /// The configuration file, for messages.
    pub config: String,
    /// How version tables are called.
    pub child_name: ChildName,
    /// What a dump may ask for.
    pub limits: Limits,
    /// What encrypted dumps need.
    pub secrets: Secrets,
    /// The folder that a dump moves to when all its units are loaded, if dumps move.
    pub archive: Option<PathBuf>,
    /// Whether mothers get union views.
    pub views: bool,
    /// What is done after the load, by mother.
    pub after: Vec<AfterMother>,
    dialects: Vec<Dialect>,
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
        Ok(Settings {
            inputs,
            workers,
            format: format(cfg)?,
            extensions: extensions(cfg)?,
            declared: declared(&config.file.mother_tables)?,
            mothers: request.mothers,
            force: request.force,
            unlogged: request.unlogged,
            verify: request.verify || config.file.verify,
            retries: request.retries,
            rejects: RejectSettings::new(request.max_rejects, request.rejects),
            config: config
                .path
                .as_ref()
                .map_or_else(|| "the configuration".to_owned(), |path| path.display().to_string()),
            child_name: ChildName::parse(text_or(&cfg.child_name, child_name::DEFAULT))?,
            archive: archive(config)?,
            views: config.file.views,
            after: after::resolve(config)?,
            limits: Limits::resolve(&config.file.limits)?,
            secrets: Secrets::new(config),
            dialects: dialects(config)?,
        })
    }

    /// The type map for a dump.
    ///
    /// # Errors
    /// A dump that no pattern matches.
    pub fn type_map(&self, dump_name: &str) -> Result<&TypeMap> {
        let matching =
            self.dialects.iter().find(|dialect| dialect.pattern.matches_with(dump_name, IN_ANY_CASE));
        matching.map(|dialect| dialect.types.as_ref()).ok_or_else(|| {
            Error::refused("no pattern in xport_cfg.dialects matches this dump")
                .remedy("add {match: '*', types: …} as the last one")
        })
    }
}

fn text_or<'t>(text: &'t Option<Text>, default: &'t str) -> &'t str {
    text.as_ref().map_or(default, |text| &text.0)
}

fn format(cfg: &XportCfg) -> Result<Format> {
    let separator = text_or(&cfg.field_separator, format::DEFAULT_SEPARATOR);
    let quote = text_or(&cfg.dat_quote, format::DEFAULT_QUOTE);
    let null = text_or(&cfg.null_pattern, format::DEFAULT_NULL);
    let encoding = text_or(&cfg.encoding, format::DEFAULT_ENCODING);
    Format::new(separator, quote, null, encoding)
        .map_err(|fault| advice::of_format(fault, separator, quote, null, encoding))
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

fn archive(config: &Config) -> Result<Option<PathBuf>> {
    let cfg = &config.file.xport_cfg;
    match (&cfg.archive_path, cfg.archive) {
        (_, false) => Ok(None),
        (Some(folder), true) => Ok(Some(config.path(&folder.0))),
        (None, true) => Err(Error::refused("xport_cfg.archive is true, but no folder is named")
            .remedy("set xport_cfg.archive_path, for example to archive/")),
    }
}

fn declared(tables: &MotherTables) -> Result<Option<Vec<DeclaredMother>>> {
    let MotherTables::Declared(tables) = tables else { return Ok(None) };
    let mut mothers = Vec::with_capacity(tables.0.len());
    for (name, columns) in &tables.0 {
        let place = Place::table(format!("mother_tables.{name}"));
        if *name != name.to_lowercase() {
            return Err(Error::refused("table names come from file names in lower case")
                .at(place)
                .remedy(format!("write {}", name.to_lowercase())));
        }
        if let Some(refusal) = ident::refusal(name) {
            return Err(Error::refused(format!("has {refusal}")).at(place).remedy("rename it"));
        }
        if columns.0.is_empty() {
            return Err(Error::refused("declares no columns")
                .at(place)
                .remedy("list its columns and types, or set mother_tables: auto"));
        }
        let mut typed = Vec::with_capacity(columns.0.len());
        for (column, Text(type_name)) in &columns.0 {
            let place = place.clone().column(column);
            if let Some(refusal) = ident::column_refusal(column) {
                return Err(Error::refused(format!("has {refusal}")).at(place).remedy("rename it"));
            }
            typed.push((column.clone(), TypeName::parse(type_name).map_err(|error| error.at(place))?));
        }
        mothers.push(DeclaredMother { name: name.clone(), columns: typed });
    }
    Ok(Some(mothers))
}

fn dialects(config: &Config) -> Result<Vec<Dialect>> {
    let named: Vec<(&str, &str)> = match &config.file.xport_cfg.dialects {
        Some(list) => list.iter().map(|d| (d.pattern.0.as_str(), d.types.0.as_str())).collect(),
        None => DEFAULT_DIALECTS.to_vec(),
    };
    let mut maps: HashMap<&str, Arc<TypeMap>> = HashMap::new();
    let mut dialects = Vec::with_capacity(named.len());
    for (pattern, types) in named {
        let map = match maps.get(types) {
            Some(map) => Arc::clone(map),
            None => Arc::new(match TypeMap::built_in(types) {
                Some(map) => map?,
                None => TypeMap::load(&config.path(types))?,
            }),
        };
        maps.insert(types, Arc::clone(&map));
        let pattern = glob::Pattern::new(pattern).map_err(|error| {
            Error::refused(format!("xport_cfg.dialects: {pattern:?} is no shell pattern: {error}"))
                .remedy("write for example '*lms*'")
        })?;
        dialects.push(Dialect { pattern, types: map });
    }
    Ok(dialects)
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
        assert_eq!(defaults.type_map("lms_v1.zip").unwrap().name(), "mssql");
        assert_eq!(defaults.type_map("LMS_V1.zip").unwrap().name(), "mssql");
        assert_eq!(defaults.type_map("crm_v1.zip").unwrap().name(), "mysql");
    }

    #[test]
    fn contradictions_name_the_key() {
        for (yaml, what) in [
            ("max_workers: 0", "max_workers"),
            ("xport_cfg: {fmt_extension: dat}", "dat_extension"),
            ("xport_cfg: {dialects: [{match: '*', types: nowhere.json}]}", "nowhere.json"),
            ("mother_tables: {Users: {a: text}}", "write users"),
            ("mother_tables: {users: {a: 'text; drop table x'}}", "mother_tables.users, column a"),
            ("mother_tables: {users: {}}", "declares no columns"),
        ] {
            let error = settings(yaml).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}
