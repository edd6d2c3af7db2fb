//! Union views: `<mother>_all`, with every column of every version. A view reads the tables that existed when it was made, so
//! each publication makes it again, in its transaction.
//!
//! A reader locks the view first, then the tables that it reads. A publication does the same: a reader that has got past the
//! view finds every table that the view names.

mod change;
mod definition;
mod existing;

pub use definition::{Part, Typed};
pub use existing::{COMMENT, is_ours};

use crate::pg::catalog::{Column, Relation};
use crate::pg::ident::{Qualified, refusal};
use crate::pg::lock::{self, Turn};
use crate::pg::sqlstate::SqlState;
use crate::{Error, Place, Result};
use change::PATIENCE;
use definition::Definition;
use existing::Upkeep;
use postgres::{GenericClient, Transaction};

/// What a view's name has behind its mother's.
const SUFFIX: &str = "_all";

/// The columns and the statement of a view, or why it cannot be made.
pub type Planned = Result<(Vec<Typed>, String), String>;

/// The union view of a mother, which may exist or not.
#[derive(Debug, Clone)]
pub struct UnionView {
    view: Qualified,
    mother: Qualified,
    /// Whether it is to be made where it is missing.
    wanted: bool,
    /// Types that columns of the mother, and of all tables that inherit from it, get before the load.
    widened: Vec<Typed>,
}

impl UnionView {
    /// The view of `mother`.
    pub fn of(mother: &Qualified, wanted: bool) -> UnionView {
        let view = Qualified::new(mother.schema(), name(mother.name()));
        UnionView { view, mother: mother.clone(), wanted, widened: Vec::new() }
    }

    /// The same view, where these columns of the mother have these types by the time of the load.
    pub fn with_types(self, widened: Vec<Typed>) -> UnionView {
        UnionView { widened, ..self }
    }

    /// Its name.
    pub fn name(&self) -> &Qualified {
        &self.view
    }

    /// The mother whose rows it shows.
    pub fn mother(&self) -> &Qualified {
        &self.mother
    }

