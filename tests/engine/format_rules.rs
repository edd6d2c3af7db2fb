//! What files of other programs mean is what those programs make of them: `COPY`'s text format and `ESCAPE`, MariaDB's `INTO
//! OUTFILE` and `LOAD DATA`, and the rules of `bcp`.
//!
//! `PROPTEST_CASES=20000` for a long run.

use crate::copy_rules::{Loaded, by_us, cases, copied};
use pghaul::copy::encode::RowFormat;
use pghaul::copy::input::format::{Format, Quotes, Spelling};
use pghaul_test_support::{MariaDb, server};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;
use std::fs;

fn check<T: std::fmt::Debug>(
    cases: u32,
    strategy: impl Strategy<Value = T>,
    test: impl Fn(T) -> Result<(), TestCaseError>,
) {
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    if let Err(difference) = runner.run(&strategy, test) {
        panic!("{difference}");
    }
}

/// A file of rows, each of so many fields, and a line end behind all but perhaps the last one.
fn file(
    columns: usize,
    token: impl Strategy<Value = &'static [u8]> + Clone,
    separator: &'static [u8],
    line_end: &'static [u8],
) -> impl Strategy<Value = Vec<u8>> {
    let field = vec(token, 0..4).prop_map(|tokens| tokens.concat());
    let row = vec(field, columns..=columns).prop_map(move |fields| fields.join(separator));
    vec(row, 0..6)
        .prop_map(move |rows| rows.into_iter().flat_map(|row| [&row[..], line_end].concat()).collect())
}

fn tokens(tokens: &'static [&'static [u8]]) -> impl Strategy<Value = &'static [u8]> + Clone {
    prop::sample::select(tokens)
}

fn outfile(spelling: Spelling<'_>) -> Format {
    let spelling =
        Spelling { escape: "\\", escapes_all: true, nulls: vec!["\\N"], line_end: "\n", ..spelling };
    Format { has_header: false, ..spelling.format().unwrap() }
}

/// Escapes that COPY's text format and MySQL have in common.
const COMMON: [&[u8]; 16] = [
    b"x",
    b"\\N",
    b"N",
    b"\\\\",
    b"\\b",
    b"\\n",
    b"\\r",
    b"\\t",
    b"\\\t",
    b"\\\n",
    b"\\q",
    b"\\`",
    b"`",
    b"\"",
    b"\xE9\x80",
    b"a longer text that fills a good part of a block",
];

#[test]
fn escapes_are_those_of_copys_text_format() {
    let database = server().database();
    let client = RefCell::new(database.client());
    let format = outfile(Spelling { separator: "\t", quote: "", ..Spelling::default() });
    let sql = "COPY t FROM STDIN WITH (FORMAT text, ENCODING latin1)";
    check(cases(), file(2, tokens(&COMMON), b"\t", b"\n"), |data| {
        let theirs = copied(&mut client.borrow_mut(), 2, sql, &data);
        for row_format in [RowFormat::Binary, RowFormat::Text] {
            let ours = by_us(&mut client.borrow_mut(), 2, &data, &format, row_format);
            prop_assert_eq!(&ours, &theirs, "{:?}", String::from_utf8_lossy(&data));
        }
        Ok(())
    });
}

#[test]
fn escapes_within_quotes_are_those_of_copys_csv() {
    const TOKENS: [&[u8]; 12] =
        [b"x", b"`", b"`", b"\\`", b"\\\\", b"\\", b"`a|b`", b"`\\``", b"`a\\`b`", b"``", b"`\n`", b"NULL"];
    let database = server().database();
    let client = RefCell::new(database.client());
    let spelling = Spelling { escape: "\\", quotes: Quotes::Copy, line_end: "\n", ..Spelling::default() };
    let format = Format { has_header: false, ..spelling.format().unwrap() };
    let sql = "COPY t FROM STDIN WITH (FORMAT csv, DELIMITER '|', QUOTE '`', ESCAPE '\\', NULL 'NULL', ENCODING latin1)";
    check(cases(), file(2, tokens(&TOKENS), b"|", b"\n"), |data| {
        let theirs = copied(&mut client.borrow_mut(), 2, sql, &data);
        let ours = by_us(&mut client.borrow_mut(), 2, &data, &format, RowFormat::Binary);
        prop_assert_eq!(ours, theirs, "{:?}", String::from_utf8_lossy(&data));
        Ok(())
    });
}

