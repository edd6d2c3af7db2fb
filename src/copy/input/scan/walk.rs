//! One block, byte by byte: only those bytes that may have a meaning.

use super::masks::BLOCK;
use super::state::{Found, Rules, Scanner};
use crate::copy::input::format::LineEnd;

/// No place.
const NOWHERE: usize = usize::MAX;

/// The way through one block.
pub struct Walk<'s, 'b> {
    scanner: &'s mut Scanner,
    rules: Rules,
    bytes: &'b [u8],
    at: usize,
    /// Behind the block's last byte.
    end: usize,
    /// Where the field begins, if no byte of it was seen.
    start: usize,
    /// The place behind a quote that closes, if no byte behind it was seen.
    closed: usize,
    inside: bool,
    found: Found,
}

impl<'s, 'b> Walk<'s, 'b> {
    /// At the beginning of the block at `at`.
    pub fn new(scanner: &'s mut Scanner, bytes: &'b [u8], at: usize) -> Self {
        let start = if scanner.at_start != 0 { at } else { scanner.start };
        let closed = if scanner.after_close != 0 { at } else { NOWHERE };
        Walk {
            rules: scanner.rules,
            bytes,
            at,
            end: bytes.len().min(at + BLOCK),
            start,
            closed,
            inside: scanner.inside != 0,
            found: Found::default(),
            scanner,
        }
    }

    /// Looks at the bytes in `candidates`, which all that have a meaning are among.
    pub fn run(mut self, mut candidates: u64) -> Found {
        if self.scanner.after_cr != 0 && self.bytes[self.at] != b'\n' && self.scanner.is_strict() {
            self.stray(self.at);
        }
        self.scanner.after_cr = 0;
        while candidates != 0 {
            let place = self.at + candidates.trailing_zeros() as usize;
            candidates &= candidates - 1;
            if place >= self.scanner.skip {
                self.see(place);
            }
        }
        if self.closed < self.end {
            self.break_at(self.closed);
        }
        let scanner = self.scanner;
        scanner.inside = if self.inside { !0 } else { 0 };
        scanner.after_close = u64::from(self.closed == self.end);
        scanner.at_start = u64::from(self.start == self.end);
        scanner.start = if self.start > self.end { self.start } else { NOWHERE };
        self.found
    }

    fn see(&mut self, place: usize) {
        let byte = self.bytes[place];
        let is_quote = self.rules.quote == Some(byte);
        let is_escape = self.rules.escape == Some(byte);
        if self.scanner.is_broken {
            if self.is_line_end(place) {
                self.end_row(place);
            }
            return;
        }
        if self.inside {
            if is_escape && self.escapes(place) {
                self.mark(place);
                self.scanner.skip = place + 2;
            } else if is_quote {
                self.mark(place);
                self.inside = false;
                self.closed = if self.rules.toggles { NOWHERE } else { place + 1 };
            }
            return;
        }
        if self.closed != NOWHERE {
            if self.closed == place && is_quote {
                self.mark(place);
                (self.inside, self.closed) = (true, NOWHERE);
                return;
            }
            let is_cr_of_end = byte == b'\r' && self.rules.line_end.is_crlf() && self.next_is_lf(place);
            if self.closed == place && is_cr_of_end {
                self.closed = place + 1;
                self.note_cr(place);
                return;
            }
            let ends = self.rules.separator.is_at(self.bytes, place) || self.is_line_end(place);
            let is_stray = self.scanner.is_strict() && matches!(byte, b'\r' | b'\n');
            if self.closed != place || !(ends || is_stray) {
                self.break_at(self.closed);
                return self.see(place);
            }
            self.closed = NOWHERE;
        }
        if is_escape && self.rules.escapes_all {
            self.mark(place);
            self.scanner.skip = place + 2;
        } else if is_quote {
            self.mark(place);
            self.inside = self.rules.toggles || place == self.start;
        } else if self.rules.separator.is_at(self.bytes, place) {
            self.found.ends |= self.bit(place);
            self.go_on(place + self.rules.separator.len());
        } else if self.is_line_end(place) {
            self.end_row(place);
        } else if self.scanner.is_strict() && matches!(byte, b'\r' | b'\n') {
            self.see_other_line_end(place);
        }
    }

    /// Whether an escape inside quotes has a meaning.
    fn escapes(&self, place: usize) -> bool {
        let next = self.bytes.get(place + 1).copied();
        self.rules.escapes_all || next.is_some() && (next == self.rules.quote || next == self.rules.escape)
    }

    /// Whether a row ends here: with the LF of CR LF, and with the first byte of others.
    fn is_line_end(&self, place: usize) -> bool {
        let byte = self.bytes[place];
        match self.rules.line_end {
            LineEnd::Lf | LineEnd::CrLf => byte == b'\n',
            LineEnd::Cr => byte == b'\r',
            LineEnd::Said(_) if self.rules.line_end.is_crlf() => byte == b'\n' && self.follows_cr(place),
            LineEnd::Said(token) => token.is_at(self.bytes, place),
        }
    }

    /// Whether a CR stands before this place that is not escaped.
    fn follows_cr(&self, place: usize) -> bool {
        place > self.scanner.skip && self.bytes[place - 1] == b'\r'
    }

    fn end_row(&mut self, place: usize) {
        if self.rules.line_end == LineEnd::CrLf && !self.follows_cr(place) {
            self.stray(place);
        }
        self.found.ends |= self.bit(place);
        self.found.lines |= self.bit(place);
        self.scanner.is_broken = false;
        self.closed = NOWHERE;
        let is_crlf = self.rules.line_end.is_crlf();
        self.go_on(place + if is_crlf { 1 } else { self.rules.line_end.token().len() });
    }

    /// The next field begins at `start`.
    fn go_on(&mut self, start: usize) {
        (self.start, self.scanner.skip) = (start, start);
    }

    /// A CR or LF, outside quotes, that is no line end of this file.
    fn see_other_line_end(&mut self, place: usize) {
        if self.rules.line_end != LineEnd::CrLf {
            self.stray(place);
        } else if place + 1 < self.end && !self.next_is_lf(place) {
            // It is stray by the byte behind it.
            self.stray(place + 1);
        } else {
            self.note_cr(place);
        }
    }

    fn note_cr(&mut self, place: usize) {
        self.scanner.after_cr = u64::from(place + 1 == self.at + BLOCK || place + 1 == self.bytes.len());
    }

    fn next_is_lf(&self, place: usize) -> bool {
        self.bytes.get(place + 1) == Some(&b'\n')
    }

    fn break_at(&mut self, place: usize) {
        self.scanner.behind.get_or_insert(place);
        self.scanner.is_broken = true;
        self.closed = NOWHERE;
    }

    fn stray(&mut self, place: usize) {
        self.scanner.stray.get_or_insert(place.min(self.bytes.len() - 1));
    }

    fn mark(&mut self, place: usize) {
        self.found.odd |= self.bit(place);
    }

    fn bit(&self, place: usize) -> u64 {
        1 << (place - self.at)
    }
}