    /// Checks that it can be made, or kept current. `there` is what has its name, and `taken` are the names that the run's
    /// tables will have.
    ///
    /// # Errors
    /// A name that is too long, or that something else has or will have; a view of another role.
    pub fn check(&self, there: Option<&Relation>, taken: &[&str]) -> Result<()> {
        let name = self.view.name();
        let checked = match there {
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

    /// Makes those wait who come to read it; tells whether it exists.
    ///
    /// # Errors
    /// [`SqlState::LockTimeout`]; what the server reports.
    pub fn lock(&self, attempt: &mut Transaction<'_>) -> Result<bool> {
        let exists = matches!(self.upkeep(attempt)?, Upkeep::Update(_));
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

    /// Brings it up to date with the tables that inherit from the mother by now, one of which may be `published` in this
    /// transaction. The mother must be locked against other publications.
    ///
    /// # Errors
    /// Views, for example, that use it when its columns change; what the server reports.
    pub fn follow(&self, published: Option<Part>, attempt: &mut Transaction<'_>) -> Result<()> {
        let existing = match self.upkeep(attempt)? {
            Upkeep::Nothing => return Ok(()),
            Upkeep::Create => {
                let definition = self.define(published, attempt)?;
                return match definition.obstacle() {
                    Some(obstacle) => {
                        self.warn_of(&obstacle);
                        Ok(())
                    }
                    None => change::create(&self.view, &definition.select(), attempt),
                };
            }
            Upkeep::Update(existing) => existing,
        };
        let definition = self.define(published, attempt)?;
        if let Some(obstacle) = definition.obstacle() {
            // As it is, it would lack a version without a word.
            attempt.batch_execute(&format!("DROP VIEW {}", self.view))?;
            self.warn_of(&obstacle);
            return Ok(());
        }
        match definition.in_order_of(&existing.columns) {
            Some(ordered) => {
                let statement = change::replace_statement(&self.view, existing.options, &ordered);
                Ok(attempt.batch_execute(&statement)?)
            }
            None => change::recreate(&self.view, &definition, &definition.select(), attempt),
        }
    }

    fn warn_of(&self, obstacle: &str) {
        let (view, mother) = (self.view.name(), self.mother.name());
        tracing::warn!(
            "the union view {view} {obstacle}; there is none, and the rows of {mother} are loaded all the same"
        );
    }

    /// Makes it if it is missing, and brings it up to date if it is not: a user may have dropped or attached a table.
    ///
    /// # Errors
    /// Those who use it for too long; what the server reports.
    pub fn set_up(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        match self.upkeep(transaction)? {
            Upkeep::Nothing => return Ok(()),
            Upkeep::Create => {}
            Upkeep::Update(existing) => {
                let definition = self.define(None, transaction)?;
                let ordered = definition.in_order_of(&existing.columns);
                let columns_stay = ordered.is_some_and(|ordered| ordered.columns() == existing.columns);
                if columns_stay && definition.oids() == existing.reads {
                    return Ok(());
                }
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

    /// Puts an empty view of the same name and columns in its place, which uses no table; tells whether it exists. Only the
    /// view's own transaction may see that, and has to call [`UnionView::follow`].
    ///
    /// # Errors
    /// What uses it; what the server reports.
    pub fn let_go(&self, attempt: &mut Transaction<'_>) -> Result<bool> {
        let exists = matches!(self.upkeep(attempt)?, Upkeep::Update(_));
        if exists {
            let definition = self.define(None, attempt)?;
            change::recreate(&self.view, &definition, &definition.select_nothing(), attempt)?;
        }
        Ok(exists)
    }

    /// Checks that nothing uses it, as it has to be made again.
    ///
    /// # Errors
    /// What does; what the server reports.
    pub fn check_users(&self, client: &mut impl GenericClient) -> Result<()> {
        match self.upkeep(client)? {
            Upkeep::Update(_) => change::check_users(&self.view, &self.define(None, client)?, client),
            _ => Ok(()),
        }
    }

    /// Checks that the view's users will not be in the way when `part` is published.
    ///
    /// # Errors
    /// Those users; what the server reports.
    pub fn check_publication(&self, part: Part, client: &mut impl GenericClient) -> Result<()> {
        let Upkeep::Update(existing) = self.upkeep(client)? else { return Ok(()) };
        let definition = self.define([part], client)?;
        match definition.in_order_of(&existing.columns) {
            Some(_) => Ok(()),
            None => change::check_users(&self.view, &definition, client),
        }
    }

    /// Its columns and its statement once these parts are published, or why it cannot be made; `None` where none is wanted. A mother that is
    /// made before, or made again, will have the columns `new_mother`.
    ///
    /// # Errors
    /// What the server reports.
    pub fn planned(
        &self,
        new_mother: Option<&[Column]>,
        parts: Vec<Part>,
        client: &mut impl GenericClient,
    ) -> Result<Option<Planned>> {
        let existing = match (self.upkeep(client)?, new_mother) {
            (Upkeep::Nothing, _) => return Ok(None),
            // It goes with the mother.
            (Upkeep::Update(_), Some(_)) if !self.wanted => return Ok(None),
            (Upkeep::Update(existing), None) => Some(existing),
            _ => None,
        };
        let definition = match new_mother {
            Some(columns) => Definition::new(Part::new(&self.mother, &self.mother, columns), parts),
            None => self.define(parts, client)?,
        };
        if let Some(obstacle) = definition.obstacle() {
            return Ok(Some(Err(obstacle)));
        }
        let ordered =
            existing.and_then(|existing| definition.in_order_of(&existing.columns)).unwrap_or(definition);
        Ok(Some(Ok((ordered.columns(), change::replace_statement(&self.view, None, &ordered)))))
    }

    fn upkeep(&self, client: &mut impl GenericClient) -> Result<Upkeep> {
        Upkeep::read(&self.view, self.wanted, client)
    }

    /// Its definition with the tables that inherit from the mother by now, and with `added` in the place of those of the same
    /// names.
    fn define(
        &self,
        added: impl IntoIterator<Item = Part>,
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
                let widened = self.widened.iter().find(|(widened, _)| *widened == name);
                part.columns.push(widened.cloned().unwrap_or((name, sql_type)));
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

/// What the union view of a mother is called; not every name is possible.
pub fn name(mother: &str) -> String {
    format!("{mother}{SUFFIX}")
}

/// The statement that locks a view alone: `LOCK TABLE` would lock all that it reads as well. No view of ours can have a check
/// option, since a union cannot be written to.
fn lock_statement(view: &Qualified) -> String {
    format!("ALTER VIEW {view} RESET (check_option)")
}

fn is_taken(name: &str, by: &str) -> Error {
    Error::refused(format!("its union view would be {name}, but {by}"))
        .remedy("rename or drop that one, or set views: false")
}
