//! Finding the ends of fields, some blocks ahead.
//!
//! Fields are short, so a search that starts again at each of them costs more than the bytes themselves. Here 64 bytes are
//! compared at once (`scanner.rs`).

mod boundary;
#[cfg(test)]
mod by_the_rules;
mod looks;
mod masks;
mod state;
mod walk;

pub use boundary::Boundaries;

use super::format::{Format, LineEnd};
use looks::{Bare, Escaped, Look, Quoted, Toggling, Walked};
use masks::BLOCK;
use state::{Found, Scanner, Way};

/// Ends that are found ahead: those of a few blocks, which fit into the first-level cache.
const AHEAD: usize = 1024;

/// Marks the end of a field that holds a quote or an escape.
const ODD: u32 = 1 << 31;

/// Marks the end of a field that holds a byte that is not ASCII, or NUL.
const SPECIAL: u32 = 1 << 30;

/// The longest text whose ends can be found, bytes.
pub const MAX_BYTES: usize = SPECIAL as usize;

/// The end of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The place of the separator's first byte, or of the line end: of the LF of CR LF, of the first byte of others.
    pub at: usize,
    /// Whether a quote or an escape stands in the field, wherever.
    pub odd: bool,
    /// Whether all of the field is ASCII without NUL: characters in any encoding that rows are cut in.
    pub plain: bool,
}

/// The separators and line ends of a text that have their meaning, in order.
#[derive(Debug)]
pub struct Ends<'b> {
    bytes: &'b [u8],
    scanner: Scanner,
    /// The first byte that was not examined yet.
    block: usize,
    /// The marks of the bytes between the last end and that byte.
    marks: u32,
    ahead: [u32; AHEAD],
    /// The number of ends in `ahead`, and how many of them were given out.
    found: usize,
    given: usize,
}

impl<'b> Ends<'b> {
    /// The ends in `bytes`, which are at most [`MAX_BYTES`].
    pub fn new(bytes: &'b [u8], format: &Format, line_end: LineEnd) -> Self {
        debug_assert!(bytes.len() <= MAX_BYTES);
        let scanner = Scanner::new(format, line_end);
        Ends { bytes, scanner, block: 0, marks: 0, ahead: [0; AHEAD], found: 0, given: 0 }
    }

    /// Whether a CR or LF that is not of the file's kind of line end stands outside quotes before `place`. To be called when
    /// the ends up to there were given out.
    pub fn is_stray_before(&self, place: usize) -> bool {
        self.scanner.stray.is_some_and(|stray| stray < place)
    }

    /// The first text behind a closing quote, if it stands before `place`. To be called when the ends up to there were given
    /// out.
    pub fn behind_quote(&self, place: usize) -> Option<usize> {
        self.scanner.behind.filter(|behind| *behind < place)
    }

    /// Whether the text ends inside quotes. To be called when all ends were given out.
    pub fn is_open(&self) -> bool {
        self.scanner.inside != 0
    }

    /// The end of the bytes behind the last separator or line end. To be called when all ends were given out.
    pub fn rest(&self) -> End {
        End::new(self.marks, self.bytes.len())
    }

    /// Goes on at `place`, where a row begins, as if the text began there.
    pub fn restart(&mut self, place: usize) {
        self.scanner.restart();
        (self.block, self.marks, self.found, self.given) = (place, 0, 0, 0);
    }

    /// Finds some more; false behind the last.
    #[inline(never)]
    fn look_ahead(&mut self) -> bool {
        match self.scanner.way {
            Way::Quoted => self.look_ahead_as::<Quoted>(),
            Way::Toggling => self.look_ahead_as::<Toggling>(),
            Way::Bare => self.look_ahead_as::<Bare>(),
            Way::Escaped => self.look_ahead_as::<Escaped>(),
            Way::Walked => self.look_ahead_as::<Walked>(),
        }
    }

    fn look_ahead_as<L: Look>(&mut self) -> bool {
        (self.found, self.given) = (0, 0);
        while self.block < self.bytes.len() && self.found + BLOCK <= AHEAD {
            let Found { ends, odd, special, .. } = L::look(&mut self.scanner, self.bytes, self.block);
            if odd | special == 0 && self.marks == 0 {
                self.add(ends);
            } else {
                self.add_marked(ends, odd, special);
            }
            self.block += BLOCK;
        }
        let scanner = &mut self.scanner;
        if self.block >= self.bytes.len()
            && scanner.after_cr != 0
            && scanner.stray.is_none()
            && scanner.is_strict()
        {
            scanner.stray = Some(self.bytes.len() - 1);
        }
        self.found > 0
    }

    #[inline]
    fn add(&mut self, mut ends: u64) {
        while ends != 0 {
            self.push(ends.trailing_zeros(), 0);
            ends &= ends - 1;
        }
    }

    /// As `add`, where some of the fields hold odd or special bytes.
    fn add_marked(&mut self, mut ends: u64, mut odd: u64, mut special: u64) {
        let marks = |odd: u64, special: u64| {
            (if odd == 0 { 0 } else { ODD }) | (if special == 0 { 0 } else { SPECIAL })
        };
        while ends != 0 {
            let at = ends.trailing_zeros();
            let before = (1 << at) - 1;
            self.push(at, self.marks | marks(odd & before, special & before));
            self.marks = 0;
            odd &= !before;
            special &= !before;
            ends &= ends - 1;
        }
        self.marks |= marks(odd, special);
    }

