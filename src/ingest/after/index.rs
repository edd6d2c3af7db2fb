//! Indexes that the configuration asks for: which version tables lack them, and what they are called.

use crate::ingest::catalogue::names::position;
use crate::ingest::settings::after::IndexSpec;
use crate::pg::ident::{MAX_IDENT_BYTES, Qualified, quote};
use crate::{Error, Place, Result};
use postgres::GenericClient;

/// The access method of an index that names none.
pub const DEFAULT_METHOD: &str = "btree";

/// A version table with its columns and indexes.
#[derive(Debug)]
pub struct Indexed {
    /// The table.
    pub table: Qualified,
    columns: Vec<String>,
    indexes: Vec<ExistingIndex>,
}

#[derive(Debug)]
struct ExistingIndex {
    name: String,
    method: String,
    unique: bool,
    columns: Vec<String>,
    /// Whether it has neither a condition nor an expression.
    plain: bool,
}

/// An index to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIndex {
    /// Its table.
    pub table: Qualified,
    /// Its name.
    pub name: String,
    /// The statement that makes it.
    pub statement: String,
}

/// What a version table lacks.
#[derive(Debug, PartialEq, Eq)]
pub enum Lack {
    /// Nothing: an index does the same.
    Nothing,
    /// This index.
    Index(NewIndex),
    /// A column of the index.
    Column(String),
}

impl Indexed {
    /// The version tables of a mother.
    ///
    /// # Errors
    /// What the server reports; a ledger that does not exist.
    pub fn of_mother(client: &mut impl GenericClient, mother: &Qualified) -> Result<Vec<Indexed>> {
        let sql = include_str!("indexes.sql");
        let mut tables: Vec<Indexed> = Vec::new();
        for row in client.query(sql, &[&mother.schema(), &mother.name()])? {
            let name: String = row.get(0);
            if tables.last().is_none_or(|table| table.table.name() != name) {
                let table = Qualified::new(mother.schema(), name);
                tables.push(Indexed::new(table, row.get(6)));
            }
            if let (Some(table), Some(name)) = (tables.last_mut(), row.get(1)) {
                let (method, unique, columns, plain) = (row.get(2), row.get(3), row.get(4), row.get(5));
                table.indexes.push(ExistingIndex { name, method, unique, columns, plain });
            }
        }
        Ok(tables)
    }

    /// A table without indexes.
    pub fn new(table: Qualified, columns: Vec<String>) -> Indexed {
        Indexed { table, columns, indexes: Vec::new() }
    }

    /// What it lacks for an index.
    pub fn lacks(&self, spec: &IndexSpec) -> Lack {
        let mut columns: Vec<&str> = Vec::with_capacity(spec.columns.len());
        for name in &spec.columns {
            match position(self.columns.iter().map(String::as_str), name) {
                Some(place) => columns.push(&self.columns[place]),
                None => return Lack::Column(name.clone()),
            }
        }
        let method = spec.using.as_deref().unwrap_or(DEFAULT_METHOD);
        let name = name(self.table.name(), &columns, spec);
        let does = |index: &ExistingIndex| {
            index.name == name
                || spec.condition.is_none()
                    && index.plain
                    && index.method == method
                    && index.columns == columns
                    && (index.unique || !spec.unique)
        };
        if self.indexes.iter().any(does) {
            return Lack::Nothing;
        }
        let quoted: Vec<String> = columns.iter().map(|column| quote(column)).collect();
        let statement = format!(
            "CREATE {}INDEX {} ON {} USING {} ({}){}",
            if spec.unique { "UNIQUE " } else { "" },
            quote(&name),
            self.table,
            quote(method),
            quoted.join(", "),
            spec.condition.as_ref().map(|condition| format!(" WHERE {condition}")).unwrap_or_default(),
        );
        Lack::Index(NewIndex { table: self.table.clone(), name, statement })
    }
}

