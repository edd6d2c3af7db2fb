//! The original's case, and where rows go.

use pghaul_mock_api::{Options, character_id, request_line};
use pghaul_test_support::fetch::{IDS, numbered, small};
use pghaul_test_support::{fetch, says};
use serde_json::{Value, json};

const STATS: &str = include_str!("../../fixtures/fetch/config.yml");
const STATS_TABLE: &str = "CREATE SCHEMA stats; CREATE TABLE stats.t_aggregate_activity_stats (group_id int, clan_id int, \
                           member_id int, character_id bigint, activity_hash bigint, stat_id text, stat jsonb)";

#[test]
fn the_originals_activities_become_a_row_for_each_value() {
    let job = fetch!(Options { gzip: true, ..Options::default() });
    job.db.execute(STATS_TABLE);
    job.db.execute(
        "CREATE MATERIALIZED VIEW stats.kills AS SELECT character_id, count(*) FROM stats.t_aggregate_activity_stats GROUP BY 1",
    );
    let requests: Vec<String> = (546..550).map(request_line).collect();
    job.work.write("characters.ndjson", requests.join("\n"));
    let refresh = "'REFRESH MATERIALIZED VIEW stats.kills', 'ANALYZE";
    job.work.write("config.yml", STATS.replace("'ANALYZE", refresh));
    let run = job
        .command_for("activity_stats", &["--report", "report.json"])
        .env("DEMO_API", job.api.base())
        .env("DEMO_API_KEY", "very-secret")
        .run();
    run.assert_code(0).assert_stdout_has("4 requests: 4 loaded, 0 unchanged, 0 failed; 4,882 rows");
    run.assert_never_says("very-secret");
    assert_eq!(
        job.db.one("SELECT count(*) FROM stats.t_aggregate_activity_stats"),
        (1221 * 2 + 1220 * 2).to_string()
    );
    assert_eq!(job.db.one("SELECT count(*) FROM stats.kills"), "4");
    assert_eq!(
        job.db.rows("SELECT DISTINCT character_id FROM stats.t_aggregate_activity_stats ORDER BY 1").concat(),
        (546..550).map(|number| Some(character_id(number).to_string())).collect::<Vec<_>>()
    );
    let stat = job.db.one(
        "SELECT stat FROM stats.t_aggregate_activity_stats WHERE stat_id = 'activityKills1' ORDER BY character_id, activity_hash LIMIT 1",
    );
    let stat: Value = serde_json::from_str(&stat).unwrap();
    assert_eq!(stat["statId"], "activityKills1");
    let report: Value = serde_json::from_str(&job.work.read("report.json")).unwrap();
    assert_eq!(report["totals"]["rows_loaded"], 4882);
    assert_eq!(report["units"][1]["name"], "request 2");
    assert_eq!(report["units"][1]["rows_loaded"], 1221);
    assert_eq!(job.db.one("SELECT string_agg(DISTINCT status, ',') FROM pghaul.fetches"), "done");
    assert_eq!(job.db.one("SELECT status FROM pghaul.fetch_jobs WHERE job = 'activity_stats'"), "published");
}

#[test]
fn replace_keeps_the_old_rows_until_all_new_ones_are_there_and_resume_repeats_what_failed() {
    let job = fetch!(Options::default());
    job.db.execute("CREATE TABLE t (id bigint PRIMARY KEY); INSERT INTO t VALUES (99)");
    job.config(
        &numbered(3).replace("{\"id\": 2}", "{\"id\": \"1/2\"}"),
        &small("into: {table: t, mode: replace}"),
    );
    // A path that is not there: 404.
    job.work.write(
        "config.yml",
        job.work.read("config.yml").replace("/small/{id}", "/{id}").replace("'.[] | [.]'", "'[$request.id]'"),
    );
    let message = job.fails(&[], 1);
    // The requests are made at once: any of them may be the one that fails first.
    says(
        &message,
        &[
            "request ",
            " (http://localhost:",
            "HTTP status 404 Not Found: \"{\\\"error\\\"",
            "--max-failures allows 0: nothing was published",
            "--resume",
        ],
    );
    assert_eq!(job.ids(), "99");
    assert_eq!(job.db.one("SELECT max(http_status) FROM pghaul.fetches WHERE status = 'failed'"), "404");
    assert!(job.db.one("SELECT max(body_start) FROM pghaul.fetches").contains("no such path"));
    // Now the API has them.
    job.config(&numbered(3), &small("into: {table: t, mode: replace}"));
    job.run(&["--resume"], 0);
    assert_eq!(job.ids(), "1 2 3");
    job.run(&["--resume"], 0).assert_stdout_has("3 requests: 0 loaded, 3 unchanged");
    assert_eq!(job.ids(), "1 2 3");
    job.run(&[], 0).assert_stdout_has("3 requests: 3 loaded");
    assert_eq!(job.ids(), "1 2 3");
    assert_eq!(job.api.count("/small/1"), 2);
}

