//! The threads that wait for the API, as many as there may be requests at once.

use super::api::client::{Client, Response};
use super::api::failure::Failure;
use super::queue::Queue;
use super::requests::Request;
use crate::report::timeline::{self, Step};
use crate::run::interrupt;
use crate::run::workers::PANICKED;
use crate::{Error, Result};
use crossbeam_channel::Sender;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

/// A request with its response, or with the reason for having none.
pub struct Fetched {
    /// The request.
    pub request: Request,
    /// The response, or why there is none.
    pub outcome: Result<Response, Failure>,
    /// How long that took.
    pub seconds: f64,
}

/// Starts the threads that wait for the server. A run does not join them: once stopped, it ends however long the server takes.
///
/// # Errors
/// A thread that cannot be started.
pub fn start(count: usize, client: &Arc<Client>, queue: &Arc<Queue>, send: &Sender<Fetched>) -> Result<()> {
    for number in 1..=count {
        let (client, queue, send) = (Arc::clone(client), Arc::clone(queue), send.clone());
        let work = move || {
            let stopped = || queue.is_stopped() || is_interrupted();
            while let Some(request) = queue.take() {
                let started = Instant::now();
                let mut running = timeline::begin(Step::Request, &request.name());
                let outcome = match &request.home {
                    // Without an outcome the run would wait for ever.
                    Ok(home) => catch_unwind(AssertUnwindSafe(|| {
                        client.send(&request.url, home, request.body.as_deref(), &request.headers, &stopped)
                    }))
                    .unwrap_or_else(|_| Err(Failure::Never(format!("is not sent: {PANICKED}")))),
                    Err(lacks) => Err(Failure::Never(lacks.clone())),
                };
                if outcome.is_ok() {
                    running.end();
                }
                drop(running);
                let fetched = Fetched { request, outcome, seconds: started.elapsed().as_secs_f64() };
                if send.send(fetched).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name(format!("fetch-{number}")).spawn(work).map_err(|error| {
            Error::failed(format!("cannot start thread {number} of {count}: {error}"))
                .remedy("lower concurrency")
        })?;
    }
    Ok(())
}

/// Whether a signal has asked the run to stop.
pub fn is_interrupted() -> bool {
    interrupt::requested().is_some()
}
