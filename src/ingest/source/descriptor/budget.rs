//! What a descriptor may grow to while it is read.

use crate::ingest::settings::limits::Limits;
use serde::de;
use std::cell::Cell;

/// What is left of the limits: a column more can be ten bytes of YAML, which repeat megabytes.
pub struct Budget<'l> {
    limits: &'l Limits,
    bytes: Cell<u64>,
    excess: Cell<Option<Excess>>,
}

/// Why a list was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// It has too many entries.
    Columns,
    /// Its texts are too long together.
    Text,
}

impl<'l> Budget<'l> {
    /// What these limits allow.
    pub fn new(limits: &'l Limits) -> Budget<'l> {
        Budget { limits, bytes: Cell::new(0), excess: Cell::new(None) }
    }

    /// Begins again.
    pub fn restart(&self) {
        self.bytes.set(0);
        self.excess.set(None);
    }

    /// Why the list was not read to its end, if that was why.
    pub fn excess(&self) -> Option<Excess> {
        self.excess.get()
    }

    /// Counts what was read.
    ///
    /// # Errors
    /// More than the limits allow.
    pub fn spend<E: de::Error>(&self, bytes: usize) -> Result<(), E> {
        self.bytes.set(self.bytes.get() + bytes as u64);
        if self.bytes.get() > self.limits.descriptor_bytes {
            Err(self.exceeded(Excess::Text))
        } else {
            Ok(())
        }
    }

    fn exceeded<E: de::Error>(&self, excess: Excess) -> E {
        self.excess.set(Some(excess));
        E::custom("too much")
    }

    /// Adds an entry to a list.
    ///
    /// # Errors
    /// More than the limits allow.
    pub fn push<T, E: de::Error>(&self, entry: T, entries: &mut Vec<T>) -> Result<(), E> {
        if entries.len() == self.limits.columns {
            return Err(self.exceeded(Excess::Columns));
        }
        entries.push(entry);
        Ok(())
    }
}
