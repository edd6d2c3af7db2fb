//! Turns at the database. There are as many as connections, and clients that keep them for long wait for those that do not.
//! Lists and single rows of a client are judged apart.

use super::peer::Peer;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// After so long, what a client has taken counts half.
const HALF_LIFE: Duration = Duration::from_secs(30);
/// What an unknown client's request is expected to take (seconds), for a row and for a list.
const EXPECTED_ROW: f64 = 0.005;
const EXPECTED_LIST: f64 = 0.1;
/// A client whose turns take less (seconds) is quick: a share of the turns is for quick clients alone.
const QUICK: f64 = 0.25;
/// One of so many turns is for quick clients alone.
const SHARE: usize = 4;
/// At this length, and each doubling of it, a client's queue is cleared of requests that have gone.
const CLEARED: usize = 64;
/// A client of whose turns less is left is forgotten.
const FORGOTTEN: f64 = 0.01;

/// A client, and the kind of its requests: the two kinds are judged apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Work {
    /// The client.
    pub peer: Peer,
    /// Whether the request is about one row, which an index finds.
    pub is_row: bool,
}

impl Work {
    fn expected(self) -> f64 {
        if self.is_row { EXPECTED_ROW } else { EXPECTED_LIST }
    }
}

/// The turns.
pub struct Turns(Mutex<Inner>);

struct Inner {
    size: usize,
    running: usize,
    /// Those that wait, by client: one client's thousand requests are one place in the order.
    waiting: HashMap<Work, VecDeque<Waiting>>,
    /// The number of the next one that waits.
    next: u64,
    users: HashMap<Work, User>,
}

/// What a client has taken.
struct User {
    turns: f64,
    seconds: f64,
    at: Instant,
    running: usize,
}

struct Waiting {
    number: u64,
    give: oneshot::Sender<Turn>,
}

/// A turn, until it is dropped.
pub struct Turn {
    turns: Arc<Turns>,
    work: Work,
    since: Instant,
    /// Whether its end is to be counted when it is dropped.
    counts: bool,
}

impl Turns {
    /// So many at once.
    pub fn new(size: usize) -> Arc<Turns> {
        let (waiting, users) = (HashMap::new(), HashMap::new());
        Arc::new(Turns(Mutex::new(Inner { size, running: 0, waiting, next: 0, users })))
    }

    /// Waits for a turn. Of those that wait, the client comes next whose turns have been the shortest.
    pub async fn take(self: &Arc<Turns>, work: Work) -> Turn {
        loop {
            let given = {
                let mut inner = self.lock();
                if inner.may_run(work) {
                    return self.begin(&mut inner, work);
                }
                let (give, given) = oneshot::channel();
                inner.wait(work, give);
                given
            };
            if let Ok(turn) = given.await {
                return turn;
            }
        }
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.lock().waiting.values().flatten().filter(|waiting| !waiting.give.is_closed()).count()
    }

    /// Changes how many there are.
    pub fn resize(self: &Arc<Turns>, size: usize) {
        let mut inner = self.lock();
        inner.size = size;
        self.give(&mut inner);
    }

    /// Forgets clients that have taken nothing for a long time.
    pub fn forget(&self) {
        let now = Instant::now();
        self.lock().users.retain(|_, user| user.running > 0 || user.left(now) >= FORGOTTEN);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(self: &Arc<Turns>, inner: &mut Inner, work: Work) -> Turn {
        let now = Instant::now();
        inner.running += 1;
        let new = || User { turns: 0.0, seconds: 0.0, at: now, running: 0 };
        inner.users.entry(work).or_insert_with(new).running += 1;
        Turn { turns: Arc::clone(self), work, since: now, counts: true }
    }

    /// Gives turns to those that wait, as far as there are any.
    fn give(self: &Arc<Turns>, inner: &mut Inner) {
        while let Some((work, next)) = inner.next() {
            if next.give.is_closed() {
                continue;
            }
            let turn = self.begin(inner, work);
            if let Err(mut turn) = next.give.send(turn) {
                turn.counts = false;
                inner.end(work, None);
            }
        }
    }
}

impl Inner {
    fn may_run(&self, work: Work) -> bool {
        let for_all = self.size - self.size / SHARE;
        self.running < for_all || (self.running < self.size && self.is_quick(work))
    }

    /// Whether the client is quick, as far as is known, and has no turn now. Lists of unknown clients may take any time.
    fn is_quick(&self, work: Work) -> bool {
        match self.users.get(&work) {
            Some(user) => user.running == 0 && user.mean().map_or(work.is_row, |mean| mean < QUICK),
            None => work.is_row,
        }
    }

    fn wait(&mut self, work: Work, give: oneshot::Sender<Turn>) {
        let queue = self.waiting.entry(work).or_default();
        if queue.len() >= CLEARED && queue.len().is_power_of_two() {
            queue.retain(|waiting| !waiting.give.is_closed());
        }
        queue.push_back(Waiting { number: self.next, give });
        self.next += 1;
    }

