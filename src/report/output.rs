//! Standard output.

use super::colour::coloured;
use super::log::has_colours;
use crate::error::without_commands;
use crate::{Error, Result};
use serde::Serialize;
use std::io::{ErrorKind, IsTerminal, Write};

/// A value as a document of JSON for people: indented, with a line end.
///
/// # Errors
/// A map whose keys are no texts.
pub fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value).map_err(Error::failed)? + "\n")
}

/// Prints to standard output. It is no error if the reader has closed that.
///
/// # Errors
/// A standard output that cannot be written for another reason, such as a full disk.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    // Names from files are in it. What is piped on stays as it is.
    let safe = out.is_terminal().then(|| without_commands(text));
    let shown = safe.map(|safe| if has_colours(&out) { coloured(&safe) } else { safe });
    let text = shown.as_deref().unwrap_or(text);
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::failed(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
