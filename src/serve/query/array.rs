//! Several values as one parameter: an array literal (PostgreSQL documentation, "Array Input and Output Syntax").

/// The literal of an array of these values, each in quotes.
pub fn literal(values: &[String]) -> String {
    let mut text = String::from("{");
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push('"');
        for c in value.chars() {
            if matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        text.push('"');
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_what_they_are() {
        let values = ["", "NULL", "a,b", "\"\\", "{}"].map(str::to_owned);
        assert_eq!(literal(&values), r#"{"","NULL","a,b","\"\\","{}"}"#);
        assert_eq!(literal(&[]), "{}");
    }
}
