//! After the load: indexes that version tables lack, and SQL statements, once, also where an earlier run did not get to them.

use nix::sys::signal::Signal;
use pghaul_test_support::{Case, Running, case};

const COLUMNS: &str = "id:int Email:varchar(50)";
const AFTER: &str = "mother_tables: {users: {id: int}}\nafter:\n  users:\n    \
    indexes: [[email], {columns: [id], unique: true}, {columns: [id], using: brin, where: id > 1}]\n    \
    sql: ['CREATE TABLE IF NOT EXISTS runs (at int); INSERT INTO runs SELECT count(*) FROM users', VACUUM users]\n";

/// Two versions of users, with indexes and statements to follow.
fn versions() -> Case {
    let case = case!();
    case.config(AFTER);
    case.dump("crm_v1", &[("users", COLUMNS, "1|a\n2|b\n")]);
    case.dump("crm_v2", &[("users", "id:int", "3\n")]);
    case
}

fn indexes(case: &Case) -> String {
    case.db.one(
        "SELECT coalesce(string_agg(indexname, ' ' ORDER BY indexname COLLATE \"C\"), '') FROM pg_indexes \
         WHERE schemaname = 'public' AND tablename LIKE 'v%'",
    )
}

/// What each run of the statements has counted.
fn runs(case: &Case) -> String {
    case.db.one("SELECT string_agg(at::text, ' ' ORDER BY at) FROM runs")
}

const ALL: &str = "v1_users_Email_idx v1_users_id_brin_b8166d80_idx v1_users_id_key \
                   v2_users_id_brin_b8166d80_idx v2_users_id_key";

#[test]
fn indexes_and_statements_follow_the_load_once() {
    let case = versions();
    let plan = case.plan();
    plan.assert_stdout_has(
        "-- After the load\nCREATE INDEX \"v1_users_Email_idx\" ON \"public\".\"v1_users\"",
    );
    plan.assert_stdout_has("VACUUM users;\n");
    let outcome = case.ends_with(0, "-v");
    outcome.run.assert_stderr_has("warning: v2_users: has no column email, so no index on it");
    outcome.run.assert_stderr_has("after.users: VACUUM users in ");
    let after = outcome.report["after"].as_array().unwrap();
    assert_eq!(after.len(), 7, "{after:?}");
    assert!(after.iter().all(|done| done["error"].is_null() && done["mother"] == "users"), "{after:?}");
    assert_eq!(after[6]["statement"], "VACUUM users");
    assert_eq!(indexes(&case), ALL);
    assert_eq!(runs(&case), "3");

    // Nothing has changed, nothing is done.
    let before = case.everything();
    let outcome = case.ends_with(0, "");
    assert!(outcome.report.get("after").is_none(), "{:?}", outcome.report);
    assert_eq!(case.everything(), before);
    case.plan().assert(!case.plan().stdout.contains("After the load"), "nothing to do after the load");

    // A refresh has its indexes already; what was dropped by hand comes back; statements run again.
    case.db.execute("DROP INDEX v2_users_id_key; CREATE UNIQUE INDEX by_hand ON v2_users (id)");
    case.dump("crm_v1", &[("users", COLUMNS, "1|a\n2|b\n9|c\n")]);
    let outcome = case.ends_with(0, "");
    assert_eq!(outcome.report["after"].as_array().unwrap().len(), 2);
    assert_eq!(indexes(&case), format!("by_hand {}", ALL.replace(" v2_users_id_key", "")));
    assert_eq!(runs(&case), "3 4");
    case.db.execute("DROP INDEX by_hand");
    case.load("");
    assert_eq!(indexes(&case), ALL);
    assert_eq!(runs(&case), "3 4");
}

#[test]
fn an_unloaded_version_holds_the_statements_back_but_not_the_indexes() {
    let case = versions();
    case.dump("crm_v2", &[("users", "id:int", "x\n")]);
    let outcome = case.ends_with(1, "");
    outcome.run.assert_stderr_has(
        "warning: after.users: its statements are not run, since not all before them went well",
    );
    assert!(indexes(&case).starts_with("v1_users_Email_idx "));
    assert_eq!(case.db.one("SELECT to_regclass('runs') IS NULL"), "t");
    // The next run has nothing to load but that version, or nothing at all.
    std::fs::remove_file(case.dump_path("crm_v2")).unwrap();
    assert_eq!(case.load("")["v1_users"], "unchanged");
    assert_eq!(runs(&case), "2");
}

