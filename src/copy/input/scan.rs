//! Finding the ends of fields, 64 bytes at a time.
//!
//! Fields are short, so a search that starts again at each of them costs more than the bytes themselves. Here 64 bytes are
//! compared at once. Whether a byte stands inside quotes follows from the parity of the number of quotes before it, which is
//! COPY's own rule; six shifts give it for all 64 bytes.

use super::format::{Format, LineEnd};
use super::masks::{BLOCK, Masks, parities};

/// Ends that are found ahead: those of a few blocks, which fit into the first-level cache.
const AHEAD: usize = 1024;

/// Marks the end of a field that holds a quote.
const QUOTED: u32 = 1 << 31;

/// Marks the end of a field that holds a byte that is not ASCII, or NUL.
const SPECIAL: u32 = 1 << 30;

/// The longest text whose ends can be found, bytes.
pub const MAX_BYTES: usize = SPECIAL as usize;

/// The end of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The place of the separator or line end.
    pub at: usize,
    /// Whether a quote stands in the field, wherever.
    pub quoted: bool,
    /// Whether all of the field is ASCII without NUL: characters in any encoding that rows are cut in.
    pub plain: bool,
}

/// The separators and line ends of a text that stand outside quotes, in order.
#[derive(Debug)]
pub struct Ends<'b> {
    bytes: &'b [u8],
    separator: u8,
    quote: u8,
    line_end: LineEnd,
    /// The first byte that was not examined yet.
    block: usize,
    /// All ones if that byte is inside quotes.
    inside: u64,
    /// 1 if a CR stands before that byte, outside quotes.
    after_cr: u64,
    /// The marks of the bytes between the last end and that byte.
    marks: u32,
    stray: Option<usize>,
    ahead: [u32; AHEAD],
    /// The number of ends in `ahead`, and how many of them were given out.
    found: usize,
    given: usize,
}

impl<'b> Ends<'b> {
    /// The ends in `bytes`, which are at most [`MAX_BYTES`].
    pub fn new(bytes: &'b [u8], format: &Format, line_end: LineEnd) -> Self {
        debug_assert!(bytes.len() <= MAX_BYTES);
        Ends {
            bytes,
            separator: format.separator,
            quote: format.quote,
            line_end,
            block: 0,
            inside: 0,
            after_cr: 0,
            marks: 0,
            stray: None,
            ahead: [0; AHEAD],
            found: 0,
            given: 0,
        }
    }

    /// Whether a CR or LF that is not of the file's kind of line end stands outside quotes before `place`. To be called when
    /// the ends up to there were given out.
    pub fn is_stray_before(&self, place: usize) -> bool {
        self.stray.is_some_and(|stray| stray < place)
    }

    /// Whether the text ends inside quotes. To be called when all ends were given out.
    pub fn is_open(&self) -> bool {
        self.inside != 0
    }

    /// The end of the bytes behind the last separator or line end. To be called when all ends were given out.
    pub fn rest(&self) -> End {
        End::new(self.marks, self.bytes.len())
    }

    /// Goes on at `place`, where a row begins, as if the text began there.
    pub fn restart(&mut self, place: usize) {
        (self.block, self.inside, self.after_cr) = (place, 0, 0);
        (self.marks, self.stray) = (0, None);
        (self.found, self.given) = (0, 0);
    }

    /// Finds some more; false behind the last.
    #[inline(never)]
    fn look_ahead(&mut self) -> bool {
        (self.found, self.given) = (0, 0);
        while self.block < self.bytes.len() && self.found + BLOCK <= AHEAD {
            let Masks { needles: [separators, crs, lfs, quotes], special } = self.masks();
            let inside = if quotes == 0 { self.inside } else { parities(quotes) ^ self.inside };
            let line_ends = self.line_ends(crs & !inside, lfs & !inside);
            let ends = separators & !inside | line_ends;
            if quotes | special == 0 && self.marks == 0 {
                self.add(ends);
            } else {
                self.add_marked(ends, quotes, special);
                // The last bit of the block, 64 times.
                self.inside = (inside.cast_signed() >> 63).cast_unsigned();
            }
            self.block += BLOCK;
        }
        if self.block >= self.bytes.len() && self.after_cr != 0 && self.stray.is_none() {
            self.stray = Some(self.bytes.len() - 1);
        }
        self.found > 0
    }

