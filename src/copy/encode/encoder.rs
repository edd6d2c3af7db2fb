//! The encoder of one table's rows: binary if every column's type has an encoder, else text.

use super::binary;
use super::binary_rows::BinaryRows;
use super::column::CopyColumn;
use super::fault::ValueFault;
use super::questions::resolver::Resolver;
use super::reading;
use super::signs::Marks;
use super::text_rows::TextRows;
use crate::Result;
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;
use crate::copy::notices::Notices;
use crate::error::{Hint, shortened};

/// How much of a refused value a hint has, characters.
const SHOWN_CHARS: usize = 100;

/// The form that rows are sent in (PostgreSQL documentation, COPY, "File Formats").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// Text, which the types' input functions read.
    Text,
    /// Binary, with its header and trailer; see [`super::binary`].
    Binary,
}

/// Encodes rows for one table.
#[derive(Debug)]
pub struct Encoder {
    format: Format,
    columns: Vec<CopyColumn>,
    writer: RowWriter,
    /// Where the batch may hold what is to be noted.
    marks: Marks,
    /// What was noted about the rows of the batch so far.
    pub notices: Notices,
}

#[derive(Debug)]
enum RowWriter {
    Text(TextRows),
    Binary(BinaryRows),
}

impl Encoder {
    /// Chooses an encoder for each column.
    pub fn new(columns: Vec<CopyColumn>, format: Format) -> Self {
        let writer = match BinaryRows::new(&columns) {
            Some(binary) => RowWriter::Binary(binary),
            None => RowWriter::Text(TextRows::new(&columns)),
        };
        Encoder::of(columns, format, writer)
    }

    /// Encodes every column as text, for comparisons.
    pub fn text_only(columns: Vec<CopyColumn>, format: Format) -> Self {
        let writer = RowWriter::Text(TextRows::new(&columns));
        Encoder::of(columns, format, writer)
    }

    /// Encodes binary rows, for comparisons: asks the server about every value of the columns that are `asked` about, and of
    /// those whose type has no encoder. The latter then hold the value's text.
    pub fn asking(columns: Vec<CopyColumn>, format: Format, asked: impl Fn(&CopyColumn) -> bool) -> Self {
        let writer = RowWriter::Binary(BinaryRows::asking(&columns, asked));
        Encoder::of(columns, format, writer)
    }

    fn of(columns: Vec<CopyColumn>, format: Format, writer: RowWriter) -> Self {
        Encoder { format, columns, writer, marks: Marks::NONE, notices: Notices::default() }
    }

    /// The form of the rows.
    pub fn row_format(&self) -> RowFormat {
        match self.writer {
            RowWriter::Text(_) => RowFormat::Text,
            RowWriter::Binary(_) => RowFormat::Binary,
        }
    }