    /// Takes out the one that comes next; the first of equals.
    fn next(&mut self) -> Option<(Work, Waiting)> {
        if self.running >= self.size {
            return None;
        }
        let place = |(work, queue): &(&Work, &VecDeque<Waiting>)| {
            let expected = self.users.get(work).and_then(User::mean).unwrap_or(work.expected());
            (expected, queue.front().map_or(u64::MAX, |waiting| waiting.number))
        };
        let all = self.waiting.iter().filter(|(work, _)| self.may_run(**work));
        let first = all.min_by(|one, other| {
            let (one, other) = (place(one), place(other));
            one.0.total_cmp(&other.0).then(one.1.cmp(&other.1))
        });
        let work = *first?.0;
        let queue = self.waiting.get_mut(&work)?;
        let next = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(&work);
        }
        Some((work, next?))
    }

    fn end(&mut self, work: Work, taken: Option<Duration>) {
        self.running -= 1;
        if let Some(user) = self.users.get_mut(&work) {
            user.running -= 1;
            if let Some(taken) = taken {
                user.add(taken);
            }
        }
    }
}

impl User {
    fn faded(&self, now: Instant) -> f64 {
        (-now.duration_since(self.at).as_secs_f64() / HALF_LIFE.as_secs_f64()).exp2()
    }

    fn left(&self, now: Instant) -> f64 {
        self.turns * self.faded(now)
    }

    fn add(&mut self, taken: Duration) {
        let now = Instant::now();
        let faded = self.faded(now);
        self.turns = self.turns * faded + 1.0;
        self.seconds = self.seconds * faded + taken.as_secs_f64();
        self.at = now;
    }

    /// What a turn has taken (seconds); none before the first one has ended.
    fn mean(&self) -> Option<f64> {
        (self.turns > 0.0).then(|| self.seconds / self.turns)
    }
}

impl Turn {
    /// Whether others wait for a turn.
    pub fn others_wait(&self) -> bool {
        self.turns.waiting() > 0
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.counts {
            let mut inner = self.turns.lock();
            inner.end(self.work, Some(self.since.elapsed()));
            self.turns.give(&mut inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn peer(number: u8) -> Work {
        Work { peer: Peer::of(Ipv4Addr::new(10, 0, 0, number).into()), is_row: false }
    }

    fn spent(turns: &Turns, number: u8, taken: Duration) {
        let mut inner = turns.lock();
        let user = User { turns: 0.0, seconds: 0.0, at: Instant::now(), running: 0 };
        inner.users.entry(peer(number)).or_insert(user).add(taken);
    }

    #[tokio::test]
    async fn a_share_is_for_clients_that_are_known_to_be_quick() {
        let turns = Turns::new(4);
        spent(&turns, 9, Duration::from_millis(1));
        spent(&turns, 8, Duration::from_secs(2));
        let mut held = Vec::new();
        for number in 1..=3 {
            held.push(turns.take(peer(number)).await);
        }
        for number in [4, 8] {
            let other = tokio::time::timeout(Duration::from_millis(20), turns.take(peer(number)));
            assert!(other.await.is_err(), "unknown or slow clients wait");
        }
        assert_eq!(turns.waiting(), 0, "they have gone");
        let row = Work { is_row: true, ..peer(5) };
        drop(turns.take(row).await);
        let quick = turns.take(peer(9)).await;
        assert!(tokio::time::timeout(Duration::from_millis(20), turns.take(peer(9))).await.is_err());
        drop((quick, held));
        assert_eq!(turns.lock().running, 0);
    }

    #[tokio::test]
    async fn the_quickest_of_those_that_wait_comes_next() {
        let turns = Turns::new(1);
        spent(&turns, 1, Duration::from_secs(9));
        spent(&turns, 3, Duration::from_millis(1));
        let first = turns.take(peer(7)).await;
        let (send, mut order) = tokio::sync::mpsc::unbounded_channel();
        for number in [1, 2, 3] {
            let (turns, send) = (Arc::clone(&turns), send.clone());
            tokio::spawn(async move {
                let turn = turns.take(peer(number)).await;
                send.send(number).unwrap();
                drop(turn);
            });
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        drop(first);
        let order = [order.recv().await, order.recv().await, order.recv().await];
        assert_eq!(order, [Some(3), Some(2), Some(1)]);
    }

    #[test]
    fn more_turns_are_given_at_once_and_clients_are_forgotten() {
        let turns = Turns::new(1);
        spent(&turns, 1, Duration::ZERO);
        turns.forget();
        assert_eq!(turns.lock().users.len(), 1);
        turns.lock().users.values_mut().for_each(|user| user.turns = 0.001);
        turns.forget();
        assert!(turns.lock().users.is_empty());
        turns.resize(3);
        assert_eq!(turns.lock().size, 3);
    }
}
