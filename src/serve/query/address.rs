//! The parts of an address: the pairs of its query string, and the values of a key in its path.

use crate::serve::answer::problem::Problem;
use axum::http::StatusCode;
use percent_encoding::percent_decode_str;

/// The most pairs of a query string; each makes a filter, and no honest request has more.
const MOST_PAIRS: usize = 100;

/// A name with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// Reads a query string.
///
/// # Errors
/// Text that is not UTF-8, or too many pairs.
pub fn pairs(query: &str) -> Result<Vec<Pair>, Problem> {
    let mut pairs = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        if pairs.len() == MOST_PAIRS {
            let detail = format!("a request may have {MOST_PAIRS} parameters");
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        }
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        pairs.push(Pair { name: decode(&name.replace('+', " "))?, value: decode(&value.replace('+', " "))? });
    }
    Ok(pairs)
}

/// Takes the value of a name out of the pairs.
///
/// # Errors
/// The same name twice.
pub fn take_one(pairs: &mut Vec<Pair>, name: &str) -> Result<Option<String>, Problem> {
    let mut found = pairs.extract_if(.., |pair| pair.name == name);
    let value = found.next().map(|pair| pair.value);
    match found.next() {
        Some(_) => Err(Problem::bad(name, "this parameter may stand here once")),
        None => Ok(value),
    }
}

/// Reads the values of a key from a segment of a path. A key of several columns has commas between the values, and `%2C`
/// for a comma within a value.
///
/// # Errors
/// Another number of values, text that is not UTF-8.
pub fn key_values(segment: &str, columns: usize) -> Result<Vec<String>, Problem> {
    if columns == 1 {
        return Ok(vec![decode(segment)?]);
    }
    let values: Vec<String> = segment.split(',').map(decode).collect::<Result<_, _>>()?;
    if values.len() != columns {
        let detail = format!("the key has {columns} columns; write their values with commas between them");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    Ok(values)
}

/// Decodes percent-encoding.
///
/// # Errors
/// Text that is not UTF-8, or holds NUL, which PostgreSQL stores nowhere.
pub fn decode(text: &str) -> Result<String, Problem> {
    let bad = |detail: &str| Problem::new(StatusCode::BAD_REQUEST, detail);
    let text = percent_decode_str(text).decode_utf8().map_err(|_| bad("the address is not UTF-8"))?;
    if text.contains('\0') {
        return Err(bad("the address holds a NUL character, which no value can"));
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded() {
        let pair = |name: &str, value: &str| Pair { name: name.into(), value: value.into() };
        assert_eq!(
            pairs("a=1&&b%20c=x+%2B%26&d").unwrap(),
            [pair("a", "1"), pair("b c", "x +&"), pair("d", "")]
        );
        assert!(pairs("a=%FF").unwrap_err().detail.contains("UTF-8"));
        assert!(pairs("a=%00").unwrap_err().detail.contains("NUL"));
        assert!(pairs(&"a&".repeat(101)).is_err());
    }

    #[test]
    fn a_parameter_stands_once() {
        let mut some = pairs("take=1&x=2&take=3").unwrap();
        assert!(take_one(&mut some, "take").is_err());
        let mut some = pairs("take=1&x=2").unwrap();
        assert_eq!(take_one(&mut some, "take").unwrap().as_deref(), Some("1"));
        assert_eq!(some.len(), 1);
    }

    #[test]
    fn keys_of_several_columns_have_commas() {
        assert_eq!(key_values("a,b", 1).unwrap(), ["a,b"]);
        assert_eq!(key_values("a%2Cb,c", 2).unwrap(), ["a,b", "c"]);
        assert!(key_values("a", 2).is_err());
    }
}
