//! `pghaul generate users` to files and streams.

use nix::sys::signal::Signal;
use pghaul_test_support::{Memory, Outcome, Pghaul, Run, Running, Workdir, names, pghaul, repository};
use serde_json::Value;
use std::fs;
use std::time::Duration;

/// Far more than the memory of a run would hold (KiB): 300,000 users are 160 MB of text.
const CEILING_KIB: u64 = 32 << 10;
/// How much more memory many records may take than some, with the same workers.
const GROWTH_KIB: u64 = 4 << 10;
const MANY: u64 = 300_000;

fn generate(work: &Workdir, args: &str) -> Pghaul {
    pghaul!(work).args(["generate", "users"]).args(args.split_whitespace())
}

#[track_caller]
fn made(work: &Workdir, args: &str) -> Run {
    let run = generate(work, args).run();
    run.assert_code(0).assert(run.stderr.is_empty(), "no errors or warnings");
    run
}

/// Everything that lies in the folder, but the home folder.
fn files(work: &Workdir) -> Vec<String> {
    let mut names = names(work.path());
    names.retain(|name| name != "home");
    names
}

#[test]
fn every_number_of_workers_gives_the_same_bytes_and_all_records() {
    let work = Workdir::new();
    for count in [0, 1, 102, 5000] {
        for format in ["json", "ndjson", "csv"] {
            let args = format!("--count {count} --format {format} --seed 5");
            let one = made(&work, &format!("{args} --workers 1")).stdout;
            for workers in [2, 4, 7] {
                let many = made(&work, &format!("{args} --workers {workers}")).stdout;
                assert!(one == many, "{args} with {workers} workers");
            }
            let records = match format {
                "json" => serde_json::from_str::<Vec<Value>>(&one).unwrap().len(),
                "csv" => one.lines().count() - 1,
                _ => one.lines().count(),
            };
            assert_eq!(records, count, "{args}");
        }
    }
}

#[test]
fn another_seed_gives_other_users() {
    let work = Workdir::new();
    let default = made(&work, "--count 3").stdout;
    assert_eq!(default, made(&work, "--count 3 --seed 0").stdout);
    let other = made(&work, "--count 3 --seed 1").stdout;
    assert!(default.lines().zip(other.lines()).all(|(one, other)| one != other));
}

#[test]
fn a_file_is_continued_by_the_records_that_follow_its_last() {
    let work = Workdir::new();
    for format in ["json", "ndjson", "csv"] {
        made(&work, &format!("--count 2102 --out whole.{format}"));
        made(&work, &format!("--count 1 --out parts.{format}"));
        made(&work, &format!("--count 101 --start 1 --out parts.{format}"));
        made(&work, &format!("--count 1998 --start 102 --out parts.{format} --workers 3"));
        made(&work, &format!("--count 2 --start 2100 --out parts.{format}"));
        assert!(work.read(format!("whole.{format}")) == work.read(format!("parts.{format}")), "{format}");
    }
}

#[test]
fn a_part_in_a_file_of_its_own_is_what_the_whole_is_cut_into() {
    let work = Workdir::new();
    for format in ["ndjson", "csv"] {
        let whole = made(&work, &format!("--count 50 --format {format}")).stdout;
        let first = made(&work, &format!("--count 20 --format {format}")).stdout;
        let run = generate(&work, &format!("--count 30 --start 20 --out rest.{format}")).run();
        let warned = run.stderr == "warning: a new file that begins with user 20 has no header line\n";
        run.assert_code(0).assert(warned == (format == "csv"), "a warning where a header is missing");
        assert_eq!(first + &work.read(format!("rest.{format}")), whole);
    }
}

#[test]
fn a_file_that_ends_with_another_record_is_not_continued() {
    let work = Workdir::new();
    made(&work, "--count 10 --out users.csv");
    let before = work.read("users.csv");
    let wrong = ["--start 9", "--start 11", "--start 10 --seed 1", "--start 10 --format ndjson"];
    for args in wrong {
        let run = generate(&work, &format!("--count 5 --out users.csv {args}")).run();
        run.assert_code(2).assert_stderr_has(
            "error: users.csv: does not end with the record before the one that --start names; \
             give the --seed and --format",
        );
        assert_eq!(work.read("users.csv"), before, "{args}");
    }
}

