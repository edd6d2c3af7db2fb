//! Another try after a failure of the connection. A failure for the data would come again, so it gets no second try.

use super::sqlstate::SqlState;
use crate::report::timeline::{self, MarkKind, Step};
use crate::run::interrupt;
use crate::{Error, Result};
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// The first wait. Each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// No wait is longer, but for its jitter.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How often a wait looks for Ctrl-C.
const POLL: Duration = Duration::from_millis(50);

/// The tries that are left for one task.
#[derive(Debug)]
pub struct Retries {
    /// How many more tries than the first one; none for as many as it takes.
    limit: Option<u32>,
    done: u32,
    /// The cause that was logged last.
    said: Option<String>,
}

impl Retries {
    /// Up to `limit` more tries after the first one.
    pub fn new(limit: u32) -> Self {
        Retries { limit: Some(limit), done: 0, said: None }
    }

    /// More tries until one succeeds.
    pub fn endless() -> Self {
        Retries { limit: None, done: 0, said: None }
    }

    /// Waits until it is time to try again, and logs why. Where tries have no limit, each cause is a warning once.
    ///
    /// # Errors
    /// `error` itself, if it is not one of the connection, or if no try is left; Ctrl-C.
    pub fn wait_after(&mut self, error: Error) -> Result<()> {
        interrupt::check()?;
        if self.limit == Some(self.done) || !is_of_connection(&error) {
            return Err(error);
        }
        let wait = backoff(self.done);
        self.done = self.done.saturating_add(1);
        let (done, seconds) = (self.done, wait.as_secs_f64());
        let of = self.limit.map_or(String::new(), |limit| format!(" ({done} of {limit})"));
        let cause = error.sqlstate().map_or_else(|| error.to_string(), str::to_owned);
        match self.limit.is_none() && self.said.as_ref() == Some(&cause) {
            true => tracing::debug!("{error}; trying again in {seconds:.1} s"),
            false => tracing::warn!("{error}; trying again in {seconds:.1} s{of}"),
        }
        timeline::mark(MarkKind::Retry, 1, || error.to_string());
        self.said = Some(cause);
        let mut waiting = timeline::begin(Step::Wait, "");
        let until = Instant::now() + wait;
        while Instant::now() < until {
            std::thread::sleep(POLL);
            interrupt::check()?;
        }
        waiting.end();
        Ok(())
    }
}

/// Whether another try may succeed: the connection was lost or refused, or the server's SQLSTATE says so. Several errors, such as
/// those of the addresses of a host, are of the connection if all of them are.
pub fn is_of_connection(error: &Error) -> bool {
    error.all(|one| one.is_marked_of_connection() || SqlState::from(one).is_of_connection())
}

/// The same error with exit code 1: what it refuses may succeed in another try or a later run.
pub fn into_failed(error: Error) -> Error {
    match is_of_connection(&error) {
        true => Error::failed(error).of_connection(),
        false => Error::failed(error),
    }
}

/// How long to wait after the try that follows `done` others.
pub fn backoff(done: u32) -> Duration {
    jittered(planned(done))
}

fn planned(done: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1_u32.checked_shl(done).unwrap_or(u32::MAX)).min(LONGEST_WAIT)
}

/// Half to one and a half times `wait`: workers that lose their connections together do not come back together.
fn jittered(wait: Duration) -> Duration {
    // The standard library seeds its hash tables with random numbers.
    let random = RandomState::new().hash_one(());
    wait.mul_f64(0.5 + (random >> 11) as f64 / (1_u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_limit() {
        assert_eq!([0, 1, 2].map(planned), [1, 2, 4].map(|times| FIRST_WAIT * times));
        assert_eq!([6, 31, 32, u32::MAX].map(planned), [LONGEST_WAIT; 4]);
        for _ in 0..100 {
            let wait = jittered(LONGEST_WAIT);
            assert!(wait >= LONGEST_WAIT / 2 && wait < LONGEST_WAIT * 3 / 2, "{wait:?}");
        }
    }

    #[test]
    fn several_failures_are_of_the_connection_if_all_are() {
        let away = |host: &str| Error::refused(format!("{host} refuses connections"));
        let both = Error::many(vec![away("::1"), away("127.0.0.1")]);
        assert!(!is_of_connection(&both) && is_of_connection(&both.of_connection()));
        let one = Error::many(vec![away("::1").of_connection(), Error::refused("the password is wrong")]);
        assert!(!is_of_connection(&one));
    }

    #[test]
    fn only_failures_of_the_connection_are_tried_again_and_not_for_ever() {
        let mut retries = Retries::new(1);
        let of_data = retries.wait_after(Error::failed("value is not a number")).unwrap_err();
        assert_eq!(of_data.to_string(), "value is not a number");
        let lost = || Error::failed("connection closed").of_connection();
        assert!(retries.wait_after(lost()).is_ok());
        assert_eq!(retries.wait_after(lost()).unwrap_err().to_string(), "connection closed");
    }
}
