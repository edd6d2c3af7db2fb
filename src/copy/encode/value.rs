//! The table of all types that have an encoder.

use super::binary::push_part;
use super::fault::BadValue;
use super::fit::Fit;
use super::types::{self, Pushed, character, integer};
use crate::copy::input::charset::Charset;
use crate::copy::input::field::FieldSpan;
use crate::pg::type_name::without_modifier;

/// Appends a field and returns true; returns false, and leaves the output as it was, for a form that it does not know.
type Push = fn(&mut Vec<u8>, &[u8]) -> bool;
/// As [`Push`], for the bytes of a batch from one place to another.
type PushShort = fn(&mut Vec<u8>, &[u8], usize, usize) -> bool;
/// As [`Push`], for a type with seconds, whose digits may be cut.
type PushTime = fn(&mut Vec<u8>, &[u8]) -> Pushed;

/// Bytes of a field before its content.
const LENGTH: usize = 4;

/// How the values of one column are written in COPY's binary format.
#[derive(Debug, Clone, Copy)]
pub enum ValueEncoder {
    /// A type whose values are written in ASCII.
    Plain(Push, Fit),
    /// `smallint`, `integer`, `bigint`, and how a short number is written.
    Integer(Push, PushShort),
    /// A type of times or moments.
    Time(PushTime, Fit),
    /// `text`, `varchar(n)`, `char(n)`, `json`: characters, and their largest number.
    Text(Option<u32>),
    /// `jsonb`
    Jsonb,
    /// The server is asked about every value.
    Asked,
}

impl ValueEncoder {
    /// The encoder for a type, as the server spells it (`format_type`); `None` if the type has none.
    ///
    /// An encoder takes only values that the type holds as they are written, with its modifier. The receive functions would
    /// round, as the input functions do.
    pub fn for_type(type_name: &str) -> Option<ValueEncoder> {
        let (name, modifier) = without_modifier(type_name);
        let plain = |push: Push| Some(ValueEncoder::Plain(push, Fit::Any));
        let time = |push: PushTime| Some(ValueEncoder::Time(push, Fit::of_seconds(modifier)));
        match name.as_str() {
            "boolean" => plain(types::boolean::push_boolean),
            "smallint" => Some(ValueEncoder::Integer(integer::push_int2, integer::push_short_int2)),
            "integer" => Some(ValueEncoder::Integer(integer::push_int4, integer::push_short_int4)),
            "bigint" => Some(ValueEncoder::Integer(integer::push_int8, integer::push_short_int8)),
            "real" => plain(types::float::push_float4),
            "double precision" => plain(types::float::push_float8),
            "numeric" => Some(ValueEncoder::Plain(types::numeric::push_numeric, Fit::of_numeric(modifier))),
            "date" => plain(types::date::push_date),
            "time without time zone" => time(types::time::push_time),
            "time with time zone" => time(types::time::push_timetz),
            "timestamp without time zone" => time(types::timestamp::push_timestamp),
            "timestamp with time zone" => time(types::timestamp::push_timestamptz),
            // With units, such as `interval minute to second`, it has no encoder: `02:03` are minutes then.
            "interval" => {
                Some(ValueEncoder::Plain(types::interval::push_interval, Fit::of_seconds(modifier)))
            }
            "uuid" => plain(types::uuid::push_uuid),
            "bytea" => plain(types::bytea::push_bytea),
            "inet" => plain(types::inet::push_inet),
            "cidr" => plain(types::inet::push_cidr),
            "macaddr" => plain(types::inet::push_macaddr),
            "text" | "json" => Some(ValueEncoder::Text(None)),
            // Without a number, `character` has one character, which format_type spells out.
            "character varying" | "character" => match modifier {
                None => Some(ValueEncoder::Text(None)),
                Some(characters) => Some(ValueEncoder::Text(Some(characters.parse().ok()?))),
            },
            "jsonb" => Some(ValueEncoder::Jsonb),
            _ => None,
        }
    }

