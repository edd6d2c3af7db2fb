//! Sizes such as `64MiB`.

use super::text::expand;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;
use std::str::FromStr;

/// The units, largest first, with their bytes.
const UNITS: [(&str, u64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// A number of bytes, written as `64MiB` or as a plain number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = ();

    fn from_str(text: &str) -> Result<Size, ()> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = (text[..digits].parse::<u64>().map_err(|_| ())?, text[digits..].trim());
        let bytes = match unit {
            "" => 1,
            _ => UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or(())?.1,
        };
        number.checked_mul(bytes).map(Size).ok_or(())
    }
}

impl fmt::Display for Size {
    /// Exactly, in the largest unit that leaves no fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = |(_, bytes): &&(&str, u64)| self.0 >= *bytes && self.0.is_multiple_of(*bytes);
        let (name, bytes) = UNITS.iter().find(exact).unwrap_or(&("B", 1));
        write!(f, "{} {name}", self.0 / bytes)
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
        // Asked for a text, the YAML reader returns a plain number as it is written.
        deserializer.deserialize_str(SizeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown_exactly() {
        for (text, bytes, shown) in [
            ("64MiB", 64 << 20, "64 MiB"),
            ("64 mib", 64 << 20, "64 MiB"),
            ("1536", 1536, "1536 B"),
            ("2048", 2048, "2 KiB"),
            ("1TiB", 1 << 40, "1 TiB"),
            ("0", 0, "0 B"),
        ] {
            let size: Size = text.parse().unwrap();
            assert_eq!((size, size.to_string().as_str()), (Size(bytes), shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "MiB", "64MB", "-1", "1.5GiB", "99999999TiB", "64 MiB x"] {
            assert_eq!(text.parse::<Size>(), Err(()), "{text}");
        }
    }
}
