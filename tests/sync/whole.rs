//! Tables that are synced whole: without a key or a cursor, views, parents.

use crate::sides::{BY_U, Sides, ended, numbered};
use nix::sys::signal::Signal;
use pghaul_test_support::{Running, wait_for};
use std::sync::atomic::{AtomicBool, Ordering};

const CHILDREN: &str = "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE c1 (PRIMARY KEY (id)) INHERITS (t); \
    CREATE TABLE c2 (PRIMARY KEY (id)) INHERITS (t)";

#[test]
fn relations_of_every_kind_are_replaced_where_they_have_changed() {
    for (kind, create, change) in [
        ("no key", "CREATE TABLE t (a int, v text)", "INSERT INTO t VALUES (1, 'new'), (1, 'new')"),
        ("a key", "CREATE TABLE t (id int PRIMARY KEY, v text)", "INSERT INTO t VALUES (1, 'new')"),
        (
            "equal by an operator",
            "CREATE TABLE t (a int, v numeric); INSERT INTO t VALUES (1, 1.5)",
            "UPDATE t SET v = 1.50",
        ),
        (
            "a view",
            "CREATE TABLE b (a int); INSERT INTO b VALUES (1); CREATE VIEW t AS SELECT a, a * 2 AS twice FROM b",
            "UPDATE b SET a = 7",
        ),
        (
            "a materialized view",
            "CREATE TABLE b (a int); CREATE MATERIALIZED VIEW t AS TABLE b; CREATE UNIQUE INDEX ON t (a)",
            "INSERT INTO b VALUES (9); REFRESH MATERIALIZED VIEW t",
        ),
        ("a parent", CHILDREN, "INSERT INTO c1 VALUES (1, 'one'); INSERT INTO c2 VALUES (1, 'two')"),
        (
            "partitions",
            "CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t DEFAULT; INSERT INTO t VALUES (1)",
            "DELETE FROM t",
        ),
        (
            "generated and identity",
            "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, a int, b int GENERATED ALWAYS AS (a + 1) STORED)",
            "INSERT INTO t (a) VALUES (5), (6)",
        ),
    ] {
        let sides = Sides::new(create, &["--table", "t"]);
        let same = "SELECT * FROM t ORDER BY 1, 2 DESC";
        let same = if kind == "partitions" || kind == "a materialized view" {
            "SELECT * FROM t ORDER BY 1"
        } else {
            same
        };
        sides.synced(&[]).assert_stdout_has(" loaded in ");
        sides.assert_same(same);
        sides.synced(&[]).assert_stdout_has("t: unchanged, in ");
        sides.source.execute(change);
        sides
            .synced(&["--verify"])
            .assert_stdout_has(" replaced all, in ")
            .assert_stdout_has(" the same on both sides");
        sides.assert_same(same);
        sides.synced(&[]).assert(true, kind).assert_stdout_has("t: unchanged, in ");
    }
}

#[test]
fn what_users_have_put_on_the_table_stays_and_readers_see_all_rows_at_any_time() {
    let sides = Sides::new(&numbered(1000), &["--table", "t"]);
    sides.synced(&[]);
    sides
        .destination
        .execute("CREATE INDEX mine ON t (v); GRANT SELECT ON t TO PUBLIC; COMMENT ON TABLE t IS 'mine'");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reader = sides.destination.client();
            let mut reads = 0;
            while !stop.load(Ordering::Relaxed) {
                let row = reader.query_one("SELECT count(*), count(DISTINCT u) FROM t", &[]).unwrap();
                // All rows of one round, or all of another.
                assert_eq!(row.get::<_, i64>(0), 1000);
                assert!([1, 1000].contains(&row.get::<_, i64>(1)), "{row:?}");
                reads += 1;
            }
            reads
        });
        for round in 0..4 {
            sides.source.execute(&format!("UPDATE t SET u = {round}"));
            sides.synced(&[]).assert_stdout_has("1,000 rows replaced all");
        }
        stop.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 4);
    });
    let kept = "SELECT count(*) || ' ' || obj_description('t'::regclass) || ' ' || has_table_privilege('public', 't', 'SELECT') \
                FROM pg_indexes WHERE tablename = 't'";
    assert_eq!(sides.destination.one(kept), "3 mine true");
    // A view keeps the table in its place, and its rows are replaced.
    sides.destination.execute("CREATE VIEW w AS SELECT v FROM t");
    sides.source.execute("UPDATE t SET v = 'seen'");
    sides.synced(&[]);
    assert_eq!(sides.destination.one("SELECT count(*) FROM w WHERE v = 'seen'"), "1000");
}

