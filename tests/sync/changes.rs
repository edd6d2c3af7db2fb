//! What has changed at the source comes over, whatever the cursor and whenever it was committed.

use crate::sides::{BY_U, Sides, numbered};
use postgres::{Client, NoTls};
use std::time::Duration;

const ALL: &str = "SELECT * FROM t ORDER BY id";

#[test]
fn inserts_and_updates_come_over_and_equal_rows_are_left_alone() {
    let sides = Sides::new(&numbered(1000), &BY_U);
    sides.synced(&[]).assert_stdout_has("t: 1,000 rows loaded");
    sides.assert_same(ALL);
    sides.source.execute(
        "UPDATE t SET v = 'new', u = 2000 + id WHERE id <= 10; INSERT INTO t VALUES (1001, 'x', 3000); \
         UPDATE t SET u = u + 3000 WHERE id = 20; UPDATE t SET u = 3020 WHERE id = 20",
    );
    sides.synced(&[]).assert_stdout_has(" 12 changed");
    sides.assert_same(ALL);
    let before = sides.destination.rows("SELECT ctid, * FROM t ORDER BY id");
    // Nothing new, and rows that were written again as they are.
    sides.synced(&[]).assert_stdout_has("0 changed");
    sides.source.execute("UPDATE t SET v = v WHERE u >= 3000");
    sides.synced(&[]).assert_stdout_has("0 changed");
    assert_eq!(sides.destination.rows("SELECT ctid, * FROM t ORDER BY id"), before);
}

#[test]
fn ties_are_never_split() {
    let sides = Sides::new(&numbered(10), &[&BY_U[..], &["--chunk", "7"]].concat());
    sides.synced(&[]);
    sides.source.execute(
        "INSERT INTO t SELECT i, 'tie', 100 + i / 50 FROM generate_series(11, 500) i; \
         INSERT INTO t SELECT i, 'few', 200 + i / 3 FROM generate_series(501, 530) i",
    );
    sides.synced(&[]).assert_stdout_has(" 520 changed");
    sides.assert_same(ALL);
    // More of the greatest one, which has been read already.
    let greatest = sides.source.one("SELECT max(u) FROM t");
    sides
        .source
        .execute(&format!("INSERT INTO t SELECT i, 'late tie', {greatest} FROM generate_series(531, 560) i"));
    sides.synced(&[]).assert_stdout_has(" 30 changed");
    sides.assert_same(ALL);
}

#[test]
fn many_changes_are_merged_by_several_connections() {
    let sides = Sides::new(&numbered(40_000), &[&BY_U[..], &["--workers", "3", "--chunk", "25000"]].concat());
    sides.synced(&[]);
    let mut greatest = 40_000;
    let mut change = |sides: &Sides| {
        greatest += 100_000;
        sides.source.execute(&format!(
            "UPDATE t SET u = id + {greatest}, v = v || 'x' WHERE id % 40 <> 0;
             INSERT INTO t SELECT max(id) + 1, NULL, {greatest} FROM t"
        ));
    };
    // One full window, and one of more than a few rows.
    change(&sides);
    let run = sides.synced(&["-v"]);
    run.assert_stderr_has("window of 25000 rows by 3 connections")
        .assert_stderr_has("window of 14001 rows by 3 connections");
    run.assert_stdout_has(" 39,001 changed");
    sides.assert_same(ALL);
    // One part waits for a row; the others do not wait for it for ever.
    change(&sides);
    let mut client = Client::connect(&sides.destination.url(), NoTls).unwrap();
    let mut holder = client.transaction().unwrap();
    holder.batch_execute("UPDATE t SET v = 'mine' WHERE id = 7").unwrap();
    let flags = ["-v"];
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| sides.synced(&flags));
        // Of the parts, those that do not wait are still in their transactions.
        let waits_alone = "SELECT count(*) = 1 AND bool_and(wait_event_type IS NOT DISTINCT FROM 'Lock') \
             FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND query LIKE 'INSERT INTO %'";
        while sides.destination.one(waits_alone) != "t" {
            assert!(!run.is_finished());
            std::thread::sleep(Duration::from_millis(50));
        }
        holder.rollback().unwrap();
        run.join().unwrap()
    });
    run.assert_stderr_has("over one connection, since: ").assert_stdout_has(" 39,002 changed");
    sides.assert_same(ALL);
    // With a trigger, or another unique index, rows of one part may wait for those of another.
    sides.destination.execute("CREATE UNIQUE INDEX other ON t (id, u)");
    change(&sides);
    assert!(!sides.synced(&["-v"]).stderr.contains("connections"));
    sides.destination.execute(
        "DROP INDEX other; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER each AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
    );
    change(&sides);
    assert!(!sides.synced(&["-v"]).stderr.contains("connections"));
    sides.assert_same(ALL);
}

