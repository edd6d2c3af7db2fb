//! Each stage of a row's way through the client, on one core: `cargo bench --bench stages [NAME]`.
//!
//! The rows are those of tables A and B of `docs/benchmarks.md`, in memory. Nothing is sent.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use pghaul::copy::encode::Encoder;
use pghaul::copy::input::batch::{BATCH_BYTES, Batch, BatchReader, BatchSource};
use pghaul::copy::input::charset::Charset;
use pghaul::copy::input::format::{
    DEFAULT_ENCODING, DEFAULT_NULL, DEFAULT_QUOTE, DEFAULT_SEPARATOR, Format, LineEnd,
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
            "inflate, text to binary rows",
            Box::new(move || encode(inflate(&table.deflated[..]), &mut binary_inflated, table.rows)),
        ),
    ]
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
    let (line_end, mut reader) = reader(input);
    let format = latin1();
    let (mut batch, mut fields, mut out, mut count) = (Batch::new(), Vec::new(), Vec::new(), 0);
    while reader.next_into(&mut batch).unwrap() {
        out.clear();
        let mut found = Rows::new(&batch, &format, line_end);
        while found.next_row(&mut fields).unwrap().is_some() {
            encoder.push_row(&batch.bytes, &fields, &mut out).unwrap();
            count += 1;
        }
        black_box(&out);
    }
    assert_eq!(count, rows);
    assert!(!encoder.has_questions(), "a value that the server would be asked about");
}