    /// Appends a field whose value is its bytes, all of them ASCII, if that is the usual case of the type; `None` if it is not, and
    /// nothing was appended. [`ValueEncoder::push`] would do the same, but not as fast.
    #[inline(always)] // it is the innermost part of all encoding
    pub fn push_bare(&self, out: &mut Vec<u8>, batch: &[u8], field: &FieldSpan) -> Option<Pushed> {
        match self {
            // A byte is a character where all is ASCII.
            ValueEncoder::Text(limit)
                if limit.is_none_or(|limit| field.end - field.start <= limit as usize) =>
            {
                push_part(out, batch, field.start, field.end);
                Some(Pushed::AsWritten)
            }
            ValueEncoder::Integer(_, push) => {
                push(out, batch, field.start, field.end).then_some(Pushed::AsWritten)
            }
            ValueEncoder::Plain(push, Fit::Any) => push(out, field.raw(batch)).then_some(Pushed::AsWritten),
            ValueEncoder::Time(push, Fit::Any) => {
                Some(push(out, field.raw(batch))).filter(|pushed| *pushed != Pushed::Unknown)
            }
            _ => None,
        }
    }

    /// Appends a field, unless the value is unknown.
    ///
    /// # Errors
    /// Characters that are not valid in the encoding, or that no text can hold.
    #[inline(always)] // it is the innermost part of all encoding
    pub fn push(self, out: &mut Vec<u8>, value: &[u8], charset: Charset) -> Result<Pushed, BadValue> {
        let known = |known: bool| if known { Pushed::AsWritten } else { Pushed::Unknown };
        let start = out.len();
        let (pushed, fit) = match self {
            ValueEncoder::Plain(push, fit) => (known(push(out, value)), fit),
            ValueEncoder::Integer(push, _) => (known(push(out, value)), Fit::Any),
            ValueEncoder::Time(push, fit) => (push(out, value), fit),
            ValueEncoder::Text(limit) => {
                return character::push_text(out, value, charset, limit).map(known);
            }
            ValueEncoder::Jsonb => return character::push_jsonb_text(out, value, charset).map(known),
            ValueEncoder::Asked => return Ok(Pushed::Unknown),
        };
        if fit != Fit::Any && pushed != Pushed::Unknown && !fit.holds(&out[start + LENGTH..]) {
            out.truncate(start);
            return Ok(Pushed::Unknown);
        }
        Ok(pushed)
    }
}

/// Whether it is a type of days, times, moments or spans of time, or an array of one.
pub fn has_seconds(type_name: &str) -> bool {
    ["date", "time", "interval"].iter().any(|start| type_name.starts_with(start))
}

/// Writes a value as the type's input function reads it, and returns true; returns false for a value that needs no rewriting,
/// and leaves the output as it was.
pub type Respell = fn(&[u8], &mut Vec<u8>) -> bool;

/// Rewrites the forms that are known here and that a type's input function does not read, if there are any.
pub fn respelling(type_name: &str) -> Option<Respell> {
    match type_name {
        "bytea" => Some(types::bytea::respell),
        _ if has_clock(type_name) => Some(types::styles::with_point),
        _ => None,
    }
}

/// Whether a type holds days: dates and timestamps.
pub fn has_days(type_name: &str) -> bool {
    let (name, _) = without_modifier(type_name);
    matches!(name.as_str(), "date" | "timestamp without time zone" | "timestamp with time zone")
}

/// Whether a type holds texts that need not have any form.
pub fn is_text(type_name: &str) -> bool {
    let (name, _) = without_modifier(type_name);
    matches!(name.as_str(), "text" | "character varying" | "character")
}

/// Whether values of a type may have a time of day.
fn has_clock(type_name: &str) -> bool {
    let (name, _) = without_modifier(type_name);
    has_days(&name) || matches!(name.as_str(), "time without time zone" | "time with time zone")
}

#[cfg(test)]
mod tests {
    use super::*;

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
