//! Which encoder a column's type has.

use super::types::{
    boolean, bytea, character, date, float, inet, integer, interval, numeric, time, timestamp, uuid,
};
use crate::copy::input::charset::Charset;
use crate::copy::input::rows::FieldSpan;

/// Appends a field and says true, or says false: a form that it does not know.
type Push = fn(&mut Vec<u8>, &[u8]) -> bool;

/// How the values of one column are written in COPY's binary format.
#[derive(Debug, Clone, Copy)]
pub enum ValueEncoder {
    /// A type whose values are written in ASCII.
    Plain(Push),
    /// `text`, `varchar(n)`, `char(n)`, `json`: characters, and how many there may be.
    Text(Option<u32>),
    /// `jsonb`
    Jsonb,
    /// None: the server is asked about every value.
    Asked,
}

impl ValueEncoder {
    /// The encoder for a type, as the server spells it (`format_type`); none if there is none.
    ///
    /// Type modifiers other than a number of characters are the receive functions' business: they round to the scale of
    /// a `numeric` and to the digits of a `timestamp` as the input functions do.
    pub fn for_type(type_name: &str) -> Option<ValueEncoder> {
        let (name, modifier) = without_modifier(type_name);
        let plain = |push: Push| Some(ValueEncoder::Plain(push));
        match name.as_str() {
            "boolean" => plain(boolean::push_boolean),
            "smallint" => plain(integer::push_int2),
            "integer" => plain(integer::push_int4),
            "bigint" => plain(integer::push_int8),
            "real" => plain(float::push_float4),
            "double precision" => plain(float::push_float8),
            "numeric" => plain(numeric::push_numeric),
            "date" => plain(date::push_date),
            "time without time zone" => plain(time::push_time),
            "time with time zone" => plain(time::push_timetz),
            "timestamp without time zone" => plain(timestamp::push_timestamp),
            "timestamp with time zone" => plain(timestamp::push_timestamptz),
            // One of only some units is another matter: `interval minute to second` reads `02:03` as minutes.
            "interval" => plain(interval::push_interval),
            "uuid" => plain(uuid::push_uuid),
            "bytea" => plain(bytea::push_bytea),
            "inet" => plain(inet::push_inet),
            "cidr" => plain(inet::push_cidr),
            "macaddr" => plain(inet::push_macaddr),
            "text" | "json" => Some(ValueEncoder::Text(None)),
            "character varying" => Some(ValueEncoder::Text(modifier?)),
            // Without a number it is one of one character, which format_type spells out.
            "character" => Some(ValueEncoder::Text(modifier?)),
            "jsonb" => Some(ValueEncoder::Jsonb),
            _ => None,
        }
    }

    /// Whether the binary form of a field is the very bytes that stand in the batch, which [`ValueEncoder::push`] would find
    /// out too, but not as fast.
    #[inline]
    pub fn is_as_it_stands(self, field: &FieldSpan) -> bool {
        match self {
            ValueEncoder::Text(limit) => {
                // A byte is a character where all is ASCII.
                let fits = limit.is_none_or(|limit| field.end - field.start <= limit as usize);
                field.plain && !field.quoted && fits
            }
            _ => false,
        }
    }

    /// Appends a field and says true, or says false: a form that it does not know.
    ///
    /// # Errors
    /// Characters that are not valid in the file's encoding, or that no text can hold.
    #[inline]
    pub fn push(self, out: &mut Vec<u8>, value: &[u8], charset: Charset) -> Result<bool, String> {
        match self {
            ValueEncoder::Plain(push) => Ok(push(out, value)),
            ValueEncoder::Text(limit) => character::push_text(out, value, charset, limit),
            ValueEncoder::Jsonb => character::push_jsonb_text(out, value, charset),
            ValueEncoder::Asked => Ok(false),
        }
    }
}

/// `timestamp(3) without time zone` as `timestamp without time zone` and 3. A modifier that is no single number is `None`,
/// none at all is `Some(None)`.
fn without_modifier(type_name: &str) -> (String, Option<Option<u32>>) {
    let split = type_name.split_once('(').and_then(|(name, rest)| Some((name, rest.split_once(')')?)));
    match split {
        Some((name, (modifier, rest))) => (format!("{name}{rest}"), modifier.parse().ok().map(Some)),
        None => (type_name.to_owned(), Some(None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_are_taken_out_of_the_name() {
        assert_eq!(
            without_modifier("timestamp(3) without time zone"),
            ("timestamp without time zone".into(), Some(Some(3)))
        );
        assert_eq!(without_modifier("numeric(10,2)"), ("numeric".into(), None));
        assert_eq!(without_modifier("text"), ("text".into(), Some(None)));
    }

    #[test]
    fn types_without_an_encoder_have_none() {
        for name in [
            "xml",
            "money",
            "integer[]",
            "interval day to second(3)",
            "public.mood",
            "numeric(10,2)[]",
            "\"char\"",
        ] {
            assert!(ValueEncoder::for_type(name).is_none(), "{name}");
        }
        for name in [
            "character varying",
            "character(5)",
            "numeric(10,2)",
            "timestamp(0) with time zone",
            "interval(3)",
        ] {
            assert!(ValueEncoder::for_type(name).is_some(), "{name}");
        }
    }
}
