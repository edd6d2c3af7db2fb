//! Each encoder alone, on one core: `cargo bench --bench encode [NAME]`.
//!
//! The values are those that dumps are full of. Printed are nanoseconds per value (median of several runs, and the
//! fastest), and what the median comes to in values and in bytes of text per second.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

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
use std::hint::black_box;
use support::{is_wanted, measure};

mod support;

/// How often a run encodes its values; with these, a run takes some milliseconds.
const ROUNDS: usize = 200;
/// Different values of a run: more than a branch predictor remembers, and few enough for the first cache.
const VALUES: usize = 1_000;

fn main() {
    println!("{:<28} {:>8} {:>8} {:>9} {:>7}", "", "ns/value", "fastest", "M values/s", "MB/s");
    for (name, encoder, form) in cases() {
        if !is_wanted(name) {
            continue;
        }
        let mut numbers = Numbers(1);
        let values: Vec<Vec<u8>> = (0..VALUES).map(|_| form(&mut numbers)).collect();
        let mut out = Vec::with_capacity(1 << 20);
        let times = measure(|| {
            for _ in 0..ROUNDS {
                out.clear();
                for value in &values {
                    assert!(encoder(&mut out, black_box(value)), "{}", String::from_utf8_lossy(value));
                }
                black_box(&out);
            }
        });
        let [median, fastest] = times.nanoseconds_each(ROUNDS * VALUES);
        let [values_per_second, _] = times.millions_per_second(ROUNDS * VALUES);
        let [megabytes, _] = times.millions_per_second(ROUNDS * values.iter().map(Vec::len).sum::<usize>());
        let example: String = String::from_utf8_lossy(&values[0]).chars().take(40).collect();
        println!(
            "{name:<28} {median:>8.1} {fastest:>8.1} {values_per_second:>10.1} {megabytes:>7.0}  {example}"
        );
    }
}

type Encoder = fn(&mut Vec<u8>, &[u8]) -> bool;
type Form = fn(&mut Numbers) -> Vec<u8>;

