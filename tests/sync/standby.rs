//! A hot standby as the source: what it replays may end a statement that reads, and it lists no open transactions.

use crate::sides::{BY_U, Sides, numbered};
use nix::sys::signal::Signal;
use pghaul_test_support::{Database, Running, Server, ServerOptions, wait_for};
use std::time::Duration;

/// A primary, where the tables are, and its standby.
fn primary_and_standby(settings: &[&str]) -> (&'static Server, Server) {
    let primary: &'static Server = Box::leak(Box::new(Server::start(ServerOptions::default())));
    let standby = primary.standby(settings);
    (primary, standby)
}

/// Waits until the standby has what the primary has now.
fn replayed(primary: &Database<'_>, standby: &Server) {
    let until = primary.one("SELECT pg_current_wal_lsn()");
    let mut client = standby.client("postgres");
    let sql = format!("SELECT pg_last_wal_replay_lsn() >= '{until}'::pg_lsn");
    wait_for("the standby", || client.query_one(&sql, &[]).unwrap().get(0));
}

#[test]
fn what_the_standby_replays_ends_a_read_which_is_tried_again() {
    let (primary, standby) = primary_and_standby(&["max_standby_streaming_delay = 0"]);
    let sides = Sides::on(primary, &numbered(20_000), &BY_U);
    replayed(&sides.source, &standby);
    let from = standby.url_of(&sides.source);
    // The rows of the first seconds: long enough for the lock to be replayed in the middle of the COPY.
    let once = Running::start(sides.command("once", &["--from", &from, "--max-rate", "8000"]));
    wait_for("the COPY", || {
        let sql = "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE 'COPY (%' AND state = 'active'";
        standby.client("postgres").query_one(sql, &[]).unwrap().get(0)
    });
    sides.source.execute(
        "BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE; INSERT INTO t VALUES (0, 'locked', 0); COMMIT",
    );
    let run = once.wait();
    run.assert_code(0).assert_stderr_has("trying again in").assert_stderr_has("(1 of 3)");
    sides.assert_same("SELECT * FROM t WHERE id > 0 ORDER BY id");
    let watch = Running::start(sides.watch(&["--from", &from, "--every", "100ms"]));
    // What VACUUM removes is replayed while passes read.
    for round in 0..5 {
        sides
            .source
            .execute(&format!("UPDATE t SET v = 'round {round}', u = u + 100000 WHERE id % 5 = {round}"));
        sides.source.execute("VACUUM t");
    }
    wait_for("all rows", || {
        let sql = "SELECT count(*), md5(string_agg(t::text, ' ' ORDER BY id)) FROM t";
        sides.source.rows(sql) == sides.destination.rows(sql)
    });
    watch.signal(Signal::SIGTERM);
    watch.wait();
}

#[test]
fn rows_of_a_transaction_that_is_open_on_the_primary_are_not_missed() {
    let (primary, standby) = primary_and_standby(&[]);
    let sides = Sides::on(primary, &numbered(100), &BY_U);
    let from = standby.url_of(&sides.source);
    let synced = || {
        replayed(&sides.source, &standby);
        sides.synced(&["--from", &from])
    };
    synced();
    let mut client = sides.source.client();
    let mut open = client.transaction().unwrap();
    open.batch_execute("INSERT INTO t VALUES (1000, 'late', 101)").unwrap();
    // Later transactions commit first, with later cursors.
    for id in 2000..2004 {
        sides.source.execute(&format!("INSERT INTO t VALUES ({id}, 'early', {id})"));
        synced();
        std::thread::sleep(Duration::from_millis(1100));
    }
    open.commit().unwrap();
    synced();
    sides.assert_same("SELECT * FROM t ORDER BY id");
    // What a report on the standby reads holds up nothing.
    let mut reader = standby.client(sides.source.name());
    let mut report = reader.transaction().unwrap();
    report.query("SELECT FROM t", &[]).unwrap();
    for _ in 0..4 {
        synced();
        std::thread::sleep(Duration::from_millis(1100));
    }
    assert_eq!(sides.destination.one("SELECT settled = read_to FROM pghaul.syncs"), "t");
}

#[test]
fn a_source_that_is_restored_from_a_backup_is_compared_once() {
    let (primary, standby) = primary_and_standby(&[]);
    let sides = Sides::on(primary, &numbered(100), &BY_U);
    sides.synced(&[]);
    replayed(&sides.source, &standby);
    // The standby is what a backup of this moment becomes.
    let mut backup = standby.client("postgres");
    backup.batch_execute("ALTER SYSTEM SET primary_conninfo = ''").unwrap();
    backup.batch_execute("SELECT pg_reload_conf()").unwrap();
    wait_for("its end", || backup.query("SELECT FROM pg_stat_wal_receiver", &[]).unwrap().is_empty());
    for id in 101..130 {
        sides.source.execute(&format!("INSERT INTO t VALUES ({id}, 'lost', {id})"));
    }
    sides.settle();
    backup.query("SELECT pg_promote()", &[]).unwrap();
    let from = standby.url_of(&sides.source);
    let mut restored = standby.client(sides.source.name());
    restored
        .batch_execute("INSERT INTO t VALUES (101, 'new', 101); UPDATE t SET v = 'new', u = 102 WHERE id = 1")
        .unwrap();
    sides
        .synced(&["--from", &from, "--deletes", "--verify"])
        .assert_stderr_has("has gone back to an earlier state");
    let rows: Vec<(i32, String)> = restored
        .query("SELECT id, v FROM t ORDER BY id", &[])
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect();
    let there: Vec<(i32, String)> = sides
        .destination
        .client()
        .query("SELECT id, v FROM t ORDER BY id", &[])
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect();
    assert_eq!(there, rows);
    let run = sides.synced(&["--from", &from]);
    run.assert(!run.stderr.contains("gone back"), "once is enough");
}
