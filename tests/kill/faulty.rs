//! A small refresh in which the n-th system call of a kind fails, for each n: what was written is old or new, the exit code says
//! which, and the next run completes. `strace` makes the calls fail, so it sees those of libraries that ask the kernel by
//! themselves.
//!
//! A few n are the short form; with `PGHAUL_KILL_ROUNDS` it is every n, up to that number.

use crate::wait_until_gone;
use pghaul_test_support::{Case, Run, case, names};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Kinds of calls, each with the error that it gives.
const CALLS: [(&str, &str); 12] = [
    ("write", "ENOSPC"),
    ("write", "EIO"),
    ("writev,sendto,sendmsg", "ECONNRESET"),
    ("recvfrom,read", "EIO"),
    ("fsync,fdatasync", "EIO"),
    ("rename,renameat", "EIO"),
    ("renameat2", "EIO"),
    ("link,linkat", "ENOSPC"),
    ("unlink,unlinkat", "EIO"),
    ("openat", "EMFILE"),
    ("mmap", "ENOMEM"),
    ("brk", "ENOMEM"),
];
/// The calls of the short form: the n-th of each kind.
const SHORT: [u32; 6] = [1, 2, 5, 14, 40, 110];

/// A dump of two generations, one of which is loaded.
struct Refresh {
    case: Case,
    generation: usize,
}

impl Refresh {
    fn new() -> Refresh {
        let case = case!();
        case.config("xport_cfg: {archive_path: archive, archive: true}");
        let mut refresh = Refresh { case, generation: 0 };
        refresh.place();
        refresh.case.ingest("--max-rejects 5").run().assert_code(3);
        refresh
    }

    /// Puts the dump of the next generation in its place, and empties the archive.
    fn place(&mut self) {
        self.generation = 1 - self.generation;
        let _ = fs::remove_dir_all(self.case.work.join("archive"));
        let rows: String =
            (0..50 + self.generation).map(|id| format!("{id}|{}\n", self.generation)).collect();
        self.case.dump("crm_v1", &[("t", "id:int generation:int", &format!("{rows}bad|0\n"))]);
    }

    /// The generation that the mother shows: all of it.
    fn held(&self) -> usize {
        wait_until_gone(&self.case.db);
        let sql = "SELECT count(*) || ' of ' || string_agg(DISTINCT generation::text, ' and ') FROM t";
        match self.case.db.one(sql).as_str() {
            "50 of 0" => 0,
            "51 of 1" => 1,
            other => panic!("a mix: {other}"),
        }
    }

    /// The dump is in its folder or in the archive, whole.
    fn assert_dump_is_there(&self, run: &Run) {
        let there = [self.case.work.join("dumps"), self.case.work.join("archive")];
        let dumps = there.iter().filter(|folder| folder.is_dir()).flat_map(|folder| names(folder));
        run.assert(dumps.filter(|name| name.starts_with("crm_v1")).count() > 0, "a dump that is there");
    }

    /// Unfinished files and staging tables.
    fn strays(&self) -> Vec<String> {
        let folders = ["", "dumps", "archive", "rejects"].map(|folder| self.case.work.join(folder));
        let files = folders.iter().filter(|folder| folder.is_dir()).flat_map(|folder| names(folder));
        let mut strays: Vec<String> = files.filter(|name| is_unfinished(name)).collect();
        let tables = self.case.tables();
        strays.extend(tables.split(' ').filter(|table| table.contains("staging")).map(str::to_owned));
        strays
    }
}

fn is_unfinished(name: &str) -> bool {
    name.ends_with(".unfinished") || name.ends_with(".archiving")
}

/// `command` with its n-th call of these failing; whether it came to that, and how it ended.
fn failing(command: &Command, calls: &str, error: &str, n: u32, trace: &Path) -> (bool, Run) {
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-o"]).arg(trace).args(["-e", &format!("trace={calls}")]);
    traced.args(["-e", &format!("inject={calls}:error={error}:when={n}"), "--"]);
    traced.arg(command.get_program()).args(command.get_args());
    traced.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    let output = traced.output().expect("run strace, which scripts/test installs");
    let trace = fs::read_to_string(trace).unwrap();
    (trace.contains("(INJECTED)"), Run::new(&traced, output))
}

#[test]
fn whatever_call_fails_the_rows_are_old_or_new_and_the_exit_code_says_which() {
    let mut refresh = Refresh::new();
    let most = std::env::var("PGHAUL_KILL_ROUNDS").ok().map(|rounds| rounds.parse::<u32>().unwrap());
    let mut hit = 0;
    for (calls, error) in CALLS {
        let numbers: Vec<u32> = most.map_or_else(|| SHORT.to_vec(), |most| (1..=most).collect());
        let mut of_this = 0;
        for n in numbers {
            refresh.place();
            let command = refresh.case.ingest("--max-rejects 5 --retries 0").command();
            let (came_to_it, run) = failing(&command, calls, error, n, &refresh.case.work.join("trace"));
            run.assert(came_to_it || run.code == 3, "a good end where no call fails");
            let is_new = refresh.held() == refresh.generation;
            let text = format!("{calls} {n} ({error}): new rows where the code says so, {is_new}");
            // Behind the commit, what fails is said, and the rows are there.
            run.assert(is_new || ![0, 3].contains(&run.code), &text);
            // Libraries panic where the kernel refuses to wake their own threads.
            run.assert(!run.stderr.contains("panicked at src/"), &text);
            refresh.assert_dump_is_there(&run);
            let ended = run.code < 128;
            run.assert(
                !ended || refresh.strays().is_empty(),
                &format!("no strays, but {:?}", refresh.strays()),
            );
            let next = refresh.case.ingest("--max-rejects 5").run();
            next.assert([0, 3].contains(&next.code), &format!("a run that completes after {calls} {n}"));
            assert_eq!(refresh.held(), refresh.generation, "{text}");
            next.assert(refresh.strays().is_empty(), &format!("no strays, but {:?}", refresh.strays()));
            println!("{calls} {n}: exit code {}, new rows: {is_new}", run.code);
            if !came_to_it {
                break;
            }
            of_this += 1;
        }
        hit += of_this;
    }
    assert!(hit >= 20, "{hit} calls failed");
    println!("{hit} calls failed");
}
