//! No value is changed silently: what a column cannot hold as it is written is refused, in binary and in text form. Digits of
//! seconds beyond microseconds are cut off, and counted.

use crate::one_column::{case_of, load};
use pghaul_test_support::{Dump, case, ingest};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use std::collections::BTreeMap;

/// A mother's type, values that it holds as they are written, and values that PostgreSQL would change without a word, with
/// what it would make of them.
type Changes = (&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]);

const CHANGES: [Changes; 26] = [
    (
        "numeric(10,2)",
        &["10.25", "10.2500000", "-0.010", "1025e-2", " 1.50 "],
        &[("10.2555", "10.26"), ("0.004", "0.00"), ("-99999999.991", "-99999999.99"), ("1e-5", "0.00")],
    ),
    ("numeric(5)", &["10.0", "9.9900e2"], &[("9.99", "10"), ("0.5", "1")]),
    (
        "date",
        &["2019-02-27", "2019-02-27T00:00:00.000Z", "27 Feb 2019", "infinity", "500000-01-01"],
        &[
            ("2019-02-27 11:59", "2019-02-27"),
            ("2019-02-27T00:00:00.000001", "2019-02-27"),
            ("Feb 27 2019 11:59PM", "2019-02-27"),
            ("27 February 2019 23:59", "2019-02-27"),
            ("2019-02-27 24:00", "2019-02-27"),
            ("2019-02-27 00:00:00 +02:00", "2019-02-27"),
            ("2019-02-27 EST", "2019-02-27"),
        ],
    ),
    (
        "time",
        &["11:59", "24:00", "101112", "11:59:00.1234560", "11:59Z", "allballs"],
        &[
            ("2019-02-27 11:59", "11:59:00"),
            ("2019-02-27 1:05 PM", "13:05:00"),
            ("2019-02-27 24:00:00", "24:00:00"),
            ("11:59+02", "11:59:00"),
            ("11:59 PST", "11:59:00"),
        ],
    ),
    ("timetz", &["11:59+02", "11:59"], &[("2019-02-27 11:59+02", "11:59:00+02")]),
    (
        "time(3)",
        &["11:59:00.1230"],
        &[("11:59:00.1234", "11:59:00.123"), ("1:05:00.0009 PM", "13:05:00.001")],
    ),
    (
        "timestamp",
        &[
            "2019-02-27 11:59",
            "2019-02-27T11:59:00.123Z",
            "2019-02-27 11:59+00",
            "epoch",
            "-infinity",
            "27 Feb 2019 11:59 UTC",
        ],
        &[
            ("2019-02-27 11:59:00+02:00", "2019-02-27 11:59:00"),
            ("2019-02-27 11:59 Europe/Berlin", "2019-02-27 11:59:00"),
        ],
    ),
    (
        "timestamp(3)",
        &["2019-02-27 11:59:00.1230000"],
        &[
            ("2019-02-27 11:59:00.9996", "2019-02-27 11:59:01"),
            ("27 Feb 2019 11:59:00.1235", "2019-02-27 11:59:00.124"),
        ],
    ),
    (
        "timestamptz(0)",
        &["2019-02-27 11:59:00.000+02"],
        &[("2019-02-27 11:59:00.5+02", "2019-02-27 09:59:01+00")],
    ),
    (
        "interval(2)",
        &["1 day 00:00:00.120"],
        &[("00:00:00.125", "00:00:00.13"), ("1.001 seconds", "00:00:01")],
    ),
    ("interval day", &["3 days", "3"], &[("1 day 02:03:04", "1 day")]),
    ("interval minute to second", &["02:03", "1 day 02:03:04.123456"], &[]),
    ("interval minute to second(2)", &["02:03", "02:03.120"], &[("02:03.125", "00:02:03.13")]),
    ("varchar(3)", &["abc", "a  "], &[("abc ", "abc"), ("ab   ", "ab ")]),
    (
        "name",
        &["a"],
        &[(
            "a23456789_b23456789_c23456789_d23456789_e23456789_f23456789_g23456789",
            "a23456789_b23456789_c23456789_d23456789_e23456789_f23456789_g23",
        )],
    ),
    ("\"char\"", &["a"], &[("ab", "a")]),
    (
        "money",
        &["$1,234.50", "-7", "(5.00)", ".5"],
        &[("10.2555", "$10.26"), ("12,34", "$1,234.00"), ("0,5", "$5.00")],
    ),
    ("money[]", &["{10.25}"], &[("{10.255}", "{$10.26}")]),
    ("time[]", &["{11:59,12:00}"], &[("{2019-02-27 11:59}", "{11:59:00}")]),
    ("interval day[]", &["{3 days}"], &[("{1 day 02:03:04}", "{\"1 day\"}")]),
    ("numeric(10,2)[]", &["{1.5,2.500}"], &[("{1.5,2.555}", "{1.50,2.56}")]),
    ("timestamp[]", &["{2019-02-27}"], &[("{2019-02-27 11:59+02}", "{\"2019-02-27 11:59:00\"}")]),
    ("varchar(3)[]", &["{abc,a}"], &[("{\"abc \"}", "{abc}")]),
    ("price", &["10.25"], &[("10.2555", "10.26")]),
    ("day", &["2019-02-27", "20190227 00:00"], &[("2019-02-27 11:59", "2019-02-27")]),
    ("days", &["{2019-02-27}"], &[("{2019-02-27 11:59}", "{2019-02-27}")]),
];

