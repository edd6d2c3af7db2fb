//! What an encoder accepts becomes what PostgreSQL's own input function makes of it: the same values go to the server
//! as text and as binary fields, and the columns must be equal.
//!
//! `PROPTEST_CASES=20000` for a long run.

mod compare;
mod corpus;

use compare::{Encoder, prove, prove_in_style};
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
use pghaul::copy::encode::types::styles::{with_iso_day, with_point};
use pghaul::copy::encode::types::time::{push_time, push_timetz};
use pghaul::copy::encode::types::timestamp::{push_timestamp, push_timestamptz};
use pghaul::copy::encode::types::uuid::push_uuid;
use pghaul::copy::input::charset::Charset;
use pghaul::copy::input::date_order::DateOrder;
use pghaul_test_support::families::{self, Family};
use std::borrow::Cow;

/// An encoder without a charset: what it accepts is ASCII.
fn plain(push: fn(&mut Vec<u8>, &[u8]) -> bool) -> Encoder {
    Encoder {
        push: Box::new(move |out, value| {
            let known = push(out, value);
            assert!(!known || value.is_ascii(), "not ASCII: {value:?}");
            known
        }),
        text: |value| String::from_utf8_lossy(value),
    }
}

/// An encoder of times or moments. The server gets the value without the digits that the encoder cuts off.
fn time(push: fn(&mut Vec<u8>, &[u8]) -> Pushed) -> Encoder {
    Encoder {
        push: Box::new(move |out, value| push(out, value) != Pushed::Unknown),
        text: |value| {
            let mut text = String::from_utf8_lossy(value).into_owned();
            if let Some(point) = text.find('.') {
                let digits = text[point + 1..].bytes().take_while(u8::is_ascii_digit).count();
                text.replace_range(point + 1 + digits.min(6)..point + 1 + digits, "");
            }
            text.into()
        },
    }
}

fn text(charset: Charset, limit: Option<u32>) -> Encoder {
    Encoder {
        push: Box::new(move |out, value| push_text(out, value, charset, limit).unwrap_or(false)),
        text: match charset {
            Charset::Latin1 => |value| Charset::Latin1.decode(value).unwrap(),
            _ => |value| String::from_utf8_lossy(value),
        },
    }
}

#[test]
fn booleans() {
    prove(&plain(push_boolean), &families::BOOLEAN, &[("boolean", "boolsend")]);
}

#[test]
fn integers() {
    prove(&plain(push_int2), &families::INT2, &[("smallint", "int2send")]);
    prove(&plain(push_int4), &families::INT4, &[("integer", "int4send")]);
    prove(&plain(push_int8), &families::INT8, &[("bigint", "int8send")]);
}

#[test]
fn floats() {
    prove(&plain(push_float4), &families::FLOAT4, &[("real", "float4send")]);
    prove(&plain(push_float8), &families::FLOAT8, &[("double precision", "float8send")]);
}

#[test]
fn numerics() {
    prove(&plain(push_numeric), &families::NUMERIC, &[("numeric", "numeric_send")]);
    let columns = ["numeric(10,2)", "numeric(20)", "numeric(38,10)"];
    prove(&plain(push_numeric), &families::NUMERIC_OF_10, &columns.map(|column| (column, "numeric_send")));
}

#[test]
fn dates() {
    prove(&plain(push_date), &families::DATE, &[("date", "date_send")]);
}

#[test]
fn times() {
    let columns = ["time", "time(3)", "time(0)"];
    prove(&time(push_time), &families::TIME, &columns.map(|column| (column, "time_send")));
    let columns = ["timetz", "timetz(2)"];
    prove(&time(push_timetz), &families::TIMETZ, &columns.map(|column| (column, "timetz_send")));
}

#[test]
fn timestamps() {
    let columns = ["timestamp", "timestamp(3)", "timestamp(0)"];
    prove(&time(push_timestamp), &families::TIMESTAMP, &columns.map(|column| (column, "timestamp_send")));
    let columns = ["timestamptz", "timestamptz(3)"];
    prove(
        &time(push_timestamptz),
        &families::TIMESTAMPTZ,
        &columns.map(|column| (column, "timestamptz_send")),
    );
}

