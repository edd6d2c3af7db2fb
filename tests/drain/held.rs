//! Values of later batches: each is held without loss, or is a reject, or its column becomes wider.

use jiff::Timestamp;
use pghaul_test_support::{Drain, REPLICA, drain, messages, says};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use redis::cmd;
use serde_json::Value;
use std::collections::BTreeMap;

/// Texts that PostgreSQL's input functions take for something else, in some type at least, and such that they hold.
const TEXTS: [&str; 58] = [
    "1",
    "-7",
    "0",
    "42",
    "2147483648",
    "-9223372036854775808",
    "9223372036854775808",
    "1.5",
    "1.50",
    "-0.25",
    "123456789012345678",
    "1234567.12345678901",
    "1e3",
    "1E-5",
    "2.5e3",
    "007",
    "01",
    "1.0",
    "+1",
    " 5",
    "5 ",
    "-0",
    "1.",
    ".5",
    "0x1F",
    "1_000",
    "1e400",
    "NaN",
    "infinity",
    "-Infinity",
    "true",
    "false",
    "True",
    "t",
    "yes",
    "on",
    "2020-05-19",
    "1999-12-31",
    "2020-02-30",
    "05/06/2020",
    "now",
    "today",
    "epoch",
    "20200519",
    "2020-05-19 05:20:32.212",
    "2020-05-19T05:20:32",
    "2020-05-19 05:20",
    "2020-05-19 24:00:00",
    "2016-12-31 23:59:60",
    "2020-05-19T05:20:32+02:00",
    "2020-05-19 05:20:32Z",
    "2020-05-19 05:20:32.1234567",
    "0044-03-15 BC",
    "{\"a\": 1}",
    "[1]",
    "null",
    "",
    "x y",
];

/// Values as JSON, besides the texts.
const OTHERS: [&str; 12] = [
    "null",
    "true",
    "false",
    "1",
    "1.50",
    "1e3",
    "123456789012345678901234567890",
    "{\"b\": [1.0, null]}",
    "[1, 2]",
    "\"a\\u0000b\"",
    "\"\\u00e9\\n\"",
    "-0",
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(&TEXTS[..]).prop_map(|text| Value::from(text).to_string()),
        2 => prop::sample::select(&OTHERS[..]).prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<i32>().prop_map(|number| format!("\"{number}\"")),
    ]
}

/// Mostly values of one kind, as caches have them.
fn batch() -> impl Strategy<Value = Vec<String>> {
    (
        prop::collection::vec(value(), 1..4),
        prop::collection::vec(prop::sample::select(vec![0_usize, 1, 2]), 1..8),
    )
        .prop_map(|(kinds, picks)| picks.into_iter().map(|pick| kinds[pick % kinds.len()].clone()).collect())
}

