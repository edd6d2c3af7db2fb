//! `scripts/nightly`: one run at a time, reports that are kept, and somebody who hears of every end but a plain success.

use nix::sys::signal::Signal;
use pghaul_test_support::{Case, Pghaul, Run, Running, case, repository};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

const USERS: &str = "id:int name:varchar(20)";

/// Writes what happened and the report's name to `notified`, and the log to `notified.log`.
const NOTIFY: &str = "echo \"$1|$2\" >>notified; cat >notified.log";

/// `scripts/nightly dumps` in the case's folder, with its database.
fn nightly(case: &Case, args: &[&str]) -> Pghaul {
    let script = repository().join("scripts/nightly");
    Pghaul::new(script.to_str().unwrap(), &case.work)
        .args(["dumps"])
        .args(args)
        .env("PGHAUL", env!("CARGO_BIN_EXE_pghaul"))
        .env("DATABASE_URL", case.db.url())
        .env("NIGHTLY_STATE", case.work.join("state"))
        .env("NIGHTLY_NOTIFY", NOTIFY)
}

/// The case has one dump with these rows of users.
fn with_rows(rows: &str) -> Case {
    let case = case!();
    case.dump("app_v1", &[("users", USERS, rows)]);
    case
}

/// What somebody was notified of, with the report's name, and the log that they were given.
fn notified(case: &Case) -> (String, PathBuf, String) {
    let lines = case.work.read("notified");
    assert_eq!(lines.lines().count(), 1, "{lines}");
    let (what, report) = lines.trim_end().split_once('|').unwrap();
    (what.to_owned(), report.into(), case.work.read("notified.log"))
}

/// The files of the state folder's `reports` with this extension, sorted.
fn kept(case: &Case, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(case.work.join("state/reports"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

fn status(report: &PathBuf) -> String {
    let report: Value = serde_json::from_str(&fs::read_to_string(report).unwrap()).unwrap();
    report["status"].as_str().unwrap().to_owned()
}

#[test]
fn a_success_leaves_a_report_and_nobody_hears_of_it() {
    let case = with_rows("1|Ann\n2|Ben\n");
    for (age, name) in [("40 days ago", "2026-01-01"), ("10 days ago", "2026-01-31")] {
        for extension in ["json", "log", "txt"] {
            let file = case.work.write(format!("state/reports/{name}.{extension}"), "{}");
            assert!(Command::new("touch").args(["--date", age]).arg(file).status().unwrap().success());
        }
    }
    let run = nightly(&case, &[]).run();
    run.assert_code(0).assert(run.stdout.is_empty() && run.stderr.is_empty(), "silence");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "2");
    assert!(!case.work.join("notified").exists());
    // Of the old ones, those went that are older than a month; what is no report stays.
    let reports = kept(&case, "json");
    assert_eq!(reports.len(), 2, "{reports:?}");
    assert!(reports[0].ends_with("2026-01-31.json"));
    assert_eq!(status(&reports[1]), "ok");
    assert_eq!(kept(&case, "txt").len(), 2);
    let log = fs::read_to_string(&kept(&case, "log")[1]).unwrap();
    assert!(log.contains("1 unit: 1 loaded"), "{log}");
}

#[test]
fn reports_are_kept_as_long_as_is_asked_for() {
    let case = with_rows("1|Ann\n");
    let file = case.work.write("state/reports/2026-01-31.json", "{}");
    assert!(Command::new("touch").args(["--date", "10 days ago"]).arg(file).status().unwrap().success());
    nightly(&case, &[]).env("NIGHTLY_KEEP_DAYS", "5").run().assert_code(0);
    assert_eq!(kept(&case, "json").len(), 1);
}

#[test]
fn rejects_are_notified_with_the_log_and_the_report() {
    let case = with_rows("1|Ann\nx|Ben\n");
    nightly(&case, &["--max-rejects", "1"]).run().assert_code(3);
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "1");
    let (what, report, log) = notified(&case);
    assert_eq!(what, "everything was loaded, but rows were rejected");
    assert_eq!(status(&report), "ok");
    assert!(log.contains("warning: v1_users: 1 row rejected"), "{log}");
}

#[test]
fn a_failure_is_notified_and_printed() {
    let case = with_rows("1|Ann\nx|Ben\n");
    let run = nightly(&case, &[]).run();
    run.assert_code(1)
        .assert_stderr_has("nightly: failed: ")
        .assert_stderr_has("error: app_v1.zip/users.dat, line 3");
    let (what, report, log) = notified(&case);
    assert_eq!(what, "failed: not everything was loaded; what was is complete");
    assert_eq!(status(&report), "failed");
    assert!(log.contains("error: app_v1.zip/users.dat, line 3"), "{log}");
}

#[test]
fn what_is_refused_is_notified() {
    let case = with_rows("1|Ann\n");
    let run = nightly(&case, &[]).env("DATABASE_URL", "postgresql://127.0.0.1:1/nowhere").run();
    run.assert_code(2);
    let (what, report, _) = notified(&case);
    assert_eq!(what, "refused: nothing was touched");
    assert_eq!(status(&report), "refused");
}

#[test]
fn a_program_that_is_missing_and_a_folder_that_is_a_file_are_told() {
    let case = with_rows("1|Ann\n");
    let run = nightly(&case, &[]).env("PGHAUL", "/nowhere/pghaul").run();
    run.assert_code(127).assert_stderr_has("nightly: cannot run /nowhere/pghaul");
    let other = with_rows("1|Ann\n");
    other.work.write("state", "a file");
    nightly(&other, &[]).run().assert_code(70).assert_stderr_has("nightly: cannot run: there is no folder");
    assert_eq!(notified(&other).2, "");
}

#[test]
fn a_notification_that_fails_does_not_change_the_exit_code() {
    let case = with_rows("x|Ann\n");
    let run = nightly(&case, &[]).env("NIGHTLY_NOTIFY", "exit 7").run();
    run.assert_code(1).assert_stderr_has("nightly: NIGHTLY_NOTIFY has failed");
}

/// A load that waits for somebody who reads the mother: the case, the reader, and the run.
fn waiting() -> (Case, postgres::Client, Running) {
    let case = with_rows("1|Ann\n");
    nightly(&case, &[]).run().assert_code(0);
    case.dump("app_v1", &[("users", USERS, "1|Ann\n2|Ben\n")]);
    let mut reader = case.db.client();
    reader.batch_execute("BEGIN; SELECT * FROM users").unwrap();
    let run = Running::start(nightly(&case, &[]).command());
    case.wait_until(
        "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                        WHERE NOT l.granted AND d.datname = current_database())",
    );
    (case, reader, run)
}

#[test]
fn a_second_run_at_the_same_time_does_nothing_and_says_so() {
    let (case, mut reader, first) = waiting();
    let second = nightly(&case, &[]).run();
    second.assert_code(75).assert_stderr_has("nightly: the run before is still at work");
    assert_eq!(notified(&case).0, "the run before is still at work, so nothing was loaded");
    reader.batch_execute("COMMIT").unwrap();
    first.wait().assert_code(0);
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "2");
    // With the first one's end the lock is gone.
    nightly(&case, &[]).run().assert_code(0);
}

