//! Whether a type modifier leaves a field as it is.
//!
//! A receive function rounds what it gets to the scale of a `numeric(p,s)` and to the digits of a `timestamp(p)`, without a
//! word. So a field that would be rounded is not sent.

/// Digits behind the point with which the server keeps seconds.
const MOST_SECOND_DIGITS: u32 = 6;
/// Decimals in a digit of a `numeric`.
const DECIMALS: i32 = 4;

/// What the fields of a column must be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// The type has no modifier that changes values.
    Any,
    /// Numbers of at most so many decimals behind the point; below zero, multiples of a power of ten.
    Scale(i32),
    /// Fields that begin with microseconds, which are multiples of this number.
    Micros(u32),
}

impl Fit {
    /// Of `numeric` with the modifier `10,2`.
    pub fn of_numeric(modifier: Option<&str>) -> Fit {
        let scale = modifier.and_then(|modifier| modifier.split(',').nth(1)?.trim().parse().ok());
        scale.map_or(Fit::Any, Fit::Scale)
    }

    /// Of a type with seconds and the modifier `3`.
    pub fn of_seconds(modifier: Option<&str>) -> Fit {
        match modifier.and_then(|digits| digits.parse::<u32>().ok()) {
            Some(digits) if digits < MOST_SECOND_DIGITS => {
                Fit::Micros(10_u32.pow(MOST_SECOND_DIGITS - digits))
            }
            _ => Fit::Any,
        }
    }

    /// Whether the server keeps the content of this field as it is.
    #[inline]
    pub fn holds(self, field: &[u8]) -> bool {
        match self {
            Fit::Any => true,
            Fit::Scale(scale) => has_scale(field, scale),
            Fit::Micros(unit) => {
                field.first_chunk().is_some_and(|micros| i64::from_be_bytes(*micros) % i64::from(unit) == 0)
            }
        }
    }
}

/// Whether a `numeric` needs at most so many decimals behind the point. Zero digits at its end are not written.
#[inline]
fn has_scale(field: &[u8], scale: i32) -> bool {
    let number = |at: usize| field.get(at..at + 2).map_or(0, |pair| i16::from_be_bytes([pair[0], pair[1]]));
    let [count, weight, written] = [0, 2, 6].map(|at| i32::from(number(at)));
    if scale >= 0 && written <= scale {
        return true;
    }
    let last = i32::from(number(field.len().saturating_sub(2)));
    if count == 0 || last == 0 {
        return true;
    }
    let zeros = [10, 100, 1_000].iter().filter(|power| last % **power == 0).count() as i32;
    DECIMALS * (count - 1 - weight) - zeros <= scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::encode::types::interval::push_interval;
    use crate::copy::encode::types::numeric::push_numeric;

    #[test]
    fn numbers_have_their_scale() {
        for (number, scale, fits) in [
            ("10.25", 2, true),
            ("10.255", 2, false),
            ("10.2500000", 2, true),
            ("0.0001", 2, false),
            ("0.00010000", 4, true),
            ("-99999999.99", 2, true),
            ("123456789.1", 0, false),
            ("10000", 0, true),
            ("0.000", 0, true),
            ("1200", -2, true),
            ("1250", -2, false),
            ("100000000", -4, true),
            ("1.23456789012345678901", 19, false),
            ("1.23456789012345678901", 20, true),
        ] {
            let mut out = Vec::new();
            assert!(push_numeric(&mut out, number.as_bytes()));
            assert_eq!(Fit::Scale(scale).holds(&out[4..]), fits, "{number} with {scale}");
        }
    }

    #[test]
    fn seconds_have_their_digits() {
        for (digits, text, fits) in [
            ("3", "00:00:01.123", true),
            ("3", "00:00:01.1234", false),
            ("0", "-00:00:01", true),
            ("0", "-00:00:01.5", false),
            ("6", "00:00:01.123456", true),
        ] {
            let mut out = Vec::new();
            assert!(push_interval(&mut out, text.as_bytes()));
            assert_eq!(Fit::of_seconds(Some(digits)).holds(&out[4..]), fits, "{text} with {digits}");
        }
    }

    #[test]
    fn modifiers() {
        assert_eq!(Fit::of_numeric(Some("10,2")), Fit::Scale(2));
        assert_eq!(Fit::of_numeric(Some("5,-2")), Fit::Scale(-2));
        assert_eq!(Fit::of_numeric(None), Fit::Any);
        assert_eq!(Fit::of_seconds(Some("3")), Fit::Micros(1_000));
        assert_eq!(Fit::of_seconds(Some("6")), Fit::Any);
    }
}