/// Whether a column that has `stored` has not lost anything of `given`, JSON.
fn is_kept(given: &str, stored: Option<&str>) -> bool {
    let (value, Some(stored)) = (serde_json::from_str::<Value>(given).unwrap(), stored) else {
        return given == "null";
    };
    let text = match &value {
        Value::Null => return false,
        Value::String(text) => text.as_str(),
        _ => given,
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    text == stored
        || (matches!(text, "True" | "False") && text.to_lowercase() == stored)
        || (is_short_number(text) && text.parse::<f64>().ok() == stored.parse().ok())
        || moment(text).is_some_and(|given| moment(stored) == Some(given))
        || json(text).is_some_and(|given| json(stored) == Some(given))
        || (matches!(value, Value::Array(_)) && serde_json::from_str(stored).ok() == Some(value))
}

/// Whether a text is a number as JSON writes it, other than `-0`, and a double keeps all of its digits.
fn is_short_number(text: &str) -> bool {
    let digits = text.split(['e', 'E']).next().unwrap_or_default().bytes().filter(u8::is_ascii_digit).count();
    digits <= 15
        && text != "-0"
        && text.trim() == text
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}

/// A day or a moment, and whether it has a zone.
fn moment(text: &str) -> Option<(i128, bool)> {
    let text = text.replace('T', " ");
    let (day, time) = text.split_once(' ').unwrap_or((&text, "00:00:00"));
    let zone = time.find(['+', 'Z']);
    let clock = &time[..zone.unwrap_or(time.len())];
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    // Seconds of a minute go up to 59, hours up to 23.
    if day.len() != 10 || clock.starts_with("24") || clock.contains(":60") {
        return None;
    }
    let zone = zone.map_or("Z", |zone| &time[zone..]);
    let zone = if zone == "+00" { "Z" } else { zone };
    let moment: Timestamp = format!("{day}T{clock}{zone}").parse().ok()?;
    Some((moment.as_nanosecond(), time.contains(['+', 'Z'])))
}

/// What was rejected so far, by the hashes that hold it.
fn rejected(drain: &Drain<'_>) -> BTreeMap<String, String> {
    let hashes = drain.keys().into_iter().filter(|key| key.ends_with(":rejected"));
    hashes.flat_map(|key| drain.hash(&key)).collect()
}

#[test]
fn each_value_is_held_or_rejected_or_widens_its_column() {
    for evolve in ["", "evolve: true"] {
        let drain = drain!();
        drain.register(r#"["id", "v"]"#);
        drain.config(&drain.redis.url(), "mode: upsert, key: [id]", evolve);
        let mut runner =
            TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&(batch(), batch(), batch()), |(first, second, third)| {
            drain.db.execute(&format!("DROP TABLE IF EXISTS {REPLICA}"));
            let old: Vec<String> = drain.keys();
            if !old.is_empty() {
                cmd("UNLINK").arg(&old).exec(&mut drain.redis.client()).unwrap();
            }
            let mut given: BTreeMap<String, String> = BTreeMap::new();
            for (number, values) in [first, second, third].iter().enumerate() {
                let rows: Vec<(String, String)> = values
                    .iter()
                    .enumerate()
                    .map(|(place, value)| (format!("r{number}-{place}"), format!("[{value}]")))
                    .collect();
                drain.put(&rows.iter().map(|(id, row)| (id.as_str(), row)).collect::<Vec<_>>());
                given.extend(rows);
                let code = drain.run(&["--max-rejects", "100"]).code;
                assert!(matches!(code, 0 | 3), "{code}");
            }
            let rejected = rejected(&drain);
            drain.db.execute("SET timezone = 'UTC'");
            let stored = drain.db.rows(&format!("SELECT id, v::text FROM {REPLICA}"));
            prop_assert_eq!(stored.len() + rejected.len(), given.len());
            for row in stored {
                let (id, stored) = (row[0].as_deref().unwrap(), row[1].as_deref());
                let value = &given[id][1..given[id].len() - 1];
                prop_assert!(is_kept(value, stored), "{} became {:?}, {}", value, stored, drain.columns());
                prop_assert!(!rejected.contains_key(id));
            }
            for (id, row) in &rejected {
                prop_assert_eq!(row, &given[id]);
                // With `evolve`, only what no column holds is rejected.
                prop_assert!(
                    evolve.is_empty() || row.contains("\\u0000"),
                    "{} with {}",
                    row,
                    drain.columns()
                );
            }
            Ok(())
        });
        outcome.unwrap_or_else(|failure| panic!("{evolve}: {failure}"));
    }
}

#[test]
fn what_is_not_held_is_said_and_evolve_makes_room() {
    for (first, later, type_name, wider) in [
        ("\"2020-05-19\"", "\"2020-05-19 23:00:00\"", "date", "timestamp without time zone"),
        ("\"2020-05-19\"", "\"now\"", "date", "text"),
        ("\"2020-05-19\"", "\"05/06/2020\"", "date", "text"),
        ("\"2020-05-19 05:20:32\"", "\"2020-05-19T05:20:32+02:00\"", "timestamp without time zone", "text"),
        ("\"2020-05-19 05:20:32\"", "\"2016-12-31 23:59:60\"", "timestamp without time zone", "text"),
        ("1", "\"007\"", "integer", "text"),
        ("1", "\" 5\"", "integer", "text"),
        ("1", "3000000000", "integer", "bigint"),
        ("1", "1.5", "integer", "numeric"),
        ("3000000000", "1.5", "bigint", "numeric"),
        ("1.25", "1e3", "numeric", "text"),
        ("1e3", "123456789012345678", "double precision", "text"),
        ("true", "\"t\"", "boolean", "text"),
        ("true", "\"no\"", "boolean", "text"),
        ("{\"a\": 1}", "\"5\"", "jsonb", "text"),
    ] {
        let drain = drain!();
        drain.register(r#"["id", "v"]"#);
        drain.put(&[("1", format!("[{first}]"))]);
        drain.drains();
        assert_eq!(drain.columns(), format!("id integer, v {type_name}"));
        drain.put(&[("2", format!("[{later}]"))]);
        let run = drain.run(&[]);
        run.assert_code(1);
        // Some are known to the encoders already, or to the server.
        says(&messages(&run).remove(0), &[REPLICA, "2, column v: ", "nothing of this batch was published"]);
        assert_eq!(drain.count(), 1);
        drain.config(&drain.redis.url(), "mode: append", "evolve: true");
        drain.drains();
        assert_eq!(drain.columns(), format!("id integer, v {wider}"), "{first} {later}");
        assert_eq!((drain.count(), drain.keys().len()), (2, 0));
    }
}

#[test]
fn a_declared_column_is_read_as_postgres_reads_it() {
    let drain = drain!();
    drain.register(r#"["id", "active", "since"]"#);
    drain.config(&drain.redis.url(), "mode: append", "columns: {active: boolean, since: timestamptz}");
    for id in ["a", "b"] {
        drain.put(&[(id, r#"["yes", "2020-05-19 05:20"]"#)]);
        drain.drains();
    }
    assert_eq!(drain.columns(), "id text, active boolean, since timestamp with time zone");
    assert_eq!(drain.db.one(&format!("SELECT count(*) FROM {REPLICA} WHERE active")), "2");
}

/// Ids that are different, and of which some are equal in some types.
const IDS: [&str; 27] = [
    "1",
    "01",
    "1.0",
    "1e0",
    "+1",
    " 1",
    "1 ",
    "true",
    "True",
    "t",
    "2020-05-19",
    "2020-05-19 00:00:00",
    "2020-05-19T00:00:00",
    "2020-05-19 00:00:00+00",
    "2020-05-19 01:00:00+01",
    "20200519",
    "ab",
    "AB",
    "Ab ",
    "ab ",
    "é",
    "É",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
    "{\"a\": 1}",
    "{\"a\":1}",
    "12345678901234567890",
];

#[test]
fn two_ids_are_never_one_row() {
    for type_name in [
        "",
        "integer",
        "bigint",
        "numeric",
        "double precision",
        "boolean",
        "date",
        "timestamp",
        "timestamptz",
        "jsonb",
        "text",
        "uuid",
        "varchar(50)",
        "char(50)",
        "citext",
        "text COLLATE ci",
    ] {
        let drain = drain!();
        drain.db.execute("CREATE EXTENSION citext");
        drain.db.execute(
            "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        );
        drain.register(r#"["id", "note"]"#);
        drain.config(&drain.redis.url(), "mode: upsert, key: [id]", "");
        if !type_name.is_empty() {
            drain.db.execute(&format!("CREATE TABLE {REPLICA} (id {type_name} PRIMARY KEY, note text)"));
        }
        // The first batch has ids of which each is equal to one of the second.
        for part in [0, 1] {
            let rows: Vec<(&str, String)> = IDS
                .iter()
                .enumerate()
                .filter(|(place, _)| part == 1 || place % 3 == 0)
                .map(|(_, id)| (*id, Value::from(vec![format!("<{id}>")]).to_string()))
                .collect();
            drain.put(&rows);
            let run = drain.run(&["--max-rejects", "100"]);
            run.assert(matches!(run.code, 0 | 3), type_name);
        }
        let mut notes: Vec<String> = drain
            .db
            .rows(&format!("SELECT note FROM {REPLICA}"))
            .into_iter()
            .map(|row| row[0].clone().unwrap())
            .collect();
        notes.extend(rejected(&drain).into_keys().map(|id| format!("<{id}>")));
        notes.sort();
        let mut all: Vec<String> = IDS.iter().map(|id| format!("<{id}>")).collect();
        all.sort();
        assert_eq!(notes, all, "{type_name}");
        if matches!(type_name, "citext" | "text COLLATE ci") {
            let reasons = drain.rejects();
            assert!(
                reasons
                    .iter()
                    .any(|reject| reject["reason"].as_str().unwrap().contains("would take its place")),
                "{reasons:?}"
            );
        }
    }
}

#[test]
fn ids_of_a_new_table_are_rejected_where_its_declared_type_makes_them_one() {
    for (type_name, ids) in [("integer", ["1", "01"]), ("public.citext", ["ab", "AB"])] {
        let drain = drain!();
        drain.db.execute("CREATE EXTENSION citext SCHEMA public");
        drain.register(r#"["id", "note"]"#);
        let columns = format!("columns: {{id: {type_name}}}");
        drain.config(&drain.redis.url(), "mode: upsert, key: [id]", &columns);
        drain.put(&ids.map(|id| (id, "[\"x\"]")));
        drain.run(&[]).assert_code(1);
        drain.run(&["--max-rejects", "1"]).assert_code(3);
        assert_eq!((drain.count(), rejected(&drain).len()), (1, 1), "{type_name}");
    }
}
