//! What `into:` comes to: names and types are checked, as far as that needs no database.

use super::{ColumnsCfg, IntoCfg, Mode, Text};
use crate::pg::ident;
use crate::pg::type_name::TypeName;
use crate::{Error, Place, Result};

/// A column with its type, where that was declared.
pub type DeclaredColumn = (String, Option<TypeName>);

/// The table that a job's rows go to, before the database is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The schema, where one is named.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// What happens to the rows that the table has.
    pub mode: Mode,
    /// The columns by which two rows are the same row.
    pub key: Vec<String>,
    /// The columns, in the order of the values; none where the table decides.
    pub columns: Option<Vec<DeclaredColumn>>,
    /// Whether no rows at all may replace those that the table has.
    pub allow_empty: bool,
}

impl Destination {
    /// The key of [`Destination::table`] in the configuration, for messages.
    pub const TABLE: &str = "into.table";
    /// The key of [`Destination::key`] in the configuration, for messages.
    pub const KEY: &str = "into.key";
    /// The key of [`Destination::columns`] in the configuration, for messages.
    pub const COLUMNS: &str = "into.columns";
}

impl IntoCfg {
    /// Checks the names and types that the configuration gives.
    ///
    /// # Errors
    /// A name that no table or column can have; a type that is none; `upsert` without a key, or a key without `upsert`; a
    /// column of the key that is none of the columns; a column that is named twice. All at once.
    pub fn resolve(&self) -> Result<Destination> {
        let mut errors = Vec::new();
        let (schema, table) = match self.table.0.split_once('.') {
            Some((schema, table)) => (Some(schema.to_owned()), table.to_owned()),
            None => (None, self.table.0.clone()),
        };
        for name in schema.iter().chain([&table]) {
            if let Some(why) = ident::refusal(name) {
                errors.push(
                    Error::refused(format!("into.table has {why}")).remedy("write TABLE or SCHEMA.TABLE"),
                );
            }
        }
        let key: Vec<String> = self.key.iter().map(|Text(name)| name.clone()).collect();
        let columns = self.columns.as_ref().map(|columns| declared(columns, &mut errors));
        match (self.mode, key.is_empty()) {
            (Mode::Upsert, true) => errors.push(
                Error::refused("into.mode: upsert needs to know which rows are the same")
                    .remedy("name the columns of a unique index with into.key"),
            ),
            (Mode::Replace | Mode::Append, false) => errors.push(
                Error::refused(format!("into.key has no meaning with mode {}", self.mode))
                    .remedy("leave it out, or write mode: upsert"),
            ),
            _ => {}
        }
        if let Some(columns) = &columns {
            let of_columns = |name: &&String| columns.iter().any(|(column, _)| column == *name);
            for name in key.iter().filter(|name| !of_columns(name)) {
                errors.push(
                    Error::refused(format!("into.key: {name} is none of into.columns"))
                        .remedy("name columns that the rows have"),
                );
            }
        }
        for twice in
            [columns.iter().flatten().map(|(name, _)| name).collect(), key.iter().collect::<Vec<_>>()]
                .iter()
                .filter_map(|names| first_twice(names))
        {
            errors.push(Error::refused(format!("into: column {twice} stands twice")).remedy("name it once"));
        }
        if errors.is_empty() {
            Ok(Destination { schema, table, mode: self.mode, key, columns, allow_empty: self.allow_empty })
        } else {
            Err(Error::many(errors))
        }
    }
}

fn declared(columns: &ColumnsCfg, errors: &mut Vec<Error>) -> Vec<DeclaredColumn> {
    let columns: Vec<(String, Option<&Text>)> = match columns {
        ColumnsCfg::Names(names) => names.iter().map(|Text(name)| (name.clone(), None)).collect(),
        ColumnsCfg::Typed(map) => map.0.iter().map(|(name, kind)| (name.clone(), Some(kind))).collect(),
    };
    if columns.is_empty() {
        errors.push(
            Error::refused("into.columns is empty").remedy("name the columns of the rows, or leave it out"),
        );
    }
    let mut found = Vec::new();
    for (name, type_name) in columns {
        if let Some(why) = ident::column_refusal(&name) {
            errors.push(Error::refused(format!("into.columns has {why}")).remedy("name another column"));
        }
        match type_name.map(|Text(text)| TypeName::parse(text)).transpose() {
            Ok(type_name) => found.push((name, type_name)),
            Err(error) => errors.push(error.at(Place::default().column(name))),
        }
    }
    found
}

fn first_twice<'n>(names: &[&'n String]) -> Option<&'n String> {
    names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(yaml: &str) -> Result<Destination> {
        serde_yaml::from_str::<IntoCfg>(yaml).unwrap().resolve()
    }

    #[test]
    fn a_table_may_have_a_schema_and_columns_may_have_types() {
        let into =
            resolve("{table: 'Stats.my table', mode: append, columns: {a: int, b: 'text[]'}}").unwrap();
        assert_eq!((into.schema.as_deref(), into.table.as_str()), (Some("Stats"), "my table"));
        assert_eq!(into.columns.unwrap()[1].1.as_ref().unwrap().as_str(), "text[]");
        assert_eq!(resolve("{table: t, mode: replace}").unwrap().columns, None);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let error =
            resolve("{table: 'a.', mode: upsert, columns: {a: 'int; DROP', xmin: int, b: int}}").unwrap_err();
        let messages = error.messages();
        assert_eq!(messages.len(), 4, "{messages:#?}");
        for (yaml, text) in [
            ("{table: t, mode: upsert}", "name the columns of a unique index with into.key"),
            ("{table: t, mode: append, key: [a]}", "into.key has no meaning with mode append"),
            ("{table: t, mode: upsert, key: [c], columns: [a, b]}", "into.key: c is none of into.columns"),
            ("{table: t, mode: append, columns: [a, b, a]}", "column a stands twice"),
            ("{table: t, mode: append, columns: []}", "into.columns is empty"),
        ] {
            let error = resolve(yaml).unwrap_err().to_string();
            assert!(error.contains(text), "{yaml}: {error}");
        }
    }
}
