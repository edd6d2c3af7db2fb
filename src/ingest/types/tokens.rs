//! The parts of a type's text.

/// A part of a type's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A word in lower case.
    Word(String),
    /// What stands in parentheses.
    List(String),
    /// An array's brackets, such as `[]` or `[3]`.
    Array(String),
    /// The dot behind a schema.
    Dot,
    /// Anything else, which no type has.
    Other,
}

impl Token {
    /// The word, where it is one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// Takes a text apart. Quotes and brackets around names are left out.
pub fn tokens(text: &str) -> Vec<Token> {
    let lower = text.to_lowercase();
    let mut tokens = Vec::new();
    let mut rest = lower.as_str();
    while let Some(first) = rest.chars().next() {
        let behind = &rest[first.len_utf8()..];
        rest = match first {
            // MariaDB writes `datetime /* mariadb-5.3 */` for columns in its older format.
            '/' if behind.starts_with('*') => return tokens,
            '"' | '`' | ']' => behind,
            '[' => {
                let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
                match behind[digits..].strip_prefix(']') {
                    Some(rest) => {
                        tokens.push(Token::Array(format!("[{}]", &behind[..digits])));
                        rest
                    }
                    None => behind,
                }
            }
            '(' => match closing_parenthesis(behind) {
                Some(end) => {
                    tokens.push(Token::List(behind[..end].to_owned()));
                    &behind[end + 1..]
                }
                None => {
                    tokens.push(Token::Other);
                    return tokens;
                }
            },
            '.' => {
                tokens.push(Token::Dot);
                behind
            }
            c if c.is_whitespace() => behind,
            c if is_of_word(c) => {
                let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                &rest[end..]
            }
            _ => {
                tokens.push(Token::Other);
                behind
            }
        };
    }
    tokens
}

/// Whether a letter may stand in a type's words.
pub fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the list ends that begins before `rest`; quoted words in it, as in `enum('a)','b')`, are passed over.
pub fn closing_parenthesis(rest: &str) -> Option<usize> {
    let mut quoted = false;
    rest.char_indices()
        .find(|(_, c)| {
            quoted ^= *c == '\'';
            *c == ')' && !quoted
        })
        .map(|(at, _)| at)
}
