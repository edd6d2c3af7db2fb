//! Union views: `<mother>_all`, with every column of every version. A view reads the tables that were there when it was
//! made, so each publication makes it anew, in its transaction.
//!
//! Whoever reads the view locks the view, then what it reads. So do we: a reader who has come past the view finds every
//! table that it names.

mod change;
mod definition;

use crate::ingest::catalogue::scan::ScannedTable;
use crate::ingest::plan::mothers::Mother;
use crate::ingest::plan::state::State;
use crate::ingest::plan::unit::Unit;
use crate::ingest::settings::Settings;
use crate::pg::catalog::{Column, Relation};
use crate::pg::ident::{Qualified, refusal};
use crate::pg::lock::{self, Turn};
use crate::pg::sqlstate::SqlState;
use crate::{Error, Place, Result};
use change::{create, replace_statement};
use definition::{Definition, Part, Typed};
use postgres::{GenericClient, Transaction};
use std::time::Duration;

/// Marks a view as ours, as `COMMENT ON VIEW` has it.
pub const COMMENT: &str = "union view, made by pghaul";

/// What a mother's view has behind her name.
const SUFFIX: &str = "_all";

/// How long those who use the view, or its mother, are waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// The union view of a mother, which may exist or not.
#[derive(Debug, Clone)]
pub struct UnionView {
    view: Qualified,
    mother: Qualified,
    /// Whether it is to be made where it is missing. One that is there is kept current in any case: it would be in the way
    /// of the next refresh, and tell less than it promises.
    wanted: bool,
}

/// What has the view's name.
struct There {
    ours: bool,
    options: Option<String>,
    columns: Vec<Typed>,
    reads: Vec<u32>,
}

impl UnionView {
    /// The view of `mother`.
    pub fn of(mother: &Qualified, wanted: bool) -> UnionView {
        let view = Qualified::new(mother.schema(), name(mother.name()));
        UnionView { view, mother: mother.clone(), wanted }
    }

    /// Its name.
    pub fn name(&self) -> &Qualified {
        &self.view
    }

    /// Whose view it is.
    pub fn mother(&self) -> &Qualified {
        &self.mother
    }

    /// Finds out whether it can be made, or kept current.
    ///
    /// # Errors
    /// A name that is too long, or that something else has or is to have (`taken`); a view of another role.
    fn check(&self, taken: &[&str], state: &State) -> Result<()> {
        let name = self.view.name();
        let checked = match state.relations.get(name) {
            Some(there) if is_ours(there) && !there.owned => {
                Err(Error::refused(format!("its union view {name} belongs to another role"))
                    .remedy("connect as its owner, or drop it"))
            }
            Some(there) if is_ours(there) => Ok(()),
            _ if !self.wanted => Ok(()),
            Some(there) => {
                let kind = there.kind_name();
                Err(is_taken(name, &format!("there is {kind} of that name that pghaul did not make")))
            }
            None if taken.contains(&name) => Err(is_taken(name, "a table of this run has that name")),
            None => match refusal(name) {
                Some(refusal) => Err(Error::refused(format!("its union view {name} would have {refusal}"))
                    .remedy("set views: false, or rename the table's files")),
                None => Ok(()),
            },
        };
        checked.map_err(|error| error.at(Place::table(self.mother.name())))
    }

    /// What there is to keep current; nothing to keep, but something to make; or neither.
    fn there(&self, client: &mut impl GenericClient) -> Result<Option<Option<There>>> {
        match self.read(client)? {
            Some(there) if there.ours => Ok(Some(Some(there))),
            _ if !self.wanted => Ok(None),
            None => Ok(Some(None)),
            Some(_) => Err(Error::failed(format!(
                "there is now something called {} that pghaul did not make",
                self.view
            ))
            .remedy("rename or drop it, or set views: false")),
        }
    }

    fn read(&self, client: &mut impl GenericClient) -> Result<Option<There>> {
        if refusal(self.view.name()).is_some() {
            return Ok(None);
        }
        let sql = include_str!("view.sql");
        let row = client.query_opt(sql, &[&self.view.schema(), &self.view.name(), &COMMENT])?;
        Ok(row.map(|row| {
            let (names, types): (Vec<String>, Vec<String>) = (row.get(2), row.get(3));
            let mut reads: Vec<u32> = row.get(4);
            reads.sort_unstable();
            There {
                ours: row.get(0),
                options: row.get(1),
                columns: names.into_iter().zip(types).collect(),
                reads,
            }
        }))
    }

