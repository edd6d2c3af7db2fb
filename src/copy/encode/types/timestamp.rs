//! `timestamp` and `timestamp with time zone`.

use super::Pushed;
use super::parts::calendar::leading_day;
use super::parts::clock::{DAY, SECOND, Zone, leading_clock, skip_blank, zone};
use super::parts::usual::{UsualMoment, usual_moment};
use crate::copy::encode::binary::push_array;

/// Appends a `timestamp`; leaves `out` as it was for a form that it does not know, and for a moment in another zone than UTC,
/// which the server would ignore.
///
/// It knows a day as `2019-02-27`, `20190227`, `Feb 27 2019` or `27 Feb 2019`, alone or with a time as `11:59`, `11:59:59` or
/// `11:59:59.123456789`, with AM, PM or the zone UTC (`Z`, `+00`) at the end, or without.
pub fn push_timestamp(out: &mut Vec<u8>, value: &[u8]) -> Pushed {
    match parse(value) {
        Some(moment) if moment.is_in_utc() => {
            push_array(out, moment.micros().to_be_bytes());
            Pushed::cut_if(moment.is_cut)
        }
        _ => Pushed::Unknown,
    }
}

/// Appends a `timestamp with time zone`; as [`push_timestamp`], in the zone UTC if none is given.
pub fn push_timestamptz(out: &mut Vec<u8>, value: &[u8]) -> Pushed {
    let Some(moment) = parse(value) else { return Pushed::Unknown };
    let micros = moment.micros() - i64::from(moment.zone.seconds()) * SECOND;
    push_array(out, micros.to_be_bytes());
    Pushed::cut_if(moment.is_cut)
}

/// A day and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Days since 2000-01-01.
    pub day: i32,
    /// Microseconds since midnight.
    time: i64,
    is_cut: bool,
    zone: Zone,
}

impl Moment {
    /// Whether the value names a zone.
    pub fn has_zone(self) -> bool {
        self.zone != Zone::Unnamed
    }

    /// Whether its zone is UTC, or not named.
    pub fn is_in_utc(self) -> bool {
        self.zone.seconds() == 0
    }

    /// Whether it is the first moment of its day.
    pub fn is_midnight(self) -> bool {
        self.time == 0 && !self.is_cut
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
    match usual_moment(value) {
        Some(UsualMoment { day, time, is_cut }) => Some(Moment { day, time, is_cut, zone: Zone::Unnamed }),
        None => parse_parts(value),
    }
}

/// Reads a day, then a time, then a zone.
fn parse_parts(value: &[u8]) -> Option<Moment> {
    let day = leading_day(value)?;
    let clock = match day.rest {
        [] => return Some(Moment { day: day.number, time: 0, is_cut: false, zone: Zone::Unnamed }),
        // The second blank may be the hour's.
        [b' ', b' ', _, b':', ..] => &day.rest[1..],
        [b' ', clock @ ..] => skip_blank(clock),
        [b'T' | b't', clock @ ..] if day.is_iso && !clock.starts_with(b" ") => clock,
        _ => return None,
    };
    let clock = leading_clock(clock)?;
    Some(Moment { day: day.number, time: clock.micros, is_cut: clock.is_cut, zone: zone(clock.rest)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        assert_eq!(micros("2000-01-01 23:59:59.9999999"), Some(86_400 * SECOND - 1));
    }

    proptest! {
        // As many for each form as there are by default.
        #![proptest_config(ProptestConfig::with_cases(512))]
        /// The short way knows nothing that the long one does not, and makes the same of what it knows.
        #[test]
        fn both_ways_read_the_same(text in prop_oneof![
            "(20|19|00)[0-9]{2}-(0[0-9]|1[0-3])-(0[1-9]|[12][0-9]|3[0-2])[ T](0[0-9]|1[0-9]|2[0-5]):[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,9})?(Z|\\+01)?",
            "(Jan|feb|MAR|Foo) [ 0-3][0-9x] (20|19|00)[0-9]{2} {1,3}[ 01][0-9]:[0-6][0-9](AM|PM|am|XM)?",
        ]) {
            let long = parse_parts(text.as_bytes());
            if let Some(UsualMoment { day, time, is_cut }) = usual_moment(text.as_bytes()) {
                prop_assert_eq!(long, Some(Moment { day, time, is_cut, zone: Zone::Unnamed }));
            }
            prop_assert_eq!(parse(text.as_bytes()), long);
        }
    }

    #[test]
    fn a_zone_counts_where_the_type_has_one() {
        let field = |text: &str| {
            let mut out = Vec::new();
            assert_eq!(push_timestamptz(&mut out, text.as_bytes()), Pushed::AsWritten, "{text}");
            i64::from_be_bytes(out[4..].try_into().unwrap())
        };
        assert_eq!(field("2000-01-01 05:30:00 +05:30"), 0);
        assert_eq!(field("1999-12-31T16:00:00-08"), 0);
        assert_eq!(field("2000-01-01 00:00:00"), 0);
    }

    #[test]
    fn no_zone_but_utc_is_dropped() {
        let mut out = Vec::new();
        assert_eq!(push_timestamp(&mut out, b"2000-01-01 05:30:00 +05:30"), Pushed::Unknown);
        assert!(out.is_empty());
        for text in ["2000-01-01 00:00Z", "2000-01-01 00:00:00+00", "2000-01-01"] {
            out.clear();
            assert_eq!(push_timestamp(&mut out, text.as_bytes()), Pushed::AsWritten, "{text}");
            assert_eq!(out, b"\0\0\0\x08\0\0\0\0\0\0\0\0", "{text}");
        }
        assert_eq!(push_timestamp(&mut out, b"9999-12-31 23:59:59.9999999"), Pushed::Cut);
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
