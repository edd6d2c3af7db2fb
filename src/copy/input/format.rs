//! How a data file is written: separator, quote, NULL marker, line ends.

use super::charset::Charset;
use crate::{Error, Result};

/// The separator that the original job's dumps use.
pub const DEFAULT_SEPARATOR: &str = "|";
/// The quote that the original job's dumps use.
pub const DEFAULT_QUOTE: &str = "`";
/// The NULL marker that the original job's dumps use.
pub const DEFAULT_NULL: &str = "NULL";
/// The encoding that the original job's dumps use.
pub const DEFAULT_ENCODING: &str = "latin_1";

/// How a data file is written; the rules are those of `COPY … (FORMAT csv)` with `ESCAPE` equal to `QUOTE`
/// (PostgreSQL documentation, COPY, "CSV Format").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// Between fields.
    pub separator: u8,
    /// Around fields; doubled inside a quoted field it stands for itself.
    pub quote: u8,
    /// What an unquoted field holds that means NULL.
    pub null: Vec<u8>,
    /// The encoding of the data file.
    pub charset: Charset,
}

/// How the lines of a data file end. The header line decides; another line end outside quotes is a fault, as in
/// `COPY`.
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
    /// The last byte of the line end: the place where a row can be cut off.
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

impl Format {
    /// Checks the four settings against each other, by the rules that `COPY` has for them.
    ///
    /// # Errors
    /// An unknown encoding; a separator or quote that is not one byte, is a line end, or equals the other; a NULL
    /// marker that holds one of them. The message names the configuration key.
    pub fn new(separator: &str, quote: &str, null: &str, encoding: &str) -> Result<Format> {
        let charset = Charset::for_label(encoding)?;
        let one_byte = |key: &str, text: &str| match charset.encode(text).as_deref() {
            Some([byte]) if !matches!(byte, b'\n' | b'\r' | 0) => Ok(*byte),
            _ => Err(Error::refused(format!(
                "xport_cfg.{key}: {text:?} is not a single-byte character of {encoding}"
            ))
            .remedy("use one character that is no line end, for example '|'")),
        };
        let separator_byte = one_byte("field_separator", separator)?;
        let quote_byte = one_byte("dat_quote", quote)?;
        if separator_byte == quote_byte {
            return Err(Error::refused(format!(
                "xport_cfg: field_separator and dat_quote are both {separator:?}"
            ))
            .remedy("they must differ"));
        }
        let null_bytes = charset.encode(null).ok_or_else(|| {
            Error::refused(format!("xport_cfg.null_pattern: {null:?} cannot be written in {encoding}"))
                .remedy("choose another text, or change xport_cfg.encoding")
        })?;
        if null_bytes.iter().any(|byte| [separator_byte, quote_byte, b'\n', b'\r'].contains(byte)) {
            return Err(Error::refused(format!(
                "xport_cfg.null_pattern: {null:?} holds the separator, the quote or a line end"
            ))
            .remedy("choose another text"));
        }
        Ok(Format { separator: separator_byte, quote: quote_byte, null: null_bytes, charset })
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
    fn contradictions_name_the_key() {
        for (separator, quote, null, key) in [
            ("||", "`", "NULL", "field_separator"),
            ("\n", "`", "NULL", "field_separator"),
            ("|", "", "NULL", "dat_quote"),
            ("|", "|", "NULL", "must differ"),
            ("|", "`", "NU|L", "null_pattern"),
        ] {
            let error = Format::new(separator, quote, null, "latin_1").unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }
}
