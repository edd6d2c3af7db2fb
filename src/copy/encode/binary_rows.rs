//! Rows in COPY's binary format. The server answers for values whose form the encoders do not know.

use super::binary::{begin_row, push_bytes, push_null, push_part};
use super::column::CopyColumn;
use super::fault::{BadValue, text_of};
use super::notices::{Notice, Notices};
use super::null_if::NullIf;
use super::reading;
use super::resolve::{AnswerForm, Resolved, Resolver};
use super::signs;
use super::value::{Respell, ValueEncoder, has_days, is_text, respelling};
use crate::Result;
use crate::copy::encode::types::styles;
use crate::copy::input::charset::Charset;
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;
use std::collections::HashMap;

/// Answers that a column keeps; if there are more, all are forgotten before the next batch. A column of so many different
/// unknown values gains nothing from keeping them.
const KEPT_ANSWERS: usize = 20_000;

/// Writes rows for one table.
#[derive(Debug)]
pub struct BinaryRows {
    columns: Vec<Column>,
    fields: i16,
    questions: usize,
    scratch: Vec<u8>,
}

/// A column, and the server's answers for its values so far.
#[derive(Debug)]
struct Column {
    type_name: String,
    /// What is tried first: `Asked` where each value has to be looked at before.
    encoder: ValueEncoder,
    /// The encoder for values that were looked at, or rewritten.
    second: ValueEncoder,
    null_if: NullIf,
    respell: Option<Respell>,
    has_days: bool,
    is_text: bool,
    rewritten: [Vec<u8>; 2],
    answer_form: AnswerForm,
    answers: HashMap<Box<str>, Answer>,
}

/// What the server makes of a value.
#[derive(Debug)]
enum Answer {
    /// The server was not asked yet.
    Open,
    /// The field, or what the server says against the value.
    Given(Resolved),
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
        notices: &mut Notices,
        out: &mut Vec<u8>,
    ) -> Result<(), (usize, BadValue)> {
        begin_row(out, self.fields);
        for (index, (field, column)) in fields.iter().zip(&mut self.columns).enumerate() {
            if field.is_null(batch, format) {
                push_null(out);
                continue;
            }
            if notices.may_have_escapes && column.is_text && signs::is_escaped(field.raw(batch), format) {
                notices.add(Notice::Escape, index);
            }
            if column.encoder.is_as_it_stands(field) {
                push_part(out, batch, field.start, field.end);
                continue;
            }
            let (value, is_usual) = field.value_and_form(batch, format.quote, &mut self.scratch);
            if !(is_usual && field.plain)
                && let Some(notice) = reading::sign(batch, field, is_usual, column.is_text, format)
            {
                notices.add(notice, index);
            }
            match column.encoder.push(out, value, format.charset) {
                Ok(true) => {}
                Ok(false) => {
                    let asked = column
                        .push_unknown(out, value, format, &mut |notice| notices.add(notice, index))
                        .map_err(|fault| (index, fault))?;
                    self.questions += usize::from(asked);
                }
                Err(fault) => return Err((index, fault)),
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
            let open: Vec<Box<str>> = column
                .answers
                .iter()
                .filter(|(_, answer)| matches!(answer, Answer::Open))
                .map(|(value, _)| value.clone())
                .collect();
            if open.is_empty() {
                continue;
            }
            let values: Vec<&str> = open.iter().map(|value| &**value).collect();
            let answers = resolver.resolve(&column.type_name, column.answer_form, &values)?;
            for (value, answer) in open.into_iter().zip(answers) {
                column.answers.insert(value, Answer::Given(answer));
            }
        }
        self.questions = 0;
        Ok(())
    }

    /// Forgets answers where they are too many. Not to be called while there are questions.
    pub fn forget_answers(&mut self) {
        for column in &mut self.columns {
            if column.answers.len() > KEPT_ANSWERS {
                column.answers.clear();
            }
        }
    }
}

impl Column {
    fn new(column: &CopyColumn, encoder: ValueEncoder, answer_form: AnswerForm) -> Self {
        let null_if = column.null_if.clone();
        let knows = |value: &[u8]| !matches!(encoder.push(&mut Vec::new(), value, Charset::Utf8), Ok(false));
        Column {
            type_name: column.type_name.clone(),
            encoder: if null_if.may_match_known(knows) { ValueEncoder::Asked } else { encoder },
            second: encoder,
            null_if,
            respell: respelling(&column.type_name),
            has_days: has_days(&column.type_name),
            is_text: is_text(&column.type_name),
            rewritten: [Vec::new(), Vec::new()],
            answer_form,
            answers: HashMap::new(),
        }
    }

    /// Appends a value that the encoder does not know, or that was to be looked at first: NULL, what the encoder makes of it
    /// in another form, or the server's answer. True if it is a question, and NULL stands in its place.
    fn push_unknown(
        &mut self,
        out: &mut Vec<u8>,
        value: &[u8],
        format: &Format,
        note: &mut dyn FnMut(Notice),
    ) -> Result<bool, BadValue> {
        if self.null_if.matches(value) {
            note(Notice::Nulled);
            push_null(out);
            return Ok(false);
        }
        if !self.null_if.is_empty() && self.second.push(out, value, format.charset)? {
            return Ok(false);
        }
        let [respelled, ordered] = &mut self.rewritten;
        respelled.clear();
        let is_respelled = self.respell.is_some_and(|respell| respell(value, respelled));
        let text = if is_respelled { respelled.as_slice() } else { value };
        if is_respelled && self.second.push(out, text, format.charset)? {
            return Ok(false);
        }
        if let (true, Some(order)) = (self.has_days, format.date_order) {
            ordered.clear();
            if styles::with_iso_day(text, order, ordered) && self.second.push(out, ordered, format.charset)? {
                return Ok(false);
            }
        }
        if let Some(notice) = reading::notice(&self.type_name, value, format) {
            note(notice);
        }
        let text = text_of(text, format.charset)?.into_owned();
        self.push_answer(out, &text)
    }

    /// Appends the server's answer for a value; true if it is a question, and NULL stands in its place.
    #[cold]
    fn push_answer(&mut self, out: &mut Vec<u8>, text: &str) -> Result<bool, BadValue> {
        match self.answers.get(text) {
            Some(Answer::Given(Ok(field))) => push_bytes(out, field),
            Some(Answer::Given(Err(what))) => return Err(BadValue::Refused(what.clone())),
            asked => {
                if asked.is_none() {
                    self.answers.insert(text.into(), Answer::Open);
                }
                push_null(out);
                return Ok(true);
            }
        }
        Ok(false)
    }
}
