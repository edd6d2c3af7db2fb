//! A table as the database has it: what may be asked of it, and the SQL that stands for its parts.

use crate::config::Verb;
use crate::pg::ident::{Qualified, quote};
use crate::serve::settings::TableSettings;
use serde::Deserialize;

/// The column that tells the version table of a row, in answers from a mother; as in union views.
pub const VERSION_TABLE: &str = "version_table";

/// A relation, as `serve_tables.sql` describes it.
#[derive(Debug, Deserialize)]
pub struct Described {
    /// The name that it was asked for by.
    pub asked: String,
    /// Whether it is an inheritance child of that.
    pub child: bool,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// `pg_class.relkind`.
    pub kind: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The columns of each unique index that counts for all rows.
    pub unique: Vec<Vec<String>>,
}

/// A column.
#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, with length or precision.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its type without them, and below a domain.
    pub plain_type: String,
    /// `pg_type.typcategory`.
    pub category: String,
    /// Whether it allows no NULL.
    pub not_null: bool,
    /// Whether the server computes its values.
    pub computed: bool,
    /// Whether a row can do without a value for it.
    pub optional: bool,
}

/// A relation that rows are read from or written to.
#[derive(Debug)]
pub struct Relation {
    /// Its name.
    pub name: Qualified,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The columns that may be written.
    pub writable: Vec<String>,
    /// Whether no two rows have the same key.
    pub key_is_unique: bool,
    /// Whether it has version tables, whose rows are its own.
    pub is_mother: bool,
    /// The columns as they are selected from alias `t`.
    pub select_list: String,
}

/// A version table of a mother.
#[derive(Debug)]
pub struct Version {
    /// The versions that it goes by: its name, and what the ledger calls it.
    pub names: Vec<String>,
    /// The table.
    pub relation: Relation,
}

/// A table that may be asked for.
#[derive(Debug)]
pub struct Table {
    /// What the configuration says of it.
    pub settings: TableSettings,
    /// The whole.
    pub relation: Relation,
    /// Its version tables.
    pub versions: Vec<Version>,
}

impl Relation {
    /// The relation for a table with these settings.
    pub fn new(described: Described, settings: &TableSettings, is_mother: bool) -> Relation {
        let Described { schema, name, columns, unique, .. } = described;
        let is_key = |index: &Vec<String>| {
            index.len() <= settings.key.len() && index.iter().all(|column| settings.key.contains(column))
        };
        let may_write = |column: &&Column| {
            !column.computed && settings.write.as_ref().is_none_or(|write| write.contains(&column.name))
        };
        let mut list: Vec<String> =
            columns.iter().map(|column| format!("t.{}", quote(&column.name))).collect();
        if is_mother && columns.iter().all(|column| column.name != VERSION_TABLE) {
            list.push(format!(
                "(SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = t.tableoid) AS {VERSION_TABLE}"
            ));
        }
        Relation {
            name: Qualified::new(schema, name),
            writable: columns.iter().filter(may_write).map(|column| column.name.clone()).collect(),
            key_is_unique: !is_mother && unique.iter().any(is_key),
            is_mother,
            select_list: list.join(", "),
            columns,
        }
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Table {
    /// Whether this may be done.
    pub fn grants(&self, verb: Verb) -> bool {
        self.settings.verbs.contains(&verb)
    }

    /// The version tables that go by `name`; more than one where several applications have a version of this name.
    pub fn named(&self, name: &str) -> Vec<&Relation> {
        let by_table = self.versions.iter().find(|version| version.relation.name.name() == name);
        match by_table {
            Some(version) => vec![&version.relation],
            None => self
                .versions
                .iter()
                .filter(|version| version.names.iter().any(|known| known == name))
                .map(|version| &version.relation)
                .collect(),
        }
    }
}
