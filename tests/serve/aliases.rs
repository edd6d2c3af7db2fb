//! Names of a user's columns never shadow the names that the statements of pghaul give to tables and values.

use crate::service::Service;
use pghaul_test_support::{Case, Pghaul, case, files_below, repository, server};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;

/// Words behind which a statement names something, either at once or behind the name of a table.
const BEHIND: [&str; 6] = ["AS", "FROM", "JOIN", "INTO", "UPDATE", "TABLE"];

/// The aliases in all statements of the sources, and some words that are none: each lower-case word behind `AS`, and behind what
/// `FROM`, `JOIN`, `INTO` and `UPDATE` name.
fn aliases() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files_below(&repository().join("src"), None) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let words: Vec<&str> = text.split_whitespace().collect();
        for (at, word) in words.iter().enumerate() {
            if !BEHIND.iter().any(|keyword| word.trim_start_matches(['(', '"']) == *keyword) {
                continue;
            }
            found.extend(words[at + 1..].iter().take(3).filter_map(|word| {
                let name: String = word
                    .chars()
                    .take_while(|c| c.is_ascii_lowercase() || *c == '_' || c.is_ascii_digit())
                    .collect();
                let is_name = name.starts_with(|c: char| c.is_ascii_lowercase());
                // No column of a user's can be called so.
                let is_of_the_system = ["ctid", "tableoid", "xmin"].contains(&&*name);
                (is_name && !is_of_the_system).then_some(name)
            }));
        }
    }
    found
}

/// A table whose columns are all aliases, of this type each, and its one row as this expression.
fn make(case: &Case, names: &BTreeSet<String>, table: &str, kind: &str, value: &str) {
    let columns: Vec<String> = names.iter().map(|name| format!("\"{name}\" {kind}")).collect();
    let values = vec![value; names.len()].join(", ");
    case.db.execute(&format!(
        "CREATE TABLE {table} (key_ int PRIMARY KEY, at_ timestamp NOT NULL, {});
         INSERT INTO {table} VALUES (1, '2020-01-01', {values})",
        columns.join(", ")
    ));
}

fn row(names: &BTreeSet<String>, value: &Value) -> Value {
    let mut row = json!({"key_": 1, "at_": "2020-01-01T00:00:00"});
    names.iter().for_each(|name| row[name] = value.clone());
    row
}

#[test]
fn columns_named_as_all_aliases_are_served_fetched_and_synced() {
    let names = aliases();
    for known in ["r", "j", "t", "c", "n", "a", "asked", "s", "target", "place"] {
        assert!(names.contains(known), "{known} in {names:?}");
    }
    assert!(names.len() < 1000, "a table may have 1600 columns: {}", names.len());
    let case = case!();
    case.db.execute("CREATE TYPE pair AS (a int, b int)");
    make(&case, &names, "texts", "text", "'x'");
    make(&case, &names, "pairs", "pair", "(1, 2)");
    // Served.
    let verbs = "key: key_, verbs: [get, post, put, patch, delete]";
    let service = Service::start(case, &format!("texts: {{{verbs}}}\npairs: {{{verbs}}}"));
    for (table, value, other) in
        [("texts", json!("x"), json!("y")), ("pairs", json!({"a": 1, "b": 2}), json!({"a": 3, "b": null}))]
    {
        let as_it_is = row(&names, &value);
        assert_eq!(service.ask(&format!("GET /{table}/1/")).json(), as_it_is);
        for name in &names {
            let answer = service.ask(&format!("GET /{table}/?{name}.null=false&order=-{name}&take=1"));
            assert_eq!(answer.json(), json!([as_it_is]), "{name}");
        }
        let mut changed = row(&names, &other);
        assert_eq!(service.tell(&format!("PATCH /{table}/1/"), &changed.to_string()).json(), changed);
        assert_eq!(service.tell(&format!("PUT /{table}/1/"), &changed.to_string()).json(), changed);
        changed["key_"] = 2.into();
        assert_eq!(service.tell(&format!("POST /{table}/"), &changed.to_string()).json(), changed);
        assert_eq!(service.ask(&format!("DELETE /{table}/2/")).status, 204);
        assert_eq!(service.tell(&format!("PATCH /{table}/1/"), &as_it_is.to_string()).json(), as_it_is);
    }
    // Fetched: the service is the API.
    let columns: Vec<String> = names.iter().map(|name| format!("\"{name}\": text")).collect();
    let values: Vec<String> = names.iter().map(|name| format!(".\"{name}\"")).collect();
    let requests = service.case.work.write("requests.ndjson", "{}\n");
    for mode in ["replace", "append", "upsert, key: [key_]"] {
        service.case.config(&format!(
            "fetch:\n  texts:\n    requests: {{file: {}}}\n    url: 'http://127.0.0.1:{}/texts/'\n    rows: '.[] | [.key_, .at_, {}]'\n    \
             into: {{table: fetched, mode: {mode}, columns: {{key_: int, at_: timestamp, {}}}}}\n",
            requests.display(),
            service.port,
            values.join(", "),
            columns.join(", ")
        ));
        service.case.db.execute("DROP TABLE IF EXISTS fetched");
        for _ in 0..if mode == "append" { 1 } else { 2 } {
            pghaul(&service.case, &["fetch", "texts", "--db", &service.case.db.url()]);
        }
        assert_eq!(service.case.db.rows("TABLE fetched"), service.case.db.rows("TABLE texts"), "{mode}");
    }
    // Synced: the first time, by the cursor, whole, compared and mended.
    let copy = server().database();
    copy.execute("CREATE TYPE pair AS (a int, b int)");
    for (table, value) in [("texts", "'z'"), ("pairs", "(7, 8)")] {
        let (from, to) = (service.case.db.url(), copy.url());
        let common = ["sync", "once", "--from", &from, "--to", &to, "--table", table];
        let sync = |more: &[&str]| pghaul(&service.case, &[&common, more].concat());
        sync(&["--cursor", "at_", "--deletes", "--verify"]);
        let sets: Vec<String> = names.iter().map(|name| format!("\"{name}\" = {value}")).collect();
        service.case.db.execute(&format!("UPDATE {table} SET at_ = '2020-01-02', {}", sets.join(", ")));
        sync(&["--cursor", "at_", "--deletes", "--verify"]);
        copy.execute(&format!(
            "UPDATE {table} SET r = NULL; INSERT INTO {table} (key_, at_) VALUES (9, '2020-01-01')"
        ));
        sync(&["--cursor", "at_", "--deletes", "--verify", "--repair"]);
        assert_eq!(copy.rows(&format!("TABLE {table}")), service.case.db.rows(&format!("TABLE {table}")));
        service.case.db.execute(&format!("DELETE FROM {table}"));
        sync(&["--cursor", "at_", "--deletes", "--max-deletes", "100%"]);
        assert_eq!(copy.one(&format!("SELECT count(*) FROM {table}")), "0");
    }
}

#[track_caller]
fn pghaul(case: &Case, args: &[&str]) {
    Pghaul::new(env!("CARGO_BIN_EXE_pghaul"), &case.work).args(args).run().assert_code(0);
}
