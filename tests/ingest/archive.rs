//! `pghaul ingest` with `archive: true`: dumps move away when nothing of them is left to load, and no file is lost.

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use pghaul_test_support::{Case, Dump, Running, case, ingest, messages, names, says};
use serde_json::json;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

const CONFIG: &str = "xport_cfg: {archive_path: archive/, archive: true}";

/// A case that archives, with `dumps/app_v1.zip` of one row.
fn archiving() -> Case {
    let case = case!();
    case.config(CONFIG);
    case.dump("app_v1", &[("t", "id:int name:text", "1|one\n")]);
    case
}

/// The names in a folder, with a blank between them.
fn listed(folder: &Path) -> String {
    names(folder).join(" ")
}

/// What lies in `dumps` and in `archive`.
fn both(case: &Case) -> [String; 2] {
    ["dumps", "archive"].map(|folder| listed(&case.work.join(folder)))
}

#[test]
fn a_loaded_dump_moves_and_the_next_run_finds_nothing_to_do() {
    let case = archiving();
    let before = fs::metadata(case.work.join("dumps/app_v1.zip")).expect("the dump");
    let outcome = case.ends_with(0, "");
    let moved = json!([{"dump": "dumps/app_v1.zip", "to": "archive/app_v1.zip", "error": null}]);
    assert_eq!(outcome.report["archived"], moved);
    assert_eq!(both(&case), ["", "app_v1.zip"]);
    let after = fs::metadata(case.work.join("archive/app_v1.zip")).expect("the dump in the archive");
    assert_eq!(before.ino(), after.ino());
    let outcome = case.ends_with(0, "");
    assert!(outcome.units().is_empty() && outcome.report.get("archived").is_none());
    assert_eq!(case.db.one("SELECT count(*) FROM t"), "1");
    // A new version comes, and the summary tells where it went.
    case.dump("app_v2", &[("t", "id:int name:text", "2|two\n")]);
    let run = ingest_summary(&case);
    assert!(run.ends_with("\ndumps/app_v2.zip moved to archive/app_v2.zip\n"), "{run}");
    assert_eq!(both(&case), ["", "app_v1.zip app_v2.zip"]);
    assert_eq!(case.db.one("SELECT count(*) FROM t"), "2");
}

/// What a run prints that writes no report.
fn ingest_summary(case: &Case) -> String {
    let url = case.db.url();
    let run = pghaul_test_support::pghaul!(case.work).args(["ingest", "dumps", "--db", &url]).run();
    run.assert_code(0);
    run.stdout
}

#[test]
fn dumps_stay_unless_the_configuration_says_otherwise() {
    let case = archiving();
    case.config("xport_cfg: {archive_path: archive/}");
    case.load("");
    assert!(!case.work.join("archive").exists());
    // Nothing of it is left to load.
    case.config(CONFIG);
    assert_eq!(case.load("")["v1_t"], "unchanged");
    assert_eq!(both(&case), ["", "app_v1.zip"]);
}

#[test]
fn a_plan_moves_nothing() {
    let case = archiving();
    let url = case.db.url();
    let plan = ["ingest", "dumps", "--plan", "--db", &url];
    pghaul_test_support::pghaul!(case.work).args(plan).run().assert_code(0);
    assert!(case.work.join("dumps/app_v1.zip").exists() && !case.work.join("archive").exists());
}

#[test]
fn to_another_file_system() {
    let case = archiving();
    let elsewhere = tempfile::tempdir_in("/dev/shm").expect("a file system in memory");
    let device = |path: &Path| fs::metadata(path).expect("a folder").dev();
    assert_ne!(device(elsewhere.path()), device(case.work.path()), "two file systems");
    let archive = elsewhere.path().join("deep/archive");
    case.config(&format!("xport_cfg: {{archive_path: '{}', archive: true}}", archive.display()));
    let dump = case.work.join("dumps/app_v1.zip");
    let (bytes, before) = (fs::read(&dump).expect("the dump"), fs::metadata(&dump).expect("the dump"));
    // What a killed run has left.
    fs::create_dir_all(&archive).expect("create a folder");
    fs::write(archive.join(".app_v1.zip.a1b2c3.archiving"), "half of it").expect("write a file");
    fs::write(archive.join("app_v1.zip"), "another").expect("write a file");
    case.load("");
    assert_eq!(listed(&archive), "app_v1.2.zip app_v1.zip");
    let moved = archive.join("app_v1.2.zip");
    assert!(!dump.exists() && fs::read(&moved).expect("the dump in the archive") == bytes);
    let after = fs::metadata(&moved).expect("the dump in the archive");
    assert_eq!((after.mode(), after.mtime_nsec()), (before.mode(), before.mtime_nsec()));
    assert_eq!(fs::read(archive.join("app_v1.zip")).expect("the other"), b"another");
}

