//! `pghaul generate users --into`: the same users in a table, all of them or none.

use nix::sys::signal::Signal;
use pghaul_test_support::{Case, IN_COPY, OTHERS, Pghaul, Run, Running, case, pghaul};
use std::time::Duration;

/// Enough that a load takes much longer than noticing that it has begun.
const BIG: &str = "--count 100000000";

/// So many connections, or more, have sent rows, so that their COPYs cannot be over in an instant.
fn copying(connections: u32) -> String {
    format!("SELECT count(*) >= {connections} FROM {IN_COPY}")
}

fn nobody_else() -> String {
    format!("SELECT count(*) = 0 FROM {OTHERS}")
}

pub fn into(case: &Case, args: &str) -> Pghaul {
    pghaul!(case.work)
        .args(["generate", "users", "--db", &case.db.url(), "--into"])
        .args(args.split_whitespace())
}

#[track_caller]
fn loaded(case: &Case, args: &str) -> Run {
    let run = into(case, args).run();
    run.assert_code(0).assert(run.stderr.is_empty(), "no errors or warnings");
    run
}

/// What `generate` gives as text, with the same arguments.
fn text(case: &Case, args: &str) -> Vec<String> {
    let run = pghaul!(case.work).args(["generate", "users"]).args(args.split_whitespace()).run();
    run.assert_code(0);
    run.stdout.lines().map(str::to_owned).collect()
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// The rows of a table, each as the server writes it in CSV.
fn csv(case: &Case, table: &str) -> Vec<String> {
    let mut client = case.db.client();
    let mut rows = String::new();
    let mut reader = client.copy_out(&format!("COPY {table} TO STDOUT (FORMAT csv)")).unwrap();
    std::io::Read::read_to_string(&mut reader, &mut rows).unwrap();
    rows.lines().map(str::to_owned).collect()
}

#[test]
fn flat_rows_are_what_the_server_reads_from_the_csv() {
    let case = case!();
    for workers in [1, 3] {
        let run = loaded(&case, &format!("flat{workers} --flat --count 5002 --seed 4 --workers {workers}"));
        run.assert_stdout_has(&format!("flat{workers}: 5,002 rows, "));
        let expected = text(&case, "--count 5002 --seed 4 --format csv");
        let rows = csv(&case, &format!("flat{workers}"));
        assert_eq!(rows.len(), 5002);
        // One stream keeps the order.
        let rows = if workers == 1 { rows } else { sorted(rows) };
        let expected = expected[1..].to_vec();
        assert!(rows == if workers == 1 { expected } else { sorted(expected) }, "{workers} workers");
    }
    assert_eq!(
        case.columns("flat1"),
        "user_id uuid, user_name text, first_name text, last_name text, age integer, \
         address_house_number text, address_street_name text, address_city text, address_country text, \
         address_post_code text, email_address text, phone_number text, device_ipv4_address inet, \
         device_ipv6_address inet, device_mac_address macaddr, device_uuid uuid, device_system_triplet text"
    );
    assert_eq!(case.columns("flat1"), case.columns("flat3"));
    assert_eq!(case.tables(), "flat1 flat3");
}

#[test]
fn nested_rows_are_the_json_records() {
    let case = case!();
    loaded(&case, "users --count 3000 --workers 2");
    assert_eq!(
        case.columns("users"),
        "user_id uuid, user_name text, first_name text, last_name text, age integer, address jsonb, \
         email_address text, phone_number text, device jsonb"
    );
    case.db.execute("CREATE TABLE expected (record jsonb)");
    let mut client = case.db.client();
    let mut writer = client.copy_in("COPY expected FROM STDIN").unwrap();
    for line in text(&case, "--count 3000") {
        std::io::Write::write_all(&mut writer, format!("{line}\n").as_bytes()).unwrap();
    }
    writer.finish().unwrap();
    for [one, other] in [
        ["to_jsonb(users) FROM users", "record FROM expected"],
        ["record FROM expected", "to_jsonb(users) FROM users"],
    ] {
        assert_eq!(case.db.one(&format!("SELECT count(*) FROM (SELECT {one} EXCEPT SELECT {other}) d")), "0");
    }
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "3000");
}

