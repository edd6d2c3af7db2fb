//! The summary of generated rows.

use super::document::Report;
use super::numbers::{plural, seconds, size, thousands};
use super::unit::UnitReport;

/// A line for each unit of generated rows: count, size, time and rate.
pub fn made_lines(report: &Report) -> String {
    let line = |unit: &UnitReport| {
        let rate = match unit.seconds {
            0.0 => 0,
            // Rows per second fit into 64 bits by far.
            seconds => (unit.rows_loaded as f64 / seconds) as u64,
        };
        format!(
            "{}: {} {}, {} in {} s ({} per second)\n",
            unit.name,
            thousands(unit.rows_loaded),
            plural(unit.rows_loaded, "row"),
            size(unit.bytes_read),
            seconds(unit.seconds),
            thousands(rate),
        )
    };
    report.units.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::document::Started;
    use super::super::unit::UnitStatus;
    use super::super::unit::samples::unit;
    use super::*;

    #[test]
    fn the_line_has_count_size_time_and_rate() {
        let report = Started::now("generate").finish(Ok(vec![unit(UnitStatus::Loaded, 1234)]));
        assert_eq!(made_lines(&report), "v1_users: 1,234 rows, 752 B in 0.50 s (2,468 per second)\n");
    }
}
