//! What is noted about values while they are encoded: what became of them by a rule, and what looks as if the file were
//! written otherwise than the settings say.

use crate::copy::input::batch::Origin;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is noted about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// Digits of its seconds beyond microseconds are cut off, and not all of them are zero.
    Cut,
    /// It is NULL, by the preset of its column.
    Nulled,
    /// It is NULL, since its column cannot hold it, and a rule says so.
    Replaced,
    /// A date such as `02/03/2019` was read as the server does, month first, and no order is said.
    OrderAssumed,
    /// It holds a quote that neither begins nor ends it and is not doubled.
    QuoteInside,
    /// A backslash stands before a quote in it.
    Escape,
    /// Its bytes 0x80 to 0x9F, which Latin-1 has control characters for, are letters and marks in windows-1252.
    ControlCharacters,
    /// It is not ASCII, and read as Latin-1, but valid UTF-8.
    Utf8,
    /// Hexadecimal digits without a prefix are the bytes of a `bytea`.
    BareHexadecimal,
}

/// A notice about a value of a row.
#[derive(Debug, Clone, Copy)]
struct Noted {
    notice: Notice,
    column: usize,
    line: u64,
}

/// A value that its column cannot hold, and in whose place NULL stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The number of its column.
    pub column: usize,
    /// The value, shortened.
    pub value: String,
    /// What is said against it.
    pub reason: String,
    /// Where its row begins in the data file.
    pub origin: Origin,
    /// The bytes of its row in the batch.
    pub row: Range<usize>,
}

/// The notices about the rows of one batch.
#[derive(Debug, Default)]
pub struct Notices {
    all: Vec<Noted>,
    /// How many of them are about rows before the last one.
    placed: usize,
    replaced: Vec<Replaced>,
    /// How many of these are in rows before the last one.
    placed_replaced: usize,
}

impl Notices {
    /// Forgets all, before a batch is encoded.
    pub fn clear(&mut self) {
        self.all.clear();
        self.placed = 0;
        self.replaced.clear();
        self.placed_replaced = 0;
    }

    /// Notes something about a value of the row that is being encoded.
    #[cold]
    pub fn add(&mut self, notice: Notice, column: usize) {
        self.all.push(Noted { notice, column, line: 0 });
    }

    /// Notes that NULL stands in the place of a value of the row that is being encoded, and what is said against it.
    #[cold]
    pub fn replace(&mut self, column: usize, value: String, reason: String) {
        self.add(Notice::Replaced, column);
        let (origin, row) = (Origin { line: 0, offset: 0 }, 0..0);
        self.replaced.push(Replaced { column, value, reason, origin, row });
    }

    /// Says where the row is that was encoded last, in the data file and in its batch. It comes before [`Notices::place`].
    #[inline]
    pub fn place_replaced(&mut self, origin: Origin, row: &Range<usize>) {
        if self.placed_replaced < self.replaced.len() {
            for replaced in &mut self.replaced[self.placed_replaced..] {
                (replaced.origin, replaced.row) = (origin, row.clone());
            }
            self.placed_replaced = self.replaced.len();
        }
    }

    /// Takes the values in whose place NULL stands, in their order.
    pub fn take_replaced(&mut self) -> Vec<Replaced> {
        self.placed_replaced = 0;
        std::mem::take(&mut self.replaced)
    }

    /// Says where the row begins that was encoded last.
    #[inline]
    pub fn place(&mut self, line: u64) {
        if self.placed < self.all.len() {
            self.all[self.placed..].iter_mut().for_each(|noted| noted.line = line);
            self.placed = self.all.len();
        }
    }

    /// Forgets what was noted about the row that was encoded last, which is rejected.
    pub fn drop_row(&mut self) {
        self.all.truncate(self.placed);
        self.replaced.truncate(self.placed_replaced);
    }

    /// Forgets what was noted about the row that begins at `line`, which the server has refused.
    pub fn drop_line(&mut self, line: u64) {
        self.all.retain(|noted| noted.line != line);
        self.placed = self.all.len();
        self.replaced.retain(|replaced| replaced.origin.line != line);
        self.placed_replaced = self.replaced.len();
    }
}

/// How often something was noted, and where first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Values.
    pub values: u64,
    /// The line of the data file where the first row with such a value begins.
    pub first_line: u64,
}

impl Count {
    /// Adds another one.
    pub fn add(&mut self, other: Count) {
        self.values += other.values;
        self.first_line = self.first_line.min(other.first_line);
    }
}

/// The notices about all rows of a data file. All streams share them.
#[derive(Debug, Default)]
pub struct NoticeCounts(Mutex<Counts>);

/// By notice and the number of the column among those of the data file.
pub type Counts = BTreeMap<(Notice, usize), Count>;

impl NoticeCounts {
    /// Adds the notices about a batch, whose rows are sent.
    pub fn add(&self, notices: &mut Notices) {
        if notices.all.is_empty() {
            return;
        }
        // There may be one for each row, and there are only a few different ones.
        let mut sums: Vec<((Notice, usize), Count)> = Vec::new();
        for Noted { notice, column, line } in notices.all.drain(..) {
            match sums.iter_mut().find(|(kind, _)| *kind == (notice, column)) {
                Some((_, sum)) => sum.add(Count { values: 1, first_line: line }),
                None => sums.push(((notice, column), Count { values: 1, first_line: line })),
            }
        }
        notices.clear();
        let mut counts = self.counts();
        for (kind, sum) in sums {
            counts.entry(kind).and_modify(|count| count.add(sum)).or_insert(sum);
        }
    }

    /// Forgets all, for a load that starts over.
    pub fn forget(&self) {
        self.counts().clear();
    }

    /// What was noted so far.
    pub fn all(&self) -> Counts {
        self.counts().clone()
    }

    /// The columns with a notice, and how many values.
    pub fn of(&self, notice: Notice) -> Vec<(usize, u64)> {
        let counts = self.counts();
        let wanted = counts.iter().filter(|((known, _), _)| *known == notice);
        wanted.map(|((_, column), count)| (*column, count.values)).collect()
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_that_are_loaded_count_and_the_first_line_of_any_stream() {
        let counts = NoticeCounts::default();
        for (start, refused) in [(10, 11), (2, 2)] {
            let mut notices = Notices::default();
            for line in start..start + 4 {
                notices.add(Notice::Nulled, 1);
                notices.add(Notice::OrderAssumed, 0);
                if line == start + 3 { notices.drop_row() } else { notices.place(line) }
            }
            notices.drop_line(refused);
            counts.add(&mut notices);
            counts.add(&mut notices);
        }
        let expected = Count { values: 4, first_line: 3 };
        assert_eq!(
            counts.all().into_iter().collect::<Vec<_>>(),
            [((Notice::Nulled, 1), expected), ((Notice::OrderAssumed, 0), expected)]
        );
        counts.forget();
        assert!(counts.all().is_empty());
    }
}
