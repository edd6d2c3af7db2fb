//! `--mothers widen`: columns of mothers that get wider types before the load, so that they hold all versions.

mod column;
mod fingerprints;

pub use column::WidenedColumn;

use super::mothers::Mother;
use super::state::State;
use crate::ingest::catalogue::scan::ScannedTable;
use crate::ingest::settings::Settings;
use crate::ingest::union::{COMMENT, UnionView};
use crate::pg::catalog::Column;
use crate::pg::ident::Qualified;
use crate::pg::type_name::TypeNames;
use crate::report::{plural, size};
use crate::{Error, Place, Result};
use postgres::{Client, GenericClient};
use serde_json::Value;

/// A mother that is widened with all its version tables.
#[derive(Debug)]
pub struct Widening {
    /// The mother.
    pub mother: Qualified,
    /// Its columns that change.
    pub columns: Vec<WidenedColumn>,
    /// The mother, then the tables that inherit from it.
    pub tables: Vec<SizedTable>,
    /// Its union view, with the types that it gets.
    pub view: UnionView,
    /// Version tables that need not be loaded again, with the fingerprints that they have had and that they get.
    pub fingerprints: Vec<(String, [Value; 2])>,
}

/// A table, and its size without indexes.
#[derive(Debug)]
pub struct SizedTable {
    /// The table.
    pub table: Qualified,
    bytes: u64,
}

/// The mothers to be widened, found to be possible.
///
/// # Errors
/// All at once: mothers that pghaul did not create, or with children that it did not load, and what uses a column that is to be
/// altered; what the server reports.
pub fn plan(
    settings: &Settings,
    mothers: &[Mother],
    catalogue: &[ScannedTable],
    state: &State,
    client: &mut Client,
    types: &mut TypeNames,
) -> Result<Vec<Widening>> {
    let mut widenings = Vec::new();
    let mut faults = Vec::new();
    for mother in mothers.iter().filter(|mother| !mother.widened.is_empty()) {
        match Widening::new(settings, mother, catalogue, state, client, types) {
            Ok(widening) => widenings.push(widening),
            Err(error) => faults.push(error.into_refused().at(Place::table(&mother.name))),
        }
    }
    if faults.is_empty() { Ok(widenings) } else { Err(Error::many(faults)) }
}

impl Widening {
    fn new(
        settings: &Settings,
        mother: &Mother,
        catalogue: &[ScannedTable],
        state: &State,
        client: &mut Client,
        types: &mut TypeNames,
    ) -> Result<Widening> {
        let schema = &state.rights.schema;
        let column = |before: &Column| {
            let to = mother.columns.iter().find(|column| column.name == before.name)?.clone();
            Some(WidenedColumn { from: before.type_name.clone(), to })
        };
        let table = Qualified::new(schema, &mother.name);
        let mut widening = Widening {
            columns: mother.widened.iter().filter_map(column).collect(),
            tables: family(&table, client)?,
            view: mother.view(schema, settings),
            fingerprints: Vec::new(),
            mother: table,
        };
        if !state.our_mothers.contains(&mother.name) {
            let statement = widening.statement();
            return Err(Error::refused("was not created by pghaul, which will not alter it")
                .remedy(format!("run {statement}, or load with --mothers keep")));
        }
        let is_ours = |table: &&SizedTable| {
            let entry = state.ledger.get(table.table.name());
            table.table.schema() == schema && entry.is_some_and(|entry| entry.mother == mother.name)
        };
        if let Some(SizedTable { table, .. }) = widening.tables.iter().skip(1).find(|table| !is_ours(table)) {
            return Err(Error::refused(format!(
                "has the child table {table}, which pghaul did not load and will not alter"
            ))
            .remedy("drop it, or detach it with ALTER TABLE … NO INHERIT"));
        }
        widening.check(client)?;
        let versions: Vec<&str> = widening.tables.iter().skip(1).map(|table| table.table.name()).collect();
        widening.fingerprints =
            fingerprints::of(&versions, &widening.columns, mother, catalogue, state, client, types);
        Ok(widening)
    }

