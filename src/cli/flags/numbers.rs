//! Numbers as people write them.

use crate::config::Span;
use crate::copy::rejects::limit::RejectLimit;
use std::num::NonZeroUsize;
use std::time::Duration;

/// The most workers. No machine has more cores, and each worker costs a thread and its memory.
const MOST_WORKERS: usize = 1024;

/// Reads a number of workers.
///
/// # Errors
/// Anything but a whole number that can be one.
pub fn workers(text: &str) -> Result<NonZeroUsize, String> {
    match text.parse::<NonZeroUsize>() {
        Ok(number) if number.get() <= MOST_WORKERS => Ok(number),
        _ => Err(format!("use a whole number from 1 to {MOST_WORKERS}")),
    }
}

/// Reads a whole number; `_` or `,` may group its digits.
///
/// # Errors
/// Anything else, with an accepted example.
pub fn whole(text: &str) -> Result<u64, &'static str> {
    let is_grouped = text.starts_with(|c: char| c.is_ascii_digit());
    let digits: String = text.chars().filter(|c| !(is_grouped && matches!(c, '_' | ','))).collect();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("use a whole number, such as 1000000 or 1_000_000");
    }
    digits.parse().map_err(|_| "the largest number is 18446744073709551615")
}

/// Reads a time, as the configuration has it.
///
/// # Errors
/// Anything else, with an accepted example.
pub fn time(text: &str) -> Result<Duration, &'static str> {
    text.parse().map(|Span(time)| time).map_err(|()| "use a time such as 500ms, 5s, 2m or 1h")
}

/// Reads the number or share of rows that may be rejected.
///
/// # Errors
/// Anything but a whole number, or a percentage.
pub fn reject_limit(text: &str) -> Result<RejectLimit, &'static str> {
    text.parse()
}

/// Reads a share of a whole.
///
/// # Errors
/// Anything but a number. The settings check that it is from 0 to 1.
pub fn rate(text: &str) -> Result<f64, &'static str> {
    text.parse().map_err(|_| "use a number from 0 to 1, such as 0.01")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grouped_digits_are_one_number() {
        assert_eq!(
            ["0", "007", "1_000_000", "1,000"].map(|text| whole(text).ok()),
            [0, 7, 1_000_000, 1000].map(Some)
        );
        for text in ["", "-1", "+1", "1e6", "1M", "_1", ",", " 1", "1.0"] {
            assert!(whole(text).unwrap_err().contains("such as"), "{text}");
        }
        assert!(whole("18446744073709551616").unwrap_err().contains("largest"));
    }

    #[test]
    fn there_are_not_more_workers_than_cores_anywhere() {
        assert_eq!(workers("1024").unwrap().get(), 1024);
        assert!(["0", "1025", "x"].iter().all(|text| workers(text).is_err()));
    }
}
