//! What a column definition has behind the type.

use super::tokens::Token;

/// Words that end a type: what follows is about the column. Databases write them in `SHOW CREATE TABLE`, in a catalog's
/// type column (MySQL's `COLUMN_TYPE`), or in the type's name that their ODBC and JDBC drivers give (`int identity`).
const ENDS: [&str; 35] = [
    "as",
    "ascii",
    "auto_increment",
    "autoincrement",
    "binary", // as in `varchar(20) binary`; a type that begins so is another
    "charset",
    "check",
    "collate",
    "comment",
    "compressed",
    "constraint",
    "default",
    "disable",
    "enable",
    "encrypted",
    "generated",
    "identity",
    "invisible",
    "key",
    "masked",
    "not",
    "null",
    "on",
    "persisted",
    "persistent",
    "primary",
    "references",
    "rowguidcol",
    "sparse",
    "srid",
    "stored",
    "unicode",
    "unique",
    "virtual",
    "visible",
];

/// Cuts a definition behind its type, and brings MySQL's words about a number's sign into the form that maps have:
/// `unsigned` as the last word, or nothing. `zerofill` makes a column unsigned (MySQL Reference Manual, "Numeric Data
/// Type Syntax").
pub fn cut(tokens: &mut Vec<Token>) {
    let word = |at: usize| tokens.get(at).and_then(Token::word);
    let ends = |at: usize| match word(at) {
        Some("character") => word(at + 1) == Some("set"),
        Some(word) => ENDS.contains(&word),
        None => false,
    };
    // The first word is the type's.
    let end = (1..tokens.len()).find(|at| ends(*at)).unwrap_or(tokens.len());
    tokens.truncate(end);
    let mut unsigned = false;
    let mut first = true;
    tokens.retain(|token| match (token.word(), std::mem::take(&mut first)) {
        (Some("signed"), false) => false,
        (Some("unsigned" | "zerofill"), false) => {
            unsigned = true;
            false
        }
        _ => true,
    });
    if unsigned {
        tokens.push(Token::Word("unsigned".to_owned()));
    }
}
