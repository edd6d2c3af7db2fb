//! The connection for questions, and the questions themselves.

use super::as_written::{Nature, Questions, Reading};
use crate::copy::encode::fault::BadValue;
use crate::error::shortened;
use crate::pg::sqlstate::{self, SqlState};
use crate::{Error, Result};
use postgres::types::{FromSql, Type};
use postgres::{Client, Row, Statement};
use std::collections::HashMap;
use std::error::Error as StdError;

/// How much of a value is shown, characters.
const SHOWN_CHARS: usize = 100;

/// The form that answers have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnswerForm {
    /// The type's binary form.
    Binary,
    /// The text that the type's output function writes. Every type has one, also those without a binary form, and those whose
    /// input function cannot be called by its name, such as domains and arrays.
    Text,
    /// Nothing: the value itself is sent, if the column holds it as it is written.
    Verdict,
}

/// A value in the form that was asked for, or what is said against it.
pub type Resolved = Result<Box<[u8]>, BadValue>;

/// A question about a value that the server may refuse.
type Refusable<T> = Result<T, BadValue>;

/// Asks the server. The first question opens the connection; most files have no question.
pub struct Resolver<'c> {
    connect: &'c dyn Fn() -> Result<Client>,
    client: Option<Client>,
    questions: HashMap<(String, AnswerForm), Statement>,
    natures: HashMap<String, Nature>,
}

impl<'c> Resolver<'c> {
    /// Asks over a connection of `connect`.
    pub fn new(connect: &'c dyn Fn() -> Result<Client>) -> Self {
        Resolver { connect, client: None, questions: HashMap::new(), natures: HashMap::new() }
    }

    /// The `values` as `type_name`, in their order. Every value goes through the type's input function with the column's type
    /// modifier, as in a COPY of text; a cast would cut off characters instead. A value that the function accepts but changes
    /// is refused.
    ///
    /// # Errors
    /// A lost connection, or a type that the server does not know. What is said against a value is an answer.
    pub fn resolve(&mut self, type_name: &str, form: AnswerForm, values: &[&str]) -> Result<Vec<Resolved>> {
        let nature = self.nature(type_name)?;
        let mut client = self.client()?;
        let mut answers: Vec<Resolved> = match form {
            AnswerForm::Verdict => values.iter().map(|_| Ok(Box::default())).collect(),
            AnswerForm::Binary | AnswerForm::Text => {
                let question = self.question(&mut client, type_name, form)?;
                let read = |row: &Row| row.get::<_, Binary>(0).0;
                ask(&mut client, &question, values, &read)?
            }
        };
        if let Nature::Changing(questions) = nature {
            let accepted: Vec<usize> = (0..values.len()).filter(|index| answers[*index].is_ok()).collect();
            let asked: Vec<&str> = accepted.iter().map(|index| values[*index]).collect();
            let faults = changes(&mut client, &questions, type_name, &asked)?;
            for (index, fault) in accepted.into_iter().zip(faults) {
                if let Some(fault) = fault {
                    answers[index] = Err(fault);
                }
            }
        }
        self.client = Some(client);
        Ok(answers)
    }

    /// What is to be found out about the values of a type.
    ///
    /// # Errors
    /// A lost connection.
    pub(super) fn nature(&mut self, type_name: &str) -> Result<Nature> {
        if let Some(nature) = self.natures.get(type_name) {
            return Ok(nature.clone());
        }
        let mut client = self.client()?;
        let nature = Nature::of(&mut client, type_name)?;
        self.client = Some(client);
        self.natures.insert(type_name.to_owned(), nature.clone());
        Ok(nature)
    }

    /// The connection. It is given back after an answer, and not after a failure.
    fn client(&mut self) -> Result<Client> {
        match self.client.take() {
            Some(client) => Ok(client),
            None => (self.connect)(),
        }
    }

