//! Any bytes as a value of any type: what an encoder does not know leaves no trace, what it knows becomes one whole field,
//! and that field means what the value says as far as it can be told without a server.
//!
//! The values that the fuzzer keeps are put to a server, too: `tests/engine/encoders` reads the corpus.

#![no_main]
#![allow(clippy::unwrap_used, reason = "a fuzz target fails by panicking")]

use jiff::civil::{Date, DateTime};
use libfuzzer_sys::fuzz_target;
use pghaul::copy::encode::types::Pushed;
use pghaul::copy::encode::types::boolean::push_boolean;
use pghaul::copy::encode::types::bytea::push_bytea;
use pghaul::copy::encode::types::character::{push_jsonb_text, push_text};
use pghaul::copy::encode::types::date::push_date;
use pghaul::copy::encode::types::float::{push_float4, push_float8};
use pghaul::copy::encode::types::inet::{push_cidr, push_inet, push_macaddr};
use pghaul::copy::encode::types::integer::{push_int2, push_int4, push_int8};
use pghaul::copy::encode::types::interval::push_interval;
use pghaul::copy::encode::types::numeric::push_numeric;
use pghaul::copy::encode::types::time::{push_time, push_timetz};
use pghaul::copy::encode::types::timestamp::{push_timestamp, push_timestamptz};
use pghaul::copy::encode::types::uuid::push_uuid;
use pghaul::copy::input::charset::Charset;
use std::net::IpAddr;

type Push = fn(&mut Vec<u8>, &[u8]) -> bool;
type Check = fn(&str, &[u8]);

/// Encoders of types that are written in ASCII. The corpus names them by their place: new ones go to the end.
const ENCODERS: [(Push, Check); 18] = [
    (push_boolean, check_boolean),
    (push_int2, |text, field| check_integer(text, i16::from_be_bytes(field.try_into().unwrap()).into())),
    (push_int4, |text, field| check_integer(text, i32::from_be_bytes(field.try_into().unwrap()).into())),
    (push_int8, |text, field| check_integer(text, i64::from_be_bytes(field.try_into().unwrap()))),
    (push_float4, check_float4),
    (push_float8, check_float8),
    (push_numeric, check_numeric),
    (push_date, check_date),
    (|out, value| push_time(out, value) != Pushed::Unknown, |_, field| check_clock(field)),
    (|out, value| push_timetz(out, value) != Pushed::Unknown, check_timetz),
    (|out, value| push_timestamp(out, value) != Pushed::Unknown, check_timestamp),
    (|out, value| push_timestamptz(out, value) != Pushed::Unknown, |_, field| check_moment(field)),
    (push_interval, |_, field| assert_eq!(field.len(), 16)),
    (push_uuid, |text, field| assert_eq!(hex_digits(text), hex(field))),
    (push_bytea, check_bytea),
    (push_inet, |text, field| check_address(text, field, 0)),
    (push_cidr, |text, field| check_address(text, field, 1)),
    (push_macaddr, |text, field| assert_eq!(hex_digits(text), hex(field))),
];

/// From PostgreSQL's first moment to its last, around 2000-01-01 (documentation, "Date/Time Types").
const MOMENTS: std::ops::RangeInclusive<i64> = -211_813_488_000_000_000..=9_223_371_331_199_999_999;
const DAYS: std::ops::RangeInclusive<i32> = -2_451_545..=2_145_031_948;
const DAY_MICROS: i64 = 86_400_000_000;

// The first byte chooses the encoder.
fuzz_target!(|input: &[u8]| {
    let Some((choice, value)) = input.split_first() else { return };
    match ENCODERS.get(usize::from(*choice)) {
        Some((push, check)) => {
            if let Some(field) = encode(|out| push(out, value)) {
                check(std::str::from_utf8(value).unwrap(), &field);
            }
        }
        None => check_characters(*choice, value),
    }
});

fn encode(push: impl Fn(&mut Vec<u8>) -> bool) -> Option<Vec<u8>> {
    let mut out = b"kept".to_vec();
    if !push(&mut out) {
        assert_eq!(out, b"kept");
        return None;
    }
    let field = out.strip_prefix(b"kept").unwrap();
    let (length, field) = field.split_first_chunk().unwrap();
    assert_eq!(i32::from_be_bytes(*length), field.len() as i32);
    Some(field.to_vec())
}

fn check_characters(choice: u8, value: &[u8]) {
    let charset = if choice & 1 == 0 { Charset::Latin1 } else { Charset::Utf8 };
    let limit = (choice & 2 != 0).then_some(u32::from(choice >> 3));
    let text = charset.decode(value).filter(|text| !text.contains('\0'));
    let Some(text) = text else {
        assert!(push_text(&mut Vec::new(), value, charset, limit).is_err());
        assert!(push_jsonb_text(&mut Vec::new(), value, charset).is_err());
        return;
    };
    let field = encode(|out| push_text(out, value, charset, limit).unwrap());
    let fits = limit.is_none_or(|limit| text.chars().count() <= limit as usize);
    assert_eq!(field.as_deref(), fits.then_some(text.as_bytes()));
    let field = encode(|out| push_jsonb_text(out, value, charset).unwrap()).unwrap();
    assert_eq!(field.split_first(), Some((&1, text.as_bytes())));
}

fn check_boolean(text: &str, field: &[u8]) {
    let is_true = ["t", "y", "1", "on"].iter().any(|start| text.to_lowercase().starts_with(start));
    assert_eq!(field, [u8::from(is_true)]);
}

fn check_integer(text: &str, number: i64) {
    assert_eq!(text.parse(), Ok(number));
}

fn check_float4(text: &str, field: &[u8]) {
    let number = f32::from_be_bytes(field.try_into().unwrap());
    let expected: f32 = text.parse().unwrap();
    assert!(number.to_bits() == expected.to_bits() || number.is_nan() && expected.is_nan());
}

