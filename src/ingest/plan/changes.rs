//! What happens to the mother tables: which are dropped, which are created, and which are recreated with their versions.

use super::mothers::Mother;
use super::removal::Removal;
use super::state::State;
use super::widening::Widening;
use crate::ingest::catalogue::scan::ScannedTable;
use crate::ingest::settings::{MothersMode, Settings};
use crate::pg::catalog::Column;
use crate::pg::ident::Qualified;
use crate::{Error, Place, Result};

/// The changes, found to be possible.
#[derive(Debug, Default)]
pub struct Changes {
    /// Mothers that are dropped before the load.
    pub removals: Vec<Removal>,
    /// Mothers that are created before the load.
    pub creations: Vec<Creation>,
    /// Mothers that are widened before the load.
    pub widenings: Vec<Widening>,
    /// Mothers that are recreated when their versions are loaded.
    pub recreations: Vec<Recreation>,
}

/// A mother that is to be created.
#[derive(Debug)]
pub struct Creation {
    /// The mother.
    pub mother: Qualified,
    /// The statement.
    pub statement: String,
}

/// A mother, as it is and as it will be.
#[derive(Debug)]
pub struct Recreation {
    /// What is dropped.
    pub removal: Removal,
    /// What is created in its place.
    pub creation: Creation,
}

impl Changes {
    /// Works out the changes, apart from the widenings.
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
            let creation = || Creation::new(mother, state);
            if !exists {
                changes.creations.extend((settings.mothers != MothersMode::Purge).then(creation));
                continue;
            }
            if settings.mothers.keeps_tables() {
                continue;
            }
            match Removal::new(mother, catalogue, state, settings.mothers) {
                Err(error) => faults.push(error.at(Place::table(&mother.name))),
                Ok(removal) if settings.mothers == MothersMode::Purge => changes.removals.push(removal),
                Ok(removal) if catalogue.iter().any(|scanned| scanned.source.table == mother.name) => {
                    changes.recreations.push(Recreation { removal, creation: creation() });
                }
                // There is no version to wait for.
                Ok(removal) => {
                    changes.removals.push(removal);
                    changes.creations.push(creation());
                }
            }
        }
        if faults.is_empty() { Ok(changes) } else { Err(Error::many(faults)) }
    }

    /// The statements, in order.
    pub fn statements(&self) -> impl Iterator<Item = String> {
        let creations = self.creations.iter().map(|creation| creation.statement.clone());
        let widenings = self.widenings.iter().map(Widening::statement);
        let recreations = self.recreations.iter().flat_map(Recreation::planned);
        self.removals.iter().map(Removal::planned).chain(creations).chain(widenings).chain(recreations)
    }

    /// Whether this run creates the mother, or recreates it.
    pub fn creates(&self, mother: &str) -> bool {
        self.creations.iter().any(|creation| creation.mother.name() == mother) || self.recreates(mother)
    }

    /// Whether the mother is recreated when its versions are loaded.
    pub fn recreates(&self, mother: &str) -> bool {
        self.recreations.iter().any(|recreation| recreation.mother().name() == mother)
    }

    /// Whether the mother is widened before the load.
    pub fn widens(&self, mother: &str) -> bool {
        self.widenings.iter().any(|widening| widening.mother.name() == mother)
    }
}

impl Creation {
    fn new(mother: &Mother, state: &State) -> Creation {
        let table = Qualified::new(&state.rights.schema, &mother.name);
        let columns: Vec<String> = mother.columns.iter().map(Column::definition).collect();
        let statement = format!("CREATE TABLE {table} ({})", columns.join(", "));
        Creation { mother: table, statement }
    }
}

impl Recreation {
    /// The mother.
    pub fn mother(&self) -> &Qualified {
        &self.removal.mother
    }

    /// The statements, with a comment.
    fn planned(&self) -> Vec<String> {
        let when = "-- in one transaction, when the versions below are loaded under other names:\n";
        vec![format!("{when}{}", self.removal.planned()), self.creation.statement.clone()]
    }
}
