//! What counts for which dumps: the type map that translates the types of their descriptors, and the order of dates.

use crate::config::{self, Config, InlineTypes, TypesCfg};
use crate::copy::input::date_order::DateOrder;
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

/// The dialects of a run, each for the dumps whose names match its pattern.
#[derive(Debug)]
pub struct Dialects(Vec<Dialect>);

/// What counts for the dumps whose names match a pattern.
#[derive(Debug)]
pub struct Dialect {
    pattern: glob::Pattern,
    /// The type map.
    pub types: Arc<TypeMap>,
    /// The order of day, month and year, where it is said.
    pub date_order: Option<DateOrder>,
}

impl Dialects {
    /// Reads `xport_cfg.dialects` and the type maps that it names.
    ///
    /// # Errors
    /// A pattern that is not valid; a type map that cannot be read, or that maps to something other than a type.
    pub fn resolve(config: &Config) -> Result<Dialects> {
        let Some(list) = &config.file.xport_cfg.dialects else {
            let built_in = |(pattern, types)| Dialect::new(pattern, named(types, pattern, config), None);
            return DEFAULT_DIALECTS.into_iter().map(built_in).collect::<Result<_>>().map(Dialects);
        };
        let of_entry = |(number, entry): (usize, &config::Dialect)| {
            let pattern = entry.pattern.0.as_str();
            let types = match &entry.types {
                TypesCfg::Named(types) => named(&types.0, pattern, config),
                TypesCfg::Inline(map) => {
                    TypeMap::inline(&format!("xport_cfg.dialects[{number}].types"), entries_of(map))
                }
            };
            let order = entry.date_order.as_ref().map(|order| date_order(number, &order.0)).transpose()?;
            Dialect::new(pattern, types, order)
        };
        list.iter().enumerate().map(of_entry).collect::<Result<_>>().map(Dialects)
    }

    /// The dialect of the first pattern that matches a dump's name.
    ///
    /// # Errors
    /// A dump that no pattern matches.
    pub fn of_dump(&self, dump_name: &str) -> Result<&Dialect> {
        let matching = self.0.iter().find(|dialect| dialect.pattern.matches_with(dump_name, IN_ANY_CASE));
        matching.ok_or_else(|| {
            Error::refused("no pattern in xport_cfg.dialects matches this dump")
                .remedy("add {match: '*', types: …} as the last one")
        })
    }
}

impl Dialect {
    fn new(pattern: &str, types: Result<TypeMap>, date_order: Option<DateOrder>) -> Result<Dialect> {
        let pattern = glob::Pattern::new(pattern).map_err(|error| {
            Error::refused(format!("xport_cfg.dialects: {pattern:?} is no shell pattern: {error}"))
                .remedy("write for example '*lms*'")
        })?;
        Ok(Dialect { pattern, types: Arc::new(types?), date_order })
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

fn date_order(number: usize, text: &str) -> Result<DateOrder> {
    DateOrder::parse(text).ok_or_else(|| {
        Error::refused(format!("xport_cfg.dialects[{number}].date_order: {text:?} is no order of a date"))
            .remedy("write mdy, dmy or ymd")
    })
}
