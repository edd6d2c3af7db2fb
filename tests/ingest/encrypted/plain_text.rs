//! Where the plain text of an encrypted dump is while it is loaded: in a file without a name that only its owner can
//! open, and nowhere after that.

use super::PASSPHRASE;
use crate::dumps::COLUMNS;
use nix::sys::signal::Signal;
use pghaul_test_support::{Dump, Encryption, Gpg, Ingest, Pghaul, Running, ingest, says, wait_for};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A folder with a dump of two rows that was loaded before, with one row; the plain text goes to `plain/`.
fn refresh() -> Ingest {
    let ingest = ingest!();
    fs::create_dir(ingest.work.join("plain")).expect("own folder");
    let gpg = Gpg::new();
    for data in ["id|name\n1|one\n", "id|name\n1|one\n2|two\n"] {
        let plain = Dump::new().table("t", &COLUMNS, data).bytes();
        ingest.work.write("dumps/app_v1.zip.gpg", gpg.symmetric(PASSPHRASE, &[], &plain));
        if data.len() < 20 {
            command(&ingest).run().assert_code(0);
        }
    }
    ingest
}

fn command(ingest: &Ingest) -> Pghaul {
    ingest.command().env("PGHAUL_PASSPHRASE", PASSPHRASE).env("TMPDIR", ingest.work.join("plain"))
}

#[test]
fn rejects_are_written_only_where_the_configuration_says_so() {
    let secret = "111-22-3333";
    let plain = Dump::new().table("t", &COLUMNS, format!("id|name\n1|one\n{secret}|two\n"));
    let encrypted = Gpg::new().symmetric(PASSPHRASE, &[], &plain.bytes());
    let member = plain.encrypted(Encryption::Aes);
    for (name, bytes) in [("app_v1.zip.gpg", encrypted), ("app_v1.zip", member.bytes())] {
        let ingest = ingest!();
        ingest.work.write(format!("dumps/{name}"), bytes);
        let rejecting = || {
            let command = ingest.command().args(["--max-rejects", "5", "--report", "report.json"]);
            command.env("PGHAUL_PASSPHRASE", PASSPHRASE).env("PGHAUL_ZIP_PASSWORD", "secret")
        };
        assert_eq!(
            ingest.refuses(rejecting()),
            format!(
                "{name}: is encrypted, and --max-rejects would write rejected rows of it as plain text; set rejects: \
                 {{plain: true}} if that is right, or leave out --max-rejects"
            )
        );
        assert!(!ingest.work.join("rejects").exists());
        ingest.config("rejects: {plain: true}");
        rejecting().run().assert_code(3);
        let rows = ingest.work.join("rejects/v1_t.dat");
        assert!(ingest.work.read("rejects/v1_t.dat").contains(secret));
        for (path, mode) in [(ingest.work.join("rejects"), 0o700), (rows, 0o600)] {
            assert_eq!(fs::metadata(path).expect("rejects").permissions().mode() & 0o777, mode);
        }
    }
}

/// The files of a process that lie in `folder`, or did: where `/proc` shows them.
fn files_in(process: u32, folder: &Path) -> Vec<PathBuf> {
    let folder = folder.canonicalize().expect("a folder");
    let Ok(entries) = fs::read_dir(format!("/proc/{process}/fd")) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    paths.filter(|path| fs::read_link(path).is_ok_and(|target| target.starts_with(&folder))).collect()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).expect("a folder").next().is_none()
}

/// Starts a refresh that waits for someone who reads `t`, looks at the file, and then does `then`.
fn during_the_load(then: impl FnOnce(&Ingest, &Running)) -> (Ingest, pghaul_test_support::Run) {
    let ingest = refresh();
    let plain = ingest.work.join("plain");
    let mut client = ingest.db.client();
    let mut reading = client.transaction().expect("begin");
    reading.batch_execute("LOCK TABLE t IN ACCESS SHARE MODE").expect("lock");
    let running = Running::start(command(&ingest).command());
    let waiting = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 't'::regclass";
    wait_for("the refresh to wait", || ingest.db.one(waiting) == "t");
    let files = files_in(running.id(), &plain);
    assert_eq!(files.len(), 1, "one file for the dump: {files:?}");
    let metadata = fs::metadata(&files[0]).expect("a file");
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.nlink()), (0o600, 0));
    assert!(metadata.len() > 100 && is_empty(&plain));
    then(&ingest, &running);
    reading.commit().expect("commit");
    let run = running.wait();
    assert!(is_empty(&plain));
    (ingest, run)
}

#[test]
fn the_plain_text_has_no_name_and_goes_with_the_run() {
    let (ingest, run) = during_the_load(|_, _| {});
    run.assert_code(0);
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "2");
}

#[test]
fn a_killed_run_leaves_nothing() {
    let (ingest, run) = during_the_load(|_, running| running.signal(Signal::SIGKILL));
    run.assert_code(128 + 9);
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "1");
    command(&ingest).run().assert_code(0);
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "2");
}

#[test]
fn a_unit_is_tried_again_from_the_same_plain_text() {
    let terminate = "SELECT pg_terminate_backend(pid) FROM pg_locks \
                     WHERE NOT granted AND relation = 't'::regclass";
    let (ingest, run) = during_the_load(|ingest, _| {
        // Whoever has replaced it can no longer be heard.
        ingest.work.write("dumps/app_v1.zip.gpg", "something else");
        assert_eq!(ingest.db.one(terminate), "t");
    });
    run.assert_code(0);
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "2");
}

#[test]
fn ctrl_c_is_heard_while_decrypting() {
    let ingest = ingest!();
    let plain = ingest.work.join("plain");
    fs::create_dir(&plain).expect("own folder");
    let large = vec![0; 256 << 20];
    let message = Gpg::new().symmetric(PASSPHRASE, &["--compress-algo", "none"], &large);
    ingest.work.write("dumps/app_v1.zip.gpg", message);
    let running = Running::start(command(&ingest).command());
    let written = |file: &PathBuf| fs::metadata(file).is_ok_and(|metadata| metadata.len() > 0);
    wait_for("plain bytes", || files_in(running.id(), &plain).iter().any(written));
    let signalled = Instant::now();
    running.signal(Signal::SIGINT);
    let run = running.wait();
    run.assert_code(130).assert_stderr_has("error: interrupted");
    run.assert(signalled.elapsed() < Duration::from_secs(2), "an end at once");
    assert!(is_empty(&plain) && ingest.tables().is_empty());
}

#[test]
fn a_folder_that_cannot_take_the_plain_text_is_named() {
    let ingest = refresh();
    ingest.config("decrypt: {temp_path: nowhere}");
    let run = command(&ingest).run();
    run.assert_code(2);
    says(
        &run.stderr,
        &[
            "app_v1.zip.gpg: the folder nowhere cannot take the plain text of this dump",
            "TMPDIR or decrypt.temp_path",
        ],
    );
}
