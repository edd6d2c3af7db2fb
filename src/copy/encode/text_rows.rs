//! Rows in COPY's text format (PostgreSQL documentation, COPY, "Text Format"): fields separated by tabs, `\N` for NULL, and
//! every value in the form that the server's own input function reads. Tables with a column whose type has no encoder get
//! their rows this way.
//!
//! An input function may change a value without a word. So an encoder or the server says first whether the column holds the
//! value as it is written. That also finds most faults before the row is sent.

use super::column::CopyColumn;
use super::escape;
use super::fault::BadValue;
use super::questions::resolver::{AnswerForm, Resolver};
use super::questions::unknown::{Known, UnknownValues};
use super::reading;
use super::rules::null_if::NullIf;
use super::rules::{Doubt, ValueRules};
use super::signs::Marks;
use super::types::Pushed;
use super::value::{Respell, ValueEncoder, has_seconds, is_text, respelling};
use crate::Result;
use crate::copy::input::charset::Charset;
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;
use crate::copy::notices::{Notice, Notices};

/// Writes rows for one table.
#[derive(Debug)]
pub struct TextRows {
    columns: Vec<Column>,
    questions: usize,
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Column {
    type_name: String,
    is_text: bool,
    null_if: NullIf,
    rules: ValueRules,
    values: Values,
}

/// How a column's values are written.
#[derive(Debug)]
enum Values {
    /// The type's input function keeps every value, or refuses it. Some are rewritten, since it does not read them.
    Trusted(Option<Respell>, Vec<u8>),
    /// It may change some, or is not known.
    Watched(Box<Watched>),
}

#[derive(Debug)]
struct Watched {
    unknown: UnknownValues,
    /// The encoder's output, which is not sent.
    field: Vec<u8>,
    /// Whether the server is asked even where its input function keeps every value, or refuses it.
    is_strict: bool,
}

impl TextRows {
    /// Writes values for columns of these types.
    pub fn new(columns: &[CopyColumn]) -> Self {
        let columns = columns.iter().map(Column::new).collect();
        TextRows { columns, questions: 0, scratch: Vec::new() }
    }

    /// Appends one row of as many fields as there are columns.
    ///
    /// # Errors
    /// The number of the column whose value is not valid, and why. `out` then holds a part of the row.
    pub fn push(
        &mut self,
        batch: &[u8],
        fields: &[FieldSpan],
        format: &Format,
        marks: &mut Marks,
        notices: &mut Notices,
        out: &mut Vec<u8>,
    ) -> Result<(), (usize, BadValue)> {
        for (index, (field, column)) in fields.iter().zip(&mut self.columns).enumerate() {
            if index > 0 {
                out.push(b'\t');
            }
            if field.is_null(batch, format) {
                out.extend_from_slice(b"\\N");
                continue;
            }
            if column.is_text && marks.is_escaped(batch, field, format) {
                notices.add(Notice::Escape, index);
            }
            let (value, is_usual) = field.value_and_form(batch, format, &mut self.scratch);
            let is_odd = !is_usual || marks.may_be_in(field);
            let sign =
                if is_odd { reading::sign(batch, field, is_usual, column.is_text, format) } else { None };
            let value = column.rules.trimmed(value);
            if column.rules.null_if.matches(value, format.charset) {
                out.extend_from_slice(b"\\N");
                continue;
            }
            if column.null_if.matches(value, format.charset) {
                out.extend_from_slice(b"\\N");
                if column.null_if.is_preset {
                    notices.add(Notice::Nulled, index);
                }
                continue;
            }
            let notice = reading::notice(&column.type_name, value, format);
            for notice in sign.into_iter().chain(notice) {
                notices.add(notice, index);
            }
            let start = out.len();
            match column.values.push(out, value, format) {
                Ok(Pushed::AsWritten) => {}
                Ok(Pushed::Cut) => notices.add(Notice::Cut, index),
                Ok(Pushed::Unknown) => self.questions += 1,
                Err(fault) if column.rules.bad_is_null => {
                    out.truncate(start);
                    out.extend_from_slice(b"\\N");
                    notices.replace(index, BadValue::shown(value, format.charset), fault.to_string());
                }
                Err(fault) => return Err((index, fault)),
            }
        }
        out.push(b'\n');
        Ok(())
    }

