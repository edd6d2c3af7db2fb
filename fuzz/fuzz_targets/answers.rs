//! What an API answers: its JSON is what another reader makes of it, within its limit of memory; its headers mean what a structure of
//! links and dates says that they were written from; a whole response, in any framing, comes as it was sent or not at all; and no
//! filter on it takes more of the stack than there is.

#![no_main]
#![allow(clippy::unwrap_used, reason = "a fuzz target fails by panicking")]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use pghaul::fetch::api::client::{Client, ClientSettings, Failure};
use pghaul::fetch::json::{Budget, parse, parse_within, write_json};
use pghaul::fetch::response::filter::{Filter, Known};
use pghaul::fetch::response::headers::{next_link, retry_after};
use pghaul_fuzz::choices::Choices;
use pghaul_fuzz::links;
use pghaul_fuzz::memory::{self, Allocator};
use pghaul_fuzz::web::{Response, Server};
use serde_json::Value;
use std::alloc::System;
use std::sync::LazyLock;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator::new(System, usize::MAX);

/// The largest response.
const MOST_BYTES: usize = 64 << 10;
/// What the reader of JSON may take besides its values: messages, and what it keeps of the text, for each byte of it.
const BESIDES_BYTES: usize = 16 << 10;
const BESIDES_PER_BYTE: usize = 4;

/// Recursion at `@` in every part of a filter. It is never the last thing that a filter does, since that would not recurse, and in no
/// part that is run twice, since that would take for ever: the time of filters has another limit.
const RECURSIONS: [&str; 14] = [
    "[@]",
    "{a: @}",
    "1 + @",
    "@ + 1",
    "@ | .",
    "-@",
    "first(@)",
    "@ as $x | $x",
    "reduce @ as $x (0; .)",
    "foreach @ as $x (0; .)",
    "if @ then 1 else 2 end",
    "\"a\\(@)b\"",
    "[limit(1; @)]",
    "[range(@)]",
];

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices::of(input);
    match choices.below(6) {
        0 => check_json(&mut choices),
        1 => check_links(&mut choices),
        2 => check_waits(&mut choices),
        3 => check_words(choices.rest()),
        4 => check_recursion(&mut choices),
        _ => check_response(&mut choices),
    }
});

fn check_json(choices: &mut Choices<'_>) {
    let most = 1_u64 << (8 + choices.below(16));
    let text = choices.rest();
    let besides = BESIDES_BYTES + BESIDES_PER_BYTE * text.len();
    let limited = memory::within(&ALLOCATOR, 2 * most as usize + besides, || {
        parse_within(text, &mut Budget::new(most)).map(drop)
    });
    let (ours, theirs) = (parse(text), serde_json::from_slice::<Value>(text));
    if let Err(message) = &limited {
        assert!(ours.is_err() || message.ends_with("which max_memory allows"), "{message}");
    }
    match (ours, theirs) {
        (Ok(ours), theirs) => {
            let mut written = String::new();
            if let Err(what) = write_json(&mut written, &ours) {
                // What Python writes is no JSON, and concerns one value.
                let text = String::from_utf8_lossy(text);
                let is_odd = ["NaN", "Infinity", "\\u"].iter().any(|odd| text.contains(odd));
                return assert!(is_odd && theirs.is_err(), "{what}: {text}");
            }
            match (serde_json::from_str::<Value>(&written), theirs) {
                (Ok(again), Ok(theirs)) => assert_eq!(again, theirs),
                // Ours has numbers of any size, and goes deeper.
                (Err(again), Err(theirs)) => {
                    let (again, theirs) = (again.to_string(), theirs.to_string());
                    let is_limit = |what: &str| {
                        what.starts_with("number out of range")
                            || what.starts_with("recursion limit exceeded")
                    };
                    assert!(is_limit(&again) && is_limit(&theirs), "{again}, {theirs}");
                }
                (again, theirs) => panic!("{again:?}, {theirs:?}"),
            }
        }
        (Err(message), Ok(_)) => {
            assert!(message.contains("stands twice in one object at byte "), "{message}")
        }
        (Err(message), Err(_)) => {
            let place = message.rsplit_once("at byte ").unwrap().1;
            let place: usize = place.split(':').next().unwrap().parse().unwrap();
            assert!(place <= text.len(), "{message}");
        }
    }
}

