//! What the configuration asks for after the load. It is checked as far as no database is needed.

use crate::config::{AfterCfg, Config, IndexCfg, Text};
use crate::pg::ident;
use crate::{Error, Place, Result};

/// What is done after the load for one mother.
#[derive(Debug)]
pub struct AfterMother {
    /// The mother's name.
    pub mother: String,
    /// Indexes of each of its version tables.
    pub indexes: Vec<IndexSpec>,
    /// Statements, in order.
    pub sql: Vec<String>,
}

/// An index that each version table of a mother is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexSpec {
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// Whether no two rows may have the same values.
    pub unique: bool,
    /// The access method.
    pub using: Option<String>,
    /// The condition of the rows that it has.
    pub condition: Option<String>,
}

/// Reads `after:`.
///
/// # Errors
/// Names that no table or column can have, indexes without columns, empty statements.
pub fn resolve(config: &Config) -> Result<Vec<AfterMother>> {
    let of_mother = |(mother, cfg): &(String, AfterCfg)| {
        let place = Place::table(format!("after.{mother}"));
        mother_of(mother, cfg).map_err(|error| error.at(place))
    };
    config.file.after.0.iter().map(of_mother).collect()
}

fn mother_of(mother: &str, cfg: &AfterCfg) -> Result<AfterMother> {
    if mother != mother.to_lowercase() {
        return Err(Error::refused("table names come from file names in lower case")
            .remedy(format!("write {}", mother.to_lowercase())));
    }
    let sql: Vec<String> = cfg.sql.iter().map(|Text(statement)| statement.trim().to_owned()).collect();
    if sql.iter().any(String::is_empty) {
        return Err(Error::refused("has an empty statement").remedy("remove it"));
    }
    Ok(AfterMother {
        mother: mother.to_owned(),
        indexes: cfg.indexes.iter().map(index_of).collect::<Result<_>>()?,
        sql,
    })
}

fn index_of(IndexCfg(index): &IndexCfg) -> Result<IndexSpec> {
    let columns: Vec<String> = index.columns.iter().map(|Text(column)| column.clone()).collect();
    if columns.is_empty() {
        return Err(Error::refused("has an index without columns").remedy("name them, for example [[email]]"));
    }
    for column in &columns {
        if let Some(refusal) = ident::column_refusal(column) {
            return Err(Error::refused(format!("has an index on a column with {refusal}")));
        }
    }
    let text = |text: &Option<Text>| text.as_ref().map(|Text(text)| text.trim().to_owned());
    Ok(IndexSpec {
        columns,
        unique: index.unique,
        using: text(&index.using).map(|method| method.to_lowercase()),
        condition: text(&index.condition),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_the_mother() {
        for (yaml, what) in [
            (
                "after: {Users: {}}",
                "table after.Users: table names come from file names in lower case; write users",
            ),
            ("after: {users: {indexes: [[]]}}", "table after.users: has an index without columns"),
            (
                "after: {users: {indexes: [[ctid]]}}",
                "table after.users: has an index on a column with the name ctid",
            ),
            ("after: {users: {sql: [' ']}}", "table after.users: has an empty statement"),
        ] {
            let config = Config { file: serde_yaml::from_str(yaml).unwrap(), ..Config::default() };
            let error = resolve(&config).unwrap_err().to_string();
            assert!(error.starts_with(what), "{error}");
        }
    }
}
