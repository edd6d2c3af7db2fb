//! `timestamp` and `timestamp with time zone`.

use super::parts::calendar::leading_day;
use super::parts::clock::{DAY, SECOND, Zone, leading_clock, skip_blank, zone};
use crate::copy::encode::binary::push_array;

/// Appends a `timestamp` and returns true; returns false, and leaves `out` as it was, for a form that it does not know.
///
/// It knows a day as `2019-02-27`, `20190227`, `Feb 27 2019` or `27 Feb 2019`, alone or with a time as `11:59`, `11:59:59` or
/// `11:59:59.123456789`, with AM, PM or a zone at the end, or without. The server ignores the zone here.
pub fn push_timestamp(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some(moment) = parse(value) else { return false };
    push_array(out, moment.micros().to_be_bytes());
    true
}

/// Appends a `timestamp with time zone`; as [`push_timestamp`], in the zone UTC if none is given.
pub fn push_timestamptz(out: &mut Vec<u8>, value: &[u8]) -> bool {
    let Some(moment) = parse(value) else { return false };
    let micros = moment.micros() - i64::from(moment.zone.seconds()) * SECOND;
    push_array(out, micros.to_be_bytes());
    true
}

/// A day and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Days since 2000-01-01.
    pub day: i32,
    /// Microseconds since midnight; a whole day if the fraction was rounded up to that.
    time: i64,
    zone: Zone,
}

impl Moment {
    /// Whether the value names a zone.
    pub fn has_zone(self) -> bool {
        self.zone != Zone::Unnamed
    }

    /// Microseconds since 2000-01-01 00:00, by the clock of the zone.
    #[inline(always)]
    fn micros(self) -> i64 {
        i64::from(self.day) * DAY + self.time
    }
}

/// Reads all of a value.
#[inline(always)]
pub fn parse(value: &[u8]) -> Option<Moment> {
    let day = leading_day(value)?;
    let clock = match day.rest {
        [] => return Some(Moment { day: day.number, time: 0, zone: Zone::Unnamed }),
        // The second blank may be the hour's.
        [b' ', b' ', _, b':', ..] => &day.rest[1..],
        [b' ', clock @ ..] => skip_blank(clock),
        [b'T' | b't', clock @ ..] if day.is_iso && !clock.starts_with(b" ") => clock,
        _ => return None,
    };
    let clock = leading_clock(clock)?;
    Some(Moment { day: day.number, time: clock.micros, zone: zone(clock.rest)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> Option<i64> {
        parse(text.as_bytes()).map(Moment::micros)
    }

    #[test]
    fn forms() {
        let expected = Some((6997 * 1440 + 13 * 60 + 9) * 60 * SECOND);
        for text in [
            "2019-02-27 13:09",
            "2019-02-27 13:09:00",
            "2019-02-27T13:09:00.000",
            "2019-02-27 13:09:00.0000000",
            "2019-02-27  1:09PM",
            "Feb 27 2019  1:09PM",
            "Feb 27 2019 1:09PM",
            "Feb 27 2019 01:09:00PM",
            "Feb 27 2019  13:09",
            "20190227 13:09",
            "2019-02-27 13:09:00 -08:00",
            "2019-02-27T13:09:00Z",
        ] {
            assert_eq!(micros(text), expected, "{text}");
        }
        assert_eq!(micros("2000-01-02"), Some(86_400 * SECOND));
        assert_eq!(micros("2000-01-01 23:59:59.9999999"), Some(86_400 * SECOND));
    }

    #[test]
    fn a_zone_counts_where_the_type_has_one() {
        let field = |text: &str| {
            let mut out = Vec::new();
            assert!(push_timestamptz(&mut out, text.as_bytes()), "{text}");
            i64::from_be_bytes(out[4..].try_into().unwrap())
        };
        assert_eq!(field("2000-01-01 05:30:00 +05:30"), 0);
        assert_eq!(field("1999-12-31T16:00:00-08"), 0);
        assert_eq!(field("2000-01-01 00:00:00"), 0);
    }

    #[test]
    fn other_forms_are_not_known() {
        for text in [
            "",
            "2019-02-27 ",
            "2019-02-27   13:09",
            "2019-02-27T",
            "2019-02-27 13",
            "2019-02-27 24:00",
            "2019-02-27-08",
            "2019-02-27 13:09:00 UTC",
            "2019-02-27 13:09:00 BC",
            "Feb 27 2019T13:09",
            "Feb 27 2019 11:59:59:123AM",
            "2019-02-27 13:09 2019",
            "now",
            "infinity",
        ] {
            assert_eq!(micros(text), None, "{text}");
        }
    }
}
