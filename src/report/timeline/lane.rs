//! The lane of one thread: its steps one after the other, never two at a time.

use super::step::Step;
use std::sync::Arc;
use std::thread::ThreadId;

/// A moment or a time, in microseconds since the run began.
pub type Micros = u64;

/// A part of a step that nothing has interrupted, or several short ones that lie together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The step; of several, the one that took longest.
    pub step: Step,
    /// What it was done with; of several, none.
    pub unit: Option<Arc<str>>,
    /// When it began.
    pub from: Micros,
    /// When it ended.
    pub to: Micros,
    /// Whether it, or one of them, has failed.
    pub failed: bool,
    /// How many pieces it is made of.
    pub count: u64,
    /// The time of `step` alone.
    busy: Micros,
}

/// A step that has begun.
#[derive(Debug)]
pub struct Open {
    /// What tells it from others.
    pub id: u64,
    /// The step.
    pub step: Step,
    /// What it is done with.
    pub unit: Arc<str>,
    /// When it began.
    pub began: Micros,
    /// When its current piece began.
    since: Micros,
    /// The time of the pieces before.
    before: Micros,
}

/// A step that has ended.
#[derive(Debug)]
pub struct Ended {
    /// The step.
    pub step: Step,
    /// What it was done with.
    pub unit: Arc<str>,
    /// When it began.
    pub began: Micros,
    /// The time without the steps inside it.
    pub own: Micros,
}

/// The steps of one thread.
#[derive(Debug)]
pub struct Lane {
    /// The thread's name.
    pub name: String,
    /// The thread that has used it last.
    pub owner: ThreadId,
    /// What it has done.
    pub pieces: Vec<Piece>,
    open: Vec<Open>,
}

impl Lane {
    /// A lane without steps.
    pub fn new(name: &str, owner: ThreadId) -> Lane {
        Lane { name: name.to_owned(), owner, pieces: Vec::new(), open: Vec::new() }
    }

    /// Whether its thread is in no step.
    pub fn is_free(&self) -> bool {
        self.open.is_empty()
    }

    /// Begins a step. One that has begun already goes on when this one has ended.
    pub fn begin(&mut self, id: u64, step: Step, unit: Arc<str>, at: Micros) {
        self.interrupt(at);
        self.open.push(Open { id, step, unit, began: at, since: at, before: 0 });
    }

    /// Ends a step, and those inside it that were left open; all of them, the innermost first.
    pub fn end(&mut self, id: u64, failed: bool, at: Micros) -> Vec<Ended> {
        let Some(place) = self.open.iter().position(|open| open.id == id) else { return Vec::new() };
        let mut ended = Vec::new();
        while self.open.len() > place
            && let Some(open) = self.open.pop()
        {
            self.add(&open, failed, at);
            let Open { step, unit, began, since, before, .. } = open;
            ended.push(Ended { step, unit, began, own: before + at.saturating_sub(since) });
            if let Some(outer) = self.open.last_mut() {
                outer.since = at;
            }
        }
        ended
    }

    /// Ends whatever is open.
    pub fn end_all(&mut self, at: Micros) -> Vec<Ended> {
        self.open.first().map(|open| open.id).map_or_else(Vec::new, |first| self.end(first, true, at))
    }

    fn interrupt(&mut self, at: Micros) {
        let Some(mut open) = self.open.pop() else { return };
        self.add(&open, false, at);
        open.before += at.saturating_sub(open.since);
        open.since = at;
        self.open.push(open);
    }

    fn add(&mut self, open: &Open, failed: bool, at: Micros) {
        if at > open.since || failed {
            let (from, to) = (open.since, at.max(open.since));
            let unit = Some(Arc::clone(&open.unit));
            self.pieces.push(Piece { step: open.step, unit, from, to, failed, count: 1, busy: to - from });
        }
    }

    /// Joins neighbours that are no longer than `grain` together.
    pub fn join(&mut self, grain: Micros) {
        let mut joined: Vec<Piece> = Vec::new();
        for piece in self.pieces.drain(..) {
            match joined.last_mut() {
                Some(last) if piece.to.saturating_sub(last.from) <= grain => last.absorb(piece),
                _ => joined.push(piece),
            }
        }
        self.pieces = joined;
    }
}

impl Piece {
    fn absorb(&mut self, next: Piece) {
        if next.step == self.step {
            self.busy += next.busy;
        } else if next.busy > self.busy {
            (self.step, self.busy) = (next.step, next.busy);
        }
        if self.unit != next.unit {
            self.unit = None;
        }
        self.to = self.to.max(next.to);
        self.failed |= next.failed;
        self.count += next.count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane() -> Lane {
        Lane::new("worker-1", std::thread::current().id())
    }

    fn told(lane: &Lane) -> Vec<(Step, Micros, Micros, bool)> {
        lane.pieces.iter().map(|piece| (piece.step, piece.from, piece.to, piece.failed)).collect()
    }

    #[test]
    fn a_step_inside_another_interrupts_it_and_counts_once() {
        let mut lane = lane();
        lane.begin(1, Step::Copy, "users".into(), 10);
        lane.begin(2, Step::Wait, "users".into(), 30);
        let inner = lane.end(2, false, 50);
        let outer = lane.end(1, false, 60);
        assert_eq!((inner[0].own, outer[0].own, outer[0].began), (20, 30, 10));
        let pieces = [(Step::Copy, 10, 30, false), (Step::Wait, 30, 50, false), (Step::Copy, 50, 60, false)];
        assert_eq!(told(&lane), pieces);
    }

    #[test]
    fn what_was_left_open_ends_with_the_step_around_it() {
        let mut lane = lane();
        lane.begin(1, Step::Copy, "users".into(), 0);
        lane.begin(2, Step::Wait, "users".into(), 5);
        assert_eq!(lane.end(1, true, 9).len(), 2);
        assert!(lane.is_free() && lane.end(2, false, 10).is_empty());
        assert_eq!(
            told(&lane),
            [(Step::Copy, 0, 5, false), (Step::Wait, 5, 9, true), (Step::Copy, 9, 9, true)]
        );
    }

    #[test]
    fn short_neighbours_are_joined_and_show_what_took_longest() {
        let mut lane = lane();
        for (id, (step, from, to)) in
            [(Step::Create, 0, 2), (Step::Copy, 2, 9), (Step::Publish, 9, 10), (Step::Copy, 50, 90)]
                .into_iter()
                .enumerate()
        {
            lane.begin(id as u64, step, "users".into(), from);
            lane.end(id as u64, false, to);
        }
        lane.join(10);
        assert_eq!(told(&lane), [(Step::Copy, 0, 10, false), (Step::Copy, 50, 90, false)]);
        assert_eq!((lane.pieces[0].count, lane.pieces[0].unit.as_deref()), (3, Some("users")));
    }
}
