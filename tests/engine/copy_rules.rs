//! By `quotes: copy`, what a data file means is what PostgreSQL's own `COPY … (FORMAT csv)` makes of it: the same bytes go
//! to the server both ways, and both load the same rows or both refuse them.
//!
//! `PROPTEST_CASES=20000` for a long run.

use pghaul::copy::encode::batch_encoder::BatchEncoder;
use pghaul::copy::encode::questions::resolver::Resolver;
use pghaul::copy::encode::{CopyColumn, Encoder, RowFormat};
use pghaul::copy::input::batch::BatchReader;
use pghaul::copy::input::format::{Format, Quotes};
use pghaul::copy::input::header::read_header;
use pghaul::copy::rejects::lines::Rejects;
use pghaul::copy::send::sink::CopySink;
use pghaul::copy::send::stream::{finish_rows, send_rows};
use pghaul::pg::ident::Qualified;
use pghaul_test_support::server;
use postgres::{Client, Transaction};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::cell::RefCell;
use std::io::Write;

/// A short run; it takes about two seconds.
const CASES: u32 = 500;

/// The rows in the order of the file, or that they were refused.
pub type Loaded = Option<Vec<Vec<Option<String>>>>;

/// What a data row may be made of: whole fields of every form, and bytes that make sense only by accident.
fn token() -> impl Strategy<Value = &'static [u8]> {
    let fields: [&[u8]; 12] = [
        b"",
        b"NULL",
        b"`NULL`",
        b"x",
        b"`a|b`",
        b"`a``b`",
        b"``",
        b"`l\nm`",
        b"\\N",
        b"\xE9\x80",
        b"y`z|`w",
        b"````",
    ];
    let bytes: [&[u8]; 10] = [b"|", b"`", b"\n", b"\r", b"\r\n", b"\\", b".", b"\t", b" ", b"N"];
    prop_oneof![3 => prop::sample::select(fields.to_vec()), 1 => prop::sample::select(bytes.to_vec())]
}

/// A data file with its number of columns.
fn data_file() -> impl Strategy<Value = (usize, Vec<u8>)> {
    let line_end = prop::sample::select(vec![&b"\n"[..], b"\r\n", b"\r"]);
    let rows = vec(vec(token(), 1..4), 0..5);
    (1..4usize, line_end, rows, any::<bool>()).prop_map(|(columns, line_end, rows, ends_with_line_end)| {
        let mut data = ["a", "a|b", "a|b|c"][columns - 1].as_bytes().to_vec();
        for row in rows {
            data.extend_from_slice(line_end);
            data.extend_from_slice(&row.join(&b'|'));
        }
        if ends_with_line_end {
            data.extend_from_slice(line_end);
        }
        (columns, data)
    })
}

/// How many cases a property is tried with.
pub fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").map_or(CASES, |cases| cases.parse().unwrap())
}

/// Creates the table that this transaction loads and then forgets.
fn empty_table(client: &mut Client, columns: usize) -> Transaction<'_> {
    let mut transaction = client.transaction().unwrap();
    let columns: Vec<String> = ["a", "b", "c"][..columns].iter().map(|name| format!("{name} text")).collect();
    transaction.batch_execute(&format!("CREATE TABLE t ({})", columns.join(", "))).unwrap();
    transaction
}

fn rows(transaction: &mut Transaction<'_>) -> Loaded {
    let rows = transaction.query("SELECT * FROM t ORDER BY ctid", &[]).unwrap();
    Some(rows.iter().map(|row| (0..row.len()).map(|index| row.get(index)).collect()).collect())
}

/// The rows that a `COPY t FROM STDIN …` loads.
pub fn copied(client: &mut Client, columns: usize, sql: &str, data: &[u8]) -> Loaded {
    let mut transaction = empty_table(client, columns);
    let mut writer = transaction.copy_in(sql).unwrap();
    writer.write_all(data).unwrap();
    writer.finish().ok()?;
    rows(&mut transaction)
}

/// The rows that the engine loads; the columns of the table are `a`, `b`, `c`.
pub fn by_us(
    client: &mut Client,
    columns: usize,
    data: &[u8],
    format: &Format,
    row_format: RowFormat,
) -> Loaded {
    let mut transaction = empty_table(client, columns);
    let mut input = data;
    let (header, rest) = read_header(&mut input, format, 1600).unwrap();
    let columns = ["a", "b", "c"][..columns].iter().map(|name| CopyColumn::new(*name, "text")).collect();
    let mut encoder = match row_format {
        RowFormat::Text => Encoder::text_only(columns, format.clone()),
        RowFormat::Binary => Encoder::new(columns, format.clone()),
    };
    assert_eq!(encoder.row_format(), row_format);
    let open = |input| BatchReader::new(input, rest.clone(), format, header.line_end, header.data_origin);
    let mut reader = open(input);
    let mut sink =
        CopySink::open(&mut transaction, &Qualified::new("public", "t"), encoder.columns(), row_format, true)
            .unwrap();
    let no_questions = || panic!("every text is known");
    let mut resolver = Resolver::new(&no_questions);
    let rejects = Rejects::none();
    let batches = BatchEncoder::new(&mut encoder, &mut resolver, header.line_end, false);
    let sent = send_rows(&mut reader, batches, &mut sink, &rejects, None, &|_| ()).ok()?;
    finish_rows(sink, &sent, &encoder, header.line_end, &rejects, || Ok(open(input))).unwrap();
    rows(&mut transaction)
}

/// A line that holds `\.` alone ends the data for servers before PostgreSQL 18, and what follows is ignored. Here, as
/// in 18, it is data; `src/copy/input/rows.rs` says why.
fn has_an_end_marker(data: &[u8]) -> bool {
    data.windows(3).any(|bytes| matches!(bytes, [b'\n' | b'\r', b'\\', b'.']))
}

#[test]
fn rows_are_found_as_copy_finds_them() {
    let database = server().database();
    let client = RefCell::new(database.client());
    let sql =
        "COPY t FROM STDIN WITH (FORMAT csv, HEADER, DELIMITER '|', QUOTE '`', NULL 'NULL', ENCODING latin1)";
    let ours_format = Format { quotes: Quotes::Copy, ..Format::new("|", "`", "NULL", "latin_1").unwrap() };
    let mut runner =
        TestRunner::new(Config { cases: cases(), failure_persistence: None, ..Config::default() });
    let result = runner.run(&data_file(), |(columns, data)| {
        prop_assume!(!has_an_end_marker(&data));
        let theirs = copied(&mut client.borrow_mut(), columns, sql, &data);
        for format in [RowFormat::Binary, RowFormat::Text] {
            let ours = by_us(&mut client.borrow_mut(), columns, &data, &ours_format, format);
            prop_assert_eq!(&ours, &theirs, "{:?}: {:?}", format, String::from_utf8_lossy(&data));
        }
        Ok(())
    });
    if let Err(difference) = result {
        panic!("{difference}");
    }
}
