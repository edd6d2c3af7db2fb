//! Nothing is taken for something else: other applications' dumps, tables that are someone's own, files that are no
//! report, texts with a password in the wrong place.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pghaul_test_support::{Case, case, pghaul};
use std::process::Stdio;

const USERS: (&str, &str, &str) = ("users", "id:int name:varchar(50)", "1|Ann\n2|Bob\n");

/// The run must be refused with this message, and touch nothing.
#[track_caller]
fn refused(case: &Case, args: &str, message: &str) {
    let before = case.everything();
    let outcome = case.ends_with(2, args);
    outcome.run.assert_stderr_has(message);
    assert_eq!(case.everything(), before);
}

#[test]
fn another_application_s_dump_does_not_replace_a_version() {
    let case = case!();
    let lms = case.dump("lms_v1", &[USERS]);
    case.load("");
    std::fs::remove_file(lms).unwrap();
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "7|Zoe\n")]);
    refused(
        &case,
        "--force",
        "crm_v1.zip/users.json: its version table would be v1_users, which holds this version of the application lms",
    );
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "2");
}

#[test]
fn a_version_is_not_loaded_again_under_another_name() {
    let case = case!();
    case.dump("lms_v1", &[USERS]);
    case.load("");
    case.config("xport_cfg: {child_name: '{app}_{version}_{table}'}\n");
    refused(&case, "", "is loaded as v1_users; its rows would count twice; drop v1_users, or");
    case.load("--mothers recreate");
    assert_eq!(case.tables(), "lms_v1_users users");
}

#[test]
fn a_mother_with_rows_of_its_own_is_named() {
    let case = case!();
    case.db.execute("CREATE TABLE users (id int, name text); INSERT INTO users VALUES (0, 'mine')");
    case.dump("lms_v1", &[USERS]);
    let outcome = case.ends_with(0, "");
    outcome.run.assert_stderr_has("warning: mother table users has rows of its own");
    refused(&case, "--mothers recreate", "table users: has rows of its own, which pghaul did not load");
    refused(&case, "--mothers purge", "table users: has rows of its own, which pghaul did not load");
}

#[test]
fn mothers_that_no_version_table_can_join() {
    for (mother, message) in [
        (
            "CREATE TABLE users (id int, name text, twice int GENERATED ALWAYS AS (id * 2) STORED)",
            "table users, column twice: is generated",
        ),
        (
            "CREATE TABLE people (id int, name text) PARTITION BY LIST (id); \
             CREATE TABLE users PARTITION OF people FOR VALUES IN (1)",
            "table users: cannot be a mother table: it is a partition",
        ),
        (
            "CREATE TABLE users (id int, name text, since date NOT NULL)",
            "lms_v1.zip/users.json, column since: the mother table does not allow NULL here",
        ),
    ] {
        let case = case!();
        case.db.execute(mother);
        case.dump("lms_v1", &[USERS]);
        refused(&case, "", message);
    }
}

#[test]
fn a_domain_is_not_taken_for_the_type_below_it() {
    let case = case!();
    case.db.execute("CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%')");
    case.config("mother_tables: {users: {id: int, email: mail}}\n");
    case.dump("crm_v1", &[("users", "id:int email:text", "1|a@b\n")]);
    case.load("");
    assert_eq!(case.columns("v1_users"), "id integer, email mail");
    case.dump("crm_v1", &[("users", "id:int email:text", "1|nobody\n")]);
    let outcome = case.ends_with(1, "");
    outcome.run.assert_stderr_has("crm_v1.zip/users.dat, line 2, column email");
    assert_eq!(case.db.one("SELECT email FROM users"), "a@b");
}

#[test]
fn the_dialect_of_a_dump_does_not_depend_on_the_case_of_its_name() {
    let case = case!();
    // SQL Server's float has 53 bits, MySQL's 24.
    case.dump("LMS_V1", &[("users", "x:float", "0.123456789012\n")]);
    case.load("");
    assert_eq!(case.columns("v1_users"), "x double precision");
}

#[test]
fn an_empty_db_is_a_script_s_unset_variable() {
    let case = case!();
    case.dump("crm_v1", &[USERS]);
    let run = pghaul!(case.work).args(["ingest", "dumps", "--data-dir", "data", "--db", ""]).run();
    run.assert_code(2);
    run.assert_stderr_has("an empty URL names no database");
    assert!(!case.work.join("data").exists());
    // In the environment it is as good as none.
    let run =
        pghaul!(case.work).args(["ingest", "dumps", "--db", &case.db.url()]).env("DATABASE_URL", "").run();
    run.assert_code(0);
}

#[test]
fn a_wrong_folder_starts_no_server() {
    let case = case!();
    let run = pghaul!(case.work).args(["ingest", "nowhere", "--data-dir", "data"]).run();
    run.assert_code(2);
    run.assert_stderr_has("nowhere: No such file or directory");
    assert!(!case.work.join("data").exists());
}

#[test]
fn a_url_in_the_wrong_place_does_not_show_its_password() {
    let case = case!();
    let run = pghaul!(case.work).args(["ingest", "postgresql://me:hunter2@localhost/db"]).run();
    run.assert_code(2);
    run.assert_stderr_has("a database is named with --db");
    run.assert_never_says("hunter2");
    case.config("datastore: 'postgresql://me:hunter2@localhost/db'\n");
    let run = pghaul!(case.work).args(["ingest"]).run();
    run.assert_code(2);
    run.assert_stderr_has("config.yml: datastore");
    run.assert_never_says("hunter2");
}

#[test]
fn a_file_that_is_no_report_is_kept() {
    let case = case!();
    case.dump("crm_v1", &[USERS]);
    case.work.write("precious.txt", "mine");
    let load = |report: &str| {
        pghaul!(case.work).args(["ingest", "dumps", "--report", report]).args(["--db", &case.db.url()]).run()
    };
    let run = load("precious.txt");
    run.assert_code(2);
    run.assert_stderr_has("precious.txt: holds something else than a report, and is kept");
    assert_eq!(case.work.read("precious.txt"), "mine");
    load("report.json").assert_code(0);
    load("report.json").assert_code(0);
    assert!(case.work.read("report.json").contains("\"skipped\": 1"));
}

#[test]
fn the_exit_code_is_right_when_nobody_reads_the_message() {
    let case = case!();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = pghaul!(case.work).args(["ingest", "nowhere"]).command();
    let status = command.stdout(Stdio::null()).stderr(writer).status().unwrap();
    assert_eq!(status.code(), Some(2));
}
