//! The harness's own promises, on which all other tests stand.

use pghaul_test_support::{Server, ServerOptions, Workdir, pghaul, server};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Set for the process that [`a_killed_test_leaves_nothing_behind`] starts: how it is to die.
const DIE: &str = "PGHAUL_TEST_DIE";

#[test]
fn databases_are_fresh_and_apart() {
    let (one, two) = (server().database(), server().database());
    one.execute("CREATE TABLE t AS SELECT 1 AS a, NULL::text AS b");
    assert_eq!(one.rows("TABLE t"), [[Some("1".to_owned()), None]]);
    assert_eq!(two.one("SELECT count(*) FROM pg_class WHERE relname = 't'"), "0");
}

#[test]
fn a_crashed_server_starts_again() {
    let server = Server::start(ServerOptions::default());
    let db = server.database();
    server.crash();
    server.start_again();
    assert_eq!(db.one("SELECT 1"), "1");
}

#[test]
fn the_binary_runs_in_a_clean_environment() {
    let work = Workdir::new();
    pghaul!(work).args(["--version"]).run().assert_code(0).assert_stdout_has("pghaul ");
}

/// Run by the test below in a process of its own: names the server's folder, and dies.
#[test]
fn die_with_a_server_running() {
    let Ok(how) = std::env::var(DIE) else { return };
    println!("folder {}", server().socket_dir().display());
    match how.as_str() {
        "abort" => std::process::abort(),
        "panic" => panic!("as asked"),
        signal => {
            let pid = std::process::id().to_string();
            Command::new("kill").args([signal, &pid]).status().unwrap();
        }
    }
}

#[test]
fn a_killed_test_leaves_nothing_behind() {
    for how in ["abort", "panic", "-KILL", "-INT"] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "die_with_a_server_running", "--nocapture"])
            .env(DIE, how)
            .output()
            .unwrap();
        assert!(!output.status.success());
        let stdout = String::from_utf8(output.stdout).unwrap();
        let (_, rest) = stdout.split_once("folder ").expect("the child names its folder");
        let folder = Path::new(rest.lines().next().unwrap());
        let give_up = Instant::now() + Duration::from_secs(20);
        while folder.exists() {
            assert!(Instant::now() < give_up, "{how}: {} is still there", folder.display());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
