//! What a database holds: tables with their columns, children and indexes, and the schema for new ones.

mod relation;

pub use relation::{Column, Persistence, Relation, kind_name};

use super::ident::Qualified;
use super::type_name::TypeName;
use crate::{Error, Result};
use postgres::{Client, GenericClient};
use std::collections::BTreeMap;

/// A table that inherits from another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The parent's name. The child may be in another schema.
    pub parent: String,
    /// The child.
    pub child: Qualified,
}

/// A table without its columns, which one query can tell.
#[derive(Debug)]
pub struct ChildState {
    /// Its comment.
    pub comment: Option<String>,
    /// How long it keeps its rows.
    pub persistence: Persistence,
    /// Whether it inherits from the parent that was asked about.
    pub attached: bool,
}

/// A statement in which `{comparisons}` stands for the schema of the default comparisons of the type `b.oid`; NULL for pg_catalog.
pub fn with_comparisons(sql: &str) -> String {
    sql.replace("{comparisons}", include_str!("comparisons.sql"))
}

/// The oid of a table; none if it does not exist.
///
/// # Errors
/// What the server reports.
pub fn oid_of(client: &mut impl GenericClient, table: &Qualified) -> Result<Option<u32>> {
    Ok(client.query_one("SELECT to_regclass($1)::oid", &[&table.to_string()])?.get(0))
}

/// The schema in which this role creates tables: the first existing one of its search path but `besides`.
///
/// # Errors
/// A standby server, a search path without a schema, a missing right; each with what helps.
pub fn creation_schema(client: &mut Client, besides: &str) -> Result<String> {
    let row = client.query_one(include_str!("creation_schema.sql"), &[&besides])?;
    let (role, database): (String, String) = (row.get(0), row.get(1));
    let schema: Option<String> = row.get(2);
    let (may_create, standby): (Option<bool>, bool) = (row.get(3), row.get(4));
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
    Ok(schema)
}

/// The first existing schema of the search path that the session began with.
///
/// # Errors
/// What the server reports.
pub fn first_schema(client: &mut Client) -> Result<Option<String>> {
    let sql = "SELECT (current_setting('pghaul.schemas')::name[])[1]::text";
    Ok(client.query_one(sql, &[])?.get(0))
}

/// The tables, views and so on of these names in `schema`, by name.
///
/// # Errors
/// What the server reports.
pub fn relations(client: &mut Client, schema: &str, names: &[&str]) -> Result<BTreeMap<String, Relation>> {
    let mut found: BTreeMap<String, Relation> = BTreeMap::new();
    for row in client.query(include_str!("relations.sql"), &[&schema, &names])? {
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

/// The state of `table`, and whether it inherits from `parent`; none where it does not exist.
///
/// # Errors
/// What the server reports.
pub fn child_state(
    client: &mut impl GenericClient,
    table: &Qualified,
    parent: &Qualified,
) -> Result<Option<ChildState>> {
    let row =
        client.query_opt(include_str!("child_state.sql"), &[&table.to_string(), &parent.to_string()])?;
    Ok(row.map(|row| ChildState {
        comment: row.get(0),
        persistence: Persistence::of(row.get(1), row.get(2)),
        attached: row.get(3),
    }))
}

/// Whether a table has rows of its own, besides those of its children.
///
/// # Errors
/// What the server reports.
pub fn has_own_rows(client: &mut impl GenericClient, table: &Qualified) -> Result<bool> {
    Ok(client.query_one(&format!("SELECT EXISTS (SELECT FROM ONLY {table})"), &[])?.get(0))
}

/// The tables that inherit from `parents`, which are in `schema`.
///
/// # Errors
/// What the server reports.
pub fn children(client: &mut impl GenericClient, schema: &str, parents: &[&str]) -> Result<Vec<Child>> {
    let rows = client.query(include_str!("children.sql"), &[&schema, &parents])?;
    Ok(rows
        .iter()
        .map(|row| Child {
            parent: row.get(0),
            child: Qualified::new(row.get::<_, String>(1), row.get::<_, String>(2)),
        })
        .collect())
}

/// Whether `table` has a unique index on exactly these columns, in any order, that `ON CONFLICT` can use.
///
/// # Errors
/// What the server reports.
pub fn has_unique_index(
    client: &mut impl GenericClient,
    table: &Qualified,
    columns: &[String],
) -> Result<bool> {
    Ok(client.query_one(include_str!("unique_index.sql"), &[&table.to_string(), &columns])?.get(0))
}
