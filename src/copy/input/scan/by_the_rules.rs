//! The rows of a text, byte by byte, for tests: written down once more, as the rules say it, and compared with what the fast
//! ways find.

use crate::copy::input::batch::{Batch, BatchReader, BatchSource, Origin};
use crate::copy::input::field::FieldSpan;
use crate::copy::input::format::{EscapeKind, Format, LineEnd, Quotes, Spelling};
use crate::copy::input::line_end::LineCount;
use crate::copy::input::rows::{Extent, Rows};
use proptest::prelude::*;

/// A row: where it ends, and its values, or how far a faulty one goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuledRow {
    /// Behind its line end.
    pub end: usize,
    /// The line where it begins, counted from 2.
    pub line: u64,
    /// Its values, each with its place.
    pub fields: Result<Vec<RuledField>, Extent>,
}

/// A field: its place, and its value, or nothing for NULL.
pub type RuledField = (usize, usize, Option<Vec<u8>>);

/// Reads a text.
struct Reader<'t> {
    bytes: &'t [u8],
    format: &'t Format,
    line_end: LineEnd,
    at: usize,
    is_stray: bool,
}

/// What comes behind a field.
enum Next {
    Field,
    Row,
    Open,
    Broken,
}

/// All rows of a text.
pub fn rows(bytes: &[u8], format: &Format, line_end: LineEnd) -> Vec<RuledRow> {
    let mut reader = Reader { bytes, format, line_end, at: 0, is_stray: false };
    let mut rows: Vec<RuledRow> = Vec::new();
    while reader.at < bytes.len() {
        let begin = reader.at;
        let line = 2 + match line_end.count() {
            LineCount::Bytes(byte) => bytes[..begin].iter().filter(|other| **other == byte).count() as u64,
            LineCount::Rows => rows.len() as u64,
        };
        let fields = reader.row();
        rows.push(RuledRow { end: reader.at, line, fields });
    }
    rows
}

