//! How a data file is written: separator, quote, escape, NULL markers, line ends.

use super::charset::Charset;
use super::date_order::DateOrder;
pub use super::line_end::LineEnd;
use super::token::Token;
use std::sync::Arc;

/// The separator where none is named.
pub const DEFAULT_SEPARATOR: &str = "|";
/// The quote where none is named.
pub const DEFAULT_QUOTE: &str = "`";
/// The NULL marker where none is named.
pub const DEFAULT_NULL: &str = "NULL";
/// The encoding where none is named.
pub const DEFAULT_ENCODING: &str = "latin_1";

/// How a data file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// Between fields.
    pub separator: Token,
    /// Around fields; doubled inside a quoted field it stands for itself. `None` where no byte has that meaning.
    pub quote: Option<u8>,
    /// Which quotes open and close.
    pub quotes: Quotes,
    /// The byte that gives the byte behind it another meaning; never the quote.
    pub escape: Option<Escape>,
    /// The bytes of an unquoted field that means NULL.
    pub null: Vec<u8>,
    /// Further ones.
    pub more_nulls: Vec<Vec<u8>>,
    /// The line end, where it is said; else the first line decides.
    pub line_end: Option<Token>,
    /// Whether a field that is a single NUL is the empty text, as `bcp` writes it; else NUL is a fault everywhere.
    pub nul_is_empty: bool,
    /// Whether rows may end with one separator more.
    pub trailing_separator: bool,
    /// Whether the first line names the columns.
    pub has_header: bool,
    /// The encoding of the data file.
    pub charset: Charset,
    /// The order of day, month and year in dates such as `01/02/2019`; `None` where it is not said.
    pub date_order: Option<DateOrder>,
    /// Of each field of a row, whether it is taken; `None` for all.
    pub kept: Option<Arc<[bool]>>,
}

/// Which quotes open and close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quotes {
    /// One at the beginning of a field opens, the next one that is not doubled closes, and any other one is a character. Text
    /// behind a closing one is a fault.
    Text,
    /// All, as in `COPY … (FORMAT csv)`.
    Copy,
}

/// An escape and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escape {
    /// The byte.
    pub byte: u8,
    /// What it does.
    pub kind: EscapeKind,
}

/// What an escape does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EscapeKind {
    /// What `COPY … (FORMAT csv, ESCAPE …)` does: inside quotes, before a quote or an escape, it takes away its meaning.
    OfQuotes,
    /// What MySQL does (MySQL manual, LOAD DATA, "Field and Line Handling"): `\0`, `\b`, `\n`, `\r`, `\t` and `\Z` are control
    /// characters, and any other character stands for itself.
    OfAll,
}

/// The settings of a format as texts.
#[derive(Debug, Clone)]
pub struct Spelling<'t> {
    /// Between fields.
    pub separator: &'t str,
    /// Around fields; empty for none.
    pub quote: &'t str,
    /// The escape; empty for none.
    pub escape: &'t str,
    /// Whether the escape is MySQL's, with quotes too.
    pub escapes_all: bool,
    /// The NULL markers.
    pub nulls: Vec<&'t str>,
    /// The label of the encoding.
    pub encoding: &'t str,
    /// The line end; empty where the first line decides.
    pub line_end: &'t str,
    /// Which quotes open and close.
    pub quotes: Quotes,
}

/// Why rows cannot be written this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatFault {
    /// No encoding has this label.
    Encoding,
    /// The separator has no byte or too many, or holds NUL or a line end.
    Separator,
    /// The line end has no byte or too many, or holds NUL.
    LineEnd,
    /// The quote is not a single byte, or it is a line end.
    Quote,
    /// The escape is not a single byte, or it is a line end.
    Escape,
    /// Separator and quote are the same, or one holds the other.
    Same,
    /// The separator holds the escape.
    EscapeInSeparator,
    /// The line end holds the quote.
    QuoteInLineEnd,
    /// The line end holds the escape.
    EscapeInLineEnd,
    /// Separator and line end are the same, or one holds the other.
    SeparatorInLineEnd,
    /// The encoding lacks a character of this NULL marker.
    NullNotEncodable(usize),
    /// This NULL marker holds the separator, the quote or a line end.
    NullHoldsAnother(usize),
    /// No NULL marker.
    NoNull,
    /// COPY's quotes without a quote.
    CopyWithoutQuote,
    /// COPY's quotes with MySQL's escapes.
    CopyWithEscapes,
}

