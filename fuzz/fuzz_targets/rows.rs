//! Any bytes as a data file: the rows, fields and values are those that COPY's rules give when they are applied byte by
//! byte, and what is sent as text is those values.

#![no_main]
#![allow(clippy::unwrap_used, reason = "a fuzz target fails by panicking")]

use libfuzzer_sys::fuzz_target;
use pghaul::copy::encode::{CopyColumn, Encoder};
use pghaul::copy::input::batch::{Batch, BatchReader, BatchSource, Origin};
use pghaul::copy::input::field::FieldSpan;
use pghaul::copy::input::format::{Format, LineEnd, Quotes};
use pghaul::copy::input::header::read_header;
use pghaul::copy::input::rows::{Extent, RowFault, Rows};

/// Smaller than a batch, so that all rows are in one, and no row has too many fields.
const MAX_BYTES: usize = 64 << 10;

/// A row as the rules give it: where it begins, and the fields' places.
#[derive(Debug, PartialEq)]
struct Row {
    origin: Origin,
    fields: Vec<(usize, usize)>,
}

// The first byte chooses the format.
fuzz_target!(|input: &[u8]| {
    let Some((choice, data)) = input.split_first() else { return };
    if data.len() > MAX_BYTES {
        return;
    }
    let encoding = if choice & 1 == 0 { "latin_1" } else { "utf-8" };
    let format = match choice >> 1 & 3 {
        0 => Format::new("|", "`", "NULL", encoding),
        1 => Format::new(",", "\"", "", encoding),
        2 => Format::new("\t", "'", "\\N", encoding),
        _ => Format::new(" ", "N", "0", encoding),
    }
    .unwrap();
    let format = Format { quotes: Quotes::Copy, ..format };
    let mut input = data;
    let Ok((header, rest)) = read_header(&mut input, &format, 1600) else { return };
    let mut reader = BatchReader::new(input, rest, &format, header.line_end, header.data_origin);
    let (mut batch, mut read) = (Batch::new(), header.data_origin.offset as usize);
    let columns =
        (0..header.columns.len()).map(|index| CopyColumn::new(format!("c{index}"), "text")).collect();
    let mut encoder = Encoder::text_only(columns, format.clone());
    while reader.next_into(&mut batch).unwrap() {
        assert_eq!(batch.origin.offset as usize, read);
        assert_eq!(batch.bytes, data[read..read + batch.bytes.len()]);
        read += batch.bytes.len();
        check(&batch, &format, header.line_end, &mut encoder);
    }
    assert_eq!(read, data.len());
});

fn check(batch: &Batch, format: &Format, line_end: LineEnd, encoder: &mut Encoder) {
    let expected = by_the_rules(batch, format, line_end);
    let mut rows = Rows::new(batch, format, line_end);
    let mut fields = Vec::new();
    for row in expected {
        let found = rows.next_row(&mut fields);
        let row = match (row, found) {
            (Ok(row), Ok(Some(origin))) => {
                let places = fields.iter().map(|field| (field.start, field.end)).collect();
                assert_eq!(row, Row { origin, fields: places });
                row
            }
            (Err((origin, extent)), Err(fault)) => {
                assert_eq!((origin, extent), (fault.origin, fault.extent), "{}", fault.what);
                if extent == Extent::Rest {
                    return;
                }
                continue;
            }
            (expected, found) => panic!("{found:?} where {expected:?} is expected"),
        };
        check_values(batch, format, &fields, &row);
        check_text(batch, format, &fields, encoder);
    }
    assert_eq!(rows.next_row(&mut fields), Ok::<_, RowFault>(None));
}

