//! Statements that a job's configuration has executed before or after it.

use crate::run::interrupt;
use crate::{Error, Place, Result};
use postgres::Client;

/// Executes each of `statements`, in its own transaction unless it is one that needs none, such as VACUUM. `key` names them
/// in messages, such as `fetch.stats.after`.
///
/// # Errors
/// The first one that fails, with its place in the list and what the server reports; Ctrl-C.
pub fn execute(client: &mut Client, key: &str, statements: &[String]) -> Result<()> {
    for (index, statement) in statements.iter().enumerate() {
        interrupt::check()?;
        // Without its text, which may hold a secret.
        tracing::debug!("{key}[{index}]");
        let executed = client.batch_execute(statement);
        executed.map_err(|error| Error::from(error).at(Place::file(format!("{key}[{index}]"))))?;
    }
    Ok(())
}
