//! A terminal of a size, as a person has one: tmux.

use crate::wait_for;
use std::cell::Cell;
use std::fmt;
use std::process::{Command, Output};
use tempfile::TempDir;

/// The lines of a screen. More are needed by no command here, so that nothing scrolls away.
const LINES: usize = 400;

/// A terminal of so many columns, which is gone when dropped.
#[derive(Debug)]
pub struct Screen {
    /// The sockets of tmux servers of its own, one after the other: one that ends is in the way of the next on its socket.
    folder: TempDir,
    columns: usize,
    runs: Cell<u32>,
}

/// What a command has left on the screen.
#[derive(Debug)]
pub struct Shown {
    /// The lines as they were written. One that is longer than the screen is wide is one line here.
    pub lines: Vec<String>,
    /// The exit code.
    pub code: i32,
    /// What was typed.
    pub typed: String,
}

impl Screen {
    /// A terminal with so many columns.
    pub fn new(columns: usize) -> Screen {
        Screen { folder: tempfile::tempdir().expect("a folder"), columns, runs: Cell::new(0) }
    }

    /// Types a command into a fresh shell in this folder, and waits for its end.
    #[track_caller]
    pub fn run(&self, command: &Command, typed: &str) -> Shown {
        self.runs.set(self.runs.get() + 1);
        let folder = command.get_current_dir().expect("a folder").to_str().expect("UTF-8");
        let (columns, lines) = (self.columns.to_string(), LINES.to_string());
        // tmux has its own mind about PATH, so `env` sets all of it.
        let mut words = vec!["env".to_owned()];
        for (name, value) in command.get_envs() {
            let name = name.to_str().expect("UTF-8");
            match value {
                Some(value) => words.push(format!("{name}={}", value.to_str().expect("UTF-8"))),
                None => words.extend(["-u".to_owned(), name.to_owned()]),
            }
        }
        words.sort_by_key(|word| word.contains('='));
        words.extend(["sh", "-c", typed].map(str::to_owned));
        let quoted: Vec<String> =
            words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
        // The screen stays until it was read.
        let line = format!("{}; echo \"[exit $?]\"; exec cat", quoted.join(" "));
        let session =
            ["-f", "/dev/null", "new-session", "-d", "-x", &columns, "-y", &lines, "-c", folder, &line];
        ended_well(self.tmux(&session).output().expect("tmux"));
        let screen = || {
            let shown =
                ended_well(self.tmux(&["capture-pane", "-p", "-J", "-t", "0"]).output().expect("tmux"));
            shown.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<String>>()
        };
        let code = |lines: &[String]| {
            lines.iter().find_map(|line| line.strip_prefix("[exit ")?.strip_suffix(']')?.parse().ok())
        };
        wait_for("the end of the command", || code(&screen()).is_some());
        let mut lines = screen();
        let code = code(&lines).expect("an exit code");
        lines.truncate(lines.iter().rposition(|line| line.starts_with("[exit ")).unwrap_or(0));
        ended_well(self.tmux(&["kill-server"]).output().expect("tmux"));
        Shown { lines, code, typed: typed.to_owned() }
    }

    fn tmux(&self, args: &[&str]) -> Command {
        let mut tmux = Command::new("tmux");
        // A locale of letters, or else it shows others as blanks.
        tmux.env_remove("TMUX")
            .env("LC_ALL", "C.UTF-8")
            .arg("-S")
            .arg(self.folder.path().join(self.runs.get().to_string()));
        tmux.args(args);
        tmux
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // After a test that has failed it is still there.
        let _ = self.tmux(&["kill-server"]).output();
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "$ {}\n{}\n[exit {}]", self.typed, self.lines.join("\n"), self.code)
    }
}

#[track_caller]
fn ended_well(output: Output) -> String {
    assert!(output.status.success(), "tmux: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
