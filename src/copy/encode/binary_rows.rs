//! Rows in COPY's binary format, with what the encoders do not know left to the server.

use super::binary::{begin_row, push_bytes, push_null, push_part};
use super::column::CopyColumn;
use super::fault::{BadValue, text_of};
use super::resolve::{AnswerForm, Resolved, Resolver};
use super::value::{ValueEncoder, respelling};
use crate::Result;
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::Format;
use std::collections::HashMap;

/// Answers that a column keeps; more are forgotten before the next batch. A column of so many different values that no
/// encoder knows gains nothing from keeping them.
const KEPT_ANSWERS: usize = 20_000;

/// Writes rows for one table.
#[derive(Debug)]
pub struct BinaryRows {
    columns: Vec<Column>,
    fields: i16,
    questions: usize,
    scratch: Vec<u8>,
}

/// A column, and what the server has said about its values so far.
#[derive(Debug)]
struct Column {
    type_name: String,
    encoder: ValueEncoder,
    answer_form: AnswerForm,
    answers: HashMap<Box<str>, Answer>,
}

/// What the server says of a value.
#[derive(Debug)]
enum Answer {
    /// It was not asked yet.
    Open,
    /// The field, or what is wrong.
    Given(Resolved),
}

impl BinaryRows {
    /// Chooses an encoder for each column; none if there is one without.
    pub fn new(columns: &[CopyColumn]) -> Option<Self> {
        let column = |column: &CopyColumn| {
            let encoder = ValueEncoder::for_type(&column.type_name)?;
            Some(Column::new(column, encoder, AnswerForm::Binary))
        };
        Some(BinaryRows::of(columns.iter().map(column).collect::<Option<_>>()?))
    }

    /// The server is asked about every value of the columns that are `asked` about, and of those whose type has no encoder:
    /// what a text is of such a type comes as text, since not every type has a binary form.
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

    /// Appends one row of as many fields as there are columns. Where no encoder knows a value, and the server was not
    /// asked yet, NULL stands in its place, and there is a question.
    ///
    /// # Errors
    /// The number of the column whose value is not valid, and why. `out` then holds a part of the row.
    #[inline]
    pub fn push(
        &mut self,
        batch: &[u8],
        fields: &[FieldSpan],
        format: &Format,
        out: &mut Vec<u8>,
    ) -> Result<(), (usize, BadValue)> {
        begin_row(out, self.fields);
        for (index, (field, column)) in fields.iter().zip(&mut self.columns).enumerate() {
            if field.is_null(batch, format) {
                push_null(out);
                continue;
            }
            if column.encoder.is_as_it_stands(field) {
                push_part(out, batch, field.start, field.end);
                continue;
            }
            let value = field.value(batch, format.quote, &mut self.scratch);
            match column.encoder.push(out, value, format.charset) {
                Ok(true) => {}
                Ok(false) => {
                    let asked = column.push_answer(out, value, format).map_err(|fault| (index, fault))?;
                    self.questions += usize::from(asked);
                }
                Err(fault) => return Err((index, fault)),
            }
        }
        Ok(())
    }

    /// Whether rows were written that are to be written again, after the questions were asked.
    pub fn has_questions(&self) -> bool {
        self.questions > 0
    }

    /// Asks the server what it makes of the values that no encoder knew.
    ///
    /// # Errors
    /// A lost connection. What the server says against a value comes up where the value is written again.
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

    /// Forgets answers where there are too many; not while there are questions.
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
        Column { type_name: column.type_name.clone(), encoder, answer_form, answers: HashMap::new() }
    }

    /// Appends what the server has said about a value; true if it is to be asked, and NULL stands here.
    #[cold]
    fn push_answer(&mut self, out: &mut Vec<u8>, value: &[u8], format: &Format) -> Result<bool, BadValue> {
        let mut text = text_of(value, format.charset)?;
        if let Some((start, rest)) = respelling(&self.type_name).and_then(|respell| respell(text.as_bytes()))
        {
            text = format!("{start}{}", String::from_utf8_lossy(rest)).into();
        }
        match self.answers.get(&*text) {
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
