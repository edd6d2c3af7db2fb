//! `pghaul status --html`: a page with the state of a database, from the ledger.

mod drift;

use super::history::{command_of, first_line, units_in_words};
use crate::Result;
use crate::report::page::{self, words};
use crate::report::{plural, seconds, size, thousands, to_the_second};
use crate::table::ledger::loads::shapes::TableShape;
use crate::table::ledger::loads::status::LoadStatus;
use crate::table::ledger::runs::RunRecord;
use askama::Template;
use drift::Drift;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// How many mothers are drawn, and how many versions of each; see also the columns of a drift.
const MOST_MOTHERS: usize = 100;
/// See [`MOST_MOTHERS`].
const MOST_VERSIONS: usize = 50;
/// How many versions a drift compares: the last ones.
const COMPARED: usize = 8;

/// What the page is made of.
pub struct State<'s> {
    /// The database, in words.
    pub database: &'s str,
    /// All loads of the ledger.
    pub loads: &'s [LoadStatus],
    /// The shapes of their tables, by schema and name.
    pub shapes: &'s HashMap<(String, String), TableShape>,
    /// The last runs, the newest one first.
    pub runs: &'s [RunRecord],
    /// Now.
    pub now: Timestamp,
}

#[derive(Template)]
#[template(path = "state.html", config = "src/report/page/askama.toml")]
struct StatePage {
    database: String,
    drawn: String,
    summary: String,
    mothers: Vec<MotherView>,
    mothers_left: usize,
    runs: Vec<RunRow>,
}

struct MotherView {
    name: String,
    summary: String,
    versions: Vec<VersionRow>,
    versions_left: usize,
    heads: Vec<String>,
    drift: Drift,
    alike: String,
}

struct VersionRow {
    version: String,
    table: String,
    from: String,
    rows: String,
    share: String,
    size: String,
    age: String,
    loaded: String,
    now: String,
    class: &'static str,
}

struct RunRow {
    run: String,
    started: String,
    age: String,
    command: String,
    status: String,
    class: &'static str,
    units: String,
    rows: String,
    seconds: String,
    share: String,
    why: String,
}