#[test]
fn a_refresh_loses_no_rows_unasked() {
    let sides = Sides::new(
        "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 1000)",
        &["--table", "t"],
    );
    sides.destination.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (-1)");
    sides
        .once(&[])
        .assert_code(2)
        .assert_stderr_has("has rows that pghaul has not loaded")
        .assert_stderr_has("--mode full");
    assert_eq!(sides.destination.one("SELECT sum(a) FROM t"), "-1");
    sides.synced(&["--mode", "full"]);
    sides.source.execute("DELETE FROM t WHERE a > 500");
    sides
        .once(&[])
        .assert_code(1)
        .assert_stderr_has("500 of 1,000 rows are gone at the source, and --max-deletes allows 10%");
    assert_eq!(sides.destination.one("SELECT count(*) FROM t"), "1000");
    sides.synced(&["--max-deletes", "50%"]);
    sides.assert_same("SELECT count(*) FROM t");
    sides.once(&["--deletes=soft"]).assert_code(2).assert_stderr_has("no row can be marked as deleted");
    let role = sides.source.role("hunter2");
    sides.source.execute(&format!("GRANT SELECT ON t TO {role}; ALTER TABLE t ENABLE ROW LEVEL SECURITY"));
    sides
        .once(&["--from", &sides.source.tcp_url(&role, "hunter2")])
        .assert_code(2)
        .assert_stderr_has("row security hides rows from the role");
    assert_eq!(sides.destination.one("SELECT count(*) FROM t"), "500");
}

#[test]
fn what_the_mode_says_counts() {
    let sides = Sides::new(&numbered(10), &BY_U);
    sides.once(&["--mode", "cursor", "--cursor", "w"]).assert_code(2).assert_stderr_has("has no column w");
    let by_cursor = Sides::new(&numbered(10), &["--table", "t", "--mode", "cursor"]);
    by_cursor.once(&[]).assert_code(2).assert_stderr_has("name it with --cursor");
    sides.synced(&["--mode", "full"]);
    sides.source.execute("UPDATE t SET v = 'no new cursor' WHERE id = 1");
    sides.synced(&["--mode", "full"]).assert_stdout_has("10 rows replaced all");
    sides.assert_same("SELECT * FROM t ORDER BY id");
    let view = Sides::new("CREATE VIEW t AS SELECT 1 AS id, 2::bigint AS u", &BY_U);
    view.once(&[])
        .assert_code(2)
        .assert_stderr_has("is a view, whose changes cannot be followed; give --mode full");
    let parent = Sides::new(&format!("{CHILDREN}; ALTER TABLE t ADD u bigint NOT NULL DEFAULT 1"), &BY_U);
    parent.source.execute("INSERT INTO c1 VALUES (1, 'one'); INSERT INTO c2 VALUES (1, 'two')");
    parent
        .once(&[])
        .assert_code(2)
        .assert_stderr_has("is a parent, and rows of its children have equal keys; give --mode full");
    assert_eq!(parent.destination.one("SELECT count(*) FROM pg_class WHERE relname = 't'"), "0");
    parent.synced(&["--mode", "full"]);
    parent.assert_same("SELECT * FROM t ORDER BY v");
}

#[test]
fn a_load_that_was_stopped_is_completed_from_one_snapshot() {
    let sides = Sides::new(&numbered(300_000), &["--table", "t", "--workers", "2"]);
    sides.destination.execute("CREATE TABLE t (id int CHECK (id < 160000), v text, u bigint)");
    sides.once(&[]).assert_code(1);
    sides.source.execute("UPDATE t SET v = 'changed' WHERE id % 1000 = 0");
    sides.destination.execute("ALTER TABLE t DROP CONSTRAINT t_id_check");
    sides
        .synced(&[])
        .assert_stderr_has("ranges are loaded already")
        .assert_stdout_has("300,000 rows replaced all");
    sides.assert_same("SELECT count(*), sum(hashtext(t::text)) FROM t");
}

#[test]
fn watch_loads_a_whole_table_and_ends() {
    let sides = Sides::new("CREATE VIEW t AS SELECT 1 AS a", &["--table", "t"]);
    let watch = Running::start(sides.watch(&["--every", "50ms"]));
    wait_for("the row", || {
        sides.destination.rows("SELECT FROM pg_class WHERE relname = 't' AND reltuples = 1").len() == 1
    });
    watch.signal(Signal::SIGTERM);
    ended(watch.wait()).assert_stdout_has("t: 1 row loaded");
}
