//! The server's answers about the values of one column, and the questions that are still open.

use super::as_written::Nature;
use super::resolver::{AnswerForm, Resolved, Resolver};
use crate::Result;
use crate::copy::encode::fault::BadValue;
use std::collections::HashMap;

/// Answers that a column keeps; if there are more, all are forgotten before the next batch. A column of so many different
/// unknown values gains nothing from keeping them.
const KEPT_ANSWERS: usize = 20_000;

/// What the server makes of the values of a column.
#[derive(Debug)]
pub struct Answers {
    type_name: String,
    form: AnswerForm,
    /// `None` while the server was not asked.
    known: HashMap<Box<str>, Option<Resolved>>,
    /// What the type's values are like, once the server was asked about one.
    nature: Option<Nature>,
}

/// What is known of a value.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// The server is to be asked first.
    Open,
    /// The field in the form that is asked for.
    Given(&'a [u8]),
}

impl Answers {
    /// About values of a type, as the server spells it (`format_type`).
    pub fn new(type_name: &str, form: AnswerForm) -> Self {
        Answers { type_name: type_name.to_owned(), form, known: HashMap::new(), nature: None }
    }

    /// The answer for a value, which is a question if there is none.
    ///
    /// # Errors
    /// What the server says against the value.
    pub fn of(&mut self, value: &str) -> Result<Answer<'_>, BadValue> {
        // Two lookups: the borrow checker cannot see that an answer that was found ends the function.
        if !self.known.contains_key(value) {
            self.known.insert(value.into(), None);
            return Ok(Answer::Open);
        }
        match self.known.get(value) {
            Some(Some(Ok(field))) => Ok(Answer::Given(field)),
            Some(Some(Err(fault))) => Err(fault.clone()),
            Some(None) | None => Ok(Answer::Open),
        }
    }

    /// Asks the server all open questions.
    ///
    /// # Errors
    /// A lost connection. What the server says against a value is an answer.
    pub fn ask(&mut self, resolver: &mut Resolver<'_>) -> Result<()> {
        let open: Vec<Box<str>> = self
            .known
            .iter()
            .filter(|(_, answer)| answer.is_none())
            .map(|(value, _)| value.clone())
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        let values: Vec<&str> = open.iter().map(|value| &**value).collect();
        self.nature = Some(resolver.nature(&self.type_name)?);
        let answers = resolver.resolve(&self.type_name, self.form, &values)?;
        for (value, answer) in open.into_iter().zip(answers) {
            self.known.insert(value, Some(answer));
        }
        Ok(())
    }

    /// Whether the type's input function is known to keep every value, or to refuse it.
    pub fn are_trusted(&self) -> bool {
        matches!(self.nature, Some(Nature::Trusted))
    }

    /// Whether values are known to have seconds.
    pub fn have_seconds(&self) -> bool {
        matches!(&self.nature, Some(Nature::Changing(questions)) if questions.has_seconds)
    }

    /// Forgets answers where they are too many. Not to be called while there are questions.
    pub fn forget(&mut self) {
        if self.known.len() > KEPT_ANSWERS {
            self.known.clear();
        }
    }
}
