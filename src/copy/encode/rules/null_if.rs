//! Values that stand for "nothing" in the source, such as MySQL's `0000-00-00`.

use crate::copy::input::charset::Charset;
use glob::{MatchOptions, Pattern, PatternError};

/// Patterns of MySQL's dates without a day, a month or both, alone or with a time. No calendar has such a day.
pub const ZERO_DATES: [&str; 2] = ["????-00-??*", "????-??-00*"];

/// What a pattern has that stands for more than one text.
const WILD: [char; 3] = ['*', '?', '['];

const AS_WRITTEN: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: false,
    require_literal_leading_dot: false,
};

/// The values of a column that are loaded as NULL: shell patterns of their texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NullIf {
    /// Each with whether it stands for one text, which is itself.
    patterns: Vec<(Pattern, bool)>,
    /// Whether a built-in map has it, and not the user: then its values are counted and reported.
    pub is_preset: bool,
}

impl NullIf {
    /// Reads patterns.
    ///
    /// # Errors
    /// The first that is no shell pattern, and why.
    pub fn parse<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<NullIf, (&'p str, PatternError)> {
        let pattern = |text: &'p str| match Pattern::new(text) {
            Ok(pattern) => Ok((pattern, !text.contains(WILD))),
            Err(error) => Err((text, error)),
        };
        let patterns = patterns.into_iter().map(pattern).collect::<Result<_, _>>()?;
        Ok(NullIf { patterns, is_preset: false })
    }

    /// The same, of which each value is said.
    pub fn as_preset(&self) -> NullIf {
        NullIf { is_preset: true, ..self.clone() }
    }

    /// The patterns as they are written.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(|(pattern, _)| pattern.as_str())
    }

    /// Whether no value is NULL by it.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether a value is NULL by it.
    pub fn matches(&self, value: &[u8], charset: Charset) -> bool {
        if self.is_empty() {
            return false;
        }
        let Some(text) = charset.decode(value) else { return false };
        self.patterns.iter().any(|(pattern, is_text)| match is_text {
            true => pattern.as_str() == text,
            false => pattern.matches_with(&text, AS_WRITTEN),
        })
    }

    /// Whether an encoder may know a value that is NULL by it; `knows` asks the encoder. If not, it is enough to look at
    /// values that the encoder does not know, which costs the others nothing.
    pub fn may_match_known(&self, mut knows: impl FnMut(&[u8]) -> bool) -> bool {
        self.patterns().any(|pattern| match pattern.contains(WILD) {
            true => !ZERO_DATES.contains(&pattern),
            false => knows(pattern.as_bytes()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::encode::types::Pushed;
    use crate::copy::encode::value::ValueEncoder;

    fn knows(type_name: &str, value: &[u8]) -> bool {
        let encoder = ValueEncoder::for_type(type_name).unwrap();
        encoder.push(&mut Vec::new(), value, Charset::Utf8) != Ok(Pushed::Unknown)
    }

    #[test]
    fn zero_dates_are_dates_without_a_day_or_a_month() {
        let null_if = NullIf::parse(ZERO_DATES).unwrap();
        for value in [
            "0000-00-00",
            "0000-00-00 00:00:00",
            "0000-00-00 00:00:00.000000",
            "2019-00-00",
            "2019-02-00",
            "2019-00-15 11:59:00",
        ] {
            assert!(null_if.matches(value.as_bytes(), Charset::Utf8), "{value}");
            for type_name in ["date", "timestamp without time zone", "timestamp(3) with time zone"] {
                assert!(!knows(type_name, value.as_bytes()), "{type_name} {value}");
            }
        }
        for value in ["2019-02-27", "2019-10-10 00:00:00", "0000-05-03", "", "00:00:00", "2019-02-27 00-00"] {
            assert!(!null_if.matches(value.as_bytes(), Charset::Utf8), "{value}");
        }
    }

    #[test]
    fn only_patterns_whose_values_no_encoder_knows_can_wait() {
        let waits = |type_name: &str, pattern: &'static str| {
            !NullIf::parse([pattern]).unwrap().may_match_known(|value| knows(type_name, value))
        };
        assert!(waits("date", ZERO_DATES[0]) && waits("date", ZERO_DATES[1]));
        assert!(waits("date", "0000-00-00") && !waits("integer", "?nknown"));
        assert!(!waits("date", "1900-01-01") && !waits("integer", "-1") && !waits("text", "n/a"));
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        assert_eq!(NullIf::parse(["a", "[a"]).unwrap_err().0, "[a");
        assert!(NullIf::default().is_empty() && !NullIf::default().matches(b"", Charset::Utf8));
    }

    #[test]
    fn texts_are_compared_as_characters_of_the_files_encoding() {
        let null_if = NullIf::parse(["größe", "k*n"]).unwrap();
        for (value, charset, expected) in [
            ("größe".as_bytes(), Charset::Utf8, true),
            (b"gr\xF6\xDFe", Charset::Latin1, true),
            ("größe".as_bytes(), Charset::Latin1, false),
            (b"gr\xF6\xDFe", Charset::Utf8, false),
            (b"k\xF6n", Charset::Latin1, true),
            (b"Kn", Charset::Latin1, false),
        ] {
            assert_eq!(null_if.matches(value, charset), expected, "{value:?} {charset:?}");
        }
    }
}
