//! The table that a job's rows go to, as the database has it.

use crate::config::{Destination, Mode};
use crate::copy::encode::CopyColumn;
use crate::pg::catalog::{self, Column, Persistence, Relation};
use crate::pg::ident::{Qualified, quote};
use crate::pg::lock;
use crate::pg::type_name::{TypeName, TypeNames};
use crate::table::ledger::setup;
use crate::{Error, Place, Result};
use postgres::{Client, GenericClient};

/// The lock by which runs wait for each other that create the ledger or a target table.
const SETUP_LOCK: &str = "the target tables";

/// The table that a job's rows go to.
#[derive(Debug)]
pub struct TargetTable {
    pub(super) table: Qualified,
    pub(super) mode: Mode,
    pub(super) key: Vec<String>,
    pub(super) columns: Vec<CopyColumn>,
    /// The table in the database; none where `replace` is to create it.
    pub(super) relation: Option<Relation>,
}

impl TargetTable {
    /// Looks for the table in the database. Where it does not exist, `append` and `upsert` create it here, and `replace` will.
    /// `inferred` are the columns that the job has found out; those of the configuration come before them. The ledger exists
    /// afterwards.
    ///
    /// # Errors
    /// A missing right; something else than a table; a column that the table lacks, that the server computes, or whose type is
    /// unknown; no unique index for the key; all of them refused. What the server reports.
    pub fn find(
        client: &mut Client,
        destination: &Destination,
        inferred: Option<&[(String, TypeName)]>,
    ) -> Result<TargetTable> {
        let rights = setup::rights(client)?;
        let schema = destination.schema.clone().unwrap_or(rights.schema);
        let table = Qualified::new(schema, &destination.table);
        lock::exclusively(client, SETUP_LOCK, |client| {
            let mut transaction = client.transaction()?;
            setup::set_up(&mut transaction)?;
            transaction.commit()?;
            find_or_create(client, &table, destination, inferred)
        })
        .map_err(|error| error.into_refused().at(Place::table(display_name(&table))))
    }

    /// The table.
    pub fn table(&self) -> &Qualified {
        &self.table
    }

    /// The columns of the rows, in their order.
    pub fn columns(&self) -> &[CopyColumn] {
        &self.columns
    }

    /// What happens to the rows that the table has.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The same table in the mode `append`: for a run that adds the rows that another has left out.
    pub fn appending(self) -> TargetTable {
        TargetTable { mode: Mode::Append, ..self }
    }

    /// Whether its rows survive a crash of the server.
    pub(super) fn is_logged(&self) -> bool {
        self.relation.as_ref().is_none_or(|relation| relation.persistence == Persistence::Logged)
    }

    /// The clauses that create a table of just these columns. It refuses a row that the target would refuse for one of its
    /// values. The key's columns allow no NULL.
    pub(super) fn column_clauses(&self, client: &mut impl GenericClient) -> Result<String> {
        let mut clauses: Vec<String> = Vec::new();
        for column in &self.columns {
            let there = self.relation.iter().flat_map(|relation| &relation.columns);
            let mut clause = match there.into_iter().find(|there| there.name == column.name) {
                Some(there) => there.definition(),
                None => format!("{} {}", quote(&column.name), column.type_name),
            };
            if self.key.contains(&column.name) && !clause.ends_with(" NOT NULL") {
                clause.push_str(" NOT NULL");
            }
            clauses.push(clause);
        }
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let sql = include_str!("checks.sql");
        clauses.extend(client.query(sql, &[&self.table.to_string(), &names])?.iter().map(|row| row.get(0)));
        Ok(clauses.join(", "))
    }

    /// The columns as a list in SQL.
    pub(super) fn column_list(&self) -> String {
        self.columns.iter().map(|column| quote(&column.name)).collect::<Vec<_>>().join(", ")
    }
}