impl Reader<'_> {
    fn row(&mut self) -> Result<Vec<RuledField>, Extent> {
        let mut fields = Vec::new();
        self.is_stray = false;
        loop {
            let start = self.at;
            let (end, next) = self.field();
            fields.push((start, end, self.value(start, end)));
            match next {
                Next::Field => {}
                Next::Row if self.is_stray => return Err(Extent::Line),
                Next::Row => return Ok(fields),
                Next::Broken => {
                    while self.at < self.bytes.len() && !self.take_line_end() {
                        self.at += 1;
                    }
                    return Err(Extent::Line);
                }
                Next::Open => {
                    self.at = self.bytes.len();
                    return Err(Extent::Rest);
                }
            }
        }
    }

    /// Goes to the end of a field; gives where its bytes end.
    fn field(&mut self) -> (usize, Next) {
        let quote = self.format.quote;
        let toggles = self.format.quotes == Quotes::Copy;
        if !toggles && quote.is_some() && self.here() == quote {
            self.at += 1;
            if !self.take_quoted() {
                return (self.at, Next::Open);
            }
            let goes_on = self.at == self.bytes.len() || self.is_separator() || self.is_line_end();
            if !goes_on && !self.is_stray_here() {
                return (self.at, Next::Broken);
            }
        }
        loop {
            let end = self.at;
            match self.here() {
                None => return (end, Next::Row),
                Some(_) if self.is_separator() => {
                    self.at += self.format.separator.len();
                    return (end, Next::Field);
                }
                Some(_) if self.take_line_end() => return (end, Next::Row),
                Some(_) if self.escapes_all() => self.at = self.bytes.len().min(self.at + 2),
                Some(_) if toggles && self.here() == quote => {
                    self.at += 1;
                    if !self.take_quoted() {
                        return (self.at, Next::Open);
                    }
                }
                Some(_) => {
                    self.is_stray |= self.is_stray_here();
                    self.at += 1;
                }
            }
        }
    }

    /// From behind a quote that opens to behind the one that closes; false if there is none.
    fn take_quoted(&mut self) -> bool {
        let quote = self.format.quote;
        while let Some(byte) = self.here() {
            let next = self.bytes.get(self.at + 1).copied();
            let escape = self.format.escape.filter(|escape| escape.byte == byte);
            if let Some(escape) = escape {
                let has_meaning =
                    escape.kind == EscapeKind::OfAll || next == quote || next == Some(escape.byte);
                self.at = self.bytes.len().min(self.at + 1 + usize::from(has_meaning));
            } else if Some(byte) == quote {
                self.at += 1;
                // With another escape, COPY has no doubled quotes; toggling twice is the same for the place.
                if self.here() != quote {
                    return true;
                }
                self.at += 1;
            } else {
                self.at += 1;
            }
        }
        false
    }

    fn here(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn escapes_all(&self) -> bool {
        let escape = self.format.escape.filter(|escape| escape.kind == EscapeKind::OfAll);
        escape.is_some_and(|escape| self.here() == Some(escape.byte))
    }

    fn is_separator(&self) -> bool {
        self.bytes[self.at..].starts_with(self.format.separator.bytes())
    }

    fn is_line_end(&self) -> bool {
        let rest = &self.bytes[self.at..];
        rest.starts_with(self.line_end.token().bytes())
            || self.line_end == LineEnd::CrLf && rest.starts_with(b"\n")
    }

    fn take_line_end(&mut self) -> bool {
        let is_one = self.is_line_end();
        if is_one {
            let is_lone_lf = self.line_end == LineEnd::CrLf && self.here() == Some(b'\n');
            self.is_stray |= is_lone_lf;
            self.at += if is_lone_lf { 1 } else { self.line_end.token().len() };
        }
        is_one
    }

    /// Whether a CR or LF stands here that ends no line, where that is a fault.
    fn is_stray_here(&self) -> bool {
        let is_strict = !matches!(self.line_end, LineEnd::Said(_));
        is_strict && matches!(self.here(), Some(b'\r' | b'\n')) && !self.is_line_end()
    }

    /// The value of a field at this place.
    fn value(&self, start: usize, end: usize) -> Option<Vec<u8>> {
        let raw = &self.bytes[start..end];
        let quote = self.format.quote;
        let holds_quote = quote.is_some_and(|quote| raw.contains(&quote));
        if self.format.is_null(raw) && !holds_quote {
            return None;
        }
        if raw == b"\0" && self.format.nul_is_empty {
            return Some(Vec::new());
        }
        let toggles = self.format.quotes == Quotes::Copy;
        let is_quoted = quote.is_some() && raw.first().copied() == quote;
        let (mut value, mut inside, mut at) = (Vec::new(), false, 0);
        while at < raw.len() {
            let (byte, next) = (raw[at], raw.get(at + 1).copied());
            let escape = self.format.escape.filter(|escape| escape.byte == byte);
            at += 1;
            match escape {
                Some(escape) if escape.kind == EscapeKind::OfAll => {
                    at += usize::from(next.is_some());
                    let letters = [(b'0', 0), (b'b', 8), (b'n', 10), (b'r', 13), (b't', 9), (b'Z', 26)];
                    let letter = letters.iter().find(|(letter, _)| next == Some(*letter));
                    value.push(letter.map_or(next.unwrap_or(byte), |(_, byte)| *byte));
                }
                Some(_) if inside && (next == quote || next == Some(byte)) => {
                    at += 1;
                    value.extend(next);
                }
                None if Some(byte) == quote && inside && next == quote && self.doubles() => {
                    at += 1;
                    value.push(byte);
                }
                None if Some(byte) == quote && (toggles || is_quoted) => inside = !inside,
                _ => value.push(byte),
            }
        }
        Some(value)
    }

    /// Whether a doubled quote stands for itself: in COPY, only where the escape is the quote.
    fn doubles(&self) -> bool {
        self.format.quotes == Quotes::Text || self.format.escape.is_none()
    }
}

