//! What the server's settings cost a load: told at `-v`, and nothing is changed.

use pghaul_test_support::{Case, Database, Pghaul, Run, Server, ServerOptions, case, pghaul};

/// A checkpoint after 17 MB of WAL, the least that PostgreSQL allows.
const MAX_WAL_SIZE: &str = "max_wal_size = 32MB";
/// A data file of some 19 MB.
const ROWS: usize = 19_000;
const ROW_BYTES: usize = 1_000;
/// So many users have some 20 MB.
const USERS: &str = "45000";
const SETTING: &str = " main] server settings: ";

fn server(wal_level: &str) -> Server {
    let settings = [wal_level, "max_wal_senders = 0", MAX_WAL_SIZE, "fsync = on"];
    Server::start(ServerOptions { settings: settings.map(str::to_owned).into(), ..ServerOptions::default() })
}

fn dumps() -> Case {
    let case = case!();
    let row = format!("1234567|{}\n", "x".repeat(ROW_BYTES - 9));
    case.dump("crm_v1", &[("users", "id:int note:text", &row.repeat(ROWS))]);
    case
}

/// What is said of the server's settings.
#[track_caller]
fn settings(command: Pghaul) -> Vec<String> {
    let run: Run = command.run();
    run.assert_code(0);
    let lines = run.stderr.lines().filter_map(|line| line.split_once(SETTING));
    lines.map(|(_, text)| text.to_owned()).collect()
}

fn all_settings(db: &Database<'_>) -> Vec<Vec<Option<String>>> {
    // Without those of a connection alone.
    db.rows("SELECT name, setting, source FROM pg_settings WHERE source <> 'client' ORDER BY name")
}

#[test]
fn a_server_that_writes_wal_is_told_what_it_costs_and_left_as_it_is() {
    let (case, server) = (dumps(), server("wal_level = logical"));
    let db = server.database();
    let before = all_settings(&db);
    let ingest =
        |args: &[&str]| settings(pghaul!(case.work).args(["ingest", "dumps", "--db", &db.url()]).args(args));
    assert_eq!(ingest(&[]), [""; 0], "without -v nobody asked");
    let costs = ingest(&["-v", "--force"]);
    assert_eq!(costs.len(), 2, "{costs:#?}");
    assert!(
        costs[0].starts_with("wal_level = logical writes every row twice")
            && costs[0].ends_with("--unlogged")
    );
    assert!(
        costs[1].starts_with("max_wal_size = 32.0 MiB forces a checkpoint while about 18."),
        "{}",
        costs[1]
    );
    assert_eq!(ingest(&["-v"]), [""; 0], "nothing is loaded");
    assert_eq!(ingest(&["-v", "--force", "--unlogged"]), ["fine for this load"]);

    let users = |count: &str, args: &[&str]| {
        let command = pghaul!(case.work).args(["generate", "users", "-v", "--db", &db.url()]);
        settings(command.args(["--count", count, "--into"]).args(args))
    };
    let costs = users(USERS, &["people", "--workers", "1"]);
    assert!(
        costs[0].ends_with("without standbys and archiving of WAL)"),
        "users know no --unlogged: {}",
        costs[0]
    );
    assert!(costs.len() == 2 && costs[1].starts_with("max_wal_size = "), "{costs:#?}");
    let costs = users(USERS, &["more_people", "--workers", "2"]);
    assert!(
        costs.len() == 1 && costs[0].starts_with("max_wal_size = "),
        "by many streams at any level: {costs:#?}"
    );
    db.execute("ALTER TABLE people SET UNLOGGED");
    assert_eq!(users("10", &["people", "--append"]), ["fine for this load"]);
    assert_eq!(all_settings(&db), before);
}

#[test]
fn a_server_of_minimal_level_is_fine_for_new_tables() {
    let (case, server) = (dumps(), server("wal_level = minimal"));
    let db = server.database();
    let ingest = ["ingest", "dumps", "-v", "--db", &db.url()];
    assert_eq!(settings(pghaul!(case.work).args(ingest)), ["fine for this load"]);
    let users = ["generate", "users", "-v", "--db", &db.url(), "--into", "people", "--count"];
    assert_eq!(
        settings(pghaul!(case.work).args(users).args(["10", "--workers", "1"])),
        ["fine for this load"]
    );
    let costs = settings(pghaul!(case.work).args(users).args([USERS, "--append"]));
    assert!(costs.len() == 1 && costs[0].starts_with("max_wal_size = 32.0 MiB forces "), "{costs:#?}");
}

#[test]
fn the_embedded_server_costs_nothing() {
    let case = case!();
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "1|Ann\n")]);
    let ingest = pghaul!(case.work).args(["ingest", "dumps", "-v", "--data-dir", "data"]);
    assert_eq!(settings(ingest), ["fine for this load"]);
}
