//! Deletes, and --verify.

use crate::sides::{BY_U, Sides, numbered};

#[test]
fn deletes_are_followed_if_wanted() {
    let sides = Sides::new(&numbered(5000), &BY_U);
    sides.synced(&[]);
    sides
        .source
        .execute("DELETE FROM t WHERE id % 1000 = 7 OR id > 4990; INSERT INTO t VALUES (9000, 'new', 9000)");
    sides.synced(&[]);
    assert_eq!(sides.destination.one("SELECT count(*) FROM t"), "5001");
    sides.synced(&["--deletes"]).assert_stdout_has(", 15 gone, in");
    sides.assert_same("SELECT * FROM t ORDER BY id");
    sides.synced(&["--deletes"]).assert(true, "nothing to do");
    sides.assert_same("SELECT * FROM t ORDER BY id");
}

#[test]
fn more_deletes_than_allowed_stop_the_pass_and_delete_nothing() {
    for how in ["--deletes", "--deletes=soft"] {
        let sides = Sides::new(&numbered(2000), &BY_U);
        sides.synced(&[how]);
        let stays =
            || sides.destination.one("SELECT count(*) FROM t WHERE to_jsonb(t)->>'deleted_at' IS NULL");
        sides.source.execute("DELETE FROM t WHERE id <= 201; INSERT INTO t VALUES (9000, 'new', 9000)");
        let refused = |flags: &[&str], most: &str| {
            let what = format!(
                "201 of 2,001 rows are gone at the source, and --max-deletes allows {most}; none was deleted"
            );
            sides.once(&[&[how][..], flags].concat()).assert_code(1).assert_stderr_has(&what);
            assert_eq!(stays(), "2001");
        };
        refused(&[], "10%, at least 100");
        refused(&["--max-deletes", "200"], "200");
        refused(&["--max-deletes", "10.02%"], "10.02%");
        refused(&["--max-deletes", "0"], "0");
        sides.synced(&[how, "--max-deletes", "10.1%"]).assert_stdout_has(", 201 gone");
        assert_eq!(stays(), "1800");
        sides.source.execute("DELETE FROM t WHERE id <= 301");
        sides.synced(&[how]).assert_stdout_has(", 100 gone");
        sides.source.execute("DELETE FROM t");
        sides.once(&[how]).assert_code(1).assert_stderr_has("1,700 of 1,700 rows are gone");
        sides.synced(&[how, "--max-deletes", "100%"]).assert_stdout_has(", 1,700 gone");
        assert_eq!(stays(), "0");
    }
}

#[test]
fn what_differs_behind_the_cursor_is_mended_if_wanted() {
    for flags in [&[][..], &["--deletes=soft"]] {
        let sides = Sides::new(&numbered(20_000), &BY_U);
        sides.synced(flags);
        // As hands, triggers and transactions that were missed leave it.
        sides.destination.execute(
            "UPDATE t SET v = 'by hand' WHERE id % 5000 = 3; DELETE FROM t WHERE id > 19990; INSERT INTO t VALUES (99999, 'too many', 1)",
        );
        let once = |more: &[&str]| sides.once(&[flags, more].concat());
        once(&["--repair"]).assert_code(2).assert_stderr_has("--verify");
        if flags.is_empty() {
            once(&["--verify", "--repair"])
                .assert_code(1)
                .assert_stdout_has("14 rows repaired")
                .assert_stdout_has("0 rows missing, 1 too many, 0 not the same");
            sides.destination.execute("DELETE FROM t WHERE id = 99999");
        } else {
            // The search for deletes fetches missing rows.
            once(&["--verify", "--repair"])
                .assert_code(0)
                .assert_stdout_has("10 changed, 1 gone")
                .assert_stdout_has("4 rows repaired");
            sides
                .destination
                .execute("UPDATE t SET deleted_at = now() WHERE id <= 3; DELETE FROM t WHERE id = 99999");
            once(&["--verify", "--repair"]).assert_code(0).assert_stdout_has("3 changed");
        }
        once(&["--verify", "--repair"]).assert_code(0).assert_stdout_has("20,000 rows are the same");
        sides.assert_same("SELECT id, v, u FROM t ORDER BY id");
    }
}

