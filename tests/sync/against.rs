//! What stands against rows at the destination: unique indexes, foreign keys, triggers, identity columns.

use crate::sides::{BY_U, Sides, numbered};
use pghaul_test_support::wait_for;

const ALL: &str = "SELECT * FROM t ORDER BY id";

/// A table whose values of `e` are unique, by the index on `unique`.
fn with_unique(unique: &str) -> String {
    format!(
        "CREATE TABLE t (id int PRIMARY KEY, e text, u bigint NOT NULL); CREATE UNIQUE INDEX ON t ({unique}); \
         CREATE INDEX ON t (u); INSERT INTO t SELECT i, 'e' || i, i FROM generate_series(1, 300) i"
    )
}

#[test]
fn a_value_of_a_row_that_is_gone_can_be_another_row_s() {
    for unique in ["e", "lower(e)", "e, (id > 0)"] {
        let sides = Sides::new(&with_unique(unique), &[&BY_U[..], &["--chunk", "1"]].concat());
        sides.synced(&[]);
        sides.source.execute(
            "DELETE FROM t WHERE id IN (1, 2); INSERT INTO t VALUES (301, 'e1', 301); UPDATE t SET e = 'e2', u = 302 WHERE id = 3",
        );
        for flags in [&[][..], &["--deletes=soft", "--evolve"]] {
            let run = sides.once(flags);
            run.assert_code(1)
                .assert_stderr_has("a row that is gone at the source may still hold the value")
                .assert_stderr_has("--deletes=hard deletes it first");
        }
        sides.synced(&["--deletes"]).assert_stdout_has("2 gone");
        sides.assert_same("SELECT id, e, u FROM t ORDER BY id");
        // Too many of them are left.
        sides.source.execute("DELETE FROM t WHERE id > 100; INSERT INTO t VALUES (400, 'e150', 400)");
        sides
            .once(&["--deletes", "--max-deletes", "10"])
            .assert_code(1)
            .assert_stderr_has("--max-deletes allows 10");
        assert_eq!(sides.destination.one("SELECT count(*) FROM t"), "299");
    }
}

#[test]
fn values_that_rows_of_different_windows_exchange_come_over() {
    let sides = Sides::new(&with_unique("e"), &[&BY_U[..], &["--chunk", "2"]].concat());
    sides.synced(&[]);
    // Each takes the value of the next one, which gives it up later.
    sides.source.execute("UPDATE t SET e = 'x' || id; UPDATE t SET e = 'e' || id % 300 + 1, u = 300 + id");
    sides.synced(&[]).assert_stdout_has("300 changed");
    sides.assert_same(ALL);
}

#[test]
fn rows_that_refer_to_later_rows_of_their_table_come_over() {
    let create = "CREATE TABLE t (id int PRIMARY KEY, next int REFERENCES t, v text, u bigint NOT NULL); CREATE INDEX ON t (u)";
    let add = |from: u32, to: u32| {
        format!(
            "INSERT INTO t SELECT i, nullif(i + 1, {to} + 1), repeat('v', 150), i FROM generate_series({from}, {to}) i; ANALYZE t"
        )
    };
    // More than one range, if it were not for the foreign key.
    let sides =
        Sides::new(&format!("{create}; {}", add(1, 50_000)), &[&BY_U[..], &["--workers", "2"]].concat());
    sides.destination.execute(create);
    sides.synced(&[]).assert_stdout_has("50,000 rows loaded");
    sides.source.execute(&add(50_001, 50_100));
    sides.synced(&["--chunk", "10"]).assert_stdout_has("100 changed");
    sides.assert_same(ALL);
}

/// A trigger of the destination, before each row is inserted or updated.
fn trigger(body: &str) -> String {
    format!(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$; \
         CREATE TRIGGER touch BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()"
    )
}

#[test]
fn triggers_that_change_rows_or_leave_them_out_are_named() {
    const SAYS: &str = "triggers change them or leave them out: touch";
    let create = "CREATE TABLE t (id int PRIMARY KEY, v text, u bigint)";
    for (body, fails) in [
        ("new.u = new.u + 1; RETURN new;", true),
        ("RETURN CASE WHEN new.id <> 7 THEN new END;", true),
        ("new.id = CASE WHEN new.id = 7 THEN -7 ELSE new.id END; RETURN new;", true),
        ("new.own = 'own'; RETURN new;", false),
        ("new.v = new.v; RETURN new;", false),
    ] {
        // From the first row on, and by passes of their own.
        for has_rows in [false, true] {
            let sides = Sides::new(&numbered(20), &BY_U);
            sides.destination.execute(&format!("{create}; ALTER TABLE t ADD own text"));
            if has_rows {
                sides.synced(&[]);
                sides.source.execute("UPDATE t SET v = 'new', u = u + 100");
            }
            let before = sides.destination.rows(ALL);
            sides.destination.execute(&trigger(body));
            let run = sides.once(&[]);
            if fails {
                run.assert_code(1).assert_stderr_has(SAYS).assert_stderr_has("DISABLE TRIGGER");
                assert_eq!(sides.destination.rows(ALL), before, "{body}");
                sides.destination.execute("ALTER TABLE t DISABLE TRIGGER touch");
                sides.synced(&[]);
            } else {
                run.assert_code(0);
            }
            sides.assert_same("SELECT id, v, u FROM t ORDER BY id");
        }
    }
    // A table that is synced whole: rows are swapped in, or inserted where an identity column keeps the table in its place.
    for (column, fails) in [("id int", false), ("id int GENERATED BY DEFAULT AS IDENTITY", true)] {
        let sides = Sides::new(
            "CREATE TABLE t (id int NOT NULL); INSERT INTO t SELECT generate_series(1, 9)",
            &["--table", "t"],
        );
        sides
            .destination
            .execute(&format!("CREATE TABLE t ({column}); {}", trigger("new.id = new.id + 1; RETURN new;")));
        let run = sides.once(&[]);
        match fails {
            true => drop(run.assert_code(1).assert_stderr_has(SAYS)),
            false => {
                run.assert_code(0);
                sides.assert_same(ALL);
            }
        }
    }
}

