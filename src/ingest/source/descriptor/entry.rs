//! One entry of a descriptor, as it is written.

use super::budget::Budget;
use super::keys::{self, Keys};
use crate::error::shortened;
use serde::Deserializer;
use serde::de::{
    self, DeserializeSeed, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use std::fmt;

/// How many keys of an entry a message lists.
const MOST_KEYS: usize = 12;
/// How much of a key a message shows (characters).
const KEY_CHARS: usize = 40;

/// What an entry says. Keys that mean nothing here are left alone: exports add what they know.
#[derive(Debug, Default)]
pub struct Entry {
    /// Keys that mean something, with their texts; a number is the text that it is written as.
    known: Vec<(&'static str, String)>,
    /// The first keys as they are spelled.
    pub keys: Vec<String>,
}

impl Entry {
    /// The text of the first of these keys that has one.
    pub fn text(&self, keys: Keys) -> Option<&str> {
        self.texts(keys).next()
    }

    /// The texts of these keys, in the order of the keys.
    pub fn texts<'e>(&'e self, keys: &'e [&str]) -> impl Iterator<Item = &'e str> {
        keys.iter().filter_map(|key| {
            let (_, text) = self.known.iter().find(|(known, _)| known == key)?;
            Some(text.as_str())
        })
    }

    /// The number of the first of these keys that has one. It may be written as a text, or with `.0` as by programs that
    /// keep columns with missing numbers as floats.
    pub fn number(&self, keys: Keys) -> Option<i64> {
        let number = |text: &str| {
            let text = text.trim();
            text.strip_suffix(".0").unwrap_or(text).parse().ok()
        };
        self.texts(keys).find_map(number)
    }
}

/// Reads an entry within a budget.
pub struct ReadEntry<'b>(pub &'b Budget<'b>);

impl<'de> DeserializeSeed<'de> for ReadEntry<'_> {
    type Value = Entry;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Entry, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReadEntry<'_> {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name and type of a column")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        let mut entry = Entry::default();
        while let Some(key) = map.next_key::<String>()? {
            self.0.spend(key.len())?;
            if entry.keys.len() <= MOST_KEYS {
                entry.keys.push(if entry.keys.len() < MOST_KEYS {
                    shortened(&key, KEY_CHARS)
                } else {
                    "…".to_owned()
                });
            }
            let Some(known) = keys::known(&key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let Some(text) = map.next_value_seed(Scalar)? else { continue };
            self.0.spend(text.len())?;
            match entry.known.iter().find(|(other, _)| *other == known) {
                Some((_, other)) if *other != text => return Err(de::Error::duplicate_field(known)),
                Some(_) => {}
                None => entry.known.push((known, text)),
            }
        }
        Ok(entry)
    }
}

/// Reads a text or a number; nothing of what is neither.
struct Scalar;

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(value.to_string()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Self::Value, A::Error> {
        let (IgnoredAny, value) = tagged.variant()?;
        value.newtype_variant_seed(self)
    }
}
