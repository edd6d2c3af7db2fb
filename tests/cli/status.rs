//! `pghaul status`: what the ledger holds, and what has become of it.

use pghaul_test_support::{Case, Pghaul, case, pghaul};
use serde_json::Value;

const USERS: (&str, &str, &str) = ("users", "id:int name:varchar(50)", "1|Ann\n2|Bob\n");
const ORDERS: (&str, &str, &str) = ("orders", "id:int", "1\n2\n3\n");
/// The ledger as the first version created it.
const OLD_LEDGER: &str = "
    CREATE SCHEMA pghaul;
    CREATE TABLE pghaul.loads (
        schema_name text NOT NULL, unit text NOT NULL, mother text NOT NULL, app text NOT NULL, version text NOT NULL,
        dump text NOT NULL, data_file text NOT NULL, fingerprint jsonb NOT NULL, rows bigint NOT NULL,
        bytes bigint NOT NULL, started_at timestamptz NOT NULL, finished_at timestamptz NOT NULL,
        client_version text NOT NULL, PRIMARY KEY (schema_name, unit));
    CREATE TABLE pghaul.mothers (
        schema_name text NOT NULL, mother text NOT NULL, created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (schema_name, mother))";
const OLD_LOAD: &str = "
    INSERT INTO pghaul.loads VALUES ('public', 'v9_users', 'users', 'crm', 'v9', 'crm_v9.zip', 'users.dat', '{}', 7, 70,
                                     '2020-02-29 12:00+00', '2020-02-29 12:01+00', '0.0.1')";

fn status(case: &Case) -> Pghaul {
    pghaul!(case.work).args(["status", "--db", &case.db.url()])
}

/// What `status --json` prints.
#[track_caller]
fn json(case: &Case) -> Vec<Value> {
    let run = status(case).args(["--json"]).run();
    run.assert_code(0);
    serde_json::from_str(&run.stdout).unwrap()
}

