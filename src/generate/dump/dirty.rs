//! Broken rows: rows that `ingest` must refuse. Their places and damages are known.

use super::column::SourceType;
use super::drift::{Layout, LayoutColumn};
use crate::generate::random::Seed;
use serde::Serialize;

/// What is wrong with a broken row; the names are those of the list's `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// The last field is missing.
    MissingField,
    /// A further field follows the last one.
    ExtraField,
    /// A text in place of a whole number.
    BadInteger,
    /// A whole number that its type cannot hold.
    IntegerOverflow,
    /// A day that the calendar lacks.
    BadTimestamp,
    /// A text in place of true or false.
    BadBoolean,
    /// A text in place of a number with decimals.
    BadNumber,
    /// A text longer than its type allows.
    TooLong,
    /// A character that PostgreSQL cannot store.
    Nul,
    /// A quote that is never closed. Only the last row can have it, since it takes everything behind it into the row.
    UnclosedQuote,
}

/// All damages that any row can have.
const ANYWHERE: [Damage; 9] = [
    Damage::MissingField,
    Damage::ExtraField,
    Damage::BadInteger,
    Damage::IntegerOverflow,
    Damage::BadTimestamp,
    Damage::BadBoolean,
    Damage::BadNumber,
    Damage::TooLong,
    Damage::Nul,
];

/// The characters that a long text has too many.
const TOO_LONG_BY: u32 = 1;

/// One broken row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenRow {
    /// The row, counted from 0.
    pub index: u64,
    /// What is wrong with it.
    pub damage: Damage,
    /// The broken column; none if the whole row is broken.
    pub column: Option<usize>,
}

/// The broken rows of one data file.
#[derive(Debug)]
pub struct BrokenRows {
    rows: u64,
    count: u64,
    /// The damages that this table's columns allow, each with the columns that can have it.
    damages: Vec<(Damage, Vec<usize>)>,
    seed: Seed,
}

impl BrokenRows {
    /// The broken rows of a data file of `rows` rows: the share `rate` of them, but at least one of each damage if there are
    /// enough rows; none if `rate` is 0. `seed` is that of the data file.
    pub fn new(layout: &Layout, rows: u64, rate: f64, seed: Seed) -> BrokenRows {
        let damages: Vec<(Damage, Vec<usize>)> = ANYWHERE
            .into_iter()
            .filter_map(|damage| {
                let columns: Vec<usize> = (0..layout.columns.len())
                    .filter(|number| damage.breaks(&layout.columns[*number]))
                    .collect();
                (damage.is_of_the_row() || !columns.is_empty()).then_some((damage, columns))
            })
            .collect();
        let count = match rate {
            0.0 => 0,
            // Rows that a float cannot count exactly would take years to write.
            rate => ((rows as f64 * rate).round() as u64).max(damages.len() as u64 + 1).min(rows),
        };
        BrokenRows { rows, count, damages, seed: seed.part("dirty") }
    }

    /// BrokenRow row `number`, counted from 0 in the order of the file.
    pub fn get(&self, number: u64) -> Option<BrokenRow> {
        let last = self.count.checked_sub(1)?;
        if number >= last {
            let unclosed = BrokenRow { index: self.rows - 1, damage: Damage::UnclosedQuote, column: None };
            return (number == last).then_some(unclosed);
        }
        // The rows are cut into as many pieces as rows are to be broken; each piece has one, anywhere in it.
        let start =
            |number: u64| (u128::from(number) * u128::from(self.rows) / u128::from(self.count)) as u64;
        let (first, behind) = (start(number), start(number + 1));
        let mut random = self.seed.record(number);
        let (damage, columns) = &self.damages[(number % self.damages.len() as u64) as usize];
        let column = (!columns.is_empty()).then(|| random.pick(columns));
        Some(BrokenRow { index: first + random.bits() % (behind - first), damage: *damage, column })
    }
}

impl Damage {
    /// How much longer than a whole row a broken one can be (bytes): by a long text, or by words at its end.
    pub const LONGEST_BYTES: u64 = 256;

    /// Whether the whole row is broken, not one of its columns.
    fn is_of_the_row(self) -> bool {
        matches!(self, Damage::MissingField | Damage::ExtraField | Damage::UnclosedQuote)
    }

    /// Whether `column` can have this damage. A column whose type differs between versions is a text in an automatic
    /// mother, which takes anything.
    fn breaks(self, column: &LayoutColumn) -> bool {
        use SourceType::{BigInt, Bit, Date, DateTime, Decimal, Float, Int, NVarCharMax, SmallInt};
        let source_type = column.source_type;
        let fits = match self {
            Damage::MissingField | Damage::ExtraField | Damage::UnclosedQuote => false,
            Damage::BadInteger | Damage::IntegerOverflow => matches!(source_type, SmallInt | Int | BigInt),
            Damage::BadTimestamp => matches!(source_type, Date | DateTime),
            Damage::BadBoolean => source_type == Bit,
            Damage::BadNumber => matches!(source_type, Decimal(..) | Float),
            Damage::TooLong => source_type.longest_text().is_some(),
            Damage::Nul => source_type.longest_text().is_some() || source_type == NVarCharMax,
        };
        fits && column.is_stable
    }

    /// Appends a value with this damage, for a column of that type.
    pub fn push_value(self, out: &mut Vec<u8>, source_type: SourceType) {
        let text: &[u8] = match self {
            Damage::MissingField | Damage::ExtraField | Damage::UnclosedQuote => b"",
            Damage::BadInteger => b"12x4",
            Damage::IntegerOverflow => source_type.overflow().unwrap_or_default().as_bytes(),
            Damage::BadTimestamp => b"Feb 30 2019 11:59AM",
            Damage::BadBoolean => b"maybe",
            Damage::BadNumber => b"12.5.0",
            Damage::TooLong => {
                let length = source_type.longest_text().unwrap_or_default() + TOO_LONG_BY;
                return out.extend((0..length).map(|_| b'x'));
            }
            Damage::Nul => b"nul\0here",
        };
        out.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tables::TABLES;
    use super::*;
    use std::collections::HashSet;

    fn plan(rows: u64, rate: f64) -> Vec<BrokenRow> {
        let plan = BrokenRows::new(&Layout::new(&TABLES[1], 0), rows, rate, Seed::new(0));
        let broken: Vec<BrokenRow> = (0..).map_while(|number| plan.get(number)).collect();
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
            assert_eq!((last.index, last.damage), (rows - 1, Damage::UnclosedQuote));
            assert!(broken[..broken.len() - 1].iter().all(|broken| broken.damage != Damage::UnclosedQuote));
        }
        assert!(plan(1000, 0.1)[50].index.abs_diff(500) <= 10);
    }

    #[test]
    fn all_versions_allow_every_kind_in_some_table() {
        for position in 0..9 {
            let damages: HashSet<Damage> = TABLES
                .iter()
                .flat_map(|table| {
                    BrokenRows::new(&Layout::new(table, position), 0, 1.0, Seed::new(0)).damages
                })
                .map(|(damage, _)| damage)
                .collect();
            assert_eq!(damages.len(), ANYWHERE.len(), "{position}");
        }
    }
}
