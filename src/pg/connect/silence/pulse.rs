//! What the two sides of a watched connection know of each other: the stream that moves bytes, and the watch.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{Context, Waker};

/// The signs of life of a connection.
#[derive(Debug, Default)]
pub struct Pulse {
    /// Counts the times that bytes have moved.
    moved: AtomicU64,
    /// Counts the times that someone has asked for bytes to move. Only a call that waits asks.
    asked: AtomicU64,
    /// Wakes the call that waits.
    waker: Mutex<Option<Waker>>,
    /// Why the connection is given up.
    lost: OnceLock<String>,
}

impl Pulse {
    /// A call asks for bytes to move.
    ///
    /// # Errors
    /// The connection is given up.
    pub fn ask(&self) -> io::Result<()> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        match self.lost.get() {
            Some(why) => Err(io::Error::new(io::ErrorKind::TimedOut, why.clone())),
            None => Ok(()),
        }
    }

    /// Bytes have moved.
    pub fn beat(&self) {
        self.moved.fetch_add(1, Ordering::Relaxed);
    }

    /// The call waits for bytes.
    pub fn wait(&self, context: &Context<'_>) {
        let mut waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
    }

    /// How often bytes have moved.
    pub fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// How often a call has asked for that.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Has the call that waits, if there is one, ask again.
    pub fn knock(&self) {
        if let Some(waker) = &*self.waker.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake_by_ref();
        }
    }

    /// Gives the connection up. The call that waits, and each later one, fails with `why`.
    pub fn give_up(&self, why: String) {
        // The first reason stays.
        let _ = self.lost.set(why);
        self.knock();
    }
}
