//! What is in the target database: tables, their columns and children, types, and what this role may do.

use super::ident::{Qualified, quote};
use super::type_name::TypeName;
use crate::{Error, Result};
use postgres::{Client, GenericClient};
use std::collections::BTreeMap;
use std::fmt;

/// The last of a column's attributes, where it allows no NULL; as `tables.sql` writes it.
const NOT_NULL: &str = " NOT NULL";

/// A relation by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// `pg_class.relkind`: `r` for an ordinary table.
    pub kind: char,
    /// Whether this role owns it, directly or through membership; only owners may attach children or drop it.
    pub owned: bool,
    /// Whether it is a partition of another table.
    pub partition: bool,
    /// Its comment.
    pub comment: Option<String>,
    /// How long it keeps its rows.
    pub persistence: Persistence,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its `CHECK` constraints that children must have, as clauses of `CREATE TABLE`.
    pub checks: Vec<String>,
}

/// How long a table keeps its rows (`pg_class.relpersistence`; temporary tables are none of ours).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// Until they are deleted: they are written to WAL, or to disk with the commit.
    Logged,
    /// Until the server crashes, or a standby is promoted.
    Unlogged {
        /// Whether its file has no byte: what a crash leaves, and `TRUNCATE`.
        empty: bool,
    },
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as the server spells it.
    pub type_name: TypeName,
    /// What stands behind the type in `CREATE TABLE`: a collation, `NOT NULL`, or nothing.
    pub attributes: String,
    /// Whether it allows no NULL; the attributes say so too.
    pub not_null: bool,
    /// Whether the server computes its values.
    pub generated: bool,
}

/// An inheritance child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The mother's name; both are in the same schema unless `child` says otherwise.
    pub mother: String,
    /// The child.
    pub child: Qualified,
}

/// Where tables are created, and whether the ledger is there.
#[derive(Debug, Clone)]
pub struct Rights {
    /// The first existing schema of the search path but the ledger's: where tables are created.
    pub schema: String,
    /// Whether the ledger's table exists.
    pub ledger_exists: bool,
}

impl Column {
    /// A column that is nothing but a name and a type.
    pub fn plain(name: impl Into<String>, type_name: TypeName) -> Column {
        Column { name: name.into(), type_name, attributes: String::new(), not_null: false, generated: false }
    }

    /// The column's clause in `CREATE TABLE`.
    pub fn definition(&self) -> String {
        format!("{} {}{}", quote(&self.name), self.type_name, self.attributes)
    }

    /// Its type as SQL, with the collation where that is not the type's own.
    pub fn sql_type(&self) -> String {
        let collation = self.attributes.strip_suffix(NOT_NULL).unwrap_or(&self.attributes);
        format!("{}{collation}", self.type_name)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.type_name)
    }
}

impl Persistence {
    fn of(unlogged: bool, empty: bool) -> Persistence {
        if unlogged { Persistence::Unlogged { empty } } else { Persistence::Logged }
    }
}

impl Relation {
    /// The kind in words, for messages.
    pub fn kind_name(&self) -> &'static str {
        kind_name(self.kind)
    }
}

/// A `pg_class.relkind` in words, for messages.
pub fn kind_name(kind: char) -> &'static str {
    match kind {
        'r' => "a table",
        'p' => "a partitioned table",
        'v' => "a view",
        'm' => "a materialized view",
        'f' => "a foreign table",
        'S' => "a sequence",
        'i' | 'I' => "an index",
        'c' => "a composite type",
        _ => "something else",
    }
}

