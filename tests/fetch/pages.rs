//! Pages, in every way that leads to the next one.

use pghaul_mock_api::Options;
use pghaul_test_support::fetch::Fetch;
use pghaul_test_support::{fetch, says};

const ALL: &str = "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24";

fn paged(job: &Fetch, path: &str, pages: &str) {
    job.config(
        "{}\n",
        &format!(
            "url: 'BASE/pages/{path}'\n    rows: '.items[]'\n    pages: {pages}\n    \
             into: {{table: t, mode: append, columns: {{id: bigint}}}}"
        ),
    );
}

#[test]
fn every_way_gives_every_item_once() {
    for (path, pages, requests) in [
        ("next", "{next: '.next'}", 3),
        ("link?page=1", "{link: true}", 3),
        ("links?page=1", "{link: true}", 3),
        ("count", "{page: page}", 4),
        ("count", "{page: page, first: 2}", 3),
        ("offset", "{offset: offset, step: 10}", 4),
    ] {
        let job = fetch!(Options::default());
        paged(&job, path, pages);
        let run = job.run(&[], 0);
        run.assert_stdout_has(&format!("{requests} requests: {requests} loaded"));
        let all = if pages.contains("first: 2") { ALL.split_once("9 ").unwrap().1 } else { ALL };
        assert_eq!(job.ids(), all, "{path}");
        // All pages of all requests are known to be there.
        job.run(&["--resume"], 0).assert_stdout_has("1 request: 0 loaded, 1 unchanged");
        assert_eq!(job.ids(), all);
    }
}

#[test]
fn rejects_are_numbered_through_all_pages_and_the_number_of_pages_has_a_limit() {
    let job = fetch!(Options::default());
    paged(&job, "next", "{next: '.next'}");
    let config = job.work.read("config.yml");
    job.work.write(
        "config.yml",
        config.replace("'.items[]'", "'.items[] | if .id % 10 == 4 then {id: \"four\"} else . end'"),
    );
    job.run(&["--max-rejects", "3"], 3);
    let rejects = job.work.read("rejects/job.jsonl");
    let places: Vec<(String, u64)> = rejects
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| (line["source"].as_str().unwrap().to_owned(), line["row"].as_u64().unwrap()))
        .collect();
    let expected = [("request 1", 5), ("request 1, page 2", 15), ("request 1, page 3", 25)];
    assert_eq!(places, expected.map(|(source, row)| (source.to_owned(), row)));
    assert_eq!(
        job.db.one("SELECT string_agg(rows || '-' || rows_rejected, ' ' ORDER BY page) FROM pghaul.fetches"),
        "9-1 9-1 4-1"
    );
    paged(&job, "next", "{next: '.next', most: 2}");
    says(&job.fails(&[], 1), &["request 1, page 2 (", "has more than 2 pages, which pages.most allows"]);
    paged(&job, "itself", "{next: '.next'}");
    says(&job.fails(&[], 1), &["names a page as its next one that was there before"]);
}