#[test]
fn soft_deletes_set_a_column_and_rows_can_come_back() {
    let sides = Sides::new(&numbered(100), &[&BY_U[..], &["--deleted-column", "Gone at"]].concat());
    sides.synced(&["--deletes=soft"]);
    sides.source.execute("DELETE FROM t WHERE id <= 3");
    sides
        .synced(&["--deletes=soft", "--verify"])
        .assert_stdout_has(", 3 gone, in")
        .assert_stdout_has("97 rows are the same");
    let gone = "SELECT count(*) FROM t WHERE \"Gone at\" IS NOT NULL";
    assert_eq!(
        (sides.destination.one(gone), sides.destination.one("SELECT count(*) FROM t")),
        ("3".into(), "100".into())
    );
    let when = sides.destination.one("SELECT min(\"Gone at\") FROM t");
    sides.synced(&["--deletes=soft"]);
    assert_eq!(sides.destination.one("SELECT min(\"Gone at\") FROM t"), when);
    sides.source.execute("INSERT INTO t VALUES (2, 'v2', 1000)");
    sides.synced(&["--deletes=soft", "--verify"]).assert_stdout_has("98 rows are the same");
    assert_eq!(sides.destination.one(gone), "2");
}

#[test]
fn keys_of_several_columns_are_found() {
    let sides = Sides::new(
        "CREATE TABLE t (a text, b date, c numeric, u timestamptz NOT NULL, PRIMARY KEY (a, b)); CREATE INDEX ON t (u); \
         INSERT INTO t SELECT 'k''' || i % 10, '2026-01-01'::date + i, i, now() - i * interval '1 second' FROM generate_series(1, 3000) i",
        &BY_U,
    );
    sides.synced(&["--verify"]).assert_stdout_has("3,000 rows are the same");
    sides.source.execute("DELETE FROM t WHERE c % 100 = 0");
    sides.synced(&["--deletes"]).assert_stdout_has(", 30 gone");
    sides.assert_same("SELECT * FROM t ORDER BY a, b");
    sides.settle();
    sides.destination.execute("UPDATE t SET c = -1 WHERE c = 2001");
    sides.once(&["--verify"]).assert_code(1).assert_stdout_has("not the same: (k'1, 2031-06-25)");
}

#[test]
fn what_was_changed_by_hand_is_found() {
    let sides = Sides::new(&numbered(5000), &BY_U);
    sides.synced(&["--verify"]).assert_stdout_has("5,000 rows are the same");
    sides.settle();
    sides.destination.execute(
        "DELETE FROM t WHERE id IN (17, 4001); UPDATE t SET v = 'by hand' WHERE id = 2500; UPDATE t SET v = NULL WHERE id = 2501; \
         INSERT INTO t VALUES (7777, 'mine', 1)",
    );
    let run = sides.once(&["--verify", "--report", "report.json"]);
    run.assert_code(1)
        .assert_stdout_has("2 rows missing, 1 too many, 2 not the same")
        .assert_stdout_has("missing: 17\n")
        .assert_stdout_has("missing: 4001\n")
        .assert_stdout_has("too many: 7777\n")
        .assert_stdout_has("not the same: 2500, 2501\n")
        .assert_stderr_has("error: table t: differs from the source in");
    let report = sides.work.read("report.json");
    assert!(
        report.contains("\"command\": \"sync\"") && report.contains("\"status\": \"failed\""),
        "{report}"
    );
    // All rows are compared once when nothing is known of them.
    sides.destination.execute("DELETE FROM pghaul.syncs");
    sides.synced(&["--deletes", "--verify"]).assert_stdout_has(" 4 changed, 1 gone");
    sides.assert_same("SELECT * FROM t ORDER BY id");
}
