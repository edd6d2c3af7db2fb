//! What has changed since the last complete run.

use crate::script::scripted;
use pghaul_mock_api::{Answer, Request};
use pghaul_test_support::fetch::Fetch;
use pghaul_test_support::says;
use std::sync::{Arc, Mutex};

const INTO: &str = "into: {table: t, mode: upsert, key: [id], columns: {id: bigint, updated: KIND}}";

/// What an API has, as pairs of id and time, and what it was asked for.
#[derive(Default)]
struct Api {
    items: Vec<(u64, String)>,
    asked: Vec<String>,
    /// Whether requests with `part=2` fail.
    is_broken: bool,
}

/// An API that gives what is as new as `since`, in two parts: odd and even ids.
fn api(keys: &str) -> (Fetch, Arc<Mutex<Api>>) {
    let api = Arc::new(Mutex::new(Api::default()));
    let shared = Arc::clone(&api);
    let job = scripted(move |request: &Request| {
        let mut api = shared.lock().unwrap();
        let since = request.parameter("since").unwrap().replace("%3A", ":").replace("%20", " ");
        let part = request.number("part").unwrap();
        api.asked.push(since.clone());
        if api.is_broken && part == 2 {
            return Answer::new(404, "");
        }
        let new = api.items.iter().filter(|(id, updated)| id % 2 == part % 2 && *updated >= since);
        let new: Vec<String> = new.map(|(id, updated)| format!("[{id}, \"{updated}\"]")).collect();
        Answer::json(format!("[{}]", new.join(", ")))
    });
    job.config("{\"part\": 1}\n{\"part\": 2}\n", &format!("rows: '.[]'\n    concurrency: 1\n    {keys}"));
    (job, api)
}

fn keys(since: &str, kind: &str) -> String {
    format!(
        "url: 'BASE/x?part={{part}}&since={{$since}}'\n    since: {since}\n    {}",
        INTO.replace("KIND", kind)
    )
}

#[test]
fn a_run_asks_for_what_is_new_since_the_last_one_that_was_complete() {
    let (job, api) = api(&keys("{column: updated, start: '2020-01-01', overlap: 1h}", "timestamptz"));
    let set = |items: &[(u64, &str)]| {
        let mut api = api.lock().unwrap();
        api.items = items.iter().map(|(id, updated)| (*id, (*updated).to_owned())).collect();
        api.asked.clear();
    };
    let asked = || api.lock().unwrap().asked.clone();
    set(&[(1, "2026-01-01T10:00:00Z"), (2, "2026-01-01T12:00:00Z")]);
    job.run(&[], 0);
    assert_eq!(asked(), ["2020-01-01"; 2]);
    assert_eq!(job.ids(), "1 2");

    // An hour earlier than the newest one.
    set(&[(1, "2026-01-02T10:00:00.5Z"), (3, "2026-01-02T11:00:00Z"), (4, "2026-01-02T12:00:00Z")]);
    api.lock().unwrap().is_broken = true;
    job.fails(&[], 1);
    assert_eq!(asked(), ["2026-01-01T11:00:00.000000Z"; 2]);
    assert_eq!(job.ids(), "1 2 3");
    // What is missing is asked for as before, though newer rows are there.
    api.lock().unwrap().is_broken = false;
    job.run(&["--resume"], 0);
    assert_eq!(asked()[2..], ["2026-01-01T11:00:00.000000Z"]);
    assert_eq!(job.ids(), "1 2 3 4");

    // The same without --resume, after a failure that is borne.
    set(&[(5, "2026-01-03T12:00:00Z"), (6, "2026-01-03T12:00:00Z")]);
    api.lock().unwrap().is_broken = true;
    job.run(&["--max-failures", "1"], 1);
    api.lock().unwrap().is_broken = false;
    job.run(&[], 0);
    assert_eq!(asked(), ["2026-01-02T11:00:00.000000Z"; 4]);
    assert_eq!(job.ids(), "1 2 3 4 5 6");

    // Rows that are gone are fetched again.
    job.db.execute("DELETE FROM t WHERE id > 2");
    api.lock().unwrap().asked.clear();
    job.run(&[], 0);
    assert_eq!(asked(), ["2026-01-02T09:00:00.500000Z"; 2]);
    job.db.execute("TRUNCATE t");
    api.lock().unwrap().asked.clear();
    job.run(&[], 0);
    assert_eq!(asked(), ["2020-01-01"; 2]);
    // Of a value ahead of the clock is said what it does.
    set(&[(7, "2999-01-01T00:00:00Z")]);
    job.run(&[], 0).assert_stderr_has("is ahead of the server's clock, and hides what changes before it");
}

#[test]
fn every_type_is_written_as_apis_read_it() {
    for (kind, value, next) in [
        ("timestamptz", "2026-01-01T12:00:00+02:00", "2026-01-01T10:00:00.000000Z"),
        ("timestamp", "2026-01-01 12:00:00.25", "2026-01-01T12:00:00.250000"),
        ("date", "2026-01-01", "2026-01-01"),
        ("bigint", "4611686018438308034", "4611686018438308034"),
        ("numeric", "1.50", "1.50"),
    ] {
        let (job, api) = api(&keys("{column: updated, start: '0'}", kind));
        api.lock().unwrap().items = vec![(1, value.to_owned())];
        job.run(&[], 0);
        job.run(&[], 0);
        assert_eq!(api.lock().unwrap().asked[2..], [next; 2], "{kind}");
    }
}

#[test]
fn the_query_of_the_requests_may_use_it_and_what_is_wrong_is_said_first() {
    let (job, api) = api("");
    let by_query = "url: 'BASE/x?part=1&since={s}'\n    since: {column: updated, start: \"it's 2020\"}";
    let config = |keys: &str| {
        let into = INTO.replace("KIND", "timestamptz");
        let requests = "requests: {sql: 'SELECT $since AS s'}";
        job.work.write(
            "config.yml",
            format!(
                "fetch:\n  job:\n    {requests}\n    rows: '.[]'\n    {}\n    {into}\n",
                keys.replace("BASE", job.api.base())
            ),
        );
    };
    config(by_query);
    job.run(&[], 0);
    assert_eq!(api.lock().unwrap().asked, ["it%27s 2020"]);
    job.db.execute("ALTER TABLE t ADD COLUMN note text");
    for (keys, said) in [
        (by_query.replace("column: updated", "column: nosuch"), "the table has no column nosuch"),
        (
            by_query.replace("column: updated", "column: note"),
            "column note is text, neither a time nor a number",
        ),
        (
            by_query.replace("column: updated", "overlap: 1h, column: id"),
            "overlap is a time, and column id is a number",
        ),
        (
            by_query.replace("    since: {column: updated, start: \"it's 2020\"}", ""),
            "$since is used, and not known",
        ),
    ] {
        config(&keys);
        says(&job.fails(&[], 2), &["fetch.job.since", said]);
    }
    let (job, _) =
        self::api(&keys("{column: updated, start: '0'}", "date").replace("since={$since}", "since=0"));
    says(&job.fails(&[], 2), &["nothing uses $since"]);
    let (job, _) =
        self::api(&keys("{column: updated, start: '0'}", "date").replace("upsert, key: [id]", "replace"));
    says(&job.fails(&[], 2), &["would replace all that was there"]);
}
