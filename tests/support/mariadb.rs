//! A real MariaDB server that never outlives the test process.

use crate::watchdog::Watchdog;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// A running server, on a unix socket of its own. Stopped and deleted on drop, or when the process ends in any way.
pub struct MariaDb {
    dir: PathBuf,
    _watchdog: Watchdog,
}

impl MariaDb {
    /// Starts a server; panics when it cannot.
    pub fn start() -> MariaDb {
        let mut command = Command::new("sh");
        command
            .args(["-c", concat!(include_str!("process.sh"), include_str!("mariadb.sh")), "watchdog"])
            .arg(env::temp_dir());
        let mut watchdog = Watchdog::start(command);
        let dir = PathBuf::from(watchdog.answer());
        let log = || fs::read_to_string(dir.join("log")).unwrap_or_default();
        assert!(watchdog.tell("start"), "the test's MariaDB did not start: {}", log());
        MariaDb { dir, _watchdog: watchdog }
    }

    /// A folder for files that the server reads and writes.
    pub fn files(&self) -> &Path {
        &self.dir
    }

    /// Runs statements; gives the rows of the last one that has some, with tabs between fields, as the client prints them.
    #[track_caller]
    pub fn run(&self, sql: &str) -> String {
        let mut client = Command::new("mariadb")
            .args(["--no-defaults", "--user", "root", "--batch", "--raw", "--skip-column-names"])
            .args(["--default-character-set", "utf8mb4", "--socket"])
            .arg(self.dir.join("socket"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("run mariadb");
        let mut input = client.stdin.take().expect("stdin is piped");
        input.write_all(sql.as_bytes()).expect("the client reads");
        drop(input);
        let output = client.wait_with_output().expect("the client ends");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}\n{sql}");
        String::from_utf8(output.stdout).expect("the client prints UTF-8")
    }
}