#[test]
fn a_job_may_publish_without_a_few_requests_and_add_them_later() {
    let job = fetch!(Options::default());
    job.config(
        "{\"n\": 404}\n{\"n\": 200}\n",
        "url: 'BASE/fault/status/{n}?times=1'\n    rows: 'if type == \"array\" then .[] else {id: 7} end'\n    \
         into: {table: t, mode: replace, columns: {id: bigint}}",
    );
    let message = job.fails(&["--max-failures", "1"], 1);
    says(&message, &["request 1 (", "HTTP status 404"]);
    assert_eq!(job.db.one("SELECT status FROM pghaul.fetch_jobs"), "published");
    assert_eq!(job.ids(), "7");
    job.run(&["--resume"], 0).assert_stdout_has("2 requests: 1 loaded, 1 unchanged");
    assert_eq!(job.ids(), "1 2 7");
}

#[test]
fn append_adds_and_upsert_overwrites_by_key() {
    let job = fetch!(Options::default());
    job.config(&numbered(5), &small("into: {table: t, mode: append, columns: {id: bigint}}"));
    job.run(&[], 0);
    job.run(&[], 0);
    assert_eq!(job.ids(), "1 1 2 2 3 3 4 4 5 5");
    job.config(&numbered(40), &small("into: {table: u, mode: upsert, key: [id], columns: {id: bigint}}"));
    job.run(&[], 0);
    job.run(&["--workers", "4"], 0);
    assert_eq!(job.db.one("SELECT count(*) || ' ' || sum(id) FROM u"), "40 820");
}

#[test]
fn rows_may_be_objects_and_requests_may_come_from_a_query_or_a_csv_file() {
    let job = fetch!(Options::default());
    job.db.execute(
        "CREATE TABLE c (id bigint, name text); INSERT INTO c VALUES (4611686018438308034, 'a b'), (2, NULL)",
    );
    let keys = "url: 'BASE/small/{id}'\n    rows: '.[] | {name: $request.name, id: .}'\n    \
                into: {table: t, mode: append, columns: {id: bigint, name: text}}";
    job.config("", keys);
    let config = job.work.read("config.yml");
    let with =
        |requests: &str| job.work.write("config.yml", config.replace("{file: requests.ndjson}", requests));
    with("{sql: 'SELECT id, name FROM c ORDER BY id;'}");
    job.run(&[], 0);
    with("{sql: 'SELECT to_jsonb(c) FROM c'}");
    job.run(&[], 0);
    job.work.write("requests.csv", "id,name\r\n7,\"x, \"\"y\"\"\"\r\n8,\r\n");
    with("{file: requests.csv}");
    job.run(&[], 0);
    assert_eq!(
        job.db.one("SELECT string_agg(t::text, ' ' ORDER BY id, name) FROM t"),
        "(2,) (2,) (7,\"x, \"\"y\"\"\") (8,) (4611686018438308034,\"a b\") (4611686018438308034,\"a b\")"
    );
}

#[test]
fn the_report_of_a_run_without_requests_is_empty_and_a_body_is_posted() {
    let job = fetch!(Options::default());
    job.config("", &small(IDS.split_once("\n    ").unwrap().1));
    job.run(&[], 0).assert_stdout_has("no requests");
    job.config(
        "{\"q\": \"a\\\"b\"}\n",
        "url: 'BASE/echo'\n    method: post\n    body: '{{\"query\": {q}}}'\n    headers: {X-Mine: '1'}\n    \
         rows: '.[] | [.method, .body, .headers[\"x-mine\"], .headers[\"content-type\"]]'\n    \
         into: {table: e, mode: append, columns: {method: text, body: text, mine: int, kind: text}}",
    );
    job.run(&[], 0);
    let row = job.db.rows("SELECT method, body, mine, kind FROM e").concat();
    let expected = json!(["POST", "{\"query\": \"a\\\"b\"}", "1", "application/json"]);
    assert_eq!(json!(row), expected);
}
