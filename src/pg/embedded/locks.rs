//! The locks by which several pghaul processes share one data directory.
//!
//! `start.lock` is held exclusively around every start and stop. Every process that uses the server shares `users.lock`; the
//! process that gets it exclusively is the last one. The kernel releases both when a process dies.

use super::directory::cannot_use;
use super::paths::Layout;
use crate::Result;
use crate::run::interrupt;
use nix::libc::O_NOFOLLOW;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// The time after which a waiting process asks again. It is short against a start (0.1 s), and costs nothing.
const POLL: Duration = Duration::from_millis(20);

/// The right to start and stop the server, until dropped.
#[derive(Debug)]
pub(super) struct StartLock(File);

impl StartLock {
    /// Waits for the lock.
    ///
    /// # Errors
    /// A file that cannot be opened or locked; Ctrl-C.
    pub fn wait(layout: &Layout) -> Result<Self> {
        let file = open(layout, &layout.start_lock)?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(StartLock(file)),
                Err(TryLockError::Error(error)) => return Err(cannot_use(&layout.data, &error)),
                Err(TryLockError::WouldBlock) => interrupt::check()?,
            }
            if !told {
                tracing::info!("waiting for another pghaul to start or stop the embedded server");
                told = true;
            }
            std::thread::sleep(POLL);
        }
    }

    /// Waits for the lock and does not hear Ctrl-C: for cleaning up after that.
    ///
    /// # Errors
    /// A file that cannot be opened or locked.
    pub fn wait_to_clean_up(layout: &Layout) -> Result<Self> {
        let file = open(layout, &layout.start_lock)?;
        file.lock().map_err(|error| cannot_use(&layout.data, &error))?;
        Ok(StartLock(file))
    }

    /// The lock as a child's standard input. If pghaul is killed, the child (initdb, pg_ctl) holds the lock until it has
    /// ended, and no other pghaul gets in its way.
    ///
    /// # Errors
    /// The process has no file descriptor left.
    pub fn as_stdin(&self) -> std::io::Result<Stdio> {
        Ok(Stdio::from(self.0.try_clone()?))
    }
}

/// One share in the use of the server, until dropped.
#[derive(Debug)]
pub(super) struct UserShare(File);

impl UserShare {
    /// Takes a share. The caller holds the start lock.
    ///
    /// # Errors
    /// A file that cannot be opened or locked.
    pub fn take(layout: &Layout, _start: &StartLock) -> Result<Self> {
        let file = open(layout, &layout.users_lock)?;
        file.lock_shared().map_err(|error| cannot_use(&layout.data, &error))?;
        Ok(UserShare(file))
    }

    /// Gives the share back at once. Dropping it takes effect later where another thread is spawning a child, which has a
    /// copy of it until its program runs.
    ///
    /// # Errors
    /// The system refuses; it does not do so for a lock that is held.
    pub fn give_back(self) -> std::io::Result<()> {
        self.0.unlock()
    }
}

/// Whether any process holds a share. The caller holds the start lock, and the answer stays true until it releases that.
///
/// # Errors
/// A file that cannot be opened or locked.
pub(super) fn in_use(layout: &Layout, _start: &StartLock) -> Result<bool> {
    match open(layout, &layout.users_lock)?.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(cannot_use(&layout.data, &error)),
    }
}

fn open(layout: &Layout, path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600).custom_flags(O_NOFOLLOW);
    options.open(path).map_err(|error| cannot_use(&layout.data, &format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_counted_and_a_symlink_is_not_followed() {
        let temp = tempfile::tempdir().unwrap();
        let layout = Layout::new(temp.path().canonicalize().unwrap());
        let start = StartLock::wait(&layout).unwrap();
        let one = UserShare::take(&layout, &start).unwrap();
        let two = UserShare::take(&layout, &start).unwrap();
        assert!(in_use(&layout, &start).unwrap());
        one.give_back().unwrap();
        assert!(in_use(&layout, &start).unwrap());
        two.give_back().unwrap();
        assert!(!in_use(&layout, &start).unwrap());
        drop(start);

        std::fs::remove_file(&layout.start_lock).unwrap();
        std::os::unix::fs::symlink("/dev/null", &layout.start_lock).unwrap();
        assert!(StartLock::wait(&layout).is_err());
    }

    #[test]
    fn a_childs_standard_input_keeps_the_lock() {
        let temp = tempfile::tempdir().unwrap();
        let layout = Layout::new(temp.path().canonicalize().unwrap());
        let start = StartLock::wait(&layout).unwrap();
        let mut child =
            std::process::Command::new("sleep").arg("60").stdin(start.as_stdin().unwrap()).spawn().unwrap();
        drop(start);
        let file = open(&layout, &layout.start_lock).unwrap();
        let held = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(held);
        // Children that other tests are spawning have copies of it until their programs run.
        file.lock().unwrap();
    }
}
