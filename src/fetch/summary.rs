//! The summary of a run: one line, since a run may have many requests.

use crate::report::{Report, plural, seconds, size, thousands};

/// The name of the unit that says why nothing was published.
pub const NOT_PUBLISHED: &str = "all requests";

/// The number of requests, their rows and bytes, and the time.
pub fn summary(report: &Report) -> String {
    let mut totals = report.totals.clone();
    // A unit that says why nothing was published is no request.
    let others = report.units.iter().filter(|unit| unit.name == NOT_PUBLISHED).count() as u64;
    (totals.units, totals.failed) = (totals.units - others, totals.failed - others);
    if totals.units == 0 {
        return "no requests\n".to_owned();
    }
    let rejected = match totals.rows_rejected {
        0 => String::new(),
        rows => format!(", {} rejected", thousands(rows)),
    };
    format!(
        "{} {}: {}; {} {}{rejected}, {} in {} s\n",
        thousands(totals.units),
        plural(totals.units, "request"),
        totals.in_words(),
        thousands(totals.rows_loaded),
        plural(totals.rows_loaded, "row"),
        size(totals.bytes_read),
        seconds(report.seconds),
    )
}
