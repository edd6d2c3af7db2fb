//! What is sent: URLs, bodies and headers, as the fields of a request fill them.

use crate::script::scripted;
use pghaul_mock_api::{Answer, Request};
use pghaul_test_support::says;
use std::sync::{Arc, Mutex};

/// What the API gets of a job with these keys for this request: method, target, body and one header, or the message of a run that fails
/// with this exit code.
fn sent(keys: &str, request: &str, env: &[(&str, &str)]) -> Result<(String, String, String), (i32, String)> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&seen);
    let job = scripted(move |request: &Request| {
        let header = request.header("x-id").or(request.header("authorization")).unwrap_or_default();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        notes.lock().unwrap().push((request.target.clone(), body, header.to_owned()));
        Answer::json("[{\"id\": 1}]")
    });
    let into = "into: {table: t, mode: append, columns: {id: bigint}}";
    job.config(&format!("{request}\n"), &format!("rows: '.[]'\n    {keys}\n    {into}"));
    let mut command = job.command(&["-q"]);
    for (name, value) in env {
        command = command.env(name, value);
    }
    let run = command.run();
    if run.code != 0 {
        assert!(seen.lock().unwrap().is_empty(), "{run:?}");
        return Err((run.code, run.stderr.clone()));
    }
    let mut seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    Ok(seen.remove(0))
}

#[test]
fn urls_hold_what_urls_can_hold() {
    let target = |keys: &str, request: &str| sent(keys, request, &[("K", "ab+c/d== {x}")]).unwrap().0;
    assert_eq!(
        target("url: 'BASE/x?search={{\"parent\":[]}}&f=ü|'", "{}"),
        "/x?search=%7B%22parent%22:[]%7D&f=%C3%BC%7C"
    );
    assert_eq!(
        target("url: 'BASE/{q}?q={q}'", r#"{"q": "a b/ü&"}"#),
        "/a%20b%2F%C3%BC%26?q=a%20b%2F%C3%BC%26"
    );
    assert_eq!(target("url: 'BASE/x?key=${K}'", "{}"), "/x?key=ab+c/d==%20%7Bx%7D");
    for value in [r#""""#, r#"".""#, r#""..""#] {
        let (code, message) =
            sent("url: 'BASE/people/{q}/stats'", &format!("{{\"q\": {value}}}"), &[]).unwrap_err();
        assert_eq!(code, 1);
        assert!(message.contains("field q makes the part"), "{message}");
    }
    let (_, message) = sent("url: 'BASE/people/{q}/stats'", r#"{"q": null}"#, &[]).unwrap_err();
    says(&message, &["field q is null; leave such requests out (WHERE q IS NOT NULL)"]);
}

#[test]
fn bodies_stay_of_their_kind() {
    let body = |keys: &str, request: &str| {
        sent(&format!("url: 'BASE/x'\n    method: POST\n    {keys}"), request, &[])
    };
    let form = "headers: {Content-Type: application/x-www-form-urlencoded}";
    assert_eq!(
        body(&format!("body: 'v={{v}}&w=1'\n    {form}"), r#"{"v": "a b&c"}"#).unwrap().1,
        "v=a%20b%26c&w=1"
    );
    let json = r#"body: '{{"q": "name:{v}", "v": {v}}}'"#;
    assert_eq!(body(json, r#"{"v": "a \"b\""}"#).unwrap().1, r#"{"q": "name:a \"b\"", "v": "a \"b\""}"#);
    // So are variables.
    let body_of = |keys: &str, value: &str| {
        sent(&format!("url: 'BASE/x'\n    method: POST\n    body: '{keys}'"), "{}", &[("K", value)])
            .unwrap()
            .1
    };
    assert_eq!(body_of(r#"{{"k": "${K}"}}"#, r#"a\b"{c}"#), r#"{"k": "a\\b\"{c}"}"#);
    assert_eq!(body_of(r#"{{"k": ${K}, "n": "${K}"}}"#, "7"), r#"{"k": 7, "n": "7"}"#);
    assert_eq!(body_of("${K}", r#"{"a": [1]}"#), r#"{"a": [1]}"#);
    let (code, message) = body("body: '{{\"q\": {v}'", "{}").unwrap_err();
    assert_eq!(code, 2);
    says(&message, &["fetch.job.body", "is not JSON: ", "name its Content-Type in headers"]);
}

#[test]
fn headers_are_filled_too() {
    let header =
        |keys: &str, request: &str| sent(&format!("url: 'BASE/x'\n    {keys}"), request, &[("K", "k{v}")]);
    assert_eq!(header("headers: {X-Id: 'a {v}'}", r#"{"v": "b c"}"#).unwrap().2, "a b c");
    assert_eq!(header("headers: {X-Id: '${K} {{}}'}", "{}").unwrap().2, "k{v} {}");
    let (code, message) = header("headers: {X-Id: '{v}'}", r#"{"v": "b\r\nX-Admin: 1"}"#).unwrap_err();
    assert_eq!(code, 1);
    says(&message, &["the header x-id would have characters that no header can hold"]);
}
