//! The shell script beside a test's server: it starts and stops it, and cleans up when the test process ends in any way.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running script, which answers each word with a line, and ends when its input does.
pub struct Watchdog {
    child: Child,
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Watchdog {
    /// Runs the script.
    pub fn start(mut command: Command) -> Watchdog {
        // A group of its own: Ctrl-C, or a test runner that kills the group, must not end it before it has cleaned up.
        command.process_group(0).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("run sh");
        // Rust opens both pipes close-on-exec, so no other child of the test keeps the watchdog waiting.
        let words = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Watchdog { child, words, answers }
    }

    /// Says a word; whether the script could do what it asks for.
    pub fn tell(&mut self, word: &str) -> bool {
        let words = self.words.as_mut().expect("open until drop");
        writeln!(words, "{word}").expect("the watchdog runs");
        self.answer() == "ok"
    }

    /// The next line that the script says.
    pub fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the watchdog answers in UTF-8");
        line.trim_end().to_owned()
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.words.take());
        // When it has ended, server and folder are gone; there is nothing to do about an error here.
        let _ = self.child.wait();
    }
}
