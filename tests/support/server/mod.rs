//! A real PostgreSQL server that never outlives the test process.

mod database;
mod small_disk;

pub use database::{Database, IN_COPY, OTHERS};
pub use small_disk::SmallDisk;

use crate::watchdog::Watchdog;
use nix::unistd::{User, geteuid};
use postgres::{Client, NoTls};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs};

/// The superuser; trusted on the unix socket.
pub const SUPERUSER: &str = "pghaul_test";

/// Ports tried before giving up: another process may take a free port before PostgreSQL does.
const PORT_ATTEMPTS: u32 = 10;

/// How long a server that crashed is waited for.
const REVIVAL: Duration = Duration::from_secs(60);

/// How a special server differs from the common one.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// Lines for `postgresql.conf`.
    pub settings: Vec<String>,
    /// Lines for `pg_hba.conf`, before the common ones: the first that fits decides.
    pub hba: Vec<String>,
    /// Certificate and key (PEM): TLS is on.
    pub tls: Option<(String, String)>,
    /// A file system of its own, which can become full.
    pub disk: Option<SmallDisk>,
}

/// A running server: on a unix socket, where [`SUPERUSER`] is trusted and others need their password, and on
/// 127.0.0.1, where everyone needs a password (SCRAM).
///
/// Stopped and deleted on drop, or when the process ends in any way.
pub struct Server {
    dir: PathBuf,
    port: u16,
    watchdog: Mutex<Watchdog>,
}

/// The common server of this test binary, started at the first call.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(ServerOptions::default()))
}

impl Server {
    /// Starts a server of its own; panics when it cannot.
    pub fn start(options: ServerOptions) -> Server {
        Server::start_by(watchdog(options.disk, None), &options)
    }

    /// Starts a hot standby of this server, with these lines for `postgresql.conf`.
    pub fn standby(&self, settings: &[&str]) -> Server {
        let primary = format!("host={} port={} user={SUPERUSER}", self.dir.display(), self.port);
        let settings = settings.iter().map(|line| (*line).to_owned()).collect();
        Server::start_by(
            watchdog(None, Some(primary)),
            &ServerOptions { settings, ..ServerOptions::default() },
        )
    }

