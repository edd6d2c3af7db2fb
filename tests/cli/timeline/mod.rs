//! `--timeline`: a picture of every run, of every job, whatever its end.

mod jobs;
pub mod page;

use nix::sys::signal::Signal;
use page::Page;
use pghaul_test_support::{Case, Pghaul, Running, case, names, pghaul, wait_for};
use std::fs;
use std::os::unix::fs::PermissionsExt;

const USERS: (&str, &str, &str) = ("users", "id:int name:varchar(50)", "1|Ann\n2|Bob\n");
const ORDERS: (&str, &str, &str) = ("orders", "id:int", "1\n2\n3\n");

fn ingest(case: &Case, args: &[&str]) -> Pghaul {
    pghaul!(case.work).args(["ingest", "dumps", "--db", &case.db.url()]).args(args)
}

/// The page of a run with this exit code.
#[track_caller]
fn page(case: &Case, args: &[&str], code: i32) -> Page {
    ingest(case, &[&["--timeline", "run.html"], args].concat()).run().assert_code(code);
    Page::read(&case.work.read("run.html"))
}

#[test]
fn each_worker_has_a_lane_with_its_steps() {
    let case = case!();
    case.config("after: {users: {indexes: [{columns: [id]}], sql: ['ANALYZE users']}}\n");
    case.dump("crm_v1", &[USERS, ORDERS]);
    let page = page(&case, &["--workers", "2", "--verify"], 0);
    page.has_lanes(&["main", "worker-1", "worker-2"]);
    page.has_steps(&["prepare", "create", "copy", "verify", "publish", "analyze", "index", "statements"]);
    page.says("pghaul ingest loaded").says("The slowest steps").says("rows per second").says("v1_orders");
    assert!(page.titles.iter().any(|title| title.starts_with("v1_users: copy, ")), "{:?}", page.titles);
    assert_eq!(page.marks, [] as [&str; 0]);
    let again = ingest(&case, &["--timeline", "run.html"]).run();
    again.assert_code(0).assert_stdout_has("2 unchanged");
    Page::read(&case.work.read("run.html")).says("2 unchanged");
    assert!(names(case.work.path()).iter().all(|name| !name.contains("unfinished")));
}

#[test]
fn a_picture_alone_has_the_same_and_standard_output_gets_a_page() {
    let case = case!();
    case.dump("crm_v1", &[USERS]);
    ingest(&case, &["--timeline", "run.svg"]).run().assert_code(0).assert_stdout_has("1 loaded");
    let picture = Page::read(&case.work.read("run.svg"));
    assert!(picture.source.contains("<svg xmlns=") && !picture.source.contains("<html"));
    picture.has_steps(&["copy", "publish"]).has_lanes(&["worker-1"]).says("The slowest steps");
    let run = ingest(&case, &["--timeline", "-", "--force"]).run();
    run.assert_code(0);
    Page::read(&run.stdout).has_steps(&["copy"]).says("pghaul ingest loaded");
}

#[test]
fn strangers_words_are_words_and_nothing_else() {
    let case = case!();
    let evil = "<script>alert(1)<";
    case.dump("crm_v1", &[(evil, "id:int \"&x:int", "1|2\n"), ("bad", "id:int", "<b>&\u{1}\n")]);
    let page = page(&case, &[], 1);
    assert!(!page.source.contains("<script") && !page.source.contains("<b>&"), "{}", page.source);
    page.says(evil);
    let html = pghaul!(case.work).args(["status", "--html", "-", "--db", &case.db.url()]).run();
    html.assert_code(0);
    Page::read(&html.stdout).says(evil).says("crm_v1.zip");
    assert!(!html.stdout.contains("<script"), "{}", html.stdout);
}

#[test]
fn what_fails_or_is_rejected_is_marked_and_said() {
    let case = case!();
    case.dump("crm_v1", &[USERS, ("orders", "id:int", "1\nx\n3\n")]);
    let failed = page(&case, &[], 1);
    failed.says("pghaul ingest failed").says("orders.dat, line 3").says("1 failed");
    assert_eq!(failed.marks, ["failure"]);
    assert!(failed.titles.iter().any(|title| title.ends_with(", failed")), "{:?}", failed.titles);
    let rejected = page(&case, &["--max-rejects", "1"], 3);
    rejected.says("loaded, with rejects").says("v1_orders: 1 row rejected");
    assert_eq!(rejected.marks, ["reject"]);
}

