//! Values that were adjusted, counted per column.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many values of each column lost digits of their seconds beyond microseconds. All streams of a table share it.
#[derive(Debug)]
pub struct AdjustedValues {
    columns: Vec<AtomicU64>,
}

impl AdjustedValues {
    /// None yet, in so many columns.
    pub fn new(columns: usize) -> Self {
        AdjustedValues { columns: (0..columns).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Counts one value for each of these columns.
    pub fn add(&self, columns: impl IntoIterator<Item = usize>) {
        for column in columns {
            if let Some(count) = self.columns.get(column) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Forgets all, for a load that starts over.
    pub fn forget(&self) {
        for count in &self.columns {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// The columns with adjusted values, by the place of the column, and how many there are.
    pub fn counts(&self) -> Vec<(usize, u64)> {
        let counts = self.columns.iter().map(|count| count.load(Ordering::Relaxed));
        counts.enumerate().filter(|(_, count)| *count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_and_forgotten() {
        let adjusted = AdjustedValues::new(3);
        adjusted.add([2, 0, 2]);
        assert_eq!(adjusted.counts(), [(0, 1), (2, 2)]);
        adjusted.forget();
        assert_eq!(adjusted.counts(), []);
    }
}
