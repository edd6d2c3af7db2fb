//! Values in double quotes, within which commas and parentheses are characters; `\` stands before a quote or a backslash.

/// The values of a list with commas between them, in parentheses or without; none if a quoted value does not end at a comma.
pub fn list(text: &str) -> Option<Vec<String>> {
    let text = text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(text);
    let mut values = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (value, behind) = match value(rest) {
            Some((value, behind)) => (value, behind),
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        values.push(value);
        rest = match behind.strip_prefix(',') {
            // A comma at the end has an empty value behind it.
            Some("") => {
                values.push(String::new());
                ""
            }
            Some(next) => next,
            None if behind.is_empty() => "",
            None => return None,
        };
    }
    Some(values)
}

/// The quoted value at the beginning of a text, and what is behind it; none if the text begins with none.
pub fn value(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.chars();
    let mut value = String::new();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => value.push(chars.next()?),
            c => value.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_with_and_without_quotes() {
        for (text, expected) in [
            ("", &[][..]),
            ("()", &[]),
            ("1,3", &["1", "3"]),
            ("(1,3)", &["1", "3"]),
            ("\"\"", &[""]),
            ("a,", &["a", ""]),
            (",", &["", ""]),
            ("a b, c", &["a b", " c"]),
            (r#""a,b","c\"\\d",e""#, &["a,b", "c\"\\d", "e\""]),
            ("\"(\",)", &["(", ")"]),
        ] {
            assert_eq!(list(text).unwrap(), expected, "{text}");
        }
        assert_eq!(list("\"a\"b,c"), None);
        assert_eq!(list("\"a").unwrap(), ["\"a"], "a quote alone is a character");
    }
}
