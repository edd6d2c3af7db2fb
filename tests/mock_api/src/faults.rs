//! Paths under `/fault`: what goes wrong between a client and a server.

use crate::http::{Answer, Request};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How often each path was asked for.
#[derive(Debug, Default)]
pub struct Counts(Mutex<HashMap<String, u64>>);

impl Counts {
    /// One time more; the first is 1.
    pub fn next(&self, target: &str) -> u64 {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(target.to_owned()).or_insert(0);
        *count += 1;
        *count
    }

    /// How often a target was asked for.
    pub fn of(&self, target: &str) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(target).copied().unwrap_or(0)
    }
}

/// The answer to a request for a fault, the `time`th; none where the connection just ends.
///
/// With `?times=N`, only the first N requests meet the fault.
pub fn answer(request: &Request, time: u64, base: &str) -> Option<Answer> {
    let good = || Some(Answer::json(r#"[{"id": 1}, {"id": 2}]"#));
    if request.number("times").is_some_and(|times| time > times) {
        return good();
    }
    let fault = request.path().trim_start_matches("/fault/");
    if let Some(status) = fault.strip_prefix("status/").and_then(|status| status.parse().ok()) {
        let mut answer = Answer::new(status, r#"{"error": "told to"}"#);
        if let Some(seconds) = request.parameter("after") {
            answer = answer.header("retry-after", seconds);
        }
        if let Some(seconds) = request.number("date_in") {
            let date = SystemTime::now() + Duration::from_secs(seconds);
            answer = answer.header("retry-after", httpdate::fmt_http_date(date));
        }
        return Some(answer);
    }
    match fault {
        "slow" => {
            std::thread::sleep(Duration::from_millis(request.number("ms").unwrap_or(3000)));
            good()
        }
        "half" => {
            let mut answer = Answer::json(format!("[{}1]", "1, ".repeat(10_000)));
            answer.cut = Some(1000);
            Some(answer)
        }
        "reset" => None,
        "html" => Some(Answer::json("<html><body>Service under maintenance</body></html>")),
        "deep" => Some(Answer::json("[".repeat(100_000))),
        "twice" => Some(Answer::json(r#"[{"id": 1, "id": 2}]"#)),
        "values" => {
            let item = match request.parameter("of") {
                Some("list") => "[]",
                Some("object") => "{}",
                Some("text") => r#""""#,
                Some("member") => r#"{"a":0}"#,
                _ => "0",
            };
            let bytes = request.number("mib").unwrap_or(1) << 20;
            let count = usize::try_from(bytes).unwrap_or_default() / (item.len() + 1);
            Some(Answer::json(format!("[{}{item}]", format!("{item},").repeat(count - 1))))
        }
        "big" => Some(Answer::json(format!("[{}1]", "1, ".repeat(1 << 20)))),
        "throttle" => {
            Some(Answer::json(r#"{"ErrorCode": 36, "ThrottleSeconds": 1, "Message": "slow down"}"#))
        }
        "code" => {
            Some(Answer::json(r#"{"ErrorCode": 1601, "ThrottleSeconds": 0, "Message": "no such account"}"#))
        }
        "redirect" => {
            let target = request.parameter("to").map_or(format!("{base}/echo"), str::to_owned);
            let status = request.number("status").and_then(|status| status.try_into().ok()).unwrap_or(302);
            Some(Answer::new(status, "").header("location", target))
        }
        "next" => {
            let next = request.parameter("to").unwrap_or_default();
            let next = next.replace("%3C", "<").replace("%20", " ").replace("%3E", ">");
            Some(Answer::json(format!("{{\"items\": [], \"next\": \"{next}\"}}")))
        }
        "loop" => Some(Answer::new(302, "").header("location", "/fault/loop")),
        _ => good(),
    }
}
