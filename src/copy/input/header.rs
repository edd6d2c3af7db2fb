//! The beginning of a data file: the names and order of its columns, and the line end of the whole file.

use super::batch::{Batch, Origin, ROW_BYTES};
use super::field::FieldSpan;
use super::format::{EscapeKind, Format, LineEnd, Quotes};
use super::line_end::LineCount;
use super::rows::Rows;
use crate::error::Hint;
use crate::{Error, Place, Result};
use std::io::Read;

/// The longest header line, bytes. PostgreSQL allows 1600 columns of 63 bytes.
const MAX_HEADER_BYTES: usize = 1 << 20;

/// Bytes read first. Where the line does not end in them, as many are read again as there are.
const STEP_BYTES: usize = 4 << 10;

/// The UTF-8 form of U+FEFF, which some exports put before the first byte.
const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

/// What the beginning of a data file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The header line as it stands in the (decoded) data file, with its line end; empty where the file has none.
    pub line: Vec<u8>,
    /// Column names in the order of the data; none where the file has no header line.
    pub columns: Vec<String>,
    /// How the lines of this file end.
    pub line_end: LineEnd,
    /// Whether its first line has an end, which says so.
    pub has_line_end: bool,
    /// Where the first row begins.
    pub data_origin: Origin,
    /// Whether a UTF-8 byte-order mark stands before it.
    pub byte_order_mark: bool,
    /// Whether a CR stands before the first line end, which is said to be an LF.
    pub has_cr: bool,
    /// Whether a line of nothing but dashes follows the header, as sqlcmd and other programs draw it for readers.
    pub has_rule: bool,
}

/// The end of the first line.
#[derive(Debug, Clone, Copy)]
struct FirstEnd {
    line_end: LineEnd,
    /// Where the line's content ends.
    end: usize,
    /// Where the next line begins.
    next: usize,
}

/// Reads the header line from the start of a (decoded) data file; also returns the bytes that were read beyond it. Where the
/// format has no header line, it looks how the first row ends, unless the format says it.
///
/// # Errors
/// A file without a header line, a quote in it that is never closed, more than `max_columns`, names that are empty, not
/// valid text, or the same.
pub fn read_header(input: &mut impl Read, format: &Format, max_columns: usize) -> Result<(Header, Vec<u8>)> {
    let place = || Place::default().line(1);
    let longest = if format.has_header { MAX_HEADER_BYTES } else { ROW_BYTES };
    let mut bytes = Vec::with_capacity(STEP_BYTES);
    loop {
        let step = bytes.len().max(STEP_BYTES);
        let read = input.by_ref().take(step as u64).read_to_end(&mut bytes)?;
        let is_all = read < step;
        // The bytes behind the last one decide between CR and CR LF, hence the comparison with the length.
        let first = match find_line_end(&bytes, format) {
            Some(first) if first.next < bytes.len() || is_all => first,
            // The whole file is one line without an end: a header and no rows, or an open quote.
            None if is_all => {
                let line_end = format.said_line_end().unwrap_or(LineEnd::Lf);
                FirstEnd { line_end, end: bytes.len(), next: bytes.len() }
            }
            None if !format.has_header && format.line_end.is_some() => {
                let line_end = format.said_line_end().unwrap_or(LineEnd::Lf);
                FirstEnd { line_end, end: 0, next: 0 }
            }
            _ if bytes.len() > longest => {
                let what = if format.has_header { "header line" } else { "row" };
                let hint = if format.has_header { Hint::HeaderLine } else { Hint::MaxRow };
                return Err(Error::failed(format!("no {what} ends within {longest} bytes"))
                    .at(place())
                    .hint(hint));
            }
            _ => continue,
        };
        return match format.has_header {
            true => parse(&bytes, first, format, max_columns).map_err(|error| error.at(place())),
            false => Ok(begin(&bytes, first)),
        };
    }
}

/// The beginning of a file without a header line.
fn begin(bytes: &[u8], first: FirstEnd) -> (Header, Vec<u8>) {
    let start = if bytes.starts_with(UTF8_BOM) { UTF8_BOM.len() } else { 0 };
    let header = Header {
        line: Vec::new(),
        columns: Vec::new(),
        line_end: first.line_end,
        has_line_end: first.next > first.end,
        data_origin: Origin { line: 1, offset: start as u64 },
        byte_order_mark: start > 0,
        has_cr: has_cr(bytes, first),
        has_rule: false,
    };
    (header, bytes[start..].to_vec())
}

