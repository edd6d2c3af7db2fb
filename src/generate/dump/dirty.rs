//! Broken rows: rows that `ingest` must refuse, at places and of kinds that are known.

use super::column::SourceType;
use super::drift::{Layout, LayoutColumn};
use crate::generate::random::Seed;
use serde::Serialize;

/// What is wrong with a broken row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The last field is not there.
    MissingField,
    /// There is a field behind the last one.
    ExtraField,
    /// Where a whole number should be, there is something else.
    BadInteger,
    /// A whole number beyond what its type can hold.
    IntegerOverflow,
    /// A day that is not in the calendar.
    BadTimestamp,
    /// Neither true nor false.
    BadBoolean,
    /// Where a number with decimals should be, there is something else.
    BadNumber,
    /// A text longer than its type allows.
    TooLong,
    /// A character that PostgreSQL cannot store.
    Nul,
    /// A quote that is never closed: the last row only, since all that follows belongs to it.
    UnclosedQuote,
}

/// All kinds that can stand in any row.
const ANYWHERE: [Kind; 9] = [
    Kind::MissingField,
    Kind::ExtraField,
    Kind::BadInteger,
    Kind::IntegerOverflow,
    Kind::BadTimestamp,
    Kind::BadBoolean,
    Kind::BadNumber,
    Kind::TooLong,
    Kind::Nul,
];

/// By how much a text is too long (characters).
const TOO_LONG_BY: u32 = 1;

/// One broken row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// The row, counted from 0.
    pub index: u64,
    /// What is wrong with it.
    pub kind: Kind,
    /// In which column, where it is in one.
    pub column: Option<usize>,
}

/// The broken rows of one data file.
#[derive(Debug)]
pub struct Plan {
    rows: u64,
    count: u64,
    /// The kinds that this table's columns allow, each with the columns that can be broken so.
    kinds: Vec<(Kind, Vec<usize>)>,
    seed: Seed,
}

impl Plan {
    /// The plan for a data file of `rows` rows. `rate` of them are broken, but at least one of each kind, as far as
    /// there are rows; none at all where it is 0. `seed` is that of the data file.
    pub fn new(layout: &Layout, rows: u64, rate: f64, seed: Seed) -> Plan {
        let kinds: Vec<(Kind, Vec<usize>)> = ANYWHERE
            .into_iter()
            .filter_map(|kind| {
                let columns: Vec<usize> = (0..layout.columns.len())
                    .filter(|number| kind.breaks(&layout.columns[*number]))
                    .collect();
                (kind.is_of_the_row() || !columns.is_empty()).then_some((kind, columns))
            })
            .collect();
        let count = match rate {
            0.0 => 0,
            // Rows that a float cannot count exactly would take years to write.
            rate => ((rows as f64 * rate).round() as u64).max(kinds.len() as u64 + 1).min(rows),
        };
        Plan { rows, count, kinds, seed: seed.part("dirty") }
    }

    /// Broken row `number`, counted from 0 in the order of the file.
    pub fn broken(&self, number: u64) -> Option<Broken> {
        let last = self.count.checked_sub(1)?;
        if number >= last {
            let unclosed = Broken { index: self.rows - 1, kind: Kind::UnclosedQuote, column: None };
            return (number == last).then_some(unclosed);
        }
        // The rows are cut into as many pieces as there are broken rows; each piece has one, anywhere in it.
        let start =
            |number: u64| (u128::from(number) * u128::from(self.rows) / u128::from(self.count)) as u64;
        let (first, behind) = (start(number), start(number + 1));
        let mut random = self.seed.record(number);
        let (kind, columns) = &self.kinds[(number % self.kinds.len() as u64) as usize];
        let column = (!columns.is_empty()).then(|| random.pick(columns));
        Some(Broken { index: first + random.bits() % (behind - first), kind: *kind, column })
    }
}

impl Kind {
    /// What a broken row can be longer than a whole one (bytes): by a text that is too long, or by words behind it.
    pub const LONGEST_BYTES: u64 = 256;

