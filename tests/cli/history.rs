//! The history: each run of a job that loaded something, or failed, or was interrupted, and what it made of its units.

use nix::sys::signal::Signal;
use pghaul_test_support::{Case, Run, Running, case, drain, pghaul, server, wait_for};
use serde_json::Value;

const USERS: (&str, &str, &str) = ("users", "id:int", "1\n2\n");

fn ingest(case: &Case) -> Run {
    pghaul!(case.work).args(["ingest", "dumps", "--db", &case.db.url()]).run()
}

/// What `status --json` prints with these arguments.
#[track_caller]
fn json(case: &Case, args: &[&str]) -> Vec<Value> {
    let run = pghaul!(case.work).args(["status", "--json", "--db", &case.db.url()]).args(args).run();
    run.assert_code(0);
    serde_json::from_str(&run.stdout).unwrap()
}

/// A key of each.
fn each(records: &[Value], key: &str) -> Vec<String> {
    records.iter().map(|record| record[key].to_string().trim_matches('"').to_owned()).collect()
}

#[test]
fn every_run_is_there_and_each_unit_that_was_not_unchanged() {
    let case = case!();
    case.dump("crm_v1", &[USERS, ("orders", "id:int", "1\n")]);
    ingest(&case).assert_code(0);
    case.dump("crm_v1", &[("users", "id:int", "1\nx\n"), ("orders", "id:int", "1\n")]);
    ingest(&case).assert_code(1);
    case.dump("crm_v1", &[("users", "id:int", "1\n2\n3\n"), ("orders", "id:int", "1\n")]);
    ingest(&case).assert_code(0);
    ingest(&case).assert_code(0);
    let runs = json(&case, &["--runs"]);
    assert_eq!(each(&runs, "status"), ["ok", "ok", "failed", "ok"]);
    assert_eq!(each(&runs, "exit_code"), ["0", "0", "1", "0"]);
    assert_eq!(each(&runs, "rows_loaded"), ["0", "3", "0", "3"]);
    assert_eq!(each(&runs, "unchanged"), ["2", "1", "1", "0"]);
    let why = runs[2]["error"].as_str().unwrap();
    assert!(why.contains("users.dat"), "{why}");
    let users = json(&case, &["--history", "v1_users"]);
    assert_eq!(each(&users, "status"), ["loaded", "failed", "loaded"]);
    assert_eq!(each(&users, "rows_loaded"), ["3", "0", "2"]);
    assert_eq!(json(&case, &["--history", "v1_orders"]).len(), 1);
    assert_eq!(json(&case, &["--history", "none"]).len(), 0);
    let table = pghaul!(case.work).args(["status", "--runs", "--db", &case.db.url()]).run();
    table.assert_code(0).assert_stdout_has("1 unchanged, 1 failed").assert_stdout_has("ingest");
}

#[test]
fn what_is_refused_leaves_no_trace_and_what_is_old_is_forgotten() {
    let case = case!();
    case.dump("crm_v1", &[USERS]);
    case.config("mother_tables: {users: {nowhere: text}}\n");
    ingest(&case).assert_code(2);
    assert_eq!(case.db.one("SELECT count(*) FROM pg_namespace WHERE nspname = 'pghaul'"), "0");
    assert!(json(&case, &["--runs"]).is_empty());
    case.config("");
    for _ in 0..3 {
        ingest(&case).assert_code(0);
    }
    assert_eq!(json(&case, &["--runs"]).len(), 3);
    case.config("keep: 1ms\n");
    ingest(&case).assert_code(0);
    assert_eq!(json(&case, &["--runs"]).len(), 1);
    assert_eq!(case.db.one("SELECT count(*) FROM pghaul.history"), "0");
}

#[test]
fn an_interrupted_run_is_there_with_the_units_that_are_left() {
    let case = case!();
    case.dump("crm_v1", &[USERS]);
    ingest(&case).assert_code(0);
    case.dump("crm_v1", &[("users", "id:int", "1\n2\n3\n")]);
    let mut holder = postgres::Client::connect(&case.db.url(), postgres::NoTls).unwrap();
    let mut transaction = holder.transaction().unwrap();
    transaction.batch_execute("LOCK TABLE v1_users").unwrap();
    let args = ["ingest", "dumps", "--db", &case.db.url()];
    let running = Running::start(pghaul!(case.work).args(args).command());
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'v1_users'::regclass";
    wait_for("the run to wait", || case.db.one(waits) == "1");
    running.signal(Signal::SIGTERM);
    running.wait().assert_code(143);
    transaction.rollback().unwrap();
    let runs = json(&case, &["--runs"]);
    assert_eq!(each(&runs, "status"), ["interrupted", "ok"]);
    assert_eq!(each(&runs, "exit_code"), ["143", "0"]);
}

#[test]
fn runs_of_sync_and_drain_are_there_too() {
    let case = case!();
    let source = server().database();
    source.execute("CREATE TABLE t (id int PRIMARY KEY, u bigint NOT NULL); INSERT INTO t VALUES (1, 1)");
    let args = ["sync", "once", "--table", "t", "--cursor", "u", "--from", &source.url(), "--to"];
    for _ in 0..2 {
        pghaul!(case.work).args(args).args([case.db.url()]).run().assert_code(0);
    }
    // A pass that finds nothing to do leaves no trace.
    let runs = json(&case, &["--runs"]);
    assert_eq!(each(&runs, "command"), ["sync"]);
    let drain = drain!();
    drain.register(r#"["id", "n"]"#);
    drain.put(&[("1", "[1]")]);
    drain.drains();
    let shown = pghaul!(drain.work).args(["status", "--runs", "--db", &drain.db.url()]).run();
    shown.assert_code(0).assert_stdout_has("drain us_users");
}
