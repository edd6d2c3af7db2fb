//! What is wrong with a cache: each has its message or is a reject, and nothing is lost from Redis.

use pghaul_test_support::{Drain, REPLICA, drain, messages, says};
use redis::cmd;

const COLUMNS: &str = r#"["id", "n", "note"]"#;

/// Rows of which one is good, and the others are each wrong in another way; with what is said about them.
const ROWS: [(&str, &str, &str); 7] = [
    ("good", r#"[1, "fine"]"#, ""),
    ("broken", r#"[2, "x"#, "row is broken JSON: EOF while parsing a string"),
    ("list", r#"{"n": 3}"#, "row is no JSON list of values"),
    ("few", "[4]", "row has 2 values for 3 columns: nothing for column note"),
    ("many", r#"[5, "x", true]"#, "row has 4 values for 3 columns"),
    ("nul", r#"[6, "a\u0000b"]"#, "value holds a NUL character, which PostgreSQL cannot store"),
    ("half", r#"[7, "\ud800"]"#, "row is broken JSON"),
];

/// A table for the rows, so that their types are known.
fn prepared() -> Drain<'static> {
    let drain = drain!();
    drain.register(COLUMNS);
    drain.db.execute(&format!("CREATE TABLE {REPLICA} (id text, n integer, note text)"));
    drain
}

#[test]
fn without_max_rejects_a_bad_row_keeps_its_batch_in_redis() {
    for (id, row, why) in &ROWS[1..] {
        let drain = prepared();
        drain.put(&[ROWS[0], (id, row, "")].map(|(id, row, _)| (id, row)));
        let run = drain.run(&[]);
        run.assert_code(1);
        let message = messages(&run).remove(0);
        says(&message, &[REPLICA, id, why, "nothing of this batch was published; its rows stay in Redis"]);
        assert_eq!(drain.count(), 0);
        let keys = drain.keys();
        // The batch, its columns, and the key that names it.
        assert_eq!(keys.len(), 3, "{keys:?}");
        let rows = drain.hash(&keys[0]);
        assert_eq!(rows.len(), 2);
        assert!(rows.contains(&((*id).to_owned(), (*row).to_owned())), "{rows:?}");
        // Once the row is put aside, the same batch goes on.
        let run = drain.run(&["--max-rejects", "1"]);
        run.assert_code(3).assert_stderr_has("going on with");
        assert_eq!(drain.count(), 1);
    }
}

#[test]
fn rejects_are_listed_and_stay_in_redis_as_they_were() {
    let drain = prepared();
    drain.put(&ROWS.map(|(id, row, _)| (id, row)));
    let mut redis = drain.redis.client();
    cmd("HSET").arg(REPLICA).arg(b"\xff\xfe").arg("[8, \"odd id\"]").exec(&mut redis).unwrap();
    cmd("HSET").arg(REPLICA).arg("word").arg("[\"no number\", null]").exec(&mut redis).unwrap();
    let run = drain.run(&["--max-rejects", "10"]);
    run.assert_code(3).assert_stderr_has("rejected rows stay in Redis").assert_stdout_has("8 rejected");
    assert_eq!(drain.db.one(&format!("SELECT string_agg(id, ',') FROM {REPLICA}")), "good");

    let keys = drain.keys();
    assert_eq!(keys.len(), 1);
    assert!(keys[0].starts_with("{sample_us_users}:pghaul:") && keys[0].ends_with(":rejected"), "{keys:?}");
    let kept: Vec<(Vec<u8>, Vec<u8>)> = cmd("HGETALL").arg(&keys[0]).query(&mut redis).unwrap();
    assert_eq!(kept.len(), 8);
    for (id, row) in ROWS[1..].iter().map(|(id, row, _)| (id.as_bytes(), row.as_bytes())) {
        assert!(
            kept.iter().any(|(kept_id, kept_row)| (kept_id.as_slice(), kept_row.as_slice()) == (id, row))
        );
    }
    assert!(kept.iter().any(|(id, _)| id == b"\xff\xfe"));

    let rejects = drain.rejects();
    assert_eq!(rejects.len(), 8);
    for (id, _, why) in &ROWS[1..] {
        let reject = rejects.iter().find(|reject| reject["named"] == **id).unwrap();
        assert_eq!(reject["source"], REPLICA);
        assert!(reject["reason"].as_str().unwrap().contains(why), "{reject}");
    }
    let word = rejects.iter().find(|reject| reject["named"] == "word").unwrap();
    assert_eq!((word["column"].as_str(), word["value"].as_str()), (Some("n"), Some("no number")));
    assert!(word["reason"].as_str().unwrap().contains("22P02"), "{word}");
    assert!(rejects.iter().any(|reject| reject["reason"] == "id is not UTF-8"));

    // Corrected and put back, they come through.
    cmd("DEL").arg(&keys[0]).exec(&mut redis).unwrap();
    drain.put(&[("word", "[9, \"a number\"]")]);
    drain.drains();
    assert_eq!(drain.count(), 2);
}

#[test]
fn a_row_that_only_the_server_refuses_is_a_reject_too() {
    let drain = prepared();
    drain.db.execute(&format!(
        "ALTER TABLE {REPLICA} ADD CHECK (n < 100), ALTER note TYPE jsonb USING note::jsonb"
    ));
    let rows: Vec<(String, String)> =
        (0..200).map(|n| (n.to_string(), format!(r#"[{n}, "{{\"a\": {n}}}"]"#))).collect();
    drain.put(&rows.iter().map(|(id, row)| (id.as_str(), row)).collect::<Vec<_>>());
    drain.put(&[("x", r#"[1, "{\"a\": \"\\u0000\"}"]"#), ("y", r#"[1, "no json"]"#)]);
    drain.run(&["--max-rejects", "50"]).assert_code(1).assert_stderr_has("--max-rejects allows 50");
    assert_eq!(drain.count(), 0);
    drain.run(&["--max-rejects", "102"]).assert_code(3);
    assert_eq!(drain.count(), 100);
    assert_eq!(drain.hash(&drain.keys()[0]).len(), 102);
}

#[test]
fn what_is_wrong_before_anything_is_taken_leaves_everything_as_it_is() {
    type Break = fn(&Drain<'_>, &mut redis::Connection);
    let cases: [(Break, &[&str]); 9] = [
        (
            |_, redis| cmd("DEL").arg("sample_us_users.META").exec(redis).unwrap(),
            &["sample_us_users.META: there is no field COLUMNS", "HSET"],
        ),
        (
            |_, redis| {
                cmd("HSET").arg("sample_us_users.META").arg("COLUMNS").arg("id, n").exec(redis).unwrap()
            },
            &["COLUMNS is no JSON list of names"],
        ),
        (
            |_, redis| cmd("HSET").arg("sample_us_users.META").arg("COLUMNS").arg("[]").exec(redis).unwrap(),
            &["COLUMNS names no column"],
        ),
        (
            |_, redis| cmd("LREM").arg("replica_registry").arg(0).arg(REPLICA).exec(redis).unwrap(),
            &["there is no such list of replicas", "registered: false"],
        ),
        (
            |_, redis| {
                cmd("LPUSH").arg("replica_registry").arg("other").exec(redis).unwrap();
                cmd("LREM").arg("replica_registry").arg(0).arg(REPLICA).exec(redis).unwrap();
            },
            &["replica_registry: replica sample_us_users is not registered"],
        ),
        (
            |_, redis| {
                cmd("DEL").arg("replica_registry").exec(redis).unwrap();
                cmd("SET").arg("replica_registry").arg("x").exec(redis).unwrap();
            },
            &["replica_registry: is a string, not a list of replicas"],
        ),
        (
            |_, redis| {
                cmd("RENAME").arg(REPLICA).arg("saved").exec(redis).unwrap();
                cmd("SET").arg(REPLICA).arg("x").exec(redis).unwrap();
            },
            &["sample_us_users: is a string, not a hash of rows", "nothing of it was touched"],
        ),
        (
            |drain, _| drain.db.execute(&format!("ALTER TABLE {REPLICA} DROP COLUMN note")),
            &["table sample_us_users", "note is missing"],
        ),
        (
            |drain, _| drain.config(&drain.redis.url(), "mode: upsert, key: [id]", ""),
            &["has no unique index on exactly (\"id\")"],
        ),
    ];
    for (break_it, texts) in cases {
        let drain = prepared();
        drain.put(&[("1", "[1, \"x\"]")]);
        break_it(&drain, &mut drain.redis.client());
        let before = drain.keys();
        let run = drain.run(&[]);
        run.assert_code(2);
        says(&messages(&run).remove(0), texts);
        assert_eq!(drain.keys(), before);
        let rows =
            ["saved", REPLICA].into_iter().find(|key| before.contains(&(*key).to_owned()) && *key != REPLICA);
        assert_eq!(drain.hash(rows.unwrap_or(REPLICA)).len(), 1);
    }
}

#[test]
fn a_job_that_cannot_be_meant_is_refused() {
    for (into, more, texts) in [
        ("mode: append, columns: [id]", "", &["into.columns has no meaning here"][..]),
        ("mode: append", "columns: {nope: text}", &["columns: sample_us_users has no column nope"]),
        ("mode: append", "columns: {n: 'int; DROP TABLE x'}", &["is not the name of a type"]),
        ("mode: upsert, key: [nope]", "", &["into.key: sample_us_users has no column nope"]),
        ("mode: append", "colums: infer", &["unknown field `colums`", "did you mean `columns`?"]),
    ] {
        let drain = drain!();
        drain.register(COLUMNS);
        drain.put(&[("1", "[1, \"x\"]")]);
        drain.config(&drain.redis.url(), into, more);
        let run = drain.run(&[]);
        run.assert_code(2);
        says(&messages(&run).remove(0), texts);
        assert_eq!(drain.keys(), [REPLICA]);
    }
    let drain = drain!();
    drain.command().args(["--clear"]).run().assert_code(2).assert_stderr_has("--clear is for a gateway");
    let run = pghaul_test_support::pghaul!(drain.work).args(["drain", "us_user"]).run();
    run.assert_code(2).assert_stderr_has("did you mean \"us_users\"?");
}

#[test]
fn two_replicas_do_not_replace_the_rows_of_each_other() {
    let drain = drain!();
    let mut redis = drain.register(COLUMNS);
    for name in ["eu.users", "eu_users", "us.users", "us.users"] {
        cmd("LPUSH").arg("replica_registry").arg(name).exec(&mut redis).unwrap();
        let meta = format!("{name}.META");
        cmd("HSET").arg(meta).arg("COLUMNS").arg(COLUMNS).exec(&mut redis).unwrap();
    }
    // Whether the other one has rows now does not matter.
    cmd("HSET").arg("eu.users").arg("1").arg("[1, \"x\"]").exec(&mut redis).unwrap();
    cmd("HSET").arg("us.users").arg("1").arg("[1, \"x\"]").exec(&mut redis).unwrap();
    let job = |pattern: &str, mode: &str| {
        drain.config(&drain.redis.url(), &format!("mode: {mode}"), "");
        let text = drain
            .work
            .read("config.yml")
            .replace("replica: sample_us_users", &format!("replica: '{pattern}'"));
        drain.work.write("config.yml", text.replace("table: sample_us_users", "table: '{replica}'"));
        drain.run(&[])
    };
    let run = job("*", "replace");
    run.assert_code(2);
    let clash = ["replicas eu", "and eu", "have one table, eu_users", "take the place of those of the other"];
    says(&messages(&run).remove(0), &clash);
    assert_eq!(drain.keys(), ["eu.users", "us.users"]);
    job("us*", "replace").assert_code(0);
    assert_eq!(drain.keys(), ["eu.users"]);
    job("*", "append").assert_code(0);
    assert_eq!(drain.keys(), [""; 0]);
}

#[test]
fn a_million_empty_replicas_in_the_list_cost_little() {
    const REPLICAS: u32 = 1_000_000;
    let drain = drain!();
    let mut redis = drain.register(COLUMNS);
    drain.put(&[("1", "[1, \"x\"]")]);
    for first in (0..REPLICAS).step_by(50_000) {
        let mut command = cmd("RPUSH");
        command.arg("replica_registry");
        for number in first..first + 50_000 {
            command.arg(format!("empty_{number}"));
        }
        command.exec(&mut redis).unwrap();
    }
    let pattern = drain.work.read("config.yml").replace("replica: sample_us_users", "replica: '*'");
    drain.work.write("config.yml", pattern.replace("table: sample_us_users", "table: '{replica}'"));
    let (run, peak_kib) = drain.start(&["--report", "-"]).wait_with_peak();
    run.assert_code(0);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["units"].as_array().unwrap().len(), 1);
    assert_eq!(drain.count(), 1);
    assert!(peak_kib < 128 << 10, "{peak_kib} KiB");
}
