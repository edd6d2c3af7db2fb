//! The source's table changes its shape between two passes, or another one takes its place.

use crate::sides::{BY_U, Sides, ended, numbered};
use nix::sys::signal::Signal;
use pghaul_test_support::{Running, wait_for};

/// `watch`, after its initial load.
fn watching(sides: &Sides, flags: &[&str]) -> Running {
    let watch = Running::start(sides.watch(&[&["--every", "100ms"], flags].concat()));
    wait_for("the initial load", || {
        sides.destination.rows("SELECT FROM pg_class WHERE relname = 't' AND reltuples = 100").len() == 1
    });
    watch
}

#[test]
fn watch_adds_columns_and_fills_them() {
    let sides = Sides::new(&numbered(100), &BY_U);
    let watch = watching(&sides, &["--evolve"]);
    sides.source.execute("ALTER TABLE t ADD w text; UPDATE t SET w = 'w' || id");
    wait_for("the column", || {
        sides
            .destination
            .one("SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'w'")
            == "1"
            && sides.destination.one("SELECT count(w) FROM t") == "100"
    });
    watch.signal(Signal::SIGTERM);
    ended(watch.wait());
    sides.assert_same("SELECT * FROM t ORDER BY id");
    sides.source.execute("ALTER TABLE t RENAME w TO x");
    sides.synced(&["--evolve"]);
    sides.assert_same("SELECT id, x FROM t ORDER BY id");
}

#[test]
fn watch_stops_where_a_type_changes() {
    for (change, says) in [
        ("v TYPE int USING id", "v is text, at the source integer"),
        ("u TYPE float8", "u is bigint, at the source double precision"),
        ("id TYPE bigint", "id is integer, at the source bigint"),
    ] {
        let flags =
            if change.starts_with('u') { [&["--cursor", "x"], &BY_U[..2]].concat() } else { BY_U.to_vec() };
        let sides = Sides::new(&format!("{}; ALTER TABLE t ADD x bigint DEFAULT 0", numbered(100)), &flags);
        let watch = watching(&sides, &[]);
        sides.source.execute(&format!("ALTER TABLE t ALTER {change}; UPDATE t SET v = '1' WHERE id = 1"));
        watch.wait().assert_code(2).assert_stderr_has(says);
    }
}

#[test]
fn types_that_hold_more_are_taken_over_with_evolve() {
    let create = "CREATE TABLE t (id int PRIMARY KEY, v varchar(5), n numeric(6,2) NOT NULL DEFAULT 1.5, d date DEFAULT '2026-11-29', \
                  j jsonb DEFAULT '{}', s char(3) DEFAULT 'a', r real DEFAULT 0.1, u int); CREATE INDEX t_u ON t (u); \
                  INSERT INTO t SELECT i, i, i FROM generate_series(1, 100) i; ANALYZE t"
        .replace("INTO t SELECT", "INTO t (id, v, u) SELECT");
    let alter = "ALTER TABLE t ALTER id TYPE bigint, ALTER v TYPE text, ALTER n TYPE numeric(10,3), ALTER n DROP NOT NULL, \
                 ALTER d TYPE timestamptz, ALTER j TYPE text, ALTER s TYPE varchar(9), ALTER r TYPE float8, ALTER u TYPE bigint, ADD w int";
    let change = "UPDATE t SET n = NULL, u = 3000000000, s = 'longer' WHERE id = 7; INSERT INTO t (id, v, u) VALUES (9000000000, 'long enough', 101)";
    for watches in [false, true] {
        let sides = Sides::new(&create, &BY_U);
        let watch = watches.then(|| watching(&sides, &["--evolve"]));
        if !watches {
            sides.synced(&[]);
        }
        sides.source.execute(&format!("{alter}; {change}"));
        match watch {
            Some(watch) => {
                wait_for("the new row", || {
                    sides.destination.one("SELECT count(*) FROM t WHERE v = 'long enough'") == "1"
                });
                watch.signal(Signal::SIGTERM);
                ended(watch.wait()).assert_stderr_has("column u becomes bigint");
            }
            None => {
                sides
                    .once(&[])
                    .assert_code(2)
                    .assert_stderr_has("id is integer, at the source bigint")
                    .assert_stderr_has("w integer is missing; --evolve makes the columns as at the source");
                sides.synced(&["--evolve"]);
            }
        }
        sides.synced(&["--verify"]).assert_stdout_has("101 rows are the same");
        let types = "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute \
                     WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum";
        sides.assert_same(types);
        sides.assert_same("SELECT * FROM t ORDER BY id");
    }
    // What would lose values stops.
    let sides = Sides::new(&create, &BY_U);
    sides.synced(&[]);
    sides.source.execute("ALTER TABLE t ALTER v TYPE varchar(4), ALTER d TYPE timestamp");
    sides
        .once(&["--evolve"])
        .assert_code(2)
        .assert_stderr_has("v is character varying(5), at the source character varying(4)")
        .assert_stderr_has("alter the table, or drop it to have it created");
    assert_eq!(sides.destination.one("SELECT pg_typeof(d) FROM t LIMIT 1"), "date");
}

#[test]
fn a_table_that_takes_the_place_of_the_source_s_is_compared_once() {
    let sides = Sides::new(&numbered(100), &BY_U);
    let watch = watching(&sides, &[]);
    sides.source.execute(
        "BEGIN; CREATE TABLE t_new (LIKE t INCLUDING ALL); INSERT INTO t_new SELECT id, 'new', u FROM t; \
         ALTER TABLE t RENAME TO t_old; ALTER TABLE t_new RENAME TO t; COMMIT",
    );
    wait_for("the other table's rows", || {
        sides.destination.one("SELECT count(*) FROM t WHERE v = 'new'") == "100"
    });
    watch.signal(Signal::SIGTERM);
    ended(watch.wait()).assert_stderr_has("the source's table is another one now");
    sides.synced(&["--verify"]).assert_stdout_has("100 rows are the same");
}
