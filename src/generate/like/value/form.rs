//! How a number, the **position** of a value, becomes the text that a type's input function reads.
//!
//! Different positions give different values. Positions of numbers and times are in their order: a larger one is a larger value.

use super::clock::{self, push_date, push_moment, push_time};
use super::shapes;
use super::words::{Length, Wording, push_text};
use crate::generate::random::mixed;
use crate::generate::text::{push_hex, push_long_number};

/// How positions become texts.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// Whole numbers, from the first to the last that the type holds.
    Whole(i64, i64),
    /// Positions are multiples of the last of so many digits behind the point; at most so many digits in all.
    Decimal(u32, u32),
    /// Positions are thousandths; up to so many are told apart by the type.
    Float(i64),
    /// Days since 2000-01-01.
    Date,
    /// Microseconds since midnight, in multiples of so many.
    Time(i64, Zone),
    /// Microseconds since 2000-01-01, in multiples of so many.
    Moment(i64, Zone),
    /// Seconds.
    Interval,
    /// True or false.
    Bool,
    /// One of these texts.
    Listed(Vec<String>),
    /// Words.
    Text(Wording, Length),
    /// `bytea` of so many bytes.
    Bytes(usize),
    /// Strings of so many bits.
    Bits(u32),
    /// A form of [`shapes`].
    Shape(shapes::Shape),
    /// An array of about so many values.
    Array(Box<Form>, u32),
    /// A range from a position to the next one, so no two ranges overlap; in braces for a multirange.
    Range(Box<Form>, bool),
    /// A row of a composite type.
    Composite(Vec<Form>),
}

/// The greatest position of a float.
const FLOATS: i64 = 1 << 60;

/// Whether times have a time zone, which is always UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// None.
    Without,
    /// UTC.
    Utc,
}

impl Form {
    /// The first and the last position.
    pub fn limits(&self) -> (i64, i64) {
        let counted = |count: u64| (0, i64::try_from(count - 1).unwrap_or(i64::MAX));
        match self {
            Form::Whole(first, last) => (*first, *last),
            Form::Decimal(digits, _) => {
                let last = 10_i64.checked_pow(*digits).map_or(i64::MAX, |next| next - 1);
                (-last, last)
            }
            Form::Float(_) => (-FLOATS, FLOATS),
            // The years 1 to 9999, in which all forms of dates are certain.
            Form::Date => (clock::FIRST_DAY, clock::LAST_DAY),
            Form::Time(unit, _) => (0, clock::MICROS_OF_DAY / unit - 1),
            Form::Moment(unit, _) => (
                clock::FIRST_DAY * (clock::MICROS_OF_DAY / unit),
                clock::LAST_DAY * (clock::MICROS_OF_DAY / unit),
            ),
            Form::Interval => (0, i64::from(i32::MAX)),
            Form::Bool => (0, 1),
            Form::Listed(texts) => counted(texts.len() as u64),
            Form::Text(_, length) => counted(length.choices()),
            Form::Bytes(bytes) => {
                counted(1_u64.checked_shl(8 * *bytes as u32).filter(|n| *n > 0).unwrap_or(u64::MAX))
            }
            Form::Bits(bits) => counted(1_u64.checked_shl(*bits).filter(|n| *n > 0).unwrap_or(u64::MAX)),
            Form::Shape(shape) => counted(shape.choices()),
            Form::Range(element, _) => {
                let (first, last) = element.limits();
                (first, last - 1)
            }
            Form::Array(element, _) => element.limits(),
            Form::Composite(fields) => fields.first().map_or((0, 0), |field| field.limits()),
        }
    }

    /// As [`Form::limits`], of positions whose values all differ.
    pub fn limits_of_keys(&self) -> (i64, i64) {
        match self {
            Form::Float(last) => (-last, *last),
            _ => self.limits(),
        }
    }

    /// Whether positions of both are on one scale, so that they can be compared.
    pub fn is_like(&self, other: &Form) -> bool {
        match (self, other) {
            (Form::Decimal(_, scale), Form::Decimal(_, of_other)) => scale == of_other,
            (Form::Moment(unit, _), Form::Moment(of_other, _)) => unit == of_other,
            (Form::Time(unit, _), Form::Time(of_other, _)) => unit == of_other,
            (Form::Whole(..), Form::Whole(..)) | (Form::Float(_), Form::Float(_)) => true,
            (Form::Date, Form::Date) | (Form::Interval, Form::Interval) => true,
            _ => false,
        }
    }

