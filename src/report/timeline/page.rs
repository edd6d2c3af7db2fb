//! The page of a run: its picture, and what it names in words.

use super::axis::time;
use super::layout::Picture;
use super::marks::Mark;
use super::recorded::Recorded;
use super::step::{MarkKind, Step};
use crate::Result;
use crate::report::document::{Report, RunStatus};
use crate::report::numbers::{plural, size, thousands, to_the_second};
use crate::report::page::{self, words};
use crate::report::unit::{UnitReport, UnitStatus};
use askama::Template;

/// How many units are named.
const NAMED_UNITS: usize = 100;
/// How many marks are named.
const NAMED_MARKS: usize = 50;
/// How many of the slowest steps a picture without a page has room for.
pub const SVG_SLOWEST: usize = 5;

/// The name of the fact that is too long for the picture without a page.
const IN_THE_PAGE: &str = "into";

/// The form of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageForm {
    /// A page with tables below the picture.
    Html,
    /// The picture alone, with its legend and the slowest steps.
    Svg,
}

#[derive(Template)]
#[template(path = "timeline.html", config = "src/report/page/askama.toml")]
struct HtmlPage<'v> {
    view: &'v View,
}

#[derive(Template)]
#[template(path = "timeline.svg", config = "src/report/page/askama.toml")]
struct SvgPage<'v> {
    view: &'v View,
}

/// What the templates show, as texts.
struct View {
    title: String,
    status: &'static str,
    status_class: &'static str,
    facts: Vec<Fact>,
    error: Option<String>,
    picture: Picture,
    sums: Vec<Sum>,
    mark_kinds: Vec<Kind>,
    notes: Vec<String>,
    slowest: Vec<SlowRow>,
    marks: Vec<MarkRow>,
    marks_left: usize,
    totals: String,
    units: Vec<UnitRow>,
    units_left: usize,
}

struct Fact {
    name: &'static str,
    value: String,
}

struct Sum {
    step: &'static str,
    took: String,
    count: String,
}

struct Kind {
    word: &'static str,
    count: String,
}

struct SlowRow {
    took: String,
    step: &'static str,
    unit: String,
    lane: String,
    from: String,
    failed: bool,
}

struct MarkRow {
    at: String,
    kind: &'static str,
    text: String,
}

struct UnitRow {
    name: String,
    source: String,
    status: &'static str,
    class: &'static str,
    rows: String,
    rejected: String,
    took: String,
    error: Option<String>,
}

/// The page of a run that has ended. Its size is bounded, however long the run was.
///
/// # Errors
/// A defect of the template.
pub fn timeline_page(report: &Report, recorded: &Recorded, form: PageForm) -> Result<String> {
    let view = View::of(report, recorded);
    match form {
        PageForm::Html => page::finished(&HtmlPage { view: &view }),
        PageForm::Svg => page::finished(&SvgPage { view: &view }),
    }
}

impl View {
    fn of(report: &Report, recorded: &Recorded) -> View {
        let recorder = &recorded.recorder;
        let (status, status_class) = status_of(report);
        let slowest = recorder.slowest.iter().map(|slow| SlowRow {
            took: time(slow.took),
            step: slow.step.word(),
            unit: words(&slow.unit),
            lane: slow.lane.clone(),
            from: time(slow.began),
            failed: slow.failed,
        });
        let marks = recorder.marks.all();
        let units = ordered(&report.units);
        View {
            title: format!("pghaul {}", report.command),
            status,
            status_class,
            facts: facts(report, recorded),
            error: report.error.as_deref().map(words),
            picture: Picture::of(recorded),
            sums: sums(recorded),
            mark_kinds: MarkKind::ALL.into_iter().filter_map(|kind| kind_of(marks, kind)).collect(),
            notes: notes(recorded),
            slowest: slowest.collect(),
            marks: marks.iter().take(NAMED_MARKS).map(mark_row).collect(),
            marks_left: marks.len().saturating_sub(NAMED_MARKS),
            totals: format!(
                "{} {}: {}",
                thousands(report.totals.units),
                plural(report.totals.units, "unit"),
                report.totals.in_words()
            ),
            units: units.iter().take(NAMED_UNITS).map(|unit| unit_row(unit)).collect(),
            units_left: units.len().saturating_sub(NAMED_UNITS),
        }
    }

    /// The facts that the picture without a page has room for, on one line.
    fn svg_facts(&self) -> String {
        let shown = self.facts.iter().filter(|fact| fact.name != IN_THE_PAGE);
        shown.map(|fact| format!("{} {}", fact.name, fact.value)).collect::<Vec<_>>().join("  ·  ")
    }

    /// Where the list of the slowest steps begins, in the picture without a page.
    fn slowest_y(&self) -> usize {
        self.picture.height as usize + 84 + self.sums.len().div_ceil(5) * 20 + 22
    }

