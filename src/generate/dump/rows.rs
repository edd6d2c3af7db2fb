//! The rows of one data file: row i depends on the seed, the version, the table and i alone.

use super::dirty::{BrokenRow, Damage};
use super::drift::{Layout, LayoutColumn};
use super::fields::facts::Facts;
use crate::generate::random::{Random, Seed};

/// Writes the rows of one data file.
#[derive(Debug)]
pub struct RowWriter<'l> {
    layout: &'l Layout,
    seed: Seed,
}

/// The text of NULL.
const NULL: &[u8] = b"NULL";

impl<'l> RowWriter<'l> {
    /// A writer for the rows of `layout`; `seed` is that of the data file.
    pub fn new(layout: &'l Layout, seed: Seed) -> Self {
        RowWriter { layout, seed }
    }

    /// Appends row `index`, with its line end.
    #[inline]
    pub fn push(&self, out: &mut Vec<u8>, index: u64) {
        let mut random = self.seed.record(index);
        let facts = Facts::new(&mut random, index);
        for (number, column) in self.layout.columns.iter().enumerate() {
            if number > 0 {
                out.push(b'|');
            }
            self.push_value(out, column, &mut random, &facts);
        }
        out.extend_from_slice(self.layout.style.line_end.as_bytes());
    }

    /// Appends a broken row, with its line end.
    pub fn push_broken(&self, out: &mut Vec<u8>, broken: &BrokenRow) {
        let mut random = self.seed.record(broken.index);
        let facts = Facts::new(&mut random, broken.index);
        let columns = &self.layout.columns;
        let fields = if broken.damage == Damage::MissingField { columns.len() - 1 } else { columns.len() };
        let mut last = out.len();
        for (number, column) in columns[..fields].iter().enumerate() {
            if number > 0 {
                out.push(b'|');
            }
            last = out.len();
            if broken.column == Some(number) {
                broken.damage.push_value(out, column.source_type);
            } else {
                self.push_value(out, column, &mut random, &facts);
            }
        }
        match broken.damage {
            Damage::ExtraField => out.extend_from_slice(b"|one too many"),
            // Only the last row has it, since it takes the rest of the file into the row.
            Damage::UnclosedQuote => {
                // A quote opens at the beginning of a value only; behind a quoted one it is a doubled quote.
                let at = if out.get(last) == Some(&b'`') { out.len() } else { last };
                out.splice(at..at, *b"`never closed");
            }
            _ => {}
        }
        out.extend_from_slice(self.layout.style.line_end.as_bytes());
    }

    #[inline]
    fn push_value(&self, out: &mut Vec<u8>, column: &LayoutColumn, random: &mut Random, facts: &Facts) {
        if column.nulls > 0 && random.below(256) < column.nulls || column.values.is_missing(facts) {
            out.extend_from_slice(NULL);
        } else {
            column.values.push(out, random, facts, self.layout.style);
        }
    }
}

/// The length of the longest possible row of `layout`, whole or broken (bytes, with its line end).
pub fn longest_row(layout: &Layout) -> u64 {
    let fields = layout.columns.iter().map(|column| column.values.longest_bytes().max(NULL.len()) as u64 + 1);
    fields.sum::<u64>() + layout.style.line_end.len() as u64 + Damage::LONGEST_BYTES
}

#[cfg(test)]
mod tests {
    use super::super::dirty::BrokenRows;
    use super::super::tables::TABLES;
    use super::*;
    use crate::copy::input::batch::{Batch, Origin};
    use crate::copy::input::format::{Format, LineEnd};
    use crate::copy::input::rows::Rows as CopyRows;

    fn layouts() -> impl Iterator<Item = Layout> {
        TABLES.iter().flat_map(|table| (0..7).map(|position| Layout::new(table, position)))
    }

    #[test]
    fn rows_have_all_their_fields_and_none_is_longer_than_the_longest() {
        let format = Format::new("|", "`", "NULL", "latin_1").unwrap();
        for layout in layouts() {
            let rows = RowWriter::new(&layout, Seed::new(1));
            let mut batch = Batch { origin: Origin { line: 2, offset: 0 }, bytes: Vec::new() };
            for index in 0..3000 {
                let start = batch.bytes.len();
                rows.push(&mut batch.bytes, index);
                assert!((batch.bytes.len() - start) as u64 <= longest_row(&layout));
            }
            let line_end = if layout.style.line_end == "\n" { LineEnd::Lf } else { LineEnd::CrLf };
            let mut found = CopyRows::new(&batch, &format, line_end);
            let (mut fields, mut count) = (Vec::new(), 0);
            while found.next_row(&mut fields).unwrap().is_some() {
                assert_eq!(fields.len(), layout.columns.len());
                count += 1;
            }
            assert_eq!(count, 3000);
            for number in 0.. {
                let Some(broken) = BrokenRows::new(&layout, 500, 1.0, Seed::new(1)).get(number) else {
                    break;
                };
                let mut row = Vec::new();
                rows.push_broken(&mut row, &broken);
                assert!(row.len() as u64 <= longest_row(&layout), "{broken:?}");
            }
        }
    }

    /// The benchmarks compare with measurements on rows of these sizes.
    #[test]
    fn rows_of_the_benchmarks_have_110_to_120_bytes() {
        for table in [&TABLES[0], &TABLES[2]] {
            let layout = Layout::new(table, 0);
            let (rows, mut bytes) = (RowWriter::new(&layout, Seed::new(0)), Vec::new());
            (1_000_000..1_010_000).for_each(|index| rows.push(&mut bytes, index));
            assert!((110..=120).contains(&(bytes.len() / 10_000)), "{}: {}", table.name, bytes.len());
        }
    }

    #[test]
    fn a_row_is_the_same_whatever_was_written_before_it() {
        for layout in layouts() {
            let rows = RowWriter::new(&layout, Seed::new(5));
            let (mut all, mut one) = (Vec::new(), Vec::new());
            (0..100).for_each(|index| rows.push(&mut all, index));
            rows.push(&mut one, 99);
            assert!(all.ends_with(&one));
        }
    }
}
