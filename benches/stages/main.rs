//! Each stage of a row's way through the client, on one core: `cargo bench --bench stages [NAME]`.
//!
//! The rows are those of tables A and B of `docs/benchmarks.md`, in memory. Nothing is sent.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use pghaul::copy::encode::Encoder;
use pghaul::copy::input::batch::{BATCH_BYTES, Batch, BatchReader, BatchSource};
use pghaul::copy::input::charset::Charset;
use pghaul::copy::input::format::{
    DEFAULT_ENCODING, DEFAULT_NULL, DEFAULT_QUOTE, DEFAULT_SEPARATOR, Format, LineEnd, Spelling,
};
use pghaul::copy::input::header::read_header;
use pghaul::copy::input::rows::Rows;
use std::hint::black_box;
use std::io::Read;
use support::{is_wanted, measure};
use table::{Table, inflate};

#[path = "../support/mod.rs"]
mod support;
mod table;

/// Some 64 MB of text.
const ROWS: usize = 570_000;
/// What the goals are about: text to binary rows, inflation left out.
const GOAL: &str = "text to binary rows";
/// The tables, and their goals (MB of text per second).
const TABLES: [(&str, &str, u32); 2] = [("A", "user_assigned_courses", 600), ("B", "users", 800)];

fn main() {
    println!("{:<44} {:>6} {:>8} {:>10} {:>7}", "", "MB/s", "fastest", "M rows/s", "ns/row");
    for (letter, name, goal) in TABLES {
        let table = Table::generate(name, ROWS);
        for (stage, mut run) in stages(&table) {
            let label = format!("{letter}: {stage}");
            if !is_wanted(&label) {
                continue;
            }
            let times = measure(&mut run);
            // Of the text in Latin-1, whatever the stage reads, so that all numbers can be compared.
            let [megabytes, fastest] = times.millions_per_second(table.text.len());
            let [rows, _] = times.millions_per_second(table.rows);
            let [nanoseconds, _] = times.nanoseconds_each(table.rows);
            print!("{label:<44} {megabytes:>6.0} {fastest:>8.0} {rows:>10.2} {nanoseconds:>7.0}");
            match stage == GOAL {
                true if megabytes >= f64::from(goal) => println!("  goal: {goal}, met"),
                true => println!("  goal: {goal}, missed"),
                false => println!(),
            }
        }
    }
}

type Stage<'t> = (&'static str, Box<dyn FnMut() + 't>);

fn stages(table: &Table) -> Vec<Stage<'_>> {
    let text = table.text.as_slice();
    // Most texts then have a character that is no ASCII; no month has an i.
    let accented: Vec<u8> = text.iter().map(|byte| if *byte == b'i' { 0xEE } else { *byte }).collect();
    let utf16: Vec<u8> = text.iter().flat_map(|byte| [*byte, 0]).collect();
    let mut binary = Encoder::new(table.columns.clone(), latin1());
    let mut binary_accented = Encoder::new(table.columns.clone(), latin1());
    let mut binary_inflated = Encoder::new(table.columns.clone(), latin1());
    let mut plain = Encoder::text_only(table.columns.clone(), latin1());
    let (line_end, batches) = batches(text);
    let encoder = |format: &Format| Encoder::new(table.columns.clone(), format.clone());
    let quoted = written(text, "|", "\n", true, |value| format!("`{}`", value.replace('`', "``")));
    let inside = written(text, "|", "\n", true, |value| match value.starts_with('i') {
        // It would open quotes.
        true => value.to_owned(),
        false => value.replace('i', "`"),
    });
    let (mut binary_quoted, mut binary_inside) = (encoder(&latin1()), encoder(&latin1()));
    let (outfile_format, bcp_format) = (outfile_format(), bcp_format());
    // Each i becomes a letter that is escaped, as a quote is.
    let outfile = written(text, "\t", "\n", false, |value| value.replace('\\', "\\\\").replace("ie", "\\ie"));
    let bcp = written(text, "\t", "\r\n", false, str::to_owned);
    let (mut binary_outfile, mut binary_bcp) = (encoder(&outfile_format), encoder(&bcp_format));
    vec![
        ("inflate, with its checksum", Box::new(|| inflate_all(table))),
        ("decode UTF-16", Box::new(move || decode("utf-16le", &utf16))),
        ("decode windows-1252", Box::new(|| decode("windows-1252", text))),
        ("cut into batches", Box::new(|| cut(text))),
        ("split into rows and fields", Box::new(move || split(&batches, line_end, table.rows))),
        (GOAL, Box::new(move || encode(text, &mut binary, table.rows))),
        (
            "text to binary rows, î for i",
            Box::new(move || encode(&accented[..], &mut binary_accented, table.rows)),
        ),
        ("text to text rows", Box::new(move || encode(text, &mut plain, table.rows))),
        (
            "text to binary rows, all quoted",
            Box::new(move || encode_as(&quoted[..], &latin1(), &mut binary_quoted, table.rows)),
        ),
        (
            "text to binary rows, quotes inside",
            Box::new(move || encode_as(&inside[..], &latin1(), &mut binary_inside, table.rows)),
        ),
        (
            "text to binary rows, outfile",
            Box::new(move || encode_as(&outfile[..], &outfile_format, &mut binary_outfile, table.rows)),
        ),
        (
            "text to binary rows, bcp",
            Box::new(move || encode_as(&bcp[..], &bcp_format, &mut binary_bcp, table.rows)),
        ),
        (
            "inflate, text to binary rows",
            Box::new(move || encode(inflate(&table.deflated[..]), &mut binary_inflated, table.rows)),
        ),
    ]
}