#[test]
fn a_table_goes_on_with_append_and_only_then() {
    let case = case!();
    loaded(&case, "users --flat --count 100");
    into(&case, "users --flat --count 20 --start 100").run().assert_code(2).assert_stderr_has(
        "error: table users: exists already; \
         add --append to add rows to it, or name another table with --into",
    );
    assert_eq!(csv(&case, "users").len(), 100);
    loaded(&case, "users --flat --count 20 --start 100 --append --workers 3");
    assert_eq!(csv(&case, "users"), text(&case, "--count 120 --format csv")[1..]);
    loaded(&case, "other --flat --count 3 --append");
    assert_eq!(csv(&case, "other").len(), 3);
}

#[test]
fn a_row_that_the_table_refuses_takes_all_others_with_it() {
    let case = case!();
    loaded(&case, "users --count 10 --start 5000");
    case.db.execute("ALTER TABLE users ADD PRIMARY KEY (user_id)");
    let run = into(&case, "users --count 6000 --append").run();
    run.assert_code(1).assert_stderr_has("duplicate key").assert_stderr_has("(SQLSTATE 23505)");
    run.assert(run.stderr.lines().count() == 1, "one message");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "10");
}

#[test]
fn tables_that_cannot_take_users_are_refused() {
    let case = case!();
    case.db.execute("CREATE TABLE wide (user_id text, age bigint); CREATE VIEW v AS SELECT 1 AS a");
    for (args, message) in [
        (
            "wide --append",
            "error: table wide: does not have the columns of these users: user_id is text, not uuid, user_name text is missing",
        ),
        ("v --append", "error: table v: is a view, which takes no rows; name a table with --into"),
        ("nowhere.users", "schema \"nowhere\" does not exist"),
        ("public.", "error: --into has an empty name; name TABLE or SCHEMA.TABLE"),
    ] {
        let run = into(&case, args).args(["--count", "5"]).run();
        run.assert_code(2).assert_stderr_has(message);
        assert_eq!(case.tables(), "wide");
    }
}

#[test]
fn schemas_and_names_are_taken_as_they_are_typed() {
    let case = case!();
    case.db.execute("CREATE SCHEMA stats");
    for workers in [1, 2] {
        loaded(&case, &format!("stats.Us\"ers{workers} --count 2000 --workers {workers}"));
        let count = case.db.one(&format!("SELECT count(*) FROM stats.\"Us\"\"ers{workers}\""));
        assert_eq!(count, "2000");
    }
}

#[test]
fn a_role_that_may_not_create_tables_is_told_so() {
    let case = case!();
    let role = case.db.role("secret");
    case.db.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    for workers in ["1", "2"] {
        let run = pghaul!(case.work)
            .args(["generate", "users", "--into", "users", "--count", "2000", "--workers", workers])
            .args(["--db", &case.db.tcp_url(&role, "secret")])
            .run();
        run.assert_code(2)
            .assert_stderr_has("permission denied for schema public")
            .assert_never_says("secret");
    }
}

#[test]
fn a_killed_run_leaves_no_table_and_the_next_one_completes() {
    let case = case!();
    let running = Running::start(into(&case, &format!("users {BIG} --workers 2")).command());
    case.wait_until(&copying(2));
    running.signal(Signal::SIGKILL);
    running.wait().assert_code(128 + 9);
    case.wait_until(&nobody_else());
    assert_eq!(case.db.one("SELECT to_regclass('users') IS NULL"), "t");

    let run = into(&case, "users --count 2002 --workers 2").run();
    run.assert_code(0).assert_stderr_has("removing what an interrupted run has left of users");
    assert_eq!(case.db.one("SELECT count(DISTINCT user_id) FROM users"), "2002");
    assert_eq!(case.tables(), "users");
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    let case = case!();
    for workers in [1, 3] {
        let running = Running::start(into(&case, &format!("users {BIG} --workers {workers}")).command());
        case.wait_until(&copying(1));
        std::thread::sleep(Duration::from_millis(50));
        running.signal(Signal::SIGINT);
        let run = running.wait();
        run.assert_code(130).assert(run.stderr.lines().count() == 1, "one message");
        case.wait_until(&nobody_else());
        assert_eq!(case.tables(), "");
    }
}

