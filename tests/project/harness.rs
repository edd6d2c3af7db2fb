//! The harness's own promises, on which all other tests stand.

use pghaul_test_support::{Server, ServerOptions, SmallDisk, Workdir, pghaul, server};
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
fn a_server_whose_disk_was_full_comes_back() {
    for has_cluster in [true, false] {
        let disk = Some(SmallDisk { mib: 128, has_cluster });
        let server = Server::start(ServerOptions { disk, ..Default::default() });
        let db = server.database();
        if !has_cluster {
            db.execute(&format!("CREATE TABLESPACE small LOCATION '{}'", server.disk_folder().display()));
            db.execute(&format!("ALTER DATABASE {} SET default_tablespace = small", db.name()));
        }
        db.execute("CREATE TABLE t (a text)");
        server.fill_disk(2 << 10);
        let mut client = db.client();
        let fill = "INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 20000)";
        let error = client.batch_execute(fill).unwrap_err();
        // With the write-ahead log on it, the server may have crashed.
        assert!(has_cluster || error.code().is_some_and(|state| state.code() == "53100"), "{error:?}");
        assert!(server.log().contains("No space left on device"), "{}", server.log());
        server.empty_disk();
        server.revive();
        db.execute(fill);
        assert_eq!(db.one("SELECT count(*) FROM t"), "20000");
        // The file system is nobody else's.
        assert!(!server.disk_folder().exists());
    }
}

#[test]
fn the_binary_runs_in_a_clean_environment() {
    let work = Workdir::new();
    pghaul!(work).args(["--version"]).run().assert_code(0).assert_stdout_has("pghaul ");
}

/// Run by the test below in a process of its own: names a server's folder, another one's disk, and a test's folder, and dies.
#[test]
fn die_with_a_server_running() {
    let Ok(how) = std::env::var(DIE) else { return };
    println!("folder {}", server().socket_dir().display());
    let disk = Some(SmallDisk { mib: 128, has_cluster: true });
    let full = Server::start(ServerOptions { disk, ..Default::default() });
    println!("disk {}", std::fs::read_link(full.socket_dir().join("disk")).unwrap().display());
    let work = Workdir::new();
    println!("work {}", work.path().display());
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
        // A shell that runs the tests in the background has SIGINT ignored, and the child would inherit that.
        let output = Command::new("env")
            .arg("--default-signal=INT")
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "harness::die_with_a_server_running", "--nocapture"])
            .env(DIE, how)
            .output()
            .unwrap();
        assert!(!output.status.success());
        let stdout = String::from_utf8(output.stdout).unwrap();
        for name in ["folder ", "disk ", "work "] {
            let (_, rest) = stdout.split_once(name).expect("the child names its folders");
            let folder = Path::new(rest.lines().next().unwrap());
            let give_up = Instant::now() + Duration::from_secs(20);
            while folder.exists() {
                assert!(Instant::now() < give_up, "{how}: {} is still there", folder.display());
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}
