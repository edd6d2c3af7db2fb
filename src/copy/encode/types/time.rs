//! `time` and `time with time zone`.

use super::Pushed;
use super::parts::clock::{Clock, leading_clock, zone};
use crate::copy::encode::binary::push_array;

/// Appends a `time`; leaves `out` as it was for a form that it does not know, and for a time with a zone.
///
/// It knows `11:59`, `11:59:59` and `11:59:59.123456789`, with AM or PM at the end or without.
pub fn push_time(out: &mut Vec<u8>, value: &[u8]) -> Pushed {
    match leading_clock(value) {
        Some(Clock { micros, is_cut, rest: [] }) => {
            push_array(out, micros.to_be_bytes());
            Pushed::cut_if(is_cut)
        }
        _ => Pushed::Unknown,
    }
}

/// Appends a `time with time zone`; as [`push_time`], in the zone UTC if none is given.
pub fn push_timetz(out: &mut Vec<u8>, value: &[u8]) -> Pushed {
    let Some(Clock { micros, is_cut, rest }) = leading_clock(value) else { return Pushed::Unknown };
    let Some(zone) = zone(rest) else { return Pushed::Unknown };
    let mut field = [0; 12];
    field[..8].copy_from_slice(&micros.to_be_bytes());
    // `timetz` counts to the west.
    field[8..].copy_from_slice(&(-zone.seconds()).to_be_bytes());
    push_array(out, field);
    Pushed::cut_if(is_cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_zone_drops_none() {
        let mut out = Vec::new();
        assert_eq!(push_time(&mut out, b"23:59:59Z"), Pushed::Unknown);
        assert_eq!(push_time(&mut out, b"24:00"), Pushed::Unknown);
        assert!(out.is_empty());
        assert_eq!(push_time(&mut out, b"00:00:00.000001"), Pushed::AsWritten);
        assert_eq!(push_time(&mut out, b"00:00:00.0000019"), Pushed::Cut);
        let field = &b"\0\0\0\x08\0\0\0\0\0\0\0\x01"[..];
        assert_eq!(out, [field, field].concat());
    }

    #[test]
    fn zones_count_to_the_west() {
        let mut out = Vec::new();
        assert_eq!(push_timetz(&mut out, b"00:00:01-01:00"), Pushed::AsWritten);
        assert_eq!(out, b"\0\0\0\x0c\0\0\0\0\0\x0f\x42\x40\0\0\x0e\x10");
    }
}
