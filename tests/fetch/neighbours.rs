//! What public reports about other tools say that APIs do: no row is lost or doubled by it, and no value changed, silently.

use crate::script::{configure, list, outcome, scripted};
use pghaul_mock_api::{Answer, Request};
use pghaul_test_support::says;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const ITEMS: &str = "rows: '.items[] | [.id]'";

fn ids(from: u64, to: u64) -> Answer {
    Answer::json(format!("{{\"items\": {}}}", list(from..=to)))
}

/// dlt-hub/dlt#2816: HubSpot gives its last page again for any offset behind it. A parameter of another name does the same.
#[test]
fn a_page_that_is_given_again_for_another_number_is_no_further_page() {
    for pages in ["{offset: skip, step: 2}", "{page: page}"] {
        let keys = format!("pages: {pages}\n    {ITEMS}");
        let last_again = |request: &Request| match request
            .number("skip")
            .unwrap_or(2 * (request.number("page").unwrap_or(1) - 1))
        {
            0 => ids(1, 2),
            _ => ids(3, 4),
        };
        says(
            &outcome(&keys, last_again).unwrap_err(),
            &["request 1, page 3", "is the same as the page before"],
        );
        says(
            &outcome(&keys, |_| ids(1, 2)).unwrap_err(),
            &["request 1, page 2", "does not know the parameter"],
        );
        let total = keys.replace('}', ", total: '4'}");
        assert_eq!(outcome(&total, last_again).unwrap(), "1 2 3 4", "{pages}");
    }
}

