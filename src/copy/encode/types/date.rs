//! `date`.

use super::timestamp;
use crate::copy::encode::binary::push_array;

/// Appends the field and returns true; returns false, and leaves `out` as it was, for a form that it does not know.
///
/// It knows what [`timestamp::push_timestamp`] knows: of a value with a time, the server keeps the day.
pub fn push_date(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some(moment) = timestamp::parse(value) else { return false };
    push_array(out, moment.day.to_be_bytes());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_value_with_a_time_the_day_counts() {
        for text in ["2000-01-02", "2000-01-02 23:59:59", "Jan  2 2000 11:59PM", "20000102 00:00+05"] {
            let mut out = Vec::new();
            assert!(push_date(&mut out, text.as_bytes()), "{text}");
            assert_eq!(out, b"\0\0\0\x04\0\0\0\x01", "{text}");
        }
        let mut out = b"kept".to_vec();
        assert!(!push_date(&mut out, b"2000-02-30") && out == b"kept");
    }
}
