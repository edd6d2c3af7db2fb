//! Why values and rows cannot be encoded.

use crate::copy::input::charset::Charset;
use crate::error::{Hint, shortened};
use std::borrow::Cow;
use std::fmt;

/// How much of a refused value is kept, characters: enough to find it.
const SHOWN_CHARS: usize = 100;

/// Why a value cannot be encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadValue {
    /// It holds a NUL (PostgreSQL documentation, "Character Types").
    Nul,
    /// It is not valid in the encoding of this name.
    NotValid(&'static str),
    /// The server does not read it.
    Refused {
        /// The server's words.
        words: Box<str>,
        /// Whether the value is well formed, and too long or too large for its type.
        is_beyond_type: bool,
    },
    /// The column cannot hold it as it is written.
    Changed {
        /// The value, shortened.
        value: Box<str>,
        /// The column's type.
        type_name: Box<str>,
        /// What the server would make of it.
        becomes: Box<str>,
    },
}

/// Why a row cannot be encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueFault {
    /// The column at fault; `None` where it is the number of fields.
    pub column: Option<String>,
    /// What is wrong.
    pub what: String,
    /// What it is about, if a job can say more of it.
    pub hint: Option<Hint>,
}

impl BadValue {
    /// The value at fault, for messages: shortened, and whatever its encoding.
    pub fn shown(value: &[u8], charset: Charset) -> String {
        // A value that is not valid in the file's encoding is often the very fault.
        let text = charset.decode(value).unwrap_or_else(|| String::from_utf8_lossy(value));
        shortened(&text, SHOWN_CHARS)
    }

    /// What it is about, if a job can say more of it. `value` is the value, shortened.
    pub fn hint(&self, value: String) -> Option<Hint> {
        match self {
            BadValue::Nul => None,
            BadValue::NotValid(_) => Some(Hint::ValueEncoding),
            BadValue::Changed { .. } | BadValue::Refused { is_beyond_type: true, .. } => {
                Some(Hint::ColumnType(value.into()))
            }
            BadValue::Refused { .. } => Some(Hint::Value(value.into())),
        }
    }
}

impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadValue::Nul => f.write_str("value holds a NUL character, which PostgreSQL cannot store"),
            BadValue::NotValid(encoding) => write!(f, "value is not valid {encoding}"),
            BadValue::Refused { words, .. } => f.write_str(words),
            BadValue::Changed { value, type_name, becomes } => {
                write!(f, "{value:?} does not fit {type_name}, which would make it {becomes:?}")
            }
        }
    }
}

/// The text of a value.
///
/// # Errors
/// A NUL byte, or bytes that are not valid in the encoding.
pub fn text_of(value: &[u8], charset: Charset) -> Result<Cow<'_, str>, BadValue> {
    let text = charset.decode(value).ok_or(BadValue::NotValid(charset.name()))?;
    if text.contains('\0') { Err(BadValue::Nul) } else { Ok(text) }
}
