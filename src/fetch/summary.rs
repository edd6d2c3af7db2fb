//! The summary of a run: a line of counts, since a run may have many requests, and one that tells where the time went.

use crate::report::{Report, SecondsIn, plural, seconds, size, thousands};

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
        "{} {}: {}; {} {}{rejected}, {} in {} s\n{}",
        thousands(totals.units),
        plural(totals.units, "request"),
        totals.in_words(),
        thousands(totals.rows_loaded),
        plural(totals.rows_loaded, "row"),
        size(totals.bytes_read),
        seconds(report.seconds),
        report.seconds_in.as_ref().map(times).unwrap_or_default(),
    )
}

fn times(SecondsIn { api, waits, database }: &SecondsIn) -> String {
    let waits = match seconds(*waits) {
        none if none == "0.00" => String::new(),
        some => format!(" ({some} s waiting for turns)"),
    };
    format!("at the same time: API {} s{waits}, database {} s\n", seconds(*api), seconds(*database))
}