    /// The positions that are likely where nothing is known of the values.
    pub fn usual(&self) -> (i64, i64) {
        let (first, last) = self.limits();
        let (low, high) = match self {
            Form::Whole(..) => (1, 1_000_000),
            Form::Decimal(_, scale) => (0, 10_i64.saturating_pow(scale + 4)),
            Form::Float(_) => (0, 1_000_000),
            Form::Date => clock::USUAL_DAYS,
            Form::Moment(unit, _) => (
                clock::USUAL_DAYS.0 * (clock::MICROS_OF_DAY / unit),
                clock::USUAL_DAYS.1 * (clock::MICROS_OF_DAY / unit),
            ),
            Form::Interval => (0, 30 * 86_400),
            Form::Range(element, _) | Form::Array(element, _) => element.usual(),
            Form::Composite(fields) => fields.first().map_or((0, 0), |field| field.usual()),
            _ => (first, last),
        };
        // A type of a few values has none of the usual ones.
        if low > last || high < first { (first, last) } else { (low.max(first), high.min(last)) }
    }

    /// Whether positions are in the order of values, so that bounds mean something.
    pub fn is_ordered(&self) -> bool {
        use Form::{Date, Decimal, Float, Interval, Moment, Time, Whole};
        matches!(self, Whole(..) | Decimal(..) | Float(_) | Date | Time(..) | Moment(..) | Interval)
    }

    /// The position of a bound; for a value between two positions the one below. `None` for a text that is no bound.
    pub fn position(&self, text: &str) -> Option<i64> {
        match self {
            Form::Whole(..) => text.parse().ok().or_else(|| decimal(text, 0)),
            Form::Decimal(_, scale) => decimal(text, *scale),
            Form::Float(_) => decimal(text, 3),
            Form::Date => clock::day_of(text),
            Form::Time(unit, _) => clock::time_of(text).map(|micros| micros / unit),
            Form::Moment(unit, _) => clock::moment_of(text).map(|micros| micros.div_euclid(*unit)),
            _ => None,
        }
    }

    /// Appends the value at a position.
    pub fn push(&self, out: &mut Vec<u8>, position: i64) {
        match self {
            Form::Whole(..) => push_whole(out, position),
            Form::Decimal(_, scale) => push_decimal(out, position, *scale),
            Form::Float(_) => push_decimal(out, position, 3),
            Form::Date => push_date(out, position),
            Form::Time(unit, zone) => {
                push_time(out, position * unit);
                push_zone(out, *zone);
            }
            Form::Moment(unit, zone) => {
                push_moment(out, position * unit);
                push_zone(out, *zone);
            }
            Form::Interval => clock::push_interval(out, position),
            Form::Bool => out.push(if position == 0 { b'f' } else { b't' }),
            Form::Listed(texts) => out.extend_from_slice(texts[position as usize % texts.len()].as_bytes()),
            Form::Text(wording, length) => push_text(out, *wording, *length, position as u64),
            Form::Bytes(bytes) => push_bytes(out, *bytes, position as u64),
            Form::Bits(bits) => {
                let bit = |number: u32| number < 64 && position as u64 >> number & 1 == 1;
                out.extend((0..*bits).rev().map(|number| if bit(number) { b'1' } else { b'0' }));
            }
            Form::Shape(shape) => shape.push(out, position as u64),
            Form::Array(element, length) => push_array(out, element, *length, position),
            Form::Range(element, is_multirange) => {
                let mut push = |text: &[u8]| out.extend_from_slice(text);
                push(if *is_multirange { b"{[" } else { b"[" });
                push_quoted(out, element, position);
                out.push(b',');
                push_quoted(out, element, position + 1);
                out.extend_from_slice(if *is_multirange { b")}" } else { b")" });
            }
            Form::Composite(fields) => {
                out.push(b'(');
                for (number, field) in fields.iter().enumerate() {
                    if number > 0 {
                        out.push(b',');
                    }
                    push_quoted(
                        out,
                        field,
                        if number == 0 { position } else { other(field, position, number as u64) },
                    );
                }
                out.push(b')');
            }
        }
    }
}

/// A position of a further part of a composed value, which the first part decides.
fn other(form: &Form, position: i64, number: u64) -> i64 {
    let (low, high) = form.usual();
    let choices = (high as i128 - low as i128 + 1) as u128;
    let drawn = u128::from(mixed(position as u64 ^ mixed(number)));
    // Less than the choices.
    low + ((drawn * choices) >> 64) as i64
}

fn push_array(out: &mut Vec<u8>, element: &Form, length: u32, position: i64) {
    let length = 1 + mixed(position as u64) % u64::from(2 * length.max(1) - 1);
    out.push(b'{');
    for number in 0..length {
        if number > 0 {
            out.push(b',');
        }
        // The first element tells arrays apart.
        push_quoted(out, element, if number == 0 { position } else { other(element, position, number) });
    }
    out.push(b'}');
}

