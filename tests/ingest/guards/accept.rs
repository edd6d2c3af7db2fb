//! `--accept`, and runs that are killed while a guard is judged.

use super::{dump, found, loaded, refused, rows};
use nix::sys::signal::Signal;
use pghaul_test_support::{Running, pghaul};

#[test]
fn a_unit_is_accepted_once() {
    let case = loaded("{rows: '>= 4'}", "");
    dump(&case, &rows(2));
    refused(&case, "");
    let outcome = case.ends_with(0, "--accept v1_users");
    assert_eq!(found(&outcome), "accepted rows >= 4: 2 rows; the last load: 4");
    let words = "published by --accept, against its guard: rows >= 4: 2 rows; the last load: 4";
    outcome.run.assert_stderr_has(&format!("warning: crm_v1.zip/users.dat: {words}"));
    assert_eq!(case.load("")["v1_users"], "unchanged", "what is accepted is loaded");
    dump(&case, &rows(1));
    refused(&case, "");
    let url = case.db.url();
    let run = pghaul!(case.work).args(["status", "--history", "v1_users", "--db", &url]).run();
    run.assert_code(0)
        .assert_stdout_has("accepted: rows >= 4\n")
        .assert_stdout_has("its guards refuse it: rows >= 4: 1 row");
}

#[test]
fn only_the_units_that_are_named_are_accepted() {
    let case = loaded("{rows: '>= 4'}", "");
    dump(&case, &rows(2));
    case.dump("crm_v2", &[("users", super::COLUMNS, &rows(2))]);
    case.dump("crm_v3", &[("users", super::COLUMNS, &rows(3))]);
    let statuses = case.ends_with(1, "--accept v1_users --accept v3_users").statuses();
    assert_eq!(statuses.values().map(String::as_str).collect::<Vec<_>>(), ["loaded", "failed", "loaded"]);
    let run = case.ingest("--accept v1_usres").run();
    run.assert_code(2).assert_stderr_has("--accept v1_usres: no unit has this name; did you mean v1_users?");
}

#[test]
fn a_run_that_is_killed_while_it_is_judged_leaves_the_old_rows() {
    for (args, signal) in [
        ("--workers 1", Signal::SIGKILL),
        ("--workers 1 --mothers recreate", Signal::SIGKILL),
        ("--workers 1", Signal::SIGINT),
    ] {
        let case = loaded("{rows: '>= 1'}", "");
        case.config("guard: {users: {sql: ['SELECT pg_sleep(60) IS NOT NULL FROM {new} LIMIT 1']}}");
        dump(&case, &rows(6));
        let running = Running::start(case.ingest(args).command());
        case.wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND wait_event = 'PgSleep'");
        // Readers do not wait for a guard.
        assert_eq!(case.db.one("SET lock_timeout = '1s'; SELECT count(*) FROM users"), "4");
        running.signal(signal);
        running.wait();
        case.db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60) IS%' AND pid <> pg_backend_pid()");
        case.wait_until("SELECT count(*) = 0 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60) IS%' AND pid <> pg_backend_pid()");
        assert_eq!(case.db.one("SELECT count(*) FROM users"), "4", "{args}");
        case.config("guard: {users: {rows: '>= 6'}}");
        case.load(args);
        assert_eq!(case.db.one("SELECT count(*) FROM users"), "6", "{args}");
        assert_eq!(case.tables(), "users v1_users", "{args}");
    }
}
