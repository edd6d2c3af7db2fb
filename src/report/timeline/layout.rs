//! Where everything stands in the picture: across in percent, so that it fits any width, and down in pixels.

use super::axis::{Scale, Tick, ticks, time};
use super::lane::{Lane, Piece};
use super::marks::Mark;
use super::recorded::Recorded;
use super::step::{MarkKind, Step};
use crate::report::numbers::thousands;
use crate::report::page::words;
use std::collections::BTreeMap;

/// How high the curve of rows is, with its heading.
const CURVE_HEIGHT: u32 = 104;
/// How high a lane is, with its name.
const LANE_HEIGHT: u32 = 38;
/// Where a lane's bar begins, below its name.
const BAR_TOP: u32 = 15;
/// How high the axis of time is.
const AXIS_HEIGHT: u32 = 20;
/// The parts of the curve.
const CURVE_PARTS: usize = 80;
/// A narrower piece would not be seen (percent).
const LEAST_WIDTH: f64 = 0.1;
/// From this width on (percent), a piece has words in it; from [`WIDE`] on, also on a telephone.
const LABELLED: f64 = 5.0;
/// See [`LABELLED`].
const WIDE: f64 = 18.0;
/// The picture of a run.
#[derive(Debug)]
pub struct Picture {
    /// Its height, in pixels.
    pub height: u32,
    /// Where the lanes end and the axis begins.
    pub axis: u32,
    /// The rows over time, if there were any.
    pub curve: Option<Curve>,
    /// The threads.
    pub lanes: Vec<LaneView>,
    /// The axis of time.
    pub ticks: Vec<Tick>,
    /// What concerns no lane.
    pub signals: Vec<MarkView>,
}

/// The rows per second over time.
#[derive(Debug)]
pub struct Curve {
    /// The path of its line, in 1000 by 100.
    pub line: String,
    /// The most rows per second.
    pub most: String,
}

/// A thread.
#[derive(Debug)]
pub struct LaneView {
    /// Its name.
    pub name: String,
    /// Where its name stands: the line of its letters.
    pub text_y: u32,
    /// Where its bar begins.
    pub bar_y: u32,
    /// Its steps.
    pub blocks: Vec<Block>,
    /// What happened there.
    pub marks: Vec<MarkView>,
}

/// A step.
#[derive(Debug)]
pub struct Block {
    /// Where it begins, percent.
    pub x: String,
    /// How wide it is, percent.
    pub width: String,
    /// Its step's word.
    pub step: &'static str,
    /// The words in it.
    pub label: Option<String>,
    /// Whether the words are shown on a telephone, too.
    pub is_wide: bool,
    /// Whether it has failed.
    pub failed: bool,
    /// What a pointer over it shows.
    pub title: String,
}

/// A moment.
#[derive(Debug)]
pub struct MarkView {
    /// Where it is, percent.
    pub x: String,
    /// Its kind's word.
    pub kind: &'static str,
    /// What a pointer over it shows.
    pub title: String,
}

impl Picture {
    /// The picture of what was recorded.
    pub fn of(recorded: &Recorded) -> Picture {
        let scale = Scale(recorded.took.max(1));
        let curve = curve(recorded);
        let mut top = if curve.is_some() { CURVE_HEIGHT } else { 0 };
        let marks = recorded.recorder.marks.all();
        let mut lanes = Vec::new();
        for number in in_order(&recorded.recorder.lanes) {
            let lane = &recorded.recorder.lanes[number];
            lanes.push(LaneView {
                name: lane.name.clone(),
                text_y: top + BAR_TOP - 4,
                bar_y: top + BAR_TOP,
                blocks: lane.pieces.iter().map(|piece| block(piece, &scale)).collect(),
                marks: marks_of(marks, Some(number), &scale),
            });
            top += LANE_HEIGHT;
        }
        Picture {
            height: top + AXIS_HEIGHT,
            axis: top,
            curve,
            lanes,
            ticks: ticks(&scale),
            signals: marks_of(marks, None, &scale),
        }
    }
}

/// The lanes by their names: those of one kind together, by their numbers, in the order in which the kinds came.
fn in_order(lanes: &[Lane]) -> Vec<usize> {
    let parts = |lane: &Lane| {
        let kind = lane.name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
        let number: u64 = lane.name[kind.len()..].parse().unwrap_or(0);
        (kind, number)
    };
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for (place, lane) in lanes.iter().enumerate() {
        first.entry(parts(lane).0).or_insert(place);
    }
    let mut order: Vec<usize> = (0..lanes.len()).filter(|place| !lanes[*place].pieces.is_empty()).collect();
    order.sort_by_cached_key(|place| {
        let (kind, number) = parts(&lanes[*place]);
        (first.get(&kind).copied(), number, *place)
    });
    order
}

