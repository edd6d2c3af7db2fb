//! Which answer a request gets.

use crate::faults;
use crate::http::{Answer, Request};
use crate::server::{Shared, Throttle};
use crate::{pages, stats};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::time::Instant;

/// The answer to a request; none where the connection just ends.
pub fn answer(request: &Request, shared: &Shared) -> Option<Answer> {
    if request.path() == "/window" {
        let window = shared.window();
        let (requests, violations, most) = (window.requests, window.violations, window.most);
        return Some(Answer::json(format!(
            "{{\"requests\": {requests}, \"violations\": {violations}, \"most\": {most}}}\n"
        )));
    }
    let time = shared.counts.next(&request.target);
    if !shared.window().arrive(Instant::now()) {
        return Some(too_many(shared.options.throttle));
    }
    std::thread::sleep(shared.options.latency);
    let answer = match request.path() {
        _ if shared.options.script.is_some() => (shared.options.script.as_ref()?.0)(request)?,
        path if path.starts_with("/fault/") => faults::answer(request, time, &shared.base)?,
        path if path.starts_with("/pages/") => pages::answer(request, &shared.base),
        path if path.starts_with("/small/") => {
            Answer::json(format!("[{}]", path.trim_start_matches("/small/")))
        }
        path if path.starts_with("/people/") => person(path.trim_start_matches("/people/")),
        "/echo" => echo(request),
        path => match character(path) {
            Some(id) => Answer::json(stats::answer(id)),
            None => Answer::new(404, r#"{"error": "no such path"}"#),
        },
    };
    let takes_gzip = request.header("accept-encoding").is_some_and(|codings| codings.contains("gzip"));
    Some(if shared.options.gzip && takes_gzip { zipped(answer) } else { answer })
}

/// The character in `/Platform/Destiny2/2/Account/…/Character/…/Stats/AggregateActivityStats/`.
fn character(path: &str) -> Option<u64> {
    let (_, behind) = path.split_once("/Character/")?;
    behind.strip_suffix("/Stats/AggregateActivityStats/")?.parse().ok()
}

/// The API of the documentation's example.
fn person(id: &str) -> Answer {
    Answer::json(format!("{{\"person\": {{\"name\": \"Person {id}\", \"tags\": [\"a\", \"b\"]}}}}"))
}

fn too_many(throttle: Throttle) -> Answer {
    match throttle {
        Throttle::Status => Answer::new(429, r#"{"error": "too many requests"}"#).header("retry-after", "1"),
        Throttle::Body => Answer::json(
            r#"{"ErrorCode": 36, "ThrottleSeconds": 1, "ErrorStatus": "ThrottleLimitExceededMomentarily", "Message": "Too many requests"}"#,
        ),
    }
}

/// What came, as a list with one object.
fn echo(request: &Request) -> Answer {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let headers: Vec<String> =
        request.headers.iter().map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))).collect();
    Answer::json(format!(
        "[{{\"method\": {}, \"target\": {}, \"headers\": {{{}}}, \"body\": {}}}]",
        quoted(&request.method),
        quoted(&request.target),
        headers.join(", "),
        quoted(&String::from_utf8_lossy(&request.body))
    ))
}

fn zipped(mut answer: Answer) -> Answer {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Into memory, which takes all.
    if encoder.write_all(&answer.body).is_ok()
        && let Ok(body) = encoder.finish()
    {
        answer.body = body;
        answer.headers.push(("content-encoding", "gzip".to_owned()));
    }
    answer
}
