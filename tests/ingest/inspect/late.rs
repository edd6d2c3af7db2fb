//! What comes only behind the beginning of a data file: it is seen, and its place is the evidence.

use super::says_all;
use crate::containers::gzip;
use pghaul_test_support::{Dump, Ingest, descriptor, ingest, pghaul, says};

/// Rows of plain text before and behind what is special: 16 MiB, four times the beginning that is looked at.
const ROWS: usize = 4000;
const TEXT_BYTES: usize = 4 << 10;

const COLUMNS: [(&str, &str); 3] = [("id", "int"), ("txt", "nvarchar(max)"), ("born", "date")];

/// A way to write rows, of which only late ones say how.
struct Late {
    name: &'static str,
    separator: &'static str,
    special: fn() -> Vec<u8>,
    /// The text of the special rows as it is loaded, and how many rows have it.
    expected: Option<&'static str>,
    /// What the configuration says.
    says: &'static [&'static str],
}

fn text(text: &'static str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

const KINDS: [Late; 6] = [
    Late {
        name: "a spelling of NULL",
        separator: "|",
        special: || text("(null)"),
        expected: None,
        says: &["null_pattern: '(null)'", "unquoted fields are (null), first near byte"],
    },
    Late {
        name: "quotes around a separator",
        separator: "|",
        special: || text("`a|b`"),
        expected: Some("a|b"),
        says: &["dat_quote: '`'", "first near byte", "of t.dat"],
    },
    Late {
        name: "quotes around a line end",
        separator: "\t",
        special: || text("\"a\nb\""),
        expected: Some("a\nb"),
        says: &["dat_quote: '\"'", "first near byte", "of t.dat"],
    },
    Late {
        name: "escapes",
        separator: "\t",
        special: || text("a\\\tb\\\nc\\\\"),
        expected: Some("a\tb\nc\\"),
        says: &["escape: '\\'", "first near byte"],
    },
    Late {
        name: "a character of windows-1252",
        separator: "|",
        special: || b"it\x92s".to_vec(),
        expected: Some("it’s"),
        says: &["encoding: windows-1252", "not valid UTF-8 near byte"],
    },
    Late {
        name: "an empty text of bcp",
        separator: "\t",
        special: || text("\0"),
        expected: Some(""),
        says: &["nul: empty", "first near byte"],
    },
];

/// Rows of a number, a text and a date; from `start` to `end`, every fifth has what is special.
fn data(separator: &str, special: &[u8], start: usize, end: usize) -> (Vec<u8>, u64) {
    let (mut data, mut count) = (Vec::new(), 0);
    data.extend_from_slice(["id", "txt", "born"].join(separator).as_bytes());
    let plain = "x".repeat(TEXT_BYTES);
    for row in 1..=ROWS {
        let is_special = (start..end).contains(&row) && row % 5 == 0;
        data.extend_from_slice(format!("\n{row}{separator}").as_bytes());
        data.extend_from_slice(if is_special { special } else { plain.as_bytes() });
        data.extend_from_slice(format!("{separator}2019-02-{:02}", 1 + row % 28).as_bytes());
        count += u64::from(is_special);
    }
    data.push(b'\n');
    (data, count)
}

fn pack(ingest: &Ingest, data: &[u8], how: usize) -> &'static str {
    let descriptor = descriptor(&COLUMNS);
    match how {
        0 => {
            ingest.dump("crm_v1.zip", &Dump::new().member("t.json", descriptor).member("t.dat", data));
            "dumps/crm_v1.zip"
        }
        1 => {
            ingest.work.write("dumps/crm_v1/t.json", descriptor);
            ingest.work.write("dumps/crm_v1/t.dat", data);
            "dumps/crm_v1"
        }
        _ => {
            ingest.work.write("dumps/crm_v1/t.json", descriptor);
            ingest.work.write("dumps/crm_v1/t.dat.gz", gzip(data));
            "dumps/crm_v1"
        }
    }
}

#[test]
fn what_only_comes_late_is_in_the_configuration() {
    // In the middle, from there on, and in the last rows only.
    let places = [(ROWS * 2 / 5, ROWS * 3 / 5), (ROWS / 2, ROWS), (ROWS - 20, ROWS)];
    for (number, late) in KINDS.iter().enumerate() {
        let (start, end) = places[number % 3];
        println!("{} from row {start} to {end}", late.name);
        let ingest = ingest!();
        let (data, count) = data(late.separator, &(late.special)(), start, end);
        let path = pack(&ingest, &data, (number + number / 3) % 3);
        says_all(&super::inspected(&ingest, &[path]), late.says);
        let found = match late.expected {
            None => ingest.db.one("SELECT count(*) FROM v1_t WHERE txt IS NULL"),
            Some(text) => ingest.db.one(&format!("SELECT count(*) FROM v1_t WHERE txt = '{text}'")),
        };
        let all = ingest.db.one("SELECT count(*) FROM v1_t");
        assert_eq!((found, all), (count.to_string(), ROWS.to_string()), "{} in {path}", late.name);
    }
}

/// Dates, types and rows of another width.
#[test]
fn late_values_decide_on_types_and_the_order_of_dates() {
    let filler = "x".repeat(TEXT_BYTES);
    let data = |late: &str| {
        let mut data = "id|d|txt\n".to_owned();
        (1..=ROWS).for_each(|row| data.push_str(&format!("{row}|01/02/2019|{filler}\n")));
        data.push_str(late);
        data
    };
    for (late, lines, types) in [
        (
            "4001|27/02/2019|y\n",
            &["date_order: dmy", "\"27/02/2019\" near byte 16,", "of t.dat, column \"d\""][..],
            ["bigint", "date", "text"],
        ),
        (
            "4001a|01/02/2019|y\n",
            &["column \"id\" of t.dat would be integer without \"4001a\" near byte 16,"],
            ["text", "text", "text"],
        ),
        (
            "4001|01/02/2019|y|z\n",
            &[
                "lines and rows have the right number of fields (3); ",
                "DOUBT: the first other one, near byte 16,",
                "of t.dat, has 4 fields",
            ],
            ["bigint", "text", "text"],
        ),
    ] {
        let ingest = ingest!();
        ingest.work.write("t.dat", data(late));
        let run = pghaul!(ingest.work).args(["inspect", "t.dat"]).run();
        run.assert_code(0);
        println!("{}", run.stdout);
        let expected: Vec<String> = types.iter().map(|name| format!("\"column_type\": \"{name}\"")).collect();
        says(&run.stdout, &expected.iter().map(String::as_str).collect::<Vec<_>>());
        says_all(&run.stdout, lines);
    }
}

/// A piece of a data file may begin within quotes: its rows are found all the same.
#[test]
fn values_of_many_lines_are_no_reason_for_another_guess() {
    let ingest = ingest!();
    let lines = "a, \"\"b\"\"\n".repeat(200);
    let mut data = "id,txt,born\n".to_owned();
    (1..=8000).for_each(|row| data.push_str(&format!("{row},\"{lines}\",2019-02-27\n")));
    assert!(data.len() > 12 << 20);
    ingest.dump("crm_v1.zip", &Dump::new().table("t", &COLUMNS, data));
    let config = super::inspected(&ingest, &["dumps/crm_v1.zip"]);
    says(&config, &["field_separator: ','", "dat_quote: '\"'", "escape: none", "header: true"]);
    assert!(!config.contains("DOUBT: the first other one"), "{config}");
    assert_eq!(ingest.db.one("SELECT concat(count(*), ' ', min(length(txt))) FROM v1_t"), "8000 1400");
}
