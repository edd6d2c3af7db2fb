//! Creating the cluster, entirely or not at all.

use super::child::{Input, Runner};
use super::directory::cannot_use;
use super::locks::StartLock;
use super::paths::Layout;
use super::settings::free_bytes;
use crate::{Error, Place, Result};
use nix::libc::O_NOFOLLOW;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

/// A new cluster takes 55 MB (PostgreSQL 15). With less than twice that, a load would not get far.
const NEEDED_BYTES: u64 = 110 << 20;

/// Character types to try. The order of text is always that of its code points (`C`): that is fast, the same on every
/// system, and survives an upgrade of the C library. `lower()` and regular expressions should know letters beyond ASCII,
/// though. `UTF-8` is macOS's name for it. `C` exists everywhere, and knows ASCII only.
const CHARACTER_TYPES: [&str; 3] = ["C.UTF-8", "UTF-8", "C"];

/// The message of initdb about a character type that the system lacks.
const NO_SUCH_LOCALE: &str = "invalid locale name";

/// The commands for a new cluster in single-user mode, one a line.
const SET_UP: &str = "CREATE DATABASE pghaul\nALTER ROLE pghaul SET search_path = public\n";
/// The line by which the cluster's own settings include ours. The path is relative, so the data directory can move.
const INCLUDE: &str = "\n# The settings of pghaul; what stands below this line wins over them.\n\
                       include '../pghaul.conf'\n";

/// The major version of the cluster; none where there is no cluster yet.
///
/// # Errors
/// A `cluster` that is something else, or cannot be read.
pub(super) fn version(layout: &Layout) -> Result<Option<u32>> {
    let place = || Place::file(layout.cluster.display().to_string());
    match fs::read_to_string(layout.cluster.join("PG_VERSION")) {
        Ok(text) => match super::binaries::leading_number(&text) {
            Some(major) => Ok(Some(major)),
            None => Err(Error::refused("PG_VERSION holds no version").at(place())),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => match fs::symlink_metadata(&layout.cluster) {
            Err(_) => Ok(None),
            Ok(_) => Err(Error::refused("is not a PostgreSQL cluster: it has no file PG_VERSION")
                .at(place())
                .remedy("remove it, or name another directory with --data-dir")),
        },
        Err(error) => Err(cannot_use(&layout.data, &error)),
    }
}

/// Creates the cluster with its user and database `pghaul`. All happens in `cluster.new`, which is renamed at the end: if
/// pghaul or initdb is killed, nothing is left that looks like a cluster.
///
/// # Errors
/// An initdb that fails; a full disk.
pub(super) fn create(runner: &Runner, start: &StartLock) -> Result<()> {
    let layout = runner.layout;
    let io = |error: std::io::Error| cannot_use(&layout.data, &error);
    if let Some(free) = free_bytes(&layout.data).filter(|free| *free < NEEDED_BYTES) {
        return Err(cannot_use(
            &layout.data,
            &format!(
                "a new database needs {} MB, and its disk has {} MB free",
                NEEDED_BYTES >> 20,
                free >> 20
            ),
        ));
    }
    tracing::info!("creating a PostgreSQL {} cluster in {}", runner.binaries.major, layout.cluster.display());
    initdb(runner, start)?;

    let mut options = OpenOptions::new();
    let mut own = options
        .append(true)
        .custom_flags(O_NOFOLLOW)
        .open(layout.cluster_new.join("postgresql.conf"))
        .map_err(io)?;
    own.write_all(INCLUDE.as_bytes()).and_then(|()| own.sync_all()).map_err(io)?;
    // The included file must exist already in single-user mode.
    super::server::write_settings(layout)?;

    // The database is created before the rename as well. Single-user mode needs no socket. The role's search path is public
    // alone: by default it begins with "$user", and a schema of the role's name (`pghaul`) would come before public.
    let mut single = runner.command("postgres");
    single.args(["--single", "-c", "exit_on_error=on", "-D", "cluster.new", "postgres"]);
    runner.run(single, Input::Text(SET_UP), &layout.init_log)?;

    fs::rename(&layout.cluster_new, &layout.cluster).map_err(io)?;
    File::open(&layout.data).and_then(|dir| dir.sync_all()).map_err(io)
}

fn initdb(runner: &Runner, start: &StartLock) -> Result<()> {
    let layout = runner.layout;
    let io = |error: std::io::Error| cannot_use(&layout.data, &error);
    match fs::remove_file(&layout.init_log) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    for (tried, character_type) in CHARACTER_TYPES.into_iter().enumerate() {
        match fs::remove_dir_all(&layout.cluster_new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        // We create it, since the server's user may not write in the data directory.
        DirBuilder::new().mode(0o700).create(&layout.cluster_new).map_err(io)?;
        runner.owner.give(&layout.cluster_new).map_err(io)?;
        let mut command = runner.command("initdb");
        // Trust is enough: only this user and root get past the directory of the socket.
        command.args(["--username=pghaul", "--auth=trust", "--encoding=UTF8", "--locale=C"]);
        command.arg(format!("--lc-ctype={character_type}"));
        // With checksums PostgreSQL reports a damaged disk; they are its own default from 18 on. They cost nothing that we
        // could measure: COPY of 3 million rows takes 1.06 to 1.30 s with them, 1.09 to 1.14 s without.
        command.args(["--data-checksums", "-D", "cluster.new"]);
        match runner.run(command, Input::Inherit(start.as_stdin().map_err(io)?), &layout.init_log) {
            Ok(()) => return Ok(()),
            Err(failure) if failure.said.contains(NO_SUCH_LOCALE) && tried + 1 < CHARACTER_TYPES.len() => {
                tracing::debug!("this system has no locale {character_type}");
            }
            Err(failure) => return Err(failure.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_a_complete_cluster_only() {
        let temp = tempfile::tempdir().unwrap();
        let layout = Layout::new(temp.path().canonicalize().unwrap());
        assert_eq!(version(&layout).unwrap(), None);
        fs::create_dir(&layout.cluster_new).unwrap();
        fs::write(layout.cluster_new.join("PG_VERSION"), "15\n").unwrap();
        assert_eq!(version(&layout).unwrap(), None);
        fs::rename(&layout.cluster_new, &layout.cluster).unwrap();
        assert_eq!(version(&layout).unwrap(), Some(15));
        fs::write(layout.cluster.join("PG_VERSION"), "?\n").unwrap();
        assert!(version(&layout).is_err());
        fs::remove_file(layout.cluster.join("PG_VERSION")).unwrap();
        assert!(version(&layout).unwrap_err().to_string().contains("not a PostgreSQL cluster"));
    }
}