#[test]
fn an_interrupted_run_has_its_picture() {
    let case = case!();
    case.dump("crm_v1", &[USERS]);
    ingest(&case, &[]).run().assert_code(0);
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "3|Cy\n")]);
    let mut holder = postgres::Client::connect(&case.db.url(), postgres::NoTls).unwrap();
    let mut transaction = holder.transaction().unwrap();
    transaction.batch_execute("LOCK TABLE v1_users").unwrap();
    let running = Running::start(ingest(&case, &["--timeline", "run.html"]).command());
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'v1_users'::regclass";
    wait_for("the run to wait", || case.db.one(waits) == "1");
    running.signal(Signal::SIGTERM);
    running.wait().assert_code(143);
    transaction.rollback().unwrap();
    let page = Page::read(&case.work.read("run.html"));
    page.says("pghaul ingest interrupted");
    assert!(page.source.contains("class=\"m-signal\""), "{}", page.source);
}

#[test]
fn a_refused_run_has_its_picture_too() {
    let case = case!();
    case.dump("crm_v1", &[USERS]);
    case.config("mother_tables: {users: {nowhere: text}}\n");
    page(&case, &[], 2).says("pghaul ingest refused").says("nowhere");
}

#[test]
fn a_file_that_cannot_be_written_is_refused_before_the_load() {
    let case = case!();
    case.dump("crm_v1", &[USERS]);
    fs::create_dir(case.work.join("folder.html")).unwrap();
    case.work.write("notes.html", "<p>precious</p>");
    std::os::unix::fs::symlink("/etc/passwd", case.work.join("link.html")).unwrap();
    for (args, text) in [
        (&["--timeline", "nowhere/run.html"][..], "there is no folder nowhere"),
        (&["--timeline", "run.png"], "is neither .html nor .svg"),
        (&["--timeline", "run"], "is neither .html nor .svg"),
        (&["--timeline", "folder.html"], "folder.html"),
        (&["--timeline", "link.html"], "is a link"),
        (&["--timeline", "notes.html"], "holds something else than a page of pghaul, and is kept"),
        (
            &["--timeline", "-", "--report", "-"],
            "standard output cannot have both the report and the timeline",
        ),
        (&["--timeline", "run.html", "--report", "./run.html"], "one file cannot have both"),
        (&["--timeline", "run.html", "--plan"], "cannot be used with"),
    ] {
        let run = ingest(&case, args).run();
        run.assert_code(2).assert_stderr_has(text);
        assert_eq!(case.db.one("SELECT to_regclass('users') IS NULL"), "t", "{args:?} has loaded");
    }
    assert_eq!(case.work.read("notes.html"), "<p>precious</p>");
}

#[test]
fn a_page_that_cannot_be_finished_leaves_the_old_one_and_the_rows() {
    let case = case!();
    case.dump("crm_v1", &[USERS]);
    fs::create_dir(case.work.join("pages")).unwrap();
    ingest(&case, &["--timeline", "pages/run.html"]).run().assert_code(0);
    let old = case.work.read("pages/run.html");
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "3|Cy\n")]);
    let mut holder = postgres::Client::connect(&case.db.url(), postgres::NoTls).unwrap();
    let mut transaction = holder.transaction().unwrap();
    transaction.batch_execute("LOCK TABLE v1_users IN SHARE MODE").unwrap();
    let running = Running::start(ingest(&case, &["--timeline", "pages/run.html"]).command());
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'v1_users'::regclass";
    wait_for("the run to wait", || case.db.one(waits) == "1");
    // A folder in its place stops also those who may do everything.
    fs::rename(case.work.join("pages"), case.work.join("moved")).unwrap();
    transaction.rollback().unwrap();
    running.wait().assert_code(1).assert_stderr_has("cannot write the page");
    assert_eq!(case.db.one("SELECT string_agg(name, ',') FROM users"), "Cy");
    assert_eq!(case.work.read("moved/run.html"), old);
    assert_eq!(names(case.work.join("moved")), ["run.html"]);
}

#[test]
fn a_new_page_has_the_permissions_of_the_old_one() {
    let case = case!();
    case.dump("crm_v1", &[USERS]);
    ingest(&case, &["--timeline", "run.html"]).run().assert_code(0);
    let path = case.work.join("run.html");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    ingest(&case, &["--timeline", "run.html"]).run().assert_code(0);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
}
