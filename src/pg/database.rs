//! The target database: the one that was named, or the embedded server.

use super::connect::Target;
use super::embedded::{Embedded, Lease};
use super::trust;
use crate::report::plural;
use crate::{Error, Result};
use postgres::Client;
use std::path::PathBuf;
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

/// Where a database is.
#[derive(Debug)]
pub enum Location {
    /// A database that somebody has named.
    Named(Target),
    /// The database of a project in the embedded server.
    Private(Embedded),
}

impl Location {
    /// What it is called in messages, without a password.
    pub fn describe(&self) -> String {
        match self {
            Location::Named(target) => target.describe(),
            Location::Private(embedded) => format!(
                "{} in the private server in {}",
                embedded.project().database(),
                embedded.data_dir().display()
            ),
        }
    }
}

impl Database {
    /// Opens it; starts the embedded server where that is the database and does not run.
    ///
    /// # Errors
    /// An embedded server that cannot be started.
    pub fn open(location: Location) -> Result<Database> {
        let embedded = match location {
            Location::Named(target) => {
                return Ok(Database { target, embedded: None, has_said: AtomicBool::new(false) });
            }
            Location::Private(embedded) => embedded,
        };
        Self::of_lease(embedded.acquire()?)
    }

    /// As [`Database::open`], for what only looks: creates no database.
    ///
    /// # Errors
    /// As there.
    pub fn open_to_look(location: Location) -> Result<Database> {
        match location {
            Location::Private(embedded) => Self::of_lease(embedded.acquire_to_look()?),
            named => Self::open(named),
        }
    }

    /// As [`Database::open_to_look`], for somebody who may mean another project's database. Gives its folder, if it is another's.
    ///
    /// # Errors
    /// As there.
    pub fn open_nearest_to_look(location: Location) -> Result<(Database, Option<PathBuf>)> {
        let Location::Private(embedded) = location else { return Ok((Self::open(location)?, None)) };
        let lease = embedded.acquire_nearest_to_look()?;
        let folder = lease.project().folder().to_owned();
        let is_other = folder != embedded.project().folder();
        Ok((Self::of_lease(lease)?, is_other.then_some(folder)))
    }

    fn of_lease(lease: Lease) -> Result<Database> {
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
