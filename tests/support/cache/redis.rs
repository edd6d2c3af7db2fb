//! A real Redis server that never outlives the test process.

use crate::server::free_port;
use crate::watchdog::Watchdog;
use redis::{Client, Connection};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

/// Ports tried before giving up: another process may take a free port before Redis does.
const PORT_ATTEMPTS: u32 = 10;

/// A running server, on 127.0.0.1 and on a unix socket, without persistence unless it is asked for.
///
/// Stopped and deleted on drop, or when the process ends in any way.
pub struct RedisServer {
    dir: PathBuf,
    port: u16,
    watchdog: Mutex<Watchdog>,
}

impl RedisServer {
    /// Starts a server with these lines in its configuration; panics when it cannot.
    pub fn start(settings: &[&str]) -> RedisServer {
        RedisServer::start_in(|_| settings.iter().map(|line| (*line).to_owned()).collect())
    }

    /// As [`RedisServer::start`], with lines that name files in the server's folder, which may be written there now.
    pub fn start_in(settings: impl FnOnce(&Path) -> Vec<String>) -> RedisServer {
        let mut watchdog = watchdog();
        let dir = PathBuf::from(watchdog.answer());
        assert!(dir.is_dir(), "the test's Redis did not start: {}", dir.display());
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("own folder");
        let mut lines = vec![
            "bind 127.0.0.1".to_owned(),
            "save \"\"".to_owned(),
            format!("dir {}", dir.display()),
            format!("unixsocket {}/redis.sock", dir.display()),
        ];
        lines.extend(settings(&dir));
        fs::write(dir.join("redis.conf"), lines.join("\n") + "\n").expect("write the configuration");
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port();
            if watchdog.tell(&format!("start {port}")) {
                return RedisServer { dir, port, watchdog: Mutex::new(watchdog) };
            }
        }
        panic!("the test's Redis did not start: {}", fs::read_to_string(dir.join("log")).unwrap_or_default());
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A port that nobody has, for TLS.
    pub fn tls_port(&self) -> u16 {
        free_port()
    }

    /// The URL of the first database, by TCP.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// The unix socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.join("redis.sock")
    }

    /// A connection to `url`.
    #[track_caller]
    pub fn connect(url: &str) -> Connection {
        Client::open(url).and_then(|client| client.get_connection()).expect("connect to the test's Redis")
    }

    /// A connection.
    #[track_caller]
    pub fn client(&self) -> Connection {
        RedisServer::connect(&self.url())
    }

    /// Ends the server as a crash would.
    pub fn crash(&self) {
        assert!(self.tell("crash"));
    }

    /// Starts the server again, on the same port.
    pub fn start_again(&self) {
        let log = || fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        assert!(self.tell(&format!("start {}", self.port)), "the test's Redis did not start: {}", log());
    }

    fn tell(&self, word: &str) -> bool {
        self.watchdog.lock().unwrap_or_else(PoisonError::into_inner).tell(word)
    }
}

/// The script that starts and stops it.
fn watchdog() -> Watchdog {
    let mut command = Command::new("sh");
    command
        .args(["-c", concat!(include_str!("../process.sh"), include_str!("redis.sh")), "watchdog"])
        .arg(env::temp_dir());
    Watchdog::start(command)
}
