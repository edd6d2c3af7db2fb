//! A data file that is large enough for all workers to load it together: the same rows as by one, or nothing.

use crate::dumps::LARGE_BYTES;
use nix::sys::signal::Signal;
use pghaul_test_support::{
    Case, IN_COPY, Outcome, Running, Workdir, case, messages, pghaul, says, write_dump,
};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

const GENERATED: &str = "user_assigned_courses";
/// Rows of about 110 bytes, with line ends in quotes among them.
const GENERATED_ROWS: &str = "650000";
/// Rows of 512 bytes, two lines each.
const EVENTS: u64 = 140_000;
/// The row whose `number` is none, and the one whose `name` is NULL.
const BAD_NUMBER: u64 = 100_007;
const NO_NAME: u64 = 110_011;
const STAGING: &str = "SELECT count(*) FROM pg_class WHERE relname LIKE 'pghaul\\_staging\\_%'";
/// Dumps that are made once for all tests of this file.
struct Dumps(Workdir);

fn dumps() -> &'static Dumps {
    static DUMPS: OnceLock<Dumps> = OnceLock::new();
    DUMPS.get_or_init(|| {
        let work = Workdir::new();
        let args = ["generate", "dump", "--out", ".", "--versions", "v1", "--tables", GENERATED, "--rows"];
        pghaul!(work).args(args).args([GENERATED_ROWS]).run().assert_code(0);
        write_dump(&work.join("crm_v1.zip"), |dump| {
            dump.table("events", "id:bigint number:varchar(9) name:varchar(500)", |out| {
                let filler = "x".repeat(480);
                (1..=EVENTS).try_for_each(|id| match id {
                    BAD_NUMBER => writeln!(out, "{id:08}|x7|`a\n{filler}`"),
                    // As many lines as the others have.
                    NO_NAME => writeln!(out, "{id:08}|`1\n`|NULL"),
                    _ => writeln!(out, "{id:08}|7|`a\n{filler}`"),
                })
            })
        });
        Dumps(work)
    })
}

/// The line where a row of `events` begins.
fn line(row: u64) -> u64 {
    2 + 2 * (row - 1)
}

/// A case with one of the dumps, `lms_v1.zip` or `crm_v1.zip`.
fn case_with(dump: &str) -> Case {
    let case = case!();
    let path: PathBuf = case.dump_path(dump.trim_end_matches(".zip"));
    std::fs::copy(dumps().0.join(dump), path).unwrap();
    case
}

/// How many rows, and a number that all of them make, in whatever order.
fn content(case: &Case, table: &str) -> Vec<Option<String>> {
    let sql = format!("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {table} t");
    case.db.rows(&sql).remove(0)
}

/// A run of `ingest` with four workers, stopped by SIGSTOP when several streams are in their COPY.
fn stopped_in_copies(case: &Case, flags: &str) -> Running {
    let running = Running::start(case.ingest(&format!("--workers 4 --force {flags}")).command());
    case.wait_until(&format!("SELECT count(*) > 1 FROM {IN_COPY}"));
    running.signal(Signal::SIGSTOP);
    assert_eq!(case.db.one(STAGING), "1", "the load was too fast to be stopped in its COPY");
    running
}

#[test]
fn many_streams_load_what_one_does_and_a_refresh_has_no_gap() {
    let case = case_with("lms_v1.zip");
    let outcome = case.ends_with(0, "--workers 1 -v");
    assert!(outcome.units()[0]["bytes_read"].as_u64().unwrap() >= LARGE_BYTES as u64);
    assert!(!outcome.run.stderr.contains("streams"), "{}", outcome.run.stderr);
    let by_one = content(&case, GENERATED);
    assert_eq!(by_one[0].as_deref(), Some(GENERATED_ROWS));

    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut client = case.db.client();
            let mut counts = Vec::new();
            while !done.load(Ordering::Relaxed) {
                let row = client.query_one(&format!("SELECT count(*)::text FROM {GENERATED}"), &[]).unwrap();
                counts.push(row.get::<_, String>(0));
            }
            counts
        });
        let run = case.ends_with(0, "--workers 4 --force -v").run;
        done.store(true, Ordering::Relaxed);
        run.assert_stderr_has(&format!("copied {GENERATED_ROWS} rows by 4 streams"));
        let counts = reader.join().unwrap();
        assert!(!counts.is_empty() && counts.iter().all(|count| count == GENERATED_ROWS), "{counts:?}");
    });
    assert_eq!(content(&case, GENERATED), by_one);
    assert_eq!(case.tables(), format!("{GENERATED} v1_{GENERATED}"));
    let ledger = format!("SELECT rows FROM pghaul.loads WHERE unit = 'v1_{GENERATED}'");
    assert_eq!(case.db.one(&ledger), GENERATED_ROWS);
    assert_eq!(case.load("--workers 4")[&format!("v1_{GENERATED}")], "unchanged");
}

