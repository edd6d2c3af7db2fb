//! Times such as `30s`.

use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The units, with their milliseconds.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// A length of time, written as `500ms`, `30s`, `5m`, `1h` or `400d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = ();

    fn from_str(text: &str) -> Result<Span, ()> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or(())?;
        let (number, unit) = (text[..digits].parse::<u64>().map_err(|_| ())?, text[digits..].trim());
        let milliseconds = UNITS.iter().find(|(name, _)| *name == unit).ok_or(())?.1;
        number.checked_mul(milliseconds).map(|number| Span(Duration::from_millis(number))).ok_or(())
    }
}

impl fmt::Display for Span {
    /// Exactly, in the largest unit that leaves no fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let exact = |(_, unit): &&(&str, u64)| milliseconds >= *unit && milliseconds.is_multiple_of(*unit);
        let (name, unit) = UNITS.iter().rev().find(exact).unwrap_or(&UNITS[0]);
        write!(f, "{}{name}", milliseconds / unit)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpanVisitor;
        impl Visitor<'_> for SpanVisitor {
            type Value = Span;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time such as 30s")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                text.trim().parse().map_err(|()| {
                    E::custom(format!("`{text}` is no time; write for example 500ms, 30s or 5m"))
                })
            }
        }
        deserializer.deserialize_str(SpanVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_they_can_be_written() {
        for text in ["0ms", "500ms", "1500ms", "30s", "90s", "5m", "2h"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn times_have_a_unit() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("5 m", 300_000),
            ("1h", 3_600_000),
            ("2d", 172_800_000),
            ("0s", 0),
        ] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_millis(milliseconds))), "{text}");
        }
        for text in ["", "30", "s", "1.5s", "-1s", "1w", "18446744073709551615h"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
