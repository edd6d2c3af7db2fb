//! A table as the database describes it, and the SQL for its parts.

use crate::config::Verb;
use crate::pg::ident::{Qualified, quote};
use crate::serve::settings::TableSettings;
use crate::serve::who::{Grant, Identity};
use serde::Deserialize;

/// The column that names the version table of a row, in answers from a mother; union views have it, too.
pub const VERSION_TABLE: &str = "version_table";

/// A relation, as `tables.sql` describes it.
#[derive(Debug, Deserialize)]
pub struct Described {
    /// The quoted name from the configuration.
    pub asked: String,
    /// Whether it is an inheritance child of the table of that name.
    pub child: bool,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// `pg_class.relkind`.
    pub kind: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The columns of each unique index without a condition.
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
    /// Its type without length and precision; of a domain, the type below it.
    pub plain_type: String,
    /// The schema of the comparisons of its type's default operator class; none for `pg_catalog`.
    #[serde(default)]
    pub operators: Option<String>,
    /// `pg_type.typcategory`.
    pub category: String,
    /// Whether it forbids NULL.
    pub not_null: bool,
    /// Whether the server computes its values.
    pub computed: bool,
    /// Whether a new row may lack a value for it.
    pub optional: bool,
}

/// A relation to read rows from, or to write rows to.
#[derive(Debug)]
pub struct Relation {
    /// Its name.
    pub name: Qualified,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The columns that may be written.
    pub writable: Vec<String>,
    /// The columns of a unique index that are columns of the key, all of them if there is such an index; none for a mother, whose
    /// version tables have indexes of their own.
    pub unique_key: Option<Vec<String>>,
    /// Whether it has version tables.
    pub is_mother: bool,
    /// Whether what is selected has the version table besides.
    pub adds_version_table: bool,
    /// The columns as they are selected from alias `t`.
    pub select_list: String,
}

/// A version table of a mother.
#[derive(Debug)]
pub struct Version {
    /// The versions that the ledger has for it.
    pub names: Vec<String>,
    /// The table.
    pub relation: Relation,
}

/// A table that is served.
#[derive(Debug)]
pub struct Table {
    /// Its settings from the configuration.
    pub settings: TableSettings,
    /// The table itself; a mother with the rows of all versions.
    pub relation: Relation,
    /// Its version tables.
    pub versions: Vec<Version>,
}

impl Relation {
    /// Whether no two rows have the same key.
    pub fn key_is_unique(&self) -> bool {
        self.unique_key.is_some()
    }

    /// The relation for a table with these settings.
    pub fn new(described: Described, settings: &TableSettings, is_mother: bool) -> Relation {
        let Described { schema, name, columns, unique, .. } = described;
        let is_key = |index: &Vec<String>| {
            index.len() <= settings.key.len() && index.iter().all(|column| settings.key.contains(column))
        };
        let unique_key = unique.into_iter().filter(|index| !is_mother && is_key(index)).max_by_key(Vec::len);
        let may_write = |column: &&Column| {
            !column.computed && settings.write.as_ref().is_none_or(|write| write.contains(&column.name))
        };
        let mut list: Vec<String> =
            columns.iter().map(|column| format!("t.{}", quote(&column.name))).collect();
        let adds_version_table = is_mother && columns.iter().all(|column| column.name != VERSION_TABLE);
        if adds_version_table {
            list.push(format!(
                "(SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = t.tableoid) AS {VERSION_TABLE}"
            ));
        }
        Relation {
            name: Qualified::new(schema, name),
            writable: columns.iter().filter(may_write).map(|column| column.name.clone()).collect(),
            unique_key,
            is_mother,
            adds_version_table,
            select_list: list.join(", "),
            columns,
        }
    }

    /// A comparison such as `=` as SQL, for values of this column. Only those of `pg_catalog` are on the search path.
    pub fn comparison(&self, column: &str, sign: &str) -> String {
        match self.column(column).and_then(|column| column.operators.as_ref()) {
            Some(schema) => format!("OPERATOR({}.{sign})", quote(schema)),
            None => sign.to_owned(),
        }
    }

    /// The names of what is selected, in this order.
    pub fn answered_columns(&self) -> Vec<String> {
        let mut names: Vec<String> = self.columns.iter().map(|column| column.name.clone()).collect();
        if self.adds_version_table {
            names.push(VERSION_TABLE.to_owned());
        }
        names
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Table {
    /// What a verb on it is for a client.
    pub fn grant(&self, identity: &Identity, verb: Verb) -> Grant {
        identity.grant(&self.settings.path, &self.settings.verbs, verb)
    }

    /// Whether this client may do this.
    pub fn grants(&self, identity: &Identity, verb: Verb) -> bool {
        self.grant(identity, verb) == Grant::Granted
    }

    /// The version tables that `name` means: its own name, or a version of the ledger. Several applications may have a
    /// version of this name.
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
