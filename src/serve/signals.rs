//! Signals that stop the service, or make it read the configuration again.

use crate::run::interrupt;
use crate::{Error, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// The signals that have arrived.
pub struct Signals {
    stop: watch::Receiver<bool>,
    reload: Signal,
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To stop.
    Stop,
    /// To read the configuration again.
    Reload,
}

impl Signals {
    /// Starts to listen to signals.
    ///
    /// # Errors
    /// The operating system refuses a handler.
    pub fn listen() -> Result<Signals> {
        let (sender, stop) = watch::channel(false);
        // Fails once the service has ended by itself; then the signal has no meaning.
        interrupt::on_request(move || sender.send(true).unwrap_or_default());
        let reload = signal(SignalKind::hangup())
            .map_err(|error| Error::refused(format!("cannot handle signals: {error}")))?;
        Ok(Signals { stop, reload })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            // The handler owns the sender, so it lives until it has sent.
            _ = self.stop.wait_for(|stop| *stop) => Asked::Stop,
            _ = self.reload.recv() => Asked::Reload,
        }
    }
}
