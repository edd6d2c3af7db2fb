//! The reports of units.

use super::warnings;
use crate::exit::Exit;
use crate::ingest::plan::action::Action;
use crate::ingest::plan::unit::Unit;
use crate::ingest::publish::publication::{Loaded, Publication};
use crate::report::guard::GuardReport;
use crate::report::{UnitReport, UnitStatus};
use crate::{Error, Result};

/// The report of a unit that a worker has tried for so many seconds.
pub fn unit_report(
    unit: &Unit,
    seconds: f64,
    outcome: Result<Publication>,
    guards: Vec<GuardReport>,
) -> UnitReport {
    let mut report = UnitReport { seconds, guards, ..untouched(unit) };
    match outcome {
        Ok(Publication::Loaded(Loaded { rows, rejected, notices, bytes, verified })) => {
            report.status = UnitStatus::Loaded;
            report.rows_read = rows + rejected;
            report.rows_loaded = rows;
            report.rows_rejected = rejected;
            report.adjusted = unit.adjusted(&notices);
            report.bytes_read = bytes;
            report.verified = verified;
            report.adjusted_by = warnings::adjusted_by(unit, &notices);
            report.warnings = warnings::of(unit, &notices);
            report.warnings.extend(report.guards.iter().filter_map(|guard| warnings::of_guard(unit, guard)));
            for warning in &report.warnings {
                tracing::warn!("{}: {warning}", unit.source.label());
            }
            report.error = None;
        }
        Ok(Publication::UpToDate) => {
            report.status = UnitStatus::Unchanged;
            report.error = None;
        }
        Err(error) => {
            report.status =
                if error.exit() == Exit::Refused { UnitStatus::Refused } else { UnitStatus::Failed };
            report.error = Some(error.to_string());
        }
    }
    report
}

/// The report of a unit that had not begun when a signal stopped the run.
pub fn not_begun(unit: &Unit, interrupted: &Error) -> UnitReport {
    UnitReport { status: UnitStatus::NotLoaded, error: Some(interrupted.to_string()), ..untouched(unit) }
}

/// The report of a unit that no worker has tried.
pub fn untouched(unit: &Unit) -> UnitReport {
    let (status, error) = match unit.action {
        Action::Skip => (UnitStatus::Unchanged, None),
        _ => (UnitStatus::Failed, Some(Error::failed("not loaded: no worker was left").to_string())),
    };
    UnitReport {
        mother: Some(unit.mother.name().to_owned()),
        schema: Some(unit.table.schema().to_owned()),
        parts: unit.source.data.parts(),
        error,
        ..UnitReport::empty(unit.table.name(), unit.source.label(), status)
    }
}
