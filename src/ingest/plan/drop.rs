//! A mother that goes with her version tables: which those are, and whether all of it may go.

use super::action::COMMENT;
use super::mothers::Mother;
use super::state::State;
use crate::ingest::catalogue::scan::ScannedTable;
use crate::ingest::publish::union::{self, UnionView};
use crate::ingest::settings::MothersMode;
use crate::pg::catalog;
use crate::pg::ident::Qualified;
use crate::pg::lock::Turn;
use crate::pg::sqlstate::SqlState;
use crate::report::plural;
use crate::table::ledger::loads;
use crate::{Error, Place, Result};
use postgres::Transaction;
use std::time::Duration;

/// How long those who use what is to be dropped are waited for.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A mother, her version tables, and her union view.
#[derive(Debug)]
pub struct Drop {
    mother: Qualified,
    children: Vec<Qualified>,
    view: UnionView,
    /// Whether there was a view when the run was thought through.
    has_view: bool,
}

impl Drop {
    /// Of a mother that is there.
    ///
    /// # Errors
    /// One that pghaul did not create, or with rows or children that it did not load, or with a version that would not come
    /// back.
    pub fn new(
        mother: &Mother,
        catalogue: &[ScannedTable],
        state: &State,
        mode: MothersMode,
    ) -> Result<Drop> {
        let table = Qualified::new(&state.rights.schema, &mother.name);
        let mut children = children(mother, catalogue, state, mode)?;
        if mode == MothersMode::Recreate {
            children.extend(detached(mother, catalogue, state));
        }
        let view = UnionView::of(&table, false);
        let has_view = state.relations.get(view.name().name()).is_some_and(union::is_ours);
        Ok(Drop { mother: table, children, view, has_view })
    }

    /// The mother.
    pub fn mother(&self) -> &Qualified {
        &self.mother
    }

    /// The statement, as the database was when the run was thought through.
    pub fn planned(&self) -> String {
        self.statement(self.has_view)
    }

    /// One statement without CASCADE: a view that someone made on one of them stops it.
    fn statement(&self, has_view: bool) -> String {
        let names: Vec<String> =
            std::iter::once(&self.mother).chain(&self.children).map(Qualified::to_string).collect();
        let view = if has_view { format!("DROP VIEW {};\n", self.view.name()) } else { String::new() };
        format!("{view}DROP TABLE {}", names.join(", "))
    }

    /// Locks all of it, and then the tables `more`; the view first, as its readers do. Tells whether there is one.
    ///
    /// # Errors
    /// [`SqlState::LockTimeout`]; what the server reports.
    pub fn lock<'t>(
        &'t self,
        turn: &Turn,
        is_first: bool,
        more: impl Iterator<Item = &'t Qualified>,
        attempt: &mut Transaction<'_>,
    ) -> Result<bool> {
        if !is_first {
            turn.limit(attempt)?;
        }
        let has_view = self.view.lock(attempt)?;
        let tables = std::iter::once(&self.mother).chain(&self.children).chain(more);
        turn.lock_against_readers(attempt, is_first && !has_view, tables)?;
        Ok(has_view)
    }

    /// Drops all of it, which is locked, and forgets it.
    ///
    /// # Errors
    /// What has come into the way since the run was thought through; what the server reports.
    pub fn execute(&self, has_view: bool, attempt: &mut Transaction<'_>) -> Result<()> {
        self.check_again(attempt).map_err(|error| error.at(Place::table(self.mother.name())))?;
        execute(attempt, &self.statement(has_view))?;
        loads::mothers::forget(attempt, &self.mother, &self.children)
    }

    /// Says that it is gone.
    pub fn tell(&self) {
        let (name, count) = (self.mother.name(), self.children.len() as u64);
        tracing::info!("dropped mother table {name} and its {count} version {}", plural(count, "table"));
    }

    /// Looks again, now that nobody else can change anything.
    fn check_again(&self, attempt: &mut Transaction<'_>) -> Result<()> {
        if catalog::has_own_rows(attempt, &self.mother)? {
            return Err(has_own_rows());
        }
        let children = catalog::children(attempt, self.mother.schema(), &[self.mother.name()])?;
        match children.iter().find(|child| !self.children.contains(&child.child)) {
            Some(new) => Err(has_foreign_child(&new.child)),
            None => Ok(()),
        }
    }
}

/// Executes a statement, and says what helps where something depends on what it drops.
///
/// # Errors
/// What the server reports.
pub fn execute(transaction: &mut Transaction<'_>, statement: &str) -> Result<()> {
    tracing::debug!("{statement}");
    transaction.batch_execute(statement).map_err(|error| {
        let error = Error::from(error);
        match SqlState::from(&error) {
            SqlState::Dependents => error.remedy("drop what depends on the old tables, or keep them"),
            _ => error,
        }
    })
}

/// Adds what helps where somebody has used the tables for too long.
pub fn in_the_way(error: Error) -> Error {
    match SqlState::from(&error) {
        SqlState::LockTimeout => {
            error.remedy("someone is using the tables that are to be dropped; run again when they are done")
        }
        _ => error,
    }
}

/// The version tables of a mother that is to be dropped.
fn children(
    mother: &Mother,
    catalogue: &[ScannedTable],
    state: &State,
    mode: MothersMode,
) -> Result<Vec<Qualified>> {
    if !state.our_mothers.contains(&mother.name) {
        return Err(
            Error::refused("was not created by pghaul, which will not drop it").remedy("drop it by hand")
        );
    }
    if state.own_rows.contains(&mother.name) {
        return Err(has_own_rows());
    }
    let mut children = Vec::new();
    for child in state.children.iter().filter(|child| child.parent == mother.name).map(|child| &child.child) {
        let entry = state.ledger.get(child.name()).filter(|entry| entry.mother == mother.name);
        let Some(entry) = entry.filter(|_| child.schema() == state.rights.schema) else {
            return Err(has_foreign_child(child));
        };
        let comes_back = catalogue.iter().any(|scanned| {
            (&scanned.source.table, &scanned.source.dump.app, &scanned.source.dump.version)
                == (&mother.name, &entry.app, &entry.version)
        });
        if mode == MothersMode::Recreate && !comes_back {
            return Err(Error::refused(format!(
                "would lose {}, since {} {} is not among the dumps to load",
                child.name(),
                entry.app,
                entry.version
            ))
            .remedy("add its dump, or drop everything first with --mothers purge"));
        }
        children.push(child.clone());
    }
    Ok(children)
}

/// Version tables that somebody has detached from the mother, and whose names are needed. What is not ours, or of another
/// mother, is refused when the units are looked at.
fn detached(mother: &Mother, catalogue: &[ScannedTable], state: &State) -> Vec<Qualified> {
    let is_left = |scanned: &&ScannedTable| {
        let ours = state
            .relations
            .get(&scanned.child)
            .is_some_and(|relation| relation.kind == 'r' && relation.comment.as_deref() == Some(COMMENT));
        scanned.source.table == mother.name && ours && !state.is_child(&mother.name, &scanned.child)
    };
    let table = |scanned: &ScannedTable| Qualified::new(&state.rights.schema, &scanned.child);
    catalogue.iter().filter(is_left).map(table).collect()
}

fn has_own_rows() -> Error {
    Error::refused("has rows of its own, which pghaul did not load and will not drop")
        .remedy("delete them, or move them to another table")
}

fn has_foreign_child(child: &Qualified) -> Error {
    Error::refused(format!("has the child table {child}, which pghaul did not load and will not drop"))
        .remedy("drop it, or detach it with ALTER TABLE … NO INHERIT")
}