impl State<'_> {
    /// The page. Its size is bounded, however much the ledger holds.
    ///
    /// # Errors
    /// A defect of the template.
    pub fn page(&self) -> Result<String> {
        let mut mothers: BTreeMap<(&str, &str), Vec<&LoadStatus>> = BTreeMap::new();
        for load in self.loads {
            mothers.entry((&load.schema, &load.mother)).or_default().push(load);
        }
        let rows: u64 = self.loads.iter().map(|load| load.rows.unsigned_abs()).sum();
        let count = self.loads.len() as u64;
        let longest = self.runs.iter().map(|run| run.seconds).fold(0.0, f64::max);
        let several =
            mothers.keys().any(|(schema, _)| Some(schema) != mothers.keys().next().map(|(one, _)| one));
        page::finished(&StatePage {
            database: words(self.database),
            drawn: to_the_second(&self.now.to_string()),
            summary: format!(
                "{} {} of {} {}, {} {}",
                thousands(count),
                plural(count, "version table"),
                thousands(mothers.len() as u64),
                plural(mothers.len() as u64, "mother"),
                thousands(rows),
                plural(rows, "row"),
            ),
            mothers_left: mothers.len().saturating_sub(MOST_MOTHERS),
            mothers: mothers
                .iter()
                .take(MOST_MOTHERS)
                .map(|(name, loads)| self.mother(*name, loads, several))
                .collect(),
            runs: self.runs.iter().map(|run| self.run(run, longest)).collect(),
        })
    }

    fn mother(&self, (schema, mother): (&str, &str), loads: &[&LoadStatus], several: bool) -> MotherView {
        let rows: u64 = loads.iter().map(|load| load.rows.unsigned_abs()).sum();
        let most = loads.iter().map(|load| load.rows.unsigned_abs()).max().unwrap_or(0);
        let bytes: u64 =
            loads.iter().filter_map(|load| self.shape(schema, &load.unit)).map(|shape| shape.bytes).sum();
        let count = loads.len() as u64;
        let mut heads = vec!["mother".to_owned()];
        let mut shapes: Vec<&TableShape> = self.shape(schema, mother).into_iter().collect();
        heads.truncate(shapes.len());
        for load in &loads[loads.len().saturating_sub(COMPARED)..] {
            if let Some(shape) = self.shape(schema, &load.unit) {
                heads.push(words(&load.version));
                shapes.push(shape);
            }
        }
        let drift = Drift::of(&shapes);
        let columns = format!("{} {}", thousands(drift.alike as u64), plural(drift.alike as u64, "column"));
        MotherView {
            name: words(&if several { format!("{schema}.{mother}") } else { mother.to_owned() }),
            summary: format!(
                "{} {}, {} {}, {}",
                thousands(count),
                plural(count, "version"),
                thousands(rows),
                plural(rows, "row"),
                size(bytes)
            ),
            versions: loads.iter().rev().take(MOST_VERSIONS).map(|load| self.version(load, most)).collect(),
            versions_left: loads.len().saturating_sub(MOST_VERSIONS),
            heads,
            alike: match drift.rows.is_empty() {
                true => format!("{columns}, the same in all"),
                false => format!("{columns} more, the same in all"),
            },
            drift,
        }
    }

    fn version(&self, load: &LoadStatus, most: u64) -> VersionRow {
        let shape = self.shape(&load.schema, &load.unit);
        VersionRow {
            version: words(&load.version),
            table: words(&load.unit),
            from: words(&format!("{}/{}", load.dump, load.data_file)),
            rows: thousands(load.rows.unsigned_abs()),
            share: share(load.rows.unsigned_abs() as f64, most as f64),
            size: shape.map_or("-".to_owned(), |shape| size(shape.bytes)),
            age: age(&load.finished_at, self.now),
            loaded: to_the_second(&load.finished_at),
            now: load.now.clone(),
            class: if load.now == "attached" { "ok" } else { "failed" },
        }
    }

    fn run(&self, run: &RunRecord, longest: f64) -> RunRow {
        RunRow {
            run: run.run.to_string(),
            started: to_the_second(&run.started_at),
            age: age(&run.started_at, self.now),
            command: words(&command_of(run)),
            class: match run.status.as_str() {
                "ok" if run.rows_rejected > 0 => "warn",
                "ok" => "ok",
                _ => "failed",
            },
            status: run.status.clone(),
            units: units_in_words(run),
            rows: thousands(run.rows_loaded.unsigned_abs()),
            seconds: seconds(run.seconds),
            share: share(run.seconds, longest),
            why: words(&first_line(run.error.as_deref())),
        }
    }

    fn shape(&self, schema: &str, table: &str) -> Option<&TableShape> {
        self.shapes.get(&(schema.to_owned(), table.to_owned()))
    }
}

/// A part of the most, percent.
fn share(part: f64, most: f64) -> String {
    let percent = if most > 0.0 { part * 100.0 / most } else { 0.0 };
    format!("{percent:.1}")
}

/// How long ago a moment of RFC 3339 was, in the largest unit: `3 h ago`.
fn age(moment: &str, now: Timestamp) -> String {
    let Ok(then) = moment.parse::<Timestamp>() else { return String::new() };
    let seconds = now.duration_since(then).as_secs().max(0);
    match seconds {
        ..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_in_the_largest_unit() {
        let now: Timestamp = "2026-11-29T12:00:00Z".parse().unwrap();
        let moments =
            ["2026-11-29T11:59:30Z", "2026-11-29T11:00:01Z", "2026-11-28T12:00:00Z", "2026-11-01T12:00:00Z"];
        assert_eq!(
            moments.map(|moment| age(moment, now)),
            ["just now", "59 min ago", "24 h ago", "28 d ago"]
        );
        assert_eq!(age("2026-11-29T13:00:00Z", now), "just now", "clocks may differ");
    }

    #[test]
    fn a_ledger_without_loads_and_runs_has_a_page() {
        let (shapes, now) = (HashMap::new(), "2026-11-29T12:00:00Z".parse().unwrap());
        let state = State { database: "<lms>", loads: &[], shapes: &shapes, runs: &[], now };
        let page = state.page().unwrap();
        assert!(page.starts_with(page::START) && page.contains("&#60;lms&#62;"), "{page}");
        assert!(page.contains("Nothing is loaded") && page.contains("No run"), "{page}");
    }
}
