//! Rows in COPY's binary format. The server answers for values whose form the encoders do not know.

use super::binary::{begin_row, push_bytes, push_null};
use super::column::CopyColumn;
use super::fault::BadValue;
use super::questions::resolver::{AnswerForm, Resolver};
use super::questions::unknown::{Known, UnknownValues};
use super::reading;
use super::rules::null_if::NullIf;
use super::rules::{Doubt, ValueRules};
use super::signs::Marks;
use super::types::Pushed;
use super::value::{ValueEncoder, is_text};
use crate::Result;
use crate::copy::input::charset::Charset;
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;
use crate::copy::notices::{Notice, Notices};

/// Writes rows for one table.
#[derive(Debug)]
pub struct BinaryRows {
    columns: Vec<Column>,
    fields: i16,
    questions: usize,
    scratch: Vec<u8>,
}

#[derive(Debug)]
struct Column {
    /// What is tried first: `Asked` where each value has to be looked at before.
    encoder: ValueEncoder,
    is_text: bool,
    null_if: NullIf,
    rules: ValueRules,
    /// Whether a value that comes to [`Column::push_unknown`] is one for the encoder, by a rule.
    is_ruled: bool,
    doubt: Doubt,
    type_name: String,
    unknown: UnknownValues,
}

impl BinaryRows {
    /// Chooses an encoder for each column; `None` if a column has none.
    pub fn new(columns: &[CopyColumn]) -> Option<Self> {
        let column = |column: &CopyColumn| {
            let encoder = ValueEncoder::for_type(&column.type_name)?;
            Some(Column::new(column, encoder, AnswerForm::Binary))
        };
        Some(BinaryRows::of(columns.iter().map(column).collect::<Option<_>>()?))
    }

    /// Asks the server about every value of the columns that are `asked` about, and of those whose type has no encoder.
    /// Values of the latter come as text, since not every type has a binary form.
    pub fn asking(columns: &[CopyColumn], asked: impl Fn(&CopyColumn) -> bool) -> Self {
        let column = |column: &CopyColumn| match ValueEncoder::for_type(&column.type_name) {
            None => Column::new(column, ValueEncoder::Asked, AnswerForm::Text),
            Some(_) if asked(column) => Column::new(column, ValueEncoder::Asked, AnswerForm::Binary),
            Some(encoder) => Column::new(column, encoder, AnswerForm::Binary),
        };
        BinaryRows::of(columns.iter().map(column).collect())
    }

    fn of(columns: Vec<Column>) -> Self {
        // A table has at most 1,600 columns.
        let fields = columns.len() as i16;
        BinaryRows { columns, fields, questions: 0, scratch: Vec::new() }
    }

    /// Appends one row of as many fields as columns. A value that no encoder knows, and that the server was not asked about,
    /// becomes a question; NULL stands in its place.
    ///
    /// # Errors
    /// The number of the column whose value is not valid, and why. `out` then holds a part of the row.
    #[inline]
    pub fn push(
        &mut self,
        batch: &[u8],
        fields: &[FieldSpan],
        format: &Format,
        marks: &mut Marks,
        notices: &mut Notices,
        out: &mut Vec<u8>,
    ) -> Result<(), (usize, BadValue)> {
        begin_row(out, self.fields);
        for (index, (field, column)) in fields.iter().zip(&mut self.columns).enumerate() {
            if field.is_null(batch, format) {
                push_null(out);
                continue;
            }
            if column.is_text && marks.is_escaped(batch, field, format) {
                notices.add(Notice::Escape, index);
            }
            let pushed = match field.is_bare() {
                true => column.encoder.push_bare(out, batch, field),
                false => None,
            };
            let pushed = match pushed {
                Some(pushed) => pushed,
                None => {
                    let (value, is_usual) = field.value_and_form(batch, format, &mut self.scratch);
                    if (!is_usual || marks.may_be_in(field))
                        && let Some(notice) = reading::sign(batch, field, is_usual, column.is_text, format)
                    {
                        notices.add(notice, index);
                    }
                    column.push(out, value, format, index, notices).map_err(|fault| (index, fault))?
                }
            };
            match pushed {
                Pushed::AsWritten => {}
                Pushed::Cut => notices.add(Notice::Cut, index),
                Pushed::Unknown => self.questions += 1,
            }
        }
        Ok(())
    }

