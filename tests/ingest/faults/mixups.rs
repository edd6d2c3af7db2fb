//! Nothing is taken for something else: other applications' dumps, tables that are someone's own, files that are no
//! report, texts with a password in the wrong place.

use crate::dumps::USERS;
use pghaul_test_support::{Case, case, pghaul};
use std::process::Stdio;

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
    case.config("mother_tables: {users: {id: int}}\n");
    case.dump("lms_v1", &[USERS]);
    let outcome = case.ends_with(0, "");
    outcome.run.assert_stderr_has("warning: mother table users has rows of its own");
    refused(&case, "--mothers recreate", "table users: was not created by pghaul, which will not drop it");
    refused(&case, "--mothers purge", "table users: was not created by pghaul, which will not drop it");
}

#[test]
fn an_empty_table_that_someone_made_is_not_dropped() {
    let case = case!();
    case.db.execute("CREATE TABLE users (id int PRIMARY KEY)");
    case.dump("lms_v1", &[USERS]);
    refused(&case, "--mothers purge", "table users: was not created by pghaul");
}

#[test]
fn a_table_that_someone_made_under_a_version_s_name_is_not_replaced() {
    let case = case!();
    case.dump("lms_v1", &[USERS]);
    case.load("");
    case.db.execute("DROP TABLE v1_users; CREATE TABLE v1_users AS SELECT 1 AS mine");
    refused(&case, "", "there is a table of that name that pghaul did not load");
}

#[test]
fn recreate_loses_no_version() {
    let case = case!();
    case.config("xport_cfg: {child_name: '{app}_{version}_{table}'}\n");
    let lms = case.dump("lms_v1", &[USERS]);
    case.load("");
    std::fs::remove_file(lms).unwrap();
    case.dump("crm_v1", &[USERS]);
    refused(
        &case,
        "--mothers recreate",
        "table users: would lose lms_v1_users, since lms v1 is not among the dumps",
    );
    case.load("");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "4");
}

/// Rows that are committed while a run waits for the lock are seen.
#[test]
fn rows_that_come_while_recreate_waits_stay() {
    let case = case!();
    case.dump("lms_v1", &[USERS]);
    case.load("");
    let mut client = case.db.client();
    let mut writer = client.transaction().unwrap();
    writer.execute("INSERT INTO users VALUES (99, 'mine')", &[]).unwrap();
    let run =
        case.ingest("--mothers recreate").command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    case.wait_until(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass)",
    );
    writer.commit().unwrap();
    let output = run.unwrap().wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("has rows of its own"), "{output:?}");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "3");
}

#[test]
fn a_misspelt_column_of_a_declared_mother_is_named() {
    let case = case!();
    case.config("mother_tables: {users: {id: int, nmae: text}, peeple: {id: int}}\n");
    case.dump("crm_v1", &[USERS]);
    let outcome = case.ends_with(0, "");
    outcome.run.assert_stderr_has("warning: mother_tables.users.nmae: no dump has this column; it is NULL");
    outcome.run.assert_stderr_has("warning: mother_tables.peeple: no dump has this table");
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
        case.config("mother_tables: {users: {id: int}}\n");
        case.dump("lms_v1", &[USERS]);
        refused(&case, "", message);
    }
}

#[test]
fn a_domain_is_not_taken_for_the_type_below_it() {
    let case = case!();
    case.db.execute("CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%')");
    case.db.execute("CREATE DOMAIN filled AS int NOT NULL CHECK (VALUE IS NOT NULL)");
    case.config("mother_tables: {users: {id: filled, email: mail}}\n");
    case.dump("crm_v1", &[("users", "id:int email:text", "1|a@b\n")]);
    case.load("");
    assert_eq!(case.columns("v1_users"), "id filled, email mail");
    case.dump("crm_v1", &[("users", "id:int email:text", "1|nobody\n")]);
    let outcome = case.ends_with(1, "");
    outcome.run.assert_stderr_has("crm_v1.zip/users.dat, line 2, column email");
    assert_eq!(case.db.one("SELECT email FROM users"), "a@b");
}

#[test]
fn a_type_that_no_column_can_have() {
    for name in ["cstring", "record", "anyelement", "setof int", "int unsigned", "serial"] {
        let case = case!();
        case.config(&format!("mother_tables: {{users: {{id: {name}}}}}\n"));
        case.dump("crm_v1", &[USERS]);
        refused(&case, "", &format!("choose a type that this database has, instead of {name}"));
    }
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
    for url in [
        "postgresql://me:hunter2@localhost/db",
        "POSTGRES://me:hun'ter hunter2@h/d",
        "host=h password=hunter2",
    ] {
        for arguments in [
            &["ingest", url][..],
            &[url],
            &["ingest", "--mothers", url],
            &["db", url],
            &["--config", url, "ingest"],
        ] {
            let run = pghaul!(case.work).args(arguments).run();
            run.assert_code(2);
            run.assert_never_says("hunter2");
        }
    }
    let run = pghaul!(case.work).args(["ingest", "postgresql://me:hunter2@localhost/db"]).run();
    run.assert_stderr_has("a database is named with --db");
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
    assert!(case.work.read("report.json").contains("\"unchanged\": 1"));
}

#[test]
fn a_report_that_cannot_be_written_does_not_hide_the_cause() {
    let case = case!();
    let run = pghaul!(case.work).args(["ingest", "nowhere", "--report", "/dev/full"]).run();
    run.assert_code(2);
    run.assert_stderr_has("nowhere: No such file or directory").assert_stderr_has("/dev/full: No space left");
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
