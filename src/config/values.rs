//! Values of the configuration file: text with `${VAR}`, numbers written either way, maps that keep their order.

use super::{MotherTables, Size};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// A text in which `${VAR}` has been replaced by the environment variable; `$${` stands for a plain `${`.
/// A bare number or `true` is taken as the text it is written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

/// A number, written as a number or as a text (which may hold `${VAR}`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number<T>(pub T);

/// A map in the order of the file; a key that stands twice is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedMap<V>(pub Vec<(String, V)>);

impl<V> Default for OrderedMap<V> {
    fn default() -> Self {
        OrderedMap(Vec::new())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                expand(text, |name| std::env::var(name).ok()).map(Text).map_err(E::custom)
            }
        }
        // Asked for a text, the YAML reader gives what was written: `0123` stays `0123`.
        deserializer.deserialize_str(TextVisitor)
    }
}

impl<'de, T: FromStr> Deserialize<'de> for Number<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A visitor of its own: only what a visitor reports gets its key and line.
        struct NumberVisitor<T>(PhantomData<T>);
        impl<T: FromStr> Visitor<'_> for NumberVisitor<T> {
            type Value = Number<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Number<T>, E> {
                let text = expand(text, |name| std::env::var(name).ok()).map_err(E::custom)?;
                let number = text.trim().parse();
                number
                    .map(Number)
                    .map_err(|_| E::custom(format!("`{text}` is not a whole number, or out of range")))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Number<T>, E> {
                self.visit_str(&value.to_string())
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Number<T>, E> {
                self.visit_str(&value.to_string())
            }
        }
        deserializer.deserialize_any(NumberVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SizeVisitor;
        impl Visitor<'_> for SizeVisitor {
            type Value = Size;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size such as 64MiB")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                let text = expand(text, |name| std::env::var(name).ok()).map_err(E::custom)?;
                let size = text.trim().parse();
                size.map_err(|()| E::custom(format!("`{text}` is no size; write for example 64MiB")))
            }
        }
        // As for texts: a plain number comes as it is written.
        deserializer.deserialize_str(SizeVisitor)
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for OrderedMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OrderedMapVisitor(PhantomData))
    }
}

struct OrderedMapVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for OrderedMapVisitor<V> {
    type Value = OrderedMap<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OrderedMap<V>, A::Error> {
        let mut entries: Vec<(String, V)> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if entries.iter().any(|(known, _)| *known == key) {
                return Err(de::Error::custom(format!("`{key}` stands here twice")));
            }
            entries.push((key, map.next_value()?));
        }
        Ok(OrderedMap(entries))
    }
}

impl<'de> Deserialize<'de> for MotherTables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MothersVisitor;
        impl<'de> Visitor<'de> for MothersVisitor {
            type Value = MotherTables;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`auto`, or a map of tables to their columns and types")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<MotherTables, E> {
                match text {
                    "auto" => Ok(MotherTables::Auto),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MotherTables, A::Error> {
                OrderedMapVisitor(PhantomData).visit_map(map).map(MotherTables::Declared)
            }
        }
        deserializer.deserialize_any(MothersVisitor)
    }
}

/// Replaces `${NAME}` by what `lookup` gives for it.
pub(super) fn expand(text: &str, mut lookup: impl FnMut(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            out.push_str(&rest[..at]);
            out.push('{');
            rest = &rest[at + 2..];
            continue;
        }
        out.push_str(&rest[..at]);
        let (name, after) =
            rest[at + 2..].split_once('}').ok_or("`${` without `}`; write `$${` for a plain `${`")?;
        let value = lookup(name).ok_or_else(|| format!("environment variable `{name}` is not set"))?;
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The environment variables that a text names as `${NAME}`, in their order.
pub fn variables_of(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    // One that is not written to its end names nothing more.
    let _ = expand(text, |name| {
        names.push(name.to_owned());
        Some(String::new())
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_told() {
        assert_eq!(variables_of("${A}x$${B}${C}"), ["A", "C"]);
        assert!(variables_of("plain ${").is_empty());
    }

    fn expanded(text: &str) -> Result<String, String> {
        expand(text, |name| (name == "X").then(|| "${Y}".to_owned()))
    }

    #[test]
    fn variables_are_replaced_once_and_an_escape_stays() {
        assert_eq!(expanded("a${X}b${X}").unwrap(), "a${Y}b${Y}");
        assert_eq!(expanded("$${X} costs 5 $").unwrap(), "${X} costs 5 $");
        assert!(expanded("${Z}").unwrap_err().contains("`Z` is not set"));
        assert!(expanded("${X").unwrap_err().contains("without `}`"));
    }

    #[test]
    fn a_key_twice_is_refused() {
        let error = serde_yaml::from_str::<OrderedMap<Text>>("a: x\nb: y\na: z\n").unwrap_err().to_string();
        assert!(error.contains("`a`") && error.contains("twice"), "{error}");
    }

    #[test]
    fn a_number_out_of_range_is_refused() {
        assert!(serde_yaml::from_str::<Number<u16>>("70000").is_err());
        assert_eq!(serde_yaml::from_str::<Number<u16>>("'8080'").unwrap(), Number(8080));
    }

    #[test]
    fn a_text_is_what_was_written() {
        for text in ["0123", "0x1F", "+5", "1e3", "12.5", "true", "1_000", "~x"] {
            assert_eq!(serde_yaml::from_str::<Text>(text).unwrap().0, text);
        }
    }
}
