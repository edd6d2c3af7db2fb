//! Descriptors: the list of a table's columns and their types in the source database.

use crate::config::Size;
use crate::copy::input::charset::Charset;
use crate::error::{MAX_QUOTED_CHARS, shortened};
use crate::ingest::settings::limits::Limits;
use crate::pg::ident;
use crate::{Error, Place, Result};
use serde::de::{self, DeserializeSeed, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::cell::Cell;
use std::fmt;

/// How many brackets may be open at once, those within texts included. serde_json allows half of that.
const MAX_DEPTH: usize = 256;

/// What helps when a descriptor has another form.
const FORM: &str = "it must be a list of {\"column_name\": …, \"column_type\": …}";

/// A column, as the source describes it. Other keys of a descriptor's entry are ignored: exports add what they know.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(expecting = "the name and type of a column")]
pub struct SourceColumn {
    /// The column's name, as the data file's header spells it.
    #[serde(rename = "column_name")]
    pub name: String,
    /// Its type in the source database.
    #[serde(rename = "column_type")]
    pub source_type: String,
}

/// Reads a descriptor. It should be JSON. Real descriptors have trailing commas and the like, so a text that is no JSON is read
/// as YAML, which allows them.
///
/// # Errors
/// An empty file, anything but a list of columns, more columns than `limits` allow, a column without a name or a type, a column
/// that is listed twice; all such faults at once.
pub fn parse(bytes: &[u8], charset: Charset, limits: &Limits) -> Result<Vec<SourceColumn>> {
    let text = match std::str::from_utf8(bytes) {
        // JSON and YAML hold no NUL; plain letters in UTF-16 do.
        Ok(text) if !text.contains('\0') => text.into(),
        _ => charset.decode_file(bytes).ok_or_else(|| {
            let what = match charset {
                Charset::Utf8 => "the descriptor is not valid UTF-8".to_owned(),
                other => format!("the descriptor is neither valid UTF-8 nor valid {}", other.name()),
            };
            Error::refused(what).remedy("set xport_cfg.encoding to the encoding of the dumps")
        })?,
    };
    if text.contains('\0') {
        return Err(Error::refused("the descriptor holds NUL characters, as UTF-16 does")
            .remedy("set xport_cfg.encoding to the encoding of the dumps, for example utf-16le"));
    }
    // The YAML reader refuses a tab before the list.
    let text = text.trim_start_matches('\u{FEFF}').trim();
    if text.is_empty() {
        return Err(Error::refused("the descriptor is empty").remedy(FORM));
    }
    check(list(text, limits)?)
}

fn list(text: &str, limits: &Limits) -> Result<Vec<SourceColumn>> {
    let excess = Cell::new(None);
    let list = || ColumnList { limits, excess: &excess };
    let mut json = serde_json::Deserializer::from_str(text);
    let columns = list().deserialize(&mut json).and_then(|columns| json.end().map(|()| columns));
    let columns = match columns {
        Ok(columns) => Ok(columns),
        Err(_) if nests_deeply(text) => {
            return Err(Error::refused("the descriptor nests its brackets more than 256 deep").remedy(FORM));
        }
        Err(_) if excess.get().is_some() => Err(String::new()),
        Err(_) => {
            list().deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|error| error.to_string())
        }
    };
    columns.map_err(|error| match excess.get() {
        Some(Excess::Columns) => {
            let allowed = limits.columns;
            let what =
                format!("the descriptor lists more columns than limits.max_columns allows ({allowed})");
            Error::refused(what).remedy("remove columns from the descriptor and the data file")
        }
        Some(Excess::Text) => {
            let allowed = Size(limits.descriptor_bytes);
            let what = format!("the descriptor grows by aliases beyond limits.max_descriptor ({allowed})");
            Error::refused(what).remedy("write every name and type out")
        }
        None => {
            let why = shortened(&error, MAX_QUOTED_CHARS);
            Error::refused(format!("the descriptor is not a list of columns: {why}")).remedy(FORM)
        }
    })
}

/// Whether more brackets are open at one place than any list of columns has. The YAML reader looks at all of them with each
/// word, and takes minutes for a megabyte of them.
fn nests_deeply(text: &str) -> bool {
    let mut open = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > MAX_DEPTH
    })
}

