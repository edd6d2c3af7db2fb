//! The server process: whether it runs, starting it, stopping it.

use super::child::{Input, Runner, rotate};
use super::directory::{cannot_use, prepare_private};
use super::locks::StartLock;
use super::paths::Layout;
use super::settings::{self, Machine};
use crate::pg::sqlstate::SqlState;
use crate::run::interrupt;
use crate::{Error, Place, Result};
use nix::errno::Errno;
use nix::libc::O_NOFOLLOW;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use postgres::{Client, NoTls};
use std::fs::{self, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Seconds that pg_ctl waits for a start or a stop. Recovery after a crash reads up to `max_wal_size` of WAL, and a stop
/// writes `shared_buffers` to the disk.
const PATIENCE_SECONDS: &str = "3600";

/// How long to wait before asking a server again that is still recovering.
const POLL: Duration = Duration::from_millis(50);

/// A number above every process number (the kernel's own limit is 2^22, `PID_MAX_LIMIT`).
const NO_PROCESS: i32 = i32::MAX;

/// What `postmaster.pid` says, compared with the processes of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Postmaster {
    /// There is no server.
    Absent,
    /// The process is our server.
    Running(i32),
    /// The server is gone, for example by a crash of the machine. The process that has its number now is another one or a
    /// zombie; PostgreSQL itself would take it for the server.
    Replaced,
}

/// The number of the server's process, if it runs.
///
/// # Errors
/// A `postmaster.pid` that cannot be read.
pub(super) fn running(layout: &Layout) -> Result<Option<i32>> {
    Ok(match postmaster(layout)? {
        Postmaster::Running(pid) => Some(pid),
        Postmaster::Absent | Postmaster::Replaced => None,
    })
}

/// Looks at the process itself: `pg_ctl status` would take any process with the right number for the server, and
/// `pg_ctl stop` would kill it.
fn postmaster(layout: &Layout) -> Result<Postmaster> {
    let text = match fs::read_to_string(layout.cluster.join("postmaster.pid")) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Postmaster::Absent),
        Err(error) => return Err(cannot_use(&layout.data, &error)),
    };
    let pid = text.lines().next().and_then(|line| line.trim().parse().ok()).filter(|pid| *pid > 0);
    let Some(pid) = pid else { return Ok(Postmaster::Absent) };
    if kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH) {
        return Ok(Postmaster::Absent);
    }
    // The server works in its cluster.
    let theirs = fs::metadata(format!("/proc/{pid}/cwd"));
    Ok(match (theirs, fs::metadata(&layout.cluster)) {
        (Ok(a), Ok(b)) if (a.dev(), a.ino()) == (b.dev(), b.ino()) => Postmaster::Running(pid),
        (Ok(_), Ok(_)) => Postmaster::Replaced,
        // Its parent has not asked for its exit status yet. A container's first process may never do that.
        _ if is_zombie(pid) => Postmaster::Replaced,
        // Not Linux, or a container whose root may not look at other users' processes.
        _ if answers(layout) => Postmaster::Running(pid),
        _ => Postmaster::Absent,
    })
}

/// Whether a process has ended, and its parent has not asked for its exit status (proc_pid_stat(5): the state follows the
/// name, which is in parentheses and may contain some itself).
fn is_zombie(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with(['Z', 'X']))
}

fn answers(layout: &Layout) -> bool {
    UnixStream::connect(layout.socket()).is_ok()
}

/// Writes `pghaul.conf` for this machine as it is now.
///
/// # Errors
/// A file that cannot be written.
pub(super) fn write_settings(layout: &Layout) -> Result<()> {
    let text = settings::text(layout, Machine::here(&layout.data));
    let new = layout.settings.with_extension("conf.new");
    let write = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).custom_flags(O_NOFOLLOW);
        let mut file = options.open(&new)?;
        // The server's user must be able to read it, whatever our umask is.
        file.set_permissions(Permissions::from_mode(0o644))?;
        file.write_all(text.as_bytes())?;
        fs::rename(&new, &layout.settings)
    };
    write().map_err(|error| cannot_use(&layout.data, &error))
}

/// Starts the server of an existing cluster and waits until it takes connections.
///
/// # Errors
/// A server that does not start, with what it has logged.
pub(super) fn start(runner: &Runner, start: &StartLock) -> Result<()> {
    let layout = runner.layout;
    prepare_private(&layout.socket_dir, runner.owner)?;
    if answers(layout) {
        return Err(Error::refused(format!(
            "another server answers on {}, which is not a process of this system",
            layout.socket().display()
        ))
        .remedy(
            "stop it where it was started (another container?), or name another directory with --data-dir",
        ));
    }
    if postmaster(layout)? == Postmaster::Replaced {
        disown(layout)?;
    }
    // A killed server has left it: no server answers there, and no other user can enter the directory.
    let _ = fs::remove_file(layout.socket_lock());
    write_settings(layout)?;
    rotate(&layout.server_log);
    let mut command = runner.command("pg_ctl");
    command.args(["start", "--silent", "--wait", "--timeout", PATIENCE_SECONDS]);
    command.args(["-D", "cluster", "-l", "server.log"]);
    let stdin = start.as_stdin().map_err(|error| cannot_use(&layout.data, &error))?;
    runner.run(command, Input::Inherit(stdin), &layout.server_log)?;
    Ok(())
}

