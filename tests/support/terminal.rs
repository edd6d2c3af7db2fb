//! A terminal in front of a command.

use crate::Run;
use std::ffi::OsStr;
use std::process::Command;

/// Runs a command with a terminal of 80 columns in front of it. Both of its streams are the run's standard output.
#[track_caller]
pub fn on_a_terminal(command: &Command) -> Run {
    let words = [command.get_program()].into_iter().chain(command.get_args());
    let quoted =
        |word: &OsStr| format!("'{}'", word.to_str().expect("a word in UTF-8").replace('\'', "'\\''"));
    let line = words.map(quoted).collect::<Vec<_>>().join(" ");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &format!("stty cols 80; exec {line}"), "/dev/null"]);
    script.current_dir(command.get_current_dir().expect("a folder")).env("TERM", "xterm-256color");
    script.env_remove("NO_COLOR").env_remove("CLICOLOR").env_remove("CLICOLOR_FORCE");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    let output = script.output().expect("run script");
    Run::new(&script, output)
}
