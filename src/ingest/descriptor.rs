//! Descriptors: the list of a table's columns and their types in the source database.

use crate::copy::charset::Charset;
use crate::pg::ident;
use crate::{Error, Place, Result};
use serde::Deserialize;

/// A descriptor larger than this is not one (bytes): PostgreSQL allows 1600 columns.
pub const MAX_DESCRIPTOR_BYTES: u64 = 4 << 20;

/// What helps when a descriptor has another form.
const FORM: &str = "it must be a list of {\"column_name\": …, \"column_type\": …}";

/// One column of a descriptor. Other keys of an entry are left alone: exports add what they know.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(expecting = "the name and type of a column")]
pub struct DescriptorColumn {
    /// The column's name, as the data file's header spells it.
    #[serde(rename = "column_name")]
    pub name: String,
    /// Its type in the source database.
    #[serde(rename = "column_type")]
    pub source_type: String,
}

/// Reads a descriptor. It should be JSON, but descriptors in the wild have trailing commas and the like, so what
/// is no JSON is read as YAML, which takes them.
///
/// # Errors
/// An empty file, anything but a list of columns, a column without name or type, or one that stands twice; all
/// such faults at once.
pub fn parse(bytes: &[u8], charset: Charset) -> Result<Vec<DescriptorColumn>> {
    let text = match std::str::from_utf8(bytes) {
        // No JSON or YAML holds a NUL, but plain letters in UTF-16 do.
        Ok(text) if !text.contains('\0') => text.into(),
        _ => charset.decode_file(bytes).ok_or_else(|| {
            let what = match charset {
                Charset::Utf8 => "the descriptor is not valid UTF-8".to_owned(),
                other => format!("the descriptor is neither valid UTF-8 nor valid {}", other.name()),
            };
            Error::refused(what).remedy("set xport_cfg.encoding to the encoding of the dumps")
        })?,
    };
    // The YAML reader refuses a tab before the list.
    let text = text.trim_start_matches('\u{FEFF}').trim();
    if text.is_empty() {
        return Err(Error::refused("the descriptor is empty").remedy(FORM));
    }
    let columns = match serde_json::from_str::<Vec<DescriptorColumn>>(text) {
        Ok(columns) => columns,
        Err(_) => serde_yaml::from_str::<Vec<DescriptorColumn>>(text).map_err(|error| {
            Error::refused(format!("the descriptor is not a list of columns: {error}")).remedy(FORM)
        })?,
    };
    check(columns)
}

fn check(columns: Vec<DescriptorColumn>) -> Result<Vec<DescriptorColumn>> {
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
        parse(text.as_bytes(), Charset::Latin1)
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
        ] {
            let error = columns(text).unwrap_err().to_string();
            assert!(error.contains(what), "{text}: {error}");
        }
    }
}
