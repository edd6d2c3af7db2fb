//! The values of one column that its encoder does not know: rewritten where that makes them known, else put to the server.

use super::answers::{Answer, Answers};
use super::resolver::{AnswerForm, Resolver};
use crate::Result;
use crate::copy::encode::CopyColumn;
use crate::copy::encode::fault::{BadValue, text_of};
use crate::copy::encode::seconds;
use crate::copy::encode::types::Pushed;
use crate::copy::encode::value::{Respell, ValueEncoder, has_seconds, respelling};
use crate::copy::input::charset::Charset;
use std::borrow::Cow;

/// The unknown values of one column.
#[derive(Debug)]
pub struct UnknownValues {
    encoder: ValueEncoder,
    has_seconds: bool,
    respell: Option<Respell>,
    answers: Answers,
}

/// A value in the form that the server reads.
#[derive(Debug, PartialEq, Eq)]
pub struct Spelled<'v> {
    /// Its text.
    pub text: Cow<'v, str>,
    /// Whether digits of its seconds are cut off that are not zero.
    pub is_cut: bool,
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
            respell: respelling(type_name),
            answers: Answers::new(type_name, form),
        }
    }

    /// A value as the server reads it.
    ///
    /// # Errors
    /// A NUL, or bytes that are not valid in the encoding.
    pub fn spelled<'v>(&self, value: &'v [u8], charset: Charset) -> Result<Spelled<'v>, BadValue> {
        let text = text_of(value, charset)?;
        if let Some((start, rest)) = self.respell.and_then(|respell| respell(text.as_bytes())) {
            let text = format!("{start}{}", String::from_utf8_lossy(rest)).into();
            return Ok(Spelled { text, is_cut: false });
        }
        if !(self.has_seconds || self.answers.have_seconds()) {
            return Ok(Spelled { text, is_cut: false });
        }
        match seconds::cut(&text) {
            (Cow::Borrowed(_), _) => Ok(Spelled { text, is_cut: false }),
            (Cow::Owned(shorter), is_cut) => Ok(Spelled { text: shorter.into(), is_cut }),
        }
    }

    /// What is known of a value. With fewer digits, the encoder may know it: then its field is appended to `out`.
    ///
    /// # Errors
    /// What is said against the value.
    pub fn known(&mut self, out: &mut Vec<u8>, value: &Spelled<'_>) -> Result<Known<'_>, BadValue> {
        if value.is_cut && self.encoder.push(out, value.text.as_bytes(), Charset::Utf8)? != Pushed::Unknown {
            return Ok(Known::Pushed);
        }
        Ok(match self.answers.of(&value.text)? {
            Answer::Given(field) => Known::Given(field),
            Answer::Open => Known::Open,
        })
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
