//! The columns of a drained table: inferred from all values, declared, kept, shown, and made wider.

use pghaul_test_support::{Drain, REPLICA, drain, messages, says};
use redis::cmd;

/// A cache with rows of one value beside the id.
fn with_values(values: &[&str]) -> Drain<'static> {
    let drain = drain!();
    drain.register(r#"["id", "a.b"]"#);
    put(&drain, values);
    drain
}

fn put(drain: &Drain<'_>, values: &[&str]) {
    let rows: Vec<(String, String)> =
        values.iter().enumerate().map(|(n, value)| (format!("r{n}"), format!("[{value}]"))).collect();
    drain.put(&rows.iter().map(|(id, row)| (id.as_str(), row)).collect::<Vec<_>>());
}

fn values(drain: &Drain<'_>) -> String {
    drain.db.one(&format!("SELECT string_agg(coalesce(a_b::text, 'NULL'), ' | ' ORDER BY id) FROM {REPLICA}"))
}

#[test]
fn types_are_as_wide_as_all_values_need() {
    for (given, type_name, stored) in [
        (&["1", "\"2\"", "null"][..], "integer", "1 | 2 | NULL"),
        (&["1", "3000000000"], "bigint", "1 | 3000000000"),
        (&["1", "2.50"], "numeric", "1 | 2.50"),
        (&["4611686018438308034"], "bigint", "4611686018438308034"),
        (&["1", "2.5e3"], "double precision", "1 | 2500"),
        (&["1", "\"x\""], "text", "1 | x"),
        (&["\"007\""], "text", "007"),
        (&["true", "\"false\""], "boolean", "true | false"),
        (
            &["\"2020-05-19\"", "\"2020-05-19 05:20:32.212\""],
            "timestamp without time zone",
            "2020-05-19 00:00:00 | 2020-05-19 05:20:32.212",
        ),
        (&["\"2020-05-19T05:20:32+02:00\""], "timestamp with time zone", "2020-05-19 03:20:32+00"),
        (&[r#""{\"a\": 1}""#, r#"{"b": [1.0]}"#], "jsonb", r#"{"a": 1} | {"b": [1.0]}"#),
        (&[r#""{\"a\": 1}""#, r#""[1]""#], "text", r#"{"a": 1} | [1]"#),
        (&[r#""{\"a\": \"\\u0000\"}""#], "text", r#"{"a": "\u0000"}"#),
        (&["null"], "text", "NULL"),
    ] {
        let drain = with_values(given);
        drain.drains().assert_stderr_has(&format!("id text, a_b {type_name}"));
        assert_eq!(drain.columns(), format!("id text, a_b {type_name}"), "{given:?}");
        drain.db.execute("SET timezone = 'UTC'");
        assert_eq!(values(&drain), stored.to_owned(), "{given:?}");
    }
}

#[test]
fn the_last_value_of_many_counts_as_much_as_the_first() {
    // The first look sees only some of them, and takes the others for numbers too.
    let numbers: Vec<String> = (0..30_000).map(|n| n.to_string()).collect();
    for odd in [0, 15_000, 29_999] {
        let mut given: Vec<&str> = numbers.iter().map(String::as_str).collect();
        given[odd] = "\"not a number\"";
        let drain = with_values(&given);
        drain.drains();
        assert_eq!(drain.columns(), "id text, a_b text");
        assert_eq!(drain.count(), 30_000);
        assert_eq!(drain.db.one(&format!("SELECT a_b FROM {REPLICA} WHERE id = 'r{odd}'")), "not a number");
    }
}

#[test]
fn later_batches_keep_the_types_and_what_does_not_fit_is_a_reject() {
    let drain = with_values(&["1", "2"]);
    drain.drains();
    put(&drain, &["3", "\"four\""]);
    let run = drain.run(&["--max-rejects", "1"]);
    run.assert_code(3);
    assert_eq!((drain.columns().as_str(), values(&drain).as_str()), ("id text, a_b integer", "1 | 3 | 2"));
    assert_eq!(drain.rejects()[0]["value"], "four");
    assert_eq!(
        drain.db.one("SELECT string_agg(columns->>'a_b' || ' ' || rows || ' ' || rejected, ', ' ORDER BY published_at) FROM pghaul.drains"),
        "integer 2 0, integer 1 1"
    );
}

#[test]
fn a_batch_has_the_columns_that_it_was_taken_with() {
    for (mode, evolve) in [("mode: append", ""), ("mode: upsert, key: [id]", "evolve: true")] {
        let drain = drain!();
        let mut redis = drain.register(r#"["id", "city", "country"]"#);
        drain.config(&drain.redis.url(), mode, evolve);
        drain.put(&[("1", "[\"Rome\", \"Italy\"]"), ("2", "broken")]);
        drain.run(&[]).assert_code(1);
        // Meanwhile the writer has another order, or other columns.
        let later = if evolve.is_empty() { r#"["id", "country", "city"]"# } else { r#"["id", "zip"]"# };
        drain.register(later);
        let batch: String = cmd("GET").arg("{sample_us_users}:pghaul:draining").query(&mut redis).unwrap();
        cmd("HSET").arg(&batch).arg("2").arg("[\"Paris\", \"France\"]").exec(&mut redis).unwrap();
        let row = if evolve.is_empty() { "[\"Spain\", \"Madrid\"]" } else { "[28001]" };
        drain.put(&[("3", row)]);
        drain.drains().assert_stderr_has("going on with");
        let rows =
            "SELECT string_agg(concat_ws(',', id, city, country), '|' ORDER BY id) FROM sample_us_users";
        let third = if evolve.is_empty() { "3,Madrid,Spain" } else { "3" };
        assert_eq!(drain.db.one(rows), format!("1,Rome,Italy|2,Paris,France|{third}"));
        assert_eq!(drain.keys(), [""; 0]);
    }
}

#[test]
fn with_evolve_columns_become_wider_and_new_ones_are_added() {
    let drain = with_values(&["1"]);
    drain.config(&drain.redis.url(), "mode: append", "evolve: true");
    drain.drains();
    for (value, type_name, stored) in [
        ("3000000000", "bigint", "1 | 3000000000"),
        ("2.5", "numeric", "1 | 2.5 | 3000000000"),
        ("\"x\"", "text", "1 | 2.5 | 3000000000 | x"),
    ] {
        put(&drain, &[value]);
        drain.drains().assert_stderr_has(&format!("has become {type_name}"));
        assert_eq!(drain.columns(), format!("id text, a_b {type_name}"));
        let sorted = "SELECT string_agg(a_b::text, ' | ' ORDER BY a_b::text) FROM";
        assert_eq!(drain.db.one(&format!("{sorted} {REPLICA}")), stored);
    }
    // A row that no column can have stays a reject.
    drain.put(&[("few", "[]"), ("nul", "[\"\\u0000\"]")]);
    let run = drain.run(&[]);
    run.assert_code(1);
    drain.run(&["--max-rejects", "2"]).assert_code(3);
    assert_eq!(drain.rejects().len(), 2);
    // A replica with one column more.
    drain.register(r#"["id", "a.b", "since"]"#);
    drain.put(&[("r9", "[\"y\", \"2020-05-19\"]")]);
    drain.drains();
    assert_eq!(drain.columns(), "id text, a_b text, since date");
    assert_eq!(drain.count(), 5);
}

#[test]
fn evolve_goes_as_far_as_a_view_allows() {
    let drain = with_values(&["1"]);
    drain.config(&drain.redis.url(), "mode: append", "evolve: true");
    drain.drains();
    drain.db.execute(&format!("CREATE VIEW v AS SELECT a_b FROM {REPLICA}"));
    put(&drain, &["\"x\""]);
    let run = drain.run(&[]);
    run.assert_code(1);
    says(&messages(&run).remove(0), &["table sample_us_users", "view", "its rows stay in Redis"]);
    drain.db.execute("DROP VIEW v");
    drain.drains();
    assert_eq!(values(&drain), "1 | x");
}

#[test]
fn columns_can_be_shown_and_declared() {
    let drain = with_values(&["1", "\"x\"", "null"]);
    let run = drain.run(&["--print-columns"]);
    run.assert_code(0);
    assert_eq!(run.stdout, "# sample_us_users\ncolumns: {id: text, a_b: text}\n");
    assert_eq!(drain.keys(), [REPLICA]);
    let columns = run.stdout.lines().nth(1).unwrap().replace("a_b: text", "a_b: 'varchar(5)'");
    drain.config(&drain.redis.url(), "mode: append", &columns);
    drain.drains();
    assert_eq!(drain.columns(), "id text, a_b character varying(5)");
    put(&drain, &["\"longer than that\""]);
    let run = drain.run(&[]);
    run.assert_code(1).assert_stderr_has("value too long for type character varying(5)");
    says(&messages(&run).remove(0), &["sample_us_users, r0, column a_b"]);
}

#[test]
fn modes() {
    for (mode, count, stored) in [
        ("mode: append", 4, "1 | 5 | 2 | 6"),
        ("mode: upsert, key: [id]", 3, "5 | 2 | 6"),
        ("mode: replace", 2, "5 | 6"),
    ] {
        let drain = with_values(&["1", "2"]);
        drain.config(&drain.redis.url(), mode, "");
        drain.drains();
        drain.put(&[("r0", "[5]"), ("r2", "[6]")]);
        drain.drains();
        assert_eq!(drain.count(), count, "{mode}");
        let all = format!("SELECT string_agg(a_b::text, ' | ' ORDER BY id, a_b) FROM {REPLICA}");
        assert_eq!(drain.db.one(&all), stored, "{mode}");
        assert_eq!(drain.keys(), [""; 0]);
    }
    // Rows that become one by their key, in a new table.
    let drain = with_values(&["1", "1", "2"]);
    drain.config(&drain.redis.url(), "mode: upsert, key: [a_b]", "");
    drain.drains();
    assert_eq!(drain.count(), 2);
}

#[test]
fn before_after_and_keep() {
    let drain = with_values(&["1"]);
    let statements = "before: ['CREATE TABLE IF NOT EXISTS seen (n int)']\nafter: ['INSERT INTO seen SELECT count(*) FROM sample_us_users']";
    drain.config(&drain.redis.url(), "mode: append", statements);
    drain.run(&["--keep"]).assert_code(0);
    put(&drain, &["2", "3"]);
    drain.drains();
    assert_eq!(drain.db.one("SELECT string_agg(n::text, ' ' ORDER BY n) FROM seen"), "1 3");
    let keys = drain.keys();
    assert!(keys.len() == 1 && keys[0].ends_with(":kept"), "{keys:?}");
    assert_eq!(drain.hash(&keys[0]), [("r0".to_owned(), "[1]".to_owned())]);
}
