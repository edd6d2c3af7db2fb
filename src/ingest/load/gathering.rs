//! The versions of a mother that is recreated, until all of them have ended.

use crate::ingest::plan::changes::Recreation;
use crate::ingest::plan::unit::Unit;
use crate::ingest::publish::staged::Staged;
use crate::report::guard::GuardReport;
use crate::run::interrupt;
use crate::{Error, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The versions of one mother that have ended. Workers share it.
#[derive(Debug)]
pub struct Gathering<'r> {
    /// The mother.
    pub recreation: &'r Recreation,
    /// How many versions there are.
    expected: usize,
    /// Why no version can be loaded.
    refusal: Option<String>,
    settled: Mutex<Vec<Settled>>,
}

/// A version that has ended, loaded or not.
#[derive(Debug)]
pub struct Settled {
    /// The index of its unit.
    pub index: usize,
    /// How long it took, seconds.
    pub seconds: f64,
    /// What its guards have found.
    pub guards: Vec<GuardReport>,
    /// How it has ended.
    pub outcome: Outcome,
}

/// How the load of a version has ended.
#[derive(Debug)]
pub enum Outcome {
    /// Its rows wait in a staging table.
    Staged(Box<Staged>),
    /// It cannot be loaded.
    Failed(Error),
    /// It was not loaded, since another version had failed, or a signal came before.
    Untried,
}

impl<'r> Gathering<'r> {
    /// Expects those of `units` that are the mother's. `refusal` is why none of them can be loaded.
    pub fn new(recreation: &'r Recreation, units: &[Unit], refusal: Option<&Error>) -> Gathering<'r> {
        let expected = units.iter().filter(|unit| unit.mother == *recreation.mother()).count();
        Gathering { recreation, expected, refusal: refusal.map(Error::to_string), settled: Mutex::default() }
    }

    /// Checks that versions can be loaded.
    ///
    /// # Errors
    /// The refusal.
    pub fn check(&self) -> Result<()> {
        self.refusal.as_ref().map_or(Ok(()), |refusal| Err(Error::failed(refusal)))
    }

    /// Whether a version has failed: the others need not be loaded then.
    pub fn is_hopeless(&self) -> bool {
        self.settled().iter().any(|settled| matches!(settled.outcome, Outcome::Failed(_)))
    }

    /// Takes a version in. After the last one, returns all of them in the order of the units.
    pub fn settle(&self, version: Settled) -> Option<Vec<Settled>> {
        let mut settled = self.settled();
        settled.push(version);
        if settled.len() < self.expected {
            return None;
        }
        let mut all = std::mem::take(&mut *settled);
        all.sort_by_key(|version| version.index);
        Some(all)
    }

    fn settled(&self) -> MutexGuard<'_, Vec<Settled>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The versions that wait to be published, in the order of the units.
pub fn staged<'v>(versions: &'v [Settled], units: &'v [Unit]) -> Vec<(&'v Unit, &'v Staged)> {
    let staged = |version: &'v Settled| match &version.outcome {
        Outcome::Staged(staged) => Some((&units[version.index], staged.as_ref())),
        Outcome::Failed(_) | Outcome::Untried => None,
    };
    versions.iter().filter_map(staged).collect()
}

/// Why the versions that were loaded are not published; `None` where all of them were loaded.
pub fn cause(versions: &[Settled], units: &[Unit]) -> Option<String> {
    let failed = |version: &&Settled| matches!(version.outcome, Outcome::Failed(_));
    let names: Vec<&str> =
        versions.iter().filter(failed).map(|version| units[version.index].table.name()).collect();
    let is_untried = |version: &Settled| matches!(version.outcome, Outcome::Untried);
    match names.is_empty() {
        false => Some(format!("{} could not be loaded", names.join(", "))),
        // A signal came before one of them.
        true => versions.iter().any(is_untried).then(|| "others were not loaded".to_owned()),
    }
}

/// The error of a version that is not published for that cause.
pub fn held_back(unit: &Unit, cause: Option<&str>) -> Error {
    let (mother, cause) = (unit.mother.name(), cause.unwrap_or("others are not"));
    interrupt::check().err().unwrap_or_else(|| {
        Error::failed(format!(
            "not published, since {cause}; {mother} and all its version tables are what they were"
        ))
        .at(unit.source.place())
    })
}