/// The rows of `text` as another program would write them. `NULL` stays what it is.
fn written(
    text: &[u8],
    separator: &str,
    line_end: &str,
    has_header: bool,
    value: impl Fn(&str) -> String,
) -> Vec<u8> {
    let format = latin1();
    let mut input = text;
    let (header, rest) = read_header(&mut input, &format, 1600).unwrap();
    let mut out = if has_header { header.line.clone() } else { Vec::new() };
    let mut reader = BatchReader::new(input, rest, &format, header.line_end, header.data_origin);
    let (mut batch, mut fields, mut scratch) = (Batch::new(), Vec::new(), Vec::new());
    while reader.next_into(&mut batch).unwrap() {
        let mut rows = Rows::new(&batch, &format, header.line_end);
        while rows.next_row(&mut fields).unwrap().is_some() {
            for (number, field) in fields.iter().enumerate() {
                if number > 0 {
                    out.extend_from_slice(separator.as_bytes());
                }
                let text =
                    String::from_utf8_lossy(field.value(&batch.bytes, &format, &mut scratch)).into_owned();
                let is_null = field.is_null(&batch.bytes, &format);
                out.extend_from_slice(if is_null { text } else { value(&text) }.as_bytes());
            }
            out.extend_from_slice(line_end.as_bytes());
        }
    }
    out
}

fn outfile_format() -> Format {
    let spelling =
        Spelling { separator: "\t", quote: "", escape: "\\", line_end: "\n", ..Spelling::default() };
    Format { has_header: false, ..spelling.format().unwrap() }
}

fn bcp_format() -> Format {
    let spelling = Spelling { separator: "\t", quote: "", line_end: "\r\n", ..Spelling::default() };
    Format { has_header: false, nul_is_empty: true, ..spelling.format().unwrap() }
}

fn latin1() -> Format {
    Format::new(DEFAULT_SEPARATOR, DEFAULT_QUOTE, DEFAULT_NULL, DEFAULT_ENCODING).unwrap()
}

/// What the reader of members does, from memory.
fn inflate_all(table: &Table) {
    let (mut reader, mut block, mut bytes) = (inflate(&table.deflated[..]), vec![0; BATCH_BYTES], 0);
    let mut checksum = crc32fast::Hasher::new();
    loop {
        let count = reader.read(&mut block).unwrap();
        checksum.update(&block[..count]);
        bytes += count;
        if count == 0 {
            break;
        }
    }
    assert_eq!(bytes, table.text.len());
    black_box(checksum.finalize());
}

fn decode(encoding: &str, bytes: &[u8]) {
    let mut reader = Charset::for_label(encoding).unwrap().reader(bytes);
    let mut block = vec![0; BATCH_BYTES];
    while reader.read(&mut block).unwrap() > 0 {
        black_box(&block);
    }
}

/// Everything that is in front of the batches: the header line.
fn reader<R: Read>(mut input: R) -> (LineEnd, BatchReader<R>) {
    let format = latin1();
    let (header, rest) = read_header(&mut input, &format, 1600).unwrap();
    (header.line_end, BatchReader::new(input, rest, &format, header.line_end, header.data_origin))
}

fn cut(text: &[u8]) {
    let (_, mut reader) = reader(text);
    let mut batch = Batch::new();
    while reader.next_into(&mut batch).unwrap() {
        black_box(&batch);
    }
}

fn batches(text: &[u8]) -> (LineEnd, Vec<Batch>) {
    let (line_end, mut reader) = reader(text);
    let mut batches = Vec::new();
    let mut batch = Batch::new();
    while reader.next_into(&mut batch).unwrap() {
        batches.push(std::mem::take(&mut batch));
    }
    (line_end, batches)
}

fn split(batches: &[Batch], line_end: LineEnd, rows: usize) {
    let (format, mut fields, mut count) = (latin1(), Vec::new(), 0);
    for batch in batches {
        let mut found = Rows::new(batch, &format, line_end);
        while found.next_row(&mut fields).unwrap().is_some() {
            count += 1;
            black_box(&fields);
        }
    }
    assert_eq!(count, rows);
}

/// All that a stream does but for sending: what it would send is written to memory over and over.
fn encode(input: impl Read, encoder: &mut Encoder, rows: usize) {
    encode_as(input, &latin1(), encoder, rows);
}

fn encode_as(mut input: impl Read, format: &Format, encoder: &mut Encoder, rows: usize) {
    let (header, rest) = read_header(&mut input, format, 1600).unwrap();
    let line_end = header.line_end;
    let mut reader = BatchReader::new(input, rest, format, line_end, header.data_origin);
    let (mut batch, mut fields, mut out, mut count) = (Batch::new(), Vec::new(), Vec::new(), 0);
    while reader.next_into(&mut batch).unwrap() {
        out.clear();
        let mut found = Rows::new(&batch, format, line_end);
        while found.next_row(&mut fields).unwrap().is_some() {
            encoder.push_row(&batch.bytes, &fields, &mut out).unwrap();
            count += 1;
        }
        black_box(&out);
    }
    assert_eq!(count, rows);
    assert!(!encoder.has_questions(), "a value that the server would be asked about");
}
