//! `pghaul db`: the embedded server by hand.

use super::flags::global::GlobalArgs;
use super::flags::target::{DataDirArg, named_by};
use crate::config::{Config, ConfigText};
use crate::exit::Exit;
use crate::pg::embedded::{Embedded, Project, StartOutcome};
use crate::run::interrupt;
use crate::{Error, Result};
use clap::{Args, Subcommand};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// The time between two looks for SIGTERM while psql runs.
const TERM_POLL: Duration = Duration::from_millis(100);

const EXAMPLES: &str = "\
Examples:
  pghaul db start                                 keep the server running
  psql \"$(pghaul db url)\"                         any client can use it
  pghaul db psql -c 'select version()'            start, run psql, stop again
  pghaul db stop

Without a database of your own (--db, DATABASE_URL, datastore:), every command of pghaul uses \
this server: a private PostgreSQL, run from this machine's own programs (PGHAUL_PG_BIN names \
others) on a unix socket in the data directory. It is stopped after the last command, unless \
started with `start`.";

const START_EXAMPLES: &str = "\
Examples:
  pghaul db start
  pghaul db --data-dir /srv/pghaul start       another server, in another folder";

const STOP_EXAMPLES: &str = "\
Examples:
  pghaul db stop
  pghaul db stop --force                   do not wait for a pghaul that uses it";

const STATUS_EXAMPLES: &str = "\
Examples:
  pghaul db status
  pghaul db status || pghaul db start             in a script

Exit codes: 0 it runs; 1 it does not.";

const URL_EXAMPLES: &str = "\
Examples:
  pghaul db url
  psql \"$(pghaul db url)\"                         any client can use it";

const PSQL_EXAMPLES: &str = "\
Examples:
  pghaul db psql
  pghaul db psql -c 'select count(*) from users'
  pghaul db psql -v ON_ERROR_STOP=1 -f report.sql

All arguments go to psql; pghaul's own flags stand before `psql`. The exit code is psql's.";

/// The arguments of `pghaul db`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DbArgs {
    #[command(flatten)]
    data_dir: DataDirArg,
    #[command(subcommand)]
    command: DbCommand,
}

#[derive(Debug, Subcommand)]
enum DbCommand {
    /// Start the server and keep it running until `stop`
    #[command(after_help = START_EXAMPLES)]
    Start,
    /// Stop the server
    #[command(after_help = STOP_EXAMPLES)]
    Stop {
        /// Stop it even while another pghaul uses it; what that has not committed is rolled back
        #[arg(long)]
        force: bool,
    },
    /// Tell whether the server runs: exit code 0 when it does, 1 when not
    #[command(after_help = STATUS_EXAMPLES)]
    Status,
    /// Print the database's URL
    #[command(after_help = URL_EXAMPLES)]
    Url,
    /// Open the database with psql, starting the server if necessary
    #[command(alias = "shell")]
    Psql(PsqlArgs),
}

/// The arguments of `pghaul db psql`.
#[derive(Debug, Args)]
#[command(after_help = PSQL_EXAMPLES, disable_help_flag = true)]
pub struct PsqlArgs {
    // The global flags of the same names, without their short forms: `-v` and `-q` are psql's here.
    #[arg(id = "verbose", long = "verbose", hide = true)]
    verbose: bool,
    #[arg(id = "quiet", long = "pghaul-quiet", hide = true)]
    quiet: bool,
    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
    /// Arguments for psql
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "PSQL ARGS")]
    args: Vec<OsString>,
}

/// Runs `pghaul db`.
///
/// # Errors
/// Errors of [`Embedded`]; a psql that cannot be run.
pub fn run(args: DbArgs, global: &GlobalArgs) -> Result<Exit> {
    let embedded = args.data_dir.embedded(ConfigText::path(global.config.as_deref()))?;
    if matches!(args.command, DbCommand::Url | DbCommand::Psql(_)) {
        note_elsewhere(global.config.as_deref());
    }
    match args.command {
        DbCommand::Start => start(&embedded, args.data_dir.data_dir),
        DbCommand::Stop { force } => stop(&embedded, force),
        DbCommand::Status => status(&embedded),
        DbCommand::Url => url(&embedded),
        DbCommand::Psql(psql_args) => psql(&embedded, psql_args.args),
    }
}

fn start(embedded: &Embedded, data_dir: Option<PathBuf>) -> Result<Exit> {
    let state = match embedded.start()? {
        StartOutcome::Started => "running",
        StartOutcome::AlreadyRunning => "already running",
    };
    let flag = data_dir.map(|dir| format!(" --data-dir {}", shell_quoted(&dir.to_string_lossy())));
    let flag = flag.unwrap_or_default();
    say(&format!("{state}: {} (stop it with: pghaul db stop{flag})", embedded.url()))?;
    Ok(Exit::Loaded)
}

fn stop(embedded: &Embedded, force: bool) -> Result<Exit> {
    say(if embedded.stop(force)? { "stopped" } else { "not running" })?;
    Ok(Exit::Loaded)
}

fn status(embedded: &Embedded) -> Result<Exit> {
    let status = embedded.status()?;
    let state = match (status.pid, status.kept) {
        (Some(pid), true) => format!("running (process {pid}), until `pghaul db stop`"),
        (Some(pid), false) => format!("running (process {pid}), for as long as it is used"),
        (None, _) => "not running".to_owned(),
    };
    let version = status.version.map_or("not created yet".to_owned(), |major| format!("PostgreSQL {major}"));
    say(&format!("server:  {state}"))?;
    say(&format!("cluster: {version}"))?;
    say(&format!("data:    {}", status.data_dir.display()))?;
    say(&format!("url:     {}", status.url))?;
    Ok(if status.pid.is_some() { Exit::Loaded } else { Exit::Other(1) })
}