#[test]
fn the_extension_says_which_form_unless_one_is_named() {
    let work = Workdir::new();
    for (args, start) in [
        ("--out a.json", "[\n{\"user_id\""),
        ("--out a.csv", "user_id,user_name,"),
        ("--out a", "{\"user_id\""),
        ("--out a.jsonl", "{\"user_id\""),
        ("--out a.csv --format ndjson", "{\"user_id\""),
    ] {
        made(&work, &format!("--count 2 {args}"));
        let name = args.split(' ').nth(1).unwrap();
        assert!(work.read(name).starts_with(start), "{args}");
    }
}

#[test]
fn a_new_file_takes_the_place_of_an_old_one_and_says_so() {
    let work = Workdir::new();
    work.write("users.csv", "something else");
    let run = made(&work, "--count 1234 --out users.csv");
    run.assert_stdout_has("users.csv: 1,234 rows, 3").assert_stdout_has(" per second)\n");
    assert_eq!(work.read("users.csv").lines().count(), 1235);
    assert_eq!(files(&work), ["users.csv"]);
    assert_eq!(made(&work, "-q --count 1 --out users.csv").stdout, "");
}

#[test]
fn the_report_has_the_shape_that_every_command_has() {
    let work = Workdir::new();
    let run = made(&work, "--count 7 --out users.csv --report -");
    let report = Outcome::of(run).report;
    assert_eq!([&report["command"], &report["status"]], ["generate", "ok"]);
    let unit = &report["units"][0];
    assert_eq!([&unit["name"], &unit["status"]], ["users.csv", "loaded"]);
    assert_eq!([&unit["rows_read"], &unit["rows_loaded"], &unit["rows_rejected"]], [7, 7, 0]);
    assert_eq!(unit["bytes_read"], work.read("users.csv").len());
    assert_eq!([&report["totals"]["units"], &report["totals"]["rows_loaded"]], [1, 7]);
    assert_eq!(unit["mother"], Value::Null);
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let work = Workdir::new();
    for workers in [1, 3] {
        let args = format!("--count 100000000 --workers {workers}");
        let mut running = Running::start(generate(&work, &args).command());
        let lines = running.read_lines_and_close(2);
        assert_eq!(lines.len(), 2);
        let run = running.wait();
        run.assert_code(0).assert(run.stderr.is_empty(), "no message");
    }
}

#[test]
fn an_interrupted_run_leaves_files_as_they_were() {
    let work = Workdir::new();
    made(&work, "--count 10 --out old.json");
    let before = work.read("old.json");
    for (args, signal, code) in
        [("--out new.json", Signal::SIGINT, 130), ("--out old.json --start 10", Signal::SIGTERM, 143)]
    {
        let running = Running::start(generate(&work, &format!("--count 100000000 {args}")).command());
        std::thread::sleep(Duration::from_millis(300));
        running.signal(signal);
        let run = running.wait();
        run.assert_code(code).assert_stderr_has("error: interrupted; ");
        assert_eq!(files(&work), ["old.json"]);
        assert_eq!(work.read("old.json"), before);
    }
}

#[test]
fn memory_does_not_grow_with_the_number_of_records() {
    let work = Workdir::new();
    let made = |count: u64| {
        let args = format!("--count {count} --out /dev/null --workers 4");
        Running::start(generate(&work, &args).command()).wait_with_memory()
    };
    let (run, Memory { all: peak, own }) = made(MANY);
    run.assert_code(0).assert_stdout_has("/dev/null: 300,000 rows, ");
    run.assert(peak > 1000 && own > 1000, "a peak that was measured");
    run.assert(own < CEILING_KIB, &format!("at most {CEILING_KIB} KiB of memory, not {own}"));
    // Most of the peak is the code of the unoptimised program, which a few records need as well.
    let (few, Memory { all: of_few, .. }) = made(10_000);
    few.assert_code(0);
    run.assert(peak < of_few + GROWTH_KIB, &format!("{peak} KiB of memory, not much more than {of_few}"));
}

