//! Times as people write them: `5s`.

use super::values::Text;
use serde::de::{Deserialize, Deserializer, Error};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The units, largest first, with their milliseconds.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A length of time, written as `500ms`, `5s`, `10m` or `1h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Span, String> {
        let wrong = || format!("{text:?} is no length of time; write for example 5s, 500ms or 1m");
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == text[digits..].trim()).ok_or_else(wrong)?;
        let span = number.checked_mul(*unit).map(|milliseconds| Span(Duration::from_millis(milliseconds)));
        span.filter(|span| !span.0.is_zero()).ok_or_else(wrong)
    }
}

impl fmt::Display for Span {
    /// In the largest unit that leaves no fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let exact = |(_, unit): &&(&str, u64)| milliseconds.is_multiple_of(*unit);
        let (name, unit) = UNITS.iter().find(exact).unwrap_or(&("ms", 1));
        write!(f, "{}{name}", milliseconds / unit)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        Text::deserialize(deserializer)?.0.trim().parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_shown() {
        for (text, milliseconds, shown) in
            [("5s", 5_000, "5s"), ("500 ms", 500, "500ms"), ("60s", 60_000, "1m"), ("1h", 3_600_000, "1h")]
        {
            let span: Span = text.parse().unwrap();
            assert_eq!((span.0.as_millis(), span.to_string().as_str()), (milliseconds, shown), "{text}");
        }
        for text in
            ["", "5", "s", "-5s", "0s", "1.5s", "5 years", "99999999999999999999s", "18446744073709551615h"]
        {
            assert!(text.parse::<Span>().unwrap_err().contains("5s"), "{text}");
        }
    }
}
