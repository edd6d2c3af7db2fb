//! The embedded server: a private PostgreSQL cluster, run by the machine's own binaries.
//!
//! ```text
//! acquire: lock start.lock → create the cluster → start the server → share users.lock → unlock
//! release: lock start.lock → give the share back → the last one stops the server → unlock
//! ```
//!
//! `pghaul db start` leaves the file `keep`. While it is there, the server runs until `pghaul db stop`.

mod binaries;
mod child;
mod cluster;
mod directory;
mod locks;
mod owner;
mod paths;
mod project;
mod server;
mod settings;

pub use project::Project;

use crate::run::interrupt;
use crate::{Error, Result};
use binaries::{Binaries, Lookup};
use child::Runner;
use directory::cannot_use;
use locks::{StartLock, UserShare};
use nix::libc::O_NOFOLLOW;
use nix::unistd::Uid;
use owner::Owner;
use paths::Layout;
use postgres::Client;
use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The embedded server of one data directory, and the database of a project in it. Making this value touches nothing.
#[derive(Debug, Clone)]
pub struct Embedded {
    layout: Layout,
    project: Project,
}

/// What [`Embedded::start`] has found and done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartOutcome {
    /// It has started the server.
    Started,
    /// The server was running already. From now on it is kept.
    AlreadyRunning,
}

/// What is known about the server from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The server's process number, while it runs.
    pub pid: Option<i32>,
    /// The major version of the PostgreSQL that has created the cluster; none before the first start.
    pub version: Option<u32>,
    /// The data directory.
    pub data_dir: PathBuf,
    /// The database's URL.
    pub url: String,
    /// Whether the server runs until `pghaul db stop`; else it runs for as long as it is used.
    pub kept: bool,
}

impl Embedded {
    /// The server of a data directory: the given one, `/var/lib/pghaul` for root, else `pghaul` in
    /// `$XDG_DATA_HOME` or `~/.local/share`.
    ///
    /// # Errors
    /// None is given, and the user has no home directory.
    pub fn new(data_dir: Option<&Path>, project: Project) -> Result<Self> {
        let data = paths::data_dir(data_dir, Uid::effective().is_root(), |name| std::env::var_os(name))?;
        Ok(Embedded { layout: Layout::new(data), project })
    }

    /// The URL of the database, whether the server runs or not.
    pub fn url(&self) -> String {
        self.layout.url(self.project.database())
    }

    /// The project.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// The same server, with the database that somebody means who names no project. It is created where the server runs.
    ///
    /// # Errors
    /// What the server says.
    pub fn nearest(&self) -> Result<Embedded> {
        if server::running(&self.layout)?.is_none() {
            return Ok(self.clone());
        }
        let project = self.project.nearest_created(&mut server::wait_until_ready(&self.layout)?)?;
        Ok(Embedded { project, ..self.clone() })
    }

    /// The data directory, whether it exists or not.
    pub fn data_dir(&self) -> &Path {
        &self.layout.data
    }

    /// Creates the cluster and starts the server where needed, and takes a share in its use.
    ///
    /// # Errors
    /// No binaries or the wrong ones, a directory that cannot be used, a full disk; each refused, with what helps.
    pub fn acquire(&self) -> Result<Lease> {
        self.acquire_with(|client| {
            self.project.create_database(client)?;
            Ok(self.project.clone())
        })
    }

    /// As [`Embedded::acquire`], for somebody who names no project and may mean another one ([`Project`]).
    ///
    /// # Errors
    /// As there.
    pub fn acquire_nearest(&self) -> Result<Lease> {
        self.acquire_with(|client| self.project.nearest_created(client))
    }

    /// As [`Embedded::acquire`], for what only looks: a database that is missing is not created, and an empty one stands for it.
    ///
    /// # Errors
    /// As there.
    pub fn acquire_to_look(&self) -> Result<Lease> {
        self.acquire_with(|client| self.project.or_empty(client))
    }

    /// As [`Embedded::acquire_to_look`], where another project may be meant.
    ///
    /// # Errors
    /// As there.
    pub fn acquire_nearest_to_look(&self) -> Result<Lease> {
        self.acquire_with(|client| self.project.nearest(client)?.or_empty(client))
    }

    fn acquire_with(&self, find: impl FnOnce(&mut Client) -> Result<Project>) -> Result<Lease> {
        let (start, owner) = self.enter()?;
        self.ensure_running(&start, &owner)?;
        let share = UserShare::take(&self.layout, &start)?;
        let mut lease = Lease { embedded: self.clone(), share: Some(share) };
        drop(start);
        // Dropping the lease after a failure stops the server again.
        let mut client = server::wait_until_ready(&self.layout)?;
        lease.embedded.project = find(&mut client)?;
        Ok(lease)
    }

