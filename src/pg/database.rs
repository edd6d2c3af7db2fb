//! The target database: the one that was named, or the embedded server.

use super::connect::Target;
use super::embedded::{Embedded, Session};
use crate::report::plural;
use crate::{Error, Result};
use postgres::Client;
use std::path::Path;

/// What a failure is called after which the server has ended the connection.
pub fn lost_connection(error: Error) -> Error {
    error.remedy("the server's log says why; run again to load what is missing").of_connection()
}

/// The target database of a run; the embedded server is held running as long as this lives.
pub struct Database {
    target: Target,
    session: Option<Session>,
}

impl Database {
    /// The database that is named, or else the embedded server in `data_dir`, which is started where it does not run.
    ///
    /// # Errors
    /// An embedded server that cannot be started.
    pub fn open(named: Option<Target>, data_dir: Option<&Path>) -> Result<Database> {
        if let Some(target) = named {
            return Ok(Database { target, session: None });
        }
        let session = Embedded::new(data_dir)?.acquire()?;
        Ok(Database { target: Target::parse(&session.url())?, session: Some(session) })
    }

    /// Opens a connection; can be called from any thread.
    ///
    /// # Errors
    /// As [`Target::connect`].
    pub fn connect(&self) -> Result<Client> {
        self.target.connect()
    }

    /// What to connect to, for who connects in another way than [`Database::connect`].
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// `first`, if there is one, and as many connections more as make `wanted`; fewer where the server has no room for all.
    pub fn connect_up_to(&self, first: Option<Client>, wanted: usize) -> Vec<Client> {
        let mut clients: Vec<Client> = first.into_iter().collect();
        while clients.len() < wanted {
            match self.connect() {
                Ok(client) => clients.push(client),
                Err(error) => {
                    // Whoever needs one that it did not get here connects again, or fails.
                    let found = clients.len().max(1);
                    let workers = plural(found as u64, "worker");
                    tracing::warn!("loading with {found} {workers} instead of {wanted}: {error}");
                    break;
                }
            }
        }
        clients
    }

    /// The database as a URL without its password, for messages.
    pub fn describe(&self) -> String {
        self.target.describe()
    }

    /// Lets go of the embedded server, which stops it unless others use it. What was loaded stays loaded where that
    /// fails, so it is a warning.
    pub fn close(self) {
        if let Some(Err(error)) = self.session.map(Session::release) {
            tracing::warn!("the embedded server was not stopped: {error}");
        }
    }
}