    fn question(&mut self, client: &mut Client, type_name: &str, form: AnswerForm) -> Result<Statement> {
        let kind = (type_name.to_owned(), form);
        if let Some(question) = self.questions.get(&kind) {
            return Ok(question.clone());
        }
        let question = match form {
            AnswerForm::Binary => question(client, type_name)?,
            AnswerForm::Text | AnswerForm::Verdict => text_question(client, type_name)?,
        };
        self.questions.insert(kind, question.clone());
        Ok(question)
    }
}

/// Of each value that the type's input function accepts: what it loses, if that is so.
fn changes(
    client: &mut Client,
    questions: &Questions,
    type_name: &str,
    values: &[&str],
) -> Result<Vec<Option<BadValue>>> {
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let readings = ask(client, &questions.main, values, &Reading::of_row)?;
    let has_date = match &questions.has_date {
        Some(question) => ask(client, question, values, &|row| row.get::<_, bool>(0))?,
        None => Vec::new(),
    };
    let mut has_date = has_date.into_iter();
    Ok(values
        .iter()
        .zip(readings)
        .map(|(value, reading)| {
            // A refusal means that the value has no date.
            let drops_date = has_date.next() == Some(Ok(true));
            match reading {
                Err(refused) => Some(refused),
                Ok(Reading { is_as_written: true, .. }) if !drops_date => None,
                Ok(Reading { becomes, .. }) => {
                    let value = shortened(value, SHOWN_CHARS).into();
                    Some(BadValue::Changed { value, type_name: type_name.into(), becomes })
                }
            }
        })
        .collect())
}

/// The statement that puts a list of texts through the type's input function.
fn question(client: &mut Client, type_name: &str) -> Result<Statement> {
    let found = client.query_opt(include_str!("input_function.sql"), &[&type_name])?;
    let row = found.ok_or_else(|| Error::failed(format!("the server has lost the type {type_name}")))?;
    let (function, arguments, element): (&str, i32, u32) = (row.get(0), row.get(1), row.get(2));
    let call = match arguments {
        1 => format!("{function}(textout(v))"),
        _ => {
            // A cast to the type is described with the type modifier.
            let described = client.prepare(&format!("SELECT CAST(NULL AS {type_name})"))?;
            let modifier = described.columns().first().map_or(-1, |column| column.type_modifier());
            format!("{function}(textout(v), {element}, {modifier})")
        }
    };
    let sql = format!("SELECT {call} FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n) ORDER BY n");
    Ok(client.prepare_typed(&sql, &[Type::TEXT_ARRAY])?)
}

/// As [`question`], for the text of any type. JSON can be read into a column of any type, by the type's input function and
/// with its modifier (PostgreSQL documentation, "JSON Functions and Operators", `json_populate_record`).
fn text_question(client: &mut Client, type_name: &str) -> Result<Statement> {
    let sql = format!(
        "SELECT r.v::text FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n), \
         json_to_record(json_build_object('v', u.v)) AS r(v {type_name}) ORDER BY u.n"
    );
    Ok(client.prepare_typed(&sql, &[Type::TEXT_ARRAY])?)
}

/// Asks about all values at once. One value that the server refuses fails the whole statement, so halves are asked then,
/// down to that value.
fn ask<T>(
    client: &mut Client,
    question: &Statement,
    values: &[&str],
    read: &dyn Fn(&Row) -> T,
) -> Result<Vec<Refusable<T>>> {
    let error = match client.query(question, &[&values]) {
        Ok(rows) => return Ok(rows.iter().map(|row| Ok(read(row))).collect()),
        Err(error) => error,
    };
    if !SqlState::from(&error).is_a_verdict() {
        return Err(error.into());
    }
    if values.len() == 1 {
        let is_beyond_type = sqlstate::is_beyond_type(&error);
        let words = Error::from(error).to_string().into();
        return Ok(vec![Err(BadValue::Refused { words, is_beyond_type })]);
    }
    let (first, second) = values.split_at(values.len() / 2);
    let mut answers = ask(client, question, first, read)?;
    answers.extend(ask(client, question, second, read)?);
    Ok(answers)
}

/// A value of any type, as the server sends it.
struct Binary(Box<[u8]>);

impl<'a> FromSql<'a> for Binary {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Binary(raw.into()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