#[test]
fn a_name_that_is_taken_gets_a_number() {
    let case = archiving();
    case.work.write("archive/app_v1.zip", "another");
    case.load("");
    let first = fs::read(case.work.join("archive/app_v1.2.zip")).expect("the dump in the archive");
    // The same again.
    case.work.write("dumps/app_v1.zip", &first);
    assert_eq!(case.load("")["v1_t"], "unchanged");
    assert_eq!(both(&case), ["", "app_v1.2.zip app_v1.3.zip app_v1.zip"]);
    assert_eq!(case.work.read("archive/app_v1.zip"), "another");
    assert_eq!(fs::read(case.work.join("archive/app_v1.3.zip")).expect("the dump in the archive"), first);
}

#[test]
fn a_dump_with_a_failed_unit_stays() {
    let case = archiving();
    let tables = [("t", "id:int name:text", "2|two\n"), ("u", "id:int", "x\n")];
    case.dump("app_v2", &tables);
    let outcome = case.ends_with(1, "");
    assert_eq!(outcome.statuses().into_values().collect::<Vec<_>>(), ["loaded", "loaded", "failed"]);
    assert_eq!(both(&case), ["app_v2.zip", "app_v1.zip"]);
    case.dump("app_v2", &[tables[0], ("u", "id:int", "3\n")]);
    case.load("");
    assert_eq!(both(&case), ["", "app_v1.zip app_v2.zip"]);
}

#[test]
fn a_dump_that_is_replaced_during_the_load_stays() {
    let case = archiving();
    case.load("");
    let next = case.dump("app_v1", &[("t", "id:int name:text", "1|one\n2|two\n")]);
    let mut reader = case.db.client();
    let mut reading = reader.transaction().expect("begin");
    reading.batch_execute("LOCK TABLE t IN ACCESS SHARE MODE").expect("lock");
    let running = Running::start(case.ingest("").command());
    case.wait_until("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 't'::regclass");
    // The third one comes while the second one waits to be published.
    case.dump("app_v1", &[("t", "id:int name:text", "1|one\n2|two\n3|three\n")]);
    reading.commit().expect("commit");
    let run = running.wait();
    run.assert_code(0).assert_stderr_has(
        "warning: dumps/app_v1.zip: stays here: it was replaced or changed while it was being loaded",
    );
    assert_eq!(case.db.one("SELECT count(*) FROM t"), "2");
    assert_eq!((both(&case), next.exists()), (["app_v1.zip".to_owned(), "app_v1.zip".to_owned()], true));
    case.load("");
    assert_eq!(case.db.one("SELECT count(*) FROM t"), "3");
    assert_eq!(both(&case), ["", "app_v1.2.zip app_v1.zip"]);
}

#[test]
fn what_cannot_or_need_not_move_stays() {
    let case = archiving();
    fs::rename(case.work.join("dumps/app_v1.zip"), case.work.join("real.zip")).expect("rename");
    symlink("../real.zip", case.work.join("dumps/app_v1.zip")).expect("create a symbolic link");
    let outcome = case.ends_with(0, "");
    outcome.run.assert_stderr_has("dumps/app_v1.zip: stays here: it is a symbolic link");
    assert!(case.work.join("dumps/app_v1.zip").exists() && case.work.join("real.zip").exists());
    // A dump is loaded out of the archive.
    case.config("xport_cfg: {archive_path: dumps, archive: true}");
    let outcome = case.ends_with(0, "--force");
    assert!(outcome.report.get("archived").is_none());
    assert_eq!(listed(&case.work.join("dumps")), "app_v1.zip");
}

