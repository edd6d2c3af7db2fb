//! A statement while it is built: identifiers come from the catalog, values become parameters.

use bytes::BytesMut;
use std::error::Error as StdError;
use tokio_postgres::types::{Format, IsNull, ToSql, Type};

/// A statement with its values.
#[derive(Debug, Default)]
pub struct Statement {
    /// The text.
    pub sql: String,
    /// The values of `$1` and so on.
    pub parameters: Vec<Parameter>,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The text for the server's input function; none for NULL.
    pub value: Option<String>,
    /// The column that it is compared with, if any.
    pub column: Option<String>,
    /// Whether it is an array of values, each of which the column is compared with.
    pub many: bool,
}

impl Statement {
    /// Adds a value, and returns its placeholder, such as `$1`.
    pub fn value(&mut self, value: impl Into<String>) -> String {
        self.push(Parameter { value: Some(value.into()), column: None, many: false })
    }

    /// Adds a value that is compared with a column, and returns its placeholder.
    pub fn value_of(&mut self, column: &str, value: &str) -> String {
        self.push(Parameter { value: Some(value.to_owned()), column: Some(column.to_owned()), many: false })
    }

    /// Adds an array of values that are compared with a column, and returns its placeholder.
    pub fn values_of(&mut self, column: &str, array: String) -> String {
        self.push(Parameter { value: Some(array), column: Some(column.to_owned()), many: true })
    }

    /// Adds SQL.
    pub fn add(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    fn push(&mut self, parameter: Parameter) -> String {
        self.parameters.push(parameter);
        format!("${}", self.parameters.len())
    }
}

/// A value that is sent as text whatever its type is: the server's input functions decide what it means.
#[derive(Debug)]
pub struct AsText<'v>(pub Option<&'v str>);

impl ToSql for AsText<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        let Some(text) = self.0 else { return Ok(IsNull::Yes) };
        out.extend_from_slice(text.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    fn to_sql_checked(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        self.to_sql(ty, out)
    }
}
