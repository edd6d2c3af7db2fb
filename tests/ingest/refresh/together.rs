//! Runs of `pghaul ingest` beside readers and beside each other: no gap, no mix, no doubled row.

use crate::dumps::LARGE_BYTES;
use pghaul_test_support::{Case, Outcome, Running, case, server, write_dump};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often two runs are started together.
const ROUNDS: usize = 20;
const VERSIONS: [&str; 3] = ["v1_users", "v2_users", "v3_users"];

/// Two versions of users with `rows` rows each, all of `generation`.
fn write(case: &Case, generation: usize, rows: usize) {
    let data: String = (0..rows).map(|id| format!("{id}|{generation}\n")).collect();
    for version in ["crm_v1", "crm_v2"] {
        case.dump(version, &[("users", "id:int generation:int", &data)]);
    }
}

/// Three versions of users with `rows` rows each, all of `generation` and of so many bytes.
fn write_three(case: &Case, generation: usize, rows: usize, row_bytes: usize) {
    let filler = "x".repeat(row_bytes);
    for version in ["crm_v1", "crm_v2", "crm_v3"] {
        write_dump(&case.dump_path(version), |dump| {
            dump.table("users", "generation:int filler:text", |out| {
                (0..rows).try_for_each(|_| writeln!(out, "{generation}|{filler}"))
            })
        });
    }
}

/// Starts a run.
fn start(case: &Case, args: &str) -> Running {
    Running::start(case.ingest(args).command())
}

#[track_caller]
fn finish(run: Running) -> Outcome {
    let run = run.wait();
    run.assert_code(0);
    Outcome::of(run)
}

/// What a reader of a version may see: all rows of one generation.
type Seen = BTreeSet<i64>;