/// Links that were written from a structure, which says what the next one is.
fn check_links(choices: &mut Choices<'_>) {
    let (header, next) = links::drawn(choices);
    assert_eq!(next_link(&header), Ok(next.as_deref()), "{header}");
}

/// Seconds, and dates in the three forms of HTTP.
fn check_waits(choices: &mut Choices<'_>) {
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    let seconds = u64::from_le_bytes(choices.bytes(8).try_into().unwrap_or_default());
    assert_eq!(retry_after(&format!(" {seconds}"), now), Some(Duration::from_secs(seconds)));
    // From 1994 to 2054.
    let then = Timestamp::from_second(757_382_400 + (seconds % 1_893_456_000) as i64).unwrap();
    let wait = Duration::try_from(then.duration_since(now)).unwrap_or_default();
    let form =
        choices.one_of(&["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]);
    let header = then.strftime(form).to_string();
    assert_eq!(retry_after(&header, now), Some(wait), "{header}");
}

/// Any words as headers.
fn check_words(header: &[u8]) {
    let header = String::from_utf8_lossy(header);
    if let Ok(Some(next)) = next_link(&header) {
        assert!(header.contains(&format!("<{next}>")) && !next.contains('>'), "{header}");
    }
    let now = Timestamp::from_second(1_700_000_000).unwrap();
    let is_digits = header.trim().bytes().all(|byte| byte.is_ascii_digit()) && !header.trim().is_empty();
    assert!(!is_digits || retry_after(&header, now).is_some());
}

/// A filter that calls itself without end, whatever it does with what it gets.
fn check_recursion(choices: &mut Choices<'_>) {
    let mut body = "f".to_owned();
    for _ in 0..1 + choices.below(6) {
        body = choices.one_of(&RECURSIONS).replace('@', &format!("({body})"));
    }
    let filter = Filter::compile(&format!("def f: {body}; f")).unwrap();
    let first = filter.first(parse(b"{\"a\": [1]}").unwrap(), &Known::default());
    assert!(first.is_err(), "{body}: {first:?}");
}

struct Api {
    server: Server,
    client: Client,
}

static API: LazyLock<Api> = LazyLock::new(|| {
    let client = Client::new(ClientSettings {
        job: "fuzz",
        method: "GET",
        headers: &[],
        auth: None,
        names_host: true,
        origins: &[],
        limit: 0,
        window: Duration::from_secs(1),
        strict: false,
        concurrency: 1,
        timeout: Duration::from_secs(10),
        max_wait: Duration::ZERO,
        max_response: MOST_BYTES as u64,
        max_memory: 64 << 20,
        ca_file: None,
    });
    Api { server: Server::start(), client: client.unwrap() }
});

/// A response whose framing is sound comes as it was sent, if it is not too large; one that is cut off never comes as a whole one.
fn check_response(choices: &mut Choices<'_>) {
    let sent = Response::drawn(choices, 8 * MOST_BYTES);
    let body = &sent.body;
    let url = API.server.url(sent.bytes);
    match API.client.send(&url, &url, None, &[], &|| false) {
        Ok(got) => {
            assert!(got.body.len() <= MOST_BYTES);
            let is_start = sent.has_no_end && body.starts_with(&got.body);
            assert!(got.body == *body || is_start, "{} of {}", got.body.len(), body.len());
            let header = |name| got.header(name).map(Result::unwrap);
            assert_eq!((got.status.as_u16(), header("link").unwrap_or_default()), (sent.status, sent.links));
            assert_eq!(header("retry-after"), Some(sent.retry_after));
        }
        Err(Failure::Again(why)) => assert!(sent.is_cut, "{why}"),
        Err(Failure::Never(why)) => {
            assert!(why.ends_with("which max_response allows") && body.len() > MOST_BYTES, "{why}");
        }
        Err(Failure::Stopped) => panic!("nothing has stopped it"),
    }
}