    #[inline]
    fn push(&mut self, at: u32, marks: u32) {
        // Less than MAX_BYTES.
        self.ahead[self.found] = (self.block as u32 + at) | marks;
        self.found += 1;
    }
}

impl Iterator for Ends<'_> {
    type Item = End;

    #[inline]
    fn next(&mut self) -> Option<End> {
        if self.given == self.found && !self.look_ahead() {
            return None;
        }
        let end = self.ahead[self.given];
        self.given += 1;
        Some(End::new(end, (end & !(ODD | SPECIAL)) as usize))
    }
}

impl End {
    #[inline]
    fn new(marks: u32, at: usize) -> End {
        End { at, odd: marks & ODD != 0, plain: marks & SPECIAL == 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::Quotes;
    use super::super::token::Token;
    use super::*;
    use proptest::prelude::*;

    /// The ends, that of the rest, the first place before which there is no stray line end, and whether the text is open at
    /// its end.
    type Found = (Vec<End>, End, usize, bool);

    fn format() -> Format {
        Format { quotes: Quotes::Copy, ..Format::default() }
    }

    /// Byte by byte.
    fn expected(bytes: &[u8], line_end: LineEnd) -> Found {
        let (mut ends, mut stray, mut inside, mut odd, mut plain) = (Vec::new(), None, false, false, true);
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'`' {
                inside = !inside;
                odd = true;
            }
            // A CR is only known to be stray at the byte behind it.
            let after_cr = at > 0 && bytes[at - 1] == b'\r' && !(inside && *byte != b'`');
            let is_stray = !inside
                && match line_end {
                    LineEnd::Lf => *byte == b'\r',
                    LineEnd::Cr => *byte == b'\n',
                    LineEnd::CrLf => *byte == b'\n' && !after_cr || *byte == b'\r' && at + 1 == bytes.len(),
                    LineEnd::Said(_) => false,
                }
                || line_end == LineEnd::CrLf && after_cr && *byte != b'\n' && !was_inside(bytes, at - 1);
            if is_stray && stray.is_none() {
                stray = Some(at);
            }
            if !inside && (*byte == b'|' || *byte == line_end.last_byte()) {
                ends.push(End { at, odd, plain });
                (odd, plain) = (false, true);
            } else {
                plain &= (1..0x80).contains(byte);
            }
        }
        let rest = End { at: bytes.len(), odd, plain };
        (ends, rest, stray.unwrap_or(bytes.len()), inside)
    }

    fn was_inside(bytes: &[u8], at: usize) -> bool {
        bytes[..at].iter().filter(|byte| **byte == b'`').count() % 2 == 1
    }

    fn found(bytes: &[u8], line_end: LineEnd) -> Found {
        let format = format();
        let mut ends = Ends::new(bytes, &format, line_end);
        let all = ends.by_ref().collect();
        let clean = (0..=bytes.len()).take_while(|place| !ends.is_stray_before(*place)).last().unwrap();
        (all, ends.rest(), clean, ends.is_open())
    }

    #[test]
    fn ends_at_the_edges_of_blocks() {
        for length in [0, 1, 63, 64, 65, 127, 128, 129, AHEAD - 1, AHEAD, 3 * AHEAD + 1] {
            let text = vec![b'|'; length];
            assert_eq!(found(&text, LineEnd::Lf).0.len(), length);
            let rest = End { at: length, odd: false, plain: length == 0 };
            for special in [0, 0x80, 0xFF] {
                let text = vec![special; length];
                assert_eq!(found(&text, LineEnd::Lf), (vec![], rest, length, false));
            }
            let rest = End { at: length, odd: length > 0, plain: true };
            let text = vec![b'`'; length];
            assert_eq!(found(&text, LineEnd::Lf), (vec![], rest, length, length % 2 == 1));
            let text = [vec![b'a'; length], b"\r\n\r\n".to_vec()].concat();
            assert_eq!(found(&text, LineEnd::CrLf).2, length + 4);
            assert_eq!(found(&text[..length + 3], LineEnd::CrLf).2, length + 2);
        }
    }

    #[test]
    fn zero_may_be_the_separator() {
        let format = Format { separator: Token::byte(0), ..format() };
        assert_eq!(Ends::new(&[0; 3], &format, LineEnd::Lf).count(), 3);
    }

    proptest! {
        #[test]
        fn all_ends_outside_quotes_and_no_others(
            bytes in prop::collection::vec(prop::sample::select(b"aaaaaa|`\n\r\x00\xff".to_vec()), 0..2000),
            lines in prop::collection::vec("[a|]{0,9}(`[\r\n|`]{0,3}`)?", 0..200),
        ) {
            for line_end in [LineEnd::Lf, LineEnd::Cr, LineEnd::CrLf] {
                prop_assert_eq!(found(&bytes, line_end), expected(&bytes, line_end));
                let clean = lines.join(match line_end {
                    LineEnd::Lf => "\n",
                    LineEnd::Cr => "\r",
                    _ => "\r\n",
                });
                prop_assert_eq!(found(clean.as_bytes(), line_end), expected(clean.as_bytes(), line_end));
            }
        }
    }
}