#[test]
fn an_archive_that_cannot_be_is_refused_before_anything_is_touched() {
    for (config, texts) in [
        (
            "xport_cfg: {archive_path: closed, archive: true}",
            ["closed: cannot be the archive: it is no folder", "xport_cfg.archive_path"],
        ),
        (
            "xport_cfg: {archive_path: closed/deep/er, archive: true}",
            ["closed: cannot be the archive: it is no folder", "xport_cfg.archive_path"],
        ),
        (
            "xport_cfg: {archive: true}",
            ["config.yml: xport_cfg.archive is true, but no folder is named", "set xport_cfg.archive_path"],
        ),
        ("xport_cfg: {archive: maybe}", ["config.yml: xport_cfg.archive: ", "expected a boolean"]),
    ] {
        let ingest = ingest!();
        ingest.dump("app_v1.zip", &Dump::new().good());
        ingest.work.write("closed", "a file");
        ingest.config(config);
        says(&ingest.refused(), &texts);
    }
}

#[test]
fn links_pipes_and_devices_in_the_archive_are_neither_opened_nor_followed_nor_replaced() {
    // Within a file system a dump is renamed, to another one it is copied.
    let other = tempfile::tempdir_in("/dev/shm").expect("a file system in memory");
    for kind in ["pipe", "link to a file", "link to nothing", "link to a device"] {
        for elsewhere in [false, true] {
            let case = archiving();
            let folder = tempfile::tempdir_in(other.path()).expect("a folder");
            let archive = if elsewhere { folder.path().to_owned() } else { case.work.join("archive") };
            case.config(&format!("xport_cfg: {{archive_path: '{}', archive: true}}", archive.display()));
            fs::create_dir_all(&archive).expect("create a folder");
            case.work.write("precious", "precious");
            let traps = ["app_v1.zip", ".app_v1.zip.a1b2c3.archiving"].map(|name| archive.join(name));
            for trap in &traps {
                match kind {
                    "pipe" => mkfifo(trap, Mode::S_IRWXU).expect("make a named pipe"),
                    "link to a file" => symlink(case.work.join("precious"), trap).expect("make a link"),
                    "link to nothing" => symlink(case.work.join("nothing"), trap).expect("make a link"),
                    _ => symlink("/dev/zero", trap).expect("make a link"),
                }
            }
            let before = traps.clone().map(|trap| fs::symlink_metadata(trap).expect("a trap").ino());
            let begun = Instant::now();
            case.load("");
            assert!(begun.elapsed() < Duration::from_secs(30), "{kind}: waits");
            let after = traps.map(|trap| fs::symlink_metadata(trap).expect("a trap").ino());
            assert_eq!(before, after, "{kind}");
            assert_eq!(case.work.read("precious"), "precious", "{kind}");
            assert!(!case.work.join("nothing").exists(), "{kind}");
            assert!(archive.join("app_v1.2.zip").is_file(), "{kind}: {}", listed(&archive));
        }
    }
}

#[test]
fn an_archive_that_is_a_pipe_or_a_device_is_refused_at_once() {
    let ingest = ingest!();
    ingest.dump("app_v1.zip", &Dump::new().good());
    mkfifo(&ingest.work.join("pipe"), Mode::S_IRWXU).expect("make a named pipe");
    for folder in ["pipe", "/dev/null", "pipe/below"] {
        ingest.config(&format!("xport_cfg: {{archive_path: {folder}, archive: true}}"));
        says(&ingest.refused(), &["cannot be the archive: it is no folder", "xport_cfg.archive_path"]);
    }
}

#[test]
fn what_turns_out_not_to_be_movable_is_loaded_and_the_run_fails() {
    let case = archiving();
    // It looks as if the folder could be created, until somebody tries.
    symlink("nowhere/at/all", case.work.join("archive")).expect("create a symbolic link");
    let outcome = case.ends_with(1, "");
    let messages = messages(&outcome.run);
    says(
        &messages[0],
        &["dumps/app_v1.zip: is loaded, but cannot move to the archive: ", "the next run tries"],
    );
    assert_eq!((messages.len(), outcome.report["archived"][0]["error"].as_str()), (1, Some(&*messages[0])));
    assert_eq!(
        (case.db.one("SELECT count(*) FROM t"), outcome.report["status"].as_str()),
        ("1".into(), Some("failed"))
    );
    fs::remove_file(case.work.join("archive")).expect("remove a link");
    assert_eq!(case.load("")["v1_t"], "unchanged");
    assert_eq!(both(&case), ["", "app_v1.zip"]);
}
