//! The pipeline of a run, whose stages all work at the same time.
//!
//! ```text
//! requests ─→ queue ─→ fetch ─────────→ shape ───→ write (COPY and ledger) ─→ committed
//! one thread     ↑     `concurrency`    a thread   `workers` threads,          │
//!                │     threads          per core   a connection each           │
//!                ├──── tries again ────────┘                                   │
//!                └──── next pages ─────────────────────────────────────────────┘
//! ```
//!
//! The next page is only asked for when the rows of the one before are committed: what is there of a request is always its
//! first pages.

use super::api::client::{Client, Failure, Response, is_interrupted};
use super::ledger::{Entry, Progress};
use super::queue::Queue;
use super::requests::{Request, RequestId};
use super::response::shape::{Meaning, Shaper, start};
use super::settings::Settings;
use super::writer::{Shaped, Writers};
use crate::copy::values::batch::ValueColumns;
use crate::pg::retry::backoff;
use crate::report::{UnitReport, UnitStatus, plural, thousands};
use crate::run::workers::Workers;
use crate::run::{cores, interrupt};
use crate::{Error, Result};
use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, bounded};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often those who wait look whether the run was stopped.
const POLL: Duration = Duration::from_millis(50);
/// Requests that are read ahead.
const READ_AHEAD: usize = 64;
/// How often it is told how far a run has got.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// A response, or why there is none, with its request.
struct Fetched {
    request: Request,
    outcome: Result<Response, Failure>,
    seconds: f64,
}

/// What a run has come to.
#[derive(Debug, Default)]
pub struct Filled {
    /// One for each page of each request.
    pub units: Vec<UnitReport>,
    /// Requests that have failed for good.
    pub failed: u64,
}

/// What the stages of a run share.
struct Run<'r> {
    settings: &'r Settings,
    client: Arc<Client>,
    queue: Arc<Queue>,
    filled: Mutex<(Filled, Instant)>,
    workers: Workers<'static>,
}

/// Makes all requests, and writes their rows.
///
/// # Errors
/// The first failure that is not one request's; Ctrl-C.
pub fn fill(writers: &Writers<'_>, client: Client, before: &HashMap<RequestId, Progress>) -> Result<Filled> {
    let settings = writers.settings;
    let shapers = cores::count().get();
    let (send_request, requests) = bounded(READ_AHEAD);
    let (send_fetched, fetched) = bounded(2 * shapers);
    let (send_shaped, shaped) = bounded(2 * settings.workers);
    let queue = Arc::new(Queue::new(requests));
    let run = Run {
        settings,
        client: Arc::new(client),
        queue: Arc::clone(&queue),
        filled: Mutex::new((Filled::default(), Instant::now())),
        workers: Workers::with_hook(move || queue.stop()),
    };
    let mut connections = writers.database.connect_up_to(None, settings.workers);
    if connections.is_empty() {
        connections.push(writers.database.connect()?);
    }
    tracing::debug!(
        "{} requests at once, {shapers} threads that make rows, {} connections",
        settings.concurrency,
        connections.len()
    );
    start_fetchers(&run, &send_fetched)?;
    // When the last fetcher has ended, the shapers have to notice.
    drop(send_fetched);
    std::thread::scope(|scope| {
        let run = &run;
        run.workers
            .spawn(scope, "requests".to_owned(), move || run.read_requests(writers, before, &send_request));
        for number in 1..=shapers {
            let (fetched, send_shaped) = (fetched.clone(), send_shaped.clone());
            let columns = ValueColumns::new(writers.target.columns());
            run.workers
                .spawn(scope, format!("shape-{number}"), move || run.shape(columns, &fetched, &send_shaped));
        }
        drop(send_shaped);
        for (number, connection) in connections.into_iter().enumerate() {
            let shaped = shaped.clone();
            let each = |entry, failed| run.committed(entry, failed);
            run.workers.spawn(scope, format!("write-{}", number + 1), move || {
                writers.write(connection, &shaped, &each)
            });
        }
        drop(shaped);
    });
    interrupt::check()?;
    run.workers.finish()?;
    let mut filled = run.filled.into_inner().unwrap_or_else(PoisonError::into_inner).0;
    filled.units.sort_by_key(|unit| number_in(&unit.name));
    Ok(filled)
}

