//! The memory of a run, which its responses share.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How often a response that waits for memory looks whether the run was stopped.
const POLL: Duration = Duration::from_millis(50);

/// The memory of a run.
#[derive(Debug)]
pub struct Memory {
    /// Bytes in all.
    most: u64,
    /// Bytes that responses have.
    used: Mutex<u64>,
    freed: Condvar,
}

impl Memory {
    /// So many bytes.
    pub fn new(most: u64) -> Arc<Memory> {
        Arc::new(Memory { most, used: Mutex::new(0), freed: Condvar::new() })
    }

    /// A share of nothing yet.
    pub fn share(self: &Arc<Memory>) -> Share {
        Share { memory: Arc::clone(self), bytes: 0 }
    }

    fn give_back(&self, bytes: u64) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) -= bytes;
        self.freed.notify_all();
    }
}

/// One response's share, which it gives back when it is dropped.
#[derive(Debug)]
pub struct Share {
    memory: Arc<Memory>,
    bytes: u64,
}

impl Share {
    /// Waits until the share can have so many bytes; more than there are count as all. It gives back what it has before it
    /// waits: two that hold a part and wait for the rest would wait forever. Says whether it has them, or the run was stopped.
    pub fn grow(&mut self, bytes: u64, stopped: &dyn Fn() -> bool) -> bool {
        let memory = Arc::clone(&self.memory);
        let wanted = bytes.min(memory.most);
        memory.give_back(std::mem::take(&mut self.bytes));
        let mut used = memory.used.lock().unwrap_or_else(PoisonError::into_inner);
        while *used + wanted > memory.most {
            if stopped() {
                return false;
            }
            used = memory.freed.wait_timeout(used, POLL).unwrap_or_else(PoisonError::into_inner).0;
        }
        *used += wanted;
        self.bytes = wanted;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.memory.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn shares_never_hold_more_than_there_is() {
        let memory = Memory::new(100);
        let never = || false;
        let (mut one, mut other) = (memory.share(), memory.share());
        assert!(one.grow(60, &never) && other.grow(40, &never));
        assert!(!memory.share().grow(1, &|| true), "nothing is left");
        let waits = AtomicBool::new(true);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                assert!(other.grow(1000, &never), "it gets all of it");
                waits.store(false, Ordering::SeqCst);
            });
            std::thread::sleep(Duration::from_millis(150));
            assert!(waits.load(Ordering::SeqCst));
            drop(one);
        });
        drop(other);
        assert!(memory.share().grow(100, &never));
    }
}
