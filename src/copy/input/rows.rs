//! Finding rows and fields in a batch.
//!
//! By `quotes: text`, a quote at the beginning of a field opens, and the next one that is not doubled closes. Any other quote
//! is a character of its value. Text behind a closing quote makes its row a faulty one, which ends with its line.
//!
//! By `quotes: copy`, the rules are those of `COPY … (FORMAT csv)` (PostgreSQL documentation, COPY, "CSV Format", and what
//! `CopyReadLineText` and `CopyReadAttributesCSV` make of them): a quote character opens and closes quotes anywhere in a
//! field; inside quotes a doubled quote stands for itself, and separators and line ends are data.
//!
//! Where the first line decides about the line end, only that one may stand outside quotes, and only as a line end. A line
//! that holds just `\.` is data here, as in PostgreSQL 18; older servers end the data there and ignore the rest of the file
//! without a word.

use super::batch::{Batch, MAX_ROW_BYTES, Origin};
use super::field::FieldSpan;
use super::format::{Format, LineEnd};
use super::line_end::LineCount;
use super::scan::{self, End, Ends};
use super::token::Token;
use memchr::memchr_iter;

// A batch is one long row at most, and the bytes that were read with it.
const _: () = assert!(MAX_ROW_BYTES + Batch::CAPACITY < scan::MAX_BYTES);

/// Fields of a row that is longer than a batch: far more than columns. Each takes 24 bytes of memory here, and a hostile row
/// may hold nothing but separators.
const MAX_FIELDS: usize = 100_000;

/// A row that is not well formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// Where the row begins.
    pub origin: Origin,
    /// What is wrong with it.
    pub what: String,
    /// How far it goes.
    pub extent: Extent,
}

/// How far a row goes that is not well formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// To its line end; [`Rows::next_row`] goes on behind it.
    Line,
    /// To the end of the data, if it holds a quote that is never closed.
    Rest,
}

/// The rows of one batch, one after the other.
pub struct Rows<'b> {
    bytes: &'b [u8],
    position: usize,
    ends: Ends<'b>,
    next: Origin,
    separator: Token,
    line_end: LineEnd,
    /// Bytes of a line end from the one on where it is found.
    line_end_len: usize,
    is_crlf: bool,
    count: LineCount,
    /// Whether lines are counted in every row, and not only in those with quotes or escapes.
    counts_all: bool,
    format: &'b Format,
}

impl<'b> Rows<'b> {
    /// The rows of `batch`.
    pub fn new(batch: &'b Batch, format: &'b Format, line_end: LineEnd) -> Self {
        let bytes = batch.bytes.as_slice();
        let ends = Ends::new(bytes, format, line_end);
        let is_crlf = line_end.is_crlf();
        Rows {
            bytes,
            position: 0,
            ends,
            next: batch.origin,
            separator: format.separator,
            line_end,
            line_end_len: if is_crlf { 1 } else { line_end.token().len() },
            is_crlf,
            count: line_end.count(),
            counts_all: line_end.may_stand_in_values(),
            format,
        }
    }

    /// Finds the next row and writes its fields to `fields`; returns where it begins, or `None` behind the last.
    ///
    /// # Errors
    /// A quote that is never closed: everything behind it belongs to its row. Text behind a closing quote, or a line end that
    /// is not of the first line's kind: the row ends with the next line end, and the next call goes on there. A row of another number
    /// of fields, where some are left out.
    pub fn next_row(&mut self, fields: &mut Vec<FieldSpan>) -> Result<Option<Origin>, RowFault> {
        fields.clear();
        let start = self.position;
        if start == self.bytes.len() {
            return Ok(None);
        }
        let origin = self.next;
        // Only a row that does not fit into a batch can have too many fields; others need not be counted.
        let is_long = self.bytes.len() - start > Batch::CAPACITY;
        let scanned = match (is_long, self.separator.len() == 1) {
            (false, true) => self.scan::<false, true>(fields),
            (false, false) => self.scan::<false, false>(fields),
            (true, _) => self.scan::<true, false>(fields),
        };
        let (content_end, row_end, odd) =
            scanned.map_err(|what| RowFault { origin, what: what.to_owned(), extent: Extent::Rest })?;
        self.position = row_end;
        self.next.offset += (row_end - start) as u64;
        self.next.line += match self.count {
            LineCount::Bytes(byte) if self.counts_all => {
                memchr_iter(byte, &self.bytes[start..row_end]).count() as u64
            }
            LineCount::Bytes(byte) if odd => {
                memchr_iter(byte, &self.bytes[start..content_end]).count() as u64 + 1
            }
            LineCount::Bytes(_) | LineCount::Rows => 1,
        };
        if self.ends.is_stray_before(row_end) || self.ends.behind_quote(row_end).is_some() {
            let what = self.fault_before(row_end);
            // Only the first one is known.
            self.ends.restart(row_end);
            return Err(RowFault { origin, what, extent: Extent::Line });
        }
        match &self.format.kept {
            Some(kept) => self.leave_out(kept, fields, origin).map(|()| Some(origin)),
            None => Ok(Some(origin)),
        }
    }

