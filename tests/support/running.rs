//! A run of the binary that is still going on: to be signalled, watched, and waited for.

use crate::Run;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How often the memory of a run is looked at.
const PEAK_POLL: Duration = Duration::from_millis(5);

/// A run that was started.
pub struct Running {
    command: Command,
    child: Child,
    /// What has been read of its standard output already.
    said: Vec<u8>,
}

impl Running {
    /// Starts `command`.
    #[track_caller]
    pub fn start(mut command: Command) -> Running {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("run the binary");
        Running { command, child, said: Vec::new() }
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.id().try_into().expect("a process id");
        kill(Pid::from_raw(pid), signal).expect("signal the binary");
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended yet.
    #[track_caller]
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("look at a child").is_none()
    }

    /// Reads so many lines of standard output, and closes it.
    #[track_caller]
    pub fn read_lines_and_close(&mut self, count: usize) -> Vec<String> {
        let stdout = BufReader::new(self.child.stdout.take().expect("standard output is still open"));
        stdout.lines().take(count).map(|line| line.expect("read standard output")).collect()
    }

    /// Waits until it has written a line with `text` to standard output. Its end has those lines, too.
    #[track_caller]
    pub fn wait_for_line(&mut self, text: &str) {
        let stdout = self.child.stdout.as_mut().expect("standard output is still open");
        let mut byte = [0];
        while !String::from_utf8_lossy(&self.said).lines().any(|line| line.contains(text)) {
            // Byte by byte: what a buffer takes too much would be missing at the end.
            loop {
                let read = stdout.read(&mut byte).expect("read standard output");
                assert!(read == 1, "no line with {text:?} in {:?}", String::from_utf8_lossy(&self.said));
                self.said.push(byte[0]);
                if byte[0] == b'\n' {
                    break;
                }
            }
        }
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(self) -> Run {
        let mut output = self.child.wait_with_output().expect("wait for a child");
        output.stdout.splice(0..0, self.said);
        Run::new(&self.command, output)
    }

    /// Waits for its end; gives the most memory that it has had as well (KiB).
    #[track_caller]
    pub fn wait_with_peak(self) -> (Run, u64) {
        let (run, memory) = self.wait_with_memory();
        (run, memory.all)
    }

    /// Waits for its end; gives the most memory that it has had as well.
    #[track_caller]
    pub fn wait_with_memory(self) -> (Run, Memory) {
        let pid = self.child.id();
        let ended = std::thread::spawn(move || self.wait());
        let mut most = Memory::default();
        while !ended.is_finished() {
            let of = |name| kib(pid, name).unwrap_or_default();
            most = Memory { all: most.all.max(of("VmHWM:")), own: most.own.max(of("RssAnon:")) };
            std::thread::sleep(PEAK_POLL);
        }
        (ended.join().expect("wait for a child"), most)
    }
}

/// The most memory of a process (KiB).
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    /// All, with the parts of its program that were used: of an unoptimised one, that is most of it.
    pub all: u64,
    /// What it has asked for, as far as it was seen.
    pub own: u64,
}

/// A figure of a running process.
fn kib(pid: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