/// The rows that the fast ways find, in batches that are cut at so many bytes.
pub fn found(bytes: &[u8], format: &Format, line_end: LineEnd, batch_bytes: usize) -> Vec<RuledRow> {
    let start = Origin { line: 2, offset: 0 };
    let mut reader = BatchReader::new(bytes, Vec::new(), format, line_end, start).cutting_at(batch_bytes);
    let (mut batch, mut all) = (Batch::new(), Vec::new());
    let mut fields: Vec<FieldSpan> = Vec::new();
    while reader.next_into(&mut batch).unwrap() {
        let base = batch.origin.offset as usize;
        assert_eq!(batch.bytes, bytes[base..base + batch.bytes.len()]);
        let mut rows = Rows::new(&batch, format, line_end);
        loop {
            let (origin, result) = match rows.next_row(&mut fields) {
                Ok(None) => break,
                Ok(Some(origin)) => (origin, Ok(fields.as_slice())),
                Err(fault) => (fault.origin, Err(fault.extent)),
            };
            let value = |field: &FieldSpan| {
                let raw = field.raw(&batch.bytes);
                assert!(!field.plain || raw.iter().all(|byte| (1..0x80).contains(byte)));
                let value = field.value(&batch.bytes, format, &mut Vec::new()).to_vec();
                let value = (!field.is_null(&batch.bytes, format)).then_some(value);
                (base + field.start, base + field.end, value)
            };
            let is_rest = result == Err(Extent::Rest);
            let end = if is_rest { bytes.len() } else { base + rows.position() };
            let fields = result.map(|fields| fields.iter().map(value).collect());
            all.push(RuledRow { end, line: origin.line, fields });
            if is_rest {
                break;
            }
        }
    }
    all
}

/// Formats of every kind, with a line end.
fn formats() -> impl Strategy<Value = (Format, LineEnd)> {
    let separator = prop::sample::select(vec!["|", "|", "||", "|;", "\u{AC}"]);
    let quote = prop::sample::select(vec!["`", "`", ""]);
    let escape = prop::sample::select(vec!["", "", "\\"]);
    let said = prop::sample::select(vec!["", "", "\n", "\r\n", "~", "~;", "~\n"]);
    let first = prop::sample::select(vec![LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr]);
    let nulls = prop::sample::select(vec![vec!["NULL"], vec!["", "\\N"]]);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let format = |(separator, quote, escape, line_end, first, nulls, (copy, escapes_all, nul_is_empty))| {
        let quotes = if copy { Quotes::Copy } else { Quotes::Text };
        let spelling = Spelling {
            separator,
            quote,
            escape,
            escapes_all,
            nulls,
            line_end,
            quotes,
            ..Spelling::default()
        };
        let format = Format { nul_is_empty, ..spelling.format().ok()? };
        let line_end = format.said_line_end().unwrap_or(first);
        Some((format, line_end))
    };
    (separator, quote, escape, said, first, nulls, flags).prop_filter_map("a contradiction", format)
}

/// Texts in which everything that has a meaning stands often.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let parts: [&[u8]; 24] = [
        b"|",
        b"|",
        b"||",
        b"|;",
        b"\xAC",
        b"`",
        b"``",
        b"|`",
        b"`|",
        b"`\n",
        b"`\r\n",
        b"`~;",
        b"\n",
        b"\r\n",
        b"\r",
        b"~",
        b"~;",
        b"\\",
        b"\\`",
        b"\\N",
        b"\0",
        b"NULL",
        b"a long text without any meaning",
        b"a",
    ];
    let wild = prop::collection::vec(prop::sample::select(parts.to_vec()), 0..60);
    let rare = prop::collection::vec(
        prop_oneof![
            8 => Just(&b"plain|`quoted, and a little longer`|0123456789"[..]),
            4 => prop::sample::select(vec![&b"\n"[..], b"\r\n", b"~", b"~;"]),
            1 => prop::sample::select(parts.to_vec()),
        ],
        0..40,
    );
    prop_oneof![wild, rare].prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]
    #[test]
    fn rows_and_values_are_those_of_the_rules(
        (format, line_end) in formats(),
        text in texts(),
        batch_bytes in 1usize..200,
    ) {
        let expected = rows(&text, &format, line_end);
        prop_assert_eq!(found(&text, &format, line_end, 8 << 10), expected.clone(), "{:?}", &format);
        prop_assert_eq!(found(&text, &format, line_end, batch_bytes), expected, "{:?}", format);
    }
}
