//! Figures of the rows that are sent: how many NULLs a column has, and its least and greatest value. They are read from the encoded
//! rows, so that no query has to read the table for them.

use crate::pg::type_name::without_modifier;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes of the number of fields before each row, and of the length before each field.
const COUNT: usize = 2;
const LENGTH: usize = 4;

/// What is looked at in the fields of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Nothing.
    Nowhere,
    /// Whether they are NULL.
    Nulls,
    /// Their values, too: numbers of so many bytes, with their sign, the highest byte first.
    Values(usize),
}

impl Look {
    /// For the values of this type; `None` for a type whose binary form is no such number.
    pub fn at_values(type_name: &str) -> Option<Look> {
        match without_modifier(type_name).0.as_str() {
            "smallint" => Some(Look::Values(2)),
            "integer" | "date" => Some(Look::Values(4)),
            "bigint" | "timestamp without time zone" | "timestamp with time zone" => Some(Look::Values(8)),
            _ => None,
        }
    }
}

/// The figures of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnFigures {
    /// How many of its fields are NULL.
    pub nulls: u64,
    /// The least and the greatest value, as its binary form has them.
    pub extremes: Option<(i64, i64)>,
}

impl ColumnFigures {
    const NONE: ColumnFigures = ColumnFigures { nulls: 0, extremes: None };

    #[inline]
    fn add_value(&mut self, value: i64) {
        self.extremes = Some(match self.extremes {
            None => (value, value),
            Some((least, greatest)) => (least.min(value), greatest.max(value)),
        });
    }

    fn merge(&mut self, other: ColumnFigures) {
        self.nulls += other.nulls;
        if let Some((least, greatest)) = other.extremes {
            self.add_value(least);
            self.add_value(greatest);
        }
    }
}

/// The figures of all rows that were sent. All streams of a table share them.
#[derive(Debug)]
pub struct Figures {
    looks: Vec<Look>,
    sum: Mutex<Vec<ColumnFigures>>,
}

impl Figures {
    /// No row was sent yet. There is a look for each column of the rows.
    pub fn new(looks: Vec<Look>) -> Figures {
        let sum = Mutex::new(vec![ColumnFigures::NONE; looks.len()]);
        Figures { looks, sum }
    }

    /// The figures of one stream, which sends no row yet.
    pub fn tally(&self) -> Tally {
        Tally { columns: self.looks.iter().map(|look| (*look, ColumnFigures::NONE)).collect() }
    }

    /// Adds a stream that has sent all its rows, after the server has accepted them.
    pub fn add(&self, tally: &Tally) {
        for (sum, (_, figures)) in self.sum().iter_mut().zip(&tally.columns) {
            sum.merge(*figures);
        }
    }

    /// Forgets all rows, for a load that starts over.
    pub fn forget(&self) {
        self.sum().fill(ColumnFigures::NONE);
    }

    /// The figures of a column; `None` if nothing was looked at.
    pub fn of(&self, column: usize) -> Option<ColumnFigures> {
        let is_known = self.looks.get(column).is_some_and(|look| *look != Look::Nowhere);
        is_known.then(|| self.sum()[column])
    }

    /// Whether the values of a column were looked at.
    pub fn have_values_of(&self, column: usize) -> bool {
        matches!(self.looks.get(column), Some(Look::Values(_)))
    }

    fn sum(&self) -> MutexGuard<'_, Vec<ColumnFigures>> {
        self.sum.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The figures of the rows of one stream.
#[derive(Debug)]
pub struct Tally {
    columns: Vec<(Look, ColumnFigures)>,
}

impl Tally {
    /// Adds whole rows in COPY's binary format.
    pub fn add(&mut self, mut rows: &[u8]) {
        while rows.len() > COUNT {
            rows = &rows[COUNT..];
            for (look, figures) in &mut self.columns {
                let Some((length, rest)) = rows.split_first_chunk::<LENGTH>() else { return };
                let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
                    figures.nulls += 1;
                    rows = rest;
                    continue;
                };
                let Some((field, rest)) = rest.split_at_checked(length) else { return };
                if let Look::Values(bytes) = look
                    && *bytes == length
                {
                    figures.add_value(number(field));
                }
                rows = rest;
            }
        }
    }
}

/// A number with its sign, the highest byte first.
#[inline]
fn number(field: &[u8]) -> i64 {
    match *field {
        [a, b] => i64::from(i16::from_be_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_be_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => i64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::encode::binary::{begin_row, push_bytes, push_null};

    fn tally() -> Tally {
        let looks = [Look::Values(4), Look::Nowhere, Look::Nulls, Look::Values(2), Look::Values(8)];
        Tally { columns: looks.into_iter().map(|look| (look, ColumnFigures::NONE)).collect() }
    }

    fn row(out: &mut Vec<u8>, number: Option<i32>, text: Option<&str>) {
        begin_row(out, 5);
        let mut push = |bytes: Option<&[u8]>| match bytes {
            Some(bytes) => push_bytes(out, bytes),
            None => push_null(out),
        };
        push(number.map(i32::to_be_bytes).as_ref().map(|bytes| &bytes[..]));
        push(Some(b"passed over"));
        push(text.map(str::as_bytes));
        push(number.map(|number| (number as i16).to_be_bytes()).as_ref().map(|bytes| &bytes[..]));
        push(number.map(|number| i64::from(number).to_be_bytes()).as_ref().map(|bytes| &bytes[..]));
    }

    #[test]
    fn nulls_and_extremes_of_all_streams() {
        let figures = Figures::new(tally().columns.iter().map(|(look, _)| *look).collect());
        for numbers in [&[Some(7), None, Some(-3)][..], &[Some(12), None], &[]] {
            let (mut tally, mut out) = (tally(), Vec::new());
            numbers.iter().for_each(|number| row(&mut out, *number, number.map(|_| "x")));
            tally.add(&out);
            figures.add(&tally);
        }
        let expected = ColumnFigures { nulls: 2, extremes: Some((-3, 12)) };
        for column in [0, 3, 4] {
            assert_eq!(figures.of(column), Some(expected));
        }
        assert_eq!(figures.of(1), None);
        assert_eq!(figures.of(2), Some(ColumnFigures { nulls: 2, extremes: None }));
        assert!(figures.have_values_of(0) && !figures.have_values_of(2) && !figures.have_values_of(9));
        figures.forget();
        assert_eq!(figures.of(0), Some(ColumnFigures::NONE));
    }

    #[test]
    fn types_whose_binary_form_is_a_number() {
        let at = |type_name: &str| Look::at_values(type_name);
        assert_eq!(at("timestamp(3) without time zone"), Some(Look::Values(8)));
        assert_eq!((at("integer"), at("smallint")), (Some(Look::Values(4)), Some(Look::Values(2))));
        assert_eq!((at("numeric(4,2)"), at("double precision"), at("integer[]")), (None, None, None));
    }
}
