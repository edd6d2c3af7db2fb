//! Ends of pages and of runs: absence proves nothing, so an end is an end only where the API says so.

use crate::script::{configure, list, outcome, scripted};
use pghaul_mock_api::{Answer, Request};
use pghaul_test_support::says;

#[track_caller]
fn gives(ids: &str, keys: &str, answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
    assert_eq!(outcome(keys, answer), Ok(ids.to_owned()));
}

#[track_caller]
fn fails(said: &str, keys: &str, answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) {
    let message = outcome(keys, answer).unwrap_err();
    assert!(message.contains(said), "{message}");
}

/// Three pages of an item each, and then pages without one.
fn three(request: &Request) -> String {
    list(request.number("page").filter(|page| *page < 4))
}

/// The same in an object with another list.
fn three_beside_tags(request: &Request) -> Answer {
    Answer::json(format!("{{\"items\": {}, \"tags\": [1]}}", three(request)))
}

/// Ten items, of which a page has so many at most.
fn ten(most: u64) -> impl Fn(&Request) -> Answer {
    move |request| {
        let start = request.number("skip").unwrap();
        Answer::json(list(start..(start + most).min(10).max(start)))
    }
}

const TEN: &str = "0 1 2 3 4 5 6 7 8 9";

#[test]
fn a_page_without_rows_is_the_last_one_only_if_it_has_no_items() {
    let of_list = |request: &Request| Answer::json(three(request));
    gives("1 3", "rows: '.[] | select(.id != 2)'\n    pages: {page: page}", of_list);
    let of_object = "rows: '.items[] | select(.id != 2)'\n    pages: {page: page}";
    fails("request 1, page 2 (http", of_object, three_beside_tags);
    fails("say with pages.items what its items are", of_object, three_beside_tags);
    let named = of_object.replace("page: page", "page: page, items: .items");
    gives("1 3", &named, three_beside_tags);
    let counted = of_object.replace("page: page", "page: page, items: '.items | length'");
    gives("1 3", &counted, three_beside_tags);
    fails(
        "is empty, so that it may not be the last page",
        "rows: '.[]?'\n    pages: {page: page}",
        |request| {
            Answer::json(if request.number("page") == Some(2) { String::new() } else { three(request) })
        },
    );
}

#[test]
fn an_offset_goes_on_by_what_came_and_gaps_are_faults() {
    let step = |step: u64| format!("rows: '.[]'\n    pages: {{offset: skip, step: {step}}}");
    gives(TEN, &step(5), ten(5));
    gives(TEN, &step(4), ten(4));
    // The API gives more than was expected.
    gives(TEN, &step(5), ten(6));
    // It gives less, without a word.
    fails("set pages.step to what it gives", &step(5), ten(2));
    // Rows are no items.
    let twice = step(4).replace(".[]", ".[] | ., {id: (.id + 10)}");
    gives("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19", &twice, ten(4));
    gives("8", &step(4).replace(".[]", ".[] | select(.id == 8)"), ten(4));
}

#[test]
fn a_status_may_mean_the_end_and_a_total_is_checked() {
    let two = |request: &Request| match request.number("page") {
        Some(page @ ..3) => Answer::json(list([page])).header("X-WP-Total", "2"),
        _ => Answer::new(400, "{\"code\": \"rest_post_invalid_page_number\"}").header("X-WP-Total", "2"),
    };
    let keys = |pages: &str| format!("rows: '.[]'\n    pages: {{page: page, {pages}}}");
    fails("if the page before was the last one, write pages.end: [400]", &keys("most: 9"), two);
    gives("1 2", &keys("end: [400, 404]"), two);
    gives("1 2", &keys("total: '$headers[\"x-wp-total\"]'"), two);
    fails("there were 2 items so far, and pages.total gives 3", &keys("total: '3', end: [400]"), two);
    // A status that means the end does not mean it on the first page.
    fails("HTTP status 400", &keys("end: [400]"), |_| Answer::new(400, "{}"));
    fails("pages.total gives 9", &keys("total: '9'"), |request| Answer::json(three(request)));
    let linked = "rows: '.[]'\n    pages: {link: true, total: '2'}";
    fails("there were 1 items so far, and pages.total gives 2", linked, |_| Answer::json(list([1])));
    gives("", "rows: '.[]'\n    empty: [404]", |_| Answer::new(404, "{}"));
}