    /// Whether rows were written with NULL in place of a question.
    pub fn has_questions(&self) -> bool {
        self.questions > 0
    }

    /// Asks the server about the values that no encoder knew. Rows with them are to be written again.
    ///
    /// # Errors
    /// A lost connection. What the server says against a value is an error when its row is written again.
    pub fn ask(&mut self, resolver: &mut Resolver<'_>) -> Result<()> {
        for column in &mut self.columns {
            column.unknown.ask(resolver)?;
        }
        self.questions = 0;
        Ok(())
    }

    /// Forgets answers where they are too many. Not to be called while there are questions.
    pub fn forget_answers(&mut self) {
        for column in &mut self.columns {
            column.unknown.forget();
        }
    }
}

impl Column {
    fn new(column: &CopyColumn, encoder: ValueEncoder, form: AnswerForm) -> Self {
        let CopyColumn { null_if, rules, type_name, .. } = column.clone();
        let knows = |value: &[u8]| {
            encoder.push(&mut Vec::new(), value, Charset::Utf8).is_ok_and(|pushed| pushed != Pushed::Unknown)
        };
        let is_looked_at = null_if.may_match_known(knows) || rules.concern_known(&type_name, encoder, knows);
        Column {
            encoder: if is_looked_at { ValueEncoder::Asked } else { encoder },
            is_text: is_text(&column.type_name),
            is_ruled: is_looked_at || !null_if.is_empty() || rules.trim,
            doubt: rules.doubt(&type_name),
            null_if,
            rules,
            type_name: column.type_name.clone(),
            unknown: UnknownValues::new(column, encoder, form),
        }
    }

    /// Appends any value. An unknown one is a question, and NULL stands in its place. So it does in the place of one that the
    /// column cannot hold, by a rule.
    #[inline(never)] // so that the way of most fields stays short
    fn push(
        &mut self,
        out: &mut Vec<u8>,
        value: &[u8],
        format: &Format,
        index: usize,
        notices: &mut Notices,
    ) -> Result<Pushed, BadValue> {
        let start = out.len();
        let pushed = match self.encoder.push(out, value, format.charset) {
            Ok(Pushed::Unknown) => {
                self.push_unknown(out, value, format, &mut |notice| notices.add(notice, index))
            }
            pushed => pushed,
        };
        pushed.or_else(|fault| match self.rules.bad_is_null {
            true => {
                out.truncate(start);
                push_null(out);
                notices.replace(index, BadValue::shown(value, format.charset), fault.to_string());
                Ok(Pushed::AsWritten)
            }
            false => Err(fault),
        })
    }

    /// Appends a value that the encoder does not know, or that is to be looked at first: NULL where that is what it stands for,
    /// or the server's answer. An unknown one is a question, and NULL stands in its place.
    #[cold]
    fn push_unknown(
        &mut self,
        out: &mut Vec<u8>,
        value: &[u8],
        format: &Format,
        note: &mut dyn FnMut(Notice),
    ) -> Result<Pushed, BadValue> {
        let value = self.rules.trimmed(value);
        if self.rules.null_if.matches(value, format.charset) {
            push_null(out);
            return Ok(Pushed::AsWritten);
        }
        if self.null_if.matches(value, format.charset) {
            push_null(out);
            if self.null_if.is_preset {
                note(Notice::Nulled);
            }
            return Ok(Pushed::AsWritten);
        }
        if self.is_ruled {
            let pushed = match self.doubt.spares(value) {
                true => self.unknown.encoder.push(out, value, format.charset)?,
                false => Pushed::Unknown,
            };
            if pushed != Pushed::Unknown {
                return Ok(pushed);
            }
        }
        if let Some(notice) = reading::notice(&self.type_name, value, format) {
            note(notice);
        }
        let spelled = self.unknown.spelled(value, format.charset)?;
        match self.unknown.known(out, &spelled, format.date_order)? {
            Known::Pushed => {}
            Known::Given(field) => push_bytes(out, field),
            Known::Open => {
                push_null(out);
                return Ok(Pushed::Unknown);
            }
        }
        Ok(if spelled.is_cut { Pushed::Cut } else { Pushed::AsWritten })
    }
}
