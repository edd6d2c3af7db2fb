//! Statements of the user's own.

use super::path;
use crate::report::timeline::{self, Step};
use crate::run::interrupt;
use crate::{Error, Place, Result};
use postgres::Client;

/// Executes each of `statements` in a transaction of its own, or in none where it needs none, such as VACUUM; with the search path of
/// the user. `key` is the
/// list's name in messages, such as `fetch.stats.after`.
///
/// # Errors
/// The first statement that fails, with its place in the list and what the server reports; Ctrl-C.
pub fn execute(client: &mut Client, key: &str, statements: &[String]) -> Result<()> {
    if statements.is_empty() {
        return Ok(());
    }
    path::with_users(client, |client| {
        for (index, statement) in statements.iter().enumerate() {
            interrupt::check()?;
            // The text of a statement may hold a secret.
            tracing::debug!("{key}[{index}]");
            let what = format!("{key}[{index}]");
            let executed = timeline::during(Step::Statements, &what, || client.batch_execute(statement));
            executed.map_err(|error| Error::from(error).at(Place::file(what)))?;
        }
        Ok(())
    })
}