#[test]
fn what_fails_is_told_and_tried_again_and_the_rows_stay() {
    let case = versions();
    case.dump("crm_v1", &[("users", COLUMNS, "1|a\n1|b\n")]);
    let outcome = case.ends_with(1, "");
    outcome.run.assert_stderr_has(
        "error: after.users: CREATE UNIQUE INDEX \"v1_users_id_key\" ON \"public\".\"v1_users\" USING \"btree\" (\"id\"): \
         could not create unique index \"v1_users_id_key\" (SQLSTATE 23505) DETAIL: Key (id)=(1) is duplicated.",
    );
    outcome.run.assert_stderr_has("; the rows are loaded; the next run tries again");
    assert_eq!(outcome.report["status"], "failed");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "3");
    assert_eq!(case.db.one("SELECT to_regclass('runs') IS NULL"), "t");

    case.config(&AFTER.replace("VACUUM users", "SELECT 1 / 0, VACUUM users").replace(", unique: true", ""));
    let outcome = case.ends_with(1, "");
    outcome.run.assert_stderr_has("error: after.users: SELECT 1 / 0: division by zero (SQLSTATE 22012)");
    let statements: Vec<&str> = outcome.report["after"]
        .as_array()
        .unwrap()
        .iter()
        .map(|done| done["statement"].as_str().unwrap())
        .collect();
    assert_eq!(statements.last(), Some(&"SELECT 1 / 0"), "what follows is not run");
    assert_eq!(runs(&case), "3", "each statement by itself");
    case.config(&AFTER.replace(", unique: true", ""));
    case.load("");
    assert_eq!(runs(&case), "3 3");
}

#[test]
fn a_killed_run_is_made_up_for_and_ctrl_c_stops_a_statement() {
    for (signal, code) in [(Signal::SIGKILL, 137), (Signal::SIGINT, 130)] {
        let case = versions();
        let statements = AFTER.replace("VACUUM users", "SELECT pg_sleep(60)");
        case.config(&statements);
        let run = Running::start(case.ingest("").command());
        case.wait_until(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(60)' \
             AND datname = current_database() AND pid <> pg_backend_pid())",
        );
        run.signal(signal);
        let run = run.wait();
        run.assert_code(code);
        case.db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' \
             AND datname = current_database() AND pid <> pg_backend_pid()",
        );
        case.config(AFTER);
        assert_eq!(case.load("")["v1_users"], "unchanged");
        assert_eq!(runs(&case), "3 3");
        case.load("");
        assert_eq!(runs(&case), "3 3");
    }
}

#[test]
fn a_ledger_of_an_earlier_version_gets_what_the_statements_need() {
    let case = versions();
    case.config("mother_tables: {users: {id: int}}");
    case.load("");
    case.db.execute("ALTER TABLE pghaul.loads DROP COLUMN after_at");
    case.config(AFTER);
    case.plan().assert_stdout_has("VACUUM users;\n");
    case.load("");
    assert_eq!(runs(&case), "3");
    assert_eq!(indexes(&case), ALL);
}

#[test]
fn faults_are_told_before_anything_is_touched() {
    for (after, says) in [
        (
            "{users: {indexes: [[emial]]}}",
            "config.yml, table after.users, column emial: no version has this column",
        ),
        (
            "{users: {indexes: [{columns: [id], using: hsh}]}}",
            "config.yml, table after.users: the server has no access method hsh; use one of brin, btree, ",
        ),
        (
            "{users: {indexes: [{columns: [id], using: hash, unique: true}]}}",
            "config.yml, table after.users: an index by hash cannot be unique",
        ),
        (
            "{users: {indexes: [{columns: [id, email], using: hash}]}}",
            "config.yml, table after.users: an index by hash has one column only",
        ),
        ("{users: {indexs: [[id]]}}", "did you mean `indexes`?"),
        ("{users: {indexes: [{colums: [id]}]}}", "did you mean `columns`?"),
        ("{users: {indexes: [[]]}}", "table after.users: has an index without columns"),
    ] {
        let case = versions();
        case.config(&format!("after: {after}"));
        let run = case.ends_with(2, "").run;
        run.assert_stderr_has(says);
        assert_eq!(case.tables(), "");
    }
    let case = versions();
    case.config("after: {orders: {sql: [SELECT 1]}}");
    case.ends_with(0, "").run.assert_stderr_has("warning: after.orders: no dump has this table");
}
