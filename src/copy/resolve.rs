//! What a value means that no encoder knows: PostgreSQL's own input function decides, over a connection beside the COPY.

use crate::{Error, Result};
use postgres::types::{FromSql, Type};
use postgres::{Client, Statement};
use std::collections::HashMap;
use std::error::Error as StdError;

/// A value in its type's binary form, or what the server says against it.
pub type Resolved = Result<Box<[u8]>, Box<str>>;

/// Asks the server. The connection is opened for the first question; most files have none.
pub struct Resolver<'c> {
    connect: &'c dyn Fn() -> Result<Client>,
    client: Option<Client>,
    questions: HashMap<String, Statement>,
}

impl<'c> Resolver<'c> {
    /// Asks over a connection of `connect`.
    pub fn new(connect: &'c dyn Fn() -> Result<Client>) -> Self {
        Resolver { connect, client: None, questions: HashMap::new() }
    }

    /// What each of `values` is as a `type_name`, in their order. Every value goes through the type's input function, with
    /// the column's type modifier: as in a COPY of text, and unlike a cast, which would cut off what is too long.
    ///
    /// # Errors
    /// A lost connection, or a type that the server does not know. What the server says against a value is an answer.
    pub fn resolve(&mut self, type_name: &str, values: &[&str]) -> Result<Vec<Resolved>> {
        let mut client = match self.client.take() {
            Some(client) => client,
            None => (self.connect)()?,
        };
        let question = match self.questions.get(type_name) {
            Some(question) => question.clone(),
            None => {
                let question = question(&mut client, type_name)?;
                self.questions.insert(type_name.to_owned(), question.clone());
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
    let found = client.query_opt(include_str!("../sql/input_function.sql"), &[&type_name])?;
    let row = found.ok_or_else(|| Error::failed(format!("the server has lost the type {type_name}")))?;
    let (function, arguments, element): (&str, i32, u32) = (row.get(0), row.get(1), row.get(2));
    let call = match arguments {
        1 => format!("{function}(textout(v))"),
        _ => {
            // The type modifier is what a cast to the type would be described with.
            let described = client.prepare(&format!("SELECT CAST(NULL AS {type_name})"))?;
            let modifier = described.columns().first().map_or(-1, |column| column.type_modifier());
            format!("{function}(textout(v), {element}, {modifier})")
        }
    };
    let sql = format!("SELECT {call} FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n) ORDER BY n");
    Ok(client.prepare_typed(&sql, &[Type::TEXT_ARRAY])?)
}

/// One value that the server refuses fails the whole statement; so halves are asked, down to that one.
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
    if !is_about_a_value(&error) {
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

/// Whether the server speaks of a value, not of a lost connection, a cancelled query or a full disk (PostgreSQL
/// documentation, "PostgreSQL Error Codes").
fn is_about_a_value(error: &postgres::Error) -> bool {
    error.code().is_some_and(|state| !["08", "53", "57", "58"].contains(&&state.code()[..2]))
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
