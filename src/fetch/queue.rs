//! The requests that wait for a thread: new ones, next pages, and failed ones that are tried again later.

use super::requests::Request;
use crossbeam_channel::{Receiver, TryRecvError};
use std::collections::{BinaryHeap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often waiting threads check for new requests and for the end.
const POLL: Duration = Duration::from_millis(10);

/// The requests of a run.
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    source: Receiver<Request>,
    stopped: AtomicBool,
}

#[derive(Default)]
struct State {
    /// Next pages. They come first, so the number of requests under way never exceeds the number of threads.
    pages: VecDeque<Request>,
    later: BinaryHeap<Later>,
    /// Requests that are taken or wait here. Each may lead to a next page.
    open: usize,
    source_ended: bool,
}

struct Later {
    due: Instant,
    request: Request,
}

impl PartialEq for Later {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl Eq for Later {}

impl PartialOrd for Later {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Later {
    /// The request that is due first is the greatest.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.due.cmp(&self.due)
    }
}

impl Queue {
    /// New requests come from `source`.
    pub fn new(source: Receiver<Request>) -> Queue {
        Queue { state: Mutex::default(), changed: Condvar::new(), source, stopped: AtomicBool::new(false) }
    }

    /// The next request; none after the last one, or after [`Queue::stop`]. Each must be followed by one call of
    /// [`Queue::done`], [`Queue::next_page`] or [`Queue::retry`].
    pub fn take(&self) -> Option<Request> {
        let mut state = self.state();
        loop {
            if self.is_stopped() {
                return None;
            }
            if let Some(request) = state.pages.pop_front() {
                return Some(request);
            }
            let now = Instant::now();
            if state.later.peek().is_some_and(|later| later.due <= now) {
                return state.later.pop().map(|later| later.request);
            }
            let mut wait = POLL;
            match self.source.try_recv() {
                Ok(request) => {
                    state.open += 1;
                    return Some(request);
                }
                Err(TryRecvError::Disconnected) => {
                    state.source_ended = true;
                    wait = state
                        .later
                        .peek()
                        .map_or(POLL, |later| later.due.saturating_duration_since(now).min(POLL));
                }
                Err(TryRecvError::Empty) => {}
            }
            if state.source_ended && state.open == 0 {
                self.changed.notify_all();
                return None;
            }
            state = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends a request.
    pub fn done(&self) {
        self.state().open -= 1;
        self.changed.notify_one();
    }

    /// Queues the next page of a request.
    pub fn next_page(&self, request: Request) {
        self.state().pages.push_back(request);
        self.changed.notify_one();
    }

    /// Queues a request for another try after `wait`.
    pub fn retry(&self, request: Request, wait: Duration) {
        self.state().later.push(Later { due: Instant::now() + wait, request });
        self.changed.notify_one();
    }

    /// Hands out no further request.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// Whether the queue was stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::bounded;

    fn request(number: u64) -> Request {
        Request {
            number,
            id: [0; 16],
            object: "{}".into(),
            home: Ok("http://h".into()),
            body: None,
            headers: [].into(),
            url: "http://h".into(),
            page: 1,
            rows_before: 0,
            items_before: 0,
            total: None,
            seen: std::collections::HashSet::new(),
            before: None,
            tries: 0,
        }
    }

    #[test]
    fn pages_come_first_and_later_ones_when_they_are_due() {
        let (send, source) = bounded(4);
        let queue = Queue::new(source);
        let number = || queue.take().map(|request| request.number);
        for number in 1..=3 {
            send.send(request(number)).unwrap();
        }
        drop(send);
        assert_eq!(number(), Some(1));
        queue.retry(request(1), Duration::from_millis(30));
        assert_eq!(number(), Some(2));
        queue.next_page(request(2));
        assert_eq!((number(), number()), (Some(2), Some(3)));
        queue.done();
        queue.done();
        let started = Instant::now();
        assert_eq!(number(), Some(1));
        assert!(started.elapsed() >= Duration::from_millis(20));
        queue.done();
        assert_eq!(number(), None);
    }

    #[test]
    fn a_stop_wakes_waiting_threads() {
        let (_send, source) = bounded(1);
        let queue = Queue::new(source);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| queue.take().is_none());
            queue.stop();
            assert!(waiting.join().unwrap());
        });
    }
}