/// Reads who we are and checks that tables and the ledger can be created.
///
/// # Errors
/// No schema to create tables in, a missing right, a standby server: with the statement that would grant it.
pub fn rights(client: &mut Client) -> Result<Rights> {
    let row = client.query_one(include_str!("rights.sql"), &[])?;
    let (role, database): (String, String) = (row.get(0), row.get(1));
    let schema: Option<String> = row.get(2);
    let may_create: Option<bool> = row.get(3);
    let (may_create_schema, ledger_schema_exists): (bool, bool) = (row.get(4), row.get(5));
    let (ledger_exists, may_use_ledger, standby): (bool, bool, bool) = (row.get(6), row.get(7), row.get(8));
    if standby {
        return Err(Error::refused(format!("database {database} is a standby and can only be read"))
            .remedy("connect to the primary server"));
    }
    let Some(schema) = schema else {
        return Err(Error::refused(format!(
            "no schema of role {role}'s search path exists in database {database}"
        ))
        .remedy("create one, or set search_path for this role"));
    };
    if may_create != Some(true) {
        return Err(Error::refused(format!(
            "role {role} lacks the right to create tables in schema {schema} of database {database}"
        ))
        .remedy(format!("have its owner run: GRANT CREATE ON SCHEMA \"{schema}\" TO \"{role}\"")));
    }
    if !ledger_schema_exists && !may_create_schema {
        return Err(Error::refused(format!(
            "role {role} lacks the right to create the ledger's schema pghaul in database {database}"
        ))
        .remedy(format!("have the owner run: CREATE SCHEMA pghaul AUTHORIZATION \"{role}\"")));
    }
    if !may_use_ledger {
        return Err(Error::refused(format!(
            "role {role} lacks the right to use the ledger in schema pghaul"
        ))
        .remedy(format!(
            "have its owner run: GRANT USAGE, CREATE ON SCHEMA pghaul TO \"{role}\"; \
                 GRANT ALL ON ALL TABLES IN SCHEMA pghaul TO \"{role}\""
        )));
    }
    Ok(Rights { schema, ledger_exists })
}

/// What exists under these names in `schema`.
///
/// # Errors
/// What the server reports.
pub fn relations(client: &mut Client, schema: &str, names: &[&str]) -> Result<BTreeMap<String, Relation>> {
    let mut found: BTreeMap<String, Relation> = BTreeMap::new();
    for row in client.query(include_str!("tables.sql"), &[&schema, &names])? {
        let kind: &str = row.get(1);
        let relation = found.entry(row.get(0)).or_insert_with(|| Relation {
            kind: kind.chars().next().unwrap_or('?'),
            owned: row.get(2),
            partition: row.get(3),
            comment: row.get(9),
            persistence: Persistence::of(row.get(10), row.get(11)),
            columns: Vec::new(),
            checks: Vec::new(),
        });
        // A table may have no columns.
        if let (Some(name), Some(type_name)) = (row.get(4), row.get(5)) {
            relation.columns.push(Column {
                name,
                type_name: TypeName::from_server(type_name),
                attributes: row.get(6),
                not_null: row.get(7),
                generated: row.get(8),
            });
        }
    }
    for row in client.query(include_str!("checks.sql"), &[&schema, &names])? {
        if let Some(relation) = found.get_mut(row.get::<_, &str>(0)) {
            relation.checks.push(row.get(1));
        }
    }
    Ok(found)
}

/// A table as far as it can be told without its columns.
#[derive(Debug)]
pub struct Glance {
    /// Its comment.
    pub comment: Option<String>,
    /// How long it keeps its rows.
    pub persistence: Persistence,
    /// Whether it is a child of the mother that was asked about.
    pub attached: bool,
}

/// Looks at a table and whether `mother` is its mother; nothing where it does not exist.
///
/// # Errors
/// What the server reports.
pub fn glance(
    client: &mut impl GenericClient,
    table: &Qualified,
    mother: &Qualified,
) -> Result<Option<Glance>> {
    let row = client.query_opt(include_str!("glance.sql"), &[&table.to_string(), &mother.to_string()])?;
    Ok(row.map(|row| Glance {
        comment: row.get(0),
        persistence: Persistence::of(row.get(1), row.get(2)),
        attached: row.get(3),
    }))
}

/// Whether a table has rows of its own, beside those of its children.
///
/// # Errors
/// What the server reports.
pub fn has_own_rows(client: &mut impl GenericClient, table: &Qualified) -> Result<bool> {
    Ok(client.query_one(&format!("SELECT EXISTS (SELECT FROM ONLY {table})"), &[])?.get(0))
}

/// The children of these mothers in `schema`.
///
/// # Errors
/// What the server reports.
pub fn children(client: &mut impl GenericClient, schema: &str, mothers: &[&str]) -> Result<Vec<Child>> {
    let rows = client.query(include_str!("children.sql"), &[&schema, &mothers])?;
    Ok(rows
        .iter()
        .map(|row| Child {
            mother: row.get(0),
            child: Qualified::new(row.get::<_, String>(1), row.get::<_, String>(2)),
        })
        .collect())
}
