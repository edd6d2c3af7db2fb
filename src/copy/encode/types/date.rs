//! `date`.

use super::timestamp;
use crate::copy::encode::binary::push_array;

/// Appends the field and returns true; returns false, and leaves `out` as it was, for a form that it does not know, and for a
/// moment that is no day.
///
/// It knows what [`timestamp::push_timestamp`] knows, if the time is midnight in UTC.
pub fn push_date(out: &mut Vec<u8>, value: &[u8]) -> bool {
    match timestamp::parse(value) {
        Some(moment) if moment.is_midnight() && moment.is_in_utc() => {
            push_array(out, moment.day.to_be_bytes());
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_may_have_its_midnight() {
        for text in [
            "2000-01-02",
            "2000-01-02 00:00:00.0000000",
            "Jan  2 2000 12:00AM",
            "20000102 00:00",
            "2000-01-02 00:00Z",
        ] {
            let mut out = Vec::new();
            assert!(push_date(&mut out, text.as_bytes()), "{text}");
            assert_eq!(out, b"\0\0\0\x04\0\0\0\x01", "{text}");
        }
    }

    #[test]
    fn no_time_and_no_other_zone_is_dropped() {
        for text in [
            "2000-02-30",
            "2000-01-02 00:01",
            "2000-01-02 00:00:00.000001",
            "2000-01-02 00:00:00.0000001",
            "2000-01-02 00:00 +05:30",
        ] {
            let mut out = b"kept".to_vec();
            assert!(!push_date(&mut out, text.as_bytes()) && out == b"kept", "{text}");
        }
    }
}
