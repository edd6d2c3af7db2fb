//! Values whose form no encoder knows: PostgreSQL's own input function decides what they mean, over a connection beside the
//! COPY.

use crate::pg::sqlstate::SqlState;
use crate::{Error, Result};
use postgres::types::{FromSql, Type};
use postgres::{Client, Statement};
use std::collections::HashMap;
use std::error::Error as StdError;

/// The form that answers have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnswerForm {
    /// The type's binary form.
    Binary,
    /// The text that the type's output function writes. Every type has one, also those without a binary form, and those whose
    /// input function cannot be called by its name, such as domains and arrays.
    Text,
}

/// A value in the form that was asked for, or the server's words against it.
pub type Resolved = Result<Box<[u8]>, Box<str>>;

/// Asks the server. The first question opens the connection; most files have no question.
pub struct Resolver<'c> {
    connect: &'c dyn Fn() -> Result<Client>,
    client: Option<Client>,
    questions: HashMap<(String, AnswerForm), Statement>,
}

impl<'c> Resolver<'c> {
    /// Asks over a connection of `connect`.
    pub fn new(connect: &'c dyn Fn() -> Result<Client>) -> Self {
        Resolver { connect, client: None, questions: HashMap::new() }
    }

    /// The `values` as `type_name`, in their order. Every value goes through the type's input function with the column's type
    /// modifier, as in a COPY of text. A cast would cut off characters instead.
    ///
    /// # Errors
    /// A lost connection, or a type that the server does not know. What the server says against a value is an answer.
    pub fn resolve(&mut self, type_name: &str, form: AnswerForm, values: &[&str]) -> Result<Vec<Resolved>> {
        let mut client = match self.client.take() {
            Some(client) => client,
            None => (self.connect)()?,
        };
        let kind = (type_name.to_owned(), form);
        let question = match self.questions.get(&kind) {
            Some(question) => question.clone(),
            None => {
                let question = match form {
                    AnswerForm::Binary => question(&mut client, type_name)?,
                    AnswerForm::Text => text_question(&mut client, type_name)?,
                };
                self.questions.insert(kind, question.clone());
                question
            }
        };
        let mut answers = Vec::with_capacity(values.len());
        ask(&mut client, &question, values, &mut answers)?;
        self.client = Some(client);
        Ok(answers)
    }
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
fn ask(
    client: &mut Client,
    question: &Statement,
    values: &[&str],
    answers: &mut Vec<Resolved>,
) -> Result<()> {
    let error = match client.query(question, &[&values]) {
        Ok(rows) => {
            answers.extend(rows.into_iter().map(|row| Ok(row.get::<_, Binary>(0).0)));
            return Ok(());
        }
        Err(error) => error,
    };
    if !SqlState::from(&error).is_a_verdict() {
        return Err(error.into());
    }
    if values.len() == 1 {
        answers.push(Err(Error::from(error).to_string().into()));
        return Ok(());
    }
    let (first, second) = values.split_at(values.len() / 2);
    ask(client, question, first, answers)?;
    ask(client, question, second, answers)
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