#[test]
fn a_full_disk_fails_the_run() {
    let work = Workdir::new();
    generate(&work, "--count 10 --out /dev/full").run().assert_code(1).assert_stderr_has(
        "error: /dev/full: cannot be written: No space left on device (os error 28); make room",
    );
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_written() {
    let work = Workdir::new();
    fs::create_dir(work.join("folder")).unwrap();
    for (args, message) in [
        ("", "--count <N>"),
        (
            "--count 1e6",
            "invalid value '1e6' for '--count <N>': use a whole number, such as 1000000 or 1_000_000",
        ),
        ("--count -1", "use a whole number, such as"),
        ("--count 1 --workers 0", "use a whole number from 1 to 1024"),
        ("--count 1 --workers 100000", "use a whole number from 1 to 1024"),
        (
            "--count 1 --out a.csv.gz",
            "a.csv.gz: the extension gz says nothing of the format; name it with --format",
        ),
        ("--count 1 --format xml", "[possible values: json, ndjson, csv]"),
        ("--count 2 --start 18446744073709551615", "lead beyond the last record"),
        ("--count 1 --out folder", "folder: cannot be written: is a directory"),
        ("--count 1 --out away/users.csv", "away/users.csv: cannot be written: there is no folder away"),
        ("--count 1 --out a.csv --into users", "'--out <FILE>' cannot be used with '--into <TABLE>'"),
        ("--count 1 --flat", "--flat is for a table; name the table with --into"),
        ("--count 1 --flat --out a.csv", "--flat is for a table"),
        (
            "--count 1 --append --out a.csv",
            "--append is for a table; name it with --into; a file goes on with --start",
        ),
        ("--count 1 --db postgresql://x", "--db is for a table; name the table with --into"),
        ("--count 1 --report -", "standard output cannot have both the users and the report"),
    ] {
        let run = generate(&work, args).run();
        run.assert_code(2).assert_stderr_has(message);
        assert_eq!(files(&work), ["folder"], "{args}");
    }
}

#[test]
fn the_documentation_shows_what_comes_out() {
    let work = Workdir::new();
    let page = fs::read_to_string(repository().join("docs/generate.md")).unwrap();
    for args in ["--count 1", "--count 2 --format csv"] {
        let shown = format!("$ pghaul generate users {args}\n{}", made(&work, args).stdout);
        assert!(page.contains(&shown), "docs/generate.md lacks:\n{shown}");
    }
}

#[test]
fn standard_output_has_other_names_and_is_never_replaced() {
    let work = Workdir::new();
    let users = made(&work, "--count 2").stdout;
    assert_eq!(made(&work, "--count 2 --out /dev/stdout").stdout, users);
    let mut command = generate(&work, "--count 2 --out /dev/stdout").command();
    let kept = work.write("kept", "kept\n");
    let status = command.stdout(fs::File::options().append(true).open(kept).unwrap()).status().unwrap();
    assert!(status.success());
    assert_eq!(work.read("kept"), format!("kept\n{users}"));
    let run = generate(&work, "--count 2 --out /dev/stdout --report -").run();
    run.assert_code(2).assert_stderr_has("standard output cannot have both");
}

#[test]
fn a_report_never_takes_the_place_of_the_users() {
    let work = Workdir::new();
    let run = generate(&work, "--count 2 --out users.csv --report ./users.csv").run();
    run.assert_code(2)
        .assert_stderr_has("users.csv: the report would take its place; name another file with --report");
    assert_eq!(files(&work), [""; 0]);
}

#[test]
fn only_what_was_read_is_counted() {
    let work = Workdir::new();
    let mut running = Running::start(generate(&work, "--count 100000000 --report r.json").command());
    running.read_lines_and_close(2);
    running.wait().assert_code(0);
    let report: Value = serde_json::from_str(&work.read("r.json")).unwrap();
    assert!(report["totals"]["rows_loaded"].as_u64().unwrap() < 100_000, "{report}");
}

#[test]
fn a_reader_who_does_not_read_keeps_nobody_from_stopping() {
    let work = Workdir::new();
    nix::unistd::mkfifo(&work.join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    // Nobody reads what the first one writes, and nobody opens the pipe of the second one.
    for args in ["--count 100000000", "--count 10 --out fifo"] {
        let mut running = Running::start(generate(&work, args).command());
        std::thread::sleep(Duration::from_millis(300));
        assert!(running.is_alive());
        running.signal(Signal::SIGTERM);
        let started = std::time::Instant::now();
        while running.is_alive() {
            assert!(started.elapsed() < Duration::from_secs(10), "{args}");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(running.wait().code, 143);
    }
}
