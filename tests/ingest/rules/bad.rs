//! `bad: null`: NULL in the place of what a column cannot hold. Each such value is counted and named, and the rows are loaded.

use crate::one_column::{case_of, load};
use pghaul_test_support::{Case, Dump, Outcome, case, ingest};
use serde_json::{Value, json};

const RULE: &str = "columns: {t: {v: {bad: null}}}\n";

/// Types, values that they hold, and values that they cannot hold as they are written, or at all.
const BAD: [(&str, &str, &[&str]); 14] = [
    ("integer", "7", &["x", "7.5", "99999999999"]),
    ("numeric(5,2)", "7.25", &["7.255", "12345", "seven"]),
    ("date", "2019-02-27", &["2019-02-30", "2019-02-27 11:59", "n/a"]),
    ("timestamp(3)", "2019-02-27 11:59:00", &["2019-02-27 11:59:00.1234", "27/02/2019"]),
    ("varchar(3)", "abc", &["abcd", "ab  "]),
    ("char(3)", "ab ", &["abcd"]),
    ("uuid", "7f0c9c4e-3c1d-4a38-9f0b-1a2b3c4d5e6f", &["7f0c"]),
    ("bytea", "0xBEEF", &["0xBEE", "\\x0"]),
    ("json", "{\"a\": 1e3}", &["{", "{'a': 1}", "\u{1}"]),
    ("jsonb", "{\"a\": \"\\u0041\"}", &["\"\\u0000\"", "[1e999999]", "nul"]),
    ("mood", "ok", &["good"]),
    ("cost", "10.25", &["10.255", "-1"]),
    ("integer[]", "{1,2}", &["{1,x}", "1"]),
    ("inet", "10.0.0.1", &["10.0.0.256"]),
];

