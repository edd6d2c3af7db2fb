//! What a type map holds: source types with their PostgreSQL types.
//!
//! A key is a type as a descriptor writes it, in lower case: `int`, `double precision`, `int unsigned`. In
//! parentheses stand what has to match: numbers and words as they are (`tinyint(1)`, `varchar(max)`), single
//! letters for any number, which the value may use (`decimal(p,s)` → `numeric(p,s)`), and `*` for any list
//! (`enum(*)`). The most exact key wins. Words behind the parentheses belong to the type: `int(n) unsigned`.
//!
//! The key `null_if` holds PostgreSQL types with patterns of their values that are loaded as NULL.

use super::spelling::Spelling;
use super::target::{fill_in, is_same};
use crate::copy::encode::rules::null_if::NullIf;
use crate::pg::type_name::TypeName;
use crate::{Error, Place, Result};
use serde_json::{Map, Value as Json};

/// What helps when a type map has another form.
pub const FORM: &str = "it must be like {\"varchar(n)\": \"varchar(n)\", \"clob\": \"text\"}";

/// The key of the values that are loaded as NULL.
const NULL_IF: &str = "null_if";
/// What helps where that is written otherwise.
const NULL_IF_FORM: &str =
    "it must be like {\"date\": [\"????-00-*\"]}, with PostgreSQL's types and shell patterns";

/// An entry of a type map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<'e> {
    /// A source type and what it is in PostgreSQL; or `extends` and the name of a built-in map.
    Type(&'e str, &'e str),
    /// A PostgreSQL type, and patterns of its values that are loaded as NULL.
    NullIf(&'e str, Vec<&'e str>),
}

impl<'e> Entry<'e> {
    /// The entries of a JSON object.
    ///
    /// # Errors
    /// A value that is no text; a `null_if` that is no object of lists of texts.
    pub fn all_of(object: &'e Map<String, Json>) -> Result<Vec<Entry<'e>>> {
        let mut entries = Vec::with_capacity(object.len());
        for (key, value) in object {
            if key == NULL_IF {
                let lists =
                    || value.as_object()?.iter().map(|(name, list)| Entry::null_if(name, list)).collect();
                let lists: Option<Vec<Entry<'_>>> = lists();
                entries.extend(lists.ok_or_else(|| {
                    Error::refused(format!("{NULL_IF} is no object of lists")).remedy(NULL_IF_FORM)
                })?);
                continue;
            }
            let target = value.as_str().ok_or_else(|| {
                Error::refused(format!("{key:?} maps to {value}, which is no text")).remedy(FORM)
            })?;
            entries.push(Entry::Type(key, target));
        }
        Ok(entries)
    }

    fn null_if(type_name: &'e str, list: &'e Json) -> Option<Entry<'e>> {
        let patterns = list.as_array()?.iter().map(Json::as_str).collect::<Option<_>>()?;
        Some(Entry::NullIf(type_name, patterns))
    }
}

/// The entries of a type map.
#[derive(Debug, Default)]
pub struct Entries {
    /// Source types with what they are in PostgreSQL.
    types: Vec<(Spelling, String)>,
    /// PostgreSQL types with their values that are loaded as NULL.
    null_if: Vec<(String, NullIf)>,
}

impl Entries {
    /// Adds an entry.
    ///
    /// # Errors
    /// What is not written like a type, or is no shell pattern.
    pub fn add(&mut self, entry: Entry<'_>) -> Result<()> {
        match entry {
            Entry::Type(key, target) => self.add_type(key, target),
            Entry::NullIf(type_name, patterns) => self.add_null_if(type_name, &patterns),
        }
    }

    fn add_type(&mut self, key: &str, target: &str) -> Result<()> {
        let source = Spelling::parse(key)
            .ok_or_else(|| Error::refused(format!("{key:?} is not written like a type")).remedy(FORM))?;
        // Placeholders stand where numbers will: check the form with numbers in their place.
        fill_in(target, &source.placeholders().map(|p| (p, "1")).collect::<Vec<_>>())
            .map_err(|error| error.at(Place::default().column(key)))?;
        self.types.push((source, target.to_owned()));
        Ok(())
    }

    fn add_null_if(&mut self, type_name: &str, patterns: &[&str]) -> Result<()> {
        let place = || Place::default().column(format!("{NULL_IF}.{type_name}"));
        TypeName::parse(type_name).map_err(|error| error.at(place()))?;
        let null_if = NullIf::parse(patterns.iter().copied()).map_err(|(pattern, error)| {
            Error::refused(format!("{pattern:?} is no shell pattern: {error}"))
                .at(place())
                .remedy("write for example '0000-00-00*'")
        })?;
        self.null_if.push((type_name.to_owned(), null_if));
        Ok(())
    }

    /// The values of a PostgreSQL type, whatever its numbers, that are loaded as NULL.
    pub fn null_if(&self, type_name: &str) -> Option<&NullIf> {
        self.null_if.iter().find(|(known, _)| is_same(known, type_name)).map(|(_, null_if)| null_if)
    }

    /// The PostgreSQL type of the most exact key that matches.
    pub fn find(&self, source: &Spelling) -> Option<TypeName> {
        let matching = self.types.iter().filter_map(|(key, target)| {
            key.matches(source).map(|(closeness, bound)| (closeness, bound, target))
        });
        let (_, bound, target) = matching.min_by_key(|(closeness, ..)| *closeness)?;
        fill_in(target, &bound).ok()
    }

    /// The entries for a type of these words, whatever stands in parentheses.
    pub fn of_words<'e>(&'e self, words: &'e str) -> impl Iterator<Item = (&'e Spelling, &'e str)> {
        self.types
            .iter()
            .filter(move |(key, _)| key.words == words)
            .map(|(key, target)| (key, target.as_str()))
    }
}
