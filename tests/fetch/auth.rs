//! Who sends the requests: users and passwords, tokens that do not change, and tokens by OAuth 2.0.

use crate::script::{list, scripted};
use pghaul_mock_api::{Answer, Request};
use pghaul_test_support::fetch::Fetch;
use pghaul_test_support::says;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const INTO: &str = "into: {table: t, mode: append, columns: {id: bigint}}";

/// An API that answers with the header `Authorization` in its rows.
fn echo() -> Fetch {
    scripted(|request| {
        let value = request.header("authorization").unwrap_or("none");
        Answer::json(format!("[{{\"id\": 1, \"a\": {}}}]", serde_json::Value::from(value)))
    })
}

#[test]
fn users_passwords_and_tokens_become_one_header_and_are_shown_nowhere() {
    let user = "Basic dXNlcjpwYUBzcw==";
    for (keys, expected) in [
        ("url: 'http://user:pa%40ss@HOST/x'", user),
        ("url: 'BASE/x'\n    auth: {basic: {user: user, password: '${PASS}'}}", user),
        ("url: 'BASE/x'\n    auth: {bearer: '${TOKEN}'}", "Bearer t-o.k~e+n/1="),
        ("url: 'BASE/x'", "none"),
    ] {
        let job = echo();
        let keys = keys.replace("HOST", job.api.base().trim_start_matches("http://"));
        let into = "into: {table: e, mode: append, columns: {id: bigint, a: text}}";
        job.config("{}\n", &format!("{keys}\n    rows: '.[]'\n    {into}"));
        let command = || {
            job.command(&["-v", "--report", "report.json"]).env("PASS", "pa@ss").env("TOKEN", "t-o.k~e+n/1=")
        };
        let run = command().run();
        run.assert_code(0);
        assert_eq!(job.db.one("SELECT a FROM e"), expected);
        // Nor where the run fails.
        job.work.write("config.yml", job.work.read("config.yml").replace("'.[]'", "'error(tostring)'"));
        let failed = command().run();
        failed.assert_code(1);
        let ledger = job.db.one("SELECT string_agg(f::text, ' ') FROM pghaul.fetches f");
        for text in [&run.stderr, &run.stdout, &failed.stderr, &job.work.read("report.json"), &ledger] {
            for secret in ["pa@ss", "pa%40ss", "dXNlcjpwYUBzcw", "t-o.k~e+n/1"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
    }
}

#[test]
fn there_is_one_sender() {
    let job = echo();
    for (keys, said) in [
        ("url: 'http://u:p@h/x'\n    auth: {bearer: x}", "says more than once who sends the requests"),
        ("url: 'BASE/x'\n    auth: {bearer: x}\n    headers: {authorization: y}", "says more than once"),
        ("url: 'BASE/x'\n    auth: {}", "names not exactly one way"),
        ("url: 'BASE/x'\n    auth: {bearer: x, basic: {user: u, password: p}}", "names not exactly one way"),
        ("url: 'BASE/x'\n    auth: {bearer: \"a\\nb\"}", "characters that no header can hold"),
        ("url: 'BASE/x'\n    auth: {basic: {user: 'a:b', password: p}}", "a user with a colon"),
        (
            "url: 'BASE/x'\n    auth: {oauth2: {token_url: 'h/t', client_id: i, client_secret: s}}",
            "begins with neither",
        ),
    ] {
        job.config("{}\n", &format!("{keys}\n    rows: '.[]'\n    {INTO}"));
        says(&job.fails(&[], 2), &[said]);
    }
}

/// Tokens are numbered; each is good for `uses` requests.
struct Tokens {
    given: AtomicUsize,
    uses: Mutex<Vec<usize>>,
    most: usize,
}

/// An API that wants tokens, which it gives for `grant` at `/token`, where `is_client` says who asks.
fn with_tokens(
    most: usize,
    grant: &'static str,
    is_client: fn(&Request, &str) -> bool,
) -> (Fetch, Arc<Tokens>) {
    let tokens = Arc::new(Tokens { given: AtomicUsize::new(0), uses: Mutex::default(), most });
    let state = Arc::clone(&tokens);
    let job = scripted(move |request| {
        if request.path() == "/token" {
            let body = String::from_utf8_lossy(&request.body);
            if !is_client(request, &body) {
                return Answer::new(401, "{\"error\": \"invalid_client\"}");
            }
            assert!(body.contains(grant) && body.contains("scope=read%20all"), "{body}");
            let number = state.given.fetch_add(1, Ordering::SeqCst) + 1;
            state.uses.lock().unwrap().push(0);
            // Time for all threads to want one.
            std::thread::sleep(std::time::Duration::from_millis(100));
            return Answer::json(format!(
                "{{\"access_token\": \"access-{number}-x\", \"token_type\": \"bearer\", \"expires_in\": 3600, \
                 \"refresh_token\": \"refresh-{number}\"}}"
            ));
        }
        let newest = state.given.load(Ordering::SeqCst);
        let is_newest = request.header("authorization") == Some(&format!("Bearer access-{newest}-x"));
        let mut uses = state.uses.lock().unwrap();
        match uses.last_mut() {
            Some(count) if is_newest && *count < state.most => *count += 1,
            _ => return Answer::new(401, "{}"),
        }
        let id = request.path().trim_start_matches('/').parse().unwrap();
        Answer::json(list([id]))
    });
    let requests: String = (1..=30).map(|id| format!("{{\"id\": {id}}}\n")).collect();
    let oauth2 =
        "{token_url: 'BASE/token', client_id: 'me', client_secret: '${SECRET}', scope: read all, MORE}";
    let more = if grant.contains("refresh") {
        "refresh_token: refresh-0"
    } else {
        "params: {audience: 'https://x/'}"
    };
    let auth = oauth2.replace("MORE", more);
    job.config(
        &requests,
        &format!("url: 'BASE/{{id}}'\n    auth: {{oauth2: {auth}}}\n    concurrency: 8\n    rows: '.[]'\n    retries: 0\n    {INTO}"),
    );
    (job, tokens)
}

fn in_header(request: &Request, _: &str) -> bool {
    request.header("authorization") == Some("Basic bWU6czNjcmV0LVp6") // me:s3cret-Zz
}

#[test]
fn a_token_is_fetched_once_for_all_threads_and_renewed_when_it_is_refused() {
    for (most, tokens_given) in [(usize::MAX, 1), (20, 2)] {
        let (job, tokens) = with_tokens(
            most,
            "grant_type=client_credentials&scope=read%20all&audience=https%3A%2F%2Fx%2F",
            in_header,
        );
        let run = job.command(&["-v", "--report", "report.json"]).env("SECRET", "s3cret-Zz").run();
        run.assert_code(0);
        assert_eq!(job.ids().split(' ').count(), 30);
        assert_eq!(tokens.given.load(Ordering::SeqCst), tokens_given);
        for text in [&run.stderr, &run.stdout, &job.work.read("report.json")] {
            assert!(!text.contains("access-") && !text.contains("s3cret"), "{text}");
        }
    }
}

#[test]
fn credentials_go_into_the_body_where_the_header_is_refused_and_a_refresh_token_is_replaced() {
    let (job, tokens) =
        with_tokens(20, "grant_type=refresh_token&refresh_token=refresh-", |request, body| {
            request.header("authorization").is_none() && body.contains("client_id=me&client_secret=s3cret-Zz")
        });
    job.command(&[]).env("SECRET", "s3cret-Zz").run().assert_code(0);
    assert_eq!(tokens.given.load(Ordering::SeqCst), 2);
}

#[test]
fn without_a_token_nothing_is_sent_and_the_answer_is_shown() {
    let (job, tokens) = with_tokens(9, "", |_, _| false);
    let run = job.command(&["-q"]).env("SECRET", "s3cret-Zz").run();
    run.assert_code(1)
        .assert_stderr_has("gives no token: HTTP status 401")
        .assert_stderr_has("invalid_client");
    run.assert_never_says("s3cret");
    assert_eq!(tokens.given.load(Ordering::SeqCst), 0);
    // A token that is refused at once is renewed once.
    let (job, tokens) = with_tokens(0, "client_credentials", in_header);
    job.work.write("requests.ndjson", "{\"id\": 1}\n");
    let run = job.command(&["-q"]).env("SECRET", "s3cret-Zz").run();
    run.assert_code(1).assert_stderr_has("HTTP status 401");
    assert_eq!(tokens.given.load(Ordering::SeqCst), 2);
}