/// Checks that one of these tables at least can have the index.
///
/// # Errors
/// A column that no table has. Without tables there is no error.
pub fn check(spec: &IndexSpec, tables: &[Indexed]) -> Result<()> {
    let lacks = |name: &&String| {
        let has = |table: &Indexed| position(table.columns.iter().map(String::as_str), name).is_some();
        !tables.iter().any(has)
    };
    match spec.columns.iter().find(lacks).filter(|_| !tables.is_empty()) {
        Some(column) => Err(Error::refused("no version has this column, for which `after` has an index")
            .at(Place::default().column(column))
            .remedy("correct `after` in the configuration")),
        None => Ok(()),
    }
}

/// The name of an index, which follows from its table, its columns, and its options.
fn name(table: &str, columns: &[&str], spec: &IndexSpec) -> String {
    let mut name = format!("{table}_{}", columns.join("_"));
    if let Some(using) = spec.using.as_deref().filter(|using| *using != DEFAULT_METHOD) {
        name.push_str(&format!("_{using}"));
    }
    if let Some(condition) = &spec.condition {
        name.push_str(&format!("_{:08x}", crc32fast::hash(condition.as_bytes())));
    }
    name.push_str(if spec.unique { "_key" } else { "_idx" });
    if name.len() <= MAX_IDENT_BYTES {
        return name;
    }
    let sum = format!("_{:08x}", crc32fast::hash(name.as_bytes()));
    let mut end = MAX_IDENT_BYTES - sum.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{sum}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(columns: &[&str]) -> IndexSpec {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        IndexSpec { columns, unique: false, using: None, condition: None }
    }

    fn table() -> Indexed {
        let columns = ["id", "Email"].map(str::to_owned).to_vec();
        let mut table = Indexed::new(Qualified::new("public", "v1_users"), columns);
        let id = vec!["id".to_owned()];
        let (name, method) = ("by hand".to_owned(), "btree".to_owned());
        table.indexes.push(ExistingIndex { name, method, unique: true, columns: id, plain: true });
        table
    }

    #[test]
    fn only_what_is_missing_is_made() {
        assert_eq!(table().lacks(&spec(&["id"])), Lack::Nothing, "a unique one will do");
        assert_eq!(table().lacks(&spec(&["id", "age"])), Lack::Column("age".to_owned()));
        let Lack::Index(index) = table().lacks(&IndexSpec { unique: true, ..spec(&["email", "id"]) }) else {
            panic!("there is no such index")
        };
        assert_eq!(
            index.statement,
            "CREATE UNIQUE INDEX \"v1_users_Email_id_key\" ON \"public\".\"v1_users\" USING \"btree\" (\"Email\", \"id\")"
        );
        let brin = IndexSpec { using: Some("brin".to_owned()), ..spec(&["id"]) };
        assert!(matches!(table().lacks(&brin), Lack::Index(index) if index.name == "v1_users_id_brin_idx"));
        let partial = IndexSpec { condition: Some("id > 1".to_owned()), ..spec(&["id"]) };
        assert!(
            matches!(table().lacks(&partial), Lack::Index(index) if index.statement.ends_with(" WHERE id > 1"))
        );
    }

    #[test]
    fn long_names_are_cut_and_stay_different() {
        let long = "ä".repeat(40);
        let [one, two] = ["a", "b"].map(|column| name(&long, &[column], &spec(&[column])));
        assert!(one.len() <= MAX_IDENT_BYTES && two.len() <= MAX_IDENT_BYTES && one != two);
    }

    #[test]
    fn a_column_that_no_table_has_is_a_fault() {
        assert!(check(&spec(&["EMAIL"]), &[table()]).is_ok());
        assert!(check(&spec(&["age"]), &[]).is_ok());
        let error = check(&spec(&["age"]), &[table()]).unwrap_err().to_string();
        assert!(error.contains("column age"), "{error}");
    }
}
