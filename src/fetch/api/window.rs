//! A rolling window: no window holds more requests than the API allows, as the API counts them.
//!
//! The API counts a request when it arrives, some time between its start and the arrival of its response. With `strict`, a
//! request counts until one window after its *response*. That is never too short, whatever the network does, and costs the
//! time of one request per window.
//!
//! Without `strict`, the fastest response so far gives the least time of an answer, on the server and on its way back. Each
//! request arrived at least that long before its response, less a quarter for what varies. If a request is held up on its
//! way, its response is late by as much, and the request counts for longer. A request could be misjudged only if it is held
//! up and the server then answers it faster than any request before.

use std::collections::VecDeque;
use std::time::Duration;

/// For clocks that do not run alike, and for servers that count a window with both its ends.
const TOLERANCE: Duration = Duration::from_millis(2);
/// The window ignores this part of the fastest response: a quarter.
const MARGIN: u32 = 4;

/// A rolling window. All times are since one fixed moment of the caller's clock.
#[derive(Debug)]
pub struct Window {
    limit: usize,
    length: Duration,
    strict: bool,
    /// Requests without a response yet.
    open: usize,
    /// The times of the other responses, in order.
    ended: VecDeque<Duration>,
    fastest: Option<Duration>,
    paused_until: Duration,
}

/// What requests wait for, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// For the limit; how long is not known while all that count are on their way.
    Limit(Option<Duration>),
    /// The API has asked to wait.
    Asked(Duration),
}

/// Whether a request may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Yes, and it is counted.
    Now,
    /// Not before this time.
    At(Duration),
    /// After the end of a request that is on its way.
    AfterAnother,
}

impl Window {
    /// At most `limit` requests in any time of this `length`; 0 for no limit.
    pub fn new(limit: usize, length: Duration, strict: bool) -> Window {
        Window {
            limit,
            length,
            strict,
            open: 0,
            ended: VecDeque::new(),
            fastest: None,
            paused_until: Duration::ZERO,
        }
    }

    /// Asks for a turn at the time `now`.
    pub fn turn(&mut self, now: Duration) -> Turn {
        // These count no longer, however fast the answers will be.
        while self.ended.front().is_some_and(|ended| *ended + self.length + TOLERANCE <= now) {
            self.ended.pop_front();
        }
        let turn = self.next_turn(now);
        if turn == Turn::Now {
            self.open += 1;
        }
        turn
    }

    /// The turn that a request would get at the time `now`.
    fn next_turn(&self, now: Duration) -> Turn {
        if now < self.paused_until {
            return Turn::At(self.paused_until);
        }
        if self.limit == 0 {
            return Turn::Now;
        }
        let counts_for = self.length + TOLERANCE - self.least_answer();
        let gone = self.ended.partition_point(|ended| *ended + counts_for <= now);
        let counted = self.open + self.ended.len() - gone;
        if counted < self.limit {
            return Turn::Now;
        }
        // The next turn is free when so many of them no longer count.
        match self.ended.get(gone + counted - self.limit) {
            Some(ended) => Turn::At(*ended + counts_for),
            None => Turn::AfterAnother,
        }
    }

    /// Ends a request that began at `started`, at the time `now`; `answered` says whether it has a response.
    pub fn end(&mut self, started: Duration, now: Duration, answered: bool) {
        self.open = self.open.saturating_sub(1);
        if self.limit > 0 {
            self.ended.push_back(now);
        }
        if answered {
            let took = now.saturating_sub(started);
            self.fastest = Some(self.fastest.map_or(took, |fastest| fastest.min(took)));
        }
    }

    /// No request may start before the time `until`.
    pub fn pause(&mut self, until: Duration) {
        self.paused_until = self.paused_until.max(until);
    }

    /// What requests that ask for a turn at the time `now` would wait for.
    pub fn wait(&self, now: Duration) -> Option<Wait> {
        match self.next_turn(now) {
            Turn::Now => None,
            Turn::At(time) if now < self.paused_until => Some(Wait::Asked(time - now)),
            Turn::At(time) => Some(Wait::Limit(Some(time.saturating_sub(now)))),
            Turn::AfterAnother => Some(Wait::Limit(None)),
        }
    }