    /// The height of the picture without a page.
    fn svg_height(&self) -> usize {
        let slowest = self.slowest.len().min(SVG_SLOWEST);
        self.slowest_y() + if slowest > 0 { 14 + slowest * 18 } else { 0 }
    }
}

fn status_of(report: &Report) -> (&'static str, &'static str) {
    match report.status {
        RunStatus::Ok if report.totals.rows_rejected > 0 => ("loaded, with rejects", "warn"),
        RunStatus::Ok => ("loaded", "ok"),
        RunStatus::Failed => ("failed", "failed"),
        RunStatus::Refused => ("refused", "failed"),
        RunStatus::Interrupted => ("interrupted", "failed"),
    }
}

fn facts(report: &Report, recorded: &Recorded) -> Vec<Fact> {
    let totals = &report.totals;
    let mut facts = vec![
        Fact { name: "began", value: format!("{} UTC", to_the_second(&report.started_at)) },
        Fact { name: "took", value: time(recorded.took) },
        Fact { name: "rows", value: thousands(totals.rows_loaded) },
    ];
    if totals.rows_loaded > 0 && report.seconds > 0.0 {
        let rate = (totals.rows_loaded as f64 / report.seconds).round() as u64;
        facts.push(Fact { name: "rows per second", value: thousands(rate) });
    }
    if totals.bytes_read > 0 {
        facts.push(Fact { name: "read", value: size(totals.bytes_read) });
    }
    if totals.rows_rejected > 0 {
        facts.push(Fact { name: "rejected", value: thousands(totals.rows_rejected) });
    }
    if let Some(database) = &recorded.database {
        facts.push(Fact { name: IN_THE_PAGE, value: words(database) });
    }
    facts
}

fn sums(recorded: &Recorded) -> Vec<Sum> {
    let sums = Step::ALL.into_iter().zip(recorded.recorder.sums);
    sums.filter(|(_, (count, _))| *count > 0)
        .map(|(step, (count, took))| Sum {
            step: step.word(),
            took: time(took),
            count: format!("{} {}", thousands(count), plural(count, "time")),
        })
        .collect()
}

fn kind_of(marks: &[Mark], kind: MarkKind) -> Option<Kind> {
    let count: u64 = marks.iter().filter(|mark| mark.kind == kind).map(|mark| mark.count).sum();
    (count > 0).then(|| Kind { word: kind.word(), count: thousands(count) })
}

fn notes(recorded: &Recorded) -> Vec<String> {
    let mut notes =
        vec!["Each lane is a thread; the times of a step are those of all threads together.".to_owned()];
    if recorded.recorder.is_joined {
        notes.push("Short steps that lie together are drawn as one.".to_owned());
    }
    match recorded.recorder.undrawn {
        0 => {}
        steps => notes.push(format!(
            "{} {} of further threads are not drawn.",
            thousands(steps),
            plural(steps, "step")
        )),
    }
    notes
}

fn mark_row(mark: &Mark) -> MarkRow {
    let times = match mark.times {
        1 => String::new(),
        times => format!(" and {} more like it", thousands(times - 1)),
    };
    MarkRow { at: time(mark.at), kind: mark.kind.word(), text: words(&mark.text) + &times }
}

/// Those that failed first, then the slowest.
fn ordered(units: &[UnitReport]) -> Vec<&UnitReport> {
    let mut units: Vec<&UnitReport> = units.iter().collect();
    units.sort_by(|one, other| {
        let rank = |unit: &UnitReport| match unit.status {
            UnitStatus::Failed | UnitStatus::Refused => 0,
            UnitStatus::Loaded => 1,
            UnitStatus::NotLoaded => 2,
            UnitStatus::Unchanged => 3,
        };
        rank(one).cmp(&rank(other)).then_with(|| other.seconds.total_cmp(&one.seconds))
    });
    units
}

fn unit_row(unit: &UnitReport) -> UnitRow {
    let class = match unit.status {
        UnitStatus::Loaded if unit.rows_rejected > 0 => "warn",
        UnitStatus::Loaded => "ok",
        UnitStatus::Failed | UnitStatus::Refused => "failed",
        UnitStatus::Unchanged | UnitStatus::NotLoaded => "dim",
    };
    let is_loaded = unit.status == UnitStatus::Loaded;
    let counted = |text: String| if is_loaded { text } else { "-".to_owned() };
    UnitRow {
        name: words(&unit.name),
        source: words(&unit.source),
        status: unit.status.word(),
        class,
        rows: counted(thousands(unit.rows_loaded)),
        rejected: counted(thousands(unit.rows_rejected)),
        took: counted(time((unit.seconds * 1e6) as u64)),
        error: unit.error.as_deref().map(words),
    }
}
