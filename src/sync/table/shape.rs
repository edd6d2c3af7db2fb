//! The shape of a table: its columns, key and indexes, read from a server's catalog, for source and destination alike.

use crate::pg::catalog::with_comparisons;
use crate::pg::ident::{Qualified, quote};
use crate::sync::settings::TableName;
use crate::{Error, Result};
use postgres::{Client, GenericClient};

/// The shape of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Its name.
    pub table: Qualified,
    /// Its kind, as `pg_class.relkind` has it.
    pub kind: char,
    /// Whether other tables inherit from it, so that its indexes do not hold for all of its rows.
    pub is_mother: bool,
    /// Its oid. A later table of the same name has another one.
    pub oid: u32,
    /// Its oid and columns in one text, which changes with them.
    pub fingerprint: String,
    /// Its comment.
    pub comment: Option<String>,
    /// The planner's estimate of its rows; 0 without an estimate.
    pub rows: u64,
    /// Its size on disk, bytes.
    pub bytes: u64,
    /// Its columns, in the table's order.
    pub columns: Vec<ShapeColumn>,
    /// Its indexes, the primary key's first.
    pub indexes: Vec<Index>,
    /// The columns of its primary key.
    pub primary_key: Vec<String>,
    /// The condition of the rows that are synced; none for all.
    pub only: Option<String>,
    /// Whether a foreign key of it refers to itself.
    pub refers_to_itself: bool,
    /// The triggers that may change a row, or leave it out, before it is written; none without such triggers.
    pub row_triggers: Option<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapeColumn {
    /// Its name.
    pub name: String,
    /// Its name at the source, if that is another one.
    pub at_source: Option<String>,
    /// Its type, as `format_type` writes it, with the schema unless that is `pg_catalog`.
    pub type_name: String,
    /// The collation clause; empty for the collation of the type.
    pub collation: String,
    /// Whether it allows no NULL.
    pub not_null: bool,
    /// Whether it is an identity column.
    pub identity: bool,
    /// How it is generated: `s` for stored, `v` for virtual.
    pub generated: Option<char>,
    /// Its default, or the expression that generates it.
    pub expression: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// The schema of the comparisons of its type's default operator class; none for `pg_catalog`.
    pub operators: Option<String>,
    /// Whether COPY's binary form of its type means the same to every server.
    pub binary: bool,
    /// Whether values that its type takes for equal may have different texts, or whether its type has no equality. The texts
    /// are compared then.
    pub by_text: bool,
    /// Whether every server orders its values alike.
    pub ordered: bool,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Whether it is unique.
    pub unique: bool,
    /// The kind of its constraint: `p`, `u` or `x`.
    pub constraint: Option<char>,
    /// Follows the constraint in its definition, such as ` DEFERRABLE`.
    pub deferrable: String,
    /// Its definition from the access method on.
    pub definition: String,
    /// The columns that it needs.
    pub columns: Vec<String>,
}

impl ShapeColumn {
    /// Its name at the source.
    pub fn source_name(&self) -> &str {
        self.at_source.as_ref().unwrap_or(&self.name)
    }

    /// A comparison such as `=` as SQL, for values of this column. Only those of `pg_catalog` are on the search path.
    pub fn comparison(&self, sign: &str) -> String {
        match &self.operators {
            Some(schema) => format!("OPERATOR({}.{sign})", quote(schema)),
            None => sign.to_owned(),
        }
    }
}

impl Shape {
    /// The name of the table `name`, without a schema in the search path that the session began with; none if it does not
    /// exist there.
    ///
    /// # Errors
    /// What the server reports.
    pub fn locate(client: &mut Client, name: &TableName) -> Result<Option<Qualified>> {
        let (schema, table) = name;
        if let Some(schema) = schema {
            return Ok(Some(Qualified::new(schema, table)));
        }
        let found: Option<String> = client.query_one(include_str!("on_path.sql"), &[&quote(table)])?.get(0);
        Ok(found.map(|schema| Qualified::new(schema, table)))
    }

