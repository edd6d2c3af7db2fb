//! Which type map translates the types of a dump's descriptors.

use crate::config::{self, Config, TypesCfg};
use crate::ingest::types::TypeMap;
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

/// The type maps of a run, each for the dumps whose names match its pattern.
#[derive(Debug)]
pub struct Dialects(Vec<Dialect>);

#[derive(Debug)]
struct Dialect {
    pattern: glob::Pattern,
    types: Arc<TypeMap>,
}

impl Dialects {
    /// Reads `xport_cfg.dialects` and the type maps that it names.
    ///
    /// # Errors
    /// A pattern that is not valid; a type map that cannot be read, or that maps to something other than a type.
    pub fn resolve(config: &Config) -> Result<Dialects> {
        let Some(list) = &config.file.xport_cfg.dialects else {
            let built_in = |(pattern, types)| Dialect::new(pattern, named(types, pattern, config));
            return DEFAULT_DIALECTS.into_iter().map(built_in).collect::<Result<_>>().map(Dialects);
        };
        let of_entry = |(number, entry): (usize, &config::Dialect)| {
            let pattern = entry.pattern.0.as_str();
            let types = match &entry.types {
                TypesCfg::Named(types) => named(&types.0, pattern, config),
                TypesCfg::Inline(map) => {
                    let pairs = map.0.iter().map(|(source, target)| (source.as_str(), target.0.as_str()));
                    TypeMap::inline(&format!("xport_cfg.dialects[{number}].types"), pairs)
                }
            };
            Dialect::new(pattern, types)
        };
        list.iter().enumerate().map(of_entry).collect::<Result<_>>().map(Dialects)
    }

    /// The type map of the first pattern that matches a dump's name.
    ///
    /// # Errors
    /// A dump that no pattern matches.
    pub fn type_map(&self, dump_name: &str) -> Result<&Arc<TypeMap>> {
        let matching = self.0.iter().find(|dialect| dialect.pattern.matches_with(dump_name, IN_ANY_CASE));
        matching.map(|dialect| &dialect.types).ok_or_else(|| {
            Error::refused("no pattern in xport_cfg.dialects matches this dump")
                .remedy("add {match: '*', types: …} as the last one")
        })
    }
}

impl Dialect {
    fn new(pattern: &str, types: Result<TypeMap>) -> Result<Dialect> {
        let pattern = glob::Pattern::new(pattern).map_err(|error| {
            Error::refused(format!("xport_cfg.dialects: {pattern:?} is no shell pattern: {error}"))
                .remedy("write for example '*lms*'")
        })?;
        Ok(Dialect { pattern, types: Arc::new(types?) })
    }
}

/// The built-in map of that name, or the file.
fn named(types: &str, pattern: &str, config: &Config) -> Result<TypeMap> {
    TypeMap::built_in(types, pattern).unwrap_or_else(|| TypeMap::load(&config.path(types)))
}
