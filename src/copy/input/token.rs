//! A separator or line end: a few bytes.

/// The most bytes of a separator or line end.
pub const MAX_TOKEN_BYTES: usize = 8;

/// One to [`MAX_TOKEN_BYTES`] bytes that stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    bytes: [u8; MAX_TOKEN_BYTES],
    len: u8,
}

impl Token {
    /// A single byte.
    pub const fn byte(byte: u8) -> Token {
        let mut bytes = [0; MAX_TOKEN_BYTES];
        bytes[0] = byte;
        Token { bytes, len: 1 }
    }

    /// These bytes; `None` if they are none, or too many.
    pub fn new(text: &[u8]) -> Option<Token> {
        if text.is_empty() {
            return None;
        }
        let mut bytes = [0; MAX_TOKEN_BYTES];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Token { bytes, len: text.len() as u8 })
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len()]
    }

    /// The first byte.
    #[inline]
    pub fn first(&self) -> u8 {
        self.bytes[0]
    }

    /// The last byte.
    pub fn last(&self) -> u8 {
        self.bytes[self.len() - 1]
    }

    /// How many bytes there are: at least one.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    #[inline]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// The only byte, if there are no others.
    pub fn single(&self) -> Option<u8> {
        (self.len == 1).then_some(self.bytes[0])
    }

    /// Whether it begins at this place of `bytes`.
    #[inline]
    pub fn is_at(&self, bytes: &[u8], place: usize) -> bool {
        bytes[place] == self.bytes[0] && (self.len == 1 || bytes[place..].starts_with(self.bytes()))
    }

    /// Whether one of the two stands in the other.
    pub fn overlaps(&self, other: &Token) -> bool {
        let (short, long) = if self.len < other.len { (self, other) } else { (other, self) };
        long.bytes().windows(short.len()).any(|part| part == short.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_to_eight_bytes() {
        assert_eq!(Token::new(b""), None);
        assert_eq!(Token::new(b"123456789"), None);
        assert_eq!(Token::new(b"|"), Some(Token::byte(b'|')));
        let token = Token::new(b"12345678").unwrap();
        assert_eq!((token.len(), token.first(), token.last(), token.single()), (8, b'1', b'8', None));
    }

    #[test]
    fn places() {
        let token = Token::new(b"||").unwrap();
        assert!(token.is_at(b"a||", 1));
        assert!(!token.is_at(b"a||", 2) && !token.is_at(b"a||", 0));
        assert!(token.overlaps(&Token::byte(b'|')) && Token::byte(b'|').overlaps(&token));
        assert!(!token.overlaps(&Token::new(b"|a|").unwrap()));
    }
}
