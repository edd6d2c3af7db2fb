//! What ends fields and rows, 64 bytes at a time.
//!
//! Which quotes open and close, and what escapes mean, is known before the first row, so the way to look at a block is
//! chosen once ([`Way`]). All ways compare 64 bytes at once; a byte is only looked at alone where it may have a meaning
//! (`walk.rs`), in blocks that are written in an unusual way.

use super::format::{EscapeKind, Format, LineEnd, Quotes};
use super::masks::{BLOCK, Masks, parities};
use super::token::Token;
use super::walk::Walk;

/// How blocks are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A quote opens at the beginning of a field, and closes at its end.
    Quoted,
    /// Every quote opens or closes, as in COPY.
    Toggling,
    /// Neither quotes nor escapes.
    Bare,
    /// Escapes, but no quotes.
    Escaped,
    /// Separators of several bytes, or escapes beside quotes.
    Walked,
}

/// What a block holds: one bit for every byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// The ends of fields: a separator's first byte, and those of `lines`.
    pub ends: u64,
    /// The ends of rows: the LF of CR LF, the first byte of others.
    pub lines: u64,
    /// Quotes and escapes; those that are known to be plain characters may be among them.
    pub odd: u64,
    /// Bytes that are NUL or not ASCII.
    pub special: u64,
}

/// Looks at the blocks of a text one after the other, and knows what one block means for the next.
#[derive(Debug, Clone)]
pub struct Scanner {
    /// How blocks are looked at.
    pub way: Way,
    /// The settings.
    pub rules: Rules,
    needles: [u8; 4],
    /// All ones if the next block begins inside quotes.
    pub inside: u64,
    /// 1 if a CR stands before the next block, outside quotes.
    pub after_cr: u64,
    /// 1 if a field begins with the next block.
    pub at_start: u64,
    /// 1 if a quote that closes stands before the next block.
    pub after_close: u64,
    /// 1 if an escape stands before the next block.
    pub escaped: u64,
    /// Whether the row of the next block has text behind a closing quote.
    pub is_broken: bool,
    /// Places before this one belong to a separator, a line end or an escape.
    pub skip: usize,
    /// Where the field begins whose separator reaches into the next block.
    pub start: usize,
    /// The first line end outside quotes that is not of the file's kind.
    pub stray: Option<usize>,
    /// The first text behind a closing quote.
    pub behind: Option<usize>,
}

/// What has a meaning.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Between fields.
    pub separator: Token,
    /// Between rows.
    pub line_end: LineEnd,
    /// Around fields.
    pub quote: Option<u8>,
    /// Whether every quote opens or closes.
    pub toggles: bool,
    /// The escape.
    pub escape: Option<u8>,
    /// Whether the escape has its meaning everywhere, and not just inside quotes before a quote or escape.
    pub escapes_all: bool,
}

/// A way to look at blocks, chosen before the first one.
pub trait Look {
    /// What the block at `at` holds, which the scanner has come to.
    fn look(scanner: &mut Scanner, bytes: &[u8], at: usize) -> Found;
}

/// [`Way::Quoted`]
pub struct Quoted;
/// [`Way::Toggling`]
pub struct Toggling;
/// [`Way::Bare`]
pub struct Bare;
/// [`Way::Escaped`]
pub struct Escaped;
/// [`Way::Walked`]
pub struct Walked;

impl Scanner {
    /// Begins with a row.
    pub fn new(format: &Format, line_end: LineEnd) -> Self {
        let rules = Rules {
            separator: format.separator,
            line_end,
            quote: format.quote,
            toggles: format.quotes == Quotes::Copy,
            escape: format.escape.map(|escape| escape.byte),
            escapes_all: format.escape.is_some_and(|escape| escape.kind == EscapeKind::OfAll),
        };
        let ends = match line_end {
            LineEnd::Said(token) if token.single().is_some() => [token.first(); 2],
            LineEnd::Said(token) if !line_end.is_crlf() => [token.first(); 2],
            _ => [b'\r', b'\n'],
        };
        let separator = rules.separator.first();
        // An unused one is looked for twice.
        let odd = rules.quote.or(rules.escape).unwrap_or(separator);
        Scanner {
            way: rules.way(),
            rules,
            needles: [separator, ends[0], ends[1], odd],
            inside: 0,
            after_cr: 0,
            at_start: 1,
            after_close: 0,
            escaped: 0,
            is_broken: false,
            skip: 0,
            start: usize::MAX,
            stray: None,
            behind: None,
        }
    }

