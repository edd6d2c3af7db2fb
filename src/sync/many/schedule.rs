//! Which table is next, and over how many connections: all tables of a run share its workers.

use super::tables::Item;
use crate::run::interrupt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a wait looks for Ctrl-C.
const POLL: Duration = Duration::from_millis(50);

/// The tables that are left.
pub struct Schedule {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// The largest first.
    waiting: Vec<Task>,
    /// The tables that are neither done nor given up.
    open: Vec<bool>,
    running: usize,
    free: usize,
}

/// A table, and what it needs.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its place among all tables.
    pub place: usize,
    /// The connections of its load, to each side.
    pub share: usize,
    /// The tables that come before it.
    pub after: Vec<usize>,
}

/// The part of the workers that a table of so many bytes gets.
pub fn share(workers: usize, bytes: u64, all: u64) -> usize {
    let part = workers as f64 * bytes as f64 / all.max(1) as f64;
    (part.round() as usize).clamp(1, workers)
}

/// The tasks of these items; those that their foreign keys refer to come first, or last with `reversed`.
pub fn tasks(items: &[Item], workers: usize, reversed: bool) -> Vec<Task> {
    let all = items.iter().map(|item| item.bytes).sum();
    let mut tasks: Vec<Task> = (0..items.len())
        .map(|place| Task { place, share: share(workers, items[place].bytes, all), after: Vec::new() })
        .collect();
    for (from, item) in items.iter().enumerate() {
        for to in &item.refers_to {
            let (first, second) = if reversed { (from, *to) } else { (*to, from) };
            tasks[second].after.push(first);
        }
    }
    tasks.sort_by_key(|task| std::cmp::Reverse(items[task.place].bytes));
    tasks
}

impl Schedule {
    /// The schedule of these tasks for so many workers.
    pub fn new(tasks: Vec<Task>, workers: usize) -> Schedule {
        let mut open = vec![false; tasks.iter().map(|task| task.place + 1).max().unwrap_or(0)];
        tasks.iter().for_each(|task| open[task.place] = true);
        let state = State { waiting: tasks, open, running: 0, free: workers };
        Schedule { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The next task; none if none is left, or after a signal. [`Schedule::done`] must follow.
    pub fn next(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if state.waiting.is_empty() || interrupt::requested().is_some() {
                return None;
            }
            if let Some(place) = state.ready() {
                let task = state.waiting.remove(place);
                state.running += 1;
                state.free -= task.share;
                return Some(task);
            }
            state = self.changed.wait_timeout(state, POLL).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Gives the workers of a task back.
    pub fn done(&self, task: &Task) {
        let mut state = self.lock();
        state.running -= 1;
        state.free += task.share;
        state.open[task.place] = false;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The place among those that wait of the first one that can begin. In a circle of foreign keys, one has to be first.
    fn ready(&self) -> Option<usize> {
        let is_open = |place: &usize| self.open.get(*place) == Some(&true);
        let can_begin = |task: &Task| task.share <= self.free && !task.after.iter().any(is_open);
        let found = self.waiting.iter().position(can_begin);
        found.or((self.running == 0).then_some(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(place: usize, share: usize, after: &[usize]) -> Task {
        Task { place, share, after: after.to_vec() }
    }

    #[test]
    fn workers_are_shared_by_size() {
        assert_eq!(share(4, 90, 100), 4);
        assert_eq!(share(4, 50, 100), 2);
        assert_eq!(share(2, 5, 100), 1);
        assert_eq!(share(4, 0, 0), 1);
    }

    #[test]
    fn a_table_waits_for_those_that_it_refers_to_and_for_workers() {
        let schedule = Schedule::new(vec![task(0, 1, &[2]), task(1, 2, &[]), task(2, 1, &[])], 3);
        let (first, second) = (schedule.next().unwrap(), schedule.next().unwrap());
        assert_eq!((first.place, second.place), (1, 2));
        schedule.done(&second);
        let third = schedule.next().unwrap();
        assert_eq!(third.place, 0);
        schedule.done(&first);
        schedule.done(&third);
        assert!(schedule.next().is_none());
    }

    #[test]
    fn a_circle_ends() {
        let schedule = Schedule::new(vec![task(0, 1, &[1]), task(1, 1, &[0])], 2);
        for place in [0, 1] {
            let task = schedule.next().unwrap();
            assert_eq!(task.place, place);
            schedule.done(&task);
        }
    }
}
