//! Runs that are killed at any moment, and resumed: each row is there exactly once.

use crate::random::{self, Random};
use crate::wait_until_gone;
use nix::sys::signal::Signal;
use pghaul_mock_api::Options;
use pghaul_test_support::fetch::{numbered, small};
use pghaul_test_support::{Running, fetch, says};
use std::time::{Duration, Instant};

const ROUNDS: u32 = 6;
const REQUESTS: u64 = 150;

#[test]
fn after_sigkill_at_any_moment_a_resumed_run_makes_each_row_exactly_once() {
    let mut random = Random::new();
    for (number, into) in [
        "into: {table: t, mode: append, columns: {id: bigint}}",
        "into: {table: t, mode: replace, columns: {id: bigint}}",
        "into: {table: t, mode: upsert, key: [id], columns: {id: bigint}}",
    ]
    .into_iter()
    .cycle()
    .take(random::rounds(ROUNDS).max(3) as usize)
    .enumerate()
    {
        let job = fetch!(Options { latency: Duration::from_millis(20), ..Options::default() });
        job.config(&numbered(REQUESTS), &small(&format!("{into}\n    concurrency: 4")));
        if into.contains("replace") {
            job.db.execute("CREATE TABLE t (id bigint); INSERT INTO t VALUES (-1)");
        }
        let mut killed = 0;
        // At the latest the third run may end.
        for attempt in 0..3 {
            let args: &[&str] = if attempt == 0 { &[] } else { &["--resume"] };
            let mut running = Running::start(job.command(args).command());
            std::thread::sleep(Duration::from_millis(100) + random.moment(Duration::from_millis(700)));
            if running.is_alive() {
                running.signal(Signal::SIGKILL);
                killed += 1;
            }
            running.wait();
            if into.contains("replace") && job.db.one("SELECT EXISTS (SELECT FROM t WHERE id = -1)") == "t" {
                assert_eq!(job.ids(), "-1", "nothing is published by halves");
            }
        }
        wait_until_gone(&job.db);
        job.run(&["--resume"], 0);
        let sum = REQUESTS * (REQUESTS + 1) / 2;
        assert_eq!(
            job.db.one("SELECT count(*) || ' ' || count(DISTINCT id) || ' ' || sum(id) FROM t"),
            format!("{REQUESTS} {REQUESTS} {sum}"),
            "round {number}, killed {killed} times: {into}"
        );
        let done =
            job.db.one("SELECT count(*) || ' ' || sum(rows) FROM pghaul.fetches WHERE status = 'done'");
        assert_eq!(done, format!("{REQUESTS} {REQUESTS}"));
        assert_eq!(job.db.one("SELECT count(*) FROM pg_class WHERE relname LIKE 'pghaul_staging%'"), "0");
    }
}

#[test]
fn a_signal_ends_a_run_at_once_however_long_the_server_takes() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let job = fetch!(Options::default());
        job.config("{\"p\": \"good\"}\n{\"p\": \"slow\"}\n", "url: 'BASE/fault/{p}?ms=20000'\n    rows: '.[]'\n    into: {table: t, mode: append, columns: {id: bigint}}");
        let running = Running::start(job.command(&["--report", "report.json"]).command());
        let started = Instant::now();
        while job.api.window().0 < 2 && started.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(300));
        let signalled = Instant::now();
        running.signal(signal);
        let run = running.wait();
        run.assert_code(code);
        assert!(signalled.elapsed() < Duration::from_secs(5));
        says(&job.work.read("report.json"), &["\"status\": \"interrupted\""]);
        // What was committed before stays, and is not repeated.
        assert_eq!(job.ids(), "1 2");
        job.work.write("config.yml", job.work.read("config.yml").replace("20000", "0"));
    }
}

#[test]
fn what_has_lost_its_rows_is_fetched_anew() {
    let job = fetch!(Options::default());
    job.config(
        &(numbered(3) + "{\"no\": 4}\n"),
        &small("into: {table: t, mode: replace, columns: {id: bigint}}"),
    );
    job.fails(&[], 1);
    let staging = job.db.one("SELECT relname FROM pg_class WHERE relname LIKE 'pghaul_staging%'");
    // As a crash of the server empties an unlogged table.
    job.db.execute(&format!("DELETE FROM {staging}"));
    job.config(&numbered(3), &small("into: {table: t, mode: replace, columns: {id: bigint}}"));
    job.run(&["--resume"], 0).assert_stderr_has("starting over").assert_stdout_has("3 requests: 3 loaded");
    assert_eq!(job.ids(), "1 2 3");
}
