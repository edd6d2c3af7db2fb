//! Reads conditions as the server writes them (`pg_get_expr`), where parentheses stand around each operation.

/// A part of a condition. Casts are left out.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A column, or a domain's `VALUE`.
    Column(String),
    /// A number or a text.
    Literal(String),
    /// The elements of an array.
    List(Vec<Node>),
    /// A function with its arguments.
    Call(String, Vec<Node>),
    /// An operator between two parts.
    Compare(String, Box<Node>, Box<Node>),
    /// As [`Node::Compare`], with all elements of a list: whether one is enough.
    CompareList(String, bool, Box<Node>, Box<Node>),
    /// Whether a part is NULL, or is not.
    IsNull(Box<Node>, bool),
    /// All of them.
    And(Vec<Node>),
    /// One of them.
    Or(Vec<Node>),
    /// The opposite.
    Not(Box<Node>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A word, and whether it is quoted.
    Word(String, bool),
    Text(String),
    Number(String),
    Sign(String),
}

/// Conditions within conditions that are followed.
const DEEPEST: u32 = 64;
/// Words of types that consist of several.
const TYPE_WORDS: [&str; 6] = ["varying", "precision", "with", "without", "time", "zone"];

/// The parts of a condition; `None` for what is not understood.
pub fn parse(condition: &str) -> Option<Node> {
    let mut parser = Parser { tokens: tokens(condition)?, at: 0, depth: 0 };
    let node = parser.or()?;
    (parser.at == parser.tokens.len()).then_some(node)
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let mut rest_while = |wanted: fn(char) -> bool| {
            let mut end = start + c.len_utf8();
            while let Some((at, next)) = chars.next_if(|(_, next)| wanted(*next)) {
                end = at + next.len_utf8();
            }
            text[start..end].to_owned()
        };
        match c {
            _ if c.is_whitespace() => {}
            '\'' | '"' => {
                let mut inside = String::new();
                loop {
                    let (_, next) = chars.next()?;
                    if next == c && chars.next_if(|(_, after)| *after == c).is_none() {
                        break;
                    }
                    inside.push(next);
                }
                tokens.push(if c == '"' { Token::Word(inside, true) } else { Token::Text(inside) });
            }
            '0'..='9' => tokens.push(Token::Number(rest_while(|c| c.is_ascii_alphanumeric() || c == '.'))),
            '(' | ')' | '[' | ']' | ',' | '.' => tokens.push(Token::Sign(c.to_string())),
            _ if c.is_alphanumeric() || c == '_' => {
                let word = rest_while(|c| c.is_alphanumeric() || c == '_' || c == '$');
                // `E'…'` has escapes.
                if word == "E" && text[start + 1..].starts_with('\'') {
                    return None;
                }
                tokens.push(Token::Word(word, false));
            }
            _ => {
                let sign = rest_while(|c| "<>=~!*:+-/%|&^@#?".contains(c));
                tokens.push(Token::Sign(sign));
            }
        }
    }
    Some(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
}

