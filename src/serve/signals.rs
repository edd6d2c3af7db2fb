//! Signals: to stop, and to read the configuration again.

use crate::run::interrupt;
use crate::{Error, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// The signals that came.
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
    /// Listens to signals from now on.
    ///
    /// # Errors
    /// When the operating system refuses a handler.
    pub fn listen() -> Result<Signals> {
        let (sender, stop) = watch::channel(false);
        // Nobody listens once the service has ended by itself.
        interrupt::on_request(move || sender.send(true).unwrap_or_default());
        let reload = signal(SignalKind::hangup())
            .map_err(|error| Error::refused(format!("cannot handle signals: {error}")))?;
        Ok(Signals { stop, reload })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            // Its sender lives until it has sent.
            _ = self.stop.wait_for(|stop| *stop) => Asked::Stop,
            _ = self.reload.recv() => Asked::Reload,
        }
    }
}
