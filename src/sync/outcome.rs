//! The outcome of a run: as text, and as units of the report.

use super::compare::{Comparison, Difference, Key};
use super::follow::window::Merged;
use crate::copy::relay::pipe::Piped;
use crate::report::{UnitReport, UnitStatus, plural, seconds, thousands};
use std::time::Duration;

/// Keys that are printed of each kind in a part.
const SHOWN_KEYS: usize = 20;
/// Parts that are printed.
const SHOWN_PARTS: usize = 20;

/// What a run has done, and how long each part took.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Whether the table is synced whole.
    pub is_whole: bool,
    load: Option<(Piped, Duration)>,
    /// The passes, with the number of deleted rows.
    pass: Option<(Merged, u64, Duration)>,
    /// The look at a table that is synced whole, with the rows that it has loaded, if any.
    refresh: Option<(Option<Piped>, Duration)>,
    /// Rows that were read again since a comparison has found them missing or different.
    repair: Option<Merged>,
    comparison: Option<(Comparison, Duration)>,
}

impl Outcome {
    /// Adds an initial load, or the rest of one after a lost connection.
    pub fn add_load(&mut self, piped: Piped, time: Duration) {
        let (sum, all) = self.load.get_or_insert_default();
        sum.rows += piped.rows;
        sum.bytes += piped.bytes;
        *all += time;
    }

    /// Adds a pass.
    pub fn add_pass(&mut self, pass: Merged, deleted: u64, time: Duration) {
        let (sum, all_deleted, all) = self.pass.get_or_insert_default();
        sum.add(pass);
        *all_deleted += deleted;
        *all += time;
    }

    /// Sets the look at a table that is synced whole; `loaded` are the rows that were swapped in, if it was not the same.
    pub fn add_refresh(&mut self, loaded: Option<Piped>, time: Duration) {
        self.refresh = Some((loaded, time));
    }

    /// Adds rows that were read again.
    pub fn add_repair(&mut self, repaired: Merged) {
        self.repair.get_or_insert_default().add(repaired);
    }

    /// Sets the comparison.
    pub fn add_comparison(&mut self, comparison: Comparison, time: Duration) {
        self.comparison = Some((comparison, time));
    }

    /// Whether nothing was done.
    pub fn is_empty(&self) -> bool {
        self.load.is_none() && self.pass.is_none() && self.refresh.is_none() && self.comparison.is_none()
    }

    /// Whether all rows have come over in this run.
    pub fn is_loaded(&self) -> bool {
        self.load.is_some() || matches!(self.refresh, Some((Some(_), _)))
    }

    /// Whether the destination has changed.
    pub fn has_changed(&self) -> bool {
        let by_pass = self.pass.as_ref().is_some_and(|(pass, deleted, _)| pass.changed + deleted > 0);
        let by_repair = self.repair.is_some_and(|repair| repair.changed > 0);
        self.load.is_some() || by_pass || by_repair || matches!(self.refresh, Some((Some(_), _)))
    }

    /// One line about the load and the pass.
    pub fn line(&self, table: &str) -> String {
        let mut parts = Vec::new();
        if let Some((piped, time)) = &self.load {
            parts.push(format!("{} loaded in {} s", rows(piped.rows), seconds(time.as_secs_f64())));
        }
        if let Some((pass, deleted, time)) = &self.pass {
            let deleted = match deleted {
                0 => String::new(),
                count => format!(", {} gone", thousands(*count)),
            };
            parts.push(format!(
                "{} read, {} changed{deleted}, in {} s",
                rows(pass.copied.rows),
                thousands(pass.changed),
                seconds(time.as_secs_f64())
            ));
        }
        if let Some((loaded, time)) = &self.refresh {
            let what =
                loaded.map_or("unchanged".to_owned(), |piped| format!("{} replaced all", rows(piped.rows)));
            parts.push(format!("{what}, in {} s", seconds(time.as_secs_f64())));
        }
        if let Some(repair) = &self.repair {
            parts.push(format!("{} repaired", rows(repair.changed)));
        }
        format!("{table}: {}\n", parts.join("; "))
    }

    /// The summary for standard output.
    pub fn summary(&self, table: &str) -> String {
        let mut text = String::new();
        if self.load.is_some() || self.pass.is_some() || self.refresh.is_some() {
            text.push_str(&self.line(table));
        }
        if let Some((comparison, time)) = &self.comparison {
            text.push_str(&comparison_text(table, comparison, *time));
        }
        text
    }

