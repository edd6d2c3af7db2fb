//! What the values of the keys mean that say how data files are written.

use crate::copy::input::date_order::DateOrder;
use crate::{Error, Result};

/// The word for no character.
pub const NONE: &str = "none";
/// The word for what the first line decides.
pub const AUTO: &str = "auto";

/// A setting, and what says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSetting {
    /// The key: `field_separator`.
    pub key: &'static str,
    /// Its value as the configuration has it; several are separated by commas.
    pub value: String,
    /// `xport_cfg.field_separator`, or `xport_cfg.dialects[0].format: bcp`; nothing for a default.
    pub from: Option<String>,
}

/// A value of a key, and what says it; nothing if it is the default.
pub struct Found<T> {
    /// The key.
    pub key: &'static str,
    /// The value.
    pub value: T,
    /// `xport_cfg.quotes`, or `xport_cfg.format: bcp`.
    pub from: Option<String>,
}

/// A text, or nothing where it is this word.
pub fn without<'t>(word: &str, text: &'t str) -> &'t str {
    if text.eq_ignore_ascii_case(word) { "" } else { text }
}

impl<T> Found<T> {
    /// The key's path, which messages name.
    pub fn path(&self) -> String {
        match &self.from {
            Some(from) if from.ends_with(self.key) => from.clone(),
            // By a format, or by default, it is not written; this would be the place.
            Some(from) => format!("{}.{}", from.split(".format: ").next().unwrap_or("xport_cfg"), self.key),
            None => format!("xport_cfg.{}", self.key),
        }
    }
}

impl<T: ToString> Found<T> {
    /// As a setting for people.
    pub fn setting(&self) -> TextSetting {
        TextSetting { key: self.key, value: self.value.to_string(), from: self.from.clone() }
    }
}

impl Found<String> {
    /// Refuses a text such as `\t`, which only YAML's double quotes make a tab of.
    ///
    /// # Errors
    /// With the key.
    pub fn not_in_yaml(&self) -> Result<()> {
        let (path, key, text) = (self.path(), self.key, &self.value);
        if !["\\t", "\\n", "\\r", "\\0", "\\x"].iter().any(|escape| text.contains(escape)) {
            return Ok(());
        }
        Err(Error::refused(format!(
            "{path}: {text:?} holds a backslash and a letter, and no control character"
        ))
        .remedy(format!("write it in double quotes: {key}: \"{text}\"")))
    }

    /// Whether it is the second of these words, and not the first one, in any case.
    ///
    /// # Errors
    /// With the key, for any other word.
    pub fn is_second_of(&self, [first, second]: [&str; 2]) -> Result<bool> {
        let is = |word: &str| word.eq_ignore_ascii_case(&self.value);
        if is(first) || is(second) {
            return Ok(is(second));
        }
        let what = format!("{}: {:?} is neither {first} nor {second}", self.path(), self.value);
        Err(Error::refused(what).remedy(format!("write {first} or {second}")))
    }

    /// The order of dates of this name; nothing where none is said.
    ///
    /// # Errors
    /// With the key, for any other name.
    pub fn date_order(&self) -> Result<Option<DateOrder>> {
        if self.from.is_none() {
            return Ok(None);
        }
        DateOrder::parse(&self.value).map(Some).ok_or_else(|| {
            Error::refused(format!("{}: {:?} is no order of a date", self.path(), self.value))
                .remedy("write mdy, dmy or ymd")
        })
    }
}
