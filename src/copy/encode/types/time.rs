//! `time` and `time with time zone`.

use super::parts::clock::{Clock, DAY, leading_clock, zone};
use crate::copy::encode::binary::push_array;

/// Appends a `time` and returns true; returns false, and leaves `out` as it was, for a form that it does not know.
///
/// It knows `11:59`, `11:59:59` and `11:59:59.123456789`, with AM or PM at the end or without.
pub fn push_time(out: &mut Vec<u8>, value: &[u8]) -> bool {
    match leading_clock(value) {
        // 24:00 is left to the server.
        Some(Clock { micros, rest: [] }) if micros < DAY => {
            push_array(out, micros.to_be_bytes());
            true
        }
        _ => false,
    }
}

/// Appends a `time with time zone`; as [`push_time`], in the zone UTC if none is given.
pub fn push_timetz(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some(Clock { micros, rest }) = leading_clock(value) else { return false };
    let Some(zone) = zone(rest) else { return false };
    if micros >= DAY {
        return false;
    }
    let mut field = [0; 12];
    field[..8].copy_from_slice(&micros.to_be_bytes());
    // `timetz` counts to the west.
    field[8..].copy_from_slice(&(-zone.seconds()).to_be_bytes());
    push_array(out, field);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_rounded_up_to_the_next_day_is_not_known() {
        let mut out = Vec::new();
        assert!(!push_time(&mut out, b"23:59:59.9999999") && !push_timetz(&mut out, b"23:59:59.9999999Z"));
        assert!(!push_time(&mut out, b"23:59:59Z") && out.is_empty());
        assert!(push_time(&mut out, b"00:00:00.000001"));
        assert_eq!(out, b"\0\0\0\x08\0\0\0\0\0\0\0\x01");
    }

    #[test]
    fn zones_count_to_the_west() {
        let mut out = Vec::new();
        assert!(push_timetz(&mut out, b"00:00:01-01:00"));
        assert_eq!(out, b"\0\0\0\x0c\0\0\0\0\0\x0f\x42\x40\0\0\x0e\x10");
    }
}