    /// The units of the report: the load, the changes, and the comparison.
    pub fn units(&self, source: &str, table: &str) -> Vec<UnitReport> {
        let unit = |piped: &Piped, time: &Duration| {
            let (rows, bytes) = (piped.rows, piped.bytes);
            UnitReport::made(table.to_owned(), source.to_owned(), rows, bytes, time.as_secs_f64())
        };
        let mut units: Vec<UnitReport> = self.load.iter().map(|(piped, time)| unit(piped, time)).collect();
        units.extend(self.pass.iter().map(|(pass, deleted, time)| {
            let unit = unit(&pass.copied, time);
            let status =
                if pass.copied.rows + deleted > 0 { UnitStatus::Loaded } else { UnitStatus::Unchanged };
            UnitReport { status, ..unit }
        }));
        units.extend(self.refresh.iter().map(|(loaded, time)| {
            let unit = unit(&loaded.unwrap_or_default(), time);
            let status = if loaded.is_some() { UnitStatus::Loaded } else { UnitStatus::Unchanged };
            UnitReport { status, ..unit }
        }));
        units.extend(self.repair.iter().map(|repair| unit(&repair.copied, &Duration::ZERO)));
        if let Some((comparison, time)) = &self.comparison {
            let mut unit = unit(&Piped::default(), time);
            unit.status = UnitStatus::Unchanged;
            unit.verified = comparison.differences.is_empty();
            if !unit.verified {
                unit.status = UnitStatus::Failed;
                unit.error =
                    Some(format!("table {table}: differs from the source in {}", counts(comparison)));
            }
            units.push(unit);
        }
        units
    }
}

fn rows(count: u64) -> String {
    format!("{} {}", thousands(count), plural(count, "row"))
}

/// The number of parts and rows that differ.
fn counts(comparison: &Comparison) -> String {
    let sum = |of: fn(&Difference) -> usize| comparison.differences.iter().map(of).sum::<usize>() as u64;
    format!(
        "{} of {} parts: {} missing, {} too many, {} not the same",
        comparison.differences.len(),
        comparison.parts,
        rows(sum(|difference| difference.missing.len())),
        thousands(sum(|difference| difference.gone.len())),
        thousands(sum(|difference| difference.different.len())),
    )
}

/// A comparison in words, with parts and keys.
fn comparison_text(table: &str, comparison: &Comparison, time: Duration) -> String {
    let time = seconds(time.as_secs_f64());
    if comparison.differences.is_empty() {
        return format!(
            "{table}: {} are the same on both sides, compared in {time} s\n",
            rows(comparison.rows)
        );
    }
    let mut text = format!("{table}: differs in {}, compared in {time} s\n", counts(comparison));
    for difference in comparison.differences.iter().take(SHOWN_PARTS) {
        text.push_str(&format!("  {}\n", difference.part));
        let kinds = [
            ("missing", &difference.missing),
            ("too many", &difference.gone),
            ("not the same", &difference.different),
        ];
        for (kind, keys) in kinds.into_iter().filter(|(_, keys)| !keys.is_empty()) {
            text.push_str(&format!("    {kind}: {}\n", key_list(keys)));
        }
    }
    if comparison.differences.len() > SHOWN_PARTS {
        text.push_str(&format!("  and {} parts more\n", comparison.differences.len() - SHOWN_PARTS));
    }
    text
}

/// Keys, as a list that ends after the first few.
fn key_list(keys: &[Key]) -> String {
    let text = |key: &Key| match &key[..] {
        [one] => one.clone(),
        several => format!("({})", several.join(", ")),
    };
    let mut parts: Vec<String> = keys.iter().take(SHOWN_KEYS).map(text).collect();
    if keys.len() > SHOWN_KEYS {
        parts.push(format!("and {} more", keys.len() - SHOWN_KEYS));
    }
    crate::error::one_line(&parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_shown_with_parts_and_keys() {
        let key = |key: &str| vec![key.to_owned()];
        let difference = Difference {
            part: "keys from … to before 50".into(),
            missing: vec![key("3")],
            gone: Vec::new(),
            different: vec![vec!["1".into(), "a".into()], key("2")],
        };
        let comparison = Comparison { rows: 9, rows_there: 8, parts: 4, differences: vec![difference] };
        insta::assert_snapshot!(comparison_text("t", &comparison, Duration::from_millis(10)), @r"
        t: differs in 1 of 4 parts: 1 row missing, 0 too many, 2 not the same, compared in 0.01 s
          keys from … to before 50
            missing: 3
            not the same: (1, a), 2
        ");
    }
}
