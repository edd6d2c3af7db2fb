//! `value` and `version_column`: columns with the same value in all rows of a version.

use pghaul_test_support::{Case, case};
use serde_json::json;

fn two_versions(case: &Case) {
    case.dump("lms_v1", &[("users", "id:int name:text", "1|a\n2|b\n")]);
    case.dump("lms_v2", &[("users", "id:int name:text", "3|c\n")]);
}

/// The tables that a query reads, as EXPLAIN names them.
fn read_by(case: &Case, sql: &str) -> Vec<String> {
    let plan = case.db.rows(&format!("EXPLAIN (COSTS off) {sql}"));
    let lines = plan.into_iter().map(|mut row| row.remove(0).unwrap());
    let tables = lines.filter_map(|line| Some(line.split_once(" on ")?.1.split(' ').next()?.to_owned()));
    let mut tables: Vec<String> = tables.filter(|table| table != "users").collect();
    tables.sort();
    tables
}

#[test]
fn every_row_says_its_version_and_the_planner_reads_one_table() {
    let case = case!();
    two_versions(&case);
    case.config("version_column: version\nviews: true\n");
    case.ends_with(0, "--verify");
    assert_eq!(case.columns("users"), "id integer, name text, version text");
    assert_eq!(case.db.one("SELECT string_agg(version || id, ' ' ORDER BY id) FROM users"), "v11 v12 v23");
    assert_eq!(read_by(&case, "SELECT * FROM users WHERE version = 'v2'"), ["v2_users"]);
    assert_eq!(read_by(&case, "SELECT count(*) FROM users WHERE version IN ('v1', 'v7')"), ["v1_users"]);
    assert_eq!(read_by(&case, "SELECT * FROM users"), ["v1_users", "v2_users"]);
    // A refresh puts the constraint on the new table, once, and keeps what users have put on the old one.
    case.db.execute("ALTER TABLE v2_users ADD CONSTRAINT mine CHECK (id > 0); ALTER TABLE v2_users ALTER name SET DEFAULT 'x'");
    case.dump("lms_v2", &[("users", "id:int name:text", "4|d\n")]);
    let outcome = case.ends_with(0, "--verify");
    assert_eq!(outcome.statuses()["v1_users"], "unchanged");
    assert_eq!(outcome.statuses()["v2_users"], "loaded");
    let checks = "SELECT string_agg(conname, ' ' ORDER BY conname) FROM pg_constraint WHERE conrelid = 'v2_users'::regclass AND contype = 'c'";
    assert_eq!(case.db.one(checks), "mine pghaul_version");
    assert_eq!(case.db.one("SELECT string_agg(pg_get_expr(adbin, adrelid), ' ') FROM pg_attrdef WHERE adrelid = 'v2_users'::regclass"), "'x'::text");
    assert_eq!(read_by(&case, "SELECT * FROM users WHERE version = 'v2'"), ["v2_users"]);
}

#[test]
fn a_value_has_the_type_that_other_versions_have_and_is_a_text_where_none_has_it() {
    let case = case!();
    case.dump("lms_v1", &[("users", "id:int", "1\n")]);
    case.dump("lms_v2", &[("users", "id:int level:smallint", "2|7\n")]);
    case.config(
        "columns: {users: {level: {value: {v1: 5}}, region: {value: {v1: \"nor'th\", v2: south}}}}\n",
    );
    case.ends_with(0, "--verify");
    assert_eq!(case.columns("users"), "id integer, level smallint, region text");
    assert_eq!(
        case.db.one("SELECT string_agg(concat_ws(',', id, level, region), ' ' ORDER BY id) FROM users"),
        "1,5,nor'th 2,7,south"
    );
    let statuses = |case: &Case| case.ends_with(0, "--verify").statuses();
    assert_eq!(statuses(&case)["v1_users"], "unchanged");
    case.config(
        "columns: {users: {level: {value: {v1: 6}}, region: {value: {v1: \"nor'th\", v2: south}}}}\n",
    );
    let after = statuses(&case);
    assert_eq!([after["v1_users"].as_str(), after["v2_users"].as_str()], ["loaded", "unchanged"]);
    assert_eq!(case.db.one("SELECT level FROM v1_users"), "6");
    // A value that the column cannot hold, and one of a column that the version has.
    for (rules, what) in [
        (
            "level: {value: {v1: high}}",
            "columns.users.level.value.v1: invalid input syntax for type smallint: \"high\"",
        ),
        (
            "level: {value: {v2: 7}}",
            "columns.users.level.value.v2: this version has a column level of its own",
        ),
    ] {
        case.config(&format!("columns: {{users: {{{rules}}}}}\n"));
        let run = case.ingest("").run();
        run.assert_code(2);
        run.assert_stderr_has(what);
    }
}

#[test]
fn declared_and_recreated_mothers_get_the_column_and_one_that_lacks_it_is_named() {
    let case = case!();
    two_versions(&case);
    case.ends_with(0, "");
    case.config("version_column: version\n");
    let run = case.ingest("").run();
    run.assert_code(2);
    run.assert_stderr_has(
        "table users: lacks the column version, which version_column names; run ALTER TABLE ",
    );
    run.assert_stderr_has("ADD COLUMN \"version\" text, or load with --mothers recreate");
    case.db.execute("ALTER TABLE users ADD COLUMN version text");
    case.ends_with(0, "--verify");
    assert_eq!(case.db.one("SELECT string_agg(version, ' ' ORDER BY id) FROM users"), "v1 v1 v2");
    case.config("version_column: version\nmother_tables: {users: {id: int}}\n");
    case.ends_with(0, "--mothers recreate --verify");
    assert_eq!(case.columns("users"), "id integer, version text");
    assert_eq!(case.db.one("SELECT string_agg(version, ' ' ORDER BY id) FROM users"), "v1 v1 v2");
    assert_eq!(read_by(&case, "SELECT * FROM users WHERE version = 'v1'"), ["v1_users"]);
    // A version with a column of that name.
    case.dump("lms_v3", &[("users", "id:int version:int", "5|1\n")]);
    let run = case.ingest("").run();
    run.assert_code(2);
    run.assert_stderr_has("version_column: this version has a column version of its own");
}

#[test]
fn a_guard_sees_the_value_and_not_a_column_without_values() {
    let case = case!();
    two_versions(&case);
    let config = |range: &str| {
        case.config(&format!(
            "version_column: version\ncolumns: {{users: {{level: {{value: {{v1: b, v2: c}}}}}}}}\n\
             guard: {{users: {{not_null: [version, level], range: {{level: {range}}}}}}}\n"
        ));
    };
    config("a..c");
    case.ends_with(0, "--verify");
    config("a..b");
    let outcome = case.ends_with(1, "--force");
    assert_eq!(outcome.statuses()["v1_users"], "loaded");
    assert_eq!(outcome.statuses()["v2_users"], "failed");
}

#[test]
fn rejects_and_text_rows_go_with_columns_of_one_value() {
    let case = case!();
    case.config("version_column: v\ncolumns: {t: {kind: {value: {v1: x}}}}\n");
    case.dump("lms_v1", &[("t", "id:int x:xml", "1|<a/>\nbad|<a/>\n3|<b>\n4|<c/>\n")]);
    let outcome = case.ends_with(3, "--max-rejects 2 --rejects rejects --verify");
    assert_eq!(outcome.units()[0]["rows_rejected"], json!(2));
    assert_eq!(
        case.db.one("SELECT string_agg(concat_ws(',', id, kind, v), ' ' ORDER BY id) FROM t"),
        "1,x,v1 4,x,v1"
    );
}