    /// Leaves out the fields of a row that are not taken.
    fn leave_out(&self, kept: &[bool], fields: &mut Vec<FieldSpan>, origin: Origin) -> Result<(), RowFault> {
        let is_empty = |field: &FieldSpan| field.start == field.end;
        if self.format.trailing_separator
            && fields.len() == kept.len() + 1
            && fields.last().is_some_and(is_empty)
        {
            fields.pop();
        }
        let found = fields.len();
        if found != kept.len() {
            let names = if self.format.has_header { "the header names" } else { "the descriptor lists" };
            let word = if found == 1 { "field" } else { "fields" };
            let what = format!("has {found} {word}, {names} {}", kept.len());
            return Err(RowFault { origin, what, extent: Extent::Line });
        }
        let mut is_kept = kept.iter();
        fields.retain(|_| is_kept.next() == Some(&true));
        Ok(())
    }

    /// What is wrong with the row that ends here: text behind a quote, or else a line end of another kind.
    #[cold]
    fn fault_before(&self, row_end: usize) -> String {
        if let Some(place) = self.ends.behind_quote(row_end) {
            return self.behind_quote(place);
        }
        let line_end = self.line_end.name();
        let line = if self.format.has_header { "header" } else { "first" };
        format!("holds a line end that is not {line_end}, which the {line} line ends with, outside quotes")
    }

    fn behind_quote(&self, place: usize) -> String {
        let is_escaped = place.checked_sub(2).is_some_and(|before| self.bytes[before] == b'\\');
        let what = "has text behind the quote that ends a field";
        match is_escaped && self.format.escape.is_none() {
            true => format!("{what}; if the backslash before that quote escapes it, set escape: '\\'"),
            false => what.to_owned(),
        }
    }