impl Parser {
    fn takes_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(found)) if found == sign);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(found, false)) if found == word);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Option<Node> {
        let mut parts = vec![self.and()?];
        while self.takes_word("OR") {
            parts.push(self.and()?);
        }
        if parts.len() == 1 { parts.pop() } else { Some(Node::Or(parts)) }
    }

    fn and(&mut self) -> Option<Node> {
        let mut parts = vec![self.not()?];
        while self.takes_word("AND") {
            parts.push(self.not()?);
        }
        if parts.len() == 1 { parts.pop() } else { Some(Node::And(parts)) }
    }

    fn not(&mut self) -> Option<Node> {
        match self.takes_word("NOT") {
            true => Some(Node::Not(Box::new(self.not()?))),
            false => self.comparison(),
        }
    }

    fn comparison(&mut self) -> Option<Node> {
        let left = self.value()?;
        if self.takes_word("IS") {
            let is_null = !self.takes_word("NOT");
            return self.takes_word("NULL").then(|| Node::IsNull(Box::new(left), is_null));
        }
        let operator = match self.tokens.get(self.at) {
            Some(Token::Sign(sign)) if !matches!(sign.as_str(), "(" | ")" | "[" | "]" | "," | "." | "::") => {
                sign.clone()
            }
            _ => return Some(left),
        };
        self.at += 1;
        for (word, one_is_enough) in [("ANY", true), ("ALL", false)] {
            if self.takes_word(word) {
                let list = self.value()?;
                return Some(Node::CompareList(operator, one_is_enough, Box::new(left), Box::new(list)));
            }
        }
        Some(Node::Compare(operator, Box::new(left), Box::new(self.value()?)))
    }

    /// A value with its casts.
    fn value(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let node = self.bare_value()?;
        while self.takes_sign("::") {
            self.type_name()?;
        }
        self.depth -= 1;
        Some(node)
    }

    fn bare_value(&mut self) -> Option<Node> {
        if self.takes_sign("(") {
            let node = self.or()?;
            return self.takes_sign(")").then_some(node);
        }
        if self.takes_sign("-") {
            let Some(Token::Number(number)) = self.tokens.get(self.at) else { return None };
            let number = format!("-{number}");
            self.at += 1;
            return Some(Node::Literal(number));
        }
        let token = self.tokens.get(self.at)?.clone();
        self.at += 1;
        match token {
            Token::Text(text) | Token::Number(text) => Some(Node::Literal(text)),
            Token::Word(word, false) if word == "ARRAY" => {
                self.takes_sign("[").then_some(())?;
                self.list("]").map(Node::List)
            }
            Token::Word(word, false) if matches!(word.as_str(), "true" | "false") => {
                Some(Node::Literal(word))
            }
            Token::Word(word, false) if word.starts_with("CURRENT_") => Some(Node::Call(word, Vec::new())),
            Token::Word(mut word, quoted) => {
                while self.takes_sign(".") {
                    let Some(Token::Word(next, _)) = self.tokens.get(self.at) else { return None };
                    word = next.clone();
                    self.at += 1;
                }
                match self.takes_sign("(") {
                    true => self.list(")").map(|arguments| Node::Call(word, arguments)),
                    // Other words in capitals are of the language.
                    false if !quoted && word != "VALUE" && word.chars().any(char::is_uppercase) => None,
                    false => Some(Node::Column(word)),
                }
            }
            Token::Sign(_) => None,
        }
    }

    fn list(&mut self, end: &str) -> Option<Vec<Node>> {
        let mut nodes = Vec::new();
        if self.takes_sign(end) {
            return Some(nodes);
        }
        loop {
            nodes.push(self.or()?);
            if self.takes_sign(end) {
                return Some(nodes);
            }
            self.takes_sign(",").then_some(())?;
        }
    }

    fn type_name(&mut self) -> Option<()> {
        loop {
            let Some(Token::Word(..)) = self.tokens.get(self.at) else { return None };
            self.at += 1;
            if !self.takes_sign(".") {
                break;
            }
        }
        loop {
            if self.takes_sign("(") {
                while !self.takes_sign(")") {
                    self.tokens.get(self.at)?;
                    self.at += 1;
                }
            } else if self.takes_sign("[") {
                self.takes_sign("]").then_some(())?;
            } else if !TYPE_WORDS.iter().any(|word| self.takes_word(word)) {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_as_the_server_writes_them() {
        let column = |name: &str| Box::new(Node::Column(name.to_owned()));
        let literal = |text: &str| Box::new(Node::Literal(text.to_owned()));
        assert_eq!(
            parse("((age >= 18) AND (\"Weight\" < (99.5)::double precision))"),
            Some(Node::And(vec![
                Node::Compare(">=".into(), column("age"), literal("18")),
                Node::Compare("<".into(), column("Weight"), literal("99.5")),
            ]))
        );
        assert_eq!(
            parse(
                "((status)::text = ANY ((ARRAY['a'::character varying, 'it''s'::character varying(5)])::text[]))"
            ),
            Some(Node::CompareList(
                "=".into(),
                true,
                column("status"),
                Box::new(Node::List(vec![*literal("a"), *literal("it's")]))
            ))
        );
        assert_eq!(
            parse("((t IS NULL) OR (NOT (t > '2020-01-01 00:00:00'::timestamp(3) without time zone)))"),
            Some(Node::Or(vec![
                Node::IsNull(column("t"), true),
                Node::Not(Box::new(Node::Compare(">".into(), column("t"), literal("2020-01-01 00:00:00")))),
            ]))
        );
        assert_eq!(parse("(x > '-5'::integer)"), Some(Node::Compare(">".into(), column("x"), literal("-5"))));
    }

    #[test]
    fn what_is_not_understood_is_no_condition() {
        for text in [
            "",
            "(a",
            "a)",
            "CASE WHEN a THEN b END",
            "(a > E'\\\\')",
            "(a OPERATOR(s.=) b)",
            "'open",
            &"(".repeat(500),
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
