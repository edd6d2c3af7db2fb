//! Bounds as people write them: `>= 1000`, `< 5`, `1000..5000`.

use std::fmt;

/// A least and a greatest value, each of which may be missing, but not both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds<T> {
    /// The least value.
    pub low: Option<T>,
    /// The greatest value.
    pub high: Option<T>,
    /// Whether the bounds themselves are within.
    pub inclusive: bool,
}

impl Bounds<String> {
    /// Reads `>= A`, `> A`, `<= A`, `< A`, `= A`, `A..B`, `A..` or `..B`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Bounds<String>> {
        let text = text.trim();
        let of = |low: Option<&str>, high: Option<&str>, inclusive| {
            let bound = |bound: Option<&str>| bound.map(|bound| bound.trim().to_owned());
            let (low, high) = (bound(low), bound(high));
            let are_there = low.iter().chain(&high).all(|bound| !bound.is_empty());
            are_there.then_some(Bounds { low, high, inclusive })
        };
        for (sign, is_low, inclusive) in
            [(">=", true, true), ("<=", false, true), (">", true, false), ("<", false, false)]
        {
            if let Some(bound) = text.strip_prefix(sign) {
                return if is_low {
                    of(Some(bound), None, inclusive)
                } else {
                    of(None, Some(bound), inclusive)
                };
            }
        }
        if let Some(value) = text.strip_prefix('=') {
            return of(Some(value), Some(value), true);
        }
        let (low, high) = text.split_once("..")?;
        let given = |bound: &'_ str| (!bound.trim().is_empty()).then(|| bound.trim().to_owned());
        let bounds = Bounds { low: given(low), high: given(high), inclusive: true };
        (bounds.low.is_some() || bounds.high.is_some()).then_some(bounds)
    }

    /// The bounds, each read by `read`.
    ///
    /// # Errors
    /// The first one that `read` refuses.
    pub fn try_map<T, E>(self, read: impl Fn(&str) -> Result<T, E>) -> Result<Bounds<T>, E> {
        let one = |bound: Option<String>| bound.map(|bound| read(&bound)).transpose();
        Ok(Bounds { low: one(self.low)?, high: one(self.high)?, inclusive: self.inclusive })
    }
}

impl<T: PartialOrd> Bounds<T> {
    /// Whether a value lies within.
    pub fn hold(&self, value: &T) -> bool {
        let inclusive = self.inclusive;
        let is_above = |low: &T| if inclusive { value >= low } else { value > low };
        let is_below = |high: &T| if inclusive { value <= high } else { value < high };
        self.low.as_ref().is_none_or(is_above) && self.high.as_ref().is_none_or(is_below)
    }

    /// Whether no value can lie within.
    pub fn are_crossed(&self) -> bool {
        match (&self.low, &self.high) {
            (Some(low), Some(high)) => low > high,
            _ => false,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Bounds<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let equal = if self.inclusive { "=" } else { "" };
        match (&self.low, &self.high) {
            (Some(low), Some(high)) if low.to_string() == high.to_string() => write!(f, "= {low}"),
            (Some(low), Some(high)) => write!(f, "{low}..{high}"),
            (Some(low), None) => write!(f, ">{equal} {low}"),
            (None, Some(high)) => write!(f, "<{equal} {high}"),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Option<Bounds<i64>> {
        Bounds::parse(text)?.try_map(str::parse).ok()
    }

    #[test]
    fn bounds_are_read_and_written_alike() {
        for (text, within, beyond) in [
            (">= 5", vec![5, 6], vec![4]),
            ("> 5", vec![6], vec![5]),
            ("<= 5", vec![5, -1], vec![6]),
            ("< 5", vec![4], vec![5]),
            ("= 5", vec![5], vec![4, 6]),
            ("-1..5", vec![-1, 5], vec![-2, 6]),
        ] {
            let bounds = numbers(text).unwrap();
            assert_eq!(bounds.to_string(), text);
            assert!(within.iter().all(|value| bounds.hold(value)), "{text}");
            assert!(beyond.iter().all(|value| !bounds.hold(value)), "{text}");
        }
        assert_eq!(numbers("5..").unwrap().to_string(), ">= 5");
        assert_eq!(numbers("..5").unwrap().to_string(), "<= 5");
        assert!(numbers("5..4").unwrap().are_crossed() && !numbers("5..5").unwrap().are_crossed());
    }

    #[test]
    fn what_is_no_bound_is_none() {
        for text in ["", "5", "..", ">=", "about 5", "=> 5", "a..b"] {
            assert_eq!(numbers(text), None, "{text}");
        }
    }
}