    /// Whether rows were written with values about which the server is to be asked first.
    pub fn has_questions(&self) -> bool {
        self.questions > 0
    }

    /// Asks the server about those values. Their rows are to be written again.
    ///
    /// # Errors
    /// A lost connection. What the server says against a value is an error when its row is written again.
    pub fn ask(&mut self, resolver: &mut Resolver<'_>) -> Result<()> {
        for column in &mut self.columns {
            if let Values::Watched(watched) = &mut column.values {
                watched.unknown.ask(resolver)?;
            }
        }
        self.questions = 0;
        Ok(())
    }

    /// Forgets answers where they are too many. Not to be called while there are questions.
    pub fn forget_answers(&mut self) {
        for column in &mut self.columns {
            if let Values::Watched(watched) = &mut column.values {
                watched.unknown.forget();
            }
        }
    }
}

impl Column {
    fn new(column: &CopyColumn) -> Self {
        Column {
            type_name: column.type_name.clone(),
            is_text: is_text(&column.type_name),
            null_if: column.null_if.clone(),
            rules: column.rules.clone(),
            values: Values::of(column),
        }
    }
}

impl Values {
    fn of(column: &CopyColumn) -> Self {
        let type_name = &column.type_name;
        // The server says of each value whether it is bad: a row that it refuses cannot be loaded without that value.
        if column.rules.bad_is_null && !has_certain_encoder(column) {
            // A document of JSON would be taken for a text of JSON by the other question.
            let form = if column.has_encoder() { AnswerForm::Binary } else { AnswerForm::Text };
            let unknown = UnknownValues::new(column, ValueEncoder::Asked, form);
            return Values::Watched(Box::new(Watched { unknown, field: Vec::new(), is_strict: true }));
        }
        let (encoder, form) = match (ValueEncoder::for_type(type_name), respelling(type_name)) {
            (_, Some(respell)) if !has_seconds(type_name) => {
                return Values::Trusted(Some(respell), Vec::new());
            }
            (Some(ValueEncoder::Text(None) | ValueEncoder::Jsonb), _) => {
                return Values::Trusted(None, Vec::new());
            }
            (Some(encoder), _) => (encoder, AnswerForm::Binary),
            (None, _) => (ValueEncoder::Asked, AnswerForm::Verdict),
        };
        let unknown = UnknownValues::new(column, encoder, form);
        Values::Watched(Box::new(Watched { unknown, field: Vec::new(), is_strict: false }))
    }

    fn push(&mut self, out: &mut Vec<u8>, value: &[u8], format: &Format) -> Result<Pushed, BadValue> {
        let charset = format.charset;
        let watched = match self {
            Values::Trusted(respell, respelled) => {
                respelled.clear();
                let is_respelled = respell.is_some_and(|respell| respell(value, respelled));
                let value = if is_respelled { respelled } else { value };
                return escape::push(out, value, charset).map(|()| Pushed::AsWritten);
            }
            Values::Watched(watched) => watched,
        };
        let Watched { unknown, field, is_strict } = &mut **watched;
        field.clear();
        let is_trusted =
            !*is_strict && matches!(unknown.encoder, ValueEncoder::Asked) && unknown.are_trusted();
        if is_trusted || unknown.encoder.push(field, value, charset)? == Pushed::AsWritten {
            return escape::push(out, value, charset).map(|()| Pushed::AsWritten);
        }
        let spelled = unknown.spelled(value, charset)?;
        escape::push(out, spelled.text.as_bytes(), Charset::Utf8)?;
        field.clear();
        Ok(match unknown.known(field, &spelled, format.date_order)? {
            Known::Open => Pushed::Unknown,
            Known::Pushed | Known::Given(_) if spelled.is_cut => Pushed::Cut,
            Known::Pushed | Known::Given(_) => Pushed::AsWritten,
        })
    }
}

/// Whether the type has an encoder that finds every value which the server would refuse, or change.
fn has_certain_encoder(column: &CopyColumn) -> bool {
    // How many bytes hexadecimal digits make is for the server to say.
    column.has_encoder()
        && column.type_name != "bytea"
        && column.rules.doubt(&column.type_name) == Doubt::None
}
