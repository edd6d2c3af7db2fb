//! `pghaul drain --watch`: it waits for more, says that it lives, survives what goes away, and stops at once.

use nix::sys::signal::Signal;
use pghaul_test_support::{Drain, RedisServer, Server, ServerOptions, drain, wait_for};
use std::time::{Duration, Instant};

const COLUMNS: &str = r#"["id", "n"]"#;
fn put(drain: &Drain<'_>, id: &str) {
    drain.put(&[(id, "[1]")]);
}

/// The rows of the table, before it is there too.
fn rows(drain: &Drain<'_>) -> u64 {
    let is_there = drain.db.one("SELECT to_regclass('sample_us_users') IS NOT NULL") == "t";
    if is_there { drain.count() } else { 0 }
}

#[test]
fn what_comes_is_drained_and_a_line_and_the_ledger_say_that_it_lives() {
    let drain = drain!();
    drain.register(COLUMNS);
    // It pauses for longer than it takes to signal it after a sign of life: a signal during a pass has another exit code.
    let watching =
        drain.start(&["--watch", "--every", "500ms", "--heartbeat", "200ms", "--report", "report.json"]);
    for n in 1..=3 {
        put(&drain, &n.to_string());
        wait_for("a row", || rows(&drain) == n && drain.keys().is_empty());
    }
    let alive = "SELECT count(*) FROM pghaul.watches WHERE job = 'us_users' AND batches = 3 AND rows = 3 \
                 AND seen_at > started_at AND seen_at > now() - interval '10 s'";
    wait_for("a sign of life", || drain.db.one(alive) == "1");
    let asked = Instant::now();
    watching.signal(Signal::SIGTERM);
    let run = watching.wait();
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    run.assert_code(0)
        .assert_stderr_has("1 row published")
        .assert_stderr_has("watching us_users: 3 rows in 3 batches");
    let report: serde_json::Value = serde_json::from_str(&drain.work.read("report.json")).unwrap();
    assert_eq!(report["totals"]["rows_loaded"], 3);
    assert_eq!((report["command"].as_str(), report["status"].as_str()), (Some("drain"), Some("ok")));
}

#[test]
fn a_signal_in_the_middle_of_a_batch_stops_it_at_once_and_loses_nothing() {
    let drain = drain!();
    drain.register(COLUMNS);
    put(&drain, "0");
    drain.drains();
    put(&drain, "1");
    // Whoever holds the table keeps the batch from being published.
    let mut holder = drain.db.client();
    let mut held = holder.transaction().unwrap();
    held.batch_execute("LOCK TABLE sample_us_users IN ACCESS EXCLUSIVE MODE").unwrap();
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGINT, 130)] {
        let running = drain.start(&["--watch"]);
        let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        wait_for("the batch", || drain.db.one(waits) != "0");
        let asked = Instant::now();
        running.signal(signal);
        running.wait().assert_code(code);
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        wait_for("the server", || drain.db.one(waits) == "0");
    }
    held.rollback().unwrap();
    drain.drains();
    assert_eq!((drain.count(), drain.keys().len()), (2, 0));
}

#[test]
fn a_second_one_waits_and_takes_over() {
    let drain = drain!();
    drain.register(COLUMNS);
    let first = drain.start(&["--watch", "--every", "50ms"]);
    let second = drain.start(&["--watch", "--every", "50ms"]);
    for n in 1..=5 {
        put(&drain, &n.to_string());
        wait_for("a row", || rows(&drain) == n);
    }
    first.signal(Signal::SIGKILL);
    first.wait();
    put(&drain, "6");
    wait_for("the second one", || rows(&drain) == 6);
    second.signal(Signal::SIGTERM);
    second.wait().assert_code(0);
}

#[test]
fn redis_and_postgres_may_go_away_for_a_while() {
    let server = Server::start(ServerOptions::default());
    let redis = RedisServer::start(&["appendonly yes", "appendfsync always"]);
    let drain = Drain::on(env!("CARGO_BIN_EXE_pghaul"), redis, &server);
    drain.register(COLUMNS);
    let mut watching = drain.start(&["--watch", "--every", "50ms", "--heartbeat", "100ms"]);
    put(&drain, "1");
    wait_for("a row", || rows(&drain) == 1);
    drain.redis.crash();
    std::thread::sleep(Duration::from_secs(2));
    drain.redis.start_again();
    put(&drain, "2");
    // What is published and still in Redis when the server goes away is removed later, and not counted; nor is what a pass has
    // published that the server's end interrupts. So the pass is over when the heartbeat has it.
    wait_for("a row after Redis was away", || rows(&drain) == 2 && drain.keys().is_empty());
    let counted = |rows: u32| format!("SELECT count(*) FROM pghaul.watches WHERE rows = {rows}");
    wait_for("the end of the pass", || drain.db.one(&counted(2)) == "1");
    server.crash();
    put(&drain, "3");
    std::thread::sleep(Duration::from_secs(2));
    server.start_again();
    wait_for("a row after PostgreSQL was away", || drain.db.one(&counted(3)) == "1");
    assert!(watching.is_alive());
    watching.signal(Signal::SIGTERM);
    let run = watching.wait();
    run.assert_code(0).assert_stderr_has("trying again in").assert_stderr_has("Redis: ");
}

#[test]
fn a_replica_that_fails_is_said_once_and_tried_again() {
    let drain = drain!();
    drain.register(COLUMNS);
    drain.db.execute("CREATE TABLE sample_us_users (id text, n integer CHECK (n < 10))");
    let watching = drain.start(&["--watch", "--every", "1s"]);
    drain.put(&[("1", "[11]")]);
    wait_for("the batch", || drain.keys().iter().any(|key| key.contains(":pghaul:2")));
    // The first tries fail; when the table allows it, the same batch comes through.
    std::thread::sleep(Duration::from_secs(3));
    drain.db.execute("ALTER TABLE sample_us_users DROP CONSTRAINT sample_us_users_n_check");
    wait_for("the row", || rows(&drain) == 1 && drain.keys().is_empty());
    // Between two passes, so that none is interrupted.
    std::thread::sleep(Duration::from_millis(300));
    watching.signal(Signal::SIGTERM);
    let run = watching.wait();
    run.assert_code(0);
    run.assert(run.stderr.matches("sample_us_users_n_check").count() == 1, "the failure once");
}