    /// Whether the whole row is meant, not one of its columns.
    fn is_of_the_row(self) -> bool {
        matches!(self, Kind::MissingField | Kind::ExtraField | Kind::UnclosedQuote)
    }

    /// Whether `column` can be broken so. A column whose type differs between versions is a text in an automatic
    /// mother, which takes anything.
    fn breaks(self, column: &LayoutColumn) -> bool {
        use SourceType::{BigInt, Bit, Date, DateTime, Decimal, Float, Int, NVarCharMax, SmallInt};
        let kind = column.source_type;
        let fits = match self {
            Kind::MissingField | Kind::ExtraField | Kind::UnclosedQuote => false,
            Kind::BadInteger | Kind::IntegerOverflow => matches!(kind, SmallInt | Int | BigInt),
            Kind::BadTimestamp => matches!(kind, Date | DateTime),
            Kind::BadBoolean => kind == Bit,
            Kind::BadNumber => matches!(kind, Decimal(..) | Float),
            Kind::TooLong => kind.longest_text().is_some(),
            Kind::Nul => kind.longest_text().is_some() || kind == NVarCharMax,
        };
        fits && column.is_stable
    }

    /// Appends a value that is wrong in this way, for a column of that type.
    pub fn push_value(self, out: &mut Vec<u8>, source_type: SourceType) {
        let text: &[u8] = match self {
            Kind::MissingField | Kind::ExtraField | Kind::UnclosedQuote => b"",
            Kind::BadInteger => b"12x4",
            Kind::IntegerOverflow => source_type.overflow().unwrap_or_default().as_bytes(),
            Kind::BadTimestamp => b"Feb 30 2019 11:59AM",
            Kind::BadBoolean => b"maybe",
            Kind::BadNumber => b"12.5.0",
            Kind::TooLong => {
                let length = source_type.longest_text().unwrap_or_default() + TOO_LONG_BY;
                return out.extend((0..length).map(|_| b'x'));
            }
            Kind::Nul => b"nul\0here",
        };
        out.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::TABLES;
    use super::*;
    use std::collections::HashSet;

    fn plan(rows: u64, rate: f64) -> Vec<Broken> {
        let plan = Plan::new(&Layout::new(&TABLES[1], 0), rows, rate, Seed::new(0));
        let broken: Vec<Broken> = (0..).map_while(|number| plan.broken(number)).collect();
        assert_eq!(broken.len() as u64, plan.count);
        broken
    }

    #[test]
    fn the_rate_counts_but_there_is_one_of_each_kind_and_never_more_than_there_are_rows() {
        let counts = [(1000, 0.0), (1000, 0.1), (1000, 1e-9), (1000, 1.0), (4, 0.5), (1, 1e-9), (0, 1.0)]
            .map(|(rows, rate)| plan(rows, rate).len());
        assert_eq!(counts, [0, 100, 10, 1000, 4, 1, 0]);
    }

    #[test]
    fn broken_rows_are_in_order_and_spread_and_the_unclosed_quote_is_the_last_row() {
        for (rows, rate) in [(1000, 0.1), (1003, 0.33), (11, 1.0), (5, 1.0)] {
            let broken = plan(rows, rate);
            assert!(broken.is_sorted_by(|a, b| a.index < b.index), "{broken:?}");
            let last = broken.last().unwrap();
            assert_eq!((last.index, last.kind), (rows - 1, Kind::UnclosedQuote));
            assert!(broken[..broken.len() - 1].iter().all(|broken| broken.kind != Kind::UnclosedQuote));
        }
        assert!(plan(1000, 0.1)[50].index.abs_diff(500) <= 10);
    }

    #[test]
    fn all_versions_allow_every_kind_in_some_table() {
        for position in 0..9 {
            let kinds: HashSet<Kind> = TABLES
                .iter()
                .flat_map(|table| Plan::new(&Layout::new(table, position), 0, 1.0, Seed::new(0)).kinds)
                .map(|(kind, _)| kind)
                .collect();
            assert_eq!(kinds.len(), ANYWHERE.len(), "{position}");
        }
    }
}
