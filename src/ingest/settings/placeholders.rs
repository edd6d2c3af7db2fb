//! Patterns of texts and placeholders, such as `{version}_{table}`.

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<P> {
    /// Stands as it is.
    Text(String),
    /// Stands for something.
    Placeholder(P),
}

/// The pieces of a pattern, whose placeholders `known` knows; `None` where one is unknown, or a brace is not closed.
pub fn pieces<P>(pattern: &str, known: impl Fn(&str) -> Option<P>) -> Option<Vec<Piece<P>>> {
    let mut pieces = Vec::new();
    let text = |text: &str| (!text.is_empty()).then(|| Piece::Text(text.to_owned()));
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        pieces.extend(text(before));
        pieces.push(Piece::Placeholder(known(name)?));
        rest = behind;
    }
    pieces.extend(text(rest));
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_texts_and_known_placeholders() {
        let known = |name: &str| ["a", "b"].contains(&name).then(|| name.to_owned());
        let text = |text: &str| Piece::Text(text.to_owned());
        let placeholder = |name: &str| Piece::Placeholder(name.to_owned());
        assert_eq!(
            pieces("x{a}{b}y", known),
            Some(vec![text("x"), placeholder("a"), placeholder("b"), text("y")])
        );
        assert_eq!(pieces("", known), Some(vec![]));
        for bad in ["{c}", "{a", "x{"] {
            assert_eq!(pieces(bad, known), None, "{bad}");
        }
    }
}