#[test]
fn rows_that_a_trigger_keeps_are_said() {
    let sides = Sides::new(&numbered(20), &BY_U);
    sides.synced(&[]);
    sides.destination.execute(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN CASE WHEN old.id > 2 THEN old END; END'; \
         CREATE TRIGGER keep BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()",
    );
    sides.source.execute("DELETE FROM t WHERE id <= 5");
    sides
        .synced(&["--deletes"])
        .assert_stdout_has("3 gone")
        .assert_stderr_has("2 of 5 rows that are gone at the source are still there: a trigger");
}

#[test]
fn rows_are_found_by_a_key_that_is_deferrable_at_the_source() {
    let sides = Sides::new(
        "CREATE TABLE t (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v text UNIQUE DEFERRABLE, u bigint NOT NULL); \
         CREATE INDEX ON t (u); INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)",
        &BY_U,
    );
    sides.synced(&[]);
    sides.source.execute("UPDATE t SET v = 'c', u = 3 WHERE id = 1");
    sides.synced(&["--deletes", "--verify"]);
    sides.assert_same(ALL);
    let deferrable = "SELECT string_agg(contype::text, '' ORDER BY contype) FROM pg_constraint \
                      WHERE conrelid = 't'::regclass AND condeferrable";
    assert_eq!(sides.destination.one(deferrable), "u");
}

#[test]
fn an_identity_column_that_takes_no_values_is_said_with_what_helps() {
    let create = "CREATE TABLE t (id text PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, u bigint NOT NULL); CREATE INDEX ON t (u)";
    let sides = Sides::new(create, &BY_U);
    sides.destination.execute(create);
    // Rows that are younger than an open transaction are read again when it has ended. They are the same.
    let mut client = sides.source.client();
    let mut open = client.transaction().unwrap();
    open.execute("SELECT txid_current()", &[]).unwrap();
    sides.source.execute("INSERT INTO t (id, u) VALUES ('a', 1), ('b', 2)");
    sides.synced(&[]);
    open.rollback().unwrap();
    wait_for("rows that are read again", || sides.synced(&[]).stdout.contains("2 rows read, 0 changed"));
    sides.source.execute("UPDATE t SET n = DEFAULT, u = 3 WHERE id = 'a'");
    sides
        .once(&[])
        .assert_code(1)
        .assert_stderr_has("ALTER TABLE \"public\".\"t\" ALTER COLUMN … SET GENERATED BY DEFAULT");
    sides.destination.execute("ALTER TABLE t ALTER COLUMN n SET GENERATED BY DEFAULT");
    sides.synced(&[]);
    sides.assert_same(ALL);
}

#[test]
fn sequences_of_columns_without_an_index_follow_passes() {
    for workers in ["1", "3"] {
        let sides = Sides::new(
            "CREATE TABLE t (id int PRIMARY KEY, n int GENERATED BY DEFAULT AS IDENTITY, s serial, u bigint NOT NULL); \
             CREATE INDEX ON t (u); INSERT INTO t (id, u) SELECT i, i FROM generate_series(1, 10) i",
            &[&BY_U[..], &["--workers", workers]].concat(),
        );
        let next = || {
            sides.destination.one(
                "SELECT nextval(pg_get_serial_sequence('t', 'n')) || ' ' || nextval(pg_get_serial_sequence('t', 's'))",
            )
        };
        sides.synced(&[]);
        assert_eq!(next(), "11 11");
        sides.source.execute("INSERT INTO t (id, u) SELECT i, i FROM generate_series(11, 15000) i");
        sides.synced(&[]);
        assert_eq!(next(), "15001 15001", "{workers}");
        // They never go back.
        sides.source.execute("INSERT INTO t (id, n, s, u) VALUES (20000, 7, 8, 20000)");
        sides.synced(&[]);
        assert_eq!(next(), "15002 15002");
    }
}
