//! The picture of a run, which `--timeline` asks for: jobs tell which thread begins which step of which unit.
//!
//! There is one recording in a process, as there is one log. Nothing is recorded before [`start`]; a step that begins then costs
//! a look at an empty cell. A recorded one costs a lock that is held for less than a microsecond, and rows an addition for each
//! batch. A thread of its own looks at their number from time to time.

mod axis;
mod lane;
mod layout;
mod marks;
mod page;
mod recorded;
mod recorder;
mod samples;
mod step;

pub use page::{PageForm, SVG_SLOWEST, timeline_page};
pub use step::{MarkKind, Step};

use crate::run::interrupt;
use lane::Micros;
use recorded::Recorded;
use recorder::{Recorder, Ticket};
use samples::Samples;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{Builder, Thread, ThreadId};
use std::time::{Duration, Instant};

static RECORDING: OnceLock<Recording> = OnceLock::new();

/// The recording of this process's run.
struct Recording {
    started: Instant,
    rows: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    recorder: Recorder,
    samples: Samples,
    database: Option<String>,
    /// Whether the run has ended: what comes later is not recorded.
    has_ended: bool,
}

/// A step of the current thread that has begun. Dropping it ends it as a failure.
#[derive(Debug)]
#[must_use = "a step ends when this is dropped"]
pub struct Running(Option<Ticket>);

/// A wait of the current thread. Dropping it ends it.
#[derive(Debug)]
#[must_use = "a wait ends when this is dropped"]
pub struct Waiting(Running);

/// Begins the recording. The command line calls it once, if a picture is asked for.
pub fn start() {
    let recording = Recording { started: Instant::now(), rows: AtomicU64::new(0), state: Mutex::default() };
    if RECORDING.set(recording).is_ok() {
        // Without it, the picture has no curve.
        let _ = Builder::new().name("timeline".to_owned()).spawn(look_at_rows);
        interrupt::on_request(|| mark(MarkKind::Signal, 1, || "a signal asked the run to stop".to_owned()));
    }
}

fn look_at_rows() {
    while let Some(recording) = RECORDING.get() {
        let gap = {
            let mut state = recording.state();
            if state.has_ended {
                return;
            }
            state.samples.add(recording.now(), recording.rows.load(Ordering::Relaxed));
            state.samples.gap()
        };
        std::thread::sleep(Duration::from_micros(gap));
    }
}

/// Begins a step of the current thread.
pub fn begin(step: Step, unit: &str) -> Running {
    let Some(recording) = RECORDING.get() else { return Running(None) };
    let thread = std::thread::current();
    let now = recording.now();
    let mut state = recording.state();
    if state.has_ended {
        return Running(None);
    }
    Running(state.recorder.begin(named(&thread), step, unit, now))
}

/// Begins to wait, until this is dropped. To be stopped while waiting is no failure.
pub fn waiting() -> Waiting {
    Waiting(begin(Step::Wait, ""))
}

/// Does `work` as a step of the current thread.
///
/// # Errors
/// Those of `work`; the picture shows that the step has failed.
pub fn during<T, E>(step: Step, unit: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let mut running = begin(step, unit);
    let done = work()?;
    running.end();
    Ok(done)
}

/// Counts rows on their way to the server, or into a file.
pub fn rows(count: u64) {
    if let Some(recording) = RECORDING.get() {
        recording.rows.fetch_add(count, Ordering::Relaxed);
    }
}

/// Notes what happens now, with `count` rows or tries.
pub fn mark(kind: MarkKind, count: u64, text: impl FnOnce() -> String) {
    let Some(recording) = RECORDING.get() else { return };
    let (thread, text, now) = (std::thread::current(), text(), recording.now());
    let mut state = recording.state();
    if !state.has_ended {
        state.recorder.mark(thread.id(), kind, &text, count, now);
    }
}

/// Notes the database that the run loads into, in words without a password.
pub fn database(words: &str) {
    if let Some(recording) = RECORDING.get() {
        recording.state().database = Some(words.to_owned());
    }
}

/// Ends the recording; none where there is none.
pub fn finish() -> Option<Recorded> {
    let recording = RECORDING.get()?;
    let took = recording.now();
    let mut state = recording.state();
    let State { mut recorder, mut samples, database, .. } = std::mem::take(&mut *state);
    state.has_ended = true;
    drop(state);
    recorder.end_all(took);
    samples.add(took, recording.rows.load(Ordering::Relaxed));
    Some(Recorded { recorder, samples, database, took })
}

fn named(thread: &Thread) -> (ThreadId, &str) {
    (thread.id(), thread.name().unwrap_or("helper"))
}

impl Recording {
    fn now(&self) -> Micros {
        // 500,000 years fit.
        self.started.elapsed().as_micros() as Micros
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// Ends the step: it has gone well.
    pub fn end(&mut self) {
        self.end_as(false);
    }

    /// Ends the step, which has gone well, and begins `next`.
    pub fn take_over_by(&mut self, next: Step, unit: &str) {
        self.end();
        *self = begin(next, unit);
    }

    fn end_as(&mut self, failed: bool) {
        if let (Some(ticket), Some(recording)) = (self.0.take(), RECORDING.get()) {
            let now = recording.now();
            let mut state = recording.state();
            if !state.has_ended {
                state.recorder.end(ticket, failed, now);
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end_as(true);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.end();
    }
}