/// dlt-hub/dlt#2932: the last page has `null` in place of a list. dlt-hub/dlt#3358: it has a cursor, too.
#[test]
fn a_last_page_may_be_null_and_may_have_a_cursor() {
    let null_at_end = |request: &Request| match request.parameter("after") {
        None => Answer::json(r#"{"items": [{"id": 1}], "next": "?after=a"}"#),
        Some("a") => Answer::json(r#"{"items": [{"id": 2}], "next": "?after=b"}"#),
        _ => Answer::json(r#"{"items": null, "next": null}"#),
    };
    let keys = "pages: {next: '.next'}\n    rows: '.items // [] | .[] | [.id]'";
    assert_eq!(outcome(keys, null_at_end).unwrap(), "1 2");
    says(&outcome(&keys.replace(" // []", ""), null_at_end).unwrap_err(), &["request 1, page 3", "rows: "]);
    let cursor_at_end = |request: &Request| match request.parameter("after") {
        None => Answer::json(r#"{"items": [{"id": 1}], "next": "?after=a", "has_more": true}"#),
        _ => Answer::json(r#"{"items": [{"id": 2}], "next": "?after=a", "has_more": false}"#),
    };
    says(&outcome(keys, cursor_at_end).unwrap_err(), &["as its next one that was there before"]);
    let told = keys.replace("'.next'", "'select(.has_more) | .next'");
    assert_eq!(outcome(&told, cursor_at_end).unwrap(), "1 2");
}

/// airbytehq/airbyte#33803, open-metadata/OpenMetadata#25263: the first page was all that came, and nothing was said.
#[test]
fn a_next_page_that_nothing_asks_for_is_warned_about_once() {
    for (name, answer) in [
        ("@odata.nextLink", Answer::json(r#"{"items": [{"id": 1}], "@odata.nextLink": "http://h/2"}"#)),
        ("next", Answer::json(r#"{"items": [{"id": 1}], "previous": "", "next": "http://h/2"}"#)),
        ("Link", ids(1, 1).header("link", "<http://h/2>; rel=\"next\"")),
    ] {
        let job = scripted(move |_| answer.clone());
        let warning =
            format!("names a next page ({name}), and the job has no pages: only first pages are loaded");
        configure(&job, ITEMS, "append");
        job.work.write("requests.ndjson", "{}\n{\"a\": 1}\n");
        let run = job.run(&["-q"], 0);
        assert_eq!(run.stderr.matches(&warning).count(), 1, "{run:?}");
        configure(&job, &format!("{ITEMS}\n    pages: {{next: 'null'}}"), "append");
        let run = job.run(&["-q"], 0);
        run.assert(run.stderr.is_empty(), "first pages are enough");
        assert_eq!(job.ids(), "1 1 1");
    }
}

/// music-assistant/server#4067: tries that a wait of 0 seconds allows are all used up at once.
#[test]
fn a_wait_of_no_time_is_none_that_the_api_asks_for() {
    let job = scripted({
        let begun = Mutex::new(None);
        move |_| {
            let begun = *begun.lock().unwrap().get_or_insert_with(Instant::now);
            match begun.elapsed() < Duration::from_millis(1200) {
                true => Answer::new(429, "").header("retry-after", "0"),
                false => ids(1, 1),
            }
        }
    });
    configure(&job, ITEMS, "append");
    job.work.write("config.yml", job.work.read("config.yml").replace("retries: 0", "retries: 4"));
    job.run(&["-q"], 0);
    assert_eq!(job.ids(), "1");
}

/// airbytehq/airbyte#13660: a token ends while a request waits for the limit. airbytehq/airbyte#54198: its time is not said.
#[test]
fn a_token_that_ends_during_a_wait_is_renewed() {
    for expires in ["", ", \"expires_in\": 1", ", \"expires_in\": \"3600\"", ", \"expires_in\": 3599.5"] {
        let (given, first_used) = (AtomicU64::new(0), Mutex::new(None));
        let job = scripted(move |request| {
            if request.path() == "/token" {
                let number = given.fetch_add(1, Ordering::SeqCst) + 1;
                return Answer::json(format!(
                    "{{\"access_token\": \"t{number}\", \"token_type\": \"bearer\"{expires}}}"
                ));
            }
            let token = request
                .header("authorization")
                .unwrap()
                .trim_start_matches("Bearer t")
                .parse::<u64>()
                .unwrap();
            let mut used = first_used.lock().unwrap();
            let (newest, since) = *used.get_or_insert((token, Instant::now()));
            if token > newest {
                *used = Some((token, Instant::now()));
            } else if since.elapsed() > Duration::from_millis(1500) {
                return Answer::new(401, "");
            }
            let id = request.number("id").unwrap();
            ids(id, id)
        });
        let auth = "auth: {oauth2: {token_url: 'BASE/token', client_id: a, client_secret: b}}";
        let keys = format!(
            "url: 'BASE/x?id={{id}}'\n    {ITEMS}\n    {auth}\n    rate: {{requests: 2, per: 1s}}\n    retries: 0"
        );
        let into = "into: {table: t, mode: append, columns: {id: bigint}}";
        let requests: String = (1..=6).map(|id| format!("{{\"id\": {id}}}\n")).collect();
        job.config(&requests, &format!("{keys}\n    {into}"));
        job.run(&["-q"], 0);
        assert_eq!(job.ids(), "1 2 3 4 5 6", "{expires}");
    }
}

/// airbytehq/airbyte#15055: an error with the status 200. vubiostat/redcapAPI#280: no bytes at all, with the status 200.
#[test]
fn a_success_that_is_none_fails_its_request() {
    for body in [r#"{"success": false, "error": {"code": 101}}"#, "", "null", r#""busy""#] {
        let message = outcome(ITEMS, move |_| Answer::json(body)).unwrap_err();
        says(&message, &["request 1", "rows: "]);
        let keys = format!("{ITEMS}\n    success: '.error == null and .items != null'");
        assert!(outcome(&keys, move |_| Answer::json(body)).is_err(), "{body}");
    }
}

/// jqlang/jq#1399, #1387: numbers beyond 2^53, and whatever a filter does not compute with, keep their digits.
#[test]
fn numbers_keep_their_digits_on_every_way() {
    let numbers = "18446744073709551615, 9007199254740993, 1499816949527975237, 0.1000000000000000055511151231257827, 1E2, -0";
    // The first of them runs without jaq, the second by jaq.
    for rows in [".items[] | [.]", ".items[0:][] | [.]", "def f: .; .items[] | [f]"] {
        let job = scripted(move |_| Answer::json(format!("{{\"items\": [{numbers}]}}")));
        let into = "into: {table: n, mode: append, columns: {n: numeric}}";
        job.config("{}\n", &format!("url: 'BASE/x'\n    rows: '{rows}'\n    {into}"));
        job.run(&["-q"], 0);
        assert_eq!(
            job.db.one("SELECT string_agg(n::text, ', ' ORDER BY n DESC) FROM n"),
            "18446744073709551615, 1499816949527975237, 9007199254740993, 100, 0.1000000000000000055511151231257827, 0",
            "{rows}"
        );
    }
}

/// airbytehq/airbyte#66592: Pardot names no next page after 100,000 items. datocms/product-roadmap#158: a page has fewer items than
/// were asked for.
#[test]
fn a_total_that_is_not_reached_is_no_end() {
    let keys = format!("pages: {{next: '.next', total: '.total'}}\n    {ITEMS}");
    let cut = |request: &Request| match request.parameter("p") {
        None => Answer::json(r#"{"items": [{"id": 1}], "next": "?p=2", "total": 3}"#),
        _ => Answer::json(r#"{"items": [{"id": 2}], "next": null, "total": 3}"#),
    };
    says(&outcome(&keys, cut).unwrap_err(), &["is the last page, but there were 2 items so far"]);
}

/// meltano/sdk#3672: a reset header is a number of seconds with some APIs, and a time with others.
#[test]
fn a_reset_header_is_read_by_a_filter_in_both_forms() {
    for is_time in [false, true] {
        let (job, begun) = (AtomicU64::new(0), Instant::now());
        let api = scripted(move |_| {
            if job.fetch_add(1, Ordering::SeqCst) > 0 {
                return ids(1, 1);
            }
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            let reset = if is_time { now + 3 } else { 2 };
            Answer::new(429, "").header("ratelimit-reset", reset.to_string())
        });
        let wait = "$headers[\"ratelimit-reset\"] // empty | tonumber | if . > 1e9 then . - now else . end";
        configure(&api, &format!("{ITEMS}\n    wait: '{wait}'"), "append");
        api.work.write("config.yml", api.work.read("config.yml").replace("retries: 0", "retries: 1"));
        api.run(&["-q"], 0);
        assert_eq!(api.ids(), "1");
        assert!(begun.elapsed() > Duration::from_secs(2), "{:?}", begun.elapsed());
    }
}