    /// The bytes before the first row.
    pub fn header(&self) -> &'static [u8] {
        match self.writer {
            RowWriter::Text(_) => &[],
            RowWriter::Binary(_) => &binary::HEADER,
        }
    }

    /// The bytes behind the last row.
    pub fn trailer(&self) -> &'static [u8] {
        match self.writer {
            RowWriter::Text(_) => &[],
            RowWriter::Binary(_) => &binary::TRAILER,
        }
    }

    /// The columns, in the order of the rows.
    pub fn columns(&self) -> &[CopyColumn] {
        &self.columns
    }

    /// The format of the rows before they are encoded.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// Prepares for the rows of a batch, in their order. Where they are encoded once more, it is called once more.
    pub fn begin(&mut self, batch: &[u8]) {
        self.notices.clear();
        self.marks = Marks::of(batch, &self.format);
    }

    /// Appends one row to `out`; on a fault, `out` is as it was.
    ///
    /// # Errors
    /// Too few or too many fields; a [`super::fault::BadValue`].
    #[inline]
    pub fn push_row(
        &mut self,
        batch: &[u8],
        fields: &[FieldSpan],
        out: &mut Vec<u8>,
    ) -> Result<(), ValueFault> {
        let fields = match fields.len() == self.columns.len() {
            true => fields,
            false => self.without_trailing(fields).ok_or_else(|| self.wrong_count(batch, fields))?,
        };
        let row_start = out.len();
        let pushed = match &mut self.writer {
            RowWriter::Text(rows) => {
                rows.push(batch, fields, &self.format, &mut self.marks, &mut self.notices, out)
            }
            RowWriter::Binary(rows) => {
                rows.push(batch, fields, &self.format, &mut self.marks, &mut self.notices, out)
            }
        };
        pushed.map_err(|(index, fault)| {
            out.truncate(row_start);
            let mut scratch = Vec::new();
            let value = fields[index].value(batch, &self.format, &mut scratch);
            let column = &self.columns[index];
            let shown = shortened(&self.format.charset.decode(value).unwrap_or_default(), SHOWN_CHARS);
            let hint = match fault.hint(shown) {
                // All types but texts refuse an empty field.
                _ if value.is_empty() => Some(Hint::NullMarker),
                Some(hint @ Hint::Value(_)) => {
                    Some(reading::hint(column, value, &self.format).unwrap_or(hint))
                }
                hint => hint,
            };
            ValueFault { column: Some(column.name.clone()), what: fault.to_string(), hint }
        })
    }

    /// Whether rows hold values that the server was not asked about yet. Such rows are to be encoded again, after
    /// [`Encoder::ask`].
    pub fn has_questions(&self) -> bool {
        match &self.writer {
            RowWriter::Text(rows) => rows.has_questions(),
            RowWriter::Binary(rows) => rows.has_questions(),
        }
    }

    /// Asks the server about all values that no encoder knew.
    ///
    /// # Errors
    /// A lost connection. What the server says against a value is a fault when its row is encoded again.
    pub fn ask(&mut self, resolver: &mut Resolver<'_>) -> Result<()> {
        match &mut self.writer {
            RowWriter::Text(rows) => rows.ask(resolver),
            RowWriter::Binary(rows) => rows.ask(resolver),
        }
    }

    /// Bounds the memory for the server's answers. To be called between batches.
    pub fn forget_answers(&mut self) {
        match &mut self.writer {
            RowWriter::Text(rows) => rows.forget_answers(),
            RowWriter::Binary(rows) => rows.forget_answers(),
        }
    }

    /// The fields without an empty one that only a separator at the end of the row makes.
    #[cold]
    fn without_trailing<'f>(&self, fields: &'f [FieldSpan]) -> Option<&'f [FieldSpan]> {
        let (last, others) = fields.split_last()?;
        let is_trailing = self.format.trailing_separator && last.start == last.end;
        (is_trailing && others.len() == self.columns.len()).then_some(others)
    }

    fn wrong_count(&self, batch: &[u8], fields: &[FieldSpan]) -> ValueFault {
        let (found, expected) = (fields.len(), self.columns.len());
        let names = if self.format.has_header { "the header names" } else { "the descriptor lists" };
        let is_empty = |field: &FieldSpan| field.start == field.end;
        let before_last = fields.split_last().map_or(&[][..], |(_, before)| before);
        let ends_escaped = |field: &FieldSpan| field.raw(batch).ends_with(b"\\");
        let mut hint = None;
        let what = match self.columns.get(found) {
            Some(missing) => format!(
                "row has {found} {}, {names} {expected}: {}nothing for column {}",
                if found == 1 { "field" } else { "fields" },
                if found == 1 && fields.iter().all(is_empty) { "the line is empty, " } else { "" },
                missing.name
            ),
            None if self.format.escape.is_none() && before_last.iter().any(ends_escaped) => format!(
                "row has {found} fields, {names} {expected}; a backslash before a separator does not escape it"
            ),
            None => {
                if found == expected + 1 && fields.last().is_some_and(is_empty) {
                    hint = Some(Hint::TrailingSeparator);
                }
                format!("row has {found} fields, {names} {expected}")
            }
        };
        ValueFault { column: None, what, hint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::input::batch::{Batch, Origin};
    use crate::copy::input::format::LineEnd;
    use crate::copy::input::rows::Rows;

    fn encode(types: &[&str], row: &[u8], encoding: &str) -> Result<Vec<u8>, ValueFault> {
        let format = Format::new("|", "`", "NULL", encoding).unwrap();
        let columns = types.iter().enumerate().map(|(i, t)| CopyColumn::new(format!("c{i}"), *t)).collect();
        let mut encoder = Encoder::text_only(columns, format.clone());
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
        let escaped = encode(&["text"], b"a\\|b", "latin_1").unwrap_err();
        assert!(
            escaped.what.ends_with("the header names 1; a backslash before a separator does not escape it")
        );
    }
}
