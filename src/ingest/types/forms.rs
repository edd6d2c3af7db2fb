//! The two forms in which a source type is looked for.

use super::entries::Entries;
use super::plain::Plain;
use super::spelling::Spelling;
use crate::pg::type_name::TypeName;

/// A source type as it is written, and made plain.
pub struct Forms {
    /// As it is written, where that has the form of a type.
    pub written: Option<Spelling>,
    /// Without what does not belong to it.
    pub plain: Option<Plain>,
}

impl Forms {
    /// Reads both.
    pub fn of(source: &str) -> Forms {
        Forms { written: Spelling::parse(source), plain: Plain::parse(source) }
    }

    /// As it is written first: a map may have a key for just that.
    pub fn spellings(&self) -> impl Iterator<Item = &Spelling> {
        self.written.iter().chain(self.plain.iter().filter_map(|plain| plain.spelling.as_ref()))
    }

    /// What these entries have for it.
    pub fn find_in(&self, entries: &Entries) -> Option<TypeName> {
        self.spellings().find_map(|spelling| entries.find(spelling))
    }

    /// The words of the plain form.
    pub fn words(&self) -> Option<&str> {
        self.plain.as_ref()?.spelling.as_ref().map(|spelling| spelling.words.as_str())
    }
}
