//! Errors as they are printed.

use std::io::Write;

/// Prints messages to standard error, one to a line.
pub fn print_errors(messages: &[String]) {
    for message in messages {
        // Nobody reads it: the exit code still tells.
        let _ = writeln!(std::io::stderr(), "error: {message}");
    }
}
