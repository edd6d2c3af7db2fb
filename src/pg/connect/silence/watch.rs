//! Looks after a connection on which no byte moves, though a call waits for one.

use super::open::{open, within};
use super::pulse::Pulse;
use postgres::SimpleQueryMessage;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use std::{io, thread};
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a call that waits may take to ask again, when it is knocked at.
const KNOCK: Duration = Duration::from_millis(200);
/// The watch looks this many times as often as a silent network is borne.
const LOOKS: u32 = 6;
/// A server that is at work is looked at less and less often, down to this part of that.
const RARELY: u32 = 3;

/// The watch over one connection.
pub struct Watch {
    /// The connection's own configuration, for others that ask about it.
    pub config: Config,
    /// Its TLS.
    pub tls: Option<MakeRustlsConnect>,
    /// What is watched. The watch ends with it.
    pub pulse: Weak<Pulse>,
    /// The process id of the connection's server process.
    pub backend: i32,
    /// How long a silent network is borne.
    pub patience: Duration,
}

/// What another connection says of this one.
enum Answer {
    /// The server is at work for it.
    Busy,
    /// The server waits for us.
    Waits,
    /// The server does not have it any more.
    Gone,
    /// The server does not answer.
    Silence(io::Error),
}

impl Watch {
    /// Watches on a thread of its own.
    ///
    /// # Errors
    /// The operating system gives no thread.
    pub fn begin(self) -> io::Result<()> {
        thread::Builder::new().name("watch".to_owned()).spawn(move || self.run()).map(drop)
    }

    fn run(self) {
        let period = self.patience / LOOKS;
        let (mut moved, mut since, mut wait, mut in_doubt) = (None, Instant::now(), period, false);
        loop {
            thread::sleep(wait);
            let Some(pulse) = self.pulse.upgrade() else { return };
            if moved != Some(pulse.moved()) {
                (moved, since, wait, in_doubt) = (Some(pulse.moved()), Instant::now(), period, false);
                continue;
            }
            if !is_waited_for(&pulse) {
                continue;
            }
            let answer = self.look(period);
            if moved != Some(pulse.moved()) {
                continue;
            }
            let seconds = since.elapsed().as_secs().max(1);
            let why = match answer {
                Answer::Busy => {
                    (wait, in_doubt) = ((wait * 2).min(period * RARELY), false);
                    continue;
                }
                Answer::Waits => {
                    "the server has sent all and waits for more: what lies between holds it back".to_owned()
                }
                Answer::Gone => "the server has closed the connection long ago".to_owned(),
                Answer::Silence(error) => format!("a new connection gets no answer either ({error})"),
            };
            // An answer may just be on its way, so each is asked twice.
            if !in_doubt {
                (wait, in_doubt) = (period / 2, true);
                continue;
            }
            pulse.give_up(format!("the network is silent: no byte has moved for {seconds} s, and {why}"));
            // What the server holds for us, locks above all, would be held until it notices by itself.
            if let Err(error) = self.ask("pg_catalog.pg_terminate_backend(pid)", period) {
                tracing::debug!(
                    "the server process {} may hold its locks for a while: {error}",
                    self.backend
                );
            }
            return;
        }
    }

    fn look(&self, limit: Duration) -> Answer {
        match self.ask("pg_catalog.concat(wait_event)", limit) {
            Ok(Some(event)) if event == "ClientRead" || event == "ClientWrite" => Answer::Waits,
            Ok(Some(_)) => Answer::Busy,
            Ok(None) => Answer::Gone,
            Err(error) => match error.downcast::<postgres::Error>() {
                // It has answered, if only that it lets no more connections in.
                Ok(error) if error.code().is_some() => Answer::Busy,
                Ok(error) => Answer::Silence(io::Error::other(error)),
                Err(error) => Answer::Silence(error),
            },
        }
    }

    /// An expression about the connection's server process, from another connection; none if that process has gone.
    fn ask(&self, what: &str, limit: Duration) -> io::Result<Option<String>> {
        let sql = format!(
            "SET search_path = pg_catalog, pg_temp; SELECT {what} FROM pg_catalog.pg_stat_activity WHERE pid OPERATOR(pg_catalog.=) {}",
            self.backend
        );
        let pulse = Arc::<Pulse>::default();
        let (config, tls, its_pulse) = (self.config.clone(), self.tls.clone(), Arc::clone(&pulse));
        let messages = within(limit, &pulse, move || open(config, tls, its_pulse)?.client.simple_query(&sql));
        let messages = messages?.map_err(io::Error::other)?;
        Ok(messages.into_iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        }))
    }
}

/// Whether a call waits for bytes: it asks again when it is knocked at.
fn is_waited_for(pulse: &Pulse) -> bool {
    let before = pulse.asked();
    pulse.knock();
    thread::sleep(KNOCK);
    pulse.asked() != before
}
