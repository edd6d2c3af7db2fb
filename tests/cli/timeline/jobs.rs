//! The pictures of the other jobs.

use super::page::Page;
use pghaul_mock_api::Options;
use pghaul_test_support::{Workdir, drain, fetch, pghaul, server};

#[test]
fn fetch_has_a_lane_for_each_request_at_once_and_marks_retries() {
    let job = fetch!(Options::default());
    job.one("/fault/status/500?times=1", "concurrency: 2");
    job.run(&["--timeline", "run.html"], 0);
    let page = Page::read(&job.work.read("run.html"));
    page.has_lanes(&["main"]).has_steps(&["request", "copy"]);
    page.says("pghaul fetch loaded").says("HTTP status 500");
    for kind in ["fetch-", "write-"] {
        assert!(page.lanes.iter().any(|lane| lane.starts_with(kind)), "{:?}", page.lanes);
    }
    assert!(page.text.contains("retry"), "{}", page.text);
    job.one("/fault/status/404", "");
    job.run(&["--timeline", "run.html"], 1);
    Page::read(&job.work.read("run.html")).says("pghaul fetch failed").says("HTTP status 404");
}

#[test]
fn drain_reads_on_one_lane_and_copies_on_others() {
    let drain = drain!();
    drain.register(r#"["id", "n"]"#);
    drain.put(&[("1", "[1]"), ("2", "[2]")]);
    drain.run(&["--timeline", "run.html"]).assert_code(0);
    let page = Page::read(&drain.work.read("run.html"));
    page.has_lanes(&["main", "stream-1"]).has_steps(&["request", "copy", "publish"]);
    page.says("pghaul drain loaded").says("sample_us_users");
}

#[test]
fn sync_copies_ranges_builds_indexes_and_compares() {
    let (work, source, destination) = (Workdir::new(), server().database(), server().database());
    source.execute("CREATE TABLE t (id int PRIMARY KEY, u bigint NOT NULL); INSERT INTO t VALUES (1, 1)");
    let run = pghaul!(work)
        .args(["sync", "once", "--table", "t", "--cursor", "u", "--verify", "--timeline", "run.html"])
        .args(["--from", &source.url(), "--to", &destination.url()])
        .run();
    run.assert_code(0);
    let page = Page::read(&work.read("run.html"));
    page.has_lanes(&["main", "worker-1"]).has_steps(&["copy", "index", "verify"]);
    page.says("pghaul sync loaded");
}

#[test]
fn generate_makes_rows_into_files_dumps_and_tables() {
    let (work, db) = (Workdir::new(), server().database());
    let url = db.url();
    let draws = |args: &[&str], steps: &[&str]| {
        let run = pghaul!(work).args(["generate"]).args(args).args(["--timeline", "run.html"]).run();
        run.assert_code(0);
        Page::read(&work.read("run.html")).has_steps(steps).says("pghaul generate loaded");
    };
    draws(&["users", "--count", "5000", "--out", "users.csv"], &["make"]);
    draws(&["users", "--count", "100", "--into", "users", "--db", &url], &["copy", "analyze"]);
    draws(&["dump", "--out", "dumps", "--versions", "v1,v2", "--rows", "100"], &["make"]);
    db.execute("CREATE TABLE t (id int PRIMARY KEY, name text); ANALYZE t");
    draws(&["like", "t", "--rows", "10", "--from", &url, "--out", "like"], &["make"]);
    let other = server().database();
    draws(&["like", "t", "--rows", "10", "--from", &url, "--into", &other.url()], &["copy"]);
}

#[test]
fn a_timeline_takes_no_place_of_what_is_made() {
    let work = Workdir::new();
    let refused = |args: &[&str], text: &str| {
        pghaul!(work).args(["generate"]).args(args).run().assert_code(2).assert_stderr_has(text);
    };
    let users = ["users", "--count", "1", "--timeline"];
    refused(&[&users[..], &["-"]].concat(), "standard output cannot have both the users and the timeline");
    refused(
        &[&users[..], &["u.svg", "--out", "./u.svg", "--format", "csv"]].concat(),
        "the timeline would take its place",
    );
}
