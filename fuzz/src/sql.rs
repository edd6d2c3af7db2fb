//! SQL as PostgreSQL's lexer takes it apart (documentation, "Lexical Structure"), as far as our statements go: what they never have,
//! such as comments, escapes and dollar quotes, is an error.

use std::fmt::Debug;

/// A part of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A keyword, or a name without quotes.
    Word(String),
    /// A quoted identifier, as it is without its quotes.
    Name(String),
    /// A string literal, as it is without its quotes.
    Text(String),
    /// A number without a sign.
    Number(String),
    /// A parameter: `$1`.
    Parameter(usize),
    /// A sign of punctuation, or of an operator.
    Sign(char),
}

/// Takes SQL apart.
///
/// # Errors
/// In words, and where: what our statements never have.
pub fn tokens(sql: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let fault = |what: &str| Err(format!("{what}: {rest}"));
        let follows = |text: &str| rest.starts_with(text);
        if follows("--") || follows("/*") {
            return fault("a comment");
        }
        rest = match first {
            ' ' | '\n' => &rest[1..],
            '"' | '\'' => {
                let Some((text, behind)) = quoted(rest, first) else {
                    return fault("a quote without an end");
                };
                tokens.push(match first {
                    '"' if text.is_empty() => return fault("an empty name"),
                    '"' => Token::Name(text),
                    _ => Token::Text(text),
                });
                behind
            }
            '$' => {
                let (digits, behind) = split(&rest[1..], |c| c.is_ascii_digit());
                match digits.parse() {
                    Ok(number) if !begins_word(behind) => tokens.push(Token::Parameter(number)),
                    _ => return fault("a dollar"),
                }
                behind
            }
            '0'..='9' => {
                let (number, behind) = split(rest, |c| c.is_ascii_digit() || c == '.');
                if begins_word(behind) {
                    return fault("a number with letters");
                }
                tokens.push(Token::Number(number.to_owned()));
                behind
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let (word, behind) = split(rest, |c| c.is_ascii_alphanumeric() || c == '_');
                // E'…', U&"…" and so on have rules of their own.
                if behind.starts_with(['\'', '"', '$', '&']) {
                    return fault("a word that changes what follows");
                }
                tokens.push(Token::Word(word.to_owned()));
                behind
            }
            '(' | ')' | '[' | ']' | ',' | '.' | ':' | ';' | '=' | '<' | '>' | '+' | '-' | '*' | '/' | '|'
            | '~' | '!' | '#' => {
                tokens.push(Token::Sign(first));
                &rest[1..]
            }
            _ => return fault("a character of no statement"),
        };
    }
    Ok(tokens)
}

/// What stands between quotes, in which two of them are one.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut inner = String::new();
    let mut rest = &text[1..];
    loop {
        let (part, behind) = rest.split_once(quote)?;
        inner.push_str(part);
        match behind.strip_prefix(quote) {
            Some(behind) => {
                inner.push(quote);
                rest = behind;
            }
            None => return Some((inner, behind)),
        }
    }
}

fn split(text: &str, is_part: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !is_part(c)).unwrap_or(text.len()))
}

fn begins_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii())
}

/// The quoted identifiers of a statement, in their order.
pub fn names(tokens: &[Token]) -> Vec<&str> {
    tokens
        .iter()
        .filter_map(|token| if let Token::Name(name) = token { Some(name.as_str()) } else { None })
        .collect()
}

/// The string literals of a statement, in their order.
pub fn texts(tokens: &[Token]) -> Vec<&str> {
    tokens
        .iter()
        .filter_map(|token| if let Token::Text(text) = token { Some(text.as_str()) } else { None })
        .collect()
}

/// Asserts that the words of a statement are of these alone.
pub fn check_words(tokens: &[Token], known: &[&str], sql: &dyn Debug) {
    for token in tokens {
        if let Token::Word(word) = token {
            assert!(known.contains(&word.as_str()), "{word} in {sql:?}");
        }
    }
}

/// Asserts that the lexer takes statements apart as it should. Targets call it before they begin.
pub fn check_lexer() {
    let sql = "SELECT t.\"a\"\"b\"::int8 FROM \"x\" WHERE c >= $12 AND d = 'it''s'";
    let statement = tokens(sql).unwrap();
    assert_eq!(names(&statement), ["a\"b", "x"]);
    assert_eq!(texts(&statement), ["it's"]);
    assert!(statement.contains(&Token::Parameter(12)));
    assert_eq!(statement.len(), 18);
    for sql in [
        "a -- b", "a /* b", "E'a'", "U&\"a\"", "$$a$$", "$a$", "$1a", "'a", "\"a", "\"\"", "\\", "1a", "ä",
        "\u{1}", "a;\0",
    ] {
        assert!(tokens(sql).is_err(), "{sql}");
    }
}
