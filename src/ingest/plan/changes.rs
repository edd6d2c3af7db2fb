//! What happens to the mother tables: those to be dropped, those to be created, and those to be made anew.

use super::drop::{self, Drop};
use super::mothers::Mother;
use super::state::State;
use crate::ingest::catalogue::scan::ScannedTable;
use crate::ingest::publish::recreation::Recreation;
use crate::ingest::publish::union::UnionView;
use crate::ingest::settings::{MothersMode, Settings};
use crate::pg::catalog::Column;
use crate::pg::ident::Qualified;
use crate::pg::lock::{self, Turn};
use crate::table::ledger::loads;
use crate::table::ledger::setup;
use crate::{Error, Place, Result};
use postgres::{Client, Transaction};

/// The changes, found to be possible.
#[derive(Debug, Default)]
pub struct Changes {
    drops: Vec<Drop>,
    creates: Vec<Create>,
    recreations: Vec<Recreation>,
}

/// A mother that comes.
#[derive(Debug)]
pub struct Create {
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
        catalogue: &[ScannedTable],
        mothers: &[Mother],
        state: &State,
    ) -> Result<Changes> {
        let mut changes = Changes::default();
        let mut faults = Vec::new();
        for mother in mothers {
            let exists = state.relations.contains_key(&mother.name);
            let create = || Create::new(mother, state);
            if !exists {
                changes.creates.extend((settings.mothers != MothersMode::Purge).then(create));
                continue;
            }
            if settings.mothers == MothersMode::Keep {
                continue;
            }
            match Drop::new(mother, catalogue, state, settings.mothers) {
                Err(error) => faults.push(error.at(Place::table(&mother.name))),
                Ok(drop) if settings.mothers == MothersMode::Purge => changes.drops.push(drop),
                Ok(drop) if catalogue.iter().any(|scanned| scanned.source.table == mother.name) => {
                    changes.recreations.push(Recreation::new(drop, create()));
                }
                // No version is to be waited for.
                Ok(drop) => {
                    changes.drops.push(drop);
                    changes.creates.push(create());
                }
            }
        }
        if faults.is_empty() { Ok(changes) } else { Err(Error::many(faults)) }
    }

    /// The statements, in order.
    pub fn statements(&self) -> impl Iterator<Item = String> {
        let creates = self.creates.iter().map(|create| create.statement.clone());
        let recreations = self.recreations.iter().flat_map(Recreation::planned);
        self.drops.iter().map(Drop::planned).chain(creates).chain(recreations)
    }

    /// Whether this mother will be made, or made anew.
    pub fn creates(&self, mother: &str) -> bool {
        self.creates.iter().any(|create| create.mother.name() == mother) || self.recreates(mother)
    }

    /// The mothers that are made anew when their versions are loaded.
    pub fn recreations(&self) -> &[Recreation] {
        &self.recreations
    }

    /// Whether this mother is made anew when her versions are loaded.
    pub fn recreates(&self, mother: &str) -> bool {
        self.recreations.iter().any(|recreation| recreation.mother().name() == mother)
    }

    /// Creates the ledger, carries out the changes that wait for no load, and brings union views up to date, in one
    /// transaction. The others are tried.
    ///
    /// # Errors
    /// What the server reports, and what has come into the way meanwhile; nothing has changed then.
    pub fn apply(&self, views: &[UnionView], client: &mut Client) -> Result<()> {
        let mut transaction = client.transaction()?;
        setup::set_up(&mut transaction)?;
        for recreation in &self.recreations {
            recreation.try_out(&mut transaction)?;
        }
        self.drop(&mut transaction)?;
        for create in &self.creates {
            create.execute(&mut transaction)?;
        }
        for view in views.iter().filter(|view| !self.recreates(view.mother().name())) {
            view.set_up(&mut transaction)?;
        }
        transaction.commit()?;
        self.drops.iter().for_each(Drop::tell);
        Ok(())
    }

    fn drop(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        if self.drops.is_empty() {
            return Ok(());
        }
        lock::lock_in_tries(transaction, drop::PATIENCE, "the tables to be dropped", |attempt| {
            let turn = Turn::begin();
            let mut have_views = Vec::new();
            for (number, drop) in self.drops.iter().enumerate() {
                have_views.push(drop.lock(&turn, number == 0, [].into_iter(), attempt)?);
            }
            self.drops.iter().zip(have_views).try_for_each(|(drop, has_view)| drop.execute(has_view, attempt))
        })
        .map_err(drop::in_the_way)
    }
}

impl Create {
    fn new(mother: &Mother, state: &State) -> Create {
        let table = Qualified::new(&state.rights.schema, &mother.name);
        let columns: Vec<String> = mother.columns.iter().map(Column::definition).collect();
        let statement = format!("CREATE TABLE {table} ({})", columns.join(", "));
        Create { mother: table, statement }
    }

    /// The statement.
    pub fn statement(&self) -> &str {
        &self.statement
    }

    /// Creates the mother, and records that.
    ///
    /// # Errors
    /// What the server reports.
    pub fn execute(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        drop::execute(transaction, &self.statement)?;
        loads::mothers::record(transaction, &self.mother)
    }
}