#[test]
fn a_lost_connection_fails_the_run_and_leaves_nothing() {
    let case = case!();
    let running = Running::start(into(&case, &format!("users {BIG} --workers 3")).command());
    case.wait_until(&copying(2));
    case.db.execute(&format!("SELECT pg_terminate_backend(pid) FROM {IN_COPY} LIMIT 1"));
    let run = running.wait();
    run.assert_code(1).assert(run.stderr.lines().count() == 1, "one message");
    assert_eq!(case.tables(), "");
}

#[test]
fn two_runs_of_one_table_take_turns_and_the_second_finds_it_there() {
    let case = case!();
    let runs = [0, 1].map(|_| Running::start(into(&case, "users --count 20000 --workers 2").command()));
    let runs = runs.map(Running::wait);
    let mut codes = runs.each_ref().map(|run| run.code);
    codes.sort();
    assert_eq!(codes, [0, 2], "{runs:?}");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "20000");
    assert_eq!(case.tables(), "users");
}

#[test]
fn a_table_that_only_looks_like_ours_is_kept() {
    let case = case!();
    let staging = format!("pghaul_staging_{:08x}", crc32fast::hash(b"users"));
    case.db.execute(&format!("CREATE TABLE {staging} (a int)"));
    into(&case, "users --count 2000 --workers 2")
        .run()
        .assert_code(2)
        .assert_stderr_has("that pghaul did not create; rename or drop it");
    assert_eq!(case.tables(), staging);
}

#[test]
fn a_name_that_is_taken_otherwise_is_found_before_anything_is_loaded() {
    let case = case!();
    case.db.execute("CREATE TYPE mood AS ENUM ('ok')");
    for workers in [1, 2] {
        let run = into(&case, &format!("mood {BIG} --workers {workers}")).run();
        run.assert_code(2).assert_stderr_has("error: table mood: type \"mood\" already exists");
        assert_eq!(case.tables(), "");
    }
}

#[test]
fn runs_of_any_number_of_workers_exclude_each_other() {
    let case = case!();
    let runs = [1, 2, 3, 1].map(|workers| {
        Running::start(into(&case, &format!("users --count 20000 --workers {workers}")).command())
    });
    let mut runs: Vec<Run> = runs.into_iter().map(Running::wait).collect();
    runs.sort_by_key(|run| run.code);
    runs[0].assert_code(0);
    for refused in &runs[1..] {
        refused.assert_code(2).assert_stderr_has("error: table users: ");
        refused.assert(!refused.stderr.contains("SQLSTATE"), "words of ours");
    }
    assert_eq!(case.db.one("SELECT count(DISTINCT user_id) FROM users"), "20000");
}

#[test]
fn a_role_with_few_connections_gets_its_table_all_the_same() {
    let case = case!();
    let role = case.db.role("secret");
    case.db.execute("GRANT CREATE ON SCHEMA public TO PUBLIC");
    for limit in [1, 2] {
        case.db.execute(&format!("ALTER ROLE {role} CONNECTION LIMIT {limit}"));
        let table = format!("users{limit}");
        pghaul!(case.work)
            .args(["generate", "users", "--into", &table, "--count", "5000", "--workers", "3"])
            .args(["--db", &case.db.tcp_url(&role, "secret")])
            .run()
            .assert_code(0)
            .assert_stderr_has("instead of 3: ");
        assert_eq!(case.db.one(&format!("SELECT count(*) FROM {table}")), "5000");
    }
}
