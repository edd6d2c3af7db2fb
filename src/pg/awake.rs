//! A session that holds a lock or a snapshot while other sessions work. The administrator may have limited how long a session does
//! nothing (`idle_in_transaction_session_timeout`, `idle_session_timeout`), so it says now and then that it is there.

use postgres::GenericClient;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// The time between two signs of life.
const PAUSE: Duration = Duration::from_secs(1);

/// Keeps the session of `client` awake while `work` is done. A session that is lost all the same shows when it is used again.
pub fn while_others<T>(client: &mut (impl GenericClient + Send), work: impl FnOnce() -> T) -> T {
    let (done, is_done) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while is_done.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                if let Err(error) = client.batch_execute("") {
                    tracing::debug!("a session that holds a lock or a snapshot is lost: {error}");
                    return;
                }
            }
        });
        // It is dropped, and the thread ends, even where the work panics.
        let _done = done;
        work()
    })
}