    /// Checks that nothing uses the columns but the union view, and that nothing uses that.
    ///
    /// # Errors
    /// What does; what the server reports.
    pub fn check(&self, client: &mut impl GenericClient) -> Result<()> {
        self.view.check_users(client)?;
        let names: Vec<&str> = self.columns.iter().map(|column| column.to.name.as_str()).collect();
        let view = self.view.name().to_string();
        let sql = include_str!("obstacles.sql");
        let rows = client.query(sql, &[&self.mother.to_string(), &names, &view, &COMMENT])?;
        if rows.is_empty() {
            return Ok(());
        }
        let users: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let what = format!(
            "is not widened, since PostgreSQL alters no column that is used by: {}",
            users.join(", ")
        );
        Err(Error::failed(what).remedy(
            "drop what uses the columns, and make it again after the run, or load with --mothers keep",
        ))
    }

    /// Whether the columns have the types that are to be widened.
    ///
    /// # Errors
    /// What the server reports.
    pub fn has_types(&self, client: &mut impl GenericClient) -> Result<bool> {
        let names: Vec<&str> = self.columns.iter().map(|column| column.to.name.as_str()).collect();
        let types: Vec<&str> = self.columns.iter().map(|column| column.from.as_str()).collect();
        let sql = "SELECT NOT EXISTS (SELECT FROM unnest($2::text[], $3::text[]) c (name, type) \
                   LEFT JOIN pg_attribute a ON a.attrelid = to_regclass($1) AND a.attname = c.name \
                   WHERE format_type(a.atttypid, a.atttypmod) IS DISTINCT FROM c.type)";
        Ok(client.query_one(sql, &[&self.mother.to_string(), &names, &types])?.get(0))
    }

    /// The statement that alters the mother and all tables that inherit from it, and writes each at most once.
    pub fn statement(&self) -> String {
        let clauses: Vec<String> = self.columns.iter().map(WidenedColumn::clause).collect();
        format!("ALTER TABLE {} {}", self.mother, clauses.join(", "))
    }

    /// The columns, in words.
    pub fn changes(&self) -> String {
        self.columns.iter().map(WidenedColumn::to_string).collect::<Vec<_>>().join(", ")
    }

    /// What it costs, in words.
    pub fn cost(&self) -> String {
        let children = self.tables.len().saturating_sub(1) as u64;
        let (tables, bytes) = (plural(children, "table"), self.tables.iter().map(|table| table.bytes).sum());
        let family = format!("it and {children} version {tables}");
        match self.rewrites() {
            true => format!("PostgreSQL rewrites {family} ({}), and readers wait for that", size(bytes)),
            false => format!("PostgreSQL changes the catalogue alone, for {family}"),
        }
    }

    /// Each table, and whether it is rewritten, in words.
    pub fn costs(&self) -> String {
        let what = if self.rewrites() { "rewritten" } else { "changed in the catalogue alone" };
        let table = |table: &SizedTable| format!("{} ({})", table.table.name(), size(table.bytes));
        format!("{what}: {}", self.tables.iter().map(table).collect::<Vec<_>>().join(", "))
    }

    fn rewrites(&self) -> bool {
        self.columns.iter().any(WidenedColumn::rewrites)
    }
}

/// A mother and the tables that inherit from it.
///
/// # Errors
/// What the server reports.
pub fn family(mother: &Qualified, client: &mut impl GenericClient) -> Result<Vec<SizedTable>> {
    let rows = client.query(include_str!("family.sql"), &[&mother.to_string()])?;
    let table = |row: &postgres::Row| SizedTable {
        table: Qualified::new(row.get::<_, String>(0), row.get::<_, String>(1)),
        bytes: u64::try_from(row.get::<_, i64>(2)).unwrap_or(0),
    };
    Ok(rows.iter().map(table).collect())
}
