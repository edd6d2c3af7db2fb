//! What a run says of itself: a bar on a terminal, the summary, and the report.

use pghaul_mock_api::Options;
use pghaul_test_support::fetch::{numbered, small};
use pghaul_test_support::{fetch, on_a_terminal, says};
use serde_json::Value;
use std::time::Duration;

const INTO: &str = "into: {table: t, mode: replace, columns: {id: bigint}}";

#[test]
fn a_terminal_shows_requests_the_rate_beside_the_limit_and_waits() {
    let job = fetch!(Options { latency: Duration::from_millis(50), ..Options::default() });
    job.db.execute("CREATE TABLE numbers AS SELECT generate_series(1, 6) AS id");
    let sql = "requests: {sql: SELECT id FROM numbers}";
    for is_sql in [false, true] {
        job.config(&numbered(6), &small(&format!("{INTO}\n    rate: {{requests: 2, per: 1s}}")));
        if is_sql {
            let config = job.work.read("config.yml").replace("requests: {file: requests.ndjson}", sql);
            job.work.write("config.yml", config);
        }
        let run = on_a_terminal(&job.command(&[]).command());
        run.assert_code(0);
        for shown in ["requests", " 4/6, ", "/s of 2.0/s", " s for the limit"] {
            run.assert_stdout_has(shown);
        }
        assert_eq!(job.ids(), "1 2 3 4 5 6");
    }
    job.one("/fault/status/503?after=2&times=1", "");
    let run = on_a_terminal(&job.command(&[]).command());
    run.assert_code(0).assert_stdout_has(" s as the API asks");
    let run = on_a_terminal(&job.command(&["-q"]).command());
    run.assert_code(0).assert(!run.stdout.contains("/s"), "no bar with -q");
}

#[test]
fn the_time_in_the_api_is_told_from_the_time_in_the_database() {
    let job = fetch!(Options { latency: Duration::from_millis(300), ..Options::default() });
    let slow = "before: ['SELECT pg_sleep(0.4)']\n    after: ['SELECT pg_sleep(0.4)']";
    job.config(&numbered(4), &small(&format!("{INTO}\n    rate: {{requests: 2, per: 1s}}\n    {slow}")));
    let run = job.run(&["--report", "report.json"], 0);
    run.assert_stdout_has("4 requests: 4 loaded, 0 unchanged, 0 failed; 4 rows");
    run.assert_stdout_has("at the same time: API ").assert_stdout_has(" s waiting for turns), database ");
    let report: Value = serde_json::from_str(&job.work.read("report.json")).unwrap();
    let seconds = |key: &str| report["seconds_in"][key].as_f64().unwrap();
    let all = report["seconds"].as_f64().unwrap();
    // Two at once, and two more when those count no longer: the requests of each pair are under way at the same time.
    assert!((1.2..all - 0.7).contains(&seconds("api")), "{report}");
    assert!(seconds("waits") > 0.5 && seconds("waits") < seconds("api"), "{report}");
    assert!((0.8..all - 1.0).contains(&seconds("database")), "{report}");
}

#[test]
fn totals_count_requests_alone() {
    let job = fetch!(Options::default());
    for (mode, units) in [("append", 2), ("replace", 1)] {
        let into = format!("into: {{table: t, mode: {mode}, columns: {{id: bigint}}}}");
        job.config("{\"id\": 1}\n{\"id\": \"no JSON\"}\n", &small(&into));
        let run = job.run(&["--report", "report.json"], 1);
        let report: Value = serde_json::from_str(&job.work.read("report.json")).unwrap();
        assert_eq!(report["totals"]["units"], units, "{report}");
        assert_eq!(report["totals"]["failed"], 1, "{report}");
        assert_eq!(report["units"].as_array().unwrap().len(), units);
        says(
            report["error"].as_str().unwrap(),
            &["fetch.job: 1 request failed, and --max-failures allows 0"],
        );
        run.assert_stdout_has(" 1 failed; ");
    }
}
