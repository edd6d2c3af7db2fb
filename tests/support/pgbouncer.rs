//! A real PgBouncer that never outlives the test process.

use crate::watchdog::Watchdog;
use crate::{Database, SUPERUSER, Server};
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

/// A pooler in transaction mode, on a unix socket, with two sessions for each database. Stopped and deleted on drop, or when the
/// process ends in any way.
pub struct PgBouncer {
    dir: PathBuf,
    _watchdog: Watchdog,
}

impl PgBouncer {
    /// Starts one in front of this server; panics when it cannot.
    pub fn start(server: &Server) -> PgBouncer {
        let mut command = Command::new("sh");
        command
            .args(["-c", concat!(include_str!("process.sh"), include_str!("pgbouncer.sh")), "watchdog"])
            .arg(env::temp_dir());
        let mut watchdog = Watchdog::start(command);
        let dir = PathBuf::from(watchdog.answer());
        let log = || fs::read_to_string(dir.join("log")).unwrap_or_default();
        let behind = format!("{} {} {SUPERUSER}", server.socket_dir().display(), server.port());
        assert!(watchdog.tell(&behind), "the test's PgBouncer did not start: {}", log());
        PgBouncer { dir, _watchdog: watchdog }
    }

    /// The superuser in this database, through the pooler.
    pub fn url(&self, database: &Database<'_>) -> String {
        let dir = self.dir.display().to_string().replace('/', "%2F");
        format!("postgresql://{SUPERUSER}@/{}?host={dir}&port=6432", database.name())
    }
}