    /// Goes on with another row.
    pub fn restart(&mut self) {
        (self.inside, self.after_cr, self.at_start, self.after_close, self.escaped) = (0, 0, 1, 0, 0);
        (self.is_broken, self.skip, self.start) = (false, 0, usize::MAX);
        (self.stray, self.behind) = (None, None);
    }

    /// Whether line ends of other kinds are faults.
    pub fn is_strict(&self) -> bool {
        !matches!(self.rules.line_end, LineEnd::Said(_))
    }

    /// The masks of the block at `at`, and which of its bytes there are.
    #[inline]
    fn masks(&self, bytes: &[u8], at: usize) -> (Masks, u64) {
        let rest = &bytes[at..];
        match rest.first_chunk() {
            Some(whole) => (Masks::of(whole, self.needles), !0),
            None => {
                let mut padded = [0; BLOCK];
                padded[..rest.len()].copy_from_slice(rest);
                let Masks { needles, special } = Masks::of(&padded, self.needles);
                // A padding byte is no end, even if the separator is zero.
                let real = (1 << rest.len()) - 1;
                (Masks { needles: needles.map(|mask| mask & real), special: special & real }, real)
            }
        }
    }

    /// The line ends among these, which have their meaning; remembers the first stray one.
    #[inline]
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

impl Rules {
    fn way(&self) -> Way {
        let line_end = self.line_end;
        let is_narrow = self.separator.len() == 1 && (line_end.token().len() == 1 || line_end.is_crlf());
        // What may follow a closing quote is not told by one byte then.
        let is_said_crlf = matches!(line_end, LineEnd::Said(token) if token.len() > 1);
        match (self.quote, self.escape) {
            _ if !is_narrow => Way::Walked,
            (None, None) => Way::Bare,
            (None, Some(_)) => Way::Escaped,
            (Some(_), None) if self.toggles => Way::Toggling,
            (Some(_), None) if !is_said_crlf => Way::Quoted,
            (Some(_), _) => Way::Walked,
        }
    }
}

impl Look for Quoted {
    /// Where every quote that opens stands at the beginning of a field, and every quote that closes is followed by another
    /// one or by the end of the field, the parity of the number of quotes before a byte says whether it is inside quotes: six
    /// shifts give it for all 64 bytes. Only in other blocks the quotes are looked at one by one.
    #[inline]
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
    #[inline]
    fn look(scanner: &mut Scanner, bytes: &[u8], at: usize) -> Found {
        let (Masks { needles: [separators, crs, lfs, quotes], special }, _) = scanner.masks(bytes, at);
        let inside = if quotes == 0 { scanner.inside } else { parities(quotes) ^ scanner.inside };
        let lines = scanner.line_ends(bytes, at, crs & !inside, lfs & !inside);
        scanner.inside = (inside.cast_signed() >> 63).cast_unsigned();
        Found { ends: separators & !inside | lines, lines, odd: quotes, special }
    }
}

impl Look for Bare {
    #[inline]
    fn look(scanner: &mut Scanner, bytes: &[u8], at: usize) -> Found {
        let (Masks { needles: [separators, crs, lfs, _], special }, _) = scanner.masks(bytes, at);
        let lines = scanner.line_ends(bytes, at, crs, lfs);
        Found { ends: separators | lines, lines, odd: 0, special }
    }
}

impl Look for Escaped {
    #[inline]
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
    #[inline]
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
