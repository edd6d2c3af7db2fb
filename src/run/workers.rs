//! Worker threads that stand or fall together.
//!
//! The first failure asks all of them to stop. Of several failures, the one at the first line of the input counts, else the
//! one that came first; the others go to the debug log, since they mostly follow from it. A panic is a failure as well.

use crate::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// The error of a thread that has panicked. The panic itself has printed its message.
pub const PANICKED: &str = "pghaul has a defect here, see above; nothing of this unit was loaded";

/// What is called once, when the first failure comes.
type Hook<'h> = Box<dyn Fn() + Send + Sync + 'h>;

/// What a group of threads shares: whether to stop, and why.
#[derive(Default)]
pub struct Workers<'h> {
    stop: AtomicBool,
    cause: Mutex<Option<Error>>,
    on_failure: Option<Hook<'h>>,
}

impl<'h> Workers<'h> {
    /// A group that tells its first failure to `hook` too, for threads that wait elsewhere.
    pub fn with_hook(hook: impl Fn() + Send + Sync + 'h) -> Workers<'h> {
        Workers { on_failure: Some(Box::new(hook)), ..Workers::default() }
    }

    /// Whether a worker has failed. Loops look once per batch.
    pub fn are_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Does one worker's part on the caller's thread.
    pub fn run(&self, work: impl FnOnce() -> Result<()>) {
        if let Err(error) = caught(work) {
            self.fail(error);
        }
    }

    /// Starts one worker on a thread of its own, whose name the log shows.
    pub fn spawn<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        name: String,
        work: impl FnOnce() -> Result<()> + Send + 'scope,
    ) {
        let started = Builder::new().name(name.clone()).spawn_scoped(scope, || self.run(work));
        if let Err(error) = started {
            self.fail(Error::failed(format!("cannot start the thread {name}: {error}")));
        }
    }

    fn fail(&self, error: Error) {
        let is_first = !self.stop.swap(true, Ordering::Relaxed);
        let line = |error: &Error| error.line().unwrap_or(u64::MAX);
        let mut cause = self.cause.lock().unwrap_or_else(PoisonError::into_inner);
        match &*cause {
            Some(earlier) if line(&error) >= line(earlier) => tracing::debug!("besides: {error}"),
            _ => *cause = Some(error),
        }
        drop(cause);
        if let Some(hook) = self.on_failure.as_ref().filter(|_| is_first) {
            hook();
        }
    }

    /// How it went, once all threads have ended.
    ///
    /// # Errors
    /// The failure that counts.
    pub fn finish(self) -> Result<()> {
        self.cause.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }
}

/// Has `workers` do `jobs`: each worker has a thread of its own and takes the next job when it is done with one. The results
/// come in the order of the jobs. A worker whose thread cannot be started is a warning, as long as another one could.
///
/// # Errors
/// The failure that counts; after a failure no job is begun. No thread could be started.
pub fn share<J: Send, W: Send, T: Send>(
    name: &str,
    jobs: Vec<J>,
    workers: impl IntoIterator<Item = W>,
    work: impl Fn(&mut W, J) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let count = jobs.len();
    let group = Workers::default();
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let results = Mutex::new(Vec::with_capacity(count));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work_through = |mut worker: W| {
        while let Some((number, job)) = next().filter(|_| !group.are_stopped()) {
            let result = work(&mut worker, job)?;
            results.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let (group, work_through) = (&group, &work_through);
        for (number, worker) in workers.into_iter().take(count).enumerate() {
            let named = Builder::new().name(format!("{name}-{}", number + 1));
            let started = named.spawn_scoped(scope, move || group.run(|| work_through(worker)));
            if let Err(error) = started {
                tracing::warn!("cannot start {name} {}: {error}", number + 1);
            }
        }
    });
    group.finish()?;
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    if results.len() < count {
        return Err(Error::failed(format!(
            "no {name} was left for {} of {count} jobs",
            count - results.len()
        )));
    }
    results.sort_unstable_by_key(|(number, _)| *number);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// Does `work` on each item at the same time, by a thread each; the results are in the order of the items.
pub fn side_by_side<I: Send, T: Send>(
    items: impl IntoIterator<Item = I>,
    work: impl Fn(I) -> Result<T> + Sync,
) -> Vec<Result<T>> {
    std::thread::scope(|scope| {
        let work = &work;
        let started: Vec<_> = items.into_iter().map(|item| scope.spawn(move || work(item))).collect();
        started.into_iter().map(joined).collect()
    })
}

/// Waits for a thread and gives what it has come to.
///
/// # Errors
/// Its own error; [`PANICKED`].
pub fn joined<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| Err(Error::failed(PANICKED)))
}

/// Does `work`; a panic in it becomes an error.
///
/// # Errors
/// Its own error; [`PANICKED`].
pub fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    // What a panic leaves half done belongs to the unit that fails with it.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Error::failed(PANICKED)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;
    use std::sync::atomic::AtomicUsize;

    fn at_line(line: u64) -> Error {
        Error::failed("bad").at(Place::default().line(line))
    }

    #[test]
    fn of_several_failures_the_first_line_counts_else_the_first_failure() {
        for (failures, told) in [
            (vec![at_line(7), at_line(3), at_line(5)], "line 3: bad"),
            (vec![Error::failed("first"), Error::failed("second")], "first"),
            (vec![Error::failed("lost"), at_line(9)], "line 9: bad"),
        ] {
            let hooked = AtomicUsize::new(0);
            let group = Workers::with_hook(|| {
                let _ = hooked.fetch_add(1, Ordering::Relaxed);
            });
            for failure in failures {
                group.run(|| Err(failure));
            }
            assert!(group.are_stopped());
            assert_eq!(group.finish().unwrap_err().to_string(), told);
            assert_eq!(hooked.into_inner(), 1);
        }
    }

    #[test]
    fn a_panic_is_a_failure() {
        let group = Workers::default();
        std::thread::scope(|scope| group.spawn(scope, "test".to_owned(), || panic!("on purpose")));
        assert_eq!(group.finish().unwrap_err().to_string(), PANICKED);
        let each = side_by_side([1, 2, 3], |item| if item == 2 { panic!("on purpose") } else { Ok(item) });
        let told: Vec<String> = each.into_iter().map(|each| format!("{each:?}")).collect();
        assert_eq!((told[0].as_str(), told[2].as_str()), ("Ok(1)", "Ok(3)"));
        assert!(told[1].contains("defect"), "{told:?}");
    }

    #[test]
    fn jobs_are_shared_out_and_their_results_are_in_order() {
        for workers in [1, 2, 5] {
            let jobs: Vec<u64> = (0..100).collect();
            let squares = share("worker", jobs, 0..workers, |_, job| Ok(job * job)).unwrap();
            assert!(squares.into_iter().eq((0..100).map(|job| job * job)));
        }
        assert!(share("worker", Vec::<u8>::new(), 0..3, |_, job| Ok(job)).unwrap().is_empty());
    }

    #[test]
    fn after_a_failure_no_job_is_begun() {
        let begun = AtomicUsize::new(0);
        let outcome = share("worker", (0..1000).collect(), 0..1, |_, job| {
            begun.fetch_add(1, Ordering::Relaxed);
            if job == 4 { Err(Error::failed("lost")) } else { Ok(()) }
        });
        assert_eq!((outcome.unwrap_err().to_string().as_str(), begun.into_inner()), ("lost", 5));
        let none = share("worker", vec![1, 2], Vec::<()>::new(), |(), job| Ok(job));
        assert_eq!(none.unwrap_err().to_string(), "no worker was left for 2 of 2 jobs");
    }
}