#[test]
fn a_signal_reaches_pghaul_and_the_end_is_notified() {
    let (case, _reader, run) = waiting();
    let asked = Instant::now();
    run.signal(Signal::SIGTERM);
    run.wait().assert_code(143);
    assert!(asked.elapsed() < Duration::from_secs(10), "it ends at once, and not when the reader has gone");
    assert_eq!(notified(&case).0, "interrupted: what was not complete has been undone");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "1");
}

#[test]
fn systemd_takes_the_service_and_its_timer() {
    let Some(analyze) =
        ["/usr/bin/systemd-analyze", "/bin/systemd-analyze"].iter().find(|path| fs::exists(path).unwrap())
    else {
        // Not every machine has systemd; that the units are well formed is looked at below in any case.
        return;
    };
    let case = case!();
    let folder = repository().join("packaging/systemd");
    // The program is where it is installed to, which is not here.
    let service = fs::read_to_string(folder.join("pghaul-nightly.service")).unwrap();
    let service = service.replace("/usr/local/bin/pghaul-nightly", "/bin/true");
    let files = [
        case.work.write("pghaul-nightly.service", service),
        case.work.write("pghaul-nightly.timer", fs::read(folder.join("pghaul-nightly.timer")).unwrap()),
    ];
    let mut command = Command::new(analyze);
    command.args(["verify", "--man=no"]).args(files);
    let output = command.output().unwrap();
    let run = Run::new(&command, output);
    run.assert_code(0);
    let ours: Vec<&str> = run.stderr.lines().filter(|line| line.contains("pghaul-nightly")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}

#[test]
fn service_and_cron_call_the_script_with_what_it_takes() {
    let read = |path: &str| fs::read_to_string(repository().join("packaging").join(path)).unwrap();
    let service = read("systemd/pghaul-nightly.service");
    let service =
        service.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/pghaul-nightly "));
    let cron = read("cron/pghaul-nightly");
    let cron = cron.lines().find_map(|line| Some(line.split_once(" pghaul-nightly ")?.1));
    for arguments in [service.unwrap(), cron.unwrap()] {
        let case = with_rows("1|Ann\n");
        let rejects = case.work.join("rejects");
        let arguments = arguments.replace("/var/lib/pghaul-nightly/rejects", rejects.to_str().unwrap());
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        nightly(&case, &arguments).run().assert_code(0);
        assert_eq!(case.db.one("SELECT count(*) FROM users"), "1");
    }
}
