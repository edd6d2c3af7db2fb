//! What happens to the mother tables before the load: those to be dropped, and those to be created.

use super::catalogue::DataFile;
use super::mothers::Mother;
use super::settings::{MothersMode, Settings};
use super::state::State;
use super::union::{self, UnionView};
use crate::pg::catalog::{self, Column};
use crate::pg::ident::Qualified;
use crate::pg::{ledger, lock};
use crate::report::plural;
use crate::{Error, Place, Result};
use postgres::{Client, Transaction};
use std::time::Duration;

/// How long those who use a mother are waited for before she is dropped.
const PATIENCE: Duration = Duration::from_secs(30);

/// The changes, found to be possible.
#[derive(Debug, Default)]
pub struct Changes {
    drops: Vec<Drop>,
    creates: Vec<Create>,
}

/// A mother that goes, with her version tables.
#[derive(Debug)]
struct Drop {
    mother: Qualified,
    children: Vec<Qualified>,
    /// Her union view, if she has one.
    view: Option<Qualified>,
}

#[derive(Debug)]
struct Create {
    mother: Qualified,
    statement: String,
}

impl Changes {
    /// Works out the changes.
    ///
    /// # Errors
    /// All at once: mothers to be dropped that pghaul did not create, or with rows or children that it did not load,
    /// or with a version that would not come back.
    pub fn new(
        settings: &Settings,
        files: &[DataFile],
        mothers: &[Mother],
        state: &State,
    ) -> Result<Changes> {
        let mut changes = Changes::default();
        let mut faults = Vec::new();
        for mother in mothers {
            let table = Qualified::new(&state.rights.schema, &mother.name);
            let exists = state.relations.contains_key(&mother.name);
            if exists && settings.mothers != MothersMode::Keep {
                match children_to_drop(mother, files, state, settings.mothers) {
                    Ok(children) => {
                        let view = union::name(&mother.name);
                        let exists = state.relations.get(&view).is_some_and(union::is_ours);
                        let view = exists.then(|| Qualified::new(&state.rights.schema, view));
                        changes.drops.push(Drop { mother: table.clone(), children, view });
                    }
                    Err(error) => faults.push(error.at(Place::table(&mother.name))),
                }
            }
            let creates = match settings.mothers {
                MothersMode::Keep => !exists,
                MothersMode::Recreate => true,
                MothersMode::Purge => false,
            };
            if creates {
                let columns: Vec<String> = mother.columns.iter().map(Column::definition).collect();
                let statement = format!("CREATE TABLE {table} ({})", columns.join(", "));
                changes.creates.push(Create { mother: table, statement });
            }
        }
        if faults.is_empty() { Ok(changes) } else { Err(Error::many(faults)) }
    }

    /// The statements, in order.
    pub fn statements(&self) -> impl Iterator<Item = String> {
        let creates = self.creates.iter().map(|create| create.statement.clone());
        self.drops.iter().map(Drop::statement).chain(creates)
    }

    /// Whether this mother will be made, or made anew.
    pub fn creates(&self, mother: &str) -> bool {
        self.creates.iter().any(|create| create.mother.name() == mother)
    }

    /// Carries out the changes, creates the ledger, and brings union views up to date, in one transaction.
    ///
    /// # Errors
    /// What the server reports, and what has come into the way meanwhile; nothing has changed then.
    pub fn apply(&self, views: &[UnionView], client: &mut Client) -> Result<()> {
        let mut transaction = client.transaction()?;
        ledger::set_up(&mut transaction)?;
        self.lock(&mut transaction)?;
        for drop in &self.drops {
            drop.check_again(&mut transaction).map_err(|error| error.at(Place::table(drop.mother.name())))?;
            execute(&mut transaction, &drop.statement())?;
            ledger::forget_mother(&mut transaction, &drop.mother, &drop.children)?;
        }
        for create in &self.creates {
            execute(&mut transaction, &create.statement)?;
            ledger::record_mother(&mut transaction, &create.mother)?;
        }
        for view in views {
            view.set_up(&mut transaction)?;
        }
        transaction.commit()?;
        for Drop { mother, children, .. } in &self.drops {
            let (name, count) = (mother.name(), children.len());
            tracing::info!(
                "dropped mother table {name} and its {count} version {}",
                plural(count as u64, "table")
            );
        }
        Ok(())
    }

    /// Locks all that is to be dropped. Only the first table is waited for in earnest: its readers may go on to the
    /// others, which must not wait for us then.
    fn lock(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        let locks: Vec<String> = self.drops.iter().flat_map(Drop::locks).collect();
        if locks.is_empty() {
            return Ok(());
        }
        let short_wait = format!("; {}; ", lock::set_timeout(lock::FIRST_WAIT));
        lock::patiently(transaction, PATIENCE, "the tables to be dropped", &locks.join(&short_wait)).map_err(
            |error| match error.sqlstate() {
                Some(lock::NOT_AVAILABLE) => error.remedy(
                    "someone is using the tables that are to be dropped; run again when they are done",
                ),
                _ => error,
            },
        )
    }
}

impl Drop {
    /// One statement without CASCADE: a view that someone made on one of them stops it.
    fn statement(&self) -> String {
        let names: Vec<String> =
            std::iter::once(&self.mother).chain(&self.children).map(Qualified::to_string).collect();
        let view = self.view.as_ref().map(|view| format!("DROP VIEW {view};\n")).unwrap_or_default();
        format!("{view}DROP TABLE {}", names.join(", "))
    }

    /// The statements that lock all of it, the view first, as its readers do.
    fn locks(&self) -> Vec<String> {
        let tables = std::iter::once(&self.mother).chain(&self.children);
        let of_tables = tables.map(|table| format!("LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE"));
        self.view.iter().map(union::lock_statement).chain(of_tables).collect()
    }

    /// Looks again, now that nobody else can change anything.
    fn check_again(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        if catalog::has_own_rows(transaction, &self.mother)? {
            return Err(has_own_rows());
        }
        let children = catalog::children(transaction, self.mother.schema(), &[self.mother.name()])?;
        match children.iter().find(|child| !self.children.contains(&child.child)) {
            Some(new) => Err(has_foreign_child(&new.child)),
            None => Ok(()),
        }
    }
}

fn execute(transaction: &mut Transaction<'_>, statement: &str) -> Result<()> {
    tracing::debug!("{statement}");
    transaction.batch_execute(statement).map_err(|error| {
        let error = Error::from(error);
        match error.sqlstate() {
            Some("2BP01") => error.remedy("drop what depends on the old tables, or keep them"),
            _ => error,
        }
    })
}

/// The version tables of a mother that is to be dropped.
fn children_to_drop(
    mother: &Mother,
    files: &[DataFile],
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
    for child in state.children.iter().filter(|child| child.mother == mother.name).map(|child| &child.child) {
        let entry = state.ledger.get(child.name()).filter(|entry| entry.mother == mother.name);
        let Some(entry) = entry.filter(|_| child.schema() == state.rights.schema) else {
            return Err(has_foreign_child(child));
        };
        let comes_back = files.iter().any(|file| {
            (&file.table, &file.dump.app, &file.dump.version) == (&mother.name, &entry.app, &entry.version)
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

fn has_own_rows() -> Error {
    Error::refused("has rows of its own, which pghaul did not load and will not drop")
        .remedy("delete them, or move them to another table")
}

fn has_foreign_child(child: &Qualified) -> Error {
    Error::refused(format!("has the child table {child}, which pghaul did not load and will not drop"))
        .remedy("drop it, or detach it with ALTER TABLE … NO INHERIT")
}