    /// Starts the server, which runs until [`Embedded::stop`].
    ///
    /// # Errors
    /// As [`Embedded::acquire`].
    pub fn start(&self) -> Result<StartOutcome> {
        let (start, owner) = self.enter()?;
        let started = self.ensure_running(&start, &owner)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).mode(0o600).custom_flags(O_NOFOLLOW);
        options.open(&self.layout.keep).map_err(|error| cannot_use(&self.layout.data, &error))?;
        drop(start);
        self.project.create_database(&mut server::wait_until_ready(&self.layout)?)?;
        Ok(started)
    }

    /// Stops the server. Returns whether it was running.
    ///
    /// # Errors
    /// Another pghaul uses it, and `force` is false; or it does not stop.
    pub fn stop(&self, force: bool) -> Result<bool> {
        // Where there is no lock file, there never was a server. Entering would create the file.
        if fs::symlink_metadata(&self.layout.start_lock).is_err_and(|e| e.kind() == ErrorKind::NotFound) {
            return Ok(false);
        }
        let (start, owner) = self.enter()?;
        if server::running(&self.layout)?.is_none() {
            self.forget_keep()?;
            return Ok(false);
        }
        if !force && locks::in_use(&self.layout, &start)? {
            return Err(Error::refused(format!(
                "another pghaul uses the embedded server in {} right now",
                self.layout.data.display()
            ))
            .remedy("wait until it is done, or interrupt it with --force"));
        }
        self.forget_keep()?;
        self.stop_running(&start, &owner)?;
        Ok(true)
    }

    /// What is known about the server. Changes nothing.
    ///
    /// # Errors
    /// A data directory that cannot be read.
    pub fn status(&self) -> Result<Status> {
        let pid = server::running(&self.layout)?;
        Ok(Status {
            pid,
            version: cluster::version(&self.layout)?,
            data_dir: self.layout.data.clone(),
            url: self.url(),
            kept: pid.is_some() && self.layout.keep.exists(),
        })
    }

    /// The path of a psql for this server.
    ///
    /// # Errors
    /// A machine that has none.
    pub fn psql(&self) -> Result<PathBuf> {
        let lookup = Lookup::here();
        Binaries::find(&lookup, cluster::version(&self.layout)?)?.psql(&lookup)
    }

    /// Prepares the data directory and waits for the start lock.
    fn enter(&self) -> Result<(StartLock, Owner)> {
        let owner = Owner::of(&self.layout.cluster)?;
        directory::prepare_data(&self.layout, &owner)?;
        let start = StartLock::wait(&self.layout)?;
        // Another pghaul may have created the cluster in the meantime.
        Ok((start, Owner::of(&self.layout.cluster)?))
    }

    fn ensure_running(&self, start: &StartLock, owner: &Owner) -> Result<StartOutcome> {
        if server::running(&self.layout)?.is_some() {
            return Ok(StartOutcome::AlreadyRunning);
        }
        // A server that has ended in another way than by `db stop` has left it.
        self.forget_keep()?;
        let version = cluster::version(&self.layout)?;
        let binaries = Binaries::find(&Lookup::here(), version)?;
        owner.check_access(&binaries, &self.layout.data)?;
        let runner = Runner { layout: &self.layout, owner, binaries: &binaries };
        if version.is_none() {
            cluster::create(&runner, start)?;
            // Ctrl-C does not reach initdb, so the cluster is complete and the next run has it.
            interrupt::check()?;
        }
        server::start(&runner, start)?;
        Ok(StartOutcome::Started)
    }

    fn stop_running(&self, start: &StartLock, owner: &Owner) -> Result<()> {
        let lookup = Lookup::here();
        let version = cluster::version(&self.layout)?;
        // The programs of the cluster's version may be gone by now. Every pg_ctl can stop every server.
        let binaries = Binaries::find(&lookup, version).or_else(|_| Binaries::find(&lookup, None))?;
        server::stop(&Runner { layout: &self.layout, owner, binaries: &binaries }, start)
    }

    fn forget_keep(&self) -> Result<()> {
        match fs::remove_file(&self.layout.keep) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(cannot_use(&self.layout.data, &error)),
            _ => Ok(()),
        }
    }
}

/// A share in the use of the running server. Releasing the last one stops the server, unless it is kept.
#[derive(Debug)]
pub struct Lease {
    embedded: Embedded,
    share: Option<UserShare>,
}

impl Lease {
    /// The project.
    pub fn project(&self) -> &Project {
        self.embedded.project()
    }

    /// The URL of the database.
    pub fn url(&self) -> String {
        self.embedded.url()
    }

    /// Gives the share back, and stops the server if no other process uses it. Connections must be closed before.
    ///
    /// # Errors
    /// A server that does not stop.
    pub fn release(mut self) -> Result<()> {
        self.give_back()
    }

    fn give_back(&mut self) -> Result<()> {
        let Some(share) = self.share.take() else { return Ok(()) };
        let layout = &self.embedded.layout;
        let start = StartLock::wait_to_clean_up(layout)?;
        share.give_back().map_err(|error| cannot_use(&layout.data, &error))?;
        if layout.keep.exists() || locks::in_use(layout, &start)? || server::running(layout)?.is_none() {
            return Ok(());
        }
        self.embedded.stop_running(&start, &Owner::of(&layout.cluster)?)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Err(error) = self.give_back() {
            tracing::warn!("cannot stop the embedded server: {error}");
        }
    }
}
