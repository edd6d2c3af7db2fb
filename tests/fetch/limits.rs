//! Limits that hold: responses whose values are far larger than their bytes, and filters that never end.

use nix::sys::signal::Signal;
use pghaul_mock_api::Options;
use pghaul_test_support::{Running, fetch, messages, says};
use std::time::{Duration, Instant};

const NUMBER: &str =
    "rows: '.[0] | [1]'\n    retries: 0\n    into: {table: t, mode: append, columns: {id: bigint}}";

#[test]
fn values_have_a_limit_of_memory_however_short_they_are_written() {
    for of in ["list", "object", "text", "number", "member"] {
        let job = fetch!(Options { gzip: true, ..Options::default() });
        let requests: String = (1..=4).map(|id| format!("{{\"id\": {id}}}\n")).collect();
        let keys = format!("url: 'BASE/fault/values?of={of}&mib=4&id={{id}}'\n    {NUMBER}");
        job.config(&requests, &format!("{keys}\n    max_memory: 16MiB"));
        let (run, peak_kib) =
            Running::start(job.command(&["-q", "--max-failures", "8"]).command()).wait_with_peak();
        run.assert_code(1);
        assert!(peak_kib < 400 << 10, "{of}: {peak_kib} KiB");
        let errors =
            job.db.one("SELECT string_agg(DISTINCT split_part(error, '): ', 2), ', ') FROM pghaul.fetches");
        says(&errors, &["its values take more than 16 MiB of memory, which max_memory allows"]);
        if of == "number" {
            // Two large responses at once do not fit; each waits for its turn, and all of them come.
            job.config(&requests, &format!("{keys}\n    max_memory: 256MiB"));
            job.run(&[], 0);
            assert_eq!(job.db.one("SELECT count(*) FROM t"), "4");
        }
    }
}

#[test]
fn filters_that_never_end_or_take_all_memory_end_the_run() {
    let job = fetch!(Options::default());
    for (filter, what) in [
        ("def f: f; f", "not ended within 2s"),
        ("[range(1e9)] | length | [.]", ""),
        ("repeat([1])", ""),
        ("[limit(1e8; repeat(\"a\"))] | add | [length]", ""),
    ] {
        for key in ["rows", "success", "wait", "pages.next"] {
            let rows = if key == "rows" { filter } else { ".[] | [.id]" };
            let key = match key {
                "rows" => String::new(),
                "pages.next" => format!("pages: {{next: 'first({filter} | select(. == 7))'}}"),
                key => format!("{key}: 'first({filter} | select(. == 7))'"),
            };
            job.config(
                "{}\n",
                &format!(
                    "url: 'BASE/fault/good'\n    rows: '{rows}'\n    timeout: 2s\n    max_memory: 64MiB\n    {key}\n    \
                     into: {{table: t, mode: append, columns: {{id: bigint}}}}"
                ),
            );
            let begun = Instant::now();
            let (run, peak_kib) = Running::start(job.command(&["-q"]).command()).wait_with_peak();
            run.assert_code(1);
            says(
                &messages(&run).join("\n"),
                &["fetch.job: the filters have ", what, " on the response to request 1"],
            );
            assert!(begun.elapsed() < Duration::from_secs(20), "{filter}, {key}: {:?}", begun.elapsed());
            assert!(peak_kib < 2 << 20, "{filter}, {key}: {peak_kib} KiB");
        }
    }
}

#[test]
fn filters_that_recurse_without_end_fail_their_request() {
    let job = fetch!(Options::default());
    for filter in ["def f: [f]; f", "def f: {a: f}; f", "def f(g): [f(g)]; f(.)", "def f: f + 1; f"] {
        for key in ["rows", "success"] {
            let (rows, success) = match key {
                "rows" => (filter, "true"),
                _ => (".[] | [.id]", filter),
            };
            job.config(
                "{}\n",
                &format!(
                    "url: 'BASE/fault/good'\n    retries: 0\n    rows: '{rows}'\n    success: '{success}'\n    \
                     into: {{table: t, mode: append, columns: {{id: bigint}}}}"
                ),
            );
            let run = job.command(&["-q"]).run();
            run.assert_code(1);
            says(&messages(&run).join("\n"), &["recurses too deeply"]);
        }
    }
}

#[test]
fn a_signal_ends_a_run_whose_filter_never_ends() {
    let job = fetch!(Options::default());
    job.config(
        "{}\n",
        "url: 'BASE/fault/good'\n    rows: 'def f: f; f'\n    timeout: 10m\n    into: {table: t, mode: append, columns: {id: bigint}}",
    );
    let run = Running::start(job.command(&[]).command());
    while job.api.count("/fault/good") == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    run.signal(Signal::SIGTERM);
    run.wait().assert_code(143);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn the_apis_own_marks_are_none_of_the_ledgers() {
    let job = fetch!(Options::default());
    let next = |to: &str| {
        job.config(
            "{}\n",
            &format!(
                "url: 'BASE/fault/next?to={to}'\n    rows: '.items[]'\n    pages: {{next: '.next'}}\n    \
                 into: {{table: t, mode: append, columns: {{id: bigint}}}}"
            ),
        );
        job.fails(&[], 1)
    };
    says(&next("http://[::/x"), &["names \"http://[::/x\" as its next page, which is no URL"]);
    assert_eq!(job.db.one("SELECT count(*) FROM pghaul.fetches WHERE next_page IS NOT NULL"), "0");
    // The ledger marks secrets so, and a resumed run would fill such a mark.
    next("BASE/x%3Csecret%200%3E");
    let page = job.db.one("SELECT next_page FROM pghaul.fetches WHERE page = 1");
    assert!(page.ends_with("/x%3Csecret%200%3E"), "{page}");
}
