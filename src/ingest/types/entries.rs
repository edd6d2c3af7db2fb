//! What a type map holds: source types with their PostgreSQL types.
//!
//! A key is a type as a descriptor writes it, in lower case: `int`, `double precision`, `int unsigned`. In
//! parentheses stand what has to match: numbers and words as they are (`tinyint(1)`, `varchar(max)`), single
//! letters for any number, which the value may use (`decimal(p,s)` → `numeric(p,s)`), and `*` for any list
//! (`enum(*)`). The most exact key wins. Words behind the parentheses belong to the type: `int(n) unsigned`.

use super::spelling::Spelling;
use super::target::fill_in;
use crate::pg::type_name::TypeName;
use crate::{Error, Place, Result};

/// What helps when a type map has another form.
pub const FORM: &str = "it must be like {\"varchar(n)\": \"varchar(n)\", \"clob\": \"text\"}";

/// Source types with what they are in PostgreSQL.
#[derive(Debug, Default)]
pub struct Entries(Vec<(Spelling, String)>);

impl Entries {
    /// Adds an entry.
    ///
    /// # Errors
    /// A key or a value that is not written like a type.
    pub fn add(&mut self, key: &str, target: &str) -> Result<()> {
        let source = Spelling::parse(key)
            .ok_or_else(|| Error::refused(format!("{key:?} is not written like a type")).remedy(FORM))?;
        // Placeholders stand where numbers will: check the form with numbers in their place.
        fill_in(target, &source.placeholders().map(|p| (p, "1")).collect::<Vec<_>>())
            .map_err(|error| error.at(Place::default().column(key)))?;
        self.0.push((source, target.to_owned()));
        Ok(())
    }

    /// The PostgreSQL type of the most exact key that matches.
    pub fn find(&self, source: &Spelling) -> Option<TypeName> {
        let matching = self.0.iter().filter_map(|(key, target)| {
            key.matches(source).map(|(closeness, bound)| (closeness, bound, target))
        });
        let (_, bound, target) = matching.min_by_key(|(closeness, ..)| *closeness)?;
        fill_in(target, &bound).ok()
    }

    /// The entries for a type of these words, whatever stands in parentheses.
    pub fn of_words<'e>(&'e self, words: &'e str) -> impl Iterator<Item = (&'e Spelling, &'e str)> {
        self.0.iter().filter(move |(key, _)| key.words == words).map(|(key, target)| (key, target.as_str()))
    }
}
