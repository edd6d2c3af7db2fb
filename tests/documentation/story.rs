//! A page as a story: one folder and one database, in which its blocks are run from top to bottom, as a reader would.

use crate::page::{Ask, Block, blocks, pghaul_command};
use crate::provide;
use clap::Parser;
use pghaul::cli::Cli;
use pghaul_test_support::{Database, Pghaul, Run, Workdir, pg_bin, repository, server};
use std::any::Any;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// The service's address in the documentation.
const ADDRESS: &str = "127.0.0.1:8005";

/// How long a command that goes on for ever is left to itself.
const WATCHED_SECONDS: &str = "2";

/// What the blocks of a page share.
pub struct Story {
    pub work: Workdir,
    pub db: Database<'static>,
    /// Whether the page uses the embedded server instead of `db`.
    pub is_embedded: bool,
    /// What stands in the page, and what is to stand there instead.
    pub instead: Vec<(String, String)>,
    /// Servers and databases that are there until the page's end.
    pub servers: Vec<Box<dyn Any>>,
}

/// Runs every block of a page that is to be run, and writes its files.
#[track_caller]
pub fn run_page(path: &str) {
    let mut story = Story {
        work: Workdir::new(),
        db: server().database(),
        is_embedded: false,
        instead: vec![(ADDRESS.to_owned(), free_address())],
        servers: Vec::new(),
    };
    story.work.write("home/.curlrc", "silent\nshow-error\n");
    let mut blocks_run = 0;
    for block in blocks(path) {
        blocks_run += usize::from(story.play(&block));
    }
    assert!(blocks_run > 0, "{path}: no block was run; take it out of the list of pages");
}

/// The parser of the binary takes this command.
#[track_caller]
pub fn parse(place: &str, command: &str) {
    // The shell knows its quotes. The variables are those of pages that benchmarks have written.
    let script = format!("printf '%s\\0' pghaul {command}");
    let output = Command::new("bash")
        .args(["-c", &script])
        .env("URL", "postgresql://h/db")
        .env("WORK", "w")
        .output()
        .unwrap();
    let words = String::from_utf8(output.stdout).unwrap();
    let words = words.strip_suffix('\0').unwrap_or_else(|| panic!("{place}: bash does not take: {command}"));
    if let Err(error) = Cli::try_parse_from(words.split('\0')) {
        panic!("{place}: pghaul does not take: {command}\n{error}");
    }
}

impl Story {
    /// Does what the block and its comment ask for; whether it was run.
    #[track_caller]
    fn play(&mut self, block: &Block) -> bool {
        let mut instead = Vec::new();
        let (mut code, mut is_service) = (0, false);
        for ask in &block.asks {
            match ask {
                Ask::File(name) => drop(self.work.write(name, self.real(&block.text, &[]))),
                Ask::With(name) => provide::provide(self, name, &block.place),
                Ask::Instead { shown, real } => instead.push((shown.clone(), real.clone())),
                Ask::Service => is_service = true,
                Ask::Exit(wanted) => code = *wanted,
                Ask::Embedded => self.is_embedded = true,
                Ask::Parsed => {}
            }
        }
        if !block.is_run() {
            return false;
        }
        let script = script(block, is_service);
        let run = self.bash(&self.real(&script, &instead)).run();
        run.assert(run.code == code, &format!("{}: exit code {code}", block.place));
        let shown = self.real(&block.shown().join("\n"), &instead);
        shows(&block.place, &run, &shown, !instead.is_empty());
        true
    }

    /// A shell in the page's folder, in which `pghaul`, psql and the scripts are found.
    pub fn bash(&self, script: &str) -> Pghaul {
        let binary = Path::new(env!("CARGO_BIN_EXE_pghaul")).parent().unwrap();
        let path = format!("{}:{}:{}", binary.display(), pg_bin().display(), std::env::var("PATH").unwrap());
        let bash = Pghaul::new("bash", &self.work).args(["-c", script]).env("PATH", path);
        match self.is_embedded {
            true => bash.env("PGHAUL_DATA_DIR", self.work.join("data")),
            false => bash.env("DATABASE_URL", self.db.url()),
        }
    }

    /// Executes SQL in the database of the page.
    #[track_caller]
    pub fn sql(&self, sql: &str) {
        match self.is_embedded {
            false => self.db.execute(sql),
            true => {
                let psql = "pghaul db psql --quiet --set ON_ERROR_STOP=1 --command \"$SQL\"";
                self.bash(psql).env("SQL", sql).run().assert_code(0);
            }
        }
    }

