//! The search path of a session.
//!
//! On the search path that a role has, other roles may have functions, operators and tables that fit a statement better than
//! PostgreSQL's own (CVE-2018-1058). So `session.sql` leaves `pg_catalog` alone on it, and keeps the path as it was for what
//! users write: their statements, and the names of tables and types.

use crate::Result;
use postgres::{Client, GenericClient};

/// The statement that gives the session the search path that it began with.
const GIVE_BACK: &str = "SELECT pg_catalog.set_config('search_path', \
                         pg_catalog.current_setting('pghaul.search_path'), false)";
/// The statement that puts `pg_catalog` before that search path.
const OURS_THEN_USERS: &str = "SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'pg_catalog', \
                               NULLIF(pg_catalog.current_setting('pghaul.search_path'), '')), false)";
/// The search path of all statements of ours.
const OURS: &str = "SET search_path = pg_catalog, pg_temp";

/// Gives the session the search path that it began with, for a connection, or a savepoint to be rolled back to, in which a user's
/// statement is all that runs.
///
/// # Errors
/// What the server reports.
pub fn give_back(client: &mut impl GenericClient) -> Result<()> {
    Ok(client.batch_execute(GIVE_BACK)?)
}

/// Does `work` with the search path that the session began with. `work` qualifies each name but those that users wrote.
///
/// # Errors
/// What the server or `work` reports. The session has our search path afterwards, or is closed.
pub fn with_users<T>(client: &mut Client, work: impl FnOnce(&mut Client) -> Result<T>) -> Result<T> {
    with(GIVE_BACK, client, work)
}

/// As [`with_users`], with PostgreSQL's own names before those of the user's path: for a statement that has both.
///
/// # Errors
/// As there.
pub fn with_both<T>(client: &mut Client, work: impl FnOnce(&mut Client) -> Result<T>) -> Result<T> {
    with(OURS_THEN_USERS, client, work)
}

fn with<T>(path: &str, client: &mut Client, work: impl FnOnce(&mut Client) -> Result<T>) -> Result<T> {
    client.batch_execute(path)?;
    let done = work(client);
    if client.batch_execute(OURS).is_err() {
        // A statement of the user has begun a transaction and failed in it.
        client.batch_execute(&format!("ROLLBACK; {OURS}"))?;
    }
    done
}
