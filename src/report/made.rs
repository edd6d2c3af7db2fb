//! The summary of what `generate` has made.

use super::Report;
use super::summary::{plural, seconds, size, thousands};

/// A line for each file or table, and one for all where there are several.
pub fn made(report: &Report) -> String {
    let mut text = String::new();
    let mut line = |name: &str, rows: u64, bytes: u64, took: f64| {
        let rate = match took {
            0.0 => 0,
            // Rows per second are far within 64 bits.
            took => (rows as f64 / took) as u64,
        };
        text.push_str(&format!(
            "{name}: {} {}, {} in {} s ({} per second)\n",
            thousands(rows),
            plural(rows, "row"),
            size(bytes),
            seconds(took),
            thousands(rate),
        ));
    };
    for unit in &report.units {
        line(&unit.name, unit.rows_loaded, unit.bytes_read, unit.seconds);
    }
    if report.units.len() > 1 {
        let totals = &report.totals;
        line("in all", totals.rows_loaded, totals.bytes_read, report.seconds);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Started, UnitStatus, tests::unit};
    use super::*;

    #[test]
    fn one_thing_has_one_line_and_several_have_a_sum() {
        let mut report = Started::now("generate").finish(Ok(vec![unit(UnitStatus::Loaded, 1234)]));
        assert_eq!(made(&report), "v1_users: 1,234 rows, 752 B in 0.50 s (2,468 per second)\n");
        report = Started::now("generate").finish(Ok(vec![unit(UnitStatus::Loaded, 1); 2]));
        report.seconds = 1.0;
        assert!(made(&report).ends_with("in all: 2 rows, 1.5 KiB in 1.00 s (2 per second)\n"));
    }
}
