//! Which type map translates the types of a dump's descriptors.

use crate::config::Config;
use crate::ingest::types::TypeMap;
use crate::{Error, Result};
use std::collections::HashMap;
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
    /// Reads `xport_cfg.dialects`, and each type map that it names once.
    ///
    /// # Errors
    /// A pattern that is not valid; a type map that cannot be read.
    pub fn resolve(config: &Config) -> Result<Dialects> {
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
        Ok(Dialects(dialects))
    }

    /// The type map of the first pattern that matches a dump's name.
    ///
    /// # Errors
    /// A dump that no pattern matches.
    pub fn type_map(&self, dump_name: &str) -> Result<&TypeMap> {
        let matching = self.0.iter().find(|dialect| dialect.pattern.matches_with(dump_name, IN_ANY_CASE));
        matching.map(|dialect| dialect.types.as_ref()).ok_or_else(|| {
            Error::refused("no pattern in xport_cfg.dialects matches this dump")
                .remedy("add {match: '*', types: …} as the last one")
        })
    }
}
