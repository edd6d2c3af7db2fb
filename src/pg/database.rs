//! The target database: the one that was named, or the embedded server.

use super::connect::Target;
use super::embedded::{Embedded, Lease};
use super::trust;
use crate::report::plural;
use crate::{Error, Result};
use postgres::Client;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// The same failure, marked as one of the connection: the server has ended that.
pub fn lost_connection(error: Error) -> Error {
    error.remedy("the server's log says why; run again to load what is missing").of_connection()
}

/// The target database of a run. As long as this lives, the embedded server runs, where that is the database.
pub struct Database {
    target: Target,
    embedded: Option<Lease>,
    /// Whether a connection has looked for rights that no job needs.
    has_said: AtomicBool,
}

impl Database {
    /// The database that is named, or else the embedded server in `data_dir`, which is started where it does not run.
    ///
    /// # Errors
    /// An embedded server that cannot be started.
    pub fn open(named: Option<Target>, data_dir: Option<&Path>) -> Result<Database> {
        if let Some(target) = named {
            return Ok(Database { target, embedded: None, has_said: AtomicBool::new(false) });
        }
        let lease = Embedded::new(data_dir)?.acquire()?;
        Ok(Database {
            target: Target::parse(&lease.url())?,
            embedded: Some(lease),
            has_said: AtomicBool::new(false),
        })
    }

    /// Opens a connection. Any thread may call it.
    ///
    /// # Errors
    /// As [`Target::connect`].
    pub fn connect(&self) -> Result<Client> {
        let mut client = self.target.connect()?;
        // The private server belongs to this user alone.
        if !self.is_private() && !self.has_said.swap(true, Ordering::Relaxed) {
            trust::say_superuser(client.query_opt(trust::IS_SUPERUSER, &[])?.as_ref());
        }
        Ok(client)
    }

    /// Whether it is the embedded server.
    pub fn is_private(&self) -> bool {
        self.embedded.is_some()
    }

    /// The target, for a caller that connects in another way than [`Database::connect`].
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Opens connections until there are `wanted`, with `first` among them; fewer where the server has no room for all.
    pub fn connect_up_to(&self, first: Option<Client>, wanted: usize) -> Vec<Client> {
        let mut clients: Vec<Client> = first.into_iter().collect();
        while clients.len() < wanted {
            match self.connect() {
                Ok(client) => clients.push(client),
                Err(error) => {
                    // A worker without a connection tries once more by itself, and may fail then.
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

    /// Gives the embedded server back, which stops it unless another process uses it. A failure is a warning, since what
    /// was loaded stays loaded.
    pub fn close(self) {
        if let Some(Err(error)) = self.embedded.map(Lease::release) {
            tracing::warn!("the embedded server was not stopped: {error}");
        }
    }
}