fn cases() -> Vec<(&'static str, Encoder, Form)> {
    vec![
        ("boolean", push_boolean, |n| n.below(2).to_string().into()),
        ("integer/int2", push_int2, |n| n.below(30_000).to_string().into()),
        ("integer/int4", push_int4, |n| n.long(31).to_string().into()),
        ("integer/int8", push_int8, |n| n.long(62).to_string().into()),
        ("float/float4", push_float4, |n| format!("{}.{}", n.below(100), n.below(100)).into()),
        ("float/float8", push_float8, |n| format!("{:?}", n.below(1 << 53) as f64 / 1e9).into()),
        ("numeric/price", push_numeric, |n| format!("{}.{:02}", n.below(10_000), n.below(100)).into()),
        ("numeric/money", push_numeric, |n| format!("-{}.{:04}", n.long(40), n.below(10_000)).into()),
        ("numeric/38", push_numeric, |n| format!("{:019}{:018}", n.below(1 << 62), n.long(59)).into()),
        ("date/iso", push_date, |n| n.day().into()),
        ("date/english", push_date, |n| n.english_day().into()),
        ("date/of timestamp", push_date, |n| format!("{} 00:00:00.000", n.day()).into()),
        (
            "time/datetime2",
            |out, value| is_known(push_time(out, value)),
            |n| format!("{}.{:07}", n.clock(), n.below(10_000_000)).into(),
        ),
        (
            "time/timetz",
            |out, value| is_known(push_timetz(out, value)),
            |n| format!("{} +05:30", n.clock()).into(),
        ),
        (
            "timestamp/seconds",
            |out, value| is_known(push_timestamp(out, value)),
            |n| format!("{} {}", n.day(), n.clock()).into(),
        ),
        (
            "timestamp/milliseconds",
            |out, value| is_known(push_timestamp(out, value)),
            |n| format!("{} {}.{:03}", n.day(), n.clock(), n.below(1_000)).into(),
        ),
        (
            "timestamp/datetime2",
            |out, value| is_known(push_timestamp(out, value)),
            |n| format!("{} {}.{:07}", n.day(), n.clock(), n.below(10_000_000)).into(),
        ),
        (
            "timestamp/english",
            |out, value| is_known(push_timestamp(out, value)),
            |n| format!("{} {:>2}:{:02}AM", n.english_day(), 1 + n.below(12), n.below(60)).into(),
        ),
        (
            "timestamp/datetimeoffset",
            |out, value| is_known(push_timestamptz(out, value)),
            |n| format!("{} {}.{:07} -08:00", n.day(), n.clock(), n.below(10_000_000)).into(),
        ),
        ("interval/time", push_interval, |n| format!("{}.{:06}", n.clock(), n.below(1_000_000)).into()),
        ("interval/all units", push_interval, |n| {
            let [years, months, days] = [50, 12, 31].map(|limit| n.below(limit));
            format!("{years} years {months} mons -{days} days +{}", n.clock()).into()
        }),
        ("uuid", push_uuid, |n| n.uuid().into()),
        ("uuid/braces", push_uuid, |n| format!("{{{}}}", n.uuid()).into()),
        ("inet/4", push_inet, |n| [(); 4].map(|()| n.below(256).to_string()).join(".").into()),
        ("inet/6", push_inet, |n| [(); 8].map(|()| format!("{:x}", n.below(1 << 16))).join(":").into()),
        ("inet/cidr", push_cidr, |n| format!("10.{}.0.0/16", n.below(256)).into()),
        ("inet/macaddr", push_macaddr, |n| {
            [(); 6].map(|()| format!("{:02x}", n.below(256))).join(":").into()
        }),
        ("bytea/32 bytes", push_bytea, |n| {
            format!("0x{}", [(); 4].map(|()| format!("{:016X}", n.next())).concat()).into()
        }),
        ("bytea/8 KiB", push_bytea, |n| {
            (0..1024).fold("0x".to_owned(), |text, _| text + &format!("{:016X}", n.next())).into()
        }),
        ("character/ascii", latin1, |n| vec![b'a'; 5 + n.below(30) as usize]),
        ("character/latin1", latin1, |n| {
            [&[b'a'; 10][..], b"\xFC", &vec![b'a'; n.below(20) as usize]].concat()
        }),
        ("character/utf8", utf8, |n| {
            [&[b'a'; 10][..], b"\xC3\xBC", &vec![b'a'; n.below(20) as usize]].concat()
        }),
        ("character/varchar(200)", varchar, |n| vec![b'a'; 5 + n.below(30) as usize]),
        ("character/4 KiB", latin1, |_| vec![b'a'; 4096]),
        ("character/jsonb", jsonb, |n| format!("{{\"id\": {}, \"tags\": []}}", n.long(31)).into()),
    ]
}

fn is_known(pushed: Pushed) -> bool {
    pushed != Pushed::Unknown
}

fn latin1(out: &mut Vec<u8>, value: &[u8]) -> bool {
    push_text(out, value, Charset::Latin1, None).unwrap()
}

fn utf8(out: &mut Vec<u8>, value: &[u8]) -> bool {
    push_text(out, value, Charset::Utf8, None).unwrap()
}

fn varchar(out: &mut Vec<u8>, value: &[u8]) -> bool {
    push_text(out, value, Charset::Latin1, Some(200)).unwrap()
}

fn jsonb(out: &mut Vec<u8>, value: &[u8]) -> bool {
    push_jsonb_text(out, value, Charset::Utf8).unwrap()
}

/// The same numbers in every run (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Of any length up to `bits`.
    fn long(&mut self, bits: u64) -> u64 {
        let length = 1 + self.below(bits);
        self.next() >> (64 - length)
    }

    fn day(&mut self) -> String {
        format!("{}-{:02}-{:02}", 1990 + self.below(40), 1 + self.below(12), 1 + self.below(28))
    }

    fn english_day(&mut self) -> String {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        format!("{} {:>2} {}", MONTHS[self.below(12) as usize], 1 + self.below(28), 1990 + self.below(40))
    }

    fn clock(&mut self) -> String {
        format!("{:02}:{:02}:{:02}", self.below(24), self.below(60), self.below(60))
    }

    fn uuid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
            a >> 32,
            a >> 16 & 0xFFFF,
            a & 0xFFFF,
            b >> 48,
            b & 0xFFFF_FFFF_FFFF
        )
    }
}
