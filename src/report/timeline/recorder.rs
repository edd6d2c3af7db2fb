//! What is remembered of a run: bounded, however long it is.

use super::lane::{Ended, Lane, Micros};
use super::marks::{Mark, Marks};
use super::step::{MarkKind, Step};
use crate::error::shortened;
use std::cmp::Reverse;
use std::sync::Arc;
use std::thread::ThreadId;

/// The most pieces of all lanes together. Each is about 200 bytes of the page.
const MOST_PIECES: usize = 2000;
/// The most lanes; the steps of further threads are counted, and not drawn.
const MOST_LANES: usize = 96;
/// How many of the slowest steps are remembered.
const MOST_SLOW: usize = 10;
/// The longest name of a unit (characters).
const NAME_CHARS: usize = 63;

/// The steps and moments of a run.
#[derive(Debug, Default)]
pub struct Recorder {
    /// The threads, in the order of their first steps.
    pub lanes: Vec<Lane>,
    /// What happened at moments.
    pub marks: Marks,
    /// The slowest steps, the slowest one first.
    pub slowest: Vec<Slow>,
    /// Of each step, how often it was taken and how long it took in all.
    pub sums: [(u64, Micros); Step::ALL.len()],
    /// Steps of threads that have no lane.
    pub undrawn: u64,
    /// Whether short pieces were joined.
    pub is_joined: bool,
    last_id: u64,
    pieces: usize,
    grain: Micros,
}

/// A step that took long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slow {
    /// The step.
    pub step: Step,
    /// What it was done with.
    pub unit: Arc<str>,
    /// The thread.
    pub lane: String,
    /// When it began.
    pub began: Micros,
    /// How long it took, without the steps inside it.
    pub took: Micros,
    /// Whether it has failed.
    pub failed: bool,
}

/// What a step is ended by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    lane: usize,
    id: u64,
}

impl Recorder {
    /// Begins a step of a thread. A thread that has ended leaves its lane to the next one of its name.
    pub fn begin(&mut self, thread: (ThreadId, &str), step: Step, unit: &str, at: Micros) -> Option<Ticket> {
        let Some(lane) = self.lane(thread) else {
            self.undrawn += 1;
            return None;
        };
        self.last_id += 1;
        let before = self.lanes[lane].pieces.len();
        self.lanes[lane].begin(self.last_id, step, shortened(unit, NAME_CHARS).as_str().into(), at);
        self.count_pieces(lane, before, at);
        Some(Ticket { lane, id: self.last_id })
    }

    /// Ends a step.
    pub fn end(&mut self, Ticket { lane, id }: Ticket, failed: bool, at: Micros) {
        let before = self.lanes[lane].pieces.len();
        let ended = self.lanes[lane].end(id, failed, at);
        self.note(lane, ended, failed);
        self.count_pieces(lane, before, at);
    }

    /// Ends the steps that nothing has ended, when the run does.
    pub fn end_all(&mut self, at: Micros) {
        for lane in 0..self.lanes.len() {
            let ended = self.lanes[lane].end_all(at);
            self.note(lane, ended, true);
        }
    }

    /// Notes what happens now, in the lane of the thread if it has one.
    pub fn mark(&mut self, thread: ThreadId, kind: MarkKind, text: &str, count: u64, at: Micros) {
        let lane = self.lanes.iter().position(|lane| lane.owner == thread);
        self.marks.add(Mark { kind, lane, text: text.to_owned(), count, at, times: 1 });
    }

    fn lane(&mut self, (thread, name): (ThreadId, &str)) -> Option<usize> {
        let own = self.lanes.iter().position(|lane| lane.owner == thread);
        let left = || self.lanes.iter().position(|lane| lane.is_free() && lane.name == name);
        match own.or_else(left) {
            Some(lane) => {
                self.lanes[lane].owner = thread;
                Some(lane)
            }
            None if self.lanes.len() < MOST_LANES => {
                self.lanes.push(Lane::new(name, thread));
                Some(self.lanes.len() - 1)
            }
            None => None,
        }
    }