#[test]
fn what_would_be_changed_is_refused_with_its_line_and_what_would_become_of_it() {
    for (type_name, held, changed) in CHANGES {
        for as_text in [false, true] {
            let case = case_of(type_name, as_text, "");
            let values: Vec<&str> =
                held.iter().copied().chain(changed.iter().map(|(value, _)| *value)).collect();
            let outcome = load(&case, &values, as_text, "--verify --max-rejects 100% --rejects rejects");
            let rejects = std::fs::read_to_string(case.work.join("rejects/v1_t.jsonl")).unwrap_or_default();
            assert_eq!(
                outcome.run.code,
                if changed.is_empty() { 0 } else { 3 },
                "{type_name} {as_text}: {rejects}{}",
                outcome.run.stderr
            );
            assert_eq!(
                case.db.one("SELECT count(*) FROM t"),
                held.len().to_string(),
                "{type_name}: {rejects}"
            );
            let lines: Vec<serde_json::Value> =
                rejects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines.len(), changed.len(), "{type_name}: {rejects}");
            for (number, (line, (value, becomes))) in lines.iter().zip(changed).enumerate() {
                let at = [json!(held.len() + number + 2), json!("v"), json!(value)];
                assert_eq!([&line["line"], &line["column"], &line["value"]], [&at[0], &at[1], &at[2]]);
                let reason = line["reason"].as_str().unwrap();
                assert!(reason.starts_with(&format!("{value:?} does not fit ")), "{type_name}: {reason}");
                assert!(reason.ends_with(&format!("would make it {becomes:?}")), "{type_name}: {reason}");
            }
            let Some((first, _)) = changed.first() else { continue };
            // Without leave to reject, the first one ends the load, and nothing is there.
            let outcome = load(&case, &values, as_text, "--force");
            outcome.run.assert_code(1);
            let place = format!("t.dat, line {}, column v: {:?} does not fit ", held.len() + 2, first);
            assert!(outcome.run.stderr.contains(&place), "{}", outcome.run.stderr);
        }
    }
}

#[test]
fn blanks_behind_a_padded_value_and_inexact_numbers_stay_allowed() {
    for (type_name, value, expected) in [
        ("char(3)", "abc   ", "abc"),
        ("real", "0.1", "0.1"),
        ("double precision", "0.1000000000000000055511151231257827", "0.1"),
        ("numeric", "10.2555", "10.2555"),
        ("varchar", "abc  ", "abc  "),
    ] {
        for as_text in [false, true] {
            let case = case_of(type_name, as_text, "");
            load(&case, &[value], as_text, "--verify").run.assert_code(0);
            assert_eq!(case.db.one("SELECT v::text FROM t"), expected, "{type_name}");
        }
    }
}

