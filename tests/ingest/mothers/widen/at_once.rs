//! Widening beside readers, other runs, and those who end it.

use super::{NARROW, WIDE, WIDEN, loaded};
use nix::sys::signal::Signal;
use pghaul_test_support::{Running, case, server};

#[test]
fn a_reader_is_waited_for_and_a_killed_run_leaves_everything() {
    let case = loaded("views: true");
    let before = case.everything();
    let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass)";
    let mut reader = case.db.client();
    reader.batch_execute("BEGIN; SELECT FROM orders").unwrap();
    let running = Running::start(case.ingest(WIDEN).command());
    case.wait_until(waits);
    running.signal(Signal::SIGKILL);
    running.wait().assert_code(137);
    case.wait_until("SELECT count(*) = 2 FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'");
    assert_eq!(case.everything(), before);
    assert_eq!(case.columns("orders"), NARROW);
    let running = Running::start(case.ingest(WIDEN).command());
    case.wait_until(waits);
    // Others get past between the tries.
    assert_eq!(case.db.one("SELECT count(*) FROM orders_all"), "1");
    reader.batch_execute("COMMIT").unwrap();
    running.wait().assert_code(0);
    assert_eq!(case.columns("orders_all"), format!("version_table text, {WIDE}"));
    assert!(!server().log().contains("deadlock detected"));
}

#[test]
fn a_view_that_comes_in_between_leaves_everything() {
    // Two mothers: neither is altered, as both belong to one transaction.
    let case = case!();
    let int = [("a", "x:int", "1\n"), ("b", "x:int", "1\n")];
    case.dump("lms_v1", &int);
    case.load("");
    case.dump("lms_v2", &[("a", "x:bigint", "2\n"), ("b", "x:bigint", "2\n")]);
    let before = case.everything();
    let mut reader = case.db.client();
    reader.batch_execute("BEGIN; SELECT FROM b").unwrap();
    let running = Running::start(case.ingest(WIDEN).command());
    case.wait_until("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'b'::regclass)");
    reader.batch_execute("CREATE VIEW late AS SELECT x FROM b; COMMIT").unwrap();
    let run = running.wait();
    run.assert_code(2).assert_stderr_has(
        "table b: is not widened, since PostgreSQL alters no column that is used by: view public.late",
    );
    case.db.execute("DROP VIEW late");
    assert_eq!(case.everything(), before);
    case.load(WIDEN);
    assert_eq!(case.columns("a") + &case.columns("b"), "x bigintx bigint");
}

#[test]
fn a_run_that_is_killed_between_the_widening_and_the_load_is_completed_by_any_run() {
    let case = loaded("");
    let mut holder = case.db.client();
    let lock = "SELECT pg_advisory_lock(hashtextextended('pghaul: ' || '\"public\".\"v2_orders\"', 0))";
    holder.batch_execute(lock).unwrap();
    let running = Running::start(case.ingest(WIDEN).command());
    case.wait_until("SELECT format_type(atttypid, -1) = 'bigint' FROM pg_attribute WHERE attrelid = 'v1_orders'::regclass AND attnum = 1");
    running.signal(Signal::SIGKILL);
    running.wait().assert_code(137);
    drop(holder);
    let statuses = case.load("");
    assert_eq!((statuses["v1_orders"].as_str(), statuses["v2_orders"].as_str()), ("unchanged", "loaded"));
    assert_eq!(case.db.one("SELECT sum(id) FROM orders"), "3000000001");
}

#[test]
fn two_runs_at_once_widen_once() {
    for _ in 0..3 {
        let case = loaded("views: true");
        let runs = [WIDEN, WIDEN].map(|args| Running::start(case.ingest(args).command()));
        for run in runs {
            run.wait().assert_code(0);
        }
        assert_eq!(case.columns("orders_all"), format!("version_table text, {WIDE}"));
        assert_eq!(case.db.one("SELECT count(*) FROM orders_all"), "2");
    }
    assert!(!server().log().contains("deadlock detected"));
}
