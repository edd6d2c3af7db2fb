//! Ctrl-C. The first one asks the run to stop and roll back, the second one ends the process at once.

use crate::error::{Error, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::{SigId, low_level};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

static SIGNAL: OnceLock<Arc<AtomicUsize>> = OnceLock::new();
static SIGINT_ACTIONS: Mutex<Vec<SigId>> = Mutex::new(Vec::new());

/// A function that is called when a signal asks to stop.
type Hook = Box<dyn Fn() + Send>;

/// The hooks that wait for a signal, or the fact that they were called.
enum Hooks {
    Waiting(Vec<Hook>),
    Called,
}

static HOOKS: Mutex<Hooks> = Mutex::new(Hooks::Waiting(Vec::new()));
/// How long a run that was asked to stop may take to do so by itself, where it has nothing to undo.
const STUCK: Duration = Duration::from_millis(500);
/// How long any run that was asked to stop may take to do so. A network that is silent, or a server that is busy, would hold
/// it for longer; what is not committed then, the server undoes.
const PATIENCE: Duration = Duration::from_secs(8);
/// The time after which the watcher looks for the signal again.
const POLL: Duration = Duration::from_millis(50);

/// Calls `hook` once, on another thread, when a signal asks to stop; at once where that has happened already. It is for work
/// that waits elsewhere, such as a statement in the server.
pub fn on_request(hook: impl Fn() + Send + 'static) {
    let mut hooks = HOOKS.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *hooks {
        Hooks::Called => {
            drop(hooks);
            hook();
        }
        Hooks::Waiting(waiting) => {
            if waiting.is_empty() {
                std::thread::spawn(watch);
            }
            waiting.push(Box::new(hook));
        }
    }
}

/// Ends the process half a second after a signal has asked it to stop. It is for a run that has nothing to undo and may wait
/// for ever, for example for a reader of its output.
pub fn end_if_stuck() {
    end_after(STUCK);
}

/// As [`end_if_stuck`], after the time `patience`.
pub fn end_after(patience: Duration) {
    on_request(move || {
        // It waits on a thread of its own: another hook may let the run end by itself.
        std::thread::spawn(move || {
            std::thread::sleep(patience);
            std::process::exit(128 + requested().unwrap_or(SIGINT));
        });
    });
}

/// Ends the process 8 s after a signal has asked it to stop, if it has not ended by itself.
pub fn end_in_time() {
    end_after(PATIENCE);
}

fn watch() {
    while requested().is_none() {
        std::thread::sleep(POLL);
    }
    let hooks = {
        let mut hooks = HOOKS.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *hooks, Hooks::Called)
    };
    if let Hooks::Waiting(waiting) = hooks {
        waiting.iter().for_each(|hook| hook());
    }
}

/// Installs the handlers for `SIGINT` and `SIGTERM`. The command line calls it once.
///
/// # Errors
/// The operating system refuses a handler.
pub fn install() -> std::io::Result<()> {
    let seen = SIGNAL.get_or_init(Arc::default);
    let once = Arc::new(AtomicBool::new(false));
    for (signal, code) in [(SIGINT, 130), (SIGTERM, 143)] {
        // It is registered first, so it acts only when an earlier signal has set the flag.
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

/// From here on Ctrl-C is for the interactive program that pghaul runs, however often it is pressed.
///
/// The handler stays, with nothing to do: if the signal were *ignored*, the program would inherit that.
pub fn leave_ctrl_c_to_child() {
    for action in SIGINT_ACTIONS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        low_level::unregister(action);
    }
}

/// The signal that has asked to stop; none before that.
pub fn requested() -> Option<i32> {
    let signal = SIGNAL.get()?.load(Ordering::Relaxed);
    i32::try_from(signal).ok().filter(|signal| *signal != 0)
}

/// Fails when a signal has asked to stop. Loops call it once per batch.
///
/// # Errors
/// [`Error::interrupted`] with the signal's number.
pub fn check() -> Result<()> {
    match requested() {
        Some(signal) => Err(Error::interrupted(signal)),
        None => Ok(()),
    }
}