#[test]
fn links_in_several_lines_are_one_list_and_what_cannot_be_read_is_a_fault() {
    let keys = "rows: '.[]'\n    pages: {link: true}";
    gives("1 2", keys, |request| match request.number("p") {
        None => {
            Answer::json(list([1])).header("Link", "<x>; rel=\"self\"").header("Link", "<?p=2>; rel=\"next\"")
        }
        _ => Answer::json(list([2])).header("Link", "<x>; rel=\"self\""),
    });
    fails("has a header Link that cannot be read", keys, |_| {
        Answer::json(list([1])).header("Link", "?p=2; rel=next")
    });
}

#[test]
fn a_page_that_was_there_at_any_distance_is_a_fault() {
    let keys = "rows: '.i[]'\n    pages: {next: .next}";
    let round = |request: &Request| {
        let at = request.number("c").unwrap_or(0);
        Answer::json(format!("{{\"i\": {}, \"next\": \"?c={}\"}}", list([at]), at % 7 + 1))
    };
    fails("request 1, page 8 (http", keys, round);
    fails("names a page as its next one that was there before", keys, round);
}

#[test]
fn no_filter_ends_the_run() {
    fails("halt does not end a run", "rows: '.[], halt'", |_| Answer::json(list([1])));
    fails("halt does not end a run", "rows: '.[]'\n    success: halt_error", |_| Answer::json(list([1])));
}

#[test]
fn a_cursor_may_stand_in_the_body_and_a_failed_run_goes_on_with_it() {
    let job = scripted(|request| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["query"], "q {x}");
        let after = body["variables"]["after"].as_u64().unwrap_or(0);
        if after == 3 && request.header("x-fail").is_some() {
            return Answer::new(404, "");
        }
        let (nodes, more) = (list([after]), after < 4);
        Answer::json(format!(
            "{{\"nodes\": {nodes}, \"page\": {{\"more\": {more}, \"end\": {}}}}}",
            after + 1
        ))
    });
    let keys = |more: &str| {
        let body = r#"body: '{{"query": "q {{x}}", "variables": {{"first": 1}}}}'"#;
        let pages = "pages: {body: {.variables.after: 'if .page.more then .page.end else null end'}}";
        format!("method: POST\n    {body}\n    rows: '.nodes[]'\n    {pages}\n    {more}")
    };
    configure(&job, &keys("headers: {X-Fail: yes}"), "append");
    says(&job.fails(&[], 1), &["request 1, page 4 (", "HTTP status 404"]);
    assert_eq!(job.ids(), "0 1 2");
    let config = job.work.read("config.yml").replace("headers: {X-Fail: yes}", "");
    job.work.write("config.yml", config);
    job.run(&["--resume"], 0);
    assert_eq!(job.ids(), "0 1 2 3 4");
    configure(&job, "rows: '.'\n    pages: {body: {.a: .b}}", "append");
    says(&job.fails(&[], 2), &["fetch.job.pages.body", "the job has none"]);
    configure(&job, &keys("").replace(".variables.after", "'.variables['"), "append");
    says(&job.fails(&[], 2), &["fetch.job.pages.body", "not a filter"]);
}

#[test]
fn nothing_does_not_replace_rows_unless_the_job_says_so() {
    let job = scripted(|_| Answer::json("[]"));
    job.db.execute("CREATE TABLE t (id bigint); INSERT INTO t VALUES (7)");
    configure(&job, "rows: '.[]'", "replace");
    says(&job.fails(&[], 1), &["no row has come; the table's rows stay as they are", "allow_empty: true"]);
    // A list of requests that is empty is no better.
    job.work.write("requests.ndjson", "");
    says(&job.fails(&[], 1), &["no row has come"]);
    assert_eq!(job.ids(), "7");
    configure(&job, "rows: '.[]'", "replace, allow_empty: true");
    job.run(&[], 0);
    assert_eq!(job.ids(), "");
}