/// Reads the list and watches what it grows to: ten bytes of YAML can repeat a column of megabytes.
struct ColumnList<'l> {
    limits: &'l Limits,
    excess: &'l Cell<Option<Excess>>,
}

/// Why a list was not read to its end.
#[derive(Clone, Copy)]
enum Excess {
    Columns,
    Text,
}

impl<'de> DeserializeSeed<'de> for ColumnList<'_> {
    type Value = Vec<SourceColumn>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ColumnList<'_> {
    type Value = Vec<SourceColumn>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut columns: Vec<SourceColumn> = Vec::new();
        let mut bytes = 0;
        while let Some(column) = list.next_element::<SourceColumn>()? {
            bytes += (column.name.len() + column.source_type.len()) as u64;
            let excess = match (columns.len() == self.limits.columns, bytes > self.limits.descriptor_bytes) {
                (true, _) => Excess::Columns,
                (_, true) => Excess::Text,
                _ => {
                    columns.push(column);
                    continue;
                }
            };
            self.excess.set(Some(excess));
            return Err(de::Error::custom("too much"));
        }
        Ok(columns)
    }
}

fn check(columns: Vec<SourceColumn>) -> Result<Vec<SourceColumn>> {
    if columns.is_empty() {
        return Err(Error::refused("the descriptor lists no columns").remedy(FORM));
    }
    let mut faults = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let column_name = Some(column.name.clone()).filter(|name| !name.is_empty());
        let place = Place { column: column_name, ..Place::default() };
        if let Some(refusal) = ident::column_refusal(&column.name) {
            faults.push(
                Error::refused(format!("entry {} has {refusal}", index + 1))
                    .at(place)
                    .remedy("rename the column in the descriptor and in the data file's header"),
            );
        } else if columns[..index].iter().any(|earlier| earlier.name == column.name) {
            faults.push(
                Error::refused("the descriptor lists this column twice")
                    .at(place)
                    .remedy("rename or remove one of them"),
            );
        }
    }
    if faults.is_empty() { Ok(columns) } else { Err(Error::many(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str) -> Result<Vec<(String, String)>> {
        let cfg = "{max_columns: 3, max_descriptor: 200}";
        let limits = Limits::resolve(&serde_yaml::from_str(cfg).unwrap()).unwrap();
        parse(text.as_bytes(), Charset::Latin1, &limits)
            .map(|list| list.into_iter().map(|c| (c.name, c.source_type)).collect())
    }

    #[test]
    fn what_is_almost_json_is_read() {
        let expected =
            vec![("id".to_owned(), "Int".to_owned()), ("name".to_owned(), "VarChar(50)".to_owned())];
        for text in [
            r#"[{"column_name":"id","column_type":"Int"},{"column_name":"name","column_type":"VarChar(50)"}]"#,
            "\t[\n\t{\"column_name\": \"id\",\t\"column_type\": \"Int\",},\r\n\t{\"column_name\": \"name\", \
             \"column_type\": \"VarChar(50)\"},\n]\n",
            "\u{FEFF}- {column_name: id, column_type: Int, nullable: true}\n- column_name: name\n  column_type: VarChar(50)\n",
        ] {
            assert_eq!(columns(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn faults() {
        let long = "x".repeat(64);
        for (text, what) in [
            (" \n", "is empty"),
            ("{}", "not a list"),
            ("just words", "not a list"),
            ("[]", "lists no columns"),
            (r#"[{"column_name": "a"}]"#, "column_type"),
            (
                r#"[{"column_name": "a", "column_type": "int"}, {"column_name": "a", "column_type": "int"}]"#,
                "twice",
            ),
            (r#"[{"column_name": "", "column_type": "int"}]"#, "empty name"),
            (&format!(r#"[{{"column_name": "{long}", "column_type": "int"}}]"#), "64 bytes"),
            ("[{", "not a list"),
            (
                &"- {column_name: a, column_type: b}\n".repeat(4),
                "more columns than limits.max_columns allows (3)",
            ),
            (
                &format!(
                    "- {{column_name: &a {long}, column_type: *a}}\n- {{column_name: *a, column_type: *a}}"
                ),
                "grows by aliases beyond limits.max_descriptor (200 B)",
            ),
        ] {
            let error = columns(text).unwrap_err().to_string();
            assert!(error.contains(what), "{text}: {error}");
        }
    }
}