fn has_cr(bytes: &[u8], first: FirstEnd) -> bool {
    let is_said_lf = matches!(first.line_end, LineEnd::Said(token) if token.bytes() == b"\n");
    is_said_lf && bytes[..first.end].ends_with(b"\r")
}

/// The first line end that has its meaning.
fn find_line_end(bytes: &[u8], format: &Format) -> Option<FirstEnd> {
    let found =
        |line_end: LineEnd, end: usize| Some(FirstEnd { line_end, end, next: end + line_end.token().len() });
    let (mut at, mut inside) = (0, false);
    let mut field = if bytes.starts_with(UTF8_BOM) { UTF8_BOM.len() } else { 0 };
    while let Some(byte) = bytes.get(at).copied() {
        let next = bytes.get(at + 1).copied();
        let is_quote = format.quote == Some(byte);
        let escapes = format.escape.filter(|escape| escape.byte == byte).is_some_and(|escape| {
            let of_quote = inside && next.is_some() && (next == format.quote || next == Some(byte));
            escape.kind == EscapeKind::OfAll || of_quote
        });
        let doubles = inside && is_quote && next == format.quote && format.quotes == Quotes::Text;
        if escapes || doubles {
            at += 2;
            continue;
        }
        if is_quote {
            inside = !inside && (at == field || format.quotes == Quotes::Copy);
        } else if !inside && format.separator.is_at(bytes, at) {
            at += format.separator.len();
            field = at;
            continue;
        } else if !inside {
            match (format.line_end, byte, next) {
                (Some(token), ..) if token.is_at(bytes, at) => return found(LineEnd::Said(token), at),
                (None, b'\n', _) => return found(LineEnd::Lf, at),
                (None, b'\r', Some(b'\n')) => return found(LineEnd::CrLf, at),
                (None, b'\r', _) => return found(LineEnd::Cr, at),
                _ => {}
            }
        }
        at += 1;
    }
    None
}

fn parse(bytes: &[u8], first: FirstEnd, format: &Format, max_columns: usize) -> Result<(Header, Vec<u8>)> {
    let FirstEnd { line_end, end, next } = first;
    let byte_order_mark = bytes.starts_with(UTF8_BOM);
    let start = if byte_order_mark { UTF8_BOM.len() } else { 0 };
    if bytes[start..end].trim_ascii().is_empty() {
        let remedy = match bytes[end..].trim_ascii().is_empty() {
            true => "the first line must name the columns",
            false => {
                "the first line must name the columns; remove the empty line before them, which SQL*Plus writes unless NEWPAGE \
                 is NONE"
            }
        };
        return Err(Error::failed("no header line").remedy(remedy));
    }
    let line = Batch { origin: Origin { line: 1, offset: start as u64 }, bytes: bytes[start..end].to_vec() };
    let mut fields = Vec::new();
    Rows::new(&line, format, line_end)
        .next_row(&mut fields)
        .map_err(|fault| Error::failed(format!("the header line {}", fault.what)).hint(Hint::Quote))?;
    let ends_empty = |fields: &[FieldSpan]| fields.last().is_some_and(|last| last.start == last.end);
    if format.trailing_separator && fields.len() > 1 && ends_empty(&fields) {
        fields.pop();
    }
    if fields.len() > max_columns {
        let what = format!("the header names {} columns", fields.len());
        return Err(Error::failed(what).hint(Hint::MaxColumns(max_columns)));
    }
    let mut columns: Vec<String> = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let mut scratch = Vec::new();
        let value = field.value(&line.bytes, format, &mut scratch);
        let name = format.charset.decode(value).ok_or_else(|| {
            Error::failed(format!("the name of column {} is not valid {}", index + 1, format.charset.name()))
                .hint(Hint::Encoding)
        })?;
        if name.contains('\0') {
            return Err(Error::failed("the header holds NUL characters, as UTF-16 does").hint(Hint::Utf16));
        }
        let name = name.trim().to_owned();
        if name.is_empty() {
            let error = Error::failed(format!("column {} of the header has no name", index + 1));
            return Err(match index > 0 && index + 1 == fields.len() && field.start == field.end {
                true if line.bytes.starts_with(b"sep=") => error.remedy(
                    "remove the line that begins with sep=, which is for Excel; the first line must name every column",
                ),
                true => error.hint(Hint::TrailingSeparator),
                false => error.remedy("the first line must name every column"),
            });
        }
        if columns.contains(&name) {
            return Err(Error::failed("the header names this column twice")
                .at(Place::default().column(name))
                .remedy("rename or remove one of them"));
        }
        columns.push(name);
    }
    let lines = match line_end.count() {
        LineCount::Bytes(byte) => memchr::memchr_iter(byte, &bytes[..end]).count() as u64,
        LineCount::Rows => 0,
    };
    let data_origin = Origin { line: 2 + lines, offset: next as u64 };
    let (line, rest) = (bytes[..next].to_vec(), bytes[next..].to_vec());
    let has_cr = has_cr(bytes, first);
    let has_line_end = next > end;
    let has_rule = is_rule(&rest, format, line_end, columns.len());
    let header =
        Header { line, columns, line_end, has_line_end, data_origin, byte_order_mark, has_cr, has_rule };
    Ok((header, rest))
}

