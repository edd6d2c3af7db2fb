//! The body of a response as the value that filters see.

use crate::copy::input::charset::Charset;
use crate::error::shortened;
use crate::fetch::api::client::Response;
use crate::fetch::csv;
use crate::fetch::json::{Budget, parse_within};
use encoding_rs::Encoding;
use jaq_json::Val;
use std::borrow::Cow;

/// How much of a body is shown and kept (characters).
const SHOWN_CHARS: usize = 200;

/// The form of the responses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// One value of JSON.
    #[default]
    Json,
    /// Lines, each a value of JSON.
    Ndjson,
    /// Comma-separated values with a header.
    Csv,
}

impl Form {
    /// The form of this name.
    pub fn of(name: &str) -> Option<Form> {
        Some(match name {
            "json" => Form::Json,
            "ndjson" => Form::Ndjson,
            "csv" => Form::Csv,
            _ => return None,
        })
    }
}

/// What a job says about bodies.
#[derive(Debug, Clone, Copy)]
pub struct BodyRules {
    /// Their form.
    pub form: Form,
    /// Their encoding, where the job names it.
    pub encoding: Option<Charset>,
    /// What the values of one may take in memory, bytes.
    pub max_memory: u64,
}

/// Reads the text of a body: JSON as its value, other forms as the list of their values. An empty body is null, or an empty list.
///
/// # Errors
/// In words: a form other than the job says, with the key that helps; too many values.
pub fn read(text: &[u8], response: &Response, rules: &BodyRules) -> Result<Val, String> {
    let is_empty = text.trim_ascii().is_empty();
    let mut budget = Budget::new(rules.max_memory);
    match rules.form {
        Form::Json if is_empty => Ok(Val::Null),
        Form::Json => parse_within(text, &mut budget).map_err(|what| explained(what, response, text)),
        Form::Ndjson => {
            let lines = text.split(|byte| *byte == b'\n').enumerate();
            let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
            let value = |(index, line): (usize, &[u8])| {
                parse_within(line, &mut budget).map_err(|what| format!("line {}: {what}", index + 1))
            };
            Ok(Val::Arr(lines.map(value).collect::<Result<Vec<_>, _>>()?.into()))
        }
        Form::Csv if is_empty => Ok(Val::Arr(Vec::new().into())),
        Form::Csv => {
            let mut objects = Vec::new();
            csv::read(text, &mut |object, _| {
                budget.take(&object)?;
                objects.push(object);
                Ok(true)
            })
            .map_err(|error| error.to_string())?;
            Ok(Val::Arr(objects.into()))
        }
    }
}

/// The start of a body, quoted, for messages.
pub fn start(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN_CHARS)]);
    format!("{:?}", shortened(text.trim(), SHOWN_CHARS))
}

/// The text of a body in UTF-8, without its byte-order mark (RFC 8259, section 8.1).
///
/// # Errors
/// In words: an encoding other than the job says, with the key that helps.
pub fn text_of(response: &Response, named: Option<Charset>) -> Result<Cow<'_, [u8]>, String> {
    let bytes = response.body.as_slice();
    let decoded =
        |text: Option<Cow<'static, str>>| text.map(|text| Cow::Owned(text.into_owned().into_bytes()));
    if let Some(charset) = named {
        let text = charset.decode_file(bytes).map(|text| Cow::Owned(text.into_owned()));
        return decoded(text).ok_or_else(|| format!("no text in {}, which encoding names", charset.name()));
    }
    let of = |encoding: &'static Encoding| {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
        Some(Cow::Owned(text.trim_start_matches('\u{feff}').to_owned()))
    };
    match Encoding::for_bom(bytes) {
        Some((encoding, length)) if encoding == encoding_rs::UTF_8 => {
            return Ok(Cow::Borrowed(&bytes[length..]));
        }
        Some((encoding, _)) => {
            return decoded(of(encoding))
                .ok_or_else(|| format!("no text in {}, whose mark it begins with", encoding.name()));
        }
        None => {}
    }
    let Err(fault) = std::str::from_utf8(bytes) else { return Ok(Cow::Borrowed(bytes)) };
    let place = fault.valid_up_to();
    match charset_of(response) {
        Some(label) => match Encoding::for_label(label.as_bytes()) {
            Some(encoding) => decoded(of(encoding)).ok_or_else(|| {
                format!("no text in {label}, which its Content-Type names; name its encoding with encoding")
            }),
            None => Err(format!(
                "Content-Type names the encoding {label}, which is unknown; name it with encoding"
            )),
        },
        None => Err(format!(
            "no text in UTF-8 at byte {place}, and its Content-Type names no charset; name its encoding with encoding, such as latin_1"
        )),
    }
}

fn content_type(response: &Response) -> String {
    response.header("content-type").and_then(Result::ok).unwrap_or_default()
}

