//! Ctrl-C: the first one asks the run to stop and roll back, the second ends the process at once.

use crate::error::{Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::{SigId, low_level};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

static SIGNAL: OnceLock<Arc<AtomicUsize>> = OnceLock::new();
static SIGINT_ACTIONS: Mutex<Vec<SigId>> = Mutex::new(Vec::new());

/// What is done when a signal asks to stop.
type Hook = Box<dyn Fn() + Send>;

/// The hooks, and whether the signal came.
static HOOKS: Mutex<(Vec<Hook>, bool)> = Mutex::new((Vec::new(), false));
/// How long a run that was asked to stop may take to do so by itself, where it has nothing to undo.
const STUCK: Duration = Duration::from_millis(500);
/// How often the watcher looks for the signal.
const POLL: Duration = Duration::from_millis(50);

/// Calls `hook` when a signal asks to stop: for what waits elsewhere, such as a statement in the server. It is called
/// from a thread of its own, once; at once where the signal came already.
pub fn on_request(hook: impl Fn() + Send + 'static) {
    let mut hooks = HOOKS.lock().unwrap_or_else(PoisonError::into_inner);
    if hooks.1 {
        drop(hooks);
        return hook();
    }
    if hooks.0.is_empty() {
        std::thread::spawn(watch);
    }
    hooks.0.push(Box::new(hook));
}

/// Ends the process some time after a signal has asked it to stop: for who may wait for ever, such as for a reader who
/// does not read, and has nothing to undo.
pub fn end_if_stuck() {
    end_after(STUCK);
}

/// As [`end_if_stuck`], after a time of the caller's choice.
pub fn end_after(patience: Duration) {
    on_request(move || {
        // On a thread of its own: other hooks may be what lets the run end by itself.
        std::thread::spawn(move || {
            std::thread::sleep(patience);
            std::process::exit(128 + requested().unwrap_or(SIGINT));
        });
    });
}

fn watch() {
    while requested().is_none() {
        std::thread::sleep(POLL);
    }
    let hooks = {
        let mut hooks = HOOKS.lock().unwrap_or_else(PoisonError::into_inner);
        hooks.1 = true;
        std::mem::take(&mut hooks.0)
    };
    for hook in hooks {
        hook();
    }
}

/// Installs the handlers for `SIGINT` and `SIGTERM`; called once by the command line.
///
/// # Errors
/// When the operating system refuses a handler.
pub fn install() -> std::io::Result<()> {
    let seen = SIGNAL.get_or_init(Arc::default);
    let once = Arc::new(AtomicBool::new(false));
    for (signal, code) in [(SIGINT, 130), (SIGTERM, 143)] {
        // Registered first, so that it acts only when an earlier signal has set the flag.
        let actions = [
            flag::register_conditional_shutdown(signal, code, Arc::clone(&once))?,
            flag::register(signal, Arc::clone(&once))?,
            flag::register_usize(signal, Arc::clone(seen), signal as usize)?,
        ];
        if signal == SIGINT {
            SIGINT_ACTIONS.lock().unwrap_or_else(PoisonError::into_inner).extend(actions);
        }
    }
    Ok(())
}

/// From here on Ctrl-C is for the interactive program that we run, however often it is pressed; we do not react.
///
/// The handler stays, with nothing to do: to *ignore* the signal would be inherited by the program.
pub fn leave_ctrl_c_to_child() {
    for action in SIGINT_ACTIONS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        low_level::unregister(action);
    }
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
