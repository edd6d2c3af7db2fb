//! How much may be read on the way to the next plain bytes. A hostile message can make the library read, inflate or keep
//! gigabytes before it gives any.

use crate::run::interrupt;
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The bytes that all readers together may still read.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// Sets how many bytes may be read from now on.
    pub fn allow(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// A reader whose bytes count.
    pub fn reader<R: Read>(&self, inner: R) -> Metered<R> {
        Metered { inner, meter: self.clone() }
    }

    /// Counts bytes that were read.
    ///
    /// # Errors
    /// More than allowed; Ctrl-C.
    pub fn count(&self, bytes: usize) -> io::Result<()> {
        interrupt::check().map_err(io::Error::other)?;
        let left = self.0.load(Ordering::Relaxed).checked_sub(bytes as u64);
        let left = left.ok_or_else(|| io::Error::other("packets of megabytes that hold no data"))?;
        self.0.store(left, Ordering::Relaxed);
        Ok(())
    }
}

/// A reader whose bytes count.
pub struct Metered<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.meter.count(count)?;
        Ok(count)
    }
}

impl<R> fmt::Debug for Metered<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metered")
    }
}