#[test]
fn a_number_too_small_for_its_type_is_refused() {
    for (type_name, value) in [
        ("real", "1e-60"),
        ("double precision", "1e-400"),
        ("numeric", "1e-20000"),
        ("numeric(10,2)", "1e-20"),
    ] {
        let case = case_of(type_name, false, "");
        load(&case, &[value], false, "").run.assert_code(1);
        assert_eq!(case.tables(), "t");
    }
}

/// The digits beyond microseconds, in forms that an encoder knows and in others.
const CUT: [(&str, &str, &str); 10] = [
    ("timestamp", "9999-12-31 23:59:59.9999999", "9999-12-31 23:59:59.999999"),
    ("timestamp", "27 Feb 2019 11:59:00.12345678901", "2019-02-27 11:59:00.123456"),
    ("timestamptz", "2019-02-27 11:59:00.9999999 +02:00", "2019-02-27 09:59:00.999999+00"),
    ("time", "23:59:59.9999999", "23:59:59.999999"),
    ("timetz", "23:59:59.9999999+01", "23:59:59.999999+01"),
    ("interval", "1 day 00:00:00.0000019", "1 day 00:00:00.000001"),
    ("interval", "1.9999999 secs", "00:00:01.999999"),
    ("timestamp[]", "{2019-02-27 11:59:00.9999999}", "{\"2019-02-27 11:59:00.999999\"}"),
    ("timestamp(3)", "2019-02-27 11:59:00.1230009", "2019-02-27 11:59:00.123"),
    ("timestamp", "Feb 27 2019 11:59:00:1234567AM", "2019-02-27 11:59:00.123456"),
];

#[test]
fn digits_beyond_microseconds_are_cut_and_counted() {
    for (type_name, value, expected) in CUT {
        for as_text in [false, true] {
            let case = case_of(type_name, as_text, "");
            let outcome = load(&case, &[value, value], as_text, "--verify");
            outcome.run.assert_code(0);
            assert_eq!(case.db.one("SELECT min(v::text) FROM t"), expected, "{type_name}");
            assert_eq!(outcome.units()[0]["adjusted"], json!({"v": 2}), "{type_name} {as_text}");
            assert_eq!(outcome.report["totals"]["adjusted"], 2);
            assert_eq!(case.db.one("SELECT adjusted::text FROM pghaul.loads"), "{\"v\": 2}");
        }
    }
    // Zeros are no loss.
    let case = case_of("timestamp", false, "");
    let outcome = load(&case, &["2019-02-27 11:59:00.1234560"], false, "");
    assert_eq!(outcome.units()[0].get("adjusted"), None);
}

#[test]
fn the_summary_says_what_was_adjusted() {
    let ingest = ingest!();
    let columns = [("a", "datetime2"), ("b", "datetime2")];
    let rows = "a|b\n2019-02-27 11:59:00.1234567|2019-02-27 11:59:00.1234560\n\
                2019-02-27 11:59:00.1234567|2019-02-27 11:59:00.0000001\n";
    ingest.dump("lms_v1.zip", &Dump::new().table("t", &columns, rows));
    let summary = ingest.loads().stdout;
    assert!(summary.contains("\nadjusted: 3 values cut to microseconds (a 2, b 1)\n"), "{summary}");
}

#[test]
fn only_values_that_are_loaded_count_as_adjusted() {
    let case = case!();
    // The server itself refuses the row with 7: the load starts over, the careful way.
    case.db.execute("CREATE TABLE t (id int CHECK (id <> 7), v timestamp, n smallint)");
    case.config("mother_tables: {t: {id: int}}\n");
    let rows: String = (0..20)
        .map(|id| format!("{id}|2019-02-27 11:59:00.1234567|{}\n", if id == 9 { "x" } else { "1" }))
        .collect();
    case.dump("lms_v1", &[("t", "id:int v:text n:text", &rows)]);
    let outcome = case.ends_with(3, "--max-rejects 5 --rejects rejects");
    assert_eq!(outcome.units()[0]["rows_rejected"], json!(2));
    assert_eq!(outcome.units()[0]["adjusted"], json!({"v": 18}));
}

