//! The pipeline of a run. All stages work at the same time.
//!
//! ```text
//! requests ─→ queue ─→ fetch ─────────→ shape ───→ write (COPY and ledger) ─→ committed
//! one thread     ↑     `concurrency`    a thread   `workers` threads,          │
//!                │     threads          per core   a connection each           │
//!                ├──── tries again ────────┘                                   │
//!                └──── next pages ─────────────────────────────────────────────┘
//! ```
//!
//! The next page is requested when the rows of the page before are committed. So the table always has the first pages of a
//! request, without a gap.

use super::api::client::{Client, Response};
use super::api::failure::Failure;
use super::bar;
use super::fetchers::{self, Fetched, is_interrupted};
use super::ledger::{EarlierPages, Entry};
use super::pages::Pages;
use super::queue::Queue;
use super::requests::{Request, RequestId};
use super::response::apart::ShaperThread;
use super::response::body::start;
use super::response::shape::Meaning;
use super::settings::Settings;
use super::tally::{Filled, Tally};
use super::writer::{Shaped, Writers};
use crate::Result;
use crate::copy::values::batch::ValueColumns;
use crate::pg::retry::backoff;
use crate::report::log::Verbosity;
use crate::report::progress::RequestProgress;
use crate::report::timeline::{self, MarkKind};
use crate::report::{SecondsIn, UnitReport, UnitStatus};
use crate::run::workers::Workers;
use crate::run::{cores, interrupt};
use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, bounded};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often waiting threads check whether the run was stopped.
const POLL: Duration = Duration::from_millis(50);
/// Requests that are read ahead.
const READ_AHEAD: usize = 64;

/// What the stages of a run share.
struct Run<'r> {
    settings: &'r Settings,
    client: Arc<Client>,
    queue: Arc<Queue>,
    tally: Tally,
    bar: RequestProgress,
    /// Whether the log says that there are further pages.
    has_warned: AtomicBool,
    workers: Workers<'static>,
}