/// Days of a file whose order is said, read by a server of this order.
#[test]
fn days_in_an_order() {
    for order in [DateOrder::Dmy, DateOrder::Mdy] {
        let in_order = |encoder: Encoder| Encoder {
            push: Box::new(move |out, value| {
                let mut iso = Vec::new();
                with_iso_day(value, order, &mut iso) && (encoder.push)(out, &iso)
            }),
            ..encoder
        };
        let family = match order {
            DateOrder::Dmy => families::DAY_FIRST,
            _ => families::MONTH_FIRST,
        };
        let style = order.date_style();
        // A moment is no date.
        let days = Family { known: &[], patterns: &family.patterns[..1], ..family };
        prove_in_style(style, &in_order(plain(push_date)), &days, &[("date", "date_send")]);
        let columns = [("timestamp", "timestamp_send")];
        prove_in_style(style, &in_order(time(push_timestamp)), &family, &columns);
        let columns = [("timestamptz", "timestamptz_send")];
        prove_in_style(style, &in_order(time(push_timestamptz)), &family, &columns);
    }
}

/// What SQL Server writes with a colon before the milliseconds is what the server makes of a point there.
#[test]
fn milliseconds_behind_a_colon() {
    let with_a_point = |push: fn(&mut Vec<u8>, &[u8]) -> Pushed| Encoder {
        push: Box::new(move |out, value| {
            let mut point = Vec::new();
            with_point(value, &mut point) && push(out, &point) != Pushed::Unknown
        }),
        text: |value| {
            let text = String::from_utf8_lossy(value);
            let (before, milliseconds) = text.rsplit_once(':').unwrap();
            Cow::Owned(format!("{before}.{milliseconds}"))
        },
    };
    let columns = [("timestamp", "timestamp_send")];
    prove(&with_a_point(push_timestamp), &families::STYLE_109, &columns);
    prove(&with_a_point(push_time), &families::STYLE_114, &[("time", "time_send")]);
}

#[test]
fn intervals() {
    let columns = ["interval", "interval(3)", "interval(0)"];
    prove(&plain(push_interval), &families::INTERVAL, &columns.map(|column| (column, "interval_send")));
}

#[test]
fn uuids() {
    prove(&plain(push_uuid), &families::UUID, &[("uuid", "uuid_send")]);
}

#[test]
fn network_addresses() {
    prove(&plain(push_inet), &families::INET, &[("inet", "inet_send")]);
    prove(&plain(push_cidr), &families::CIDR, &[("cidr", "cidr_send")]);
    prove(&plain(push_macaddr), &families::MACADDR, &[("macaddr", "macaddr_send")]);
}

#[test]
fn binary_strings() {
    let encoder = Encoder {
        text: |value| match value {
            [b'0', b'x' | b'X', digits @ ..] => Cow::Owned(format!("\\x{}", String::from_utf8_lossy(digits))),
            _ => String::from_utf8_lossy(value),
        },
        ..plain(push_bytea)
    };
    prove(&encoder, &families::BYTEA, &[("bytea", "byteasend")]);
}

#[test]
fn texts() {
    for charset in [Charset::Utf8, Charset::Latin1] {
        let columns = [("text", "textsend"), ("varchar", "varcharsend"), ("varchar(500)", "varcharsend")];
        prove(&text(charset, None), &families::TEXT, &columns);
        let columns =
            [("varchar(5)", "varcharsend"), ("char(5)", "bpcharsend"), ("varchar(6)", "varcharsend")];
        prove(&text(charset, Some(5)), &families::TEXT_OF_5, &columns);
    }
}

#[test]
fn documents() {
    prove(&text(Charset::Utf8, None), &families::JSON, &[("json", "json_send")]);
    let jsonb = Encoder {
        push: Box::new(|out, value| push_jsonb_text(out, value, Charset::Utf8).unwrap_or(false)),
        ..text(Charset::Utf8, None)
    };
    prove(&jsonb, &families::JSON, &[("jsonb", "jsonb_send")]);
}
