//! What happened at moments of a run.

use super::lane::Micros;
use super::step::MarkKind;
use crate::error::shortened;

/// The most marks. With more, neighbours of a kind are joined.
const MOST_MARKS: usize = 200;
/// The longest text of a mark (characters).
const TEXT_CHARS: usize = 300;

/// What happened at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The kind.
    pub kind: MarkKind,
    /// The lane of the thread that has told it.
    pub lane: Option<usize>,
    /// What happened; of several, the first.
    pub text: String,
    /// How many rows or tries, of all together.
    pub count: u64,
    /// When.
    pub at: Micros,
    /// How many marks it is made of.
    pub times: u64,
}

/// The marks of a run, in the order of their time.
#[derive(Debug, Default)]
pub struct Marks(Vec<Mark>);

impl Marks {
    /// Adds one.
    pub fn add(&mut self, mark: Mark) {
        let text = shortened(&mark.text, TEXT_CHARS);
        self.0.push(Mark { text, ..mark });
        if self.0.len() > MOST_MARKS {
            self.join();
        }
    }

    /// All of them.
    pub fn all(&self) -> &[Mark] {
        &self.0
    }

    /// Joins every second mark of a kind with the one before.
    fn join(&mut self) {
        let mut kept = Vec::with_capacity(self.0.len());
        for kind in MarkKind::ALL {
            let mut of_kind = self.0.iter().filter(|mark| mark.kind == kind);
            while let Some(first) = of_kind.next() {
                let mut joined = first.clone();
                if let Some(second) = of_kind.next() {
                    joined.count += second.count;
                    joined.times += second.times;
                    if joined.lane != second.lane {
                        joined.lane = None;
                    }
                }
                kept.push(joined);
            }
        }
        kept.sort_by_key(|mark| mark.at);
        self.0 = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_marks_become_fewer_and_nothing_is_lost() {
        let mut marks = Marks::default();
        for at in 0..10_000 {
            let kind = if at % 10 == 0 { MarkKind::Retry } else { MarkKind::Reject };
            let text = "ü".repeat(1000);
            marks.add(Mark { kind, lane: Some(0), text, count: 3, at, times: 1 });
        }
        let all = marks.all();
        assert!(all.len() <= MOST_MARKS && all.is_sorted_by_key(|mark| mark.at));
        let sum = |kind| all.iter().filter(|mark| mark.kind == kind).map(|mark| mark.count).sum::<u64>();
        assert_eq!((sum(MarkKind::Retry), sum(MarkKind::Reject)), (3000, 27_000));
        assert!(all[0].text.chars().count() == TEXT_CHARS + 1);
    }
}
