//! Running PostgreSQL's programs, whose output goes to a log file.

use super::binaries::Binaries;
use super::owner::Owner;
use super::paths::Layout;
use super::settings::free_bytes;
use crate::{Error, Place, Result};
use nix::libc::O_NOFOLLOW;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// How many lines of the log an error quotes.
const QUOTED_LINES: usize = 5;

/// With less free space than this (bytes), an error blames the disk: one WAL segment is 16 MiB, and PostgreSQL often cannot
/// log that the disk is full.
const FULL_DISK_BYTES: u64 = 20 << 20;

/// All that running a program needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runner<'a> {
    /// Where everything is.
    pub layout: &'a Layout,
    /// The user that runs it.
    pub owner: &'a Owner,
    /// The programs.
    pub binaries: &'a Binaries,
}

impl Runner<'_> {
    /// One of PostgreSQL's programs, to run in the data directory as the server's user.
    ///
    /// initdb and pg_ctl call a shell. In the data directory they need not pass its path through that.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.program(program));
        self.owner.run_as(&mut command).current_dir(&self.layout.data);
        // In a process group of its own, Ctrl-C does not reach it: that would stop the start of a server half-way.
        command.process_group(0);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        // Its messages must be in English: pghaul looks for words in them.
        command.env("LC_ALL", "C").env_remove("LANGUAGE");
        command
    }

    /// Runs a command to its end.
    ///
    /// Its output goes to the end of `log` and not into a pipe: the server inherits it, and a pipe would stay open for as
    /// long as the server runs.
    ///
    /// # Errors
    /// A command that cannot be run, or that fails; with the last lines of its output. [`Failure::said`] has all of it.
    pub fn run(&self, mut command: Command, stdin: Input, log: &Path) -> Result<(), Failure> {
        let name = command.get_program().to_owned();
        let name = Path::new(&name).file_name().unwrap_or_default().to_string_lossy().into_owned();
        let io = |error: std::io::Error| Failure::new(self, &name, &error.to_string(), String::new(), log);
        let file = self.open_log(log).map_err(io)?;
        let start = file.metadata().map_err(io)?.len();
        command.stdout(file.try_clone().map_err(io)?).stderr(file);
        let status = match stdin {
            Input::Inherit(stdin) => command.stdin(stdin).status().map_err(io)?,
            Input::Text(text) => {
                let mut child = command.stdin(Stdio::piped()).spawn().map_err(io)?;
                if let Some(mut pipe) = child.stdin.take() {
                    // A child that ends early closes the pipe. Its exit status and its log say why.
                    let _ = pipe.write_all(text.as_bytes());
                }
                child.wait().map_err(io)?
            }
        };
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(self, &name, &status.to_string(), read_from(log, start), log))
    }

    /// Opens a log for appending. It is given to the server's user, since pg_ctl opens it again by name.
    fn open_log(&self, log: &Path) -> std::io::Result<File> {
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o600).custom_flags(O_NOFOLLOW).open(log)?;
        self.owner.give_file(&file)?;
        Ok(file)
    }
}

/// The standard input of a program.
pub(super) enum Input {
    /// An open file, or nothing.
    Inherit(Stdio),
    /// A text.
    Text(&'static str),
}

/// A program that has failed.
pub(super) struct Failure {
    error: Error,
    /// What it has written to its log.
    pub said: String,
}

impl Failure {
    fn new(runner: &Runner, name: &str, status: &str, said: String, log: &Path) -> Self {
        let mut what = format!("the embedded server's {name} failed ({status})");
        let quoted = last_lines(&said);
        if !quoted.is_empty() {
            what.push_str(&format!(": {quoted}"));
        }
        let error = Error::refused(what).at(Place::file(runner.layout.data.display().to_string()));
        let error = match free_bytes(&runner.layout.data) {
            Some(free) if free < FULL_DISK_BYTES => error.remedy(format!(
                "the disk is full ({} MB free): make room, or name a directory on another disk with --data-dir",
                free >> 20
            )),
            _ => error.remedy(format!("see {}", log.display())),
        };
        Failure { error, said }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

/// The text of a log from an offset on. A log may hold bytes of any encoding.
fn read_from(log: &Path, start: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(log)?;
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
}

/// The last lines that are not empty, in one line: an error is one message.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(QUOTED_LINES)..].join(" | ")
}

/// Renames a log that has grown over 10 MiB; the new name replaces the log that was renamed before.
pub(super) fn rotate(log: &Path) {
    const LIMIT_BYTES: u64 = 10 << 20;
    if fs::symlink_metadata(log).is_ok_and(|metadata| metadata.len() > LIMIT_BYTES)
        && let Err(error) = fs::rename(log, log.with_extension("log.old"))
    {
        tracing::warn!("cannot rename {}: {error}", log.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(script: &str, input: Input) -> (Failure, String) {
        let temp = tempfile::tempdir().unwrap();
        let layout = Layout::new(temp.path().canonicalize().unwrap());
        let binaries = Binaries { dir: "/bin".into(), major: 15 };
        let runner = Runner { layout: &layout, owner: &Owner::Me, binaries: &binaries };
        fs::write(&layout.server_log, "an older line\n").unwrap();
        let mut command = runner.command("sh");
        command.args(["-c", script]);
        let failure = runner.run(command, input, &layout.server_log).err().unwrap();
        (failure, fs::read_to_string(&layout.server_log).unwrap())
    }

    #[test]
    fn an_error_quotes_the_last_lines_of_this_run_alone() {
        let script = "for i in 1 2 3 4 5 6; do echo line $i; echo; done; exit 7";
        let (failure, log) = failing(script, Input::Inherit(Stdio::null()));
        assert!(failure.said.starts_with("line 1"), "{}", failure.said);
        assert!(log.starts_with("an older line\nline 1\n"), "{log}");
        let text = Error::from(failure).to_string();
        assert!(text.contains("sh failed (exit status: 7): line 2 | line 3 | line 4"), "{text}");
        assert!(text.contains("server.log") && !text.contains('\n'), "{text}");
    }

    #[test]
    fn input_reaches_the_program_and_its_absence_from_one_that_ends_early_is_no_error() {
        let (failure, _) = failing("cat; exit 1", Input::Text("hello\n"));
        assert_eq!(failure.said, "hello\n");
        let (failure, _) = failing("exec <&-; kill $$", Input::Text("hello\n"));
        assert!(Error::from(failure).to_string().contains("signal: 15"));
    }

    #[test]
    fn a_large_log_is_renamed() {
        let temp = tempfile::tempdir().unwrap();
        let log = temp.path().join("server.log");
        fs::write(&log, "small").unwrap();
        rotate(&log);
        assert!(log.exists());
        File::options().write(true).open(&log).unwrap().set_len(11 << 20).unwrap();
        rotate(&log);
        assert!(!log.exists() && temp.path().join("server.log.old").exists());
    }
}
