//! How a data file is written: separator, quote, NULL marker, line ends.

use super::charset::Charset;
use super::date_order::DateOrder;

/// The separator where none is named.
pub const DEFAULT_SEPARATOR: &str = "|";
/// The quote where none is named.
pub const DEFAULT_QUOTE: &str = "`";
/// The NULL marker where none is named.
pub const DEFAULT_NULL: &str = "NULL";
/// The encoding where none is named.
pub const DEFAULT_ENCODING: &str = "latin_1";

/// How a data file is written: as in `COPY … (FORMAT csv)` with `ESCAPE` equal to `QUOTE` (PostgreSQL documentation, COPY,
/// "CSV Format").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// Between fields.
    pub separator: u8,
    /// Around fields; doubled inside a quoted field it stands for itself.
    pub quote: u8,
    /// The bytes of an unquoted field that means NULL.
    pub null: Vec<u8>,
    /// The encoding of the data file.
    pub charset: Charset,
    /// The order of day, month and year in dates such as `01/02/2019`; `None` where it is not said.
    pub date_order: Option<DateOrder>,
}

/// How the lines of a data file end. The header line decides; another line end outside quotes is a fault, as in `COPY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r`
    Cr,
}

impl LineEnd {
    /// The last byte of the line end: a row can be cut behind it.
    pub fn last_byte(self) -> u8 {
        match self {
            LineEnd::Lf | LineEnd::CrLf => b'\n',
            LineEnd::Cr => b'\r',
        }
    }

    /// The name for messages.
    pub fn name(self) -> &'static str {
        match self {
            LineEnd::Lf => "LF",
            LineEnd::CrLf => "CR LF",
            LineEnd::Cr => "CR",
        }
    }
}

/// Why rows cannot be written this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatFault {
    /// No encoding has this label.
    Encoding,
    /// The separator is not a single byte, or it is a line end.
    Separator,
    /// The quote is not a single byte, or it is a line end.
    Quote,
    /// Separator and quote are the same.
    Same,
    /// The encoding lacks a character of the NULL marker.
    NullNotEncodable,
    /// The NULL marker holds the separator, the quote or a line end.
    NullHoldsAnother,
}

impl Format {
    /// Checks the four settings by the rules of `COPY`.
    ///
    /// # Errors
    /// The first fault; the caller knows what its settings are called.
    pub fn new(separator: &str, quote: &str, null: &str, encoding: &str) -> Result<Format, FormatFault> {
        let charset = Charset::for_label(encoding).ok_or(FormatFault::Encoding)?;
        let one_byte = |text: &str| match charset.encode(text).as_deref() {
            Some([byte]) if !matches!(byte, b'\n' | b'\r' | 0) => Some(*byte),
            _ => None,
        };
        let separator = one_byte(separator).ok_or(FormatFault::Separator)?;
        let quote = one_byte(quote).ok_or(FormatFault::Quote)?;
        if separator == quote {
            return Err(FormatFault::Same);
        }
        let null = charset.encode(null).ok_or(FormatFault::NullNotEncodable)?;
        if null.iter().any(|byte| [separator, quote, b'\n', b'\r'].contains(byte)) {
            return Err(FormatFault::NullHoldsAnother);
        }
        Ok(Format { separator, quote, null, charset, date_order: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        let format = Format::new(DEFAULT_SEPARATOR, DEFAULT_QUOTE, DEFAULT_NULL, DEFAULT_ENCODING).unwrap();
        assert_eq!((format.separator, format.quote, format.null.as_slice()), (b'|', b'`', &b"NULL"[..]));
    }

    #[test]
    fn a_latin_1_separator_above_ascii_is_one_byte_but_not_in_utf_8() {
        assert_eq!(Format::new("¬", "\"", "", "latin_1").unwrap().separator, 0xAC);
        assert!(Format::new("¬", "\"", "", "utf-8").is_err());
    }

    #[test]
    fn contradictions() {
        for (separator, quote, null, fault) in [
            ("||", "`", "NULL", FormatFault::Separator),
            ("\n", "`", "NULL", FormatFault::Separator),
            ("|", "", "NULL", FormatFault::Quote),
            ("|", "|", "NULL", FormatFault::Same),
            ("|", "`", "NU|L", FormatFault::NullHoldsAnother),
            ("|", "`", "€", FormatFault::NullNotEncodable),
        ] {
            assert_eq!(
                Format::new(separator, quote, null, "latin_1"),
                Err(fault),
                "{separator} {quote} {null}"
            );
        }
        assert_eq!(Format::new("|", "`", "NULL", "klingon"), Err(FormatFault::Encoding));
    }
}