fn block(piece: &Piece, scale: &Scale) -> Block {
    let word = piece.step.word();
    let width = scale.percent(piece.to) - scale.percent(piece.from);
    let (took, from) = (time(piece.to - piece.from), time(piece.from));
    let what = match (&piece.unit, piece.count) {
        (Some(unit), 1) if unit.is_empty() => word.to_owned(),
        (Some(unit), 1) => format!("{unit}: {word}"),
        (Some(unit), count) if !unit.is_empty() => format!("{unit}: {count} steps, mostly {word}"),
        (_, count) => format!("{count} steps, mostly {word}"),
    };
    let label = match &piece.unit {
        Some(unit) if !unit.is_empty() => format!("{unit} {word}"),
        _ => word.to_owned(),
    };
    Block {
        x: scale.text(piece.from),
        width: format!("{:.2}", width.max(LEAST_WIDTH)),
        step: word,
        label: (width >= LABELLED && piece.step != Step::Wait).then(|| words(&label)),
        is_wide: width >= WIDE,
        failed: piece.failed,
        title: format!(
            "{}, {took} from {from} on{}",
            words(&what),
            if piece.failed { ", failed" } else { "" }
        ),
    }
}

fn marks_of(marks: &[Mark], lane: Option<usize>, scale: &Scale) -> Vec<MarkView> {
    let view = |mark: &Mark| MarkView {
        x: scale.text(mark.at),
        kind: mark.kind.word(),
        title: format!("{} at {}: {}", mark.kind.word(), time(mark.at), words(&mark.text)),
    };
    let is_here = |mark: &&Mark| (if mark.kind == MarkKind::Signal { None } else { mark.lane }) == lane;
    marks.iter().filter(is_here).map(view).collect()
}

fn curve(recorded: &Recorded) -> Option<Curve> {
    let rates = recorded.samples.rates(CURVE_PARTS, recorded.took);
    let most = rates.iter().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        return None;
    }
    let mut line = String::new();
    for (part, rate) in rates.iter().enumerate() {
        let x = |part: usize| part as f64 * 1000.0 / rates.len() as f64;
        let y = 100.0 - rate * 100.0 / most;
        let letter = if part == 0 { "" } else { "L" };
        line.push_str(&format!("{letter}{:.1} {y:.1}L{:.1} {y:.1}", x(part), x(part + 1)));
    }
    Some(Curve { line, most: thousands(most.round() as u64) })
}

#[cfg(test)]
mod tests {
    use super::super::lane::Micros;
    use super::super::recorder::Recorder;
    use super::super::samples::Samples;
    use super::*;
    use std::thread::ThreadId;

    fn id() -> ThreadId {
        std::thread::spawn(|| std::thread::current().id()).join().unwrap()
    }

    fn recorded(took: Micros, steps: &[(&str, Step, &str, Micros, Micros)]) -> Recorded {
        let mut recorder = Recorder::default();
        for (lane, step, unit, from, to) in steps {
            let ticket = recorder.begin((id(), lane), *step, unit, *from).unwrap();
            recorder.end(ticket, false, *to);
        }
        Recorded { recorder, samples: Samples::default(), database: None, took }
    }

    #[test]
    fn lanes_of_a_kind_stand_together_by_their_numbers() {
        let copy = |lane| (lane, Step::Copy, "users", 0, 10);
        let lanes = ["main", "worker-10", "worker-2", "stream-1", "worker-1"].map(copy);
        let picture = Picture::of(&recorded(100, &lanes));
        let names: Vec<&str> = picture.lanes.iter().map(|lane| lane.name.as_str()).collect();
        assert_eq!(names, ["main", "worker-1", "worker-2", "worker-10", "stream-1"]);
        assert!(picture.lanes.windows(2).all(|two| two[0].bar_y + LANE_HEIGHT == two[1].bar_y));
        assert_eq!(picture.height, 5 * LANE_HEIGHT + AXIS_HEIGHT);
    }

    #[test]
    fn a_block_is_where_its_time_is_and_is_never_too_narrow_to_be_seen() {
        let steps = [
            ("main", Step::Copy, "users", 250_000, 750_000),
            ("main", Step::Publish, "users", 750_000, 750_010),
        ];
        let lane = &Picture::of(&recorded(1_000_000, &steps)).lanes[0];
        let [copy, publish] = &lane.blocks[..] else { panic!("{lane:?}") };
        assert_eq!(
            (copy.x.as_str(), copy.width.as_str(), copy.label.as_deref()),
            ("25.00", "50.00", Some("users copy"))
        );
        assert_eq!((publish.width.as_str(), &publish.label), ("0.10", &None));
        assert_eq!(copy.title, "users: copy, 500 ms from 250 ms on");
    }
}
