//! What ends fields and rows, 64 bytes at a time.
//!
//! Which quotes open and close, and what escapes mean, is known before the first row, so the way to look at a block is
//! chosen once ([`super::state::Way`]). All ways compare 64 bytes at once; a byte is only looked at alone where it may have a meaning
//! (`walk.rs`), in blocks that are written in an unusual way.

use super::masks::{BLOCK, Masks, parities};
use super::state::{Found, Scanner};
use super::walk::Walk;
use crate::copy::input::format::LineEnd;

/// A way to look at blocks, chosen before the first one.
pub trait Look {
    /// What the block at `at` holds, which the scanner has come to.
    fn look(scanner: &mut Scanner, bytes: &[u8], at: usize) -> Found;
}

/// [`super::state::Way::Quoted`]
pub struct Quoted;
/// [`super::state::Way::Toggling`]
pub struct Toggling;
/// [`super::state::Way::Bare`]
pub struct Bare;
/// [`super::state::Way::Escaped`]
pub struct Escaped;
/// [`super::state::Way::Walked`]
pub struct Walked;

impl Scanner {
    /// The masks of the block at `at`, and which of its bytes there are.
    #[inline(always)]
    fn masks(&self, bytes: &[u8], at: usize) -> (Masks, u64) {
        match bytes[at..].first_chunk() {
            Some(whole) => (Masks::of(whole, self.needles), !0),
            None => self.last_masks(&bytes[at..]),
        }
    }

    /// The masks of a block that is not whole.
    #[cold]
    fn last_masks(&self, rest: &[u8]) -> (Masks, u64) {
        let mut padded = [0; BLOCK];
        padded[..rest.len()].copy_from_slice(rest);
        let Masks { needles, special } = Masks::of(&padded, self.needles);
        // A padding byte is no end, even if the separator is zero.
        let real = (1 << rest.len()) - 1;
        (Masks { needles: needles.map(|mask| mask & real), special: special & real }, real)
    }

    /// The line ends among these, which have their meaning; remembers the first stray one.
    #[inline(always)]
    fn line_ends(&mut self, bytes: &[u8], at: usize, crs: u64, lfs: u64) -> u64 {
        let (ends, strays) = match self.rules.line_end {
            LineEnd::Lf => (lfs, crs),
            LineEnd::Cr => (crs, lfs),
            LineEnd::CrLf => {
                let after_crs = crs << 1 | self.after_cr;
                self.after_cr = crs >> (BLOCK - 1);
                (lfs, after_crs ^ lfs)
            }
            LineEnd::Said(token) if token.len() == 1 => (lfs, 0),
            LineEnd::Said(_) => {
                let after_crs = crs << 1 | self.after_cr;
                self.after_cr = crs >> (BLOCK - 1);
                (lfs & after_crs, 0)
            }
        };
        if strays != 0 && self.stray.is_none() {
            // A CR is stray by the byte behind it, which may be behind the text.
            let place = at + strays.trailing_zeros() as usize;
            self.stray = Some(place.min(bytes.len() - 1));
        }
        ends
    }

    /// Looks at bytes one by one that are in `candidates`; all others have no meaning.
    #[cold]
    #[inline(never)]
    fn walk(&mut self, bytes: &[u8], at: usize, candidates: u64, special: u64) -> Found {
        Found { special, ..Walk::new(self, bytes, at).run(candidates) }
    }
}