/// The words of a line of the table.
#[track_caller]
fn words(case: &Case, unit: &str) -> Vec<String> {
    let run = status(case).run();
    run.assert_code(0).assert_stdout_has(unit);
    let line = run.stdout.lines().find(|line| line.starts_with(unit)).unwrap();
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn without_a_ledger_or_a_load_it_says_so() {
    let case = case!();
    status(&case).run().assert_code(0).assert_stdout_has("there is no ledger: nothing was ever loaded");
    assert_eq!(json(&case), [] as [Value; 0]);
    assert_eq!(case.db.one("SELECT to_regnamespace('pghaul') IS NULL"), "t", "it writes nothing");
    case.dump("crm_v1", &[ORDERS]);
    case.load("");
    case.ingest("--mothers purge").run().assert_code(0);
    status(&case).run().assert_code(0).assert_stdout_has("the ledger is empty: nothing is loaded");
}

#[test]
fn it_shows_every_load_with_all_columns() {
    let case = case!();
    case.dump("crm_v1", &[USERS, ORDERS]);
    case.load("");
    let run = status(&case).run();
    run.assert_code(0).assert_stdout_has("\n2 units loaded; 5 rows\n");
    let mut words = words(&case, "v1_orders");
    let times = words.split_off(8);
    assert_eq!(words[..7], ["v1_orders", "crm_v1.zip/orders.dat", "orders", "loaded", "attached", "3", "9"]);
    assert_eq!(times.len(), 4, "seconds, date, time, version: {times:?}");
    assert_eq!(times[3], env!("CARGO_PKG_VERSION"));

    let loads = json(&case);
    let users = loads.iter().find(|load| load["unit"] == "v1_users").unwrap();
    for (key, value) in [
        ("schema", "public"),
        ("mother", "users"),
        ("app", "crm"),
        ("version", "v1"),
        ("dump", "crm_v1.zip"),
        ("data_file", "users.dat"),
        ("status", "loaded"),
        ("now", "attached"),
        ("client_version", env!("CARGO_PKG_VERSION")),
    ] {
        assert_eq!(users[key], value, "{key}");
    }
    assert_eq!((&users["rows"], &users["bytes"]), (&2.into(), &20.into()));
    assert_eq!(users["fingerprint"]["data"]["bytes"], 20);
    let at = |key: &str| users[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(at("started_at") < at("finished_at") && at("finished_at") <= jiff::Timestamp::now());
    // The ledger itself is there for queries.
    assert_eq!(case.db.one("SELECT status FROM pghaul.loads WHERE unit = 'v1_users' AND rows = 2"), "loaded");
}

#[test]
fn it_shows_what_has_become_of_a_version_table() {
    let case = case!();
    case.dump("crm_v1", &[USERS, ORDERS]);
    case.dump("crm_v2", &[USERS]);
    case.load("--unlogged");
    case.db.execute("DROP TABLE v1_users; ALTER TABLE v2_users NO INHERIT users; TRUNCATE v1_orders");
    assert_eq!(words(&case, "v1_users")[4], "missing");
    assert_eq!(words(&case, "v2_users")[4], "detached");
    assert_eq!(words(&case, "v1_orders")[4], "emptied");
    case.load("--unlogged");
    for unit in ["v1_users", "v2_users", "v1_orders"] {
        assert_eq!(words(&case, unit)[4], "attached", "the next run repairs it");
    }
}

#[test]
fn a_ledger_of_an_earlier_version_is_read_and_then_upgraded() {
    let case = case!();
    case.db.execute(OLD_LEDGER);
    case.db.execute(OLD_LOAD);
    let has_status =
        "SELECT count(*) FROM pg_attribute WHERE attrelid = 'pghaul.loads'::regclass AND attname = 'status'";
    assert_eq!(words(&case, "v9_users")[3..6], ["loaded", "missing", "7"]);
    assert_eq!(case.db.one(has_status), "0", "looking changes nothing");
    case.dump("crm_v1", &[USERS]);
    for statuses in ["loaded", "unchanged"] {
        assert_eq!(case.load("")["v1_users"], statuses);
        assert_eq!(case.db.one(has_status), "1");
        assert_eq!(
            case.db.one("SELECT string_agg(unit || status, ' ' ORDER BY unit) FROM pghaul.loads"),
            "v1_usersloaded v9_usersloaded"
        );
    }
}

#[test]
fn whoever_may_not_read_or_upgrade_the_ledger_is_told_what_helps() {
    let case = case!();
    case.db.execute(OLD_LEDGER);
    let role = case.db.role("secret");
    let url = case.db.tcp_url(&role, "secret");
    let run = pghaul!(case.work).args(["status", "--db", &url]).run();
    run.assert_code(2).assert_stderr_has("GRANT USAGE ON SCHEMA pghaul").assert_never_says("secret");
    case.db
        .execute(&format!("GRANT USAGE ON SCHEMA pghaul TO {role}; GRANT SELECT ON pghaul.loads TO {role}"));
    pghaul!(case.work)
        .args(["status", "--db", &url])
        .run()
        .assert_code(0)
        .assert_stdout_has("the ledger is empty");
    case.db.execute(&format!(
        "GRANT ALL ON ALL TABLES IN SCHEMA pghaul TO {role}; GRANT CREATE ON SCHEMA public, pghaul TO {role}"
    ));
    case.dump("crm_v1", &[USERS]);
    let run = pghaul!(case.work).args(["ingest", "dumps", "--db", &url]).run();
    run.assert_code(2).assert_stderr_has("let its owner load once with this version");
    assert_eq!(case.tables(), "");
}

#[test]
fn a_database_that_is_not_there_is_refused() {
    let case = case!();
    let url = case.db.url().replace(case.db.name(), "nowhere");
    pghaul!(case.work)
        .args(["status", "--db", &url])
        .run()
        .assert_code(2)
        .assert_stderr_has("\"nowhere\" does not exist");
}
