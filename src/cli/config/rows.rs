//! The rows of `config show`, as a table for people or JSON for scripts.

use crate::config::{Mark, variables_of};
use crate::report::{Layout, table};
use serde::Serialize;

/// A setting, as it is shown.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its path, or what it is called.
    pub key: String,
    /// Its value, without secrets.
    pub value: String,
    /// Its source.
    pub from: From,
    /// The flag, the variable or the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its line in the file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Environment variables that its text names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<String>,
}

/// The source of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// A flag.
    Flag,
    /// An environment variable.
    Environment,
    /// The file, or a file of passwords.
    File,
    /// The default.
    Default,
}

impl Row {
    /// A row whose source is no line of the file.
    pub fn new(key: &str, value: String, from: From, name: Option<String>) -> Row {
        Row { key: key.to_owned(), value, from, name, line: None, variables: Vec::new() }
    }

    /// A row whose source is `file`, at this key.
    pub fn of_file(key: &str, value: String, file: Option<String>, mark: Option<&Mark>) -> Row {
        let variables = mark.and_then(|mark| mark.text.as_deref()).map(variables_of).unwrap_or_default();
        Row { line: mark.map(|mark| mark.line), variables, ..Row::new(key, value, From::File, file) }
    }
}

/// Adds a row, unless its key has one already: a variable in place of several keys is met at each of them.
pub fn push(rows: &mut Vec<Row>, row: Row) {
    if !rows.iter().any(|known| known.key == row.key) {
        rows.push(row);
    }
}

/// The rows as a table.
pub fn text(rows: &[Row]) -> String {
    let rows: Vec<[String; 3]> =
        rows.iter().map(|row| [row.key.clone(), row.value.clone(), from(row)]).collect();
    table(&Layout { header: ["setting", "value", "from"], numbers: 0..0, spare: &[] }, &rows)
}

fn from(row: &Row) -> String {
    let name = row.name.clone().unwrap_or_default();
    let line = row.line.map(|line| format!(", line {line}")).unwrap_or_default();
    let with =
        if row.variables.is_empty() { String::new() } else { format!(", with {}", row.variables.join(", ")) };
    match row.from {
        From::Flag => name,
        From::Environment => format!("environment {name}"),
        From::File => format!("{name}{line}{with}"),
        From::Default => "default".to_owned(),
    }
}