    /// Makes everybody wait who comes to read it; tells whether it exists.
    ///
    /// # Errors
    /// [`SqlState::LockTimeout`]; what the server reports.
    pub fn lock(&self, attempt: &mut Transaction<'_>) -> Result<bool> {
        let exists = matches!(self.there(attempt)?, Some(Some(_)));
        if exists {
            attempt.batch_execute(&lock_statement(&self.view)).map_err(|error| {
                let (error, view) = (Error::from(error), self.view.name());
                match SqlState::from(&error) {
                    SqlState::LockTimeout => error.remedy(format!(
                        "someone has been using {view} for too long; run again when they are done"
                    )),
                    _ => error,
                }
            })?;
        }
        Ok(exists)
    }

    /// Brings it up to date with the tables that inherit from the mother by now; among them is `unit`, whose rows are in the
    /// table `new`. The mother must be locked against other publications.
    ///
    /// # Errors
    /// Views, say, that use it when its columns change; what the server reports.
    pub fn follow(&self, unit: Option<(&Unit, &Qualified)>, attempt: &mut Transaction<'_>) -> Result<()> {
        let Some(there) = self.there(attempt)? else { return Ok(()) };
        let unit = unit.map(|(unit, new)| part_of(unit, new)).into_iter();
        let definition = self.define(unit, attempt)?;
        match there {
            None => create(&self.view, &definition, attempt),
            Some(there) => match definition.in_order_of(&there.columns) {
                Some(ordered) => {
                    Ok(attempt.batch_execute(&replace_statement(&self.view, there.options, &ordered))?)
                }
                None => self.recreate(&definition, attempt),
            },
        }
    }

    /// Makes it if it is missing, and brings it up to date if it is not: somebody may have dropped or attached a table.
    ///
    /// # Errors
    /// Those who use it for too long; what the server reports.
    pub fn set_up(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        let Some(there) = self.there(transaction)? else { return Ok(()) };
        if let Some(there) = there {
            let definition = self.define([].into_iter(), transaction)?;
            let ordered = definition.in_order_of(&there.columns);
            let columns_stay = ordered.is_some_and(|ordered| ordered.columns() == there.columns);
            if columns_stay && definition.oids() == there.reads {
                return Ok(());
            }
        }
        lock::lock_in_tries(transaction, PATIENCE, self.view.name(), |attempt| {
            let turn = Turn::begin();
            self.lock(attempt)?;
            // Publications that have not seen the view come before or after.
            turn.lock(attempt, &self.mother, lock::AGAINST_PUBLICATIONS)?;
            self.follow(None, attempt)
        })
        .map_err(|error| match SqlState::from(&error) {
            SqlState::LockTimeout => {
                error.remedy(format!("someone is using {}; run again when they are done", self.mother.name()))
            }
            _ => error,
        })
    }

    /// Looks whether the publication of `unit` will find the view's users in its way.
    ///
    /// # Errors
    /// Those users; what the server reports.
    pub fn check_unit(&self, unit: &Unit, client: &mut impl GenericClient) -> Result<()> {
        let Some(Some(there)) = self.there(client)? else { return Ok(()) };
        let definition = self.define([part_of(unit, &unit.table)].into_iter(), client)?;
        match definition.in_order_of(&there.columns) {
            Some(_) => Ok(()),
            None => self.check_users(&definition, client),
        }
    }

