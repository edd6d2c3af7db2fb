//! The number of rows, against bounds and against what was loaded before.

use crate::ingest::settings::guards::bounds::Bounds;
use crate::ingest::settings::guards::rows::{Base, RowsRule, Share};
use crate::report::{plural, thousands};

/// Loads that a message names.
const NAMED: usize = 7;

/// What was loaded before.
#[derive(Debug, Default)]
pub struct Past {
    /// The rows of the last load, as the ledger has them.
    pub last: Option<u64>,
    /// The rows of the last loads, the newest one first, as the history has them.
    pub loads: Vec<u64>,
}

impl Past {
    /// Twice the number that a share is taken of, which is whole; `None` where nothing was loaded.
    fn twice(&self, base: Base) -> Option<u128> {
        match base {
            Base::Last => self.last.or(self.loads.first().copied()).map(|rows| 2 * u128::from(rows)),
            Base::Median(most) => twice_the_median(&self.loads[..self.loads.len().min(most as usize)]),
        }
        // Of nothing, every share is nothing.
        .filter(|twice| *twice > 0)
    }

    /// The last loads as a message names them, with a comma before; empty where there are none.
    pub fn in_words(&self) -> String {
        let last = self.last.as_slice();
        let loads = if self.loads.is_empty() { last } else { &self.loads };
        let named: Vec<String> = loads.iter().take(NAMED).map(|rows| thousands(*rows)).collect();
        match named.len() {
            0 => String::new(),
            1 => format!("; the last load: {}", named[0]),
            _ => format!("; the last loads: {}", named.join(", ")),
        }
    }
}

/// Twice the median, which is whole: of an even number of values, the median is the mean of the two in the middle.
fn twice_the_median(values: &[u64]) -> Option<u128> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let at = |index: usize| sorted.get(index).map(|value| u128::from(*value));
    let upper = sorted.len() / 2;
    let lower = sorted.len().checked_sub(1)? / 2;
    Some(at(lower)? + at(upper)?)
}

/// Whether so many rows follow the rule, and the figures.
pub fn judge(rule: &RowsRule, rows: u64, past: &Past) -> (bool, String) {
    let found = format!("{} {}", thousands(rows), plural(rows, "row"));
    match rule {
        RowsRule::Absolute(bounds) => (bounds.hold(&rows), format!("{found}{}", past.in_words())),
        RowsRule::Relative(bounds, base) => match past.twice(*base) {
            None => (true, format!("{found}; nothing to compare with")),
            Some(twice) => {
                let whole = 2 * u128::from(Share::WHOLE);
                // Exact: rows / base against share / whole.
                let scaled = scaled(bounds, twice);
                let expected = Bounds {
                    low: scaled.low.map(|low| in_rows(low.div_ceil(whole))),
                    high: scaled.high.map(|high| in_rows(high / whole)),
                    inclusive: bounds.inclusive,
                };
                let holds = scaled.hold(&(u128::from(rows) * whole));
                (holds, format!("{found}, where {expected} are expected{}", past.in_words()))
            }
        },
    }
}

fn scaled(bounds: &Bounds<Share>, twice: u128) -> Bounds<u128> {
    let scale = |share: Share| u128::from(share.0) * twice;
    Bounds { low: bounds.low.map(scale), high: bounds.high.map(scale), inclusive: bounds.inclusive }
}

fn in_rows(rows: u128) -> String {
    thousands(u64::try_from(rows).unwrap_or(u64::MAX))
}

/// What is said of a unit without a guard of its rows, where they are fewer than half of those of the last load.
pub fn warning(rows: u64, last: u64) -> Option<String> {
    let (before, now) = (thousands(last), thousands(rows));
    (u128::from(rows) * 2 < u128::from(last)).then(|| {
        format!("{now} {}, which is less than half of the {before} of the last load", plural(rows, "row"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(rule: &str, rows: u64, loads: &[u64]) -> bool {
        let past = Past { last: loads.first().copied(), loads: loads.to_vec() };
        judge(&RowsRule::parse(rule).unwrap(), rows, &past).0
    }

    #[test]
    fn shares_are_exact() {
        assert!(holds(">= 90% of median(3)", 9, &[10, 1000, 1]));
        assert!(!holds(">= 90% of median(3)", 8, &[10, 1000, 1]));
        assert!(holds(">= 90% of median(4)", 9, &[10, 10, 10, 1, 7_000_000]), "the fifth does not count");
        assert!(
            holds(">= 100% of median(2)", 11, &[10, 11]) && !holds(">= 100% of median(2)", 10, &[10, 11])
        );
        assert!(!holds("> 50% of last", 5, &[10]) && holds("> 50% of last", 6, &[10, 1]));
        assert!(holds("50%..200% of last", 20, &[10]) && !holds("50%..200% of last", 21, &[10]));
        assert!(holds(">= 100% of last", u64::MAX, &[u64::MAX]));
    }

    #[test]
    fn without_anything_before_a_share_passes() {
        assert!(holds(">= 90% of median(7)", 0, &[]) && holds("<= 200% of last", 5, &[0]));
        assert!(!holds(">= 1", 0, &[]));
    }

    #[test]
    fn the_figures_say_what_was_expected_and_what_was_loaded() {
        let past = Past { last: Some(31_000), loads: vec![31_000, 30_000] };
        let said = |rule: &str, past: &Past| judge(&RowsRule::parse(rule).unwrap(), 2, past).1;
        assert_eq!(
            said(">= 90% of median(7)", &past),
            "2 rows, where >= 27,450 are expected; the last loads: 31,000, 30,000"
        );
        assert_eq!(said(">= 5", &past), "2 rows; the last loads: 31,000, 30,000");
        assert_eq!(said(">= 5", &Past { last: Some(7), loads: Vec::new() }), "2 rows; the last load: 7");
        assert_eq!(said(">= 5% of last", &Past::default()), "2 rows; nothing to compare with");
    }

    #[test]
    fn fewer_than_half_are_worth_a_warning() {
        assert_eq!((warning(5, 10), warning(0, 0)), (None, None));
        assert_eq!(warning(4, 10).unwrap(), "4 rows, which is less than half of the 10 of the last load");
    }
}
