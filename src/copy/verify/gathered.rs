//! Rows of several batches in a batch of their own, with the place in the data file of each.

use crate::copy::encode::batch_encoder::EncodedRow;
use crate::copy::input::batch::{Batch, Origin};

/// Rows that were copied out of their batches, in their order.
#[derive(Debug)]
pub struct Gathered {
    batch: Batch,
    /// Where each row begins in the batch, and in the data file.
    places: Vec<(u64, Origin)>,
}

impl Gathered {
    /// No row yet.
    pub fn new() -> Self {
        Gathered {
            batch: Batch { origin: Origin { line: 0, offset: 0 }, bytes: Vec::new() },
            places: Vec::new(),
        }
    }

    /// Adds a row of `batch`.
    pub fn push(&mut self, batch: &Batch, row: &EncodedRow) {
        self.places.push((self.batch.bytes.len() as u64, row.origin));
        self.batch.bytes.extend_from_slice(&batch.bytes[row.row.clone()]);
    }

    /// The rows.
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.places.len()
    }

    /// The line of the data file of the row that begins here in the batch.
    pub fn line_of(&self, here: Origin) -> u64 {
        let found = self.places.binary_search_by_key(&here.offset, |(start, _)| *start);
        found.map_or(here.line, |index| self.places[index].1.line)
    }

    /// Removes all rows and keeps the room for others, except for the room of a long row.
    pub fn clear(&mut self) {
        self.batch.bytes.clear();
        self.batch.bytes.shrink_to(Batch::CAPACITY);
        self.places.clear();
    }
}

impl Default for Gathered {
    fn default() -> Self {
        Self::new()
    }
}
