//! The header line of a data file: the names and order of its columns, and the line end of the whole file.

use super::batch::{Batch, Origin};
use super::format::{Format, LineEnd};
use super::rows::Rows;
use crate::error::Hint;
use crate::{Error, Place, Result};
use std::io::Read;

/// The longest header line, bytes. PostgreSQL allows 1600 columns of 63 bytes.
const MAX_HEADER_BYTES: usize = 1 << 20;

/// Bytes read at a time until the header line ends.
const STEP_BYTES: usize = 4 << 10;

/// The UTF-8 form of U+FEFF, which some exports put before the first byte.
const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";

/// What the first line of a data file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The line as it stands in the (decoded) data file, with its line end.
    pub line: Vec<u8>,
    /// Column names in the order of the data.
    pub columns: Vec<String>,
    /// How the lines of this file end.
    pub line_end: LineEnd,
    /// Where the first row begins.
    pub data_origin: Origin,
    /// Whether a UTF-8 byte-order mark stands before it.
    pub byte_order_mark: bool,
}

/// Reads the header line from the start of a (decoded) data file; also returns the bytes that were read beyond it.
///
/// # Errors
/// A file without a header line, a quote in it that is never closed, more than `max_columns`, names that are empty, not
/// valid text, or the same.
pub fn read_header(input: &mut impl Read, format: &Format, max_columns: usize) -> Result<(Header, Vec<u8>)> {
    let place = || Place::default().line(1);
    let mut bytes = Vec::with_capacity(STEP_BYTES);
    loop {
        let read = input.by_ref().take(STEP_BYTES as u64).read_to_end(&mut bytes)?;
        // The bytes behind the last one decide between CR and CR LF, hence the comparison with the length.
        match find_line_end(&bytes, format.quote) {
            Some((line_end, end, next)) if next < bytes.len() || read < STEP_BYTES => {
                let parsed = parse(&bytes, end, next, line_end, format, max_columns);
                return parsed.map_err(|error| error.at(place()));
            }
            None if read < STEP_BYTES => {
                // The whole file is one line without an end: a header and no rows, or an open quote.
                let end = bytes.len();
                let parsed = parse(&bytes, end, end, LineEnd::Lf, format, max_columns);
                return parsed.map_err(|error| error.at(place()));
            }
            _ if bytes.len() > MAX_HEADER_BYTES => {
                return Err(Error::failed(format!("no header line ends within {MAX_HEADER_BYTES} bytes"))
                    .at(place())
                    .hint(Hint::HeaderLine));
            }
            _ => {}
        }
    }
}

/// The first line end outside quotes: its kind, where the line's content ends, and where the next line begins.
fn find_line_end(bytes: &[u8], quote: u8) -> Option<(LineEnd, usize, usize)> {
    let mut inside = false;
    for (at, byte) in bytes.iter().enumerate() {
        inside ^= *byte == quote;
        match byte {
            b'\n' if !inside => return Some((LineEnd::Lf, at, at + 1)),
            b'\r' if !inside && bytes.get(at + 1) == Some(&b'\n') => {
                return Some((LineEnd::CrLf, at, at + 2));
            }
            b'\r' if !inside => return Some((LineEnd::Cr, at, at + 1)),
            _ => {}
        }
    }
    None
}

fn parse(
    bytes: &[u8],
    end: usize,
    next: usize,
    line_end: LineEnd,
    format: &Format,
    max_columns: usize,
) -> Result<(Header, Vec<u8>)> {
    let byte_order_mark = bytes.starts_with(UTF8_BOM);
    let start = if byte_order_mark { UTF8_BOM.len() } else { 0 };
    if bytes[start..end].trim_ascii().is_empty() {
        return Err(Error::failed("no header line").remedy("the first line must name the columns"));
    }
    let line = Batch { origin: Origin { line: 1, offset: start as u64 }, bytes: bytes[start..end].to_vec() };
    let mut fields = Vec::new();
    Rows::new(&line, format, line_end)
        .next_row(&mut fields)
        .map_err(|fault| Error::failed(format!("the header line {}", fault.what)).hint(Hint::Quote))?;
    if fields.len() > max_columns {
        let what = format!("the header names {} columns", fields.len());
        return Err(Error::failed(what).hint(Hint::MaxColumns(max_columns)));
    }
    let mut columns: Vec<String> = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let mut scratch = Vec::new();
        let value = field.value(&line.bytes, format.quote, &mut scratch);
        let name = format.charset.decode(value).ok_or_else(|| {
            Error::failed(format!("the name of column {} is not valid {}", index + 1, format.charset.name()))
                .hint(Hint::Encoding)
        })?;
        if name.contains('\0') {
            return Err(Error::failed("the header holds NUL characters, as UTF-16 does").hint(Hint::Utf16));
        }
        let name = name.trim().to_owned();
        if name.is_empty() {
            return Err(Error::failed(format!("column {} of the header has no name", index + 1))
                .remedy("the first line must name every column"));
        }
        if columns.contains(&name) {
            return Err(Error::failed("the header names this column twice")
                .at(Place::default().column(name))
                .remedy("rename or remove one of them"));
        }
        columns.push(name);
    }
    let lines = memchr::memchr_iter(line_end.last_byte(), &bytes[..end]).count() as u64;
    let data_origin = Origin { line: 2 + lines, offset: next as u64 };
    let (line, rest) = (bytes[..next].to_vec(), bytes[next..].to_vec());
    Ok((Header { line, columns, line_end, data_origin, byte_order_mark }, rest))
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
    fn faults() {
        for (bytes, what) in [
            (&b""[..], "no header line"),
            (b"\n1|2\n", "no header line"),
            (b"a||b\n", "column 2 of the header has no name"),
            (b"a|b|a\n", "column a: the header names this column twice"),
            (b"a|`b\n1|2\n", "never closed"),
        ] {
            let error = header(bytes).unwrap_err().to_string();
            assert!(error.starts_with("line 1") && error.contains(what), "{error}");
        }
    }
}