    fn start_by(mut watchdog: Watchdog, options: &ServerOptions) -> Server {
        let dir = PathBuf::from(watchdog.answer());
        assert!(dir.is_dir(), "the test server did not start: {}", dir.display());
        configure(&dir, options);
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port();
            if watchdog.tell(&format!("start {port}")) {
                return Server { dir, port, watchdog: Mutex::new(watchdog) };
            }
        }
        panic!("the test server did not start: {}", fs::read_to_string(dir.join("log")).unwrap_or_default());
    }

    /// The superuser in this database of its primary, on the unix socket.
    pub fn url_of(&self, database: &Database<'_>) -> String {
        let dir = self.dir.display().to_string().replace('/', "%2F");
        format!("postgresql://{SUPERUSER}@/{}?host={dir}&port={}", database.name(), self.port)
    }

    /// The folder of the unix socket: what libpq calls `host`.
    pub fn socket_dir(&self) -> &Path {
        &self.dir
    }

    /// The port, of the unix socket's name and on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A fresh, empty database.
    pub fn database(&self) -> Database<'_> {
        Database::create(self)
    }

    /// The superuser in the database `dbname`, on the unix socket.
    pub fn client(&self, dbname: &str) -> Client {
        self.connect(dbname).expect("connect to the test server")
    }

    fn connect(&self, dbname: &str) -> Result<Client, postgres::Error> {
        postgres::Config::new()
            .host_path(&self.dir)
            .port(self.port)
            .user(SUPERUSER)
            .dbname(dbname)
            .connect(NoTls)
    }

    /// Everything that the server logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).expect("read the test server's log")
    }

    /// Stops the server at once, without a checkpoint: what a crash is to its clients.
    pub fn crash(&self) {
        assert!(self.tell("stop"), "the test server did not stop: {}", self.log());
    }

    /// Starts the server again, on the same port, after [`Server::crash`].
    pub fn start_again(&self) {
        assert!(self.tell(&format!("start {}", self.port)), "the test server did not start: {}", self.log());
    }

    /// A folder on its small disk, for a tablespace.
    pub fn disk_folder(&self) -> PathBuf {
        self.dir.join("disk/space")
    }

    /// Leaves so much room on its small disk (KiB).
    pub fn fill_disk(&self, kib: u64) {
        assert!(self.tell(&format!("fill {kib}")), "the test server's disk was not filled: {}", self.log());
    }

    /// Takes away what [`Server::fill_disk`] has put there.
    pub fn empty_disk(&self) {
        assert!(self.tell("empty"), "the test server's disk was not emptied: {}", self.log());
    }

    /// Waits until it takes connections, and starts it if it has given itself up.
    pub fn revive(&self) {
        let give_up = Instant::now() + REVIVAL;
        while self.connect("postgres").is_err() {
            assert!(Instant::now() < give_up, "the test server did not come back: {}", self.log());
            // Fails while it is about to end; then it is asked again.
            self.tell(&format!("ensure {}", self.port));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn tell(&self, word: &str) -> bool {
        self.watchdog.lock().unwrap_or_else(PoisonError::into_inner).tell(word)
    }
}

/// The script that starts and stops it; `primary` is how a standby connects to its primary.
fn watchdog(disk: Option<SmallDisk>, primary: Option<String>) -> Watchdog {
    let user = server_user();
    let script = ["-c", include_str!("server.sh"), "watchdog"];
    let mut command = match (disk, &user) {
        (Some(disk), user) => {
            let mut command = disk.command(user.as_ref());
            command.arg("sh");
            command
        }
        (None, user) => {
            let mut command = Command::new("sh");
            if let Some(user) = user {
                command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
            }
            command
        }
    };
    command.envs(primary.map(|primary| ("PRIMARY", primary))).args(script).arg(pg_bin()).arg(env::temp_dir());
    if let Some(disk) = disk {
        command.arg("DISK").args(disk.has_cluster.then_some("data"));
    }
    Watchdog::start(command)
}

/// Folder of the PostgreSQL programs: `PGHAUL_PG_BIN`, else of the first `initdb` and `postgres` in `PATH`, else
/// the newest in `/usr/lib/postgresql`.
///
/// Panics when there is none: tests are never skipped.
pub fn pg_bin() -> &'static Path {
    static BIN: OnceLock<PathBuf> = OnceLock::new();
    BIN.get_or_init(|| {
        let given = env::var_os("PGHAUL_PG_BIN").map(PathBuf::from);
        let path = env::var_os("PATH").unwrap_or_default();
        given
            .into_iter()
            .chain(env::split_paths(&path))
            .chain(debian_bins())
            .filter_map(|dir| {
                // A link in PATH leads to the folder that has the other programs too.
                let initdb = fs::canonicalize(dir.join("initdb")).ok()?;
                dir.join("postgres").exists().then(|| initdb.parent().map(Path::to_owned))?
            })
            .next()
            .expect("no PostgreSQL server programs found: install them, or set PGHAUL_PG_BIN to their folder")
    })
}

/// `/usr/lib/postgresql/<version>/bin`, newest first.
fn debian_bins() -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    versions.into_iter().rev().map(|(_, bin)| bin).collect()
}

/// Who runs the server when we are root, since PostgreSQL refuses root.
fn server_user() -> Option<User> {
    geteuid().is_root().then(|| {
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .expect("as root, the tests need a user postgres or nobody")
    })
}

fn configure(dir: &Path, options: &ServerOptions) {
    let mut settings = vec![
        format!("hba_file = '{}/pg_hba.conf'", dir.display()),
        "listen_addresses = '127.0.0.1'".to_owned(),
        format!("unix_socket_directories = '{}'", dir.display()),
        "max_connections = 200".to_owned(),
        // Nothing here outlives the test, so no one needs it to survive a power cut.
        "fsync = off".to_owned(),
        "full_page_writes = off".to_owned(),
        "password_encryption = 'scram-sha-256'".to_owned(),
    ];
    if let Some((certificate, key)) = &options.tls {
        settings.push("ssl = on".to_owned());
        write_private(&dir.join("data/server.crt"), certificate);
        write_private(&dir.join("data/server.key"), key);
    }
    settings.extend(options.settings.iter().cloned());
    settings.push(String::new());
    fs::write(dir.join("settings.conf"), settings.join("\n")).expect("write into the test server's folder");

    let mut hba = options.hba.clone();
    hba.push(format!("local all {SUPERUSER} trust"));
    hba.push(format!("local replication {SUPERUSER} trust"));
    hba.push("local all all scram-sha-256".to_owned());
    hba.push("host all all 127.0.0.1/32 scram-sha-256\n".to_owned());
    fs::write(dir.join("pg_hba.conf"), hba.join("\n")).expect("write into the test server's folder");
}

/// A file that PostgreSQL accepts as a private key: its own, and closed to others.
fn write_private(path: &Path, text: &str) {
    fs::write(path, text).expect("write into the test server's folder");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("own file");
    if let Some(user) = server_user() {
        chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).expect("as root");
    }
}

/// A port that nobody has just now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("it is bound").port()
}
