//! Pages that pghaul draws: a file of its own each, without scripts, for browsers in light and dark.
//!
//! The templates are compiled, and escape what they are given: names of tables and messages are strangers' words.

use crate::error::{shortened, without_commands};
use crate::secret::without_passwords;
use crate::{Error, Result};
use askama::Template;

/// The version of the program, for the first line of each page.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the first line of each page begins with. A file that begins otherwise is no page of ours.
pub const START: &str = "<!-- pghaul ";

/// The finished page.
///
/// # Errors
/// A defect of the template.
pub fn finished(page: &impl Template) -> Result<String> {
    let text = page.render().map_err(Error::failed)?;
    // XML has no way to write these, not even escaped.
    Ok(without_commands(&text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}") + "\n")
}

/// The longest words of a stranger (characters).
const MOST_CHARS: usize = 600;

/// A stranger's words as pages show them.
pub fn words(text: &str) -> String {
    shortened(&without_passwords(text), MOST_CHARS)
}
