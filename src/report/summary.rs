//! The summary table at the end of a run.

use super::document::{AfterReport, Archived, Report, Superseded};
use super::guard::GuardStatus;
use super::numbers::{plural, seconds, size, some_of, thousands};
use super::table::{Layout, table};
use super::unit::{Adjusted, UnitReport, UnitStatus};

/// The columns.
const LAYOUT: Layout<'static, 7> = Layout {
    header: ["unit", "from", "into", "status", "rows", "size", "seconds"],
    numbers: 4..7,
    spare: &["size", "from", "into", "seconds"],
};
/// The most units that are listed though they are unchanged. The closing line counts them.
const MOST_UNCHANGED: usize = 20;

/// Units that the line about guards names.
const NAMED: usize = 5;

/// The table of all units and a closing line.
pub fn summary(report: &Report) -> String {
    let mut text = String::new();
    if !report.units.is_empty() {
        // Of many tables, those that have not changed are not news.
        let is_unchanged = |unit: &&UnitReport| unit.status == UnitStatus::Unchanged;
        let are_many = report.units.iter().filter(is_unchanged).count() > MOST_UNCHANGED;
        let shown = report.units.iter().filter(|unit| !(are_many && is_unchanged(unit)));
        let rows: Vec<[String; 7]> = shown.map(row).collect();
        if !rows.is_empty() {
            text.push_str(&table(&LAYOUT, &rows));
            text.push('\n');
        }
    }
    let totals = &report.totals;
    if totals.units == 0 {
        text.push_str("nothing to load\n");
        return text + &superseded(&report.superseded);
    }
    text.push_str(&format!(
        "{} {}: {}; {} {}{}, {} in {} s\n",
        thousands(totals.units),
        plural(totals.units, "unit"),
        totals.in_words(),
        thousands(totals.rows_loaded),
        plural(totals.rows_loaded, "row"),
        rejected(totals.rows_rejected),
        size(totals.bytes_read),
        seconds(report.seconds),
    ));
    if totals.not_loaded > 0 {
        let left = totals.lacking();
        let (units, are) = (plural(left, "unit"), if left == 1 { "is" } else { "are" });
        text.push_str(&format!("their old rows stand; run again: {} {units} {are} left\n", thousands(left)));
    }
    text.push_str(&adjusted(&report.units));
    text.push_str(&guards(&report.units));
    text.push_str(&after(&report.after));
    text.push_str(&superseded(&report.superseded));
    for Archived { dump, to, .. } in &report.archived {
        if let Some(to) = to {
            text.push_str(&format!("{dump} moved to {to}\n"));
        }
    }
    text
}

/// A line for each dump that was passed over, or one for all if they are many.
fn superseded(dumps: &[Superseded]) -> String {
    if dumps.len() > MOST_UNCHANGED {
        return format!("{} dumps are superseded by newer ones\n", dumps.len());
    }
    dumps.iter().map(|Superseded { dump, by }| format!("{dump} is superseded by {by}\n")).collect()
}

/// A line for the statements after the load that have succeeded; empty where there are none.
fn after(reports: &[AfterReport]) -> String {
    let well: Vec<&AfterReport> = reports.iter().filter(|done| done.error.is_none()).collect();
    if well.is_empty() {
        return String::new();
    }
    let count = well.len() as u64;
    let longest = well.iter().map(|done| done.seconds).fold(0.0, f64::max);
    format!("after the load: {count} {}, the longest {} s\n", plural(count, "statement"), seconds(longest))
}

/// A line for each thing that became of values, by column; empty where there are none.
fn adjusted(units: &[UnitReport]) -> String {
    let mut all: Vec<(&str, Adjusted)> = Vec::new();
    for (how, columns) in units.iter().flat_map(|unit| &unit.adjusted_by) {
        let known = all.iter().position(|(known, _)| known == how).unwrap_or_else(|| {
            all.push((how, Adjusted::new()));
            all.len() - 1
        });
        for (column, count) in columns {
            *all[known].1.entry(column.clone()).or_default() += count;
        }
    }
    all.sort_by_key(|(how, _)| *how != CUT);
    all.iter().filter_map(|(how, columns)| in_words(columns, how)).map(|line| line + "\n").collect()
}

/// What became of seconds with more than six digits.
pub const CUT: &str = "cut to microseconds";

/// How many values were cut; `None` where there are none.
pub fn adjusted_in_words(columns: &Adjusted) -> Option<String> {
    in_words(columns, CUT)
}

fn in_words(columns: &Adjusted, how: &str) -> Option<String> {
    let sum: u64 = columns.values().sum();
    let each: Vec<String> = columns
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(column, count)| format!("{column} {}", thousands(*count)))
        .collect();
    (sum > 0).then(|| {
        let (count, values) = (thousands(sum), plural(sum, "value"));
        format!("adjusted: {count} {values} {how} ({})", each.join(", "))
    })
}

/// A line about the guards of all units; empty where there are none.
fn guards(units: &[UnitReport]) -> String {
    let mut parts = Vec::new();
    for (status, word) in [
        (GuardStatus::Passed, "passed"),
        (GuardStatus::Refused, "REFUSED"),
        (GuardStatus::Accepted, "accepted"),
        (GuardStatus::Warned, "warned"),
    ] {
        let of = |unit: &UnitReport| unit.guards.iter().filter(|guard| guard.status == status).count() as u64;
        let count: u64 = units.iter().map(of).sum();
        if count == 0 {
            continue;
        }
        let names: Vec<&str> =
            units.iter().filter(|unit| of(unit) > 0).map(|unit| unit.name.as_str()).collect();
        let who = match status {
            GuardStatus::Passed => String::new(),
            _ => format!(" ({})", some_of(&names, NAMED)),
        };
        parts.push(format!("{} {word}{who}", thousands(count)));
    }
    let all: u64 = units.iter().map(|unit| unit.guards.len() as u64).sum();
    if parts.is_empty() {
        return String::new();
    }
    format!("{} {}: {}\n", thousands(all), plural(all, "guard"), parts.join(", "))
}