fn url(embedded: &Embedded) -> Result<Exit> {
    let meant = embedded.nearest()?;
    note_other(embedded.project(), meant.project());
    say(&meant.url())?;
    if embedded.status()?.pid.is_none() {
        eprintln!("note: the server is not running; start it with: pghaul db start");
    }
    Ok(Exit::Loaded)
}

fn psql(embedded: &Embedded, args: Vec<OsString>) -> Result<Exit> {
    let session = embedded.acquire_nearest()?;
    note_other(embedded.project(), session.project());
    let mut command = Command::new(embedded.psql()?);
    // The URL comes first: psql takes the first argument that is no option as the database.
    command.arg("--dbname").arg(session.url()).args(args);
    // The URL does not name these parameters. From the environment, they could lead to another server.
    for variable in ["PGHOSTADDR", "PGPORT", "PGSERVICE", "PGTARGETSESSIONATTRS"] {
        command.env_remove(variable);
    }
    interrupt::check()?;
    interrupt::leave_ctrl_c_to_child();
    let status = run_to_its_end(&mut command)?;
    session.release()?;
    interrupt::check()?;
    Ok(exit_of(status))
}

/// Says that the rows of runs are not in the embedded server. A configuration that cannot be read says nothing about it.
fn note_elsewhere(config: Option<&Path>) {
    let named = Config::load(config).and_then(|config| named_by(None, &config));
    if let Ok(Some((target, by))) = named {
        eprintln!("note: this is the embedded server; runs load into {}, by {by}", target.describe());
    }
}

/// Says that another project's database is meant.
fn note_other(project: &Project, meant: &Project) {
    if project != meant {
        eprintln!("{}", of_another(meant.folder()));
    }
}

/// That the database is the one of another project.
pub fn of_another(folder: &Path) -> String {
    format!("note: this folder has no configuration and no database; this is the one of {}", folder.display())
}

/// Waits for a child that has the terminal; SIGTERM to this process ends the child.
fn run_to_its_end(command: &mut Command) -> Result<ExitStatus> {
    let program = command.get_program().to_owned();
    let fail = |error| Error::refused(format!("cannot run {}: {error}", program.display()));
    let mut child = command.spawn().map_err(fail)?;
    let pid = i32::try_from(child.id()).map(Pid::from_raw);
    let (ended, watch) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while watch.recv_timeout(TERM_POLL) == Err(RecvTimeoutError::Timeout) {
                if let (true, Ok(pid)) = (interrupt::requested().is_some(), pid) {
                    // The child may have ended by itself just now.
                    let _ = kill(pid, Signal::SIGTERM);
                }
            }
        });
        let status = child.wait();
        drop(ended);
        status.map_err(fail)
    })
}

/// The exit code that a shell would report.
fn exit_of(status: ExitStatus) -> Exit {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    match code.and_then(|code| u8::try_from(code).ok()) {
        Some(0) => Exit::Loaded,
        Some(code) => Exit::Other(code),
        None => Exit::Failed,
    }
}

/// Prints a line. A reader that has gone (`| head -1`) is no error.
fn say(line: &str) -> Result<()> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::failed(format!("cannot write to the standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Quotes a word for a POSIX shell, if it needs quotes.
fn shell_quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[arg(short, long, global = true)]
        verbose: bool,
        #[arg(short, long, global = true)]
        quiet: bool,
        #[command(flatten)]
        db: DbArgs,
    }

    fn psql_args(line: &[&str]) -> (Line, Vec<OsString>) {
        let line = Line::try_parse_from(line).unwrap();
        match &line.db.command {
            DbCommand::Psql(psql) => {
                let args = psql.args.clone();
                (line, args)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_follows_psql_is_psqls() {
        for line in [
            vec!["db", "psql", "-v", "A=1", "-q", "-c", "select 1"],
            vec!["db", "psql", "--", "-v", "A=1", "-q", "-c", "select 1"],
        ] {
            let (line, args) = psql_args(&line);
            assert_eq!(args, ["-v", "A=1", "-q", "-c", "select 1"]);
            assert!(!line.verbose && !line.quiet);
        }
        let (line, args) = psql_args(&["db", "-v", "--data-dir", "d", "psql", "-h", "x"]);
        assert!(line.verbose && !line.quiet);
        assert_eq!(line.db.data_dir.data_dir, Some("d".into()));
        assert_eq!(args, ["-h", "x"]);
    }

    #[test]
    fn exit_codes_are_those_of_a_shell() {
        assert_eq!(exit_of(ExitStatus::from_raw(0)), Exit::Loaded);
        assert_eq!(exit_of(ExitStatus::from_raw(3 << 8)), Exit::Other(3));
        assert_eq!(exit_of(ExitStatus::from_raw(15)), Exit::Other(143));
    }

    #[test]
    fn a_directory_can_be_pasted_into_a_shell() {
        assert_eq!(shell_quoted("/a/b-1"), "/a/b-1");
        assert_eq!(shell_quoted("/a b/it's"), r"'/a b/it'\''s'");
    }
}