fn reasons(case: &Case) -> Vec<Value> {
    let text = std::fs::read_to_string(case.work.join("rejects/v1_t.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_a_column_cannot_hold_is_null_and_named_and_the_row_is_loaded() {
    for (type_name, good, bad) in BAD {
        for as_text in [false, true] {
            let case = case_of(type_name, as_text, RULE);
            let values: Vec<&str> = std::iter::once(good).chain(bad.iter().copied()).collect();
            let outcome = load(&case, &values, as_text, "--verify --rejects rejects");
            outcome.run.assert_code(0);
            let nulls = case.db.one("SELECT string_agg(id::text, ' ' ORDER BY id) FROM t WHERE v IS NULL");
            let expected: Vec<String> = (1..values.len()).map(|id| id.to_string()).collect();
            assert_eq!(nulls, expected.join(" "), "{type_name} {as_text}");
            assert_eq!(case.db.one("SELECT count(*) FROM t"), values.len().to_string());
            let unit = &outcome.units()[0];
            assert_eq!(unit["adjusted"], json!({"v": bad.len()}), "{type_name} {as_text}");
            assert_eq!([&unit["rows_loaded"], &unit["rows_rejected"]], [&json!(values.len()), &json!(0)]);
            let reasons = reasons(&case);
            assert_eq!(reasons.len(), bad.len(), "{reasons:?}");
            for (number, (reason, value)) in reasons.iter().zip(bad).enumerate() {
                assert_eq!(reason["line"], json!(number + 3));
                assert_eq!((&reason["column"], &reason["value"]), (&json!("v"), &json!(value)));
                assert_eq!(reason["adjusted"], json!(true));
                assert!(reason["reason"].as_str().unwrap().len() > 5, "{reason}");
            }
            assert!(
                !case.work.join("rejects/v1_t.dat").exists(),
                "the rows are loaded, and none is to be corrected"
            );
        }
    }
}

#[test]
fn the_summary_the_log_and_the_ledger_say_what_was_replaced() {
    let ingest = ingest!();
    ingest.config("columns: {'*': {age: {bad: null}}}\n");
    ingest.dump(
        "lms_v1.zip",
        &Dump::new().table("users", &[("id", "int"), ("age", "int")], "id|age\n1|old\n2|7\n3|\n"),
    );
    let run = ingest.loads();
    let summary = &run.stdout;
    assert!(summary.contains("\nadjusted: 2 values NULL by bad: null (age 2)\n"), "{summary}");
    run.assert_stderr_has("v1_users: 2 values NULL by bad: null, see rejects/v1_users.jsonl");
    run.assert_stderr_has(
        "column age: 2 values, first in line 2, NULL by bad: null, since the column cannot hold them",
    );
    assert_eq!(ingest.db.one("SELECT adjusted::text FROM pghaul.loads"), "{\"age\": 2}");
}

#[test]
fn beyond_max_bad_the_load_fails_and_names_the_value() {
    let case = case!();
    let config = |limit: &str| {
        case.config(&format!("columns: {{t: {{v: {{bad: null, max_bad: {limit}}}, w: {{bad: null}}}}}}\n"));
    };
    let rows: String =
        (0..10).map(|id| format!("{id}|{}|y\n", if id % 4 == 0 { "x" } else { "1" })).collect();
    case.dump("lms_v1", &[("t", "id:int v:int w:int", &rows)]);
    config("2");
    let outcome = case.ends_with(1, "--rejects rejects");
    let error = outcome.units()[0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("t.dat, line 10, column v: "), "{error}");
    assert!(
        error.contains(
            "; with this value, 3 values of column v would be NULL, since it cannot hold them, and its max_bad allows 2; see "
        ),
        "{error}"
    );
    assert!(error.contains("raise max_bad of the column; nothing of this unit was loaded"), "{error}");
    assert!(case.work.join("rejects/v1_t.failed.jsonl").exists());
    config("20%");
    let outcome = case.ends_with(1, "--rejects rejects");
    let error = outcome.units()[0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("3 of 10 values of column v would be NULL"), "{error}");
    config("30%");
    let outcome = case.ends_with(0, "--rejects rejects");
    assert_eq!(outcome.units()[0]["adjusted"], json!({"v": 3, "w": 10}));
    assert!(!case.work.join("rejects/v1_t.failed.jsonl").exists());
    assert_eq!(case.db.one("SELECT count(*) FROM t WHERE w IS NULL"), "10");
}

#[test]
fn rejected_rows_and_adjusted_values_stand_together_in_the_order_of_the_file() {
    let case = case!();
    // The server itself refuses the row with 7: the load starts over, the careful way.
    case.db.execute("CREATE TABLE t (id int CHECK (id <> 7), v int, n smallint)");
    case.config(&format!("mother_tables: {{t: {{id: int}}}}\n{RULE}"));
    let rows: String = (0..20)
        .map(|id| {
            format!("{id}|{}|{}\n", if id % 5 == 2 { "bad" } else { "1" }, if id == 9 { "x" } else { "1" })
        })
        .collect();
    case.dump("lms_v1", &[("t", "id:int v:text n:text", &rows)]);
    let outcome = case.ends_with(3, "--max-rejects 5 --rejects rejects --verify");
    let unit = &outcome.units()[0];
    assert_eq!(unit["rows_rejected"], json!(2));
    // The bad value of the row with 7 is rejected with its row.
    assert_eq!(unit["adjusted"], json!({"v": 3}));
    let said: Vec<(u64, bool)> = reasons(&case)
        .iter()
        .map(|reason| (reason["line"].as_u64().unwrap() - 2, reason.get("adjusted").is_some()))
        .collect();
    assert_eq!(said, [(2, true), (7, false), (9, false), (12, true), (17, true)]);
    let rejected = std::fs::read_to_string(case.work.join("rejects/v1_t.dat")).unwrap();
    assert_eq!(rejected, "id|v|n\n7|bad|1\n9|1|x\n");
    // Without rejects, the rows of the earlier load go, and the reasons are those of this one.
    case.dump("lms_v1", &[("t", "id:int v:text n:text", "1|bad|1\n")]);
    case.ends_with(0, "--rejects rejects");
    assert!(!case.work.join("rejects/v1_t.dat").exists());
    assert_eq!(reasons(&case).len(), 1);
    // And without a bad value, nothing is left of them.
    case.dump("lms_v1", &[("t", "id:int v:text n:text", "1|1|1\n")]);
    case.ends_with(0, "--rejects rejects");
    assert!(!case.work.join("rejects/v1_t.jsonl").exists());
}

#[test]
fn a_value_is_trimmed_and_may_stand_for_nothing_before_it_is_bad() {
    let case = case!();
    case.config("columns: {t: {v: {trim: true, null_if: 'n/a', bad: null}}}\n");
    case.dump("lms_v1", &[("t", "id:int v:int", "1| 7 \n2| n/a \n3| x \n")]);
    let outcome: Outcome = case.ends_with(0, "--rejects rejects");
    assert_eq!(outcome.units()[0]["adjusted"], json!({"v": 1}));
    assert_eq!(
        case.db.rows("SELECT v::text FROM t ORDER BY id"),
        [vec![Some("7".into())], vec![None], vec![None]]
    );
    assert_eq!(reasons(&case)[0]["value"], json!(" x "));
}