/// Appends a part of an array, a range or a row: in quotes, with what is special escaped, as all three read it.
fn push_quoted(out: &mut Vec<u8>, form: &Form, position: i64) {
    let start = out.len();
    form.push(out, position);
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':');
    let text = &out[start..];
    // `null` would be NULL.
    if !text.is_empty() && text.iter().all(is_plain) && !text.eq_ignore_ascii_case(b"null") {
        return;
    }
    let text = out.split_off(start);
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn push_whole(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    push_long_number(out, number.unsigned_abs());
}

fn push_decimal(out: &mut Vec<u8>, number: i64, scale: u32) {
    if scale == 0 {
        return push_whole(out, number);
    }
    if number < 0 {
        out.push(b'-');
    }
    // No scale here is more than 18, so nothing overflows.
    let (unit, number) = (10_u64.pow(scale), number.unsigned_abs());
    push_long_number(out, number / unit);
    // A one, in whose place the point comes, then the digits with the zeros before them.
    let point = out.len();
    push_long_number(out, unit + number % unit);
    out[point] = b'.';
}

fn push_zone(out: &mut Vec<u8>, zone: Zone) {
    if zone == Zone::Utc {
        out.extend_from_slice(b"+00");
    }
}

/// The position itself is in the last bytes, so that values differ.
fn push_bytes(out: &mut Vec<u8>, bytes: usize, position: u64) {
    out.extend_from_slice(b"\\x");
    let distinct = bytes.min(8);
    for number in (0..bytes).rev() {
        let byte = match number {
            _ if number < distinct => (position >> (8 * number)) as u8,
            _ => mixed(position ^ mixed(number as u64)) as u8,
        };
        push_hex(out, byte);
    }
}

/// The number in `text` times 10 to the power of `scale`, without what is behind the point then.
fn decimal(text: &str, scale: u32) -> Option<i64> {
    let number: f64 = text.parse().ok()?;
    if let Some((whole, fraction)) = text.split_once('.').filter(|_| !text.contains(['e', 'E'])) {
        let digits: String =
            fraction.chars().chain("0".repeat(scale as usize).chars()).take(scale as usize).collect();
        return format!("{whole}{digits}").parse().ok();
    }
    let scaled = (number * 10_f64.powi(scale as i32)).floor();
    // Beyond, a float is no exact number of positions.
    (scaled.is_finite() && scaled.abs() < 9e18).then_some(scaled as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(form: &Form, position: i64) -> String {
        let mut out = Vec::new();
        form.push(&mut out, position);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_have_their_digits() {
        let whole = Form::Whole(-5, 5);
        assert_eq!([-3, 0, 4].map(|n| text(&whole, n)), ["-3", "0", "4"]);
        let money = Form::Decimal(10, 2);
        assert_eq!([-1, 7, 123, 45_600].map(|n| text(&money, n)), ["-0.01", "0.07", "1.23", "456.00"]);
        assert_eq!(text(&Form::Bits(5), 5), "00101");
        assert_eq!(text(&Form::Bytes(2), 0x1ff), "\\x01ff");
    }

    #[test]
    fn bounds_are_read_as_positions() {
        let money = Form::Decimal(10, 2);
        assert_eq!(
            ["1", "1.5", "1.239", "-0.25", "1e3"].map(|t| money.position(t)),
            [Some(100), Some(150), Some(123), Some(-25), Some(100_000)]
        );
        assert_eq!(Form::Whole(0, 9).position("7"), Some(7));
        assert_eq!(Form::Date.position("2000-01-11"), Some(10));
        assert_eq!(Form::Moment(1, Zone::Utc).position("2000-01-01 00:00:01.5+00"), Some(1_500_000));
        assert_eq!(Form::Bool.position("t"), None);
    }

    #[test]
    fn parts_are_quoted_where_they_must_be() {
        let list = Form::Listed(vec!["a".into(), "b\"\\".into(), "null".into(), String::new()]);
        let mut out = Vec::new();
        for position in 0..4 {
            push_quoted(&mut out, &list, position);
            out.push(b' ');
        }
        assert_eq!(String::from_utf8(out).unwrap(), "a \"b\\\"\\\\\" \"null\" \"\" ");
        let range = Form::Range(Box::new(Form::Whole(0, 9)), true);
        assert_eq!(text(&range, 3), "{[3,4)}");
    }

    #[test]
    fn usual_positions_are_possible_ones() {
        let forms = [
            Form::Whole(-32768, 32767),
            Form::Decimal(2, 2),
            Form::Float(1 << 24),
            Form::Date,
            Form::Time(1, Zone::Without),
            Form::Moment(1_000_000, Zone::Utc),
            Form::Bool,
            Form::Bits(3),
            Form::Bytes(8),
        ];
        for form in forms {
            let ((first, last), (low, high)) = (form.limits(), form.usual());
            assert!(first <= low && low <= high && high <= last, "{form:?}");
        }
    }
}