/// How MariaDB is told to write and read, and what that is here.
fn dialects() -> [(&'static str, Format); 4] {
    let plain = Spelling { separator: "\t", quote: "", encoding: "utf-8", ..Spelling::default() };
    [
        ("", outfile(plain.clone())),
        (
            "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'",
            outfile(Spelling { separator: ",", quote: "\"", ..plain.clone() }),
        ),
        (
            "FIELDS TERMINATED BY ';' ENCLOSED BY '\\''",
            outfile(Spelling { separator: ";", quote: "'", ..plain.clone() }),
        ),
        ("FIELDS TERMINATED BY '|~|'", outfile(Spelling { separator: "|~|", ..plain })),
    ]
}

/// Values with everything that has a meaning somewhere.
fn values() -> impl Strategy<Value = Vec<[Option<String>; 2]>> {
    let value = prop::option::weighted(0.9, "[a\\\\\"'`,;|~\t\n\r\u{8}\u{1A}NnZ0é表 ]{0,8}");
    vec([value.clone(), value], 0..30)
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_mariadb_writes_is_read_and_mariadb_reads_it_alike() {
    let maria = MariaDb::start();
    let database = server().database();
    let client = RefCell::new(database.client());
    maria.run("CREATE DATABASE d CHARACTER SET utf8mb4; CREATE TABLE d.t (n int auto_increment primary key, a longtext, b longtext); \
               CREATE TABLE d.u LIKE d.t");
    let number = RefCell::new(0);
    for (clauses, format) in dialects() {
        check(16, values(), |rows| {
            *number.borrow_mut() += 1;
            let path = maria.files().join(format!("file{}", number.borrow()));
            let file = path.display();
            let literal = |value: &Option<String>| match value.as_deref() {
                None => "NULL".to_owned(),
                Some("") => "''".to_owned(),
                Some(text) => format!("x'{}'", hex(text)),
            };
            let inserted: String = rows
                .iter()
                .map(|[a, b]| format!("INSERT INTO d.t (a, b) VALUES ({}, {});\n", literal(a), literal(b)))
                .collect();
            maria.run(&format!(
                "TRUNCATE d.t; TRUNCATE d.u; {inserted} SELECT a, b FROM d.t ORDER BY n INTO OUTFILE '{file}' \
                 CHARACTER SET utf8mb4 {clauses}; LOAD DATA INFILE '{file}' INTO TABLE d.u CHARACTER SET utf8mb4 {clauses} (a, b);"
            ));
            let data = fs::read(&path).unwrap();
            let expected: Loaded = Some(rows.iter().map(|row| row.to_vec()).collect());
            let ours = by_us(&mut client.borrow_mut(), 2, &data, &format, RowFormat::Binary);
            prop_assert_eq!(&ours, &expected, "{}: {:?}", clauses, String::from_utf8_lossy(&data));
            let shown = |column: &str| format!("ifnull(hex({column}), 'NULL')");
            let theirs = maria.run(&format!("SELECT {}, {} FROM d.u ORDER BY n", shown("a"), shown("b")));
            let expected: String = rows
                .iter()
                .map(|row| {
                    row.each_ref()
                        .map(|value| value.as_deref().map_or("NULL".into(), |text| hex(text).to_uppercase()))
                })
                .map(|[a, b]| format!("{a}\t{b}\n"))
                .collect();
            prop_assert_eq!(theirs, expected, "{}", clauses);
            Ok(())
        });
    }
}

/// What LOAD DATA makes of files that it has not written.
#[test]
fn escapes_are_those_of_load_data() {
    const TOKENS: [&[u8]; 15] = [
        b"x", b"N", b"\\N", b"\\\\", b"\\b", b"\\n", b"\\r", b"\\t", b"\\Z", b"\\\t", b"\\\n", b"\\q", b"\"",
        b"\\\"", b"\r",
    ];
    let maria = MariaDb::start();
    let database = server().database();
    let client = RefCell::new(database.client());
    maria.run("CREATE DATABASE d CHARACTER SET utf8mb4; CREATE TABLE d.u (n int auto_increment primary key, a longtext, b longtext)");
    let format = outfile(Spelling { separator: "\t", quote: "", encoding: "utf-8", ..Spelling::default() });
    let number = RefCell::new(0);
    check(60, file(2, tokens(&TOKENS), b"\t", b"\n"), |data| {
        *number.borrow_mut() += 1;
        let path = maria.files().join(format!("file{}", number.borrow()));
        fs::write(&path, &data).unwrap();
        let theirs = maria.run(&format!(
            "TRUNCATE d.u; LOAD DATA INFILE '{}' INTO TABLE d.u CHARACTER SET utf8mb4 (a, b); \
             SELECT ifnull(hex(a), 'NULL'), ifnull(hex(b), 'NULL') FROM d.u ORDER BY n",
            path.display()
        ));
        let ours = by_us(&mut client.borrow_mut(), 2, &data, &format, RowFormat::Binary).unwrap();
        let shown = |value: &Option<String>| {
            value.as_deref().map_or("NULL".to_owned(), |text| hex(text).to_uppercase())
        };
        let ours: String =
            ours.iter().map(|row| format!("{}\t{}\n", shown(&row[0]), shown(&row[1]))).collect();
        prop_assert_eq!(ours, theirs, "{:?}", String::from_utf8_lossy(&data));
        Ok(())
    });
}

/// Reads a file as `bcp` in character mode does (SQL Server documentation, "bcp utility", and "Keep nulls or default values
/// during bulk import"): a field ends with its terminator, the last one of a row with that of the row, nothing else has a
/// meaning; an empty field is NULL, and a NUL is the empty text.
fn by_bcp(data: &str, columns: usize, field: &str, row: &str) -> Loaded {
    let (mut rest, mut rows) = (data, Vec::new());
    while !rest.is_empty() {
        let mut fields = Vec::new();
        for column in 1..=columns {
            let terminator = if column < columns { field } else { row };
            let (text, behind) = rest.split_once(terminator)?;
            if column < columns && text.contains(row) || column == columns && text.contains(field) {
                return None;
            }
            rest = behind;
            fields.push(match text {
                "" => None,
                "\0" => Some(String::new()),
                text if text.contains('\0') => return None,
                text => Some(text.to_owned()),
            });
        }
        rows.push(fields);
    }
    Some(rows)
}

#[test]
fn fields_are_those_of_bcp() {
    const TOKENS: [&[u8]; 12] = [
        b"",
        b"",
        b"x",
        b"\0",
        b"NULL",
        b"\\N",
        b"\"",
        b"`",
        b"\n",
        b"\r",
        b"a\n\nb",
        b"a longer text with \\\t",
    ];
    let database = server().database();
    let client = RefCell::new(database.client());
    for (field, row) in [("\t", "\r\n"), ("|~|", "<EOL>"), (";", "~\r\n")] {
        let spelling =
            Spelling { separator: field, quote: "", nulls: vec![""], line_end: row, ..Spelling::default() };
        let format = Format { nul_is_empty: true, has_header: false, ..spelling.format().unwrap() };
        check(cases() / 2, file(3, tokens(&TOKENS), field.as_bytes(), row.as_bytes()), |data| {
            let text = String::from_utf8(data.clone()).unwrap();
            let ours = by_us(&mut client.borrow_mut(), 3, &data, &format, RowFormat::Binary);
            prop_assert_eq!(ours, by_bcp(&text, 3, field, row), "{:?}", text);
            Ok(())
        });
    }
}