    /// Where the row that was found last ends in the batch, with its line end.
    #[inline]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Scans one row: where its last field ends, where the next row begins, and whether it holds quotes. `NARROW` if the separator is
    /// one byte.
    #[inline]
    fn scan<const LONG: bool, const NARROW: bool>(
        &mut self,
        fields: &mut Vec<FieldSpan>,
    ) -> Result<(usize, usize, bool), &'static str> {
        let mut start = self.position;
        let mut any_odd = false;
        loop {
            let Some(End { at, odd, plain }) = self.ends.next() else {
                if self.ends.is_open() {
                    return Err("holds a quote that is never closed");
                }
                let End { at: end, odd, plain } = self.ends.rest();
                fields.push(FieldSpan { start, end, odd, plain });
                return Ok((end, end, any_odd | odd));
            };
            any_odd |= odd;
            let is_separator = match NARROW {
                true => self.bytes[at] == self.separator.first(),
                false => self.separator.is_at(self.bytes, at),
            };
            if is_separator {
                if LONG && fields.len() == MAX_FIELDS {
                    return Err("has more than 100000 fields");
                }
                fields.push(FieldSpan { start, end: at, odd, plain });
                start = at + if NARROW { 1 } else { self.separator.len() };
                continue;
            }
            // A line feed without it makes the row a faulty one.
            let has_cr = self.is_crlf && at > start && self.bytes[at - 1] == b'\r';
            let end = at - usize::from(has_cr);
            fields.push(FieldSpan { start, end, odd, plain });
            return Ok((end, at + self.line_end_len, any_odd));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::Quotes;
    use super::*;

    /// Each row's line and values.
    type Parsed = Vec<(u64, Vec<Option<String>>)>;

    fn rows_of(data: &[u8], line_end: LineEnd) -> Result<Parsed, RowFault> {
        let format = Format { quotes: Quotes::Copy, ..Format::default() };
        let batch = Batch { origin: Origin { line: 2, offset: 0 }, bytes: data.to_vec() };
        let mut rows = Rows::new(&batch, &format, line_end);
        let (mut fields, mut all) = (Vec::new(), Vec::new());
        while let Some(origin) = rows.next_row(&mut fields)? {
            let mut values = Vec::new();
            for field in &fields {
                let mut scratch = Vec::new();
                let value = field.value(&batch.bytes, &format, &mut scratch);
                values.push(
                    (!field.is_null(&batch.bytes, &format)).then(|| String::from_utf8_lossy(value).into()),
                );
            }
            all.push((origin.line, values));
        }
        Ok(all)
    }

    fn fields_of(data: &str) -> Vec<Option<String>> {
        rows_of(data.as_bytes(), LineEnd::Lf).unwrap().remove(0).1
    }

    fn some(values: &[&str]) -> Vec<Option<String>> {
        values.iter().map(|value| Some((*value).to_owned())).collect()
    }

    #[test]
    fn quotes_may_stand_anywhere_as_in_copy() {
        assert_eq!(fields_of("a|b c|"), some(&["a", "b c", ""]));
        assert_eq!(fields_of("`a|b`|`c``d`|``"), some(&["a|b", "c`d", ""]));
        assert_eq!(fields_of("x`y|z`w|v"), some(&["xy|zw", "v"]));
        assert_eq!(fields_of("`a` b `c`|````"), some(&["a b c", "`"]));
        assert_eq!(fields_of("`a\nb`\n"), some(&["a\nb"]));
        assert_eq!(fields_of("\\.\n"), some(&["\\."]));
    }

    #[test]
    fn the_null_marker_counts_only_unquoted_and_whole() {
        assert_eq!(
            fields_of("NULL|`NULL`|NULLX|null| NULL|NULL"),
            [None, Some("NULL"), Some("NULLX"), Some("null"), Some(" NULL"), None]
                .map(|value| value.map(str::to_owned))
        );
    }

    #[test]
    fn lines_are_counted_with_the_line_ends_inside_quotes() {
        let rows = rows_of(b"a|`1\n2\n3`\nb|c\n\nd|e", LineEnd::Lf).unwrap();
        let lines: Vec<u64> = rows.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 5, 6, 7]);
        assert_eq!(rows[2].1, some(&[""]));
    }

    #[test]
    fn crlf_and_cr_files() {
        let rows = rows_of(b"a|b\r\n`c\r\nd`|e\r\n", LineEnd::CrLf).unwrap();
        assert_eq!(rows[0].1, some(&["a", "b"]));
        assert_eq!(rows[1].1, some(&["c\r\nd", "e"]));
        assert_eq!(rows.len(), 2);
        let rows = rows_of(b"a|b\rc|d", LineEnd::Cr).unwrap();
        assert_eq!(rows[1], (3, some(&["c", "d"])));
        assert_eq!(rows_of(b"\r\n", LineEnd::CrLf).unwrap()[0].1, some(&[""]));
    }

    #[test]
    fn a_line_end_of_another_kind_is_a_fault() {
        for (data, line_end) in [
            (&b"a\nb|c\r\n"[..], LineEnd::Lf),
            (b"a\nb\rc\n", LineEnd::Lf),
            (b"a\r\nb\n", LineEnd::CrLf),
            (b"a\r\nb\rc\r\n", LineEnd::CrLf),
            (b"a\r\n\n", LineEnd::CrLf),
            (b"a\r\nb\r", LineEnd::CrLf),
            (b"a\rb\nc\r", LineEnd::Cr),
        ] {
            let fault = rows_of(data, line_end).unwrap_err();
            assert_eq!(fault.origin.line, 3, "{data:?}");
            assert!(fault.what.contains(&line_end.name()), "{fault:?}");
        }
        assert!(rows_of(b"`a\rb`\n", LineEnd::Lf).is_ok());
    }

    #[test]
    fn the_rows_behind_one_with_a_stray_line_end_are_found() {
        let format = Format { quotes: Quotes::Copy, ..Format::default() };
        for (data, line_end) in [
            (&b"a|b\n1|\r2\r\nc\r\n`\r`|e\nf\n"[..], LineEnd::Lf),
            (b"a|b\r\n1|2\nc\rd\r\n`\n`|e\r\nf\r\n", LineEnd::CrLf),
            (b"a|b\r1|2\n\rc\n\r`\n`|e\rf\r", LineEnd::Cr),
        ] {
            let batch = Batch { origin: Origin { line: 2, offset: 0 }, bytes: data.to_vec() };
            let mut rows = Rows::new(&batch, &format, line_end);
            let (mut fields, mut found, mut position) = (Vec::new(), Vec::new(), 0);
            loop {
                let (origin, count) = match rows.next_row(&mut fields) {
                    Ok(None) => break,
                    Ok(Some(origin)) => (origin, fields.len()),
                    Err(fault) => {
                        assert_eq!(fault.extent, Extent::Line);
                        (fault.origin, 0)
                    }
                };
                assert_eq!(origin.offset, position, "{data:?}");
                position = rows.position() as u64;
                found.push((origin.line, count));
            }
            assert_eq!(position, data.len() as u64);
            // Only there does a quoted value hold the byte that ends lines.
            let last = if line_end == LineEnd::CrLf { 7 } else { 6 };
            assert_eq!(found, [(2, 2), (3, 0), (4, 0), (5, 2), (last, 1)], "{data:?}");
        }
    }

    #[test]
    fn an_open_quote_names_the_line_where_its_row_begins() {
        let fault = rows_of(b"a|b\nc|`d\ne\n", LineEnd::Lf).unwrap_err();
        assert_eq!((fault.origin, fault.extent), (Origin { line: 3, offset: 4 }, Extent::Rest));
        assert!(fault.what.contains("never closed"));
    }
}
