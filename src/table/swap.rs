//! The moment when a filled table takes the place and the name of one that is there.

use super::additions::Replacement;
use crate::pg::ident::quote;
use crate::pg::lock::{self, Turn};
use crate::pg::sqlstate::SqlState;
use crate::{Error, Result};
use postgres::Transaction;
use std::time::Duration;

/// How long a swap waits for the sessions that use the old table or its mother.
pub const PATIENCE: Duration = Duration::from_secs(30);

impl Replacement {
    /// Puts the new table in the place of the old one, with all additions of users.
    ///
    /// A mother is locked first. A reader that has listed its children already would wait for the old table, find it gone,
    /// and see neither; so readers must wait for the mother, before they list. They queue behind us while we wait, so we
    /// step back between tries and let them pass. Without a mother, a reader that waits for the old table looks up the name
    /// once more when it gets the lock, and finds the new table.
    ///
    /// # Errors
    /// Additions that the rows do not allow; obstacles that have come up since the load began; sessions that use either
    /// table for too long; what the server reports; Ctrl-C.
    pub fn swap(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        self.swap_along(transaction, |_| Ok(false), |_| Ok(()))
    }

    /// As [`Replacement::swap`]. `lock_first` takes a lock before those of the tables, and says whether it did; `along` is
    /// called when all is locked and both tables still exist.
    ///
    /// # Errors
    /// As there, and those of `lock_first` and `along`.
    pub fn swap_along(
        &self,
        transaction: &mut Transaction<'_>,
        lock_first: impl Fn(&mut Transaction<'_>) -> Result<bool>,
        along: impl Fn(&mut Transaction<'_>) -> Result<()>,
    ) -> Result<()> {
        let additions = self.additions(transaction)?;
        for lost in additions.lost() {
            tracing::warn!("{}: the new version has no place for {lost}", self.old.name());
        }
        additions.put_on_hidden(self, PATIENCE, transaction).map_err(|error| self.explain_timeout(error))?;
        let mut statements = vec![
            format!("DROP TABLE {}", self.old),
            format!("ALTER TABLE {} RENAME TO {}", self.new, quote(self.old.name())),
        ];
        statements.extend(additions.named().map(str::to_owned));
        let statements = statements.join("; ");
        let used = self.mother.as_ref().unwrap_or(&self.old).name();
        let swapped = lock::lock_in_tries(transaction, PATIENCE, used, |attempt| {
            let turn = Turn::begin();
            let is_first = !lock_first(attempt)?;
            // Children are not locked: a reader of another version does not matter.
            turn.lock_against_readers(attempt, is_first, self.mother.iter().chain([&self.old]))?;
            // Until now the old table could be altered. Grants on it can be altered even now.
            if self.additions(attempt)? != additions {
                return Err(self.changed_meanwhile());
            }
            self.check(attempt)?;
            along(attempt)?;
            Ok(attempt.batch_execute(&statements)?)
        });
        swapped.map_err(|error| match SqlState::from(&error) {
            SqlState::Dependents => error.remedy(self.remedy()),
            _ => self.explain_timeout(error),
        })
    }

    fn changed_meanwhile(&self) -> Error {
        let table = self.old.name();
        Error::failed(format!("{table} was altered while its new rows were being loaded")).remedy("run again")
    }

    /// Adds what helps where other sessions have used a table for too long.
    pub fn explain_timeout(&self, error: Error) -> Error {
        if SqlState::from(&error) != SqlState::LockTimeout {
            return error;
        }
        let (table, seconds) = (self.old.name(), PATIENCE.as_secs());
        let used =
            self.mother.as_ref().map_or(table.to_owned(), |mother| format!("{} or {table}", mother.name()));
        error.remedy(format!(
            "someone has been using {used} for more than {seconds} s; run again when they are done"
        ))
    }
}