    /// The text with real addresses, and small numbers, in the place of those that are shown.
    fn real(&self, text: &str, more: &[(String, String)]) -> String {
        let mut text =
            text.replace("scripts/nightly", &repository().join("scripts/nightly").display().to_string());
        if !self.is_embedded {
            text = text.replace("pghaul db psql", "psql \"$DATABASE_URL\"");
        }
        more.iter().chain(&self.instead).fold(text, |text, (shown, real)| text.replace(shown, real))
    }
}

impl Drop for Story {
    /// A block that fails may leave the embedded server behind.
    fn drop(&mut self) {
        if self.is_embedded {
            let _ = self.bash("pghaul db stop --force").command().output();
        }
    }
}

/// What bash is to run: it ends with the first command that fails, unless the block shows an exit code, and gives both
/// streams as one.
fn script(block: &Block, is_service: bool) -> String {
    let lines: Vec<String> = block.commands().into_iter().map(ending).collect();
    let ends = if block.text.contains("$?") { "" } else { "set -e\n" };
    let mut script = format!("exec 2>&1\nset -uo pipefail\n{ends}");
    if is_service {
        let (service, others) = lines.split_first().expect("a service has a command");
        script += &format!(
            "{service} >service.log 2>&1 &\npid=$!\ntrap 'kill $pid' ERR\n\
             until grep --quiet '^listening on ' service.log; do\n\
             kill -0 $pid || {{ cat service.log; exit 1; }}\nsleep 0.05\ndone\n\
             cat service.log\n{}\nkill $pid\nwait $pid",
            others.join("\necho\n")
        );
    } else {
        script += &lines.join("\n");
    }
    script
}

/// A command that watches is asked to stop after a while. In the middle of its work it ends with 143.
fn ending(line: &str) -> String {
    match pghaul_command(line).filter(|command| command.contains("watch ")) {
        Some(command) => {
            format!("timeout --preserve-status {WATCHED_SECONDS} pghaul {command} || [[ $? == 143 ]]")
        }
        None => line.to_owned(),
    }
}

/// Each line that is shown has come, in this order, but for what is measured; others may have come besides.
#[track_caller]
fn shows(place: &str, run: &Run, shown: &str, has_other_numbers: bool) {
    let compared = |line: &str| match has_other_numbers {
        true => without_digits(&without_measures(line)),
        false => without_measures(line),
    };
    let come = run.stdout.lines().map(compared).collect::<Vec<_>>();
    let mut rest = come.iter();
    for line in shown.lines().filter(|line| !line.trim().is_empty() && line.trim() != "…") {
        let wanted = compared(line);
        let has_come = rest.any(|line| *line == wanted);
        run.assert(has_come, &format!("{place}: {line:?} in its place, as {wanted:?}"));
    }
}

/// `users  9  796.5 KiB  0.14` is `users 9 # B #`: what is different each time, and blanks and lines of whatever length.
fn without_measures(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let unit = |word: &str| ["B", "KiB", "MiB", "GiB"].contains(&word.trim_end_matches(','));
    let word = |(at, word): (usize, &&str)| {
        if unit(word) {
            return word.replace("KiB", "B").replace("MiB", "B").replace("GiB", "B");
        }
        if word.len() > 1 && word.chars().all(|c| "-+".contains(c)) {
            return word.split('+').map(|_| "-").collect::<Vec<_>>().join("+");
        }
        let number = word.trim_matches(|c| "(),;".contains(c));
        let is_number = number.starts_with(|c: char| c.is_ascii_digit())
            && number.chars().all(|c| c.is_ascii_digit() || ",.:-".contains(c));
        let is_measured =
            number.contains([',', '.', ':', '-']) || words.get(at + 1).is_some_and(|next| unit(next));
        if is_number && is_measured { word.replace(number, "#") } else { (*word).to_owned() }
    };
    words.iter().enumerate().map(word).collect::<Vec<_>>().join(" ")
}

/// Where other numbers were run with than are shown, none of them is compared.
fn without_digits(line: &str) -> String {
    let mut text = String::new();
    for c in line.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }) {
        if !(c == '#' && text.ends_with('#')) {
            text.push(c);
        }
    }
    text
}

fn free_address() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().to_string()
}

#[test]
fn lines_are_compared_but_for_what_is_measured() {
    assert_eq!(without_measures("v1_users  9  796.5 KiB,  0.14 s"), "v1_users 9 # B, # s");
    assert_eq!(without_measures("---+----  2026-11-21 15:24:04 (1,234 per"), "-+- # # (# per");
    assert_eq!(without_measures("726 B"), without_measures("1.1 KiB"));
    assert_ne!(without_measures("1 loaded"), without_measures("2 loaded"));
    assert_eq!(without_digits("17 of v10"), "# of v#");
}
