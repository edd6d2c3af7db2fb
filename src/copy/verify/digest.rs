//! Rows summed up: their number, and for each column its NULLs and the sum of the hashes of its values. The order of the rows
//! makes no difference; a value that comes twice counts twice.
//!
//! Hashes have 64 bits and a random key for each comparison, and their sums do not overflow: different rows have the same
//! digest once in 10¹⁹ times. Another sum is that of a hash of each row. It changes if columns keep their values, but in
//! other rows.

use super::comparable::Comparable;
use crate::copy::encode::binary::first_row;
use foldhash::quality::RandomState;
use std::hash::{BuildHasher, Hasher};

/// The digest of some rows in COPY's binary format.
#[derive(Debug, Clone)]
pub struct Digest {
    state: RandomState,
    columns: Vec<ColumnDigest>,
    rows: u64,
    of_rows: u128,
}

/// The sums of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ColumnDigest {
    form: Comparable,
    nulls: u64,
    values: u128,
}

impl Digest {
    /// A digest of no row, with columns of these forms.
    pub fn new(forms: impl IntoIterator<Item = Comparable>) -> Self {
        let columns = forms.into_iter().map(|form| ColumnDigest { form, nulls: 0, values: 0 }).collect();
        Digest { state: RandomState::default(), columns, rows: 0, of_rows: 0 }
    }

    /// A digest of no row that can be compared with this one, or merged into it: it has the same key.
    pub fn empty(&self) -> Self {
        let columns = self.columns.iter().map(|column| ColumnDigest { nulls: 0, values: 0, ..*column });
        Digest { state: self.state.clone(), columns: columns.collect(), rows: 0, of_rows: 0 }
    }

    /// Adds all whole rows; returns the bytes behind them. Columns that a row lacks at its end are not counted.
    pub fn add<'r>(&mut self, rows: &'r [u8]) -> &'r [u8] {
        let mut rest = rows;
        while let Some((fields, behind)) = first_row(rest) {
            // Each column's hash is multiplied by another odd number: values that change places make another row.
            let (mut of_row, mut factor) = (0_u64, 1_u64);
            for (field, column) in fields.zip(&mut self.columns) {
                match field {
                    None => column.nulls += 1,
                    Some(field) => {
                        let hash = column.form.hash(field, &self.state);
                        column.values += u128::from(hash);
                        of_row = of_row.wrapping_add(hash.wrapping_mul(factor));
                    }
                }
                factor = factor.wrapping_add(2);
            }
            let mut hasher = self.state.build_hasher();
            hasher.write_u64(of_row);
            self.of_rows += u128::from(hasher.finish());
            self.rows += 1;
            rest = behind;
        }
        rest
    }

    /// Adds another digest.
    pub fn merge(&mut self, other: &Digest) {
        self.rows += other.rows;
        self.of_rows += other.of_rows;
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            column.nulls += other.nulls;
            column.values += other.values;
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The number of NULLs of a column.
    pub fn nulls(&self, column: usize) -> u64 {
        self.columns[column].nulls
    }

    /// Whether a column has the same values in both.
    pub fn has_equal(&self, column: usize, other: &Digest) -> bool {
        self.columns[column] == other.columns[column]
    }

    /// Whether the rows are the same in both.
    pub fn has_equal_rows(&self, other: &Digest) -> bool {
        (self.rows, self.of_rows) == (other.rows, other.of_rows)
    }

    /// Whether two fields of a column stand for the same value.
    pub fn are_equal(&self, column: usize, one: Option<&[u8]>, other: Option<&[u8]>) -> bool {
        let form = self.columns[column].form;
        let hash = |field: Option<&[u8]>| field.map(|field| form.hash(field, &self.state));
        hash(one) == hash(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::encode::binary::{begin_row, push_bytes, push_null};

    type Row<'r> = [Option<&'r str>; 2];

    fn encoded(rows: &[Row<'_>]) -> Vec<u8> {
        let mut out = Vec::new();
        for row in rows {
            begin_row(&mut out, 2);
            for value in row {
                match value {
                    Some(value) => push_bytes(&mut out, value.as_bytes()),
                    None => push_null(&mut out),
                }
            }
        }
        out
    }

    fn digest_like(like: &Digest, rows: &[Row<'_>]) -> Digest {
        let mut digest = like.empty();
        assert!(digest.add(&encoded(rows)).is_empty());
        digest
    }

    /// Which columns are equal, and whether the rows are.
    fn compared(one: &[Row<'_>], other: &[Row<'_>]) -> (bool, bool, bool) {
        let like = Digest::new([Comparable::AsItStands; 2]);
        let (one, other) = (digest_like(&like, one), digest_like(&like, other));
        (one.has_equal(0, &other), one.has_equal(1, &other), one.has_equal_rows(&other))
    }

    #[test]
    fn the_order_of_rows_makes_no_difference_and_all_else_does() {
        let rows = [[Some("a"), Some("b")], [Some("c"), None], [Some("c"), None]];
        let [ab, cn, _] = rows;
        assert_eq!(compared(&rows, &[cn, ab, cn]), (true, true, true));
        assert_eq!(compared(&rows, &[cn, ab]), (false, false, false));
        assert_eq!(compared(&rows, &[cn, ab, ab]), (false, false, false));
        assert_eq!(compared(&rows, &[ab, cn, [Some("d"), None]]), (false, true, false));
        assert_eq!(compared(&rows, &[ab, cn, [Some("c"), Some("")]]), (true, false, false));
        // Values of a row that have changed places, and of a column.
        assert_eq!(compared(&[ab], &[[Some("b"), Some("a")]]), (false, false, false));
        assert_eq!(compared(&[ab, cn], &[[Some("c"), Some("b")], [Some("a"), None]]), (true, true, false));
        // A row that comes twice does not cancel itself out.
        assert_eq!(compared(&[cn, cn], &[ab, ab]), (false, false, false));
        assert_eq!(compared(&[], &[]), (true, true, true));
    }

    #[test]
    fn streams_add_up_and_a_part_of_a_row_is_left() {
        let rows = [[Some("a"), Some("b")], [Some("c"), None]];
        let like = Digest::new([Comparable::AsItStands; 2]);
        let whole = digest_like(&like, &rows);
        let mut merged = digest_like(&like, &rows[1..]);
        merged.merge(&digest_like(&like, &rows[..1]));
        assert!(merged.has_equal(0, &whole) && merged.has_equal(1, &whole) && merged.has_equal_rows(&whole));
        assert_eq!((merged.rows(), merged.nulls(1)), (2, 1));
        let bytes = encoded(&rows);
        let mut digest = like.empty();
        assert_eq!(digest.add(&bytes[..bytes.len() - 1]).len(), encoded(&rows[1..]).len() - 1);
        assert_eq!(digest.rows(), 1);
    }
}
