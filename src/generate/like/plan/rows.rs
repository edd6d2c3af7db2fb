//! The rows of all tables: a value depends on the seed, its table, its column and the number of its row alone.

use super::column::{ColumnPlan, Digit, Pick, below, is_null};
use crate::generate::random::Seed;
use std::ops::Range;

/// All tables.
#[derive(Debug, Default)]
pub struct Plan {
    /// In the order in which they were named.
    pub tables: Vec<TablePlan>,
}

/// One table.
#[derive(Debug)]
pub struct TablePlan {
    /// The number of its rows.
    pub rows: u64,
    /// The number of its first row; rows that were appended before have the numbers below.
    pub first_row: u64,
    /// Its columns. Those that the server fills in have none.
    pub columns: Vec<Option<ColumnPlan>>,
    /// Its foreign keys.
    pub references: Vec<ReferencePlan>,
}

impl TablePlan {
    /// The numbers of the rows; `most` for at most so many.
    pub fn records(&self, most: u64) -> Range<u64> {
        self.first_row..self.first_row + self.rows.min(most)
    }
}

/// A foreign key.
#[derive(Debug)]
pub struct ReferencePlan {
    /// The random numbers that choose the row there.
    pub seed: Seed,
    /// The number of NULLs in 2^32 values.
    pub nulls: u32,
    /// The rows that can be referred to.
    pub target: Target,
    /// How one of them is chosen.
    pub choice: Choice,
}

/// The rows that a foreign key refers to.
#[derive(Debug)]
pub enum Target {
    /// Those of a table that is made, with the numbers of the columns there.
    Made(usize, Vec<usize>),
    /// Those that are in a table already: the texts of their columns.
    There(Vec<Vec<String>>),
}

/// How a row is chosen that a foreign key refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// One of the first so many rows.
    Any(u64),
    /// A digit of the row's number in a key.
    Digit(Digit),
    /// A row of the same table that was made before; the first one refers to itself, or is NULL.
    Earlier(bool),
}

impl Plan {
    /// Appends the text of a value; returns false for NULL.
    #[inline]
    pub fn push(&self, out: &mut Vec<u8>, table: usize, column: usize, row: u64) -> bool {
        let of_table = &self.tables[table];
        let Some(planned) = &of_table.columns[column] else { return false };
        if let Pick::Reference(reference, number) = planned.pick {
            return self.push_reference(out, of_table, reference, number, row);
        }
        let Some(mut random) = planned.random(row) else { return false };
        if let Some(common) = planned.common(&mut random) {
            out.extend_from_slice(common.as_bytes());
            return true;
        }
        let Some(position) = self.position_by(of_table, planned, &mut random, row) else { return false };
        planned.form.push(out, position);
        true
    }

    /// The position of a column's value; `None` for NULL.
    fn position(&self, table: &TablePlan, column: usize, row: u64) -> Option<i64> {
        let planned = table.columns[column].as_ref()?;
        let mut random = planned.random(row)?;
        self.position_by(table, planned, &mut random, row)
    }

    #[inline]
    fn position_by(
        &self,
        table: &TablePlan,
        planned: &ColumnPlan,
        random: &mut crate::generate::random::Random,
        row: u64,
    ) -> Option<i64> {
        match planned.pick {
            Pick::Null | Pick::Reference(..) => None,
            Pick::Uniform(steps) => Some(steps.position(below(random, steps.count))),
            Pick::Key(steps) => Some(steps.position(row)),
            Pick::Digit(digit, steps) => Some(steps.position(digit.of(row))),
            Pick::Above(other, most) => {
                let base = self.position(table, other, row);
                // Where the other one is NULL, nothing is to be above it.
                let base = base.unwrap_or_else(|| planned.form.usual().0);
                let above = base.saturating_add(1 + below(random, most) as i64);
                Some(above.min(planned.form.limits().1))
            }
        }
    }

    fn push_reference(
        &self,
        out: &mut Vec<u8>,
        table: &TablePlan,
        reference: usize,
        number: usize,
        row: u64,
    ) -> bool {
        let planned = &table.references[reference];
        let mut random = planned.seed.record(row);
        if is_null(planned.nulls, &mut random) {
            return false;
        }
        let there = match planned.choice {
            Choice::Any(rows) => below(&mut random, rows),
            Choice::Digit(digit) => digit.of(row),
            Choice::Earlier(first_is_null) => match row.saturating_sub(table.first_row) {
                0 if first_is_null => return false,
                0 => 0,
                before => below(&mut random, before),
            },
        };
        match &planned.target {
            Target::Made(table, columns) => {
                self.push(out, *table, columns[number], self.tables[*table].first_row + there)
            }
            Target::There(rows) => {
                out.extend_from_slice(rows[there as usize][number].as_bytes());
                true
            }
        }
    }
}