impl Look for Quoted {
    /// Where every quote that opens stands at the beginning of a field, and every quote that closes is followed by another
    /// one or by the end of the field, the parity of the number of quotes before a byte says whether it is inside quotes: six
    /// shifts give it for all 64 bytes. Only in other blocks the quotes are looked at one by one.
    #[inline(always)]
    fn look(scanner: &mut Scanner, bytes: &[u8], at: usize) -> Found {
        let (Masks { needles: [separators, crs, lfs, quotes], special }, real) = scanner.masks(bytes, at);
        if quotes | scanner.after_close == 0 && !scanner.is_broken {
            let outside = !scanner.inside;
            let lines = scanner.line_ends(bytes, at, crs & outside, lfs & outside);
            let ends = separators & outside | lines;
            scanner.at_start = ends >> (BLOCK - 1);
            return Found { ends, lines, odd: 0, special };
        }
        let inside = parities(quotes) ^ scanner.inside;
        let (opening, closing) = (quotes & inside, quotes & !inside);
        let last = match scanner.rules.line_end {
            LineEnd::Cr => crs,
            _ => lfs,
        };
        let after_starts = ((separators | last) & !inside) << 1 | scanner.at_start;
        let after_closing = closing << 1 | scanner.after_close;
        let literal = opening & !(after_starts | after_closing);
        let behind = after_closing & real & !(quotes | separators | crs | lfs);
        if literal | behind != 0 || scanner.is_broken {
            return scanner.walk(bytes, at, separators | crs | lfs | quotes, special);
        }
        let lines = scanner.line_ends(bytes, at, crs & !inside, lfs & !inside);
        let ends = separators & !inside | lines;
        scanner.at_start = ends >> (BLOCK - 1);
        scanner.after_close = closing >> (BLOCK - 1);
        // The last bit of the block, 64 times.
        scanner.inside = (inside.cast_signed() >> 63).cast_unsigned();
        Found { ends, lines, odd: quotes, special }
    }
}

impl Look for Toggling {
    #[inline(always)]
    fn look(scanner: &mut Scanner, bytes: &[u8], at: usize) -> Found {
        let (Masks { needles: [separators, crs, lfs, quotes], special }, _) = scanner.masks(bytes, at);
        let inside = if quotes == 0 { scanner.inside } else { parities(quotes) ^ scanner.inside };
        let lines = scanner.line_ends(bytes, at, crs & !inside, lfs & !inside);
        scanner.inside = (inside.cast_signed() >> 63).cast_unsigned();
        Found { ends: separators & !inside | lines, lines, odd: quotes, special }
    }
}

impl Look for Bare {
    #[inline(always)]
    fn look(scanner: &mut Scanner, bytes: &[u8], at: usize) -> Found {
        let (Masks { needles: [separators, crs, lfs, _], special }, _) = scanner.masks(bytes, at);
        let lines = scanner.line_ends(bytes, at, crs, lfs);
        Found { ends: separators | lines, lines, odd: 0, special }
    }
}

impl Look for Escaped {
    #[inline(always)]
    fn look(scanner: &mut Scanner, bytes: &[u8], at: usize) -> Found {
        let (Masks { needles: [separators, crs, lfs, escapes], special }, _) = scanner.masks(bytes, at);
        let plain = match escapes | scanner.escaped {
            0 => !0,
            _ => !scanner.escaped_by(escapes),
        };
        let lines = scanner.line_ends(bytes, at, crs & plain, lfs & plain);
        Found { ends: separators & plain | lines, lines, odd: escapes, special }
    }
}

impl Scanner {
    /// The bytes behind escapes that are not escaped themselves. An escape is, if the run of escapes before it has an odd
    /// length; a sum carries through each run at once (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019).
    #[inline]
    fn escaped_by(&mut self, escapes: u64) -> u64 {
        const EVEN: u64 = 0x5555_5555_5555_5555;
        let escapes = escapes & !self.escaped;
        let followers = escapes << 1 | self.escaped;
        let odd_starts = escapes & !EVEN & !followers;
        let (sum, is_open) = odd_starts.overflowing_add(escapes);
        self.escaped = u64::from(is_open);
        (EVEN ^ sum << 1) & followers
    }
}

impl Look for Walked {
    #[inline(always)]
    fn look(scanner: &mut Scanner, bytes: &[u8], at: usize) -> Found {
        let (Masks { needles: [separators, crs, lfs, odd], special }, real) = scanner.masks(bytes, at);
        let escapes = match (scanner.rules.quote, scanner.rules.escape) {
            (Some(_), Some(escape)) => only(bytes, at, escape) & real,
            _ => 0,
        };
        scanner.walk(bytes, at, separators | crs | lfs | odd | escapes, special)
    }
}

/// The places of one byte in a block.
fn only(bytes: &[u8], at: usize, byte: u8) -> u64 {
    let block = &bytes[at..bytes.len().min(at + BLOCK)];
    memchr::memchr_iter(byte, block).fold(0, |mask, place| mask | 1 << place)
}
