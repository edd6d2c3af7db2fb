//! How many rows were rejected, and whether that is too many: the same for rows of data files and for separated values. And how
//! many values of a column are NULL since it cannot hold them.

use super::limit::RejectLimit;
use crate::error::Hint;
use crate::report::plural;
use crate::{Error, Result};

/// A limit, and how much of it is used. The stores of rejected rows ([`super::lines`], [`super::values`]) only keep the
/// rows.
#[derive(Debug, Clone)]
pub struct RejectBudget {
    limit: RejectLimit,
    /// More are too many, however many rows there are.
    most: u64,
    rejected: u64,
    /// The column of which values are counted, and not rows that are rejected.
    column: Option<String>,
}

impl RejectBudget {
    /// For rows whose number is not known before all of them were read.
    pub fn new(limit: RejectLimit) -> Self {
        let most = match limit {
            RejectLimit::Rows(most) => most,
            RejectLimit::Share(_) => u64::MAX,
        };
        RejectBudget { limit, most, rejected: 0, column: None }
    }

    /// For a data file of `bytes` bytes and `columns` columns, which bound its rows.
    pub fn of_file(limit: RejectLimit, bytes: u64, columns: usize) -> Self {
        RejectBudget { limit, most: limit.most(bytes, columns), rejected: 0, column: None }
    }

    /// For the values of a column of such a file: of each row one may be NULL since the column cannot hold it.
    pub fn of_column(column: &str, limit: RejectLimit, bytes: u64, columns: usize) -> Self {
        RejectBudget { column: Some(column.to_owned()), ..Self::of_file(limit, bytes, columns) }
    }

    /// The column of which values are counted.
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }

    /// Whether any row may be rejected; else the first one that cannot be loaded is an error.
    pub fn allows_any(&self) -> bool {
        self.limit.allows_any()
    }

    /// Rows that were rejected.
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Rows that may still be rejected, unless the share in all rows turns out to be too large.
    pub fn room(&self) -> u64 {
        self.most.saturating_sub(self.rejected)
    }

    /// So many more rows are rejected.
    pub fn spend(&mut self, rows: u64) {
        self.rejected += rows;
    }

    /// Forgets what was rejected.
    pub fn reset(&mut self) {
        self.rejected = 0;
    }

    /// The error of the first row beyond the limit, which counts as rejected already; `reason` says why it is.
    pub fn overdrawn(&self, reason: &str) -> Error {
        let this = if self.column.is_some() { "value" } else { "row" };
        self.error(format!("{reason}; with this {this}, {} {}", self.rejected, self.things()))
    }

    /// Judges the load when all rows were read: those that were rejected, and `loaded` others.
    ///
    /// # Errors
    /// Too many were rejected, by their share in all rows.
    pub fn judge(&self, loaded: u64) -> Result<()> {
        let read = if self.column.is_some() { loaded } else { self.rejected + loaded };
        match self.limit.allows(self.rejected, read) {
            true => Ok(()),
            false => Err(self.error(format!("{} of {read} {}", self.rejected, self.things()))),
        }
    }

    fn things(&self) -> String {
        plural(self.rejected, if self.column.is_some() { "value" } else { "row" })
    }

    fn error(&self, things: String) -> Error {
        let limit = self.limit.to_string();
        match &self.column {
            Some(column) => {
                let what = format!("{things} of column {column} would be NULL, since it cannot hold them");
                Error::failed(what).hint(Hint::BadValueLimit(limit.into()))
            }
            None => Error::failed(format!("{things} cannot be loaded")).hint(Hint::RejectLimit(limit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_rows_is_overdrawn_at_once() {
        let mut budget = RejectBudget::new(RejectLimit::Rows(2));
        assert!(budget.allows_any() && budget.room() == 2);
        budget.spend(3);
        assert_eq!((budget.rejected(), budget.room()), (3, 0));
        assert_eq!(budget.overdrawn("bad").to_string(), "bad; with this row, 3 rows cannot be loaded");
        assert_eq!(budget.judge(100).unwrap_err().to_string(), "3 of 103 rows cannot be loaded");
        budget.reset();
        assert!(budget.judge(0).is_ok() && budget.room() == 2);
    }

    #[test]
    fn values_of_a_column_have_a_budget_of_their_own() {
        let mut budget = RejectBudget::of_column("age", RejectLimit::Rows(1), 100, 2);
        budget.spend(2);
        assert_eq!(
            budget.overdrawn("bad").to_string(),
            "bad; with this value, 2 values of column age would be NULL, since it cannot hold them"
        );
        let mut share = RejectBudget::of_column("age", "10%".parse().unwrap(), 1_000, 2);
        share.spend(2);
        assert!(share.judge(20).is_ok());
        let error = share.judge(19).unwrap_err().to_string();
        assert!(error.starts_with("2 of 19 values of column age would be NULL"), "{error}");
    }

    #[test]
    fn a_share_is_judged_at_the_end_unless_the_file_is_too_short_for_it() {
        let share: RejectLimit = "10%".parse().unwrap();
        let mut budget = RejectBudget::new(share);
        budget.spend(2);
        assert!(budget.room() > 1 << 60);
        assert!(budget.judge(17).is_err() && budget.judge(18).is_ok());
        assert_eq!(RejectBudget::of_file(share, 90, 10).room(), 1);
        assert!(!RejectBudget::new(RejectLimit::NONE).allows_any());
    }
}