    /// The shape of a table or a view; none if it does not exist.
    ///
    /// # Errors
    /// A relation without rows; what the server reports.
    pub fn read(client: &mut impl GenericClient, table: &Qualified) -> Result<Option<Shape>> {
        let name = table.to_string();
        let sql = "SELECT c.oid, c.relkind::text, obj_description(c.oid, 'pg_class'), \
                   greatest(c.reltuples, 0)::float8, pg_table_size(c.oid), \
                   c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid), \
                   EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND confrelid = c.oid AND contype = 'f'), \
                   (SELECT string_agg(tgname::text, ', ' ORDER BY tgname) FROM pg_trigger \
                    WHERE tgrelid = c.oid AND NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgtype & 3 = 3 AND tgtype & 20 <> 0) \
                   FROM pg_class c WHERE c.oid = to_regclass($1)";
        // Bits of tgtype: 1 for each row, 2 before, 4 insert, 16 update.
        let Some(row) = client.query_opt(sql, &[&name])? else { return Ok(None) };
        let oid: u32 = row.get(0);
        let kind = row.get::<_, &str>(1).chars().next().unwrap_or_default();
        if !matches!(kind, 'r' | 'p' | 'v' | 'm' | 'f') {
            return Err(no_table());
        }
        let fingerprint = client.query_opt(include_str!("shape_now.sql"), &[&name])?;
        Ok(Some(Shape {
            table: table.clone(),
            kind,
            is_mother: row.get(5),
            oid,
            fingerprint: fingerprint.map(|row| row.get(0)).unwrap_or_default(),
            comment: row.get(2),
            rows: row.get::<_, f64>(3) as u64,
            bytes: u64::try_from(row.get::<_, i64>(4)).unwrap_or(0),
            columns: columns(client, oid)?,
            indexes: indexes(client, oid)?,
            primary_key: primary_key(client, oid)?,
            only: None,
            refers_to_itself: row.get(6),
            row_triggers: row.get(7),
        }))
    }

    /// What its rows are read from, behind `FROM`, under the alias `t`: the table, or those of its rows that are synced, with the names
    /// that its columns have at the destination.
    pub fn rows(&self) -> String {
        let is_renamed = self.columns.iter().any(|column| column.at_source.is_some());
        if !is_renamed && self.only.is_none() {
            return format!("{} t", self.table);
        }
        let column = |column: &ShapeColumn| match &column.at_source {
            Some(name) => format!("{} AS {}", quote(name), quote(&column.name)),
            None => quote(&column.name),
        };
        // Passes ask for it.
        let xmin = self.is_table().then(|| "xmin".to_owned());
        let columns: Vec<String> = xmin.into_iter().chain(self.columns.iter().map(column)).collect();
        // A condition may end in a comment.
        let only = self.only.as_ref().map_or(String::new(), |only| format!(" WHERE ({only}\n)"));
        format!("(SELECT {} FROM {}{only}) t", columns.join(", "), self.table)
    }

    /// Whether it is a table of its own server, and no view.
    pub fn is_table(&self) -> bool {
        matches!(self.kind, 'r' | 'p')
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&ShapeColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns whose values are copied: all but those that the server generates.
    pub fn copied(&self) -> impl Iterator<Item = &ShapeColumn> {
        self.columns.iter().filter(|column| column.generated.is_none())
    }
}

/// The error of a relation that rows cannot be written to.
pub fn no_table() -> Error {
    Error::refused("is no table").remedy("name a table with --table and --to-table")
}

fn columns(client: &mut impl GenericClient, oid: u32) -> Result<Vec<ShapeColumn>> {
    let rows = client.query(&with_comparisons(include_str!("columns.sql")), &[&oid])?;
    let column = |row: &postgres::Row| ShapeColumn {
        name: row.get(0),
        at_source: None,
        type_name: row.get(1),
        collation: row.get(2),
        not_null: row.get(3),
        identity: !row.get::<_, &str>(4).is_empty(),
        generated: row.get::<_, &str>(5).chars().next(),
        expression: row.get(6),
        comment: row.get(7),
        binary: row.get(8),
        operators: row.get(9),
        by_text: row.get(10),
        ordered: row.get(11),
    };
    Ok(rows.iter().map(column).collect())
}

fn indexes(client: &mut impl GenericClient, oid: u32) -> Result<Vec<Index>> {
    let rows = client.query(include_str!("indexes.sql"), &[&oid])?;
    let index = |row: &postgres::Row| Index {
        name: row.get(0),
        unique: row.get(1),
        constraint: row.get::<_, &str>(2).chars().next(),
        deferrable: row.get(3),
        definition: row.get(4),
        columns: row.get(5),
    };
    Ok(rows.iter().map(index).collect())
}

fn primary_key(client: &mut impl GenericClient, oid: u32) -> Result<Vec<String>> {
    let sql = "SELECT a.attname::text FROM pg_constraint k, unnest(k.conkey) WITH ORDINALITY c (number, place) \
               JOIN pg_attribute a ON a.attnum = c.number \
               WHERE k.conrelid = $1 AND k.contype = 'p' AND a.attrelid = $1 ORDER BY c.place";
    Ok(client.query(sql, &[&oid])?.iter().map(|row| row.get(0)).collect())
}