/// Whether the first row has as many fields as there are columns, each of one dash or more.
fn is_rule(rest: &[u8], format: &Format, line_end: LineEnd, columns: usize) -> bool {
    let quote = format.quote;
    let is_drawn = |byte: &u8| {
        *byte == b'-'
            || b" \r\n".contains(byte)
            || Some(*byte) == quote
            || format.separator.bytes().contains(byte)
    };
    let end = rest.iter().position(|byte| *byte == line_end.token().bytes()[0]).unwrap_or(rest.len());
    if !rest[..end].iter().all(is_drawn) {
        return false;
    }
    let batch = Batch { origin: Origin { line: 2, offset: 0 }, bytes: rest[..end].to_vec() };
    let (mut fields, mut scratch) = (Vec::new(), Vec::new());
    matches!(Rows::new(&batch, format, line_end).next_row(&mut fields), Ok(Some(_)))
        && fields.len() == columns
        && fields.iter().all(|field| {
            let value = field.value(&batch.bytes, format, &mut scratch).trim_ascii();
            !value.is_empty() && value.iter().all(|byte| *byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: &[u8]) -> Result<(Header, Vec<u8>)> {
        let format = Format::new("|", "`", "NULL", "latin_1").unwrap();
        read_header(&mut &bytes[..], &format, 1600)
    }

    #[test]
    fn names_line_end_and_the_start_of_the_data() {
        let (got, rest) = header(b"\xEF\xBB\xBFa|`b|x`| c \r\n1|2|3\r\n").unwrap();
        assert_eq!(got.columns, ["a", "b|x", "c"]);
        assert_eq!((got.line_end, got.byte_order_mark), (LineEnd::CrLf, true));
        assert_eq!(got.data_origin, Origin { line: 2, offset: 16 });
        assert_eq!(got.line, b"\xEF\xBB\xBFa|`b|x`| c \r\n");
        assert_eq!(rest, b"1|2|3\r\n");
    }

    #[test]
    fn a_header_alone_has_no_rows() {
        for bytes in [&b"a|b"[..], b"a|b\n", b"a|b\r\n", b"a|b\r"] {
            let (got, rest) = header(bytes).unwrap();
            assert_eq!((got.columns.len(), rest.len()), (2, 0), "{bytes:?}");
        }
    }

    #[test]
    fn a_line_end_that_falls_between_two_reads_is_recognised() {
        let mut bytes = vec![b'a'; STEP_BYTES - 1];
        bytes.extend_from_slice(b"\r\nx\r\n");
        let (got, rest) = header(&bytes).unwrap();
        assert_eq!((got.line_end, rest.as_slice()), (LineEnd::CrLf, &b"x\r\n"[..]));
    }

    #[test]
    fn a_line_of_dashes_below_the_names_is_seen() {
        for (bytes, expected) in [
            (&b"id|t\r\n--|-\r\n1|x\r\n"[..], true),
            (b"id|t\n-- |`-`\n", true),
            (b"id|t\n--|-", true),
            (b"id|t\n--|\n", false),
            (b"id|t\n---\n", false),
            (b"id|t\n-1|-\n", false),
            (b"id|t\n", false),
        ] {
            assert_eq!(header(bytes).unwrap().0.has_rule, expected, "{bytes:?}");
        }
    }

    #[test]
    fn faults() {
        for (bytes, what) in [
            (&b""[..], "no header line"),
            (b"\n1|2\n", "remove the empty line before them"),
            (b"sep=|\na|b\n", "remove the line that begins with sep="),
            (b"a||b\n", "column 2 of the header has no name"),
            (b"a|b|a\n", "column a: the header names this column twice"),
            (b"a|`b\n1|2\n", "never closed"),
        ] {
            let error = header(bytes).unwrap_err().to_string();
            assert!(error.starts_with("line 1") && error.contains(what), "{error}");
        }
    }
}
