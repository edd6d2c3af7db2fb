//! Running the built binary, and saying everything about a run that went wrong.

use crate::watchdog::Watchdog;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::{env, fs};
use tempfile::TempDir;

/// A folder of its own for each test: the current directory of what it runs, with an empty `home` in it.
pub struct Workdir(TempDir);

impl Workdir {
    /// A new folder, deleted on drop, or when the process ends in any way.
    pub fn new() -> Workdir {
        let dir = TempDir::with_prefix_in("test-", folder()).expect("a temporary folder");
        // The embedded server runs as another user when we are root, and must get to its data here.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("own folder");
        fs::create_dir(dir.path().join("home")).expect("write into a temporary folder");
        Workdir(dir)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// `name` in the folder.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// What `HOME` is for the binary.
    pub fn home(&self) -> PathBuf {
        self.join("home")
    }

    /// Writes a file, with the folders that lead to it; gives its path.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("write into a temporary folder");
        }
        fs::write(&path, content).expect("write into a temporary folder");
        path
    }

    /// The text of a file.
    #[track_caller]
    pub fn read(&self, name: impl AsRef<Path>) -> String {
        let path = self.join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// Where all folders of this process are: what a static holds is never dropped, and a killed test drops nothing.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<(PathBuf, Watchdog)> = OnceLock::new();
    let (folder, _) = FOLDER.get_or_init(|| {
        let mut command = Command::new("sh");
        command.args(["-c", include_str!("folder.sh"), "watchdog"]).arg(env::temp_dir());
        let mut watchdog = Watchdog::start(command);
        (watchdog.answer().into(), watchdog)
    });
    folder
}

/// The names in a folder, sorted.
#[track_caller]
pub fn names(folder: impl AsRef<Path>) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

impl Default for Workdir {
    fn default() -> Self {
        Self::new()
    }
}

/// One run of the binary, to be built up; see [`crate::pghaul!`].
pub struct Pghaul(Command);

impl Pghaul {
    /// The binary at `path`, run in `work` without anything in its environment that it would read, but for
    /// `PGHAUL_PG_BIN`: its embedded server is of the version that the tests run with.
    pub fn new(path: &str, work: &Workdir) -> Pghaul {
        let mut command = Command::new(path);
        command.current_dir(work.path()).env("HOME", work.home()).stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text != "PGHAUL_PG_BIN"
                && (["PG", "XDG_"].iter().any(|prefix| text.starts_with(prefix))
                    || ["DATABASE_URL", "NO_COLOR", "RUST_LOG", "RUST_BACKTRACE"].contains(&&*text))
            {
                command.env_remove(&name);
            }
        }
        Pghaul(command)
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.0.args(args);
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs in another folder than the [`Workdir`].
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// The command, for a test that spawns it and does something to it.
    pub fn command(self) -> Command {
        self.0
    }

    /// Runs to the end.
    #[track_caller]
    pub fn run(mut self) -> Run {
        let output = self.0.output().expect("run the binary");
        Run::new(&self.0, output)
    }
}

/// How a run ended. The assertions print everything about it when they fail.
#[derive(Debug, Clone)]
pub struct Run {
    /// The exit code; 128 + signal, as shells report it, when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error, without what a run says to a superuser, since most tests run as one, and without its first line.
    pub stderr: String,
    /// The database that it has named.
    pub database: Option<String>,
    /// Whether it said that the role is a superuser, and how often.
    pub superuser_notices: usize,
    story: String,
}

impl Run {
    /// The run of `command` that gave `output`.
    pub fn new(command: &Command, output: Output) -> Run {
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_notice = |line: &&str| line.contains("the role is a superuser, and so is all code");
        let superuser_notices = stderr.lines().filter(is_notice).count();
        let line = "=".repeat(60);
        let story = format!(
            "\n{line}\ncommand: {command:?}\ndirectory: {}\nstatus: {}\nstdout:\n{stdout}\nstderr:\n{stderr}\n{line}",
            command.get_current_dir().unwrap_or(Path::new(".")).display(),
            output.status,
        );
        let code = output.status.code().or(output.status.signal().map(|signal| 128 + signal));
        let is_database = |line: &&str| line.contains("database: ") && !line.contains(": database: ");
        let database = stderr.lines().find_map(|line| Some(line.split_once("database: ")?.1.to_owned()));
        let stderr =
            stderr.split_inclusive('\n').filter(|line| !is_notice(line) && !is_database(line)).collect();
        Run {
            code: code.expect("a process ends by code or signal"),
            stdout,
            stderr,
            database,
            superuser_notices,
            story,
        }
    }

    /// It ended with this exit code.
    #[track_caller]
    pub fn assert_code(&self, code: i32) -> &Self {
        self.assert(self.code == code, &format!("exit code {code}"))
    }

    /// Standard output contains `text`.
    #[track_caller]
    pub fn assert_stdout_has(&self, text: &str) -> &Self {
        self.assert(self.stdout.contains(text), &format!("stdout with {text:?}"))
    }

    /// Standard error contains `text`.
    #[track_caller]
    pub fn assert_stderr_has(&self, text: &str) -> &Self {
        self.assert(self.stderr.contains(text), &format!("stderr with {text:?}"))
    }

    /// Neither stream contains `text`: a password, say.
    #[track_caller]
    pub fn assert_never_says(&self, text: &str) -> &Self {
        let said = self.stdout.contains(text) || self.stderr.contains(text);
        self.assert(!said, &format!("no {text:?} in any output"))
    }

    /// Any other condition on the run.
    #[track_caller]
    pub fn assert(&self, holds: bool, expected: &str) -> &Self {
        assert!(holds, "expected {expected}{}", self.story);
        self
    }
}
