//! Ctrl-C: the first one asks the run to stop and roll back, the second ends the process at once.

use crate::error::{Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

static SIGNAL: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// Installs the handlers for `SIGINT` and `SIGTERM`; called once by the command line.
///
/// # Errors
/// When the operating system refuses a handler.
pub fn install() -> std::io::Result<()> {
    let seen = SIGNAL.get_or_init(Arc::default);
    let once = Arc::new(AtomicBool::new(false));
    for (signal, code) in [(SIGINT, 130), (SIGTERM, 143)] {
        // Registered first, so that it acts only when an earlier signal has set the flag.
        flag::register_conditional_shutdown(signal, code, Arc::clone(&once))?;
        flag::register(signal, Arc::clone(&once))?;
        flag::register_usize(signal, Arc::clone(seen), signal as usize)?;
    }
    Ok(())
}

/// The signal that asked to stop, if one did.
pub fn requested() -> Option<i32> {
    let signal = SIGNAL.get()?.load(Ordering::Relaxed);
    i32::try_from(signal).ok().filter(|signal| *signal != 0)
}

/// An error once a signal asked to stop; loops call it once per batch.
///
/// # Errors
/// [`Error::interrupted`] with the signal's number.
pub fn check() -> Result<()> {
    match requested() {
        Some(signal) => Err(Error::interrupted(signal)),
        None => Ok(()),
    }
}
