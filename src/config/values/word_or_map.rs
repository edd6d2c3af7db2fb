//! A value that is one word, or a map.

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// Reads `word`, which means `value`, or a map, of which `from_map` makes one. `contents` says what the map holds.
///
/// # Errors
/// Another word, what is neither, and what the map may not hold.
pub fn word_or_map<'de, D: Deserializer<'de>, M: Deserialize<'de>, T>(
    deserializer: D,
    word: &'static str,
    value: T,
    contents: &'static str,
    from_map: fn(M) -> T,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(WordOrMap { word, value, contents, from_map })
}

struct WordOrMap<M, T> {
    word: &'static str,
    value: T,
    contents: &'static str,
    from_map: fn(M) -> T,
}

impl<'de, M: Deserialize<'de>, T> Visitor<'de> for WordOrMap<M, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, or a map of {}", self.word, self.contents)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        if text == self.word {
            return Ok(self.value);
        }
        Err(E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        M::deserialize(MapAccessDeserializer::new(map)).map(self.from_map)
    }
}