/// The parameter `charset` of the header `Content-Type`.
fn charset_of(response: &Response) -> Option<String> {
    let header = content_type(response);
    let mut parameters = header.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let (_, charset) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(charset.trim().trim_matches('"').to_owned())
}

/// What is wrong with a body that is no JSON: what it seems to be, and what to write in the job then.
fn explained(what: String, response: &Response, text: &[u8]) -> String {
    if !what.starts_with("no JSON") {
        return what;
    }
    let kind = content_type(response).to_ascii_lowercase();
    let lines = || text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let is_value = |line| parse_within(line, &mut Budget::new(u64::MAX)).is_ok();
    let seems = if text.trim_ascii_start().starts_with(b"<") {
        "it seems to be HTML or XML"
    } else if lines().count() > 1 && lines().take(2).all(is_value) {
        "each of its lines is JSON: write format: ndjson"
    } else if kind.starts_with("text/csv") {
        "its Content-Type is text/csv: write format: csv"
    } else {
        return what;
    };
    format!("{what}; {seems}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::json::write_json;
    use ureq::http::header::CONTENT_TYPE;
    use ureq::http::{HeaderMap, StatusCode};

    fn read_as(form: Form, encoding: Option<&str>, kind: &str, body: &[u8]) -> Result<String, String> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, kind.parse().unwrap());
        let (status, url) = (StatusCode::OK, "http://h".to_owned());
        let response = Response { status, headers, url, body: body.to_vec(), share: None };
        let encoding = encoding.map(|label| Charset::for_label(label).unwrap());
        let rules = BodyRules { form, encoding, max_memory: 1 << 20 };
        let value = read(&text_of(&response, encoding)?, &response, &rules)?;
        let mut text = String::new();
        write_json(&mut text, &value)?;
        Ok(text)
    }

    #[test]
    fn a_body_is_shown_by_its_start() {
        assert_eq!(start(b"  <html>\n\xff"), "\"<html>\\n\u{fffd}\"");
        assert!(start("ä".repeat(1000).as_bytes()).chars().count() < 210);
    }

    #[test]
    fn encodings_are_told_by_mark_header_or_job() {
        for (encoding, kind, body) in [
            (None, "application/json", "\u{feff}[\"é\"]".as_bytes()),
            (None, "application/json; charset=ISO-8859-1", b"[\"\xe9\"]"),
            (None, "text/plain; x=1; Charset=\"utf-16le\"", b"[\0\"\0\xe9\0\"\0]\0"),
            (None, "application/json", b"\xff\xfe[\0\"\0\xe9\0\"\0]\0"),
            (Some("latin_1"), "application/json", b"[\"\xe9\"]"),
            // What is UTF-8 is no accident.
            (None, "application/json; charset=ISO-8859-1", "[\"é\"]".as_bytes()),
        ] {
            assert_eq!(read_as(Form::Json, encoding, kind, body).unwrap(), "[\"é\"]", "{kind} {body:?}");
        }
        for (kind, body, said) in [
            ("application/json", &b"[\"\xe9\"]"[..], "name its encoding with encoding"),
            ("application/json; charset=x-none", b"[\"\xe9\"]", "x-none, which is unknown"),
            ("application/json; charset=shift_jis", b"[\"\xff\"]", "no text in shift_jis"),
        ] {
            let error = read_as(Form::Json, None, kind, body).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn lines_and_csv_are_lists() {
        for (form, body, json) in [
            (Form::Ndjson, "{\"a\": 1}\r\n\n[2]\n", r#"[{"a": 1}, [2]]"#),
            (Form::Ndjson, "", "[]"),
            (Form::Csv, "a,b\n1,\"x,\"\"y\"\n,\n", r#"[{"a": "1", "b": "x,\"y"}, {"a": null, "b": null}]"#),
            (Form::Csv, " ", "[]"),
            (Form::Json, " ", "null"),
        ] {
            assert_eq!(read_as(form, None, "text/plain", body.as_bytes()).unwrap(), json, "{body}");
        }
        for (form, body, said) in [
            (Form::Ndjson, "1\n{\n", "line 2: no JSON at byte 1"),
            (Form::Csv, "a,b\n1\n", "row has 1 field"),
            (Form::Json, "{\"a\": 1}\n{\"a\": 2}\n", "write format: ndjson"),
            (Form::Json, "<html>", "it seems to be HTML"),
        ] {
            let error = read_as(form, None, "text/plain", body.as_bytes()).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
        assert!(read_as(Form::Json, None, "text/csv", b"a,b\n").unwrap_err().contains("write format: csv"));
        let many = "1\n".repeat(100_000);
        assert!(read_as(Form::Ndjson, None, "", many.as_bytes()).unwrap_err().contains("max_memory"));
    }
}