/// The rows, byte by byte.
fn by_the_rules(batch: &Batch, format: &Format, line_end: LineEnd) -> Vec<Result<Row, (Origin, Extent)>> {
    let bytes = &batch.bytes;
    let (mut all, mut at, mut line) = (Vec::new(), 0, batch.origin.line);
    while at < bytes.len() {
        let origin = Origin { line, offset: batch.origin.offset + at as u64 };
        let (mut fields, mut start) = (Vec::new(), at);
        let (mut inside, mut is_stray, mut has_ended) = (false, false, false);
        while at < bytes.len() && !has_ended {
            let byte = bytes[at];
            line += u64::from(byte == line_end.last_byte());
            inside ^= Some(byte) == format.quote;
            if !inside && Some(byte) == format.separator.single() {
                fields.push((start, at));
                start = at + 1;
            }
            let next_is_lf = bytes.get(at + 1) == Some(&b'\n');
            let follows_cr = at > start && bytes[at - 1] == b'\r';
            match (byte, line_end) {
                _ if inside => {}
                (b'\n', LineEnd::Lf) | (b'\r', LineEnd::Cr) => {
                    fields.push((start, at));
                    has_ended = true;
                }
                (b'\n', LineEnd::CrLf) => {
                    // Nothing stands between the quotes' end and the line feed.
                    is_stray |= !follows_cr;
                    fields.push((start, at - usize::from(follows_cr)));
                    has_ended = true;
                }
                (b'\r', LineEnd::CrLf) => is_stray |= !next_is_lf,
                (b'\r' | b'\n', _) => is_stray = true,
                _ => {}
            }
            at += 1;
        }
        if inside {
            all.push(Err((origin, Extent::Rest)));
            break;
        }
        if !has_ended {
            fields.push((start, at));
        }
        all.push(if is_stray { Err((origin, Extent::Line)) } else { Ok(Row { origin, fields }) });
    }
    all
}

fn check_values(batch: &Batch, format: &Format, fields: &[FieldSpan], row: &Row) {
    let mut scratch = Vec::new();
    for (field, (start, end)) in fields.iter().zip(&row.fields) {
        let raw = &batch.bytes[*start..*end];
        let (value, has_quotes) = unquoted(raw, format.quote.unwrap());
        assert_eq!(field.odd, has_quotes);
        assert_eq!(field.plain, raw.iter().all(|byte| (1..0x80).contains(byte)));
        assert_eq!(field.is_null(&batch.bytes, format), !has_quotes && raw == format.null);
        assert_eq!(field.value(&batch.bytes, format, &mut scratch), value);
    }
}

fn unquoted(raw: &[u8], quote: u8) -> (Vec<u8>, bool) {
    let (mut value, mut inside, mut at) = (Vec::new(), false, 0);
    while at < raw.len() {
        let is_doubled = inside && raw[at] == quote && raw.get(at + 1) == Some(&quote);
        if is_doubled || raw[at] != quote {
            value.push(raw[at]);
        } else {
            inside = !inside;
        }
        at += 1 + usize::from(is_doubled);
    }
    (value, raw.contains(&quote))
}

/// Reads COPY's text format back (PostgreSQL documentation, COPY, "Text Format").
fn check_text(batch: &Batch, format: &Format, fields: &[FieldSpan], encoder: &mut Encoder) {
    let values: Vec<Option<Vec<u8>>> = fields
        .iter()
        .map(|field| {
            let value = || unquoted(field.raw(&batch.bytes), format.quote.unwrap()).0;
            (!field.is_null(&batch.bytes, format)).then(value)
        })
        .collect();
    let texts: Option<Vec<Option<String>>> = values
        .into_iter()
        .map(|value| match value {
            None => Some(None),
            Some(value) => {
                let text = format.charset.decode(&value)?.into_owned();
                (!text.contains('\0')).then_some(Some(text))
            }
        })
        .collect();
    let mut out = b"kept".to_vec();
    let pushed = encoder.push_row(&batch.bytes, fields, &mut out);
    match texts.filter(|texts| texts.len() == encoder.columns().len()) {
        Some(texts) => {
            pushed.unwrap();
            assert_eq!(read_text(&out[b"kept".len()..]), texts);
        }
        None => {
            pushed.unwrap_err();
            assert_eq!(out, b"kept");
        }
    }
}

fn read_text(row: &[u8]) -> Vec<Option<String>> {
    let row = std::str::from_utf8(row).unwrap().strip_suffix('\n').unwrap();
    row.split('\t')
        .map(|field| {
            if field == "\\N" {
                return None;
            }
            let (mut value, mut chars) = (String::new(), field.chars());
            while let Some(c) = chars.next() {
                assert_ne!(c, '\n');
                value.push(match (c, c == '\\') {
                    (_, true) => match chars.next().unwrap() {
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'v' => '\u{b}',
                        other => other,
                    },
                    (c, false) => c,
                });
            }
            Some(value)
        })
        .collect()
}
