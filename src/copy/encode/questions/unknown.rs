//! The values of one column that its encoder does not know: rewritten where that makes them known, else put to the server.

use super::answers::{Answer, Answers};
use super::resolver::{AnswerForm, Resolver};
use crate::Result;
use crate::copy::encode::CopyColumn;
use crate::copy::encode::fault::{BadValue, text_of};
use crate::copy::encode::seconds;
use crate::copy::encode::types::{Pushed, styles};
use crate::copy::encode::value::{Respell, ValueEncoder, has_days, has_seconds, respelling};
use crate::copy::input::charset::Charset;
use crate::copy::input::date_order::DateOrder;
use std::borrow::Cow;

/// The unknown values of one column.
#[derive(Debug)]
pub struct UnknownValues {
    /// The column's encoder.
    pub encoder: ValueEncoder,
    has_seconds: bool,
    has_days: bool,
    respell: Option<Respell>,
    answers: Answers,
    /// The last value that was written with its day in ISO's form.
    iso: Vec<u8>,
}

/// A value in the form that the server reads.
#[derive(Debug, PartialEq, Eq)]
pub struct Spelled<'v> {
    /// Its text.
    pub text: Cow<'v, str>,
    /// Whether digits of its seconds are cut off that are not zero.
    pub is_cut: bool,
    /// Whether it is written otherwise than in the data file, but for its digits.
    is_respelled: bool,
}

/// What is known of a value now.
#[derive(Debug, PartialEq, Eq)]
pub enum Known<'a> {
    /// Its field was appended.
    Pushed,
    /// The server has given it in the form that is asked for.
    Given(&'a [u8]),
    /// The server is to be asked first.
    Open,
}

impl UnknownValues {
    /// Of a column with this encoder. The server answers in `form`.
    pub fn new(column: &CopyColumn, encoder: ValueEncoder, form: AnswerForm) -> Self {
        let type_name = &column.type_name;
        UnknownValues {
            encoder,
            has_seconds: ValueEncoder::for_type(type_name).is_some() && has_seconds(type_name),
            has_days: has_days(type_name),
            respell: respelling(type_name),
            answers: Answers::new(type_name, form),
            iso: Vec::new(),
        }
    }

    /// A value as the server reads it.
    ///
    /// # Errors
    /// A NUL, or bytes that are not valid in the encoding.
    pub fn spelled<'v>(&self, value: &'v [u8], charset: Charset) -> Result<Spelled<'v>, BadValue> {
        let text = text_of(value, charset)?;
        let mut respelled = Vec::new();
        let is_respelled = self.respell.is_some_and(|respell| respell(text.as_bytes(), &mut respelled));
        let text = if is_respelled { String::from_utf8_lossy(&respelled).into_owned().into() } else { text };
        let (text, is_cut) = match self.has_seconds || self.answers.have_seconds() {
            true => match seconds::cut(&text) {
                (Cow::Borrowed(_), _) => (text, false),
                (Cow::Owned(shorter), is_cut) => (shorter.into(), is_cut),
            },
            false => (text, false),
        };
        Ok(Spelled { text, is_cut, is_respelled })
    }

    /// What is known of a value. With fewer digits, or in another form, the encoder may know it: then its field is appended to
    /// `out`. Days are in the order of the data file, where it is said.
    ///
    /// # Errors
    /// What is said against the value.
    pub fn known(
        &mut self,
        out: &mut Vec<u8>,
        value: &Spelled<'_>,
        order: Option<DateOrder>,
    ) -> Result<Known<'_>, BadValue> {
        let text = value.text.as_bytes();
        if (value.is_cut || value.is_respelled) && self.pushes(out, text)? {
            return Ok(Known::Pushed);
        }
        if let (true, Some(order)) = (self.has_days, order) {
            let mut iso = std::mem::take(&mut self.iso);
            iso.clear();
            let is_known = styles::with_iso_day(text, order, &mut iso) && self.pushes(out, &iso)?;
            self.iso = iso;
            if is_known {
                return Ok(Known::Pushed);
            }
        }
        Ok(match self.answers.of(&value.text)? {
            Answer::Given(field) => Known::Given(field),
            Answer::Open => Known::Open,
        })
    }

    fn pushes(&self, out: &mut Vec<u8>, text: &[u8]) -> Result<bool, BadValue> {
        Ok(self.encoder.push(out, text, Charset::Utf8)? != Pushed::Unknown)
    }

    /// Whether the type's input function is known to keep every value, or to refuse it.
    pub fn are_trusted(&self) -> bool {
        self.answers.are_trusted()
    }

    /// Asks the server about all values that are open.
    ///
    /// # Errors
    /// A lost connection. What the server says against a value is an answer.
    pub fn ask(&mut self, resolver: &mut Resolver<'_>) -> Result<()> {
        self.answers.ask(resolver)
    }

    /// Bounds the memory for answers. Not to be called while there are questions.
    pub fn forget(&mut self) {
        self.answers.forget();
    }
}