/// The words for rejected rows, which follow those for loaded rows; empty where there are none.
fn rejected(rows: u64) -> String {
    if rows == 0 { String::new() } else { format!(", {} rejected", thousands(rows)) }
}

fn row(unit: &UnitReport) -> [String; 7] {
    let word = unit.status.word();
    let status = match unit.status {
        UnitStatus::Failed | UnitStatus::Refused => word.to_uppercase(),
        UnitStatus::Loaded | UnitStatus::Unchanged | UnitStatus::NotLoaded => word.to_owned(),
    };
    let is_loaded = unit.status == UnitStatus::Loaded;
    let counted = |text: String| if is_loaded { text } else { "-".to_owned() };
    [
        unit.name.clone(),
        unit.source.clone(),
        unit.mother.clone().unwrap_or_default(),
        format!("{status}{}{}", if unit.verified { ", verified" } else { "" }, rejected(unit.rows_rejected)),
        counted(thousands(unit.rows_loaded)),
        counted(size(unit.bytes_read)),
        counted(seconds(unit.seconds)),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::document::Started;
    use super::super::unit::samples::unit;
    use super::*;

    #[test]
    fn an_interrupted_run_says_how_many_units_are_left() {
        let left = |units: Vec<UnitReport>| {
            let text = summary(&Started::now("ingest").finish(Ok(units)));
            text.lines().find(|line| line.contains("run again")).map(str::to_owned)
        };
        let of = |status| unit(status, 0);
        let not_loaded = || of(UnitStatus::NotLoaded);
        assert_eq!(left(vec![of(UnitStatus::Failed)]), None);
        assert_eq!(left(vec![not_loaded()]).unwrap(), "their old rows stand; run again: 1 unit is left");
        let text = left(vec![of(UnitStatus::Failed), not_loaded(), of(UnitStatus::Loaded)]).unwrap();
        assert_eq!(text, "their old rows stand; run again: 2 units are left");
    }

    #[test]
    fn the_table_shows_counts_of_what_was_loaded_only() {
        let with_rejects = UnitReport { rows_rejected: 1000, ..unit(UnitStatus::Loaded, 5) };
        let units = vec![unit(UnitStatus::Loaded, 1234), with_rejects, unit(UnitStatus::Unchanged, 0)];
        let mut report = Started::now("ingest").finish(Ok(units));
        report.seconds = 1.5;
        insta::assert_snapshot!(summary(&report), @r"
        unit      from                  into   status                   rows   size  seconds
        v1_users  lms_v1.zip/users.dat  users  loaded                  1,234  752 B     0.50
        v1_users  lms_v1.zip/users.dat  users  loaded, 1,000 rejected      5  752 B     0.50
        v1_users  lms_v1.zip/users.dat  users  unchanged                   -      -        -

        3 units: 2 loaded, 1 unchanged, 0 failed; 1,239 rows, 1,000 rejected, 2.2 KiB in 1.50 s
        ");
    }

    #[test]
    fn of_many_tables_the_unchanged_ones_are_only_counted() {
        let mut units: Vec<UnitReport> = (0..3000).map(|_| unit(UnitStatus::Unchanged, 0)).collect();
        let text = summary(&Started::now("ingest").finish(Ok(units.clone())));
        assert!(
            text.starts_with("3,000 units: 0 loaded, 3,000 unchanged") && text.lines().count() == 1,
            "{text}"
        );
        units.push(unit(UnitStatus::Loaded, 7));
        assert_eq!(summary(&Started::now("ingest").finish(Ok(units))).lines().count(), 4);
    }

    #[test]
    fn units_that_were_refused_or_never_begun_are_counted_if_there_are_some() {
        let units = vec![unit(UnitStatus::Refused, 0), unit(UnitStatus::NotLoaded, 0)];
        let mut report = Started::now("ingest").finish(Ok(units));
        report.seconds = 1.5;
        insta::assert_snapshot!(summary(&report), @r"
        unit      from                  into   status      rows  size  seconds
        v1_users  lms_v1.zip/users.dat  users  REFUSED        -     -        -
        v1_users  lms_v1.zip/users.dat  users  not loaded     -     -        -

        2 units: 0 loaded, 0 unchanged, 0 failed, 1 refused, 1 not loaded; 0 rows, 1.5 KiB in 1.50 s
        their old rows stand; run again: 2 units are left
        ");
    }

    #[test]
    fn it_counts_guards_and_names_units_that_did_not_pass() {
        let guard = |status| super::super::guard::GuardReport {
            guard: "rows >= 5".into(),
            status,
            found: "2 rows".into(),
        };
        let with = |statuses: &[GuardStatus]| UnitReport {
            guards: statuses.iter().map(|status| guard(*status)).collect(),
            ..unit(UnitStatus::Loaded, 2)
        };
        assert_eq!(guards(&[with(&[])]), "");
        assert_eq!(guards(&[with(&[GuardStatus::Passed])]), "1 guard: 1 passed\n");
        let units = [
            with(&[GuardStatus::Passed, GuardStatus::Refused]),
            UnitReport { name: "v2_users".into(), ..with(&[GuardStatus::Accepted]) },
        ];
        assert_eq!(guards(&units), "3 guards: 1 passed, 1 REFUSED (v1_users), 1 accepted (v2_users)\n");
        assert_eq!(guard(GuardStatus::Refused).in_words(), "rows >= 5: 2 rows");
    }
}