impl Default for Spelling<'_> {
    fn default() -> Self {
        Spelling {
            separator: DEFAULT_SEPARATOR,
            quote: DEFAULT_QUOTE,
            escape: "",
            escapes_all: false,
            nulls: vec![DEFAULT_NULL],
            encoding: DEFAULT_ENCODING,
            line_end: "",
            quotes: Quotes::Text,
        }
    }
}

impl Default for Format {
    fn default() -> Self {
        Format {
            separator: Token::byte(b'|'),
            quote: Some(b'`'),
            quotes: Quotes::Text,
            escape: None,
            null: DEFAULT_NULL.into(),
            more_nulls: Vec::new(),
            line_end: None,
            nul_is_empty: false,
            trailing_separator: false,
            has_header: true,
            charset: Charset::Latin1,
            date_order: None,
            kept: None,
        }
    }
}

impl Format {
    /// A format with a header line, without escapes, whose line end the first line decides.
    ///
    /// # Errors
    /// As [`Spelling::format`].
    pub fn new(separator: &str, quote: &str, null: &str, encoding: &str) -> Result<Format, FormatFault> {
        Spelling { separator, quote, nulls: vec![null], encoding, ..Spelling::default() }.format()
    }

    /// The line end that the first line does not decide.
    pub fn said_line_end(&self) -> Option<LineEnd> {
        self.line_end.map(LineEnd::Said)
    }

    /// Whether these bytes of an unquoted field mean NULL.
    #[inline]
    pub fn is_null(&self, raw: &[u8]) -> bool {
        raw == self.null || self.more_nulls.iter().any(|null| raw == null)
    }
}

impl Spelling<'_> {
    /// Checks the settings and their combination.
    ///
    /// # Errors
    /// The first fault; the caller knows what its settings are called.
    pub fn format(&self) -> Result<Format, FormatFault> {
        let charset = Charset::for_label(self.encoding).ok_or(FormatFault::Encoding)?;
        let line_end = match self.line_end {
            "" => None,
            text => Some(token(charset, text, &[]).ok_or(FormatFault::LineEnd)?),
        };
        let line_bytes = line_end.map_or(b"\r\n".to_vec(), |token| token.bytes().to_vec());
        // A CR or LF that ends no line is a character like others.
        let forbidden: &[u8] = if line_end.is_some() { &[] } else { b"\r\n" };
        let separator = token(charset, self.separator, forbidden).ok_or(FormatFault::Separator)?;
        let one = |text: &str, fault| match text {
            "" => Ok(None),
            text => token(charset, text, forbidden).and_then(|token| token.single()).ok_or(fault).map(Some),
        };
        let quote = one(self.quote, FormatFault::Quote)?;
        let escape = one(self.escape, FormatFault::Escape)?.filter(|escape| Some(*escape) != quote);
        let holds = |bytes: &[u8], byte: Option<u8>| byte.is_some_and(|byte| bytes.contains(&byte));
        let contradictions = [
            (holds(separator.bytes(), quote), FormatFault::Same),
            (holds(separator.bytes(), escape), FormatFault::EscapeInSeparator),
            (line_end.is_some_and(|line_end| line_end.overlaps(&separator)), FormatFault::SeparatorInLineEnd),
            (holds(&line_bytes, quote), FormatFault::QuoteInLineEnd),
            (holds(&line_bytes, escape), FormatFault::EscapeInLineEnd),
            (self.quotes == Quotes::Copy && quote.is_none(), FormatFault::CopyWithoutQuote),
            (
                self.quotes == Quotes::Copy && self.escapes_all && escape.is_some(),
                FormatFault::CopyWithEscapes,
            ),
        ];
        if let Some((_, fault)) = contradictions.into_iter().find(|(is_so, _)| *is_so) {
            return Err(fault);
        }
        let mut nulls = Vec::new();
        for (number, null) in self.nulls.iter().enumerate() {
            let null = charset.encode(null).ok_or(FormatFault::NullNotEncodable(number))?;
            let holds_token = |token: Token| null.windows(token.len()).any(|part| part == token.bytes());
            let holds_line_end = line_end.map_or(null.iter().any(|byte| b"\r\n".contains(byte)), holds_token);
            if holds(&null, quote) || holds_token(separator) || holds_line_end {
                return Err(FormatFault::NullHoldsAnother(number));
            }
            nulls.push(null);
        }
        if nulls.is_empty() {
            return Err(FormatFault::NoNull);
        }
        let kind = match quote.is_none() || self.escapes_all {
            true => EscapeKind::OfAll,
            false => EscapeKind::OfQuotes,
        };
        Ok(Format {
            separator,
            quote,
            quotes: self.quotes,
            escape: escape.map(|byte| Escape { byte, kind }),
            null: nulls.remove(0),
            more_nulls: nulls,
            line_end,
            charset,
            ..Format::default()
        })
    }
}

