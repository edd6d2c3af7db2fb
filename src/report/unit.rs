//! The report of one unit, and the sums over all units.

use super::guard::GuardReport;
use super::numbers::thousands;
use serde::Serialize;
use std::collections::BTreeMap;

/// Of each column that has adjusted values, their number.
pub type Adjusted = BTreeMap<String, u64>;

/// The outcome of one unit. `rows_read = rows_loaded + rows_rejected` always. A unit that has failed counts no rows.
#[derive(Debug, Clone, Serialize)]
pub struct UnitReport {
    /// The version table, or another table or file.
    pub name: String,
    /// Dump and data file.
    pub source: String,
    /// How many parts the data file has.
    #[serde(skip_serializing_if = "is_one")]
    pub parts: usize,
    /// The mother table, where the command knows mothers.
    pub mother: Option<String>,
    /// The schema of the table, where the command knows mothers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Whether it was loaded.
    pub status: UnitStatus,
    /// Rows in the data file.
    pub rows_read: u64,
    /// Rows that the server has counted.
    pub rows_loaded: u64,
    /// Rows that were rejected.
    pub rows_rejected: u64,
    /// Values that lost the digits of their seconds beyond microseconds, that are NULL by a preset, or since a column cannot hold
    /// them.
    #[serde(skip_serializing_if = "Adjusted::is_empty")]
    pub adjusted: Adjusted,
    /// The same by what became of them, in words.
    #[serde(skip)]
    pub adjusted_by: Vec<(&'static str, Adjusted)>,
    /// Signs that the data file is written otherwise than the settings say, and what became of values by a preset.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What its guards have found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<GuardReport>,
    /// Size of the inflated data file, in bytes.
    pub bytes_read: u64,
    /// Whether the rows in the table were compared with those that were sent.
    pub verified: bool,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Why it failed.
    pub error: Option<String>,
}

fn is_one(number: &usize) -> bool {
    *number == 1
}

/// What became of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitStatus {
    /// Its rows are in the version table.
    Loaded,
    /// It has not changed since it was loaded, as the ledger says.
    Unchanged,
    /// None of its rows is visible.
    Failed,
    /// Something is in its way that is not ours to change, and none of its rows was sent.
    Refused,
    /// A signal came before it began.
    NotLoaded,
}

impl UnitStatus {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            UnitStatus::Loaded => "loaded",
            UnitStatus::Unchanged => "unchanged",
            UnitStatus::Failed => "failed",
            UnitStatus::Refused => "refused",
            UnitStatus::NotLoaded => "not loaded",
        }
    }
}

/// Sums over the units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields are those of UnitReport, summed")]
pub struct Totals {
    pub units: u64,
    pub loaded: u64,
    pub unchanged: u64,
    pub failed: u64,
    pub refused: u64,
    pub not_loaded: u64,
    pub rows_read: u64,
    pub rows_loaded: u64,
    pub rows_rejected: u64,
    pub adjusted: u64,
    pub bytes_read: u64,
}

impl UnitReport {
    /// The report of a unit without rows and without a mother.
    pub fn empty(name: impl Into<String>, source: impl Into<String>, status: UnitStatus) -> UnitReport {
        UnitReport {
            name: name.into(),
            source: source.into(),
            parts: 1,
            mother: None,
            schema: None,
            status,
            rows_read: 0,
            rows_loaded: 0,
            rows_rejected: 0,
            adjusted: Adjusted::new(),
            adjusted_by: Vec::new(),
            warnings: Vec::new(),
            guards: Vec::new(),
            bytes_read: 0,
            verified: false,
            seconds: 0.0,
            error: None,
        }
    }

    /// The report of generated rows: all of them are loaded.
    pub fn made(name: String, source: String, rows: u64, bytes: u64, seconds: f64) -> UnitReport {
        UnitReport {
            rows_read: rows,
            rows_loaded: rows,
            bytes_read: bytes,
            seconds,
            ..UnitReport::empty(name, source, UnitStatus::Loaded)
        }
    }
}

impl UnitStatus {
    /// Whether all its rows are there, now or since before.
    pub fn is_there(self) -> bool {
        matches!(self, UnitStatus::Loaded | UnitStatus::Unchanged)
    }
}

impl Totals {
    /// The sums over `units`.
    pub fn of(units: &[UnitReport]) -> Totals {
        let mut totals = Totals::default();
        for unit in units {
            totals.units += 1;
            match unit.status {
                UnitStatus::Loaded => totals.loaded += 1,
                UnitStatus::Unchanged => totals.unchanged += 1,
                UnitStatus::Failed => totals.failed += 1,
                UnitStatus::Refused => totals.refused += 1,
                UnitStatus::NotLoaded => totals.not_loaded += 1,
            }
            totals.rows_read += unit.rows_read;
            totals.rows_loaded += unit.rows_loaded;
            totals.rows_rejected += unit.rows_rejected;
            totals.adjusted += unit.adjusted.values().sum::<u64>();
            totals.bytes_read += unit.bytes_read;
        }
        totals
    }

    /// Units whose rows are not there.
    pub fn lacking(&self) -> u64 {
        self.failed + self.refused + self.not_loaded
    }

    /// What became of the units, in words: `2 loaded, 1 unchanged, 0 failed`.
    pub fn in_words(&self) -> String {
        let mut words = vec![
            format!("{} loaded", thousands(self.loaded)),
            format!("{} unchanged", thousands(self.unchanged)),
            format!("{} failed", thousands(self.failed)),
        ];
        for (count, word) in [(self.refused, "refused"), (self.not_loaded, "not loaded")] {
            if count > 0 {
                words.push(format!("{} {word}", thousands(count)));
            }
        }
        words.join(", ")
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    /// A unit of `v1_users` with that status and so many rows.
    pub fn unit(status: UnitStatus, rows: u64) -> UnitReport {
        UnitReport {
            name: "v1_users".into(),
            source: "lms_v1.zip/users.dat".into(),
            parts: 1,
            mother: Some("users".into()),
            schema: None,
            status,
            rows_read: rows,
            rows_loaded: rows,
            rows_rejected: 0,
            adjusted: Adjusted::new(),
            adjusted_by: Vec::new(),
            warnings: Vec::new(),
            guards: Vec::new(),
            bytes_read: 752,
            verified: false,
            seconds: 0.5,
            error: None,
        }
    }
}