    fn note(&mut self, lane: usize, ended: Vec<Ended>, failed: bool) {
        for Ended { step, unit, began, own } in ended {
            let (count, time) = &mut self.sums[step.number()];
            *count += 1;
            *time += own;
            if self.slowest.len() < MOST_SLOW || self.slowest.last().is_some_and(|last| last.took < own) {
                let lane = self.lanes[lane].name.clone();
                self.slowest.push(Slow { step, unit, lane, began, took: own, failed });
                self.slowest.sort_by_key(|slow| Reverse(slow.took));
                self.slowest.truncate(MOST_SLOW);
            }
        }
    }

    /// Joins short pieces, when there are too many, and so leaves room for as many again.
    fn count_pieces(&mut self, lane: usize, before: usize, now: Micros) {
        self.pieces += self.lanes[lane].pieces.len() - before;
        if self.pieces <= MOST_PIECES {
            return;
        }
        self.is_joined = true;
        self.grain = self.grain.max(now / MOST_PIECES as u64).max(1);
        // It ends: as long as the run, a grain leaves one piece of each lane, and there are fewer lanes.
        loop {
            self.lanes.iter_mut().for_each(|lane| lane.join(self.grain));
            self.pieces = self.lanes.iter().map(|lane| lane.pieces.len()).sum();
            if self.pieces <= MOST_PIECES / 2 {
                return;
            }
            self.grain = self.grain.saturating_mul(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ThreadId {
        std::thread::spawn(|| std::thread::current().id()).join().unwrap()
    }

    #[test]
    fn a_thread_takes_over_the_lane_of_one_of_its_name_that_is_free() {
        let mut recorder = Recorder::default();
        let (one, two, three) = (id(), id(), id());
        let first = recorder.begin((one, "worker-1"), Step::Copy, "a", 0).unwrap();
        let second = recorder.begin((two, "worker-1"), Step::Copy, "b", 0).unwrap();
        recorder.end(first, false, 5);
        recorder.begin((three, "worker-1"), Step::Analyze, "c", 6).unwrap();
        recorder.end(second, false, 8);
        recorder.end_all(9);
        assert_eq!(recorder.lanes.iter().map(|lane| lane.pieces.len()).collect::<Vec<_>>(), [2, 1]);
        assert!(recorder.lanes[0].pieces[1].failed, "nothing has ended it");
    }

    #[test]
    fn a_long_run_is_no_larger_and_its_sums_are_exact() {
        let mut recorder = Recorder::default();
        let threads: Vec<ThreadId> = (0..8).map(|_| id()).collect();
        for number in 0..100_000_u64 {
            let thread = threads[(number % 8) as usize];
            let (from, unit) = (number * 100, format!("request {number}"));
            let took = if number == 70_000 { 5000 } else { 90 };
            let ticket =
                recorder.begin((thread, &format!("fetch-{}", number % 8)), Step::Request, &unit, from);
            recorder.end(ticket.unwrap(), false, from + took);
        }
        let pieces: usize = recorder.lanes.iter().map(|lane| lane.pieces.len()).sum();
        assert!((100..=MOST_PIECES).contains(&pieces), "{pieces}");
        assert!(recorder.is_joined);
        assert_eq!(recorder.sums[Step::Request.number()], (100_000, 99_999 * 90 + 5000));
        assert_eq!((&*recorder.slowest[0].unit, recorder.slowest.len()), ("request 70000", MOST_SLOW));
        let count: u64 = recorder.lanes.iter().flat_map(|lane| &lane.pieces).map(|piece| piece.count).sum();
        assert_eq!(count, 100_000);
    }

    #[test]
    fn threads_without_a_lane_are_counted() {
        let mut recorder = Recorder::default();
        for number in 0..=MOST_LANES {
            recorder.begin((id(), &format!("fetch-{number}")), Step::Request, &"x".repeat(500), 0);
        }
        assert_eq!((recorder.lanes.len(), recorder.undrawn), (MOST_LANES, 1));
        recorder.end_all(1);
        assert_eq!(recorder.slowest[0].unit.chars().count(), NAME_CHARS + 1);
    }
}
