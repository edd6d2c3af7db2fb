//! What is known between two blocks of a text: the settings, and what one block means for the next.

use crate::copy::input::format::{EscapeKind, Format, LineEnd, Quotes};
use crate::copy::input::token::Token;

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
    /// The bytes that are looked for.
    pub needles: [u8; 4],
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
