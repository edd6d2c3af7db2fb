//! A list of hostile dumps. Each is built here, byte by byte, and has its exit code and its whole message; none may take
//! long, take the memory of the machine, or leave anything in the database.

mod data;
mod descriptors;
mod files;
pub mod forged;
mod limits;
mod members;
mod names;
mod roles;
mod tars;

use crate::dumps::{COLUMNS, DATA};
use forged::Zip;
use pghaul_test_support::{Dump, Ingest, Running, descriptor, ingest, messages};
use std::time::{Duration, Instant};

/// Longer than any of them takes, by far: a debug build on a machine that does other things too.
const TIME: Duration = Duration::from_secs(60);
/// More memory than any of them takes, KiB; a debug build of pghaul takes 30 MiB for a dump that is right.
const MEMORY_KIB: u64 = 400 << 10;

/// A dump, and what must become of it.
pub struct Hostile {
    name: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    config: &'static str,
    code: i32,
    messages: Vec<String>,
}

impl Hostile {
    /// `app_v1.zip` of these bytes, which is refused with this message.
    pub fn refused(name: &'static str, bytes: Vec<u8>, message: impl Into<String>) -> Hostile {
        Hostile {
            name,
            files: vec![("app_v1.zip", bytes)],
            config: "",
            code: 2,
            messages: vec![message.into()],
        }
    }

    /// `app_v1.zip` of these bytes, whose unit `t` fails with this message.
    pub fn fails(name: &'static str, bytes: Vec<u8>, message: impl Into<String>) -> Hostile {
        Hostile { code: 1, ..Hostile::refused(name, bytes, message) }
    }

    /// `app_v1.zip` of these bytes, which harms nobody: the table `t` has two rows then.
    pub fn loads(name: &'static str, bytes: Vec<u8>) -> Hostile {
        Hostile { code: 0, messages: Vec::new(), ..Hostile::refused(name, bytes, "") }
    }

    /// With this `config.yml`.
    pub fn config(self, config: &'static str) -> Hostile {
        Hostile { config, ..self }
    }

    /// With another name.
    pub fn called(mut self, file: &'static str) -> Hostile {
        self.files[0].0 = file;
        self
    }

    /// With another dump beside it.
    pub fn and(mut self, file: &'static str, bytes: Vec<u8>) -> Hostile {
        self.files.push((file, bytes));
        self
    }

    /// With another message.
    pub fn and_says(mut self, message: &str) -> Hostile {
        self.messages.push(message.to_owned());
        self
    }

    /// Runs `pghaul ingest` on it; gives what is not as it must be.
    fn faults(&self) -> Vec<String> {
        let ingest = ingest!();
        for (file, bytes) in &self.files {
            ingest.work.write(format!("dumps/{file}"), bytes);
        }
        if !self.config.is_empty() {
            ingest.config(self.config);
        }
        let started = Instant::now();
        let (run, peak_kib) = Running::start(ingest.command().command()).wait_with_peak();
        let seconds = started.elapsed();
        let mut faults = Vec::new();
        let mut expect = |holds: bool, what: String| {
            if !holds {
                faults.push(format!("{}: {what}", self.name));
            }
        };
        expect(run.code == self.code, format!("exit code {}, not {}\n{}", run.code, self.code, run.stderr));
        let said = if run.code == 0 { Vec::new() } else { messages(&run) };
        expect(said == self.messages, format!("said {said:#?}, not {:#?}", self.messages));
        expect(seconds < TIME, format!("took {seconds:?}"));
        expect(peak_kib < MEMORY_KIB, format!("took {peak_kib} KiB of memory"));
        let left = what_is_left(&ingest);
        let expected = match self.code {
            0 => "good t v1_good v1_t; t: 2; staging: 0",
            1 => "good t v1_good; t: 0; staging: 0",
            _ => "",
        };
        expect(left == expected, format!("left {left:?}, not {expected:?}"));
        faults
    }
}

/// The tables, the rows of `t`, and tables that were not to be left.
fn what_is_left(ingest: &Ingest) -> String {
    let tables = ingest.tables().join(" ");
    if !ingest.tables().iter().any(|table| table == "t") {
        return tables;
    }
    let rows = ingest.db.one("SELECT count(*) FROM t");
    let staging =
        ingest.db.one("SELECT count(*) FROM pg_class WHERE relname LIKE '%staging%' AND relkind = 'r'");
    format!("{tables}; t: {rows}; staging: {staging}")
}

/// Goes through a part of the list; tells of all that is not as it must be at once.
#[track_caller]
fn check(list: Vec<Hostile>) {
    let faults: Vec<String> = list.iter().flat_map(Hostile::faults).collect();
    assert!(faults.is_empty(), "{} of {} dumps:\n{}", faults.len(), list.len(), faults.join("\n"));
}

/// A dump of the table `t` with this data, and a good table beside it.
pub fn with_data(data: impl AsRef<[u8]>) -> Vec<u8> {
    Dump::new().table("t", &COLUMNS, data).good().bytes()
}

/// A dump of the table `t` with this descriptor.
pub fn with_descriptor(text: impl AsRef<[u8]>) -> Vec<u8> {
    Zip::default().member("t.json", text).member("t.dat", DATA).bytes()
}

/// A zip with the descriptor of `t`, to which its data file is to be added.
pub fn described() -> Zip {
    let good = descriptor(&COLUMNS);
    Zip::default().member("good.json", &good).member("good.dat", DATA).member("t.json", good)
}

/// A zip of the table `t` and a good one beside it.
pub fn whole() -> Zip {
    described().member("t.dat", DATA)
}

#[test]
fn files() {
    check(files::list());
}

#[test]
fn names() {
    check(names::list());
}

#[test]
fn members() {
    check(members::list());
}

#[test]
fn limits() {
    check(limits::list());
}

#[test]
fn tars() {
    check(tars::list());
}

#[test]
fn descriptors() {
    check(descriptors::list());
}

#[test]
fn data() {
    check(data::list());
}

#[test]
fn the_list_is_long_and_no_name_stands_twice() {
    let lists = [
        files::list(),
        names::list(),
        members::list(),
        limits::list(),
        tars::list(),
        descriptors::list(),
        data::list(),
    ];
    let mut names: Vec<&str> = lists.iter().flatten().map(|hostile| hostile.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() == count && count >= 80, "{count} dumps, {} names", names.len());
}
