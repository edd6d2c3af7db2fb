//! Bounds of the number of rows: a number, or a share of what was loaded before.

use super::bounds::Bounds;
use std::fmt;

/// Millionths of the whole: `5%` are 50,000 of them, so that four decimals of a percentage are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u64);

impl Share {
    /// The whole.
    pub const WHOLE: u64 = 1_000_000;
    /// One percent.
    const PERCENT: u64 = Share::WHOLE / 100;

    /// Reads `5%` or `99.5 %`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Share> {
        let number = text.trim().strip_suffix('%')?.trim_end();
        let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
        let are_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || decimals.len() > 4 || !are_digits(whole) || !are_digits(decimals) {
            return None;
        }
        let whole = whole.parse::<u64>().ok()?.checked_mul(Share::PERCENT)?;
        whole.checked_add(format!("{decimals:0<4}").parse().ok()?).map(Share)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:04}", self.0 % Share::PERCENT);
        let decimals = decimals.trim_end_matches('0');
        let point = if decimals.is_empty() { "" } else { "." };
        write!(f, "{}{point}{decimals}%", self.0 / Share::PERCENT)
    }
}

/// What a share of rows is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The rows of the last load.
    Last,
    /// The median of the rows of so many last loads.
    Median(u32),
}

impl Base {
    /// How many loads it looks back at.
    pub fn loads(self) -> u32 {
        match self {
            Base::Last => 1,
            Base::Median(loads) => loads,
        }
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Base::Last => f.write_str("last"),
            Base::Median(loads) => write!(f, "median({loads})"),
        }
    }
}

/// The most loads that a median is taken of.
const MOST_LOADS: u32 = 1000;

/// A rule for the number of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowsRule {
    /// So many rows.
    Absolute(Bounds<u64>),
    /// Such a share of what was loaded before.
    Relative(Bounds<Share>, Base),
}

impl RowsRule {
    /// Reads `>= 1000`, `1000..5000`, `>= 90% of median(7)`, `80%..120% of last`; `None` for anything else, and for bounds that
    /// no number meets.
    pub fn parse(text: &str) -> Option<RowsRule> {
        let rule = match text.rsplit_once(" of ") {
            None => {
                let number = |text: &str| text.replace('_', "").parse::<u64>();
                RowsRule::Absolute(Bounds::parse(text)?.try_map(number).ok()?)
            }
            Some((bounds, base)) => {
                let base = match base.trim() {
                    "last" => Base::Last,
                    base => {
                        let loads = base.strip_prefix("median(")?.strip_suffix(')')?.trim().parse().ok()?;
                        Base::Median(loads)
                    }
                };
                let share = |text: &str| Share::parse(text).ok_or(());
                RowsRule::Relative(Bounds::parse(bounds)?.try_map(share).ok()?, base)
            }
        };
        let works = match &rule {
            RowsRule::Absolute(bounds) => !bounds.are_crossed(),
            RowsRule::Relative(bounds, base) => {
                !bounds.are_crossed() && (1..=MOST_LOADS).contains(&base.loads())
            }
        };
        works.then_some(rule)
    }

    /// How many loads it looks back at.
    pub fn loads(&self) -> u32 {
        match self {
            RowsRule::Absolute(_) => 0,
            RowsRule::Relative(_, base) => base.loads(),
        }
    }
}

impl fmt::Display for RowsRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowsRule::Absolute(bounds) => bounds.fmt(f),
            RowsRule::Relative(bounds, base) => write!(f, "{bounds} of {base}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_and_written_alike() {
        for (text, loads) in [
            (">= 1000", 0),
            ("1000..5000", 0),
            (">= 90% of median(7)", 7),
            (">= 50% of last", 1),
            ("99.5%..120.0001% of median(30)", 30),
            ("< 200% of last", 1),
        ] {
            let rule = RowsRule::parse(text).unwrap();
            assert_eq!((rule.to_string().as_str(), rule.loads()), (text, loads));
        }
        assert_eq!(RowsRule::parse(">=1_000_000").unwrap().to_string(), ">= 1000000");
    }

    #[test]
    fn what_is_no_rule_is_none() {
        for text in [
            "1000",
            ">= 90%",
            ">= 90% of median",
            ">= 90% of median(0)",
            ">= 90% of median(1001)",
            ">= 90 of last",
            ">= 1.00001% of last",
            ">= -5",
            "5..4",
            "50%..40% of last",
            ">= % of last",
        ] {
            assert_eq!(RowsRule::parse(text), None, "{text}");
        }
    }
}
