//! The summary of a run: one line, since a run may have many requests.

use crate::report::{Report, plural, seconds, size, thousands};

/// The number of requests, their rows and bytes, and the time.
pub fn summary(report: &Report) -> String {
    let totals = &report.totals;
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