/// Starts the threads that wait for the server. They are not waited for: a run that was stopped ends, however long the
/// server takes.
fn start_fetchers(run: &Run<'_>, send: &Sender<Fetched>) -> Result<()> {
    for number in 1..=run.settings.concurrency {
        let (client, queue, send) = (Arc::clone(&run.client), Arc::clone(&run.queue), send.clone());
        let work = move || {
            let stopped = || queue.is_stopped() || is_interrupted();
            while let Some(request) = queue.take() {
                let started = Instant::now();
                let outcome = match &request.home {
                    Ok(home) => client.send(&request.url, home, request.body.as_deref(), &stopped),
                    Err(lacks) => Err(Failure::Never(lacks.clone())),
                };
                let fetched = Fetched { request, outcome, seconds: started.elapsed().as_secs_f64() };
                if send.send(fetched).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name(format!("fetch-{number}")).spawn(work).map_err(|error| {
            Error::failed(format!("cannot start thread {number} of {}: {error}", run.settings.concurrency))
                .remedy("lower concurrency")
        })?;
    }
    Ok(())
}

impl Run<'_> {
    /// Hands out the requests, without those that an earlier run has done.
    fn read_requests(
        &self,
        writers: &Writers<'_>,
        before: &HashMap<RequestId, Progress>,
        send: &Sender<Request>,
    ) -> Result<()> {
        self.settings.source.read(self.settings, writers.database, &mut |mut request| {
            match before.get(&request.id) {
                Some(Progress { next: None, .. }) => {
                    self.add(self.unit(&request, UnitStatus::Skipped));
                    return !self.queue.is_stopped();
                }
                Some(Progress { page, rows, next: Some(next) }) => {
                    request.page = page + 1;
                    request.rows_before = *rows;
                    request.url = next.as_str().into();
                }
                None => {}
            }
            let mut waiting = request;
            loop {
                match send.send_timeout(waiting, POLL) {
                    Ok(()) => return true,
                    Err(SendTimeoutError::Timeout(request))
                        if !(self.queue.is_stopped() || is_interrupted()) =>
                    {
                        waiting = request;
                    }
                    Err(_) => return false,
                }
            }
        })
    }

    /// One of the threads that make rows.
    fn shape(&self, columns: ValueColumns, fetched: &Receiver<Fetched>, send: &Sender<Shaped>) -> Result<()> {
        let mut shaper = Shaper::new(self.settings, columns)?;
        loop {
            interrupt::check()?;
            if self.queue.is_stopped() {
                return Ok(());
            }
            let Fetched { request, outcome, seconds } = match fetched.recv_timeout(POLL) {
                Ok(fetched) => fetched,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            let shaped = match outcome {
                Ok(response) => {
                    let meaning = shaper.meaning(&request, &response);
                    self.judge(request, Some(&response), meaning, seconds)
                }
                Err(Failure::Stopped) => return Ok(()),
                Err(Failure::Never(why)) => self.judge(request, None, Meaning::Failed(why), seconds),
                Err(Failure::Again(why)) => {
                    self.judge(request, None, Meaning::Again { why, wait: None, everyone: false }, seconds)
                }
            };
            // Fails when the writers have failed.
            if let Some(shaped) = shaped
                && send.send(shaped).is_err()
            {
                return Ok(());
            }
        }
    }

    /// What is to be written for a response; nothing for a request that is tried again.
    fn judge(
        &self,
        mut request: Request,
        response: Option<&Response>,
        meaning: Meaning,
        seconds: f64,
    ) -> Option<Shaped> {
        let settings = self.settings;
        let entry = |request: Request| Entry {
            request,
            http_status: response.map(|response| response.status.as_u16()),
            rows: 0,
            rejected: 0,
            bytes: response.map_or(0, |response| response.body.len() as u64),
            next: None,
            error: None,
            body_start: None,
            seconds,
        };
        let (name, why) = (
            request.name(),
            match meaning {
                Meaning::Rows { batch, next, wait } => {
                    if let Some(wait) = wait {
                        self.client.limiter().pause(wait.min(settings.max_wait));
                    }
                    return Some(Shaped { batch: Some(batch), entry: Entry { next, ..entry(request) } });
                }
                Meaning::Failed(why) => why,
                Meaning::Again { why, wait, everyone } => {
                    let planned = wait.unwrap_or_else(|| backoff(request.tries));
                    if planned > settings.max_wait {
                        let (asked, most) = (planned.as_secs(), settings.max_wait.as_secs());
                        format!("{why}; it asks to wait {asked} s, and max_wait allows {most} s")
                    } else if request.tries < settings.retries {
                        if everyone {
                            self.client.limiter().pause(planned);
                        }
                        request.tries += 1;
                        let (name, tries, seconds) = (request.name(), request.tries, planned.as_secs_f64());
                        let why = settings.secrets.hide(&why);
                        tracing::info!(
                            "{name}: {why}; trying again in {seconds:.1} s ({tries} of {})",
                            settings.retries
                        );
                        self.queue.again(request, planned);
                        return None;
                    } else {
                        format!("{why}; tried {} times", request.tries + 1)
                    }
                }
            },
        );
        let url = settings.secrets.hide(&request.url);
        let error = settings.secrets.hide(&format!("{name} ({url}): {why}"));
        let body_start = response.map(|response| start(&response.body));
        Some(Shaped { batch: None, entry: Entry { error: Some(error), body_start, ..entry(request) } })
    }

    /// A response is written and committed.
    fn committed(&self, entry: Entry, failed: bool) {
        let status = if failed { UnitStatus::Failed } else { UnitStatus::Loaded };
        let unit = UnitReport {
            rows_read: entry.rows + entry.rejected,
            rows_loaded: entry.rows,
            rows_rejected: entry.rejected,
            bytes_read: if failed { 0 } else { entry.bytes },
            seconds: entry.seconds,
            error: entry.error,
            ..self.unit(&entry.request, status)
        };
        self.add(unit);
        match entry.next {
            Some(next) if !failed => {
                let request = entry.request;
                let rows_before = request.rows_before + entry.rows + entry.rejected;
                let page = request.page + 1;
                self.queue.next_page(Request { url: next.into(), page, rows_before, tries: 0, ..request });
            }
            _ => self.queue.done(),
        }
    }

    fn add(&self, unit: UnitReport) {
        let mut filled = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        let (Filled { units, failed }, told) = &mut *filled;
        if unit.status == UnitStatus::Failed {
            *failed += 1;
            if *failed > self.settings.max_failures {
                self.queue.stop();
            }
        }
        units.push(unit);
        if told.elapsed() > HEARTBEAT {
            *told = Instant::now();
            let rows = units.iter().map(|unit| unit.rows_loaded).sum();
            let requests = units.len() as u64;
            tracing::info!(
                "{} {}, {} rows",
                thousands(requests),
                plural(requests, "request"),
                thousands(rows)
            );
        }
    }

    fn unit(&self, request: &Request, status: UnitStatus) -> UnitReport {
        UnitReport::empty(request.name(), self.settings.secrets.hide(&request.url), status)
    }
}

/// The numbers of request and page in a unit's name, to order units by.
fn number_in(name: &str) -> (u64, u64) {
    let mut numbers = name.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(1))
}
