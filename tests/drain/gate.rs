//! Holds a run back between taking a batch and loading it.

use pghaul_test_support::Database;
use postgres::Client;

/// Waits before a batch is loaded, as long as a [`Gate`] is closed.
pub const BEFORE: &str = "before: ['SELECT pg_advisory_lock(7)', 'SELECT pg_advisory_unlock(7)']";

/// A gate of the database.
pub struct Gate(Client);

impl Gate {
    /// Closes it.
    pub fn close(db: &Database<'_>) -> Gate {
        let mut client = db.client();
        client.batch_execute("SELECT pg_advisory_lock(7)").unwrap();
        Gate(client)
    }

    /// Waits until a run stands before it. Other tests have gates in other databases of the server.
    #[track_caller]
    pub fn wait(db: &Database<'_>) {
        db.wait_until(
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database \
             WHERE locktype = 'advisory' AND objid = 7 AND NOT granted AND datname = current_database())",
        );
    }

    /// Opens it.
    pub fn open(mut self) {
        self.0.batch_execute("SELECT pg_advisory_unlock(7)").unwrap();
    }
}
