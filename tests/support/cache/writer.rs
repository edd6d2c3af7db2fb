//! Somebody who never stops writing rows into a replica, and knows afterwards which ones.

use crate::REPLICA;
use redis::{Client, Connection, cmd};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Rows that are written together.
const TOGETHER: u64 = 100;
/// Between them.
const PAUSE: Duration = Duration::from_millis(1);

/// A writer at work. Its rows have the ids `0`, `1`, … and the columns id, number and text.
pub struct Writer {
    stop: Arc<AtomicBool>,
    written: Arc<AtomicU64>,
    thread: JoinHandle<Written>,
}

/// What was written.
pub struct Written {
    /// Rows that Redis has acknowledged.
    pub certain: HashSet<u64>,
    /// Rows of which it is not known, since Redis went away.
    pub uncertain: HashSet<u64>,
}

impl Writer {
    /// The columns of its rows.
    pub const COLUMNS: &str = r#"["id", "number", "text"]"#;

    /// Begins to write into the Redis at `url`.
    pub fn start(url: &str) -> Writer {
        let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let thread = {
            let (stop, written, client) =
                (Arc::clone(&stop), Arc::clone(&written), Client::open(url).expect("a URL"));
            std::thread::spawn(move || write(&client, &stop, &written))
        };
        Writer { stop, written, thread }
    }

    /// How many rows were written so far.
    pub fn rows(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Stops writing.
    pub fn stop(self) -> Written {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the writer does not panic")
    }
}

fn write(client: &Client, stop: &AtomicBool, written: &AtomicU64) -> Written {
    let mut all = Written { certain: HashSet::new(), uncertain: HashSet::new() };
    let mut connection: Option<Connection> = None;
    let mut next = 0;
    while !stop.load(Ordering::Relaxed) {
        let Some(open) = &mut connection else {
            connection = client.get_connection_with_timeout(Duration::from_secs(1)).ok();
            std::thread::sleep(PAUSE);
            continue;
        };
        let mut command = cmd("HSET");
        command.arg(REPLICA);
        for number in next..next + TOGETHER {
            command.arg(number).arg(format!(r#"[{number}, "row \"{number}\""]"#));
        }
        match command.exec(open) {
            Ok(()) => {
                all.certain.extend(next..next + TOGETHER);
                written.fetch_add(TOGETHER, Ordering::Relaxed);
            }
            Err(_) => {
                all.uncertain.extend(next..next + TOGETHER);
                connection = None;
            }
        }
        next += TOGETHER;
        std::thread::sleep(PAUSE);
    }
    all
}