    /// A request arrives at least this long before its response.
    fn least_answer(&self) -> Duration {
        match self.fastest {
            Some(fastest) if !self.strict => (fastest - fastest / MARGIN).min(self.length),
            _ => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LENGTH: Duration = Duration::from_secs(10);

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// A request on its way: how long to the server, and how long until its response is back.
    #[derive(Debug, Clone, Copy)]
    struct Way {
        there: u64,
        back: u64,
    }

    /// Sends requests as fast as the window and `concurrency` allow; gives when each arrived, in milliseconds, and when the
    /// last response came.
    fn simulate(window: &mut Window, ways: &[Way], concurrency: usize) -> (Vec<u64>, u64) {
        let (mut arrivals, mut open, mut now, mut last) = (Vec::new(), Vec::<(u64, u64)>::new(), 0_u64, 0);
        let mut waiting = ways.iter();
        let mut next = waiting.next();
        while next.is_some() || !open.is_empty() {
            let mut wake = u64::MAX;
            while let Some(way) = next.filter(|_| open.len() < concurrency) {
                match window.turn(ms(now)) {
                    Turn::Now => {
                        arrivals.push(now + way.there);
                        open.push((now, now + way.there + way.back));
                        next = waiting.next();
                    }
                    Turn::At(time) => {
                        wake = (time.as_micros().div_ceil(1000) as u64).max(now + 1);
                        break;
                    }
                    Turn::AfterAnother => break,
                }
            }
            now = open.iter().map(|(_, end)| *end).min().unwrap_or(u64::MAX).min(wake);
            for (started, end) in open.extract_if(.., |(_, end)| *end <= now) {
                window.end(ms(started), ms(end), true);
                last = last.max(end);
            }
        }
        (arrivals, last)
    }

    fn most_in_any_window(arrivals: &[u64]) -> usize {
        let mut sorted = arrivals.to_vec();
        sorted.sort_unstable();
        let most = |first: usize| {
            let end = sorted[first] + LENGTH.as_millis() as u64;
            sorted[first..].iter().take_while(|at| **at <= end).count()
        };
        (0..sorted.len()).map(most).max().unwrap_or(0)
    }

    proptest! {
        /// Whatever the ways of the requests, no window ever holds more than the limit.
        #[test]
        fn strictly_no_window_holds_more_than_the_limit(
            ways in prop::collection::vec((0_u64..15_000, 0_u64..15_000), 1..200),
            limit in 1_usize..20,
            concurrency in 1_usize..30,
        ) {
            let ways: Vec<Way> = ways.iter().map(|&(there, back)| Way { there, back }).collect();
            let (arrivals, _) = simulate(&mut Window::new(limit, LENGTH, true), &ways, concurrency);
            prop_assert_eq!(arrivals.len(), ways.len());
            prop_assert!(most_in_any_window(&arrivals) <= limit);
        }

        /// The same where answers take some least time, and requests are held up on their way as they like, but for those
        /// that showed that time.
        #[test]
        fn no_window_holds_more_than_the_limit_where_answers_take_their_time(
            ways in prop::collection::vec((0_u64..12_000, 0_u64..12_000), 1..200),
            least in 0_u64..3_000,
            limit in 1_usize..20,
            concurrency in 1_usize..30,
        ) {
            let held_up = ways.iter().map(|&(there, back)| Way { there, back: least + back });
            let ways: Vec<Way> = std::iter::once(Way { there: 0, back: least }).chain(held_up).collect();
            let (arrivals, _) = simulate(&mut Window::new(limit, LENGTH, false), &ways, concurrency);
            prop_assert_eq!(arrivals.len(), ways.len());
            prop_assert!(most_in_any_window(&arrivals) <= limit);
        }
    }

    #[test]
    fn the_least_possible_time_is_met_within_three_percent() {
        let ways = [Way { there: 1, back: 479 }; 551];
        let (arrivals, last) = simulate(&mut Window::new(250, LENGTH, false), &ways, 60);
        let least = 20_000 + 480;
        assert!(most_in_any_window(&arrivals) <= 250);
        assert!(last * 100 <= least * 103, "{last} ms");
        let (_, strictly) = simulate(&mut Window::new(250, LENGTH, true), &ways, 60);
        assert!(strictly > last && strictly < least + 2 * 480 + 20, "{strictly} ms");
    }

    #[test]
    fn a_pause_is_for_all_and_a_longer_one_stays() {
        let mut window = Window::new(0, LENGTH, false);
        window.pause(ms(500));
        window.pause(ms(300));
        assert_eq!(window.turn(ms(499)), Turn::At(ms(500)));
        assert_eq!(window.wait(ms(499)), Some(Wait::Asked(ms(1))));
        assert_eq!((window.wait(ms(500)), window.turn(ms(500))), (None, Turn::Now));
    }

    #[test]
    fn where_all_are_under_way_one_has_to_end() {
        let mut window = Window::new(1, LENGTH, false);
        assert_eq!(window.turn(ms(0)), Turn::Now);
        assert_eq!(window.turn(ms(20_000)), Turn::AfterAnother);
        assert_eq!(window.wait(ms(20_000)), Some(Wait::Limit(None)));
        window.end(ms(0), ms(20_000), false);
        assert_eq!(window.wait(ms(20_001)), Some(Wait::Limit(Some(ms(10_001)))));
        assert_eq!(window.turn(ms(20_001)), Turn::At(ms(30_002)));
    }
}
