//! Where the last row of a block of input ends.

use super::looks::{Bare, Escaped, Look, Quoted, Toggling, Walked};
use super::masks::BLOCK;
use super::state::{Scanner, Way};
use crate::copy::input::format::{Format, LineEnd};
use crate::copy::input::line_end::LineCount;
use crate::copy::input::token::MAX_TOKEN_BYTES;
use memchr::{memchr, memrchr};

/// Finds the last row boundary. To be told of a row's first byte by [`Boundaries::restart`].
#[derive(Debug)]
pub struct Boundaries {
    scanner: Scanner,
    /// The first byte that was not examined yet.
    block: usize,
    /// How many rows ended so far, where that is counted.
    rows: u64,
    counts_rows: bool,
}

impl Boundaries {
    /// For rows that are written this way.
    pub fn new(format: &Format, line_end: LineEnd) -> Self {
        let counts_rows = line_end.count() == LineCount::Rows;
        Boundaries { scanner: Scanner::new(format, line_end), block: 0, rows: 0, counts_rows }
    }

    /// Begins with a row, which the first byte of a text belongs to.
    pub fn restart(&mut self) {
        self.scanner.restart();
        (self.block, self.rows) = (0, 0);
    }

    /// How many rows end up to the last boundary that was found, where line ends of the format are no lines to people.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The end of the last whole row in `bytes`, of which so many were `searched` before, without one.
    pub fn last(&mut self, bytes: &[u8], searched: usize) -> Option<usize> {
        let odd = match self.scanner.way {
            Way::Quoted | Way::Toggling => self.scanner.rules.quote,
            _ => None,
        };
        let is_whole_way = self.scanner.way == Way::Walked || self.counts_rows;
        let is_plain = match odd {
            Some(quote) => searched == 0 && memchr(quote, bytes).is_none(),
            None => true,
        };
        if is_plain && !is_whole_way {
            return self.last_line_end(&bytes[..], searched);
        }
        match self.scanner.way {
            Way::Quoted => self.last_as::<Quoted>(bytes),
            Way::Toggling => self.last_as::<Toggling>(bytes),
            Way::Bare => self.last_as::<Bare>(bytes),
            Way::Escaped => self.last_as::<Escaped>(bytes),
            Way::Walked => self.last_as::<Walked>(bytes),
        }
    }

    /// The last line end of a text in which no quotes have a meaning.
    fn last_line_end(&self, bytes: &[u8], searched: usize) -> Option<usize> {
        let line_end = self.scanner.rules.line_end;
        let is_said_crlf = line_end.is_crlf() && !self.scanner.is_strict();
        // A line end may begin before.
        let from = searched.saturating_sub(MAX_TOKEN_BYTES);
        let mut end = bytes.len();
        loop {
            let at = from + memrchr(line_end.last_byte(), &bytes[from..end])?;
            let begins =
                if is_said_crlf { at.checked_sub(1).filter(|cr| bytes[*cr] == b'\r') } else { Some(at) };
            if begins.is_some_and(|begins| !self.is_escaped(bytes, begins)) {
                return Some(at + 1);
            }
            end = at;
        }
    }

    /// Whether an odd number of escapes stands before this place.
    fn is_escaped(&self, bytes: &[u8], place: usize) -> bool {
        let Some(escape) = self.scanner.rules.escape else { return false };
        bytes[..place].iter().rev().take_while(|byte| **byte == escape).count() % 2 == 1
    }

    /// Looks at all blocks that are complete, and at the last one without remembering what it holds.
    fn last_as<L: Look>(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut last = None;
        let mut note = |rows: &mut u64, at: usize, lines: u64| {
            if lines != 0 {
                last = Some(at + (BLOCK - 1) - lines.leading_zeros() as usize);
                *rows += u64::from(lines.count_ones());
            }
        };
        // Of a line end in a whole block, all bytes are there.
        while self.block + BLOCK + MAX_TOKEN_BYTES <= bytes.len() {
            let lines = L::look(&mut self.scanner, bytes, self.block).lines;
            note(&mut self.rows, self.block, lines);
            self.block += BLOCK;
        }
        let mut scanner = self.scanner.clone();
        let (mut block, mut rows) = (self.block, 0);
        while block < bytes.len() {
            let lines = L::look(&mut scanner, bytes, block).lines;
            note(&mut rows, block, lines);
            block += BLOCK;
        }
        let last = last?;
        self.rows += rows;
        let line_end = self.scanner.rules.line_end;
        Some(last + if line_end.is_crlf() { 1 } else { line_end.token().len() })
    }
}
