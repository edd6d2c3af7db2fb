//! How the lines of a data file end.

use super::token::Token;

/// How the lines of a data file end. Where the format does not say it, the first line decides; another line end outside
/// quotes is a fault then, as in `COPY`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r`
    Cr,
    /// As the format says. Other line ends are characters of a value.
    Said(Token),
}

/// How lines are counted, for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineCount {
    /// This byte ends a line, also within a value.
    Bytes(u8),
    /// No byte ends lines as people see them, so each row is one.
    Rows,
}

impl LineEnd {
    /// The last byte of the line end: a row can be cut behind it.
    pub fn last_byte(self) -> u8 {
        match self {
            LineEnd::Lf | LineEnd::CrLf => b'\n',
            LineEnd::Cr => b'\r',
            LineEnd::Said(token) => token.last(),
        }
    }

    /// The bytes of a line end.
    pub fn token(self) -> Token {
        match self {
            LineEnd::Lf => Token::byte(b'\n'),
            LineEnd::Cr => Token::byte(b'\r'),
            LineEnd::CrLf => crlf(),
            LineEnd::Said(token) => token,
        }
    }

    /// Whether it is a CR and an LF. Such line ends are found by their LF.
    pub fn is_crlf(self) -> bool {
        self.token().bytes() == b"\r\n"
    }

    /// What counts as a line.
    pub fn count(self) -> LineCount {
        let token = self.token();
        match [b'\n', b'\r'].into_iter().find(|byte| token.bytes().contains(byte)) {
            Some(byte) => LineCount::Bytes(byte),
            None => LineCount::Rows,
        }
    }

    /// Whether the byte that ends lines may stand in a value that holds neither quotes nor escapes.
    pub fn may_stand_in_values(self) -> bool {
        matches!(self, LineEnd::Said(token) if token.len() > 1)
    }

    /// The name for messages.
    pub fn name(self) -> String {
        match self.token().bytes() {
            b"\n" => "LF".to_owned(),
            b"\r\n" => "CR LF".to_owned(),
            b"\r" => "CR".to_owned(),
            bytes => format!("{:?}", String::from_utf8_lossy(bytes)),
        }
    }
}

fn crlf() -> Token {
    // Two bytes are not too many.
    Token::new(b"\r\n").unwrap_or(Token::byte(b'\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_by_the_byte_that_editors_count_or_by_rows() {
        let said = |text: &[u8]| LineEnd::Said(Token::new(text).unwrap());
        for (line_end, count, name) in [
            (LineEnd::CrLf, LineCount::Bytes(b'\n'), "CR LF"),
            (LineEnd::Cr, LineCount::Bytes(b'\r'), "CR"),
            (said(b"\r\n"), LineCount::Bytes(b'\n'), "CR LF"),
            (said(b"|\n"), LineCount::Bytes(b'\n'), "\"|\\n\""),
            (said(b"<EOL>"), LineCount::Rows, "\"<EOL>\""),
        ] {
            assert_eq!((line_end.count(), line_end.name().as_str()), (count, name));
        }
        assert!(said(b"\r\n").is_crlf() && LineEnd::CrLf.is_crlf() && !LineEnd::Cr.is_crlf());
        assert!(said(b"\r\n").may_stand_in_values() && !LineEnd::CrLf.may_stand_in_values());
    }
}