/// The bytes of a separator or line end, without these and NUL.
fn token(charset: Charset, text: &str, forbidden: &[u8]) -> Option<Token> {
    let bytes = charset.encode(text)?;
    let is_clean = bytes.iter().all(|byte| *byte != 0 && !forbidden.contains(byte));
    if is_clean { Token::new(&bytes) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Spelling::default().format(), Ok(Format::default()));
    }

    #[test]
    fn a_latin_1_separator_above_ascii_is_one_byte_and_two_in_utf_8() {
        assert_eq!(Format::new("¬", "\"", "", "latin_1").unwrap().separator, Token::byte(0xAC));
        assert_eq!(Format::new("¬", "\"", "", "utf-8").unwrap().separator.bytes(), "¬".as_bytes());
        assert_eq!(Format::new("|", "¬", "", "utf-8"), Err(FormatFault::Quote));
    }

    #[test]
    fn contradictions() {
        for (separator, quote, null, fault) in [
            ("123456789", "`", "NULL", FormatFault::Separator),
            ("\n", "`", "NULL", FormatFault::Separator),
            ("", "`", "NULL", FormatFault::Separator),
            ("|", "``", "NULL", FormatFault::Quote),
            ("|", "\r", "NULL", FormatFault::Quote),
            ("|", "|", "NULL", FormatFault::Same),
            ("|`|", "`", "NULL", FormatFault::Same),
            ("|", "`", "NU|L", FormatFault::NullHoldsAnother(0)),
            ("|", "`", "€", FormatFault::NullNotEncodable(0)),
        ] {
            assert_eq!(
                Format::new(separator, quote, null, "latin_1"),
                Err(fault),
                "{separator} {quote} {null}"
            );
        }
        assert_eq!(Format::new("|", "`", "NULL", "klingon"), Err(FormatFault::Encoding));
    }

    #[test]
    fn contradictions_with_escapes_and_line_ends() {
        let plain = Spelling { quote: "", ..Spelling::default() };
        for (spelling, fault) in [
            (Spelling { escape: "|", ..plain.clone() }, FormatFault::EscapeInSeparator),
            (Spelling { escape: "ab", ..plain.clone() }, FormatFault::Escape),
            (Spelling { line_end: "|\n", ..plain.clone() }, FormatFault::SeparatorInLineEnd),
            (Spelling { separator: "\n|", line_end: "\n", ..plain.clone() }, FormatFault::SeparatorInLineEnd),
            (Spelling { line_end: "`\n", ..Spelling::default() }, FormatFault::QuoteInLineEnd),
            (Spelling { line_end: "\\\n", escape: "\\", ..plain.clone() }, FormatFault::EscapeInLineEnd),
            (Spelling { line_end: "123456789", ..plain.clone() }, FormatFault::LineEnd),
            (Spelling { quotes: Quotes::Copy, ..plain.clone() }, FormatFault::CopyWithoutQuote),
            (
                Spelling { quotes: Quotes::Copy, escape: "\\", escapes_all: true, ..Spelling::default() },
                FormatFault::CopyWithEscapes,
            ),
            (Spelling { nulls: vec!["", "a;b"], line_end: ";", ..plain }, FormatFault::NullHoldsAnother(1)),
            (Spelling { nulls: vec![], ..Spelling::default() }, FormatFault::NoNull),
        ] {
            assert_eq!(spelling.format(), Err(fault), "{spelling:?}");
        }
    }

    #[test]
    fn what_an_escape_does() {
        let escape = |quote, escape, escapes_all| {
            let spelling = Spelling { quote, escape, escapes_all, ..Spelling::default() };
            spelling.format().unwrap().escape.map(|escape| escape.kind)
        };
        assert_eq!(escape("`", "\\", false), Some(EscapeKind::OfQuotes));
        assert_eq!(escape("`", "\\", true), Some(EscapeKind::OfAll));
        assert_eq!(escape("", "\\", false), Some(EscapeKind::OfAll));
        assert_eq!(escape("`", "`", false), None, "a doubled quote stands for itself anyway");
    }
}
