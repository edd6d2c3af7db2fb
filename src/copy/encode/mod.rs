//! From the fields of a data file to a row of `COPY` data: one choice per column, made before the first row.
//!
//! Rows go out in COPY's text format (PostgreSQL documentation, COPY, "Text Format"): fields separated by tabs,
//! `\N` for NULL, and every value in the form that the server's own input function reads.

pub mod binary_bytea;
pub mod boolean;
mod bytea;
pub mod character;
pub mod date;
mod digits;
pub mod float;
pub mod inet;
pub mod integer;
pub mod numeric;
mod text;
pub mod time;
pub mod timestamp;
pub mod uuid;

use super::format::Format;
use super::rows::FieldSpan;
use super::sink::RowFormat;

/// The form of this encoder's rows.
pub const ROW_FORMAT: RowFormat = RowFormat::Text;

/// How the values of one column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ValueEncoder {
    /// The value's text; the server's input function decides what it means.
    Text,
    /// `0x…` becomes bytea's hex form; any other text is left to the server.
    Bytea,
}

/// A column of the data file, in the order of its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyColumn {
    /// Its name in the target table.
    pub name: String,
    /// Its type there, as PostgreSQL's `format_type` spells it.
    pub type_name: String,
}

/// What is wrong with a row's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueFault {
    /// The column, where one can be named.
    pub column: Option<String>,
    /// What is wrong.
    pub what: String,
}

/// Encodes rows for one table.
#[derive(Debug)]
pub struct Encoder {
    format: Format,
    columns: Vec<CopyColumn>,
    encoders: Vec<ValueEncoder>,
    scratch: Vec<u8>,
}

impl Encoder {
    /// Chooses an encoder for each column.
    pub fn new(columns: Vec<CopyColumn>, format: Format) -> Self {
        let encoders = columns
            .iter()
            .map(|column| match column.type_name.as_str() {
                "bytea" => ValueEncoder::Bytea,
                _ => ValueEncoder::Text,
            })
            .collect();
        Encoder { format, columns, encoders, scratch: Vec::new() }
    }

    /// The columns, in the order of the rows.
    pub fn columns(&self) -> &[CopyColumn] {
        &self.columns
    }

    /// The format of the rows that are read.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// Appends one row to `out`; on a fault, `out` is as it was.
    ///
    /// # Errors
    /// Too few or too many fields; a value that is not valid in the file's encoding, or that holds a NUL, which
    /// no PostgreSQL text can hold (PostgreSQL documentation, "Character Types").
    pub fn push_row(
        &mut self,
        batch: &[u8],
        fields: &[FieldSpan],
        out: &mut Vec<u8>,
    ) -> Result<(), ValueFault> {
        if fields.len() != self.columns.len() {
            return Err(self.wrong_count(fields.len()));
        }
        let row_start = out.len();
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                out.push(b'\t');
            }
            if field.is_null(batch, &self.format) {
                out.extend_from_slice(b"\\N");
                continue;
            }
            let value = field.value(batch, self.format.quote, &mut self.scratch);
            let pushed = match self.encoders[index] {
                ValueEncoder::Text => text::push(out, value, self.format.charset),
                ValueEncoder::Bytea => bytea::push(out, value, self.format.charset),
            };
            if let Err(what) = pushed {
                out.truncate(row_start);
                return Err(ValueFault { column: Some(self.columns[index].name.clone()), what });
            }
        }
        out.push(b'\n');
        Ok(())
    }

    fn wrong_count(&self, found: usize) -> ValueFault {
        let expected = self.columns.len();
        let what = match self.columns.get(found) {
            Some(missing) => format!(
                "row has {found} {}, the header names {expected}: nothing for column {}",
                if found == 1 { "field" } else { "fields" },
                missing.name
            ),
            None => format!("row has {found} fields, the header names {expected}"),
        };
        ValueFault { column: None, what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::batch::{Batch, Origin};
    use crate::copy::format::LineEnd;
    use crate::copy::rows::Rows;

    fn encode(types: &[&str], row: &[u8], encoding: &str) -> Result<Vec<u8>, ValueFault> {
        let format = Format::new("|", "`", "NULL", encoding).unwrap();
        let columns = types
            .iter()
            .enumerate()
            .map(|(i, t)| CopyColumn { name: format!("c{i}"), type_name: (*t).to_owned() })
            .collect();
        let mut encoder = Encoder::new(columns, format.clone());
        let batch = Batch { origin: Origin { line: 2, offset: 0 }, bytes: row.to_vec() };
        let (mut fields, mut out) = (Vec::new(), b"kept".to_vec());
        Rows::new(&batch, &format, LineEnd::Lf).next_row(&mut fields).unwrap();
        let result = encoder.push_row(&batch.bytes, &fields, &mut out);
        assert!(result.is_ok() || out == b"kept");
        result.map(|()| out.split_off(4))
    }

    #[test]
    fn values_nulls_and_escapes() {
        assert_eq!(
            encode(&["text"; 5], b"a|NULL|`NULL`|`x\ty\n`|c:\\d\xE9", "latin_1").unwrap(),
            "a\t\\N\tNULL\tx\\ty\\n\tc:\\\\dé\n".as_bytes()
        );
    }

    #[test]
    fn hexadecimal_bytes_as_sql_server_writes_them() {
        assert_eq!(encode(&["bytea", "text"], b"0xBEef|0xBEef", "latin_1").unwrap(), b"\\\\xBEef\t0xBEef\n");
        assert_eq!(encode(&["bytea"], b"\\xAB", "latin_1").unwrap(), b"\\\\xAB\n");
    }

    #[test]
    fn faults_name_the_column() {
        let nul = encode(&["text", "text"], b"a|b\0", "latin_1").unwrap_err();
        assert_eq!(nul.column.as_deref(), Some("c1"));
        assert!(nul.what.contains("NUL"), "{nul:?}");
        let bad = encode(&["text"], b"caf\xE9", "utf-8").unwrap_err();
        assert!(bad.what.contains("not valid UTF-8"), "{bad:?}");
        let few = encode(&["text"; 3], b"a|b", "latin_1").unwrap_err();
        assert_eq!(few.what, "row has 2 fields, the header names 3: nothing for column c2");
        let many = encode(&["text"], b"a|b", "latin_1").unwrap_err();
        assert_eq!(many.what, "row has 2 fields, the header names 1");
    }
}