    /// The line ends among these, which stand outside quotes; remembers the first stray one.
    #[inline]
    fn line_ends(&mut self, crs: u64, lfs: u64) -> u64 {
        let (ends, strays) = match self.line_end {
            LineEnd::Lf => (lfs, crs),
            LineEnd::Cr => (crs, lfs),
            LineEnd::CrLf => {
                let after_crs = crs << 1 | self.after_cr;
                self.after_cr = crs >> (BLOCK - 1);
                (lfs, after_crs ^ lfs)
            }
        };
        if strays != 0 && self.stray.is_none() {
            // A CR is stray by the byte behind it, which may be behind the text.
            let place = self.block + strays.trailing_zeros() as usize;
            self.stray = Some(place.min(self.bytes.len() - 1));
        }
        ends
    }

    fn masks(&self) -> Masks {
        let needles = [self.separator, b'\r', b'\n', self.quote];
        let rest = &self.bytes[self.block..];
        match rest.first_chunk() {
            Some(whole) => Masks::of(whole, needles),
            None => {
                let mut padded = [0; BLOCK];
                padded[..rest.len()].copy_from_slice(rest);
                let Masks { needles, special } = Masks::of(&padded, needles);
                // A padding byte is no end, even if the separator is zero.
                let real = (1 << rest.len()) - 1;
                Masks { needles: needles.map(|mask| mask & real), special: special & real }
            }
        }
    }

    #[inline]
    fn add(&mut self, mut ends: u64) {
        while ends != 0 {
            self.push(ends.trailing_zeros(), 0);
            ends &= ends - 1;
        }
    }

    /// As `add`, where some of the fields hold quotes or special bytes.
    fn add_marked(&mut self, mut ends: u64, mut quotes: u64, mut special: u64) {
        let marks = |quotes: u64, special: u64| {
            (if quotes == 0 { 0 } else { QUOTED }) | (if special == 0 { 0 } else { SPECIAL })
        };
        while ends != 0 {
            let at = ends.trailing_zeros();
            let before = (1 << at) - 1;
            self.push(at, self.marks | marks(quotes & before, special & before));
            self.marks = 0;
            quotes &= !before;
            special &= !before;
            ends &= ends - 1;
        }
        self.marks |= marks(quotes, special);
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
        Some(End::new(end, (end & !(QUOTED | SPECIAL)) as usize))
    }
}

impl End {
    #[inline]
    fn new(marks: u32, at: usize) -> End {
        End { at, quoted: marks & QUOTED != 0, plain: marks & SPECIAL == 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The ends, that of the rest, the first place before which there is no stray line end, and whether the text is open at
    /// its end.
    type Found = (Vec<End>, End, usize, bool);

    fn format() -> Format {
        Format::new("|", "`", "NULL", "latin_1").unwrap()
    }

    /// Byte by byte.
    fn expected(bytes: &[u8], line_end: LineEnd) -> Found {
        let (mut ends, mut stray, mut inside, mut quoted, mut plain) = (Vec::new(), None, false, false, true);
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'`' {
                inside = !inside;
                quoted = true;
            }
            // A CR is only known to be stray at the byte behind it.
            let after_cr = at > 0 && bytes[at - 1] == b'\r' && !(inside && *byte != b'`');
            let is_stray = !inside
                && match line_end {
                    LineEnd::Lf => *byte == b'\r',
                    LineEnd::Cr => *byte == b'\n',
                    LineEnd::CrLf => *byte == b'\n' && !after_cr || *byte == b'\r' && at + 1 == bytes.len(),
                }
                || line_end == LineEnd::CrLf && after_cr && *byte != b'\n' && !was_inside(bytes, at - 1);
            if is_stray && stray.is_none() {
                stray = Some(at);
            }
            if !inside && (*byte == b'|' || *byte == line_end.last_byte()) {
                ends.push(End { at, quoted, plain });
                (quoted, plain) = (false, true);
            } else {
                plain &= (1..0x80).contains(byte);
            }
        }
        let rest = End { at: bytes.len(), quoted, plain };
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
            let rest = End { at: length, quoted: false, plain: length == 0 };
            for special in [0, 0x80, 0xFF] {
                let text = vec![special; length];
                assert_eq!(found(&text, LineEnd::Lf), (vec![], rest, length, false));
            }
            let rest = End { at: length, quoted: length > 0, plain: true };
            let text = vec![b'`'; length];
            assert_eq!(found(&text, LineEnd::Lf), (vec![], rest, length, length % 2 == 1));
            let text = [vec![b'a'; length], b"\r\n\r\n".to_vec()].concat();
            assert_eq!(found(&text, LineEnd::CrLf).2, length + 4);
            assert_eq!(found(&text[..length + 3], LineEnd::CrLf).2, length + 2);
        }
    }

    #[test]
    fn zero_may_be_the_separator() {
        let format = Format { separator: 0, ..format() };
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
                    LineEnd::CrLf => "\r\n",
                });
                prop_assert_eq!(found(clean.as_bytes(), line_end), expected(clean.as_bytes(), line_end));
            }
        }
    }
}