/// A value of the property test: as it is written, and as a column holds it that changes nothing. `cut` is whether digits
/// beyond microseconds are lost then.
#[derive(Debug, Clone)]
struct Written {
    text: String,
    reads_as: String,
    cut: bool,
}

/// Without zeros that mean nothing.
fn number(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if whole.is_empty() && fraction.is_empty() {
        return "0".to_owned();
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

fn numbers() -> impl Strategy<Value = Written> {
    "-?[0-9]{1,6}(\\.[0-9]{1,5}0{0,3})?".prop_map(|text| Written {
        reads_as: number(&text),
        text,
        cut: false,
    })
}

fn texts() -> impl Strategy<Value = Written> {
    "[a-z]{1,6} {0,4}".prop_map(|text| Written { reads_as: text.clone(), text, cut: false })
}

/// Moments with their parts, in several forms.
fn moments() -> impl Strategy<Value = Written> {
    let day = (1900..2100_u32, 1..13_u32, 1..29_u32);
    let clock = prop_oneof![
        1 => Just(None),
        1 => Just(Some((0, 0, 0, String::new()))),
        4 => (0..24_u32, 0..60_u32, 0..60_u32, "(0{0,6}|[0-9]{1,9})").prop_map(Some),
    ];
    let zone = prop_oneof![4 => Just(""), 1 => Just("+02:00"), 1 => Just("Z"), 1 => Just(" -08:00")];
    (day, clock, zone, 0..4_u32).prop_map(|((year, month, day), clock, zone, form)| {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let name = MONTHS[month as usize - 1];
        let date = match form {
            0 => format!("{name} {day} {year}"),
            1 => format!("{day} {name} {year}"),
            2 => format!("{year}{month:02}{day:02}"),
            _ => format!("{year}-{month:02}-{day:02}"),
        };
        let mut reads_as = format!("{year:04}-{month:02}-{day:02}");
        let Some((hour, minute, second, fraction)) = clock else {
            return Written { text: date, reads_as: format!("{reads_as} 00:00:00"), cut: false };
        };
        let kept = &fraction[..fraction.len().min(6)];
        let cut = fraction[kept.len()..].bytes().any(|digit| digit != b'0');
        let time = format!("{hour:02}:{minute:02}:{second:02}");
        let point = |digits: &str| if digits.is_empty() { String::new() } else { format!(".{digits}") };
        reads_as = format!("{reads_as} {time}{}{}", point(kept.trim_end_matches('0')), zone.trim());
        Written { text: format!("{date} {time}{}{zone}", point(&fraction)), reads_as, cut }
    })
}

/// Times of day, half of them with a date.
fn clocks() -> impl Strategy<Value = Written> {
    let clock = (0..24_u32, 0..60_u32, 0..60_u32, "(0{0,6}|[0-9]{1,9})", any::<bool>());
    (clock, prop_oneof![4 => Just(""), 1 => Just("2019-02-27 "), 1 => Just("Feb 27 2019 ")]).prop_map(
        |((hour, minute, second, fraction, blank), date)| {
            let kept = fraction[..fraction.len().min(6)].trim_end_matches('0');
            let cut = fraction.len() > 6 && fraction[6..].bytes().any(|digit| digit != b'0');
            let time = format!("{hour:02}:{minute:02}:{second:02}");
            let point = |digits: &str| if digits.is_empty() { String::new() } else { format!(".{digits}") };
            // With a blank before it, no encoder knows it.
            let before = if blank { " " } else { "" };
            Written {
                text: format!("{before}{date}{time}{}", point(&fraction)),
                reads_as: format!("{date}{time}{}", point(kept)),
                cut,
            }
        },
    )
}

/// For generated values and types: what PostgreSQL holds reads back as the value that was written, or the row was refused, or
/// the value is counted as adjusted. `PROPTEST_CASES=5000` for a long run.
#[test]
fn what_is_held_reads_back_as_written_or_is_refused_or_counted() {
    let cases = std::env::var("PROPTEST_CASES").map_or(400, |cases| cases.parse().unwrap());
    let mut runner = TestRunner::default();
    let (mut held, mut refused, mut adjusted) = (0, 0, 0);
    for (type_name, as_text) in [
        "numeric(6,2)",
        "numeric(12,5)",
        "numeric",
        "integer",
        "date",
        "time",
        "time(2)",
        "timestamp",
        "timestamp(3)",
        "timestamptz",
        "timestamptz(0)",
        "varchar(6)",
        "text",
        "price",
        "day",
    ]
    .iter()
    .flat_map(|name| [(*name, false), (*name, true)])
    {
        let strategy = match type_name {
            "integer" | "price" => numbers().boxed(),
            name if name.starts_with("numeric") => numbers().boxed(),
            "text" | "varchar(6)" => texts().boxed(),
            "time" | "time(2)" => clocks().boxed(),
            _ => moments().boxed(),
        };
        let values: Vec<Written> =
            (0..cases).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect();
        let texts: Vec<&str> = values.iter().map(|value| value.text.as_str()).collect();
        let case = case_of(type_name, as_text, "");
        let outcome = load(&case, &texts, as_text, "--max-rejects 100% --rejects rejects");
        assert!(matches!(outcome.run.code, 0 | 3), "{}", outcome.run.stderr);
        let rows = case.db.rows("SELECT id::text, v::text FROM t ORDER BY id");
        let loaded: BTreeMap<usize, String> = rows
            .into_iter()
            .map(|row| (row[0].as_ref().unwrap().parse().unwrap(), row[1].clone().unwrap()))
            .collect();
        assert_eq!(
            (values.len() - loaded.len()) as u64,
            outcome.units()[0]["rows_rejected"].as_u64().unwrap()
        );
        for (id, value) in &loaded {
            let written = &values[*id];
            let (theirs, ours) = (reading(type_name, value), reading_of(type_name, &written.reads_as));
            assert_eq!(theirs, ours, "{type_name} {as_text}: {written:?}");
        }
        let cut = loaded.keys().filter(|id| values[**id].cut).count() as u64;
        let counted = outcome.units()[0]["adjusted"]["v"].as_u64().unwrap_or(0);
        assert_eq!(counted, cut, "{type_name} {as_text}");
        held += loaded.len();
        refused += values.len() - loaded.len();
        adjusted += counted;
    }
    assert!(
        held > 1000 && refused > 500 && adjusted > 50,
        "{held} held, {refused} refused, {adjusted} adjusted"
    );
}

/// A value that a column holds, without what its type always adds.
fn reading(type_name: &str, value: &str) -> String {
    match type_name {
        "text" | "varchar(6)" => value.to_owned(),
        "date" | "day" => format!("{value} 00:00:00"),
        name if name.starts_with("timestamptz") => {
            let moment: jiff::Timestamp = format!("{}:00", value.replace(' ', "T")).parse().unwrap();
            moment.to_string()
        }
        name if name.starts_with("time") => value.to_owned(),
        _ => number(value),
    }
}

/// What was written, in the same form.
fn reading_of(type_name: &str, reads_as: &str) -> String {
    match type_name {
        name if name.starts_with("timestamptz") => {
            let zoned = match &reads_as[10..] {
                rest if rest.contains(['+', '-', 'Z']) => reads_as.to_owned(),
                _ => format!("{reads_as}Z"),
            };
            let moment: jiff::Timestamp = zoned.replace(' ', "T").parse().unwrap();
            moment.to_string()
        }
        // In a session in UTC, the zone UTC is no loss.
        name if name.starts_with("time") || ["date", "day"].contains(&name) => {
            reads_as.trim_end_matches('Z').to_owned()
        }
        _ => reads_as.to_owned(),
    }
}
