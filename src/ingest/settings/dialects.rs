//! What counts for which dumps: the type map that translates the types of their descriptors, and how data files are written.

use super::text::{Map, TextFormat};
use crate::config::{self, Config, InlineTypes, TypesCfg};
use crate::ingest::types::{Entry, TypeMap};
use crate::{Error, Result};
use std::sync::Arc;

/// Patterns of dumps and their type maps when the configuration names none. The original job's dumps of a learning
/// management system come from SQL Server, its other dumps from MySQL.
pub const DEFAULT_DIALECTS: [(&str, &str); 2] = [("*lms*", "mssql"), ("*", "mysql")];

/// How patterns match. A dump's app and version are lower-cased too.
const IN_ANY_CASE: glob::MatchOptions = glob::MatchOptions {
    case_sensitive: false,
    require_literal_separator: false,
    require_literal_leading_dot: false,
};

/// The name of the built-in type map that counts for a dump where the configuration names none.
pub fn default_types(dump_name: &str) -> &'static str {
    let fits = |pattern: &str| {
        glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches_with(dump_name, IN_ANY_CASE))
    };
    let found = DEFAULT_DIALECTS.into_iter().find(|(pattern, _)| fits(pattern));
    // The last pattern fits all names.
    found.map_or(DEFAULT_DIALECTS[1].1, |(_, types)| types)
}

/// The dialects of a run, each for the dumps whose names match its pattern.
#[derive(Debug)]
pub struct Dialects {
    list: Vec<Dialect>,
    /// What `xport_cfg` says without a dialect, unless that cannot be.
    of_all: Option<TextFormat>,
}

/// What counts for the dumps whose names match a pattern.
#[derive(Debug)]
pub struct Dialect {
    pattern: glob::Pattern,
    /// The type map.
    pub types: Arc<TypeMap>,
    /// How data files are written.
    pub text: Arc<TextFormat>,
}

impl Dialects {
    /// Reads `xport_cfg.dialects` and the type maps that it names.
    ///
    /// # Errors
    /// A pattern that is not valid; a type map that cannot be read, or that maps to something other than a type; settings of
    /// data files that cannot be.
    pub fn resolve(config: &Config) -> Result<Dialects> {
        let cfg = &config.file.xport_cfg;
        let of_all = Map { path: "xport_cfg", keys: cfg.text_keys() };
        let Some(list) = &cfg.dialects else {
            let text = Arc::new(TextFormat::resolve(&[of_all])?);
            let of_all = Some(text.as_ref().clone());
            let built_in =
                |(pattern, types)| Dialect::new(pattern, named(types, pattern, config), Arc::clone(&text));
            let list = DEFAULT_DIALECTS.into_iter().map(built_in).collect::<Result<_>>()?;
            return Ok(Dialects { list, of_all });
        };
        let of_entry = |(number, entry): (usize, &config::Dialect)| {
            let pattern = entry.pattern.0.as_str();
            let path = format!("xport_cfg.dialects[{number}]");
            let types = match &entry.types {
                TypesCfg::Named(types) => named(&types.0, pattern, config),
                TypesCfg::Inline(map) => TypeMap::inline(&format!("{path}.types"), entries_of(map)),
            };
            let of_entry = Map { path: &path, keys: entry.text_keys() };
            Dialect::new(pattern, types, Arc::new(TextFormat::resolve(&[of_entry, of_all])?))
        };
        let list = list.iter().enumerate().map(of_entry).collect::<Result<_>>()?;
        Ok(Dialects { list, of_all: TextFormat::resolve(&[of_all]).ok() })
    }

    /// All of them, in the order in which they are asked.
    pub fn iter(&self) -> impl Iterator<Item = &Dialect> {
        self.list.iter()
    }

    /// What counts for a key of `xport_cfg` where no dialect says otherwise, and the format that says it, if one does.
    pub fn of_all(&self, key: &str) -> Option<String> {
        let setting = self.of_all.as_ref()?.setting(key)?;
        Some(match &setting.from {
            Some(from) if !from.ends_with(key) => format!("{:?} ({from})", setting.value),
            _ => setting.value.clone(),
        })
    }

    /// The dialect of the first pattern that matches a dump's name.
    ///
    /// # Errors
    /// A dump that no pattern matches.
    pub fn of_dump(&self, dump_name: &str) -> Result<&Dialect> {
        let matching = self.list.iter().find(|dialect| dialect.pattern.matches_with(dump_name, IN_ANY_CASE));
        matching.ok_or_else(|| {
            Error::refused("no pattern in xport_cfg.dialects matches this dump")
                .remedy("add {match: '*', types: …} as the last one")
        })
    }
}

impl Dialect {
    fn new(pattern: &str, types: Result<TypeMap>, text: Arc<TextFormat>) -> Result<Dialect> {
        let pattern = glob::Pattern::new(pattern).map_err(|error| {
            Error::refused(format!("xport_cfg.dialects: {pattern:?} is no shell pattern: {error}"))
                .remedy("write for example '*lms*'")
        })?;
        Ok(Dialect { pattern, types: Arc::new(types?), text })
    }

    /// The pattern of the dumps' names.
    pub fn pattern(&self) -> &str {
        self.pattern.as_str()
    }
}

/// The built-in map of that name, or the file.
fn named(types: &str, pattern: &str, config: &Config) -> Result<TypeMap> {
    TypeMap::built_in(types, pattern).unwrap_or_else(|| TypeMap::load(&config.path(types)))
}

/// The entries of a map in the configuration.
fn entries_of(map: &InlineTypes) -> impl Iterator<Item = Entry<'_>> {
    let types = map.types.0.iter().map(|(source, target)| Entry::Type(source, &target.0));
    let null_if = map.null_if.0.iter().map(|(type_name, patterns)| {
        Entry::NullIf(type_name, patterns.iter().map(|pattern| pattern.0.as_str()).collect())
    });
    types.chain(null_if)
}