fn check_float8(text: &str, field: &[u8]) {
    let number = f64::from_be_bytes(field.try_into().unwrap());
    let expected: f64 = text.parse().unwrap();
    assert!(number.to_bits() == expected.to_bits() || number.is_nan() && expected.is_nan());
}

/// Writes the number as the server would, from digits of base 10,000.
fn check_numeric(text: &str, field: &[u8]) {
    let words: Vec<u16> = field.as_chunks().0.iter().map(|word| u16::from_be_bytes(*word)).collect();
    let [count, weight, sign, scale, digits @ ..] = words.as_slice() else { panic!("{words:?}") };
    assert_eq!((usize::from(*count), field.len() % 2), (digits.len(), 0));
    assert!(digits.iter().all(|digit| *digit < 10_000));
    assert!(digits.first() != Some(&0) && digits.last() != Some(&0), "{digits:?}");
    let weight = i64::from(weight.cast_signed());
    let digit = |place: i64| {
        let index = usize::try_from(weight - place).ok();
        format!("{:04}", index.and_then(|index| digits.get(index)).copied().unwrap_or_default())
    };
    let whole: String = (0..=weight.max(0)).rev().map(digit).collect();
    let fraction: String = (1..=i64::from(*scale).div_euclid(4) + 1).map(|place| digit(-place)).collect();
    let (expected_sign, unsigned) = match text.split_at(text.find(|c| c != '-' && c != '+').unwrap()) {
        ("-", rest) => ('-', rest),
        (_, rest) => ('+', rest),
    };
    let (expected_whole, expected_fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    assert_eq!(whole.trim_start_matches('0'), expected_whole.trim_start_matches('0'));
    assert_eq!(usize::from(*scale), expected_fraction.len());
    assert_eq!(&fraction[..expected_fraction.len()], expected_fraction);
    assert!(fraction[expected_fraction.len()..].bytes().all(|digit| digit == b'0'));
    let is_zero = digits.is_empty();
    assert_eq!(*sign, if expected_sign == '-' && !is_zero { 0x4000 } else { 0 });
}

fn check_date(text: &str, field: &[u8]) {
    let days = i32::from_be_bytes(field.try_into().unwrap());
    assert!(DAYS.contains(&days), "{days}");
    if let Some(date) = iso_date(text) {
        assert_eq!(days, days_since_2000(date));
    }
}

/// What begins with four digits, a hyphen, two, a hyphen, two, and no further digit, is such a date.
fn iso_date(text: &str) -> Option<Date> {
    let date = text.get(..10)?;
    let shape: String = date.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    let ends = text.as_bytes().get(10).is_none_or(|byte| !byte.is_ascii_digit());
    (shape == "9999-99-99" && ends).then(|| date.parse().unwrap())
}

fn days_since_2000(date: Date) -> i32 {
    date.since((jiff::Unit::Day, jiff::civil::date(2000, 1, 1))).unwrap().get_days()
}

fn check_clock(field: &[u8]) {
    let micros = i64::from_be_bytes(field.try_into().unwrap());
    assert!((0..=DAY_MICROS).contains(&micros), "{micros}");
}

fn check_timetz(_: &str, field: &[u8]) {
    let (clock, zone) = field.split_at(8);
    check_clock(clock);
    let seconds = i32::from_be_bytes(zone.try_into().unwrap());
    assert!(seconds.abs() < 16 * 3600, "{seconds}");
}

fn check_moment(field: &[u8]) {
    let micros = i64::from_be_bytes(field.try_into().unwrap());
    assert!(MOMENTS.contains(&micros), "{micros}");
}

fn check_timestamp(text: &str, field: &[u8]) {
    check_moment(field);
    let micros = i64::from_be_bytes(field.try_into().unwrap());
    if let Some(date) = iso_date(text) {
        let day = i64::from(days_since_2000(date));
        // 24:00 and 23:59:60 belong to the next day.
        let of_day = micros - day * DAY_MICROS;
        assert!((0..=DAY_MICROS).contains(&of_day), "{of_day}");
        let exact = text.len() <= 26 && !text.ends_with(":60") && text.as_bytes().get(10) == Some(&b' ');
        if let Some(moment) = exact.then(|| text.parse::<DateTime>().ok()).flatten() {
            let subsec = i64::from(moment.subsec_nanosecond()) / 1000;
            let seconds = i64::from(moment.hour()) * 3600
                + i64::from(moment.minute()) * 60
                + i64::from(moment.second());
            assert_eq!(of_day, seconds * 1_000_000 + subsec);
        }
    }
}

fn check_bytea(text: &str, field: &[u8]) {
    match text.strip_prefix("\\x").or_else(|| text.strip_prefix("0x")).or_else(|| text.strip_prefix("0X")) {
        Some(digits) => assert_eq!(hex_digits(digits), hex(field)),
        None => assert!(text.contains('\\') || text.as_bytes() == field),
    }
}

/// The field (`network_send` in the server's `network.c`): family, bits of the network, whether it is one, length.
fn check_address(text: &str, field: &[u8], is_network: u8) {
    let (address, bits) = text.split_once('/').unwrap_or((text, ""));
    let (family, bytes, all_bits) = match address.parse().unwrap() {
        IpAddr::V4(address) => (2, address.octets().to_vec(), 32),
        IpAddr::V6(address) => (3, address.octets().to_vec(), 128),
    };
    let bits = if bits.is_empty() { all_bits } else { bits.parse().unwrap() };
    let mut expected = vec![family, bits, is_network, bytes.len() as u8];
    expected.extend(bytes);
    assert!(bits <= all_bits);
    assert_eq!(field, expected);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hex_digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect()
}
