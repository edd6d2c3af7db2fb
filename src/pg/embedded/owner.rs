//! The operating system's user that runs the server: the current one, or an unprivileged one where that is root.

use super::binaries::Binaries;
use crate::{Error, Result};
use nix::unistd::{Uid, User};
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, fchown, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The users as which root runs the server, best first. PostgreSQL refuses to run as root.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// The user that runs the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// The current user.
    Me,
    /// An unprivileged user, since the current one is root.
    Other {
        /// The name, for messages.
        name: String,
        /// The user's number.
        uid: u32,
        /// The number of the user's first group.
        gid: u32,
    },
}

impl Owner {
    /// The user for a cluster: its owner, or the best unprivileged user before it exists.
    ///
    /// # Errors
    /// We are root, and the machine has no unprivileged user.
    pub fn of(cluster: &Path) -> Result<Self> {
        if !Uid::effective().is_root() {
            return Ok(Owner::Me);
        }
        let existing = fs::symlink_metadata(cluster).ok().map(|metadata| metadata.uid());
        Self::for_root(
            existing,
            |uid| User::from_uid(Uid::from_raw(uid)).ok().flatten(),
            |name| User::from_name(name).ok().flatten(),
        )
    }

    fn for_root(
        existing: Option<u32>,
        by_uid: impl Fn(u32) -> Option<User>,
        by_name: impl Fn(&str) -> Option<User>,
    ) -> Result<Self> {
        let owner = existing.filter(|uid| *uid != 0).and_then(by_uid);
        match owner.or_else(|| UNPRIVILEGED.into_iter().find_map(by_name)) {
            Some(user) => {
                Ok(Owner::Other { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() })
            }
            None => Err(Error::refused(
                "PostgreSQL refuses to run as root, and this machine has no user postgres or nobody to run it as",
            )
            .remedy("create one (useradd --system postgres), or run pghaul as an ordinary user")),
        }
    }

    /// The number of the user.
    pub fn uid(&self) -> u32 {
        match self {
            Owner::Me => Uid::effective().as_raw(),
            Owner::Other { uid, .. } => *uid,
        }
    }

    /// Makes a command run as this user. The standard library drops the supplementary groups as well.
    pub fn run_as<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        match self {
            Owner::Me => command,
            Owner::Other { uid, gid, .. } => command.uid(*uid).gid(*gid),
        }
    }

    /// Gives a path that we have created to this user. A symlink in its place is not followed.
    pub fn give(&self, path: &Path) -> std::io::Result<()> {
        match self {
            Owner::Me => Ok(()),
            Owner::Other { uid, gid, .. } => lchown(path, Some(*uid), Some(*gid)),
        }
    }

    /// Gives an open file that we have created to this user.
    pub fn give_file(&self, file: &File) -> std::io::Result<()> {
        match self {
            Owner::Me => Ok(()),
            Owner::Other { uid, gid, .. } => fchown(file, Some(*uid), Some(*gid)),
        }
    }

    /// Checks that this user can run the programs and enter the data directory.
    ///
    /// It runs a harmless program there: permission bits alone do not tell where access lists or security modules are in
    /// use.
    ///
    /// # Errors
    /// A directory that the user cannot enter, or programs that it cannot run.
    pub fn check_access(&self, binaries: &Binaries, data: &Path) -> Result<()> {
        let Owner::Other { name, .. } = self else { return Ok(()) };
        let enter = |dir: &Path| {
            let mut command = Command::new(binaries.program("postgres"));
            command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            self.run_as(&mut command).current_dir(dir).status()
        };
        if let Err(error) = enter(Path::new("/")) {
            return Err(Error::refused(format!(
                "the user {name}, which runs the embedded server for root, cannot run {}: {error}",
                binaries.program("postgres").display()
            ))
            .remedy("set PGHAUL_PG_BIN to a directory that every user can reach"));
        }
        let mut way: Vec<&Path> = data.ancestors().collect();
        way.reverse();
        // Where the user can enter the last directory, it can enter all above it.
        if enter(data).is_ok() {
            return Ok(());
        }
        for dir in way {
            if let Err(error) = enter(dir) {
                return Err(Error::refused(format!(
                    "the user {name}, which runs the embedded server for root, cannot enter {}: {error}",
                    dir.display()
                ))
                .remedy("let it (chmod o+x), or name a directory that it can enter with --data-dir"));
            }
        }
        Ok(())
    }
}

/// A user's name for messages, or its number.
pub(super) fn name_of(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        _ => format!("number {uid}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::unistd::Gid;

    fn user(name: &str, uid: u32) -> User {
        // The struct has more fields on other systems; every system has a root.
        let root = User::from_uid(Uid::from_raw(0)).unwrap().unwrap();
        User { name: name.into(), uid: Uid::from_raw(uid), gid: Gid::from_raw(uid + 1), ..root }
    }

    fn choose(existing: Option<u32>, names: &[&str]) -> Result<Owner> {
        let uid_of = |name: &str| if name == "postgres" { 26 } else { 65534 };
        Owner::for_root(
            existing,
            |uid| (uid == 70).then(|| user("old", uid)),
            |name| names.contains(&name).then(|| user(name, uid_of(name))),
        )
    }

    #[test]
    fn root_takes_the_clusters_owner_then_postgres_then_nobody() {
        let name = |owner: Owner| match owner {
            Owner::Other { name, .. } => name,
            Owner::Me => "me".into(),
        };
        assert_eq!(name(choose(None, &["nobody", "postgres"]).unwrap()), "postgres");
        assert_eq!(name(choose(None, &["nobody"]).unwrap()), "nobody");
        assert_eq!(name(choose(Some(70), &["postgres"]).unwrap()), "old");
        assert_eq!(name(choose(Some(0), &["postgres"]).unwrap()), "postgres");
        let error = choose(None, &[]).unwrap_err().to_string();
        assert!(error.contains("useradd --system postgres"), "{error}");
    }

    #[test]
    fn the_users_number_and_group_are_its_own() {
        let owner = choose(None, &["postgres"]).unwrap();
        assert_eq!(owner, Owner::Other { name: "postgres".into(), uid: 26, gid: 27 });
        assert_eq!(Owner::Me.uid(), Uid::effective().as_raw());
    }
}