/// Reads through the mother as long as `work` lasts, by a plan that outlives the refreshes and by ones that are made anew;
/// gives the counts of a version that were seen. Each version has all its rows, of one generation, in every single answer.
fn read_during(case: &Case, work: impl FnOnce()) -> Seen {
    let by_version =
        "SELECT tableoid::regclass::text, count(*), count(DISTINCT generation) FROM users GROUP BY 1";
    let (done, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    let read_until_done = |prepared: bool| {
        let mut client = case.db.client();
        let statement = client.prepare(by_version).unwrap();
        let mut seen = Seen::new();
        while !done.load(Ordering::Relaxed) {
            let rows =
                if prepared { client.query(&statement, &[]) } else { client.query(by_version, &[]) }.unwrap();
            let versions: BTreeMap<String, (i64, i64)> =
                rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();
            assert!(versions.keys().eq(VERSIONS.iter()), "a gap: {versions:?}");
            assert!(versions.values().all(|(_, generations)| *generations == 1), "a mix: {versions:?}");
            seen.extend(versions.values().map(|(rows, _)| rows));
            let total: i64 = client.query_one("SELECT count(*) FROM users", &[]).unwrap().get(0);
            seen.insert(total);
            reads.fetch_add(1, Ordering::Relaxed);
        }
        seen
    };
    std::thread::scope(|scope| {
        let readers = [true, false].map(|prepared| scope.spawn(move || read_until_done(prepared)));
        work();
        done.store(true, Ordering::Relaxed);
        let seen = readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect();
        assert!(reads.load(Ordering::Relaxed) > 20, "only {reads:?} reads");
        seen
    })
}

/// Whatever is seen of three versions is the old count of each, or the new one.
#[track_caller]
fn assert_old_or_new(seen: &Seen, old: i64, new: i64) {
    let allowed: Seen =
        [old, new].into_iter().chain((0..=3).map(|olds| olds * old + (3 - olds) * new)).collect();
    assert!(seen.is_subset(&allowed), "{seen:?} of {allowed:?}");
    assert!(seen.contains(&old) && seen.contains(&new), "{seen:?}");
}

#[test]
fn readers_see_the_old_or_the_new_rows_and_never_a_gap_or_a_mix() {
    const REFRESHES: usize = 20;
    let case = case!();
    write_three(&case, 0, 100, 1);
    case.load("");
    let seen = read_during(&case, || {
        for refresh in 1..=REFRESHES {
            write_three(&case, refresh, if refresh % 2 == 0 { 100 } else { 300 }, 1);
            let statuses = case.load(if refresh % 3 == 0 { "--workers 1" } else { "--workers 3" });
            assert!(statuses.values().all(|status| status == "loaded"), "{statuses:?}");
        }
    });
    assert_old_or_new(&seen, 100, 300);
}

#[test]
fn readers_see_the_old_or_the_new_rows_of_files_that_many_streams_load() {
    const ROW_BYTES: usize = 1 << 16;
    const ROWS: usize = LARGE_BYTES / ROW_BYTES;
    let case = case!();
    write_three(&case, 0, ROWS, ROW_BYTES);
    case.load("--workers 4");
    let more = ROWS + 10;
    let seen = read_during(&case, || {
        for (generation, rows) in [(1, more), (2, ROWS)] {
            write_three(&case, generation, rows, ROW_BYTES);
            let run = case.ends_with(0, "--workers 4 -v").run;
            let by_many = run.stderr.matches(&format!("copied {rows} rows by 4 streams")).count();
            run.assert(by_many == 3, "each version loaded by 4 streams");
        }
    });
    let count = |rows| i64::try_from(rows).unwrap();
    assert_old_or_new(&seen, count(ROWS), count(more));
}

#[test]
fn two_first_runs_at_once_load_everything_once() {
    for round in 0..ROUNDS {
        let case = case!();
        write(&case, round, 500);
        let runs = [start(&case, ""), start(&case, "")].map(finish);
        let loaded: u64 = runs.iter().map(|run| run.report["totals"]["loaded"].as_u64().unwrap()).sum();
        assert_eq!(loaded, 2, "each unit was loaded by one of them");
        assert_eq!(case.db.one("SELECT count(*) FROM users"), "1000");
        assert_eq!(case.tables(), "users v1_users v2_users");
        assert_eq!(case.db.one("SELECT sum(rows) FROM pghaul.loads"), "1000");
    }
    assert!(!server().log().contains("deadlock detected"));
}

#[test]
fn two_refreshes_at_once_double_nothing() {
    let case = case!();
    write(&case, 0, 500);
    case.load("");
    for round in 1..=ROUNDS {
        write(&case, round, 100 * round);
        // Only where one is to load all again, each unit is loaded by both, one after the other.
        let forced = round % 2 == 0;
        let runs = [if forced { "--force" } else { "" }, "--workers 1"].map(|args| start(&case, args));
        let runs = runs.map(finish);
        let loaded: u64 = runs.iter().map(|run| run.report["totals"]["loaded"].as_u64().unwrap()).sum();
        assert!(if forced { (2..=4).contains(&loaded) } else { loaded == 2 }, "{loaded} loaded");
        assert_eq!(case.db.one("SELECT count(*) FROM users"), (200 * round).to_string());
        assert_eq!(case.db.one("SELECT count(DISTINCT generation) FROM users"), "1");
        assert_eq!(case.db.one("SELECT sum(rows) FROM pghaul.loads"), (200 * round).to_string());
        assert_eq!(case.tables(), "users v1_users v2_users");
    }
    assert!(!server().log().contains("deadlock detected"));
}

/// Both are held for longer than a run waits: a version table, and the mother of another.
#[test]
fn those_who_use_a_table_for_too_long_make_its_unit_fail_and_lock_nobody_out() {
    let case = case!();
    let dump = |rows: &str| {
        let columns = "id:int";
        case.dump("crm_v1", &[("notes", columns, rows), ("orders", columns, rows), ("users", columns, rows)]);
    };
    dump("1\n2\n");
    case.load("");
    let mut client = case.db.client();
    let mut reader = client.transaction().unwrap();
    reader.execute("SELECT FROM ONLY orders", &[]).unwrap();
    reader.execute("SELECT FROM v1_users", &[]).unwrap();
    dump("3\n4\n5\n");
    let mut run = start(&case, "--workers 3");
    let mut longest = Duration::ZERO;
    while run.is_alive() {
        let asked = Instant::now();
        assert_eq!(
            case.db.one("SELECT (SELECT count(*) FROM users) || ' ' || (SELECT count(*) FROM orders)"),
            "2 2"
        );
        longest = longest.max(asked.elapsed());
        std::thread::sleep(Duration::from_millis(50));
    }
    let run = run.wait();
    run.assert_code(1);
    for table in ["users", "orders"] {
        run.assert_stderr_has(&format!("error: crm_v1.zip/{table}.dat: "));
        run.assert_stderr_has(&format!(
            "someone has been using {table} or v1_{table} for more than 30 s; run again when they are done"
        ));
    }
    assert!(longest < Duration::from_secs(10), "a reader had to wait for {longest:?}");
    let statuses = Outcome::of(run).statuses();
    assert_eq!(statuses["v1_notes"], "loaded");
    assert_eq!((statuses["v1_users"].as_str(), statuses["v1_orders"].as_str()), ("failed", "failed"));
    reader.commit().unwrap();
    assert_eq!(case.load("")["v1_users"], "loaded");
    assert_eq!(case.db.one("SELECT sum(id) FROM orders"), "12");
}

#[test]
fn a_reader_in_the_way_is_waited_for() {
    let case = case!();
    write(&case, 0, 10);
    case.load("");
    let mut client = case.db.client();
    let mut reader = client.transaction().unwrap();
    reader.execute("SELECT FROM users", &[]).unwrap();
    write(&case, 1, 20);
    let run = start(&case, "--workers 1");
    let waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass)";
    case.wait_until(waiting);
    let count: i64 = reader.query_one("SELECT count(*) FROM users", &[]).unwrap().get(0);
    assert_eq!(count, 20, "ten rows of each version, as before");
    reader.commit().unwrap();
    assert_eq!(finish(run).report["totals"]["loaded"], 2);
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "40");
}

/// It holds what the swap wants, and then wants what the swap holds: without a swap that steps back, PostgreSQL would
/// end one of them, and that one is the reader.
#[test]
fn a_reader_of_a_version_table_may_go_on_to_the_mother() {
    let case = case!();
    write(&case, 0, 10);
    case.load("");
    for refresh in 1..=3 {
        let mut client = case.db.client();
        let mut reader = client.transaction().unwrap();
        reader.execute("SELECT FROM v1_users", &[]).unwrap();
        write(&case, refresh, 10 * (refresh + 1));
        let run = start(&case, "--workers 1");
        let waiting =
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'v1_users'::regclass)";
        case.wait_until(waiting);
        reader.query_one("SELECT count(*) FROM users", &[]).unwrap();
        reader.commit().unwrap();
        assert_eq!(finish(run).report["totals"]["loaded"], 2);
        assert_eq!(case.db.one("SELECT count(*) FROM users"), (20 * (refresh + 1)).to_string());
    }
}
