//! What a user wants of the values of a column, in this order: they are trimmed, those that stand for nothing are NULL, and those
//! that the column cannot hold may be NULL as well.

mod json;
pub mod null_if;

use super::types::Pushed;
use super::value::ValueEncoder;
use crate::copy::input::charset::Charset;
use null_if::NullIf;

/// The rules for the values of a column. None of them is about NULL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueRules {
    /// Whether blanks before and behind a value are left out, as `btrim` does.
    pub trim: bool,
    /// Values that are NULL, when they are trimmed.
    pub null_if: NullIf,
    /// Whether a value is NULL that the column cannot hold.
    pub bad_is_null: bool,
}

impl ValueRules {
    /// A value without the blanks that are left out.
    #[inline]
    pub fn trimmed<'v>(&self, value: &'v [u8]) -> &'v [u8] {
        if !self.trim {
            return value;
        }
        let start = value.iter().position(|byte| *byte != b' ').unwrap_or(value.len());
        let end = value.iter().rposition(|byte| *byte != b' ').map_or(start, |last| last + 1);
        &value[start..end]
    }

    /// Whether a value has to be looked at before it is encoded, though `encoder` knows its form. If not, it is enough to look at
    /// the values that the encoder does not know, which costs the others nothing. `knows` asks the encoder.
    pub fn concern_known(
        &self,
        type_name: &str,
        encoder: ValueEncoder,
        knows: impl FnMut(&[u8]) -> bool,
    ) -> bool {
        // Other types do not keep blanks around a value, and their encoders do not know such values.
        let keeps_blanks = matches!(encoder, ValueEncoder::Text(_)) || type_name == "bytea";
        self.trim && keeps_blanks || self.ask_about_json(type_name) || self.null_if.may_match_known(knows)
    }

    /// Whether a value of JSON is looked into: its encoder leaves that to the server, which would refuse the whole row.
    fn ask_about_json(&self, type_name: &str) -> bool {
        self.bad_is_null && matches!(type_name, "json" | "jsonb")
    }

    /// Appends a value, as `encoder` does. A document of JSON is unknown unless it is certain that the server takes it, where that
    /// matters.
    ///
    /// # Errors
    /// As [`ValueEncoder::push`].
    pub fn push(
        &self,
        out: &mut Vec<u8>,
        value: &[u8],
        charset: Charset,
        type_name: &str,
        encoder: ValueEncoder,
    ) -> Result<Pushed, super::fault::BadValue> {
        if self.ask_about_json(type_name) && !json::is_certain(value) {
            return Ok(Pushed::Unknown);
        }
        encoder.push(out, value, charset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_left_out_and_nothing_else() {
        let rules = ValueRules { trim: true, ..ValueRules::default() };
        for (value, trimmed) in
            [("  a b ", "a b"), ("a", "a"), ("   ", ""), ("", ""), ("\ta\u{a0} ", "\ta\u{a0}"), (" \n", "\n")]
        {
            assert_eq!(rules.trimmed(value.as_bytes()), trimmed.as_bytes(), "{value:?}");
            assert_eq!(ValueRules::default().trimmed(value.as_bytes()), value.as_bytes());
        }
    }

    #[test]
    fn only_where_it_matters_each_value_is_looked_at() {
        let concern = |rules: &ValueRules, type_name: &str| {
            rules.concern_known(type_name, ValueEncoder::for_type(type_name).unwrap(), |value| value == b"-1")
        };
        let trim = ValueRules { trim: true, ..ValueRules::default() };
        assert!(concern(&trim, "text") && concern(&trim, "character varying(5)") && concern(&trim, "bytea"));
        assert!(!concern(&trim, "integer") && !concern(&trim, "timestamp with time zone"));
        let bad = ValueRules { bad_is_null: true, ..ValueRules::default() };
        assert!(concern(&bad, "json") && concern(&bad, "jsonb") && !concern(&bad, "date"));
        let null_if = |text| ValueRules { null_if: NullIf::parse([text]).unwrap(), ..ValueRules::default() };
        assert!(concern(&null_if("-1"), "integer") && !concern(&null_if("n/a"), "integer"));
        assert!(!concern(&ValueRules::default(), "text"));
    }
}
