//! Values as rows, and as JSON.

use super::value::text_of;
use crate::copy::values::batch::ValueBatch;
use crate::copy::values::json::Json;
use jaq_json::{Num, Val};
use std::fmt::Write as _;

/// Below, jq writes a whole number without an exponent.
const MOST_WHOLE: f64 = 1e17;

/// Pushes a value into a row; `scratch` is room for its text.
///
/// # Errors
/// A string that is not UTF-8.
pub fn push(batch: &mut ValueBatch, value: &Val, scratch: &mut String) -> Result<(), String> {
    scratch.clear();
    let json = match value {
        Val::Null => Json::Null,
        Val::Bool(value) => Json::Bool(*value),
        // PostgreSQL spells `NaN` and infinities in the same way.
        Val::Num(number) => {
            push_number(scratch, number);
            Json::Number(scratch)
        }
        Val::TStr(_) | Val::BStr(_) => Json::String(text_of(value).ok_or("value is no text in UTF-8")?),
        Val::Arr(_) | Val::Obj(_) => {
            write_json(scratch, value)?;
            Json::Compound(scratch)
        }
    };
    batch.push_json(json);
    Ok(())
}

/// Appends a value as JSON.
///
/// # Errors
/// What JSON cannot express: bytes that are not UTF-8, NaN and infinities, keys that are not strings.
pub fn write_json(out: &mut String, value: &Val) -> Result<(), String> {
    match value {
        Val::Null => out.push_str("null"),
        Val::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Val::Num(Num::Float(number)) if !number.is_finite() => {
            return Err(format!("{number} has no form in JSON"));
        }
        Val::Num(number) => push_number(out, number),
        Val::TStr(_) | Val::BStr(_) => write_string(out, text_of(value).ok_or("value is no text in UTF-8")?),
        Val::Arr(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_json(out, item)?;
            }
            out.push(']');
        }
        Val::Obj(object) => {
            out.push('{');
            for (index, (key, item)) in object.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_string(out, text_of(key).ok_or("a key of an object is no string")?);
                out.push_str(": ");
                write_json(out, item)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// Appends a number. What a filter has computed and is whole is written as jq writes it, without a fraction.
pub fn push_number(out: &mut String, number: &Num) {
    // Writing into a string never fails.
    let _ = match number {
        Num::Dec(text) => write!(out, "{text}"),
        Num::Float(float) if float.fract() == 0.0 && float.abs() < MOST_WHOLE => write!(out, "{float:.0}"),
        other => write!(out, "{other}"),
    };
}

/// A text as it stands within a string of JSON.
pub fn inside_json(text: &str) -> String {
    let mut quoted = String::new();
    write_string(&mut quoted, text);
    quoted[1..quoted.len() - 1].to_owned()
}

/// Appends a string of JSON.
pub(super) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            byte => drop(write!(out, "\\u{byte:04x}")),
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::json::parse;

    fn round(text: &str) -> String {
        let mut out = String::new();
        write_json(&mut out, &parse(text.as_bytes()).unwrap()).unwrap();
        out
    }

    #[test]
    fn numbers_and_texts_come_back_as_they_were() {
        for text in [
            "4611686018438308034",
            "123456789012345678901234567890",
            "-0",
            "1.10",
            "1e400",
            "0.0",
            r#"{"a": [1, true, null, "x\"\\\u0001ä😀"], "b": {}}"#,
        ] {
            assert_eq!(round(text), text);
        }
        assert_eq!(round(" [ 1 ,\"\\u00e4\\/\" ] "), "[1, \"ä/\"]");
    }

    #[test]
    fn computed_numbers_are_written_as_jq_writes_them() {
        for (number, text) in
            [(5.0, "5"), (-0.0, "-0"), (0.5, "0.5"), (1e16, "10000000000000000"), (1e300, "1e300")]
        {
            let mut out = String::new();
            push_number(&mut out, &Num::Float(number));
            assert_eq!(out, text);
        }
    }
}
