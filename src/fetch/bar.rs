//! What a run shows of itself while it works: its rate beside the limit, and what it waits for.

use super::api::client::Client;
use super::api::window::Wait;
use super::settings::Settings;
use crate::report::log::Verbosity;
use crate::report::progress::RequestProgress;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The rate is that of the last window or, without a limit, of so long: an API may answer in bursts.
const WINDOW: Duration = Duration::from_secs(2);
/// Shorter waits are not worth a word: each request may have one.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// The bar of a run.
pub fn bar(verbosity: Verbosity, settings: &Settings, client: &Arc<Client>) -> RequestProgress {
    let (limit, window, client) = (settings.limit, settings.window, Arc::clone(client));
    let most = (limit > 0).then(|| limit as f64 / window.as_secs_f64());
    let meter = Mutex::new(Meter::new(if limit > 0 { window } else { WINDOW }, Instant::now()));
    RequestProgress::new(verbosity, move || {
        let limiter = client.limiter();
        let mut meter = meter.lock().unwrap_or_else(PoisonError::into_inner);
        text(meter.rate(Instant::now(), limiter.ended()), most, limiter.wait())
    })
}

/// The words behind the numbers of requests.
fn text(rate: f64, most: Option<f64>, wait: Option<Wait>) -> String {
    let of = most.map(|most| format!(" of {}", per_second(most))).unwrap_or_default();
    let for_limit = |time: Option<Duration>| match time {
        Some(time) if time < SHORTEST_WAIT => String::new(),
        Some(time) => format!(", waits {:.1} s for the limit", time.as_secs_f64()),
        None => ", waits for the limit".to_owned(),
    };
    let waits = match wait {
        None => String::new(),
        Some(Wait::Limit(time)) => for_limit(time),
        Some(Wait::Asked(time)) => format!(", waits {:.1} s as the API asks", time.as_secs_f64()),
    };
    format!("{}{of}{waits}", per_second(rate))
}

fn per_second(rate: f64) -> String {
    if rate > 0.0 && rate < 1.0 { format!("{rate:.3}/s") } else { format!("{rate:.1}/s") }
}

/// The rate of requests over some time.
struct Meter {
    window: Duration,
    /// How many had ended when, the oldest first.
    looks: VecDeque<(Instant, u64)>,
}

impl Meter {
    fn new(window: Duration, now: Instant) -> Meter {
        Meter { window, looks: VecDeque::from([(now, 0)]) }
    }

    /// Requests per second over the last window, of which so many have `ended` in all.
    fn rate(&mut self, now: Instant, ended: u64) -> f64 {
        self.looks.push_back((now, ended));
        while self.looks.get(1).is_some_and(|(at, _)| now - *at >= self.window) {
            self.looks.pop_front();
        }
        let (since, before) = self.looks.front().copied().unwrap_or((now, ended));
        // A window that has just begun may hold a burst.
        (ended - before) as f64 / (now - since).max(self.window).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_window() {
        let begin = Instant::now();
        let mut meter = Meter::new(Duration::from_secs(10), begin);
        let mut rate = |seconds, ended| meter.rate(begin + Duration::from_secs(seconds), ended);
        assert_eq!((rate(0, 0), rate(5, 250), rate(10, 250)), (0.0, 25.0, 25.0));
        assert_eq!((rate(15, 500), rate(20, 500), rate(40, 500)), (25.0, 25.0, 0.0));
    }

    #[test]
    fn the_words_name_the_limit_and_what_is_waited_for() {
        let second = Duration::from_secs(1);
        for (rate, most, wait, words) in [
            (0.0, None, None, "0.0/s"),
            (24.84, Some(25.0), None, "24.8/s of 25.0/s"),
            (
                0.0,
                Some(1.0 / 60.0),
                Some(Wait::Limit(Some(second))),
                "0.0/s of 0.017/s, waits 1.0 s for the limit",
            ),
            (1.0, Some(1.0), Some(Wait::Limit(None)), "1.0/s of 1.0/s, waits for the limit"),
            (1.0, Some(1.0), Some(Wait::Limit(Some(second / 20))), "1.0/s of 1.0/s"),
            (9.0, None, Some(Wait::Asked(second * 12)), "9.0/s, waits 12.0 s as the API asks"),
        ] {
            assert_eq!(text(rate, most, wait), words);
        }
    }
}
