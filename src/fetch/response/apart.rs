//! A shaper on a thread that the run can leave behind. A filter that never ends, or that makes values without end, cannot be
//! stopped from outside; the run fails, and the thread ends with the process.

use super::depth;
use super::shape::{Meaning, ResponseRules, Shaper};
use crate::copy::values::batch::ValueColumns;
use crate::fetch::api::client::Response;
use crate::fetch::requests::Request;
use crate::run::memory::resident_bytes;
use crate::run::workers::PANICKED;
use crate::{Error, Result};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::time::{Duration, Instant};

/// How often the time and the memory of filters are looked at.
const POLL: Duration = Duration::from_millis(50);
/// What the process may have besides, bytes: small responses, rows on their way to the server, the program itself.
const OTHER_BYTES: u64 = 256 << 20;

/// A response with its request.
pub type Exchange = (Request, Response);

/// A shaper on a thread of its own.
pub struct ShaperThread {
    send: Sender<Exchange>,
    done: Receiver<Result<(Exchange, Meaning)>>,
    job: String,
    time: Duration,
    memory: u64,
}

impl ShaperThread {
    /// Starts the thread. The filters on one response may take `time`, and the process may have twice the memory of the rules
    /// meanwhile, and a constant besides.
    ///
    /// # Errors
    /// A thread that cannot be started.
    pub fn start(
        job: &str,
        rules: ResponseRules,
        columns: ValueColumns,
        time: Duration,
    ) -> Result<ShaperThread> {
        let (send, exchanges) = bounded::<Exchange>(1);
        let (give, done) = bounded(1);
        let memory = rules.body.max_memory.saturating_mul(2).saturating_add(OTHER_BYTES);
        let work = move || {
            let mut shaper = match Shaper::new(rules, columns) {
                Ok(shaper) => shaper,
                Err(error) => return drop(give.send(Err(error))),
            };
            for (request, response) in exchanges {
                let meaning = shaper.meaning(&request, &response);
                if give.send(Ok(((request, response), meaning))).is_err() {
                    return;
                }
            }
        };
        depth::spawn("filters", work)
            .map_err(|error| Error::failed(format!("cannot start a thread: {error}")))?;
        Ok(ShaperThread { send, done, job: job.to_owned(), time, memory })
    }

    /// The meaning of a response; none if the run was stopped meanwhile.
    ///
    /// # Errors
    /// Filters that take too much time or memory: the thread is lost, and with it the run.
    pub fn meaning(
        &self,
        exchange: Exchange,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Option<(Exchange, Meaning)>> {
        let name = exchange.0.name();
        let begun = Instant::now();
        if self.send.send(exchange).is_err() {
            // It says why before it ends.
            return Err(self
                .done
                .try_recv()
                .ok()
                .and_then(Result::err)
                .unwrap_or_else(|| Error::failed(PANICKED)));
        }
        let fails = |what: String| {
            Err(Error::failed(format!("fetch.{}: {what} on the response to {name}", self.job)).remedy(
                "correct rows, success, wait or pages.next, if one of them never ends; otherwise raise timeout or max_memory",
            ))
        };
        loop {
            match self.done.recv_timeout(POLL) {
                Ok(done) => return done.map(Some),
                Err(RecvTimeoutError::Disconnected) => return Err(Error::failed(PANICKED)),
                Err(RecvTimeoutError::Timeout) if stopped() => return Ok(None),
                Err(RecvTimeoutError::Timeout) if begun.elapsed() > self.time => {
                    return fails(format!("the filters have not ended within {:?}", self.time));
                }
                Err(RecvTimeoutError::Timeout) => {
                    if resident_bytes().is_some_and(|bytes| bytes > self.memory) {
                        let most = crate::config::Size(self.memory);
                        return fails(format!("the filters have taken more than {most} of memory"));
                    }
                }
            }
        }
    }
}
