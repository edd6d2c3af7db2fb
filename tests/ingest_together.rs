//! Runs of `pghaul ingest` beside readers and beside each other: no gap, no mix, no doubled row.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pghaul_test_support::{Case, Outcome, Run, case};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// Two versions of users with `rows` rows each, all of `generation`.
fn write(case: &Case, generation: usize, rows: usize) {
    let data: String = (0..rows).map(|id| format!("{id}|{generation}\n")).collect();
    for version in ["crm_v1", "crm_v2"] {
        case.dump(version, &[("users", "id:int generation:int", &data)]);
    }
}

/// Starts a run.
fn start(case: &Case, args: &str) -> (Command, Child) {
    let mut command = case.ingest(args).command();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    (command, child)
}

fn finish((command, child): (Command, Child)) -> Outcome {
    let run = Run::new(&command, child.wait_with_output().unwrap());
    run.assert_code(0);
    Outcome::of(run)
}

#[test]
fn readers_see_the_old_or_the_new_rows_and_never_a_gap_or_a_mix() {
    const REFRESHES: usize = 20;
    let case = case!();
    write(&case, 0, 100);
    case.load("");
    // Rows of one version: how many, and of how many generations.
    let counts =
        "SELECT tableoid::regclass::text, count(*), count(DISTINCT generation) FROM users GROUP BY 1";
    let done = AtomicBool::new(false);
    let (reads, seen) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut client = case.db.client();
            // Prepared once, so that plans which outlive a refresh are among the reads.
            let statement = client.prepare(counts).unwrap();
            let (mut reads, mut seen) = (0, BTreeSet::new());
            while !done.load(Ordering::Relaxed) {
                let rows = client.query(&statement, &[]).unwrap();
                let versions: BTreeMap<String, (i64, i64)> =
                    rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();
                assert_eq!(
                    versions.keys().collect::<Vec<_>>(),
                    ["v1_users", "v2_users"],
                    "after {reads} reads"
                );
                for (rows, generations) in versions.into_values() {
                    assert_eq!(generations, 1, "after {reads} reads");
                    seen.insert(rows);
                }
                reads += 1;
            }
            (reads, seen)
        });
        for refresh in 1..=REFRESHES {
            write(&case, refresh, if refresh % 2 == 0 { 100 } else { 300 });
            let statuses = case.load("--force");
            assert!(statuses.values().all(|status| status == "loaded"), "{statuses:?}");
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    assert_eq!(seen, BTreeSet::from([100, 300]));
    assert!(reads > REFRESHES, "only {reads} reads");
}

#[test]
fn two_first_runs_at_once_load_everything_once() {
    for round in 0..5 {
        let case = case!();
        write(&case, round, 2000);
        let runs = [start(&case, ""), start(&case, "")].map(finish);
        let loaded: u64 = runs.iter().map(|run| run.report["totals"]["loaded"].as_u64().unwrap()).sum();
        assert_eq!(loaded, 2, "each unit was loaded by one of them");
        assert_eq!(case.db.one("SELECT count(*) FROM users"), "4000");
        assert_eq!(case.tables(), "users v1_users v2_users");
        assert_eq!(case.db.one("SELECT sum(rows) FROM pghaul.loads"), "4000");
    }
}

#[test]
fn two_refreshes_at_once_double_nothing() {
    let case = case!();
    write(&case, 0, 2000);
    case.load("");
    for (round, args) in ["--force", "", "--force", "", "--force"].into_iter().enumerate() {
        write(&case, round + 1, 1000 * (round + 1));
        for run in [start(&case, args), start(&case, "--workers 1")] {
            finish(run);
        }
        assert_eq!(case.db.one("SELECT count(*) FROM users"), (2000 * (round + 1)).to_string());
        assert_eq!(case.tables(), "users v1_users v2_users");
    }
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