#[test]
fn sessions_that_wait_for_the_streams_outlast_the_administrator_s_limits_of_idleness() {
    let case = case_with("lms_v1.zip");
    let name = case.db.name();
    case.db.execute(&format!("ALTER DATABASE {name} SET idle_in_transaction_session_timeout = '2s'"));
    if case.db.one("SELECT current_setting('idle_session_timeout', true) IS NOT NULL") == "t" {
        case.db.execute(&format!("ALTER DATABASE {name} SET idle_session_timeout = '2s'"));
    }
    for args in ["--workers 4 --retries 0 -v", "--workers 4 --retries 0 -v --mothers recreate --force"] {
        let run = case.ends_with(0, args).run;
        run.assert_stderr_has(&format!("copied {GENERATED_ROWS} rows by 4 streams"));
        assert_eq!(case.db.one(&format!("SELECT count(*) FROM {GENERATED}")), GENERATED_ROWS);
    }
}

#[test]
fn many_streams_fill_an_unlogged_table_and_then_a_logged_one() {
    let case = case_with("lms_v1.zip");
    for (args, persistence) in [("--workers 4 --unlogged -v", "u"), ("--workers 4 -v", "p")] {
        let run = case.ends_with(0, args).run;
        run.assert_stderr_has(&format!("copied {GENERATED_ROWS} rows by 4 streams"));
        let sql = format!("SELECT relpersistence FROM pg_class WHERE relname = 'v1_{GENERATED}'");
        assert_eq!(case.db.one(&sql), persistence);
        assert_eq!(case.db.one(&format!("SELECT count(*) FROM {GENERATED}")), GENERATED_ROWS);
        assert_eq!(case.tables(), format!("{GENERATED} v1_{GENERATED}"));
    }
}

#[test]
fn a_row_that_cannot_be_loaded_is_named_by_its_line_and_nothing_is_left() {
    for (column, clause, row, text) in [
        ("number", "number int", BAD_NUMBER, "invalid input syntax for type integer: \"x7\""),
        ("name", "name text NOT NULL", NO_NAME, "violates not-null constraint"),
    ] {
        let case = case_with("crm_v1.zip");
        let others = ["id bigint", "number text", "name text"];
        let columns: Vec<&str> = others
            .into_iter()
            .map(|other| if other.starts_with(&format!("{column} ")) { clause } else { other })
            .collect();
        case.db.execute(&format!("CREATE TABLE events ({})", columns.join(", ")));
        case.config("mother_tables: {events: {id: bigint}}\n");
        let run = case.ingest("--workers 4").run();
        run.assert_code(1);
        let messages = messages(&run);
        assert_eq!(messages.len(), 1);
        says(&messages[0], &[&format!("crm_v1.zip/events.dat, line {}", line(row)), text]);
        assert_eq!(case.tables(), "events");
        assert_eq!(case.db.one("SELECT count(*) FROM pghaul.loads"), "0");
    }
}

#[test]
fn sigkill_leaves_the_old_rows_and_the_next_run_completes_and_cleans_up() {
    let case = case_with("crm_v1.zip");
    case.load("--workers 4");
    let before = content(&case, "events");
    for workers in ["4", "1"] {
        let running = stopped_in_copies(&case, "");
        running.signal(Signal::SIGKILL);
        running.wait().assert_code(137);
        assert_eq!(content(&case, "events"), before);
        case.load(&format!("--force --workers {workers}"));
        assert_eq!(content(&case, "events"), before);
        assert_eq!(case.db.one(STAGING), "0");
        assert_eq!(case.tables(), "events v1_events");
    }
}

#[test]
fn ctrl_c_and_a_lost_stream_leave_nothing() {
    let case = case_with("crm_v1.zip");
    case.load("--workers 4");
    let before = case.everything();
    let running = stopped_in_copies(&case, "");
    running.signal(Signal::SIGINT);
    running.signal(Signal::SIGCONT);
    let run = running.wait();
    run.assert_code(130).assert_stderr_has("interrupted; what was not complete has been undone");
    assert_eq!(case.everything(), before);

    let running = stopped_in_copies(&case, "--retries 0");
    let terminate =
        format!("SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM {IN_COPY} LIMIT 1) one");
    assert_eq!(case.db.one(&terminate), "1");
    running.signal(Signal::SIGCONT);
    let run = running.wait();
    run.assert_code(1).assert_stderr_has("run again to load what is missing");
    assert_eq!(Outcome::of(run).statuses()["v1_events"], "failed");
    assert_eq!(case.everything(), before);

    let running = stopped_in_copies(&case, "");
    assert_eq!(case.db.one(&terminate), "1");
    running.signal(Signal::SIGCONT);
    running.wait().assert_code(0).assert_stderr_has("trying again in ");
    assert_eq!(case.db.one("SELECT count(*) FROM events"), EVENTS.to_string());
}

#[test]
fn where_the_server_has_no_room_for_two_streams_one_does_it() {
    let case = case_with("crm_v1.zip");
    let role = case.db.role("secret");
    case.db.execute(&format!("ALTER ROLE {role} CONNECTION LIMIT 2"));
    case.db.execute(&format!("GRANT CREATE ON DATABASE {} TO {role}", case.db.name()));
    case.db.execute(&format!("GRANT CREATE ON SCHEMA public TO {role}"));
    let url = case.db.tcp_url(&role, "secret");
    let run = pghaul!(case.work).args(["ingest", "dumps", "--workers", "4", "--db", &url]).run();
    run.assert_code(0).assert_stderr_has("loading with 1 worker instead of 4");
    assert_eq!(case.db.one("SELECT count(*) FROM events"), EVENTS.to_string());
}