    /// Its columns and its statement once these units are published; nothing where there will be none. A mother that is made
    /// before, or made anew, will have the columns `new_mother`.
    ///
    /// # Errors
    /// What the server reports.
    pub fn planned(
        &self,
        new_mother: Option<&[Column]>,
        units: &[&Unit],
        client: &mut impl GenericClient,
    ) -> Result<Option<(Vec<Typed>, String)>> {
        let there = match (self.there(client)?, new_mother) {
            (None, _) => return Ok(None),
            // It goes with the mother.
            (Some(Some(_)), Some(_)) if !self.wanted => return Ok(None),
            (Some(Some(there)), None) => Some(there),
            _ => None,
        };
        let parts = units.iter().map(|unit| part_of(unit, &unit.table));
        let definition = match new_mother {
            Some(columns) => {
                Definition::new(new_part(&self.mother, &self.mother, columns.iter()), parts.collect())
            }
            None => self.define(parts, client)?,
        };
        let ordered = there.and_then(|there| definition.in_order_of(&there.columns)).unwrap_or(definition);
        Ok(Some((ordered.columns(), replace_statement(&self.view, None, &ordered))))
    }

    /// Its definition with the tables that inherit from the mother by now, and with `added` in the place of those of the same
    /// names.
    fn define(
        &self,
        added: impl Iterator<Item = Part>,
        client: &mut impl GenericClient,
    ) -> Result<Definition> {
        let mut parts: Vec<Part> = Vec::new();
        for row in client.query(include_str!("parts.sql"), &[&self.mother.to_string()])? {
            let oid = row.get(0);
            if parts.last().is_none_or(|part| part.oid != oid) {
                let table = Qualified::new(row.get::<_, String>(1), row.get::<_, String>(2));
                parts.push(Part { name: table.clone(), table, oid, columns: Vec::new() });
            }
            if let (Some(part), Some(name), Some(sql_type)) = (parts.last_mut(), row.get(3), row.get(4)) {
                part.columns.push((name, sql_type));
            }
        }
        if parts.is_empty() {
            return Err(
                Error::failed(format!("the mother table {} is gone", self.mother.name())).remedy("run again")
            );
        }
        let mother = parts.remove(0);
        for part in added {
            parts.retain(|other| other.name != part.name);
            parts.push(part);
        }
        Ok(Definition::new(mother, parts))
    }
}

/// The views of these mothers.
///
/// # Errors
/// All at once: those that cannot be made, or not be kept current.
pub fn of_mothers(
    settings: &Settings,
    mothers: &[Mother],
    catalogue: &[ScannedTable],
    state: &State,
) -> Result<Vec<UnionView>> {
    let schema = &state.rights.schema;
    let tables: Vec<&str> = mothers
        .iter()
        .map(|mother| mother.name.as_str())
        .chain(catalogue.iter().map(|scanned| scanned.child.as_str()))
        .collect();
    let of_mother = |mother: &Mother| UnionView::of(&Qualified::new(schema, &mother.name), settings.views);
    let views: Vec<UnionView> = mothers.iter().map(of_mother).collect();
    let faults: Vec<Error> = views.iter().filter_map(|view| view.check(&tables, state).err()).collect();
    if faults.is_empty() { Ok(views) } else { Err(Error::many(faults)) }
}

/// What the union view of a mother is called; not every name is possible.
pub fn name(mother: &str) -> String {
    format!("{mother}{SUFFIX}")
}

/// Whether this is a union view that pghaul has made.
pub fn is_ours(relation: &Relation) -> bool {
    relation.kind == 'v' && relation.comment.as_deref() == Some(COMMENT)
}

/// The statement that locks a view alone: `LOCK TABLE` would lock all that it reads as well. No view of ours can have a check
/// option, since a union cannot be written to.
fn lock_statement(view: &Qualified) -> String {
    format!("ALTER VIEW {view} RESET (check_option)")
}

/// A unit's table, once it is published; `table` is what has its rows until then.
fn part_of(unit: &Unit, table: &Qualified) -> Part {
    new_part(&unit.table, table, unit.mother_columns.iter().chain(&unit.own_columns))
}

fn new_part<'c>(name: &Qualified, table: &Qualified, columns: impl Iterator<Item = &'c Column>) -> Part {
    let typed = |column: &Column| (column.name.clone(), column.sql_type());
    Part { name: name.clone(), table: table.clone(), oid: 0, columns: columns.map(typed).collect() }
}

fn is_taken(name: &str, by: &str) -> Error {
    Error::refused(format!("its union view would be {name}, but {by}"))
        .remedy("rename or drop that one, or set views: false")
}