#[test]
fn rows_without_a_cursor_come_over() {
    let sides = Sides::new(&numbered(10), &BY_U);
    sides.source.execute("INSERT INTO t VALUES (11, 'no cursor', NULL)");
    sides.synced(&[]);
    sides.assert_same(ALL);
    sides
        .source
        .execute("INSERT INTO t VALUES (12, 'none', NULL); UPDATE t SET v = 'changed' WHERE u IS NULL");
    sides.synced(&[]).assert_stdout_has(" 2 changed");
    sides.assert_same(ALL);
    // One that gets none, and one that gets one.
    sides.source.execute("UPDATE t SET u = NULL WHERE id = 1; UPDATE t SET u = 11 WHERE id = 11");
    sides.synced(&[]);
    sides.assert_same(ALL);
}

#[test]
fn transactions_that_commit_late_come_over() {
    for when in ["before the initial load", "after it"] {
        let sides = Sides::new(&numbered(10), &BY_U);
        if when == "after it" {
            sides.synced(&[]);
        }
        // One has a transaction id, one has only begun, one is prepared to commit.
        let (mut late, mut later) = (sides.source.client(), sides.source.client());
        late.batch_execute(
            "BEGIN; INSERT INTO t VALUES (20, 'late', 20); UPDATE t SET v = 'late', u = 5 WHERE id = 2",
        )
        .unwrap();
        later.batch_execute("BEGIN; SELECT 1").unwrap();
        sides.source.execute("INSERT INTO t VALUES (30, 'in time', 30)");
        sides.synced(&[]);
        sides.synced(&[]);
        std::thread::sleep(Duration::from_millis(1100));
        sides.source.execute("INSERT INTO t VALUES (40, 'in time', 40)");
        sides.synced(&[]);
        assert_eq!(sides.destination.one("SELECT count(*) FROM t"), "12", "{when}");
        late.batch_execute("COMMIT").unwrap();
        sides.synced(&[]);
        sides.synced(&[]);
        later.batch_execute("INSERT INTO t VALUES (25, 'later', 25)").unwrap();
        sides.source.execute("INSERT INTO t VALUES (50, 'in time', 50)");
        sides.synced(&[]);
        later.batch_execute("COMMIT").unwrap();
        sides.synced(&[]);
        sides.assert_same(ALL);
    }
}

#[test]
fn a_close_look_misses_nothing_that_was_committed_late() {
    for flags in [&["--deletes"][..], &["--verify"]] {
        let sides = Sides::new(&numbered(10), &BY_U);
        let mut late = sides.source.client();
        late.batch_execute(
            "BEGIN; INSERT INTO t VALUES (20, 'late', 5); UPDATE t SET v = 'late', u = 6 WHERE id = 2",
        )
        .unwrap();
        sides.source.execute("INSERT INTO t VALUES (30, 'in time', 30)");
        sides.synced(&[]);
        // All rows are compared once, which changes nothing of what was open then.
        sides.destination.execute("DELETE FROM pghaul.syncs");
        sides.synced(&[]);
        late.batch_execute("COMMIT").unwrap();
        sides.synced(flags);
        sides.assert_same(ALL);
    }
}

#[test]
fn a_source_at_rest_is_read_by_probes() {
    let sides = Sides::new(&numbered(1000), &BY_U);
    sides.settle();
    let state = "SELECT settled, read_to, pending_to FROM pghaul.syncs";
    assert_eq!(sides.destination.rows(state), [[Some("1000".to_owned()), Some("1000".to_owned()), None]]);
    let run = sides.synced(&["-v"]);
    run.assert(!run.stderr.contains("window of"), "no window is read")
        .assert_stdout_has("0 rows read, 0 changed");
}

#[test]
fn cursors_can_be_times_and_infinity_holds_nothing_up() {
    for type_name in ["timestamp", "timestamptz", "date"] {
        let sides = Sides::new(
            &format!(
                "CREATE TABLE t (id int PRIMARY KEY, v text, u {type_name}); CREATE INDEX ON t (u); \
                 INSERT INTO t SELECT i, 'v', '2026-01-01'::{type_name} + i * interval '25 hours' FROM generate_series(1, 50) i; \
                 INSERT INTO t VALUES (90, 'for ever', 'infinity'), (91, 'always', '-infinity'), (92, 'none', NULL)"
            ),
            &[&BY_U[..], &["--chunk", "3"]].concat(),
        );
        sides.synced(&[]);
        sides.assert_same(ALL);
        sides.source.execute(
            "INSERT INTO t SELECT i, 'w', '2026-04-01'::timestamp + i * interval '25 hours' FROM generate_series(100, 120) i; \
             UPDATE t SET v = 'still' WHERE id = 90; INSERT INTO t VALUES (95, 'for ever, too', 'infinity')",
        );
        sides.synced(&[]).assert_stdout_has("23 changed");
        sides.assert_same(ALL);
        sides.synced(&["--verify"]).assert_stdout_has("75 rows are the same");
    }
}

#[test]
fn rows_that_exchange_unique_values_come_over() {
    let sides = Sides::new(&numbered(10), &BY_U);
    sides.source.execute("ALTER TABLE t ADD UNIQUE (v)");
    sides.synced(&[]);
    sides.source.execute(
        "UPDATE t SET v = 'x', u = 11 WHERE id = 1; UPDATE t SET v = 'v1', u = 12 WHERE id = 2; \
         UPDATE t SET v = 'v2', u = 13 WHERE id = 1",
    );
    sides.synced(&[]);
    sides.assert_same(ALL);
}
