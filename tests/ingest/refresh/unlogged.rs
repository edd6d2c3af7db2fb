//! `--unlogged`: version tables that write no WAL and lose their rows in a crash of the server, which a later run notices.

use super::ORDERS;
use crate::dumps::USERS;
use pghaul_test_support::{Case, Database, Outcome, Server, ServerOptions, case, pghaul};
use std::collections::BTreeMap;

/// Its data file has a header and nothing else.
const VISITS: (&str, &str, &str) = ("visits", "at:date", "");
const LOST: &str =
    "v1_users is loaded again: it is unlogged and has lost its rows, as after a crash of the server";
const TO_BE_LOGGED: &str =
    "v1_users is loaded again: it is unlogged, and a run without --unlogged loads what survives a crash";

/// `table p` (logged) or `table u` for each table, sorted.
fn persistence(db: &Database<'_>) -> String {
    db.one(
        "SELECT string_agg(relname || ' ' || relpersistence::text, ', ' ORDER BY relname) FROM pg_class \
         WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
    )
}

/// A version of two tables, loaded unlogged.
fn loaded() -> Case {
    let case = case!();
    case.dump("crm_v1", &[USERS, ORDERS]);
    case.load("--unlogged");
    assert_eq!(persistence(&case.db), "orders p, users p, v1_orders u, v1_users u");
    case
}

fn statuses(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split(", ").map(|pair| pair.split_once(' ').unwrap());
    pairs.map(|(name, status)| (name.to_owned(), status.to_owned())).collect()
}

#[test]
fn what_a_crash_has_emptied_is_loaded_again() {
    let server = Server::start(ServerOptions::default());
    let case = case!();
    case.dump("crm_v1", &[USERS, VISITS]);
    let db = server.database();
    let ingest = |args: &[&str]| {
        let run =
            pghaul!(case.work).args(["ingest", "dumps", "--db", &db.url(), "--report", "-"]).args(args).run();
        run.assert_code(0);
        Outcome::of(run)
    };
    let users = || db.one("SELECT count(*) FROM users");
    ingest(&["--unlogged"]);
    assert_eq!(ingest(&["--unlogged"]).statuses(), statuses("v1_users unchanged, v1_visits unchanged"));

    server.crash();
    server.start_again();
    assert_eq!(users(), "0", "PostgreSQL empties unlogged tables after a crash");
    let plan = pghaul!(case.work).args(["ingest", "dumps", "--db", &db.url(), "--plan", "--unlogged"]).run();
    plan.assert_code(0)
        .assert_stdout_has(
            "types: mysql): it is unlogged and has lost its rows, as after a crash of the server\n",
        )
        .assert_stdout_has("-- unchanged v1_visits");
    let again = ingest(&["--unlogged"]);
    again.run.assert_stderr_has(LOST);
    assert_eq!(
        again.statuses(),
        statuses("v1_users loaded, v1_visits unchanged"),
        "there was no visit to lose"
    );
    assert_eq!(users(), "2");
    assert_eq!(ingest(&["--unlogged"]).statuses(), statuses("v1_users unchanged, v1_visits unchanged"));

    // A crash between an unlogged load and one that is not.
    server.crash();
    server.start_again();
    let logged = ingest(&[]);
    logged.run.assert_stderr_has(LOST);
    assert_eq!(logged.statuses(), statuses("v1_users loaded, v1_visits loaded"));
    assert_eq!(persistence(&db), "users p, v1_users p, v1_visits p, visits p");
    server.crash();
    server.start_again();
    assert_eq!(users(), "2", "logged rows survive");
}

#[test]
fn an_emptied_table_is_noticed_though_its_dump_is_gone() {
    let server = Server::start(ServerOptions::default());
    let case = case!();
    case.dump("crm_v1", &[USERS, VISITS]);
    let db = server.database();
    let ingest = |args: &[&str]| {
        let run = pghaul!(case.work).args(["ingest", "dumps", "--db", &db.url()]).args(args).run();
        run.assert_code(0);
        run
    };
    let status = || pghaul!(case.work).args(["status", "--db", &db.url()]).run();
    ingest(&["--unlogged"]);
    let words = "unlogged, and emptied as by a crash of the server: v1_users; ingest loads again what it finds the dump of";
    assert!(!status().stdout.contains("emptied"), "{}", status().stdout);
    std::fs::remove_file(case.work.join("dumps/crm_v1.zip")).unwrap();
    case.dump("crm_v2", &[ORDERS]);
    let lost = "warning: v1_users is unlogged and has lost its rows, as after a crash of the server; this run does not load \
                it: put its dump back (crm_v1.zip)";
    assert!(!ingest(&["--plan"]).stderr.contains("v1_users"));
    server.crash();
    server.start_again();
    status().assert_code(0).assert_stdout_has(words);
    for args in [&["--plan"][..], &[], &["--unlogged", "--force"]] {
        let run = ingest(args);
        run.assert_stderr_has(lost);
        assert!(!run.stderr.contains("v1_visits"), "it had no rows to lose: {}", run.stderr);
    }
    case.dump("crm_v1", &[USERS, VISITS]);
    assert!(!ingest(&[]).stderr.contains("put its dump back"));
    assert_eq!(db.one("SELECT count(*) FROM users"), "2");
    assert!(!status().stdout.contains("emptied"), "{}", status().stdout);
}

