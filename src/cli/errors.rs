//! How errors are printed.

use std::io::Write;

/// Prints messages to standard error, one to a line.
pub fn print_errors(messages: &[String]) {
    for message in messages {
        // If the reader has gone, the exit code still shows the failure.
        let _ = writeln!(std::io::stderr(), "error: {message}");
    }
}