fn find_or_create(
    client: &mut Client,
    table: &Qualified,
    destination: &Destination,
    inferred: Option<&[(String, TypeName)]>,
) -> Result<TargetTable> {
    let declared = destination.columns.clone().or_else(|| {
        Some(inferred?.iter().map(|(name, type_name)| (name.clone(), Some(type_name.clone()))).collect())
    });
    let (mode, key) = (destination.mode, destination.key.clone());
    let mut relation = catalog::relations(client, table.schema(), &[table.name()])?.remove(table.name());
    if relation.is_none() {
        let columns = columns_to_create(client, declared.as_deref())?;
        if mode == Mode::Replace {
            let columns = copy_columns(&columns);
            return Ok(TargetTable { table: table.clone(), mode, key, columns, relation: None });
        }
        client.batch_execute(&create_statement(table, &columns, &key))?;
        relation = catalog::relations(client, table.schema(), &[table.name()])?.remove(table.name());
    }
    let relation = relation.ok_or_else(|| Error::failed("has just been dropped").remedy("run again"))?;
    if !matches!(relation.kind, 'r' | 'p') {
        return Err(Error::refused(format!("is {}, which takes no rows", relation.kind_name()))
            .remedy(format!("name a table with {}", Destination::TABLE)));
    }
    let names = declared.map(|columns| columns.into_iter().map(|(name, _)| name).collect());
    let columns = columns_of(&relation, names)?;
    if mode == Mode::Upsert {
        check_key(client, table, &key, &columns)?;
    }
    Ok(TargetTable { table: table.clone(), mode, key, columns, relation: Some(relation) })
}

fn columns_to_create(
    client: &mut Client,
    declared: Option<&[(String, Option<TypeName>)]>,
) -> Result<Vec<Column>> {
    let unknown = || {
        Error::refused("does not exist, and the types of its columns are not known")
            .remedy(format!("create it, or write {} as a map of names to types", Destination::COLUMNS))
    };
    let mut types = TypeNames::default();
    declared
        .ok_or_else(unknown)?
        .iter()
        .map(|(name, type_name)| {
            let type_name = type_name.as_ref().ok_or_else(unknown)?;
            let type_name = types
                .canonical(client, type_name)
                .map_err(|error| error.at(Place::default().column(name.as_str())))?;
            Ok(Column::plain(name, type_name))
        })
        .collect()
}

fn check_key(client: &mut Client, table: &Qualified, key: &[String], columns: &[CopyColumn]) -> Result<()> {
    for name in key {
        if !columns.iter().any(|column| column.name == *name) {
            return Err(Error::refused(format!(
                "{}: {name} is none of the columns of the rows",
                Destination::KEY
            ))
            .remedy("name columns that the rows have"));
        }
    }
    if catalog::has_unique_index(client, table, key)? {
        return Ok(());
    }
    let key = key.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
    Err(Error::refused(format!("has no unique index on exactly ({key}), which upsert needs"))
        .remedy(format!("CREATE UNIQUE INDEX ON {table} ({key})")))
}

/// The columns of the rows: those of `names`, else all that the server does not compute.
fn columns_of(relation: &Relation, names: Option<Vec<String>>) -> Result<Vec<CopyColumn>> {
    let Some(names) = names else {
        let settable: Vec<Column> =
            relation.columns.iter().filter(|column| !column.generated).cloned().collect();
        return Ok(copy_columns(&settable));
    };
    let (mut columns, mut wrong) = (Vec::new(), Vec::new());
    for name in names {
        match relation.columns.iter().find(|column| column.name == name) {
            None => wrong.push(format!("{name} is missing")),
            Some(column) if column.generated => wrong.push(format!("{name} is generated")),
            Some(column) => columns.push(column.clone()),
        }
    }
    if wrong.is_empty() {
        return Ok(copy_columns(&columns));
    }
    let there: Vec<&str> = relation.columns.iter().map(|column| column.name.as_str()).collect();
    Err(Error::refused(format!("does not have the columns of the rows: {}", wrong.join(", ")))
        .remedy(format!("name some of its columns with {}: {}", Destination::COLUMNS, there.join(", "))))
}

fn copy_columns(columns: &[Column]) -> Vec<CopyColumn> {
    let of = |column: &Column| CopyColumn::new(&column.name, column.type_name.as_str());
    columns.iter().map(of).collect()
}

/// The statement that creates `table`, with its key if it has one.
pub(super) fn create_statement(table: &Qualified, columns: &[Column], key: &[String]) -> String {
    let mut clauses: Vec<String> = columns.iter().map(Column::definition).collect();
    if !key.is_empty() {
        let key: Vec<String> = key.iter().map(|name| quote(name)).collect();
        clauses.push(format!("PRIMARY KEY ({})", key.join(", ")));
    }
    format!("CREATE TABLE {table} ({})", clauses.join(", "))
}

/// The table's name for messages.
pub(super) fn display_name(table: &Qualified) -> String {
    match table.schema() {
        "public" => table.name().to_owned(),
        schema => format!("{schema}.{}", table.name()),
    }
}
