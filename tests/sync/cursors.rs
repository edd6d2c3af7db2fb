//! Cursors of all kinds, and rows that no cursor shows.

use crate::sides::{BY_U, Sides, numbered};

/// A table whose cursor has this type.
fn table(type_name: &str) -> String {
    format!("CREATE TABLE t (id int PRIMARY KEY, v text, u {type_name} NOT NULL); CREATE INDEX ON t (u)")
}

#[test]
fn times_of_any_precision_and_all_integers_are_followed() {
    for (type_name, first, second) in [
        ("timestamp(6)", "'2026-01-01'", "'2026-01-02'"),
        ("timestamp(3)", "'2026-01-01'", "'2026-01-02'"),
        ("timestamp(0)", "'2026-01-01'", "'2026-01-02'"),
        ("timestamptz(3)", "'2026-01-01'", "'2026-01-02'"),
        ("date", "'2026-01-01'", "'2026-01-02'"),
        ("int", "1", "2"),
        ("smallint", "1", "2"),
    ] {
        let sides =
            Sides::new(&format!("{}; INSERT INTO t VALUES (1, 'a', {first})", table(type_name)), &BY_U);
        sides.synced(&[]).assert_stdout_has("1 row loaded");
        sides.source.execute(&format!("UPDATE t SET v = 'b', u = {second}"));
        sides.synced(&[]).assert_stdout_has(" 1 changed");
        sides.settle();
        sides.assert_same("SELECT * FROM t");
    }
}

#[test]
fn a_cursor_ahead_of_the_clock_hides_nothing_and_is_named() {
    for type_name in ["timestamptz", "timestamp", "date"] {
        let sides = Sides::new(&table(type_name), &BY_U);
        sides.source.execute("INSERT INTO t VALUES (1, 'a', now()), (2, 'typo', '2999-01-01')");
        sides.synced(&[]);
        sides.settle();
        sides.source.execute(
            "INSERT INTO t VALUES (3, 'x', now()); UPDATE t SET v = 'b', u = clock_timestamp() WHERE id = 1",
        );
        sides.synced(&[]).assert_stderr_has("the greatest cursor, 2999-01-01");
        sides.assert_same("SELECT * FROM t ORDER BY id");
        sides.source.execute("UPDATE t SET v = 'right', u = clock_timestamp() WHERE id = 2");
        let run = sides.synced(&[]);
        run.assert(!run.stderr.contains("ahead of"), "the clock is not passed any more");
        sides.assert_same("SELECT * FROM t ORDER BY id");
    }
}

#[test]
fn the_hour_that_summer_time_repeats_is_read_again() {
    let sides = Sides::new(&table("timestamp"), &BY_U);
    sides.source.execute("INSERT INTO t VALUES (1, 'a', '2025-10-26 01:50'), (2, 'b', '2025-10-26 02:55')");
    sides.synced(&[]);
    sides.settle();
    sides.source.execute(
        "UPDATE t SET v = 'after', u = '2025-10-26 02:05' WHERE id = 1; \
         INSERT INTO t VALUES (3, 'new', '2025-10-26 02:06'), (4, 'never', '-infinity')",
    );
    sides.synced(&[]).assert_stdout_has(" 3 changed");
    sides.assert_same("SELECT * FROM t ORDER BY id");
}

#[test]
fn rows_that_are_missing_behind_the_cursor_are_fetched_with_deletes() {
    let sides = Sides::new(
        "CREATE TABLE t (id int, d date, u bigint NOT NULL, PRIMARY KEY (id, d)) PARTITION BY RANGE (d); \
         CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2026-02-01'); CREATE INDEX ON t (u); \
         INSERT INTO t SELECT g, '2026-01-05', 100 + g FROM generate_series(1, 5) g; \
         CREATE TABLE t_0 (id int NOT NULL, d date NOT NULL, u bigint NOT NULL); \
         INSERT INTO t_0 SELECT g, '2025-12-05', g FROM generate_series(1, 4) g",
        &BY_U,
    );
    sides.synced(&[]);
    sides.settle();
    sides
        .source
        .execute("ALTER TABLE t ATTACH PARTITION t_0 FOR VALUES FROM ('2025-12-01') TO ('2026-01-01')");
    sides.synced(&["--deletes"]).assert_stdout_has("4 rows read, 4 changed, in");
    sides.destination.execute("TRUNCATE t");
    sides.synced(&["--deletes"]).assert_stdout_has("9 rows read, 9 changed, in");
    sides.assert_same("SELECT * FROM t ORDER BY id, d");
}

#[test]
fn nothing_is_deleted_where_row_security_hides_rows() {
    let sides = Sides::new(&numbered(10), &BY_U);
    sides.synced(&[]);
    let role = sides.source.role("secret");
    sides.source.execute(&format!(
        "GRANT SELECT ON t TO {role}; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON t USING (id < 5)"
    ));
    let url = sides.source.tcp_url(&role, "secret");
    let run = sides.once(&["--from", &url, "--deletes"]);
    run.assert_code(2).assert_stderr_has("row security hides rows from the role at the source");
    sides.synced(&["--from", &url]);
    assert_eq!(sides.destination.one("SELECT count(*) FROM t"), "10");
}
