//! The summary at the end of a run: a line, since there may be many requests.

use crate::report::{Report, plural, seconds, size, thousands};

/// How many requests were made, what they gave, and how long it took.
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
        "{} {}: {} loaded, {} unchanged, {} failed; {} {}{rejected}, {} in {} s\n",
        thousands(totals.units),
        plural(totals.units, "request"),
        thousands(totals.loaded),
        thousands(totals.skipped),
        thousands(totals.failed),
        thousands(totals.rows_loaded),
        plural(totals.rows_loaded, "row"),
        size(totals.bytes_read),
        seconds(report.seconds),
    )
}