#[test]
fn the_archive_takes_no_dump_of_tables_that_a_crash_would_empty() {
    let case = case!();
    case.config("xport_cfg: {archive_path: archive, archive: true}");
    case.dump("crm_v1", &[USERS]);
    let run = case.ingest("--unlogged").run();
    run.assert_code(2);
    let message = pghaul_test_support::messages(&run).remove(0);
    assert_eq!(
        message,
        "config.yml: --unlogged loads into tables that a crash of the server empties, and xport_cfg.archive would move their \
         dumps away, so that no run would load them again; leave out --unlogged, or set xport_cfg.archive: false"
    );
    assert!(case.work.join("dumps/crm_v1.zip").exists());
    case.load("");
    assert!(case.work.join("archive/crm_v1.zip").exists());
}

#[test]
fn a_run_without_the_flag_makes_logged_tables_of_unlogged_ones() {
    let case = loaded();
    let plan = pghaul!(case.work).args(["ingest", "dumps", "--plan", "--db", &case.db.url()]).run();
    plan.assert_code(0)
        .assert_stdout_has(
            "-- replace   v1_users from crm_v1.zip/users.dat (20 bytes, types: mysql): it is unlogged, ",
        )
        .assert_stdout_has("\nCREATE TABLE \"public\".\"v1_users\" (");
    let outcome = case.ends_with(0, "");
    outcome.run.assert_stderr_has(TO_BE_LOGGED);
    assert_eq!(outcome.statuses(), statuses("v1_orders loaded, v1_users loaded"));
    assert_eq!(persistence(&case.db), "orders p, users p, v1_orders p, v1_users p");
    assert_eq!(case.db.one("SELECT string_agg(name, ' ' ORDER BY id) FROM users"), "Ann Bob");

    // They are more than the flag asks for.
    let before = case.everything();
    assert_eq!(case.load("--unlogged"), statuses("v1_orders unchanged, v1_users unchanged"));
    assert_eq!(case.load(""), statuses("v1_orders unchanged, v1_users unchanged"));
    assert_eq!(case.everything(), before);
}

#[test]
fn only_what_has_changed_becomes_unlogged() {
    let case = loaded();
    case.load("");
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "1|Ann\n2|Bea\n"), ORDERS]);
    let url = case.db.url();
    let plan = pghaul!(case.work).args(["ingest", "dumps", "--plan", "--unlogged", "--db", &url]).run();
    plan.assert_code(0)
        .assert_stdout_has("(20 bytes, types: mysql): its data, columns or format have changed\n")
        .assert_stdout_has("\nCREATE UNLOGGED TABLE \"public\".\"v1_users\" (");
    assert_eq!(case.load("--unlogged"), statuses("v1_orders unchanged, v1_users loaded"));
    assert_eq!(persistence(&case.db), "orders p, users p, v1_orders p, v1_users u");
    assert_eq!(case.db.one("SELECT string_agg(name, ' ' ORDER BY id) FROM users"), "Ann Bea");
    let plan = pghaul!(case.work).args(["ingest", "dumps", "--plan", "--force", "--db", &url]).run();
    plan.assert_code(0).assert_stdout_has("(23 bytes, types: mysql): by --force\n");
}

#[test]
fn a_bad_row_leaves_the_old_unlogged_table() {
    let case = loaded();
    let before = case.everything();
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "7|New\nx|Bad\n"), ORDERS]);
    case.ends_with(1, "--unlogged").run.assert_stderr_has("error: crm_v1.zip/users.dat, line 3, column id: ");
    assert_eq!(case.everything(), before);
    assert_eq!(case.db.one("SELECT string_agg(name, ' ' ORDER BY id) FROM users"), "Ann Bob");
}

#[test]
fn mothers_are_recreated_and_purged_with_unlogged_version_tables() {
    let case = loaded();
    assert_eq!(case.load("--unlogged --mothers recreate"), statuses("v1_orders loaded, v1_users loaded"));
    assert_eq!(persistence(&case.db), "orders p, users p, v1_orders u, v1_users u");
    assert_eq!(case.load("--mothers recreate"), statuses("v1_orders loaded, v1_users loaded"));
    assert_eq!(persistence(&case.db), "orders p, users p, v1_orders p, v1_users p");
    assert_eq!(case.load("--unlogged --force"), statuses("v1_orders loaded, v1_users loaded"));
    case.load("--mothers purge");
    assert_eq!(case.tables(), "");
}

#[test]
fn unlogged_rows_are_not_in_the_wal() {
    // A server of its own: others of this file would write WAL meanwhile.
    let server = Server::start(ServerOptions::default());
    let case = case!();
    let rows: String = (0..100_000).map(|id| format!("{id}|name\n")).collect();
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", &rows)]);
    let db = server.database();
    let wal_bytes = |args: &[&str]| -> u64 {
        let start = db.one("SELECT pg_current_wal_lsn()");
        pghaul!(case.work).args(["ingest", "dumps", "--db", &db.url()]).args(args).run().assert_code(0);
        let size = db.one("SELECT pg_relation_size('v1_users')");
        assert!(size.parse::<u64>().unwrap() > 3_000_000, "{size}");
        db.one(&format!("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '{start}')::bigint")).parse().unwrap()
    };
    let unlogged = wal_bytes(&["--unlogged"]);
    let logged = wal_bytes(&[]);
    assert!(unlogged < 500_000 && logged > 1_500_000, "{unlogged} bytes unlogged, {logged} logged");
}
