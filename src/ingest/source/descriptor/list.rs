//! The list of a descriptor's entries: the whole file, or the one list of entries in a map, as in `{"columns": [...]}`.

use super::budget::Budget;
use super::entry::{Entry, ReadEntry};
use super::keys;
use serde::Deserializer;
use serde::de::{
    self, DeserializeSeed, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use std::fmt;

/// Keys of a map that has several lists of entries, such as one of indexes beside that of columns.
const OF_COLUMNS: [&str; 2] = ["columns", "fields"];

/// Reads the entries within a budget.
pub struct ReadList<'b>(pub &'b Budget<'b>);

impl<'de> DeserializeSeed<'de> for ReadList<'_> {
    type Value = Vec<Entry>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReadList<'_> {
    type Value = Vec<Entry>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element_seed(ReadEntry(self.0))? {
            self.0.push(entry, &mut entries)?;
        }
        Ok(entries)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut lists: Vec<(String, Vec<Entry>)> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            self.0.spend(key.len())?;
            if let Within::List(entries) = map.next_value_seed(ReadWithin(self.0))? {
                lists.push((key, entries));
            }
        }
        let is_complete = |entries: &Vec<Entry>| {
            entries
                .iter()
                .all(|entry| [keys::NAMES, keys::TYPES].iter().all(|keys| entry.text(keys).is_some()))
        };
        let is_of_columns = |key: &String| OF_COLUMNS.iter().any(|known| key.eq_ignore_ascii_case(known));
        if lists.len() > 1 && lists.iter().any(|(key, _)| is_of_columns(key)) {
            lists.retain(|(key, _)| is_of_columns(key));
        } else if lists.len() > 1 {
            lists.retain(|(_, entries)| is_complete(entries));
        }
        match (lists.pop(), lists.is_empty()) {
            (Some((_, entries)), true) => Ok(entries),
            (None, _) => Err(de::Error::custom("it is a map in which no key has a list of columns")),
            _ => Err(de::Error::custom("it is a map in which several keys have lists of columns")),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Self::Value, A::Error> {
        let (IgnoredAny, value) = tagged.variant()?;
        value.newtype_variant_seed(self)
    }
}

/// What a value in a map is.
enum Within {
    /// A list of maps.
    List(Vec<Entry>),
    /// A map.
    Entry(Entry),
    /// Anything else.
    Other,
}

/// Reads a value of which it is not known whether it has to do with columns.
struct ReadWithin<'b>(&'b Budget<'b>);

impl<'de> DeserializeSeed<'de> for ReadWithin<'_> {
    type Value = Within;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Within, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ReadWithin<'_> {
    type Value = Within;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Within, A::Error> {
        let (mut entries, mut is_list) = (Vec::new(), true);
        while let Some(value) = list.next_element_seed(ReadWithin(self.0))? {
            match value {
                Within::Entry(entry) => self.0.push(entry, &mut entries)?,
                Within::List(_) | Within::Other => is_list = false,
            }
        }
        Ok(if is_list && !entries.is_empty() { Within::List(entries) } else { Within::Other })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Within, A::Error> {
        ReadEntry(self.0).visit_map(map).map(Within::Entry)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Within, E> {
        Ok(Within::Other)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Within, E> {
        Ok(Within::Other)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Within, E> {
        Ok(Within::Other)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Within, E> {
        Ok(Within::Other)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Within, E> {
        Ok(Within::Other)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Within, E> {
        Ok(Within::Other)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Within, A::Error> {
        let (IgnoredAny, value) = tagged.variant()?;
        value.newtype_variant_seed(self)
    }
}