/// Makes all requests, and writes their rows. `since` is the value that the job's requests begin with; `before` is the progress of an
/// earlier run.
///
/// # Errors
/// The first failure that concerns more than one request; Ctrl-C.
pub fn fill(
    writers: &Writers<'_>,
    client: Client,
    since: Option<&str>,
    before: &HashMap<RequestId, EarlierPages>,
    verbosity: Verbosity,
) -> Result<Filled> {
    let settings = writers.settings;
    let shapers = cores::count().get();
    let (send_request, requests) = bounded(READ_AHEAD);
    let (send_fetched, fetched) = bounded(2 * shapers);
    let (send_shaped, shaped) = bounded(2 * settings.workers);
    let queue = Arc::new(Queue::new(requests));
    let client = Arc::new(client);
    let bar = bar::bar(verbosity, settings, &client);
    let run = Run {
        settings,
        client,
        queue: Arc::clone(&queue),
        tally: Tally::new(!bar.is_shown()),
        bar,
        has_warned: AtomicBool::new(false),
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
    fetchers::start(settings.concurrency, &run.client, &run.queue, &send_fetched)?;
    // The channel closes with the last fetcher, and so the shapers end.
    drop(send_fetched);
    std::thread::scope(|scope| {
        let run = &run;
        run.workers.spawn(scope, "requests".to_owned(), move || {
            run.read_requests(writers, since, before, &send_request)
        });
        for number in 1..=shapers {
            let (fetched, send_shaped) = (fetched.clone(), send_shaped.clone());
            let columns = ValueColumns::new(writers.target.columns());
            run.workers
                .spawn(scope, format!("shape-{number}"), move || run.shape(columns, &fetched, &send_shaped));
        }
        drop(send_shaped);
        for (number, connection) in connections.into_iter().enumerate() {
            let shaped = shaped.clone();
            let each = |entry| run.committed(entry);
            run.workers.spawn(scope, format!("write-{}", number + 1), move || {
                writers.write(connection, &shaped, &each)
            });
        }
        drop(shaped);
    });
    interrupt::check()?;
    run.workers.finish()?;
    let api = run.client.seconds();
    let seconds_in = SecondsIn { api, waits: run.client.limiter().waited_seconds(), ..SecondsIn::default() };
    Ok(Filled { seconds_in, ..run.tally.finish() })
}

impl Run<'_> {
    /// Reads the requests, and sends on what an earlier run has left of them.
    fn read_requests(
        &self,
        writers: &Writers<'_>,
        since: Option<&str>,
        before: &HashMap<RequestId, EarlierPages>,
        send: &Sender<Request>,
    ) -> Result<()> {
        let source = &self.settings.source;
        if self.bar.is_shown()
            && let Some(count) = source.count()
        {
            self.bar.expect(count);
        }
        let mut count = 0;
        source.read(self.settings.request_rules(since), writers.database, &mut |mut request| {
            count += 1;
            match before.get(&request.id) {
                Some(EarlierPages { next: None, .. }) => {
                    self.add(self.unit(&request, UnitStatus::Unchanged));
                    self.bar.advance();
                    return !self.queue.is_stopped();
                }
                Some(EarlierPages { page, rows, next: Some(next) }) => {
                    request.page = *page;
                    request = request.followed_by(next.clone(), *rows);
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
        })?;
        self.bar.expect(count);
        Ok(())
    }

    /// Makes rows of responses, on a thread of its own.
    fn shape(&self, columns: ValueColumns, fetched: &Receiver<Fetched>, send: &Sender<Shaped>) -> Result<()> {
        let settings = self.settings;
        let shaper =
            ShaperThread::start(&settings.job, settings.response_rules(), columns, settings.timeout)?;
        let stopped = || self.queue.is_stopped() || is_interrupted();
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
                    let Some(((request, response), meaning)) =
                        shaper.meaning((request, response), &stopped)?
                    else {
                        continue;
                    };
                    self.judge(request, Some(&response), meaning, seconds)
                }
                Err(Failure::Stopped) => return Ok(()),
                Err(Failure::Never(why)) => self.judge(request, None, Meaning::Failed(why), seconds),
                Err(Failure::Again(why)) => {
                    self.judge(request, None, Meaning::Again { why, wait: None, everyone: false }, seconds)
                }
            };
            // The channel closes when the writers have failed.
            if let Some(shaped) = shaped
                && send.send(shaped).is_err()
            {
                return Ok(());
            }
        }
    }

    /// What the writers get for a response; none if the request is tried again, which this arranges.
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
        let name = request.name();
        let why = match meaning {
            Meaning::Rows { batch, next, wait, names_next } => {
                if let Some(what) = names_next
                    && !self.has_warned.swap(true, Ordering::Relaxed)
                {
                    tracing::warn!(
                        "fetch.{}: the response to {name} names a next page ({what}), and the job has no pages: only first pages \
                             are loaded",
                        settings.job
                    );
                }
                let are_counted = settings.pages.as_ref().is_some_and(Pages::are_counted);
                if let (Some(_), Some(response), true) = (&next, response, are_counted) {
                    request.answered(&response.body);
                }
                if let Some(wait) = wait {
                    self.client.limiter().pause(wait.min(settings.max_wait));
                }
                return Some(Shaped { batch: Some(*batch), entry: Entry { next, ..entry(request) } });
            }
            Meaning::Failed(why) => why,
            Meaning::Again { why, wait, everyone } => {
                // After 0 seconds an API that is too busy would be asked so often at once that no try is left.
                let asked = wait.filter(|wait| !wait.is_zero());
                let planned = asked.unwrap_or_else(|| backoff(request.tries));
                if planned > settings.max_wait {
                    let (asked, most) = (planned.as_secs(), settings.max_wait.as_secs());
                    format!("{why}; it asks to wait {asked} s, and max_wait allows {most} s")
                } else if request.tries < settings.retries {
                    if everyone {
                        self.client.limiter().pause(planned);
                    }
                    request.tries += 1;
                    let (tries, seconds) = (request.tries, planned.as_secs_f64());
                    let why = settings.secrets.hide(&why);
                    timeline::mark(MarkKind::Retry, 1, || format!("{name}: {why}"));
                    tracing::info!(
                        "{name}: {why}; trying again in {seconds:.1} s ({tries} of {})",
                        settings.retries
                    );
                    self.queue.retry(request, planned);
                    return None;
                } else {
                    match request.tries {
                        0 => why,
                        tries => format!("{why}; tried {} times", tries + 1),
                    }
                }
            }
        };
        let url = settings.secrets.hide(&request.url);
        let error = settings.secrets.hide(&format!("{name} ({url}): {why}"));
        let body_start = response.map(|response| start(&response.body));
        Some(Shaped { batch: None, entry: Entry { error: Some(error), body_start, ..entry(request) } })
    }

    /// Takes note of a response whose rows are committed, and queues the next page.
    fn committed(&self, entry: Entry) {
        let failed = entry.error.is_some();
        if let Some(error) = &entry.error {
            timeline::mark(MarkKind::Failure, 1, || error.clone());
        }
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
                self.queue.next_page(entry.request.followed_by(next, entry.rows + entry.rejected));
            }
            _ => {
                self.bar.advance();
                self.queue.done();
            }
        }
    }

    fn add(&self, unit: UnitReport) {
        if self.tally.add(unit) > self.settings.max_failures {
            self.queue.stop();
        }
    }

    fn unit(&self, request: &Request, status: UnitStatus) -> UnitReport {
        UnitReport::empty(request.name(), self.settings.secrets.hide(&request.url), status)
    }
}
