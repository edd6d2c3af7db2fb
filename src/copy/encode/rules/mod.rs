//! What a user wants of the values of a column, in this order: they are trimmed, those that stand for nothing are NULL, and those
//! that the column cannot hold may be NULL as well.

mod json;
pub mod null_if;

use super::value::ValueEncoder;
use crate::pg::type_name::without_modifier;
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
        self.trim && keeps_blanks
            || self.doubt(type_name) != Doubt::None
            || self.null_if.may_match_known(knows)
    }

    /// Which values the encoder of a type takes and the server may refuse, with their rows: those are asked about, where a value can
    /// be NULL instead.
    pub fn doubt(&self, type_name: &str) -> Doubt {
        if !self.bad_is_null {
            return Doubt::None;
        }
        match without_modifier(type_name) {
            (name, None) if matches!(name.as_str(), "json" | "jsonb") => Doubt::Json,
            (name, Some(modifier)) if name == "numeric" => {
                let mut numbers = modifier.split(',').map(|number| number.trim().parse::<i64>().unwrap_or(0));
                let (precision, scale) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
                Doubt::Numeric(usize::try_from(precision - scale).unwrap_or(0))
            }
            _ => Doubt::None,
        }
    }
}

/// Which values of a column are asked about though its encoder takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// None.
    None,
    /// Documents of JSON: the encoder leaves them to the server.
    Json,
    /// Numbers with more than so many digits before the point: the encoder looks at those behind it.
    Numeric(usize),
}

impl Doubt {
    /// Whether the server takes a value that the encoder takes.
    pub fn spares(self, value: &[u8]) -> bool {
        match self {
            Doubt::None => true,
            Doubt::Json => json::is_certain(value),
            Doubt::Numeric(most) => {
                let digits = value.strip_prefix(b"-").unwrap_or(value);
                let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let rest = digits[whole..].strip_prefix(b".").unwrap_or(&digits[whole..]);
                whole <= most && rest.iter().all(u8::is_ascii_digit)
            }
        }
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
    fn numbers_with_more_digits_than_their_type_are_asked_about() {
        let bad = ValueRules { bad_is_null: true, ..ValueRules::default() };
        let doubt = bad.doubt("numeric(5,2)");
        for (value, spared) in [
            ("123.45", true),
            ("-1", true),
            (".5", true),
            ("1234", false),
            ("0001", false),
            ("1e9", false),
            ("1.2.3", false),
        ] {
            assert_eq!(doubt.spares(value.as_bytes()), spared, "{value}");
        }
        assert_eq!(bad.doubt("numeric(3,5)"), Doubt::Numeric(0));
        assert_eq!(bad.doubt("numeric(3,-2)"), Doubt::Numeric(5));
        assert_eq!([bad.doubt("numeric"), ValueRules::default().doubt("json")], [Doubt::None; 2]);
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