/// Replaces the process number in `postmaster.pid`: PostgreSQL would take the process that has it now for a server. The
/// file stays, since it tells PostgreSQL whether old backends still use the shared memory.
fn disown(layout: &Layout) -> Result<()> {
    let path = layout.cluster.join("postmaster.pid");
    let rewrite = || -> std::io::Result<()> {
        let text = fs::read_to_string(&path)?;
        let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
        let mut file = OpenOptions::new().write(true).custom_flags(O_NOFOLLOW).open(&path)?;
        // One write that covers the old line: the file is never empty, which PostgreSQL would refuse.
        file.write_all(format!("{NO_PROCESS}\n{rest}").as_bytes())
    };
    rewrite().map_err(|error| cannot_use(&layout.data, &error))
}

/// Waits until the server takes connections. It may still be recovering from a crash. The connection is one to the database
/// that no project has.
///
/// # Errors
/// Any other answer of the server; Ctrl-C.
pub(super) fn wait_until_ready(layout: &Layout) -> Result<Client> {
    loop {
        let mut config = postgres::Config::new();
        config.host_path(&layout.socket_dir).port(super::paths::PORT).user("pghaul").dbname("pghaul");
        match config.connect(NoTls) {
            Ok(client) => return Ok(client),
            Err(error) if SqlState::from(&error) == SqlState::NotReady => {
                interrupt::check()?;
                std::thread::sleep(POLL);
            }
            Err(error) => {
                return Err(Error::from(error)
                    .into_refused()
                    .at(Place::file(layout.socket().display().to_string()))
                    .remedy(format!("see {}", layout.server_log.display())));
            }
        }
    }
}

/// Stops the running server. It ends all sessions, and rolls back what they have not committed.
///
/// # Errors
/// A server that does not stop.
pub(super) fn stop(runner: &Runner, start: &StartLock) -> Result<()> {
    let layout = runner.layout;
    let mut command = runner.command("pg_ctl");
    command.args([
        "stop",
        "--silent",
        "--wait",
        "--timeout",
        PATIENCE_SECONDS,
        "--mode",
        "fast",
        "-D",
        "cluster",
    ]);
    let stdin = start.as_stdin().map_err(|error| cannot_use(&layout.data, &error))?;
    runner.run(command, Input::Inherit(stdin), &layout.server_log)?;
    if layout.socket_dir_is_elsewhere() {
        // It is empty now. If it is not, it stays, and the next start checks it.
        let _ = fs::remove_dir(&layout.socket_dir);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster_with(pid_file: &str) -> (tempfile::TempDir, Layout) {
        let temp = tempfile::tempdir().unwrap();
        let layout = Layout::new(temp.path().canonicalize().unwrap());
        fs::create_dir(&layout.cluster).unwrap();
        fs::write(layout.cluster.join("postmaster.pid"), pid_file).unwrap();
        (temp, layout)
    }

    #[test]
    fn a_stale_or_broken_pid_file_is_no_server() {
        for text in ["", "x\n", "0\n", "-7\n", "2147483647\n"] {
            assert_eq!(postmaster(&cluster_with(text).1).unwrap(), Postmaster::Absent, "{text:?}");
        }
        let (_temp, layout) = cluster_with("1\n");
        fs::remove_file(layout.cluster.join("postmaster.pid")).unwrap();
        assert_eq!(running(&layout).unwrap(), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn another_process_with_the_servers_number_is_not_the_server() {
        let me = std::process::id();
        let (_temp, layout) = cluster_with(&format!("{me}\n/data\n"));
        assert_eq!(postmaster(&layout).unwrap(), Postmaster::Replaced);
        disown(&layout).unwrap();
        assert_eq!(postmaster(&layout).unwrap(), Postmaster::Absent);
        let text = fs::read_to_string(layout.cluster.join("postmaster.pid")).unwrap();
        assert_eq!(text, format!("{NO_PROCESS}\n/data\n").as_str());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_zombie_is_not_the_server() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let (_temp, layout) = cluster_with(&format!("{}\n", child.id()));
        while !is_zombie(i32::try_from(child.id()).unwrap()) {
            std::thread::sleep(Duration::from_millis(1));
        }
        let found = postmaster(&layout).unwrap();
        child.wait().unwrap();
        assert_eq!(found, Postmaster::Replaced);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_works_in_the_cluster_is_the_server() {
        let (_temp, layout) = cluster_with("");
        let mut child =
            std::process::Command::new("sleep").arg("60").current_dir(&layout.cluster).spawn().unwrap();
        fs::write(layout.cluster.join("postmaster.pid"), format!("{}\n", child.id())).unwrap();
        let found = running(&layout);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found.unwrap(), i32::try_from(child.id()).ok());
    }
}
