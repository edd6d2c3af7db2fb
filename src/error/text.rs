//! The words of errors: one line, without characters that command a terminal.

/// How much of a server's message is shown, in characters. The server's own words are far shorter. The rest is a value that
/// the server quotes in full, and may be megabytes.
pub const MAX_QUOTED_CHARS: usize = 500;

/// The text with control characters escaped, and those that turn or hide what is around them. Values and names from files are in
/// it; they must neither end the line nor reach the terminal as commands.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

/// As [`one_line`] for texts of several lines, and with escapes that JSON knows.
pub fn without_commands(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if (c.is_control() && !matches!(c, '\n' | '\t')) || is_invisible(c) {
            // All of them have four digits at most.
            safe.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Whether a character changes the direction of the text, breaks the line, or has no width (Unicode, "Bidi_Control", and others
/// that look like nothing).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// At most the first `most` characters of a text, with `…` for the rest.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// All that PostgreSQL, or the client library, says about an error, in one line.
///
/// The library's own `Display` omits detail, hint and where (PostgreSQL documentation, "Error and Notice Message Fields").
pub(super) fn postgres_text(error: &postgres::Error, context: Option<&str>) -> String {
    let Some(db) = error.as_db_error() else {
        return with_sources(error);
    };
    let mut text = words(db);
    for (label, value) in [("DETAIL", db.detail()), ("HINT", db.hint()), ("WHERE", context.or(db.where_()))] {
        if let Some(value) = value {
            text.push_str(&format!(" {label}: {}", value.replace('\n', " ")));
        }
    }
    text
}

/// The words of PostgreSQL about a row, without its place in the COPY.
pub(super) fn words_about_a_row(error: &postgres::Error) -> String {
    let Some(db) = error.as_db_error() else { return with_sources(error) };
    let detail = db.detail().map(|detail| format!(" DETAIL: {}", shortened(detail, MAX_QUOTED_CHARS)));
    words(db) + &detail.unwrap_or_default()
}

fn words(db: &postgres::error::DbError) -> String {
    format!("{} (SQLSTATE {})", shortened(db.message(), MAX_QUOTED_CHARS), db.code().code())
}

/// An error with its causes, joined by colons. A cause that its parent quotes is left out.
pub fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_or_turns_the_text_is_escaped() {
        for c in [
            '\u{1b}', '\u{9b}', '\u{85}', '\r', '\u{202e}', '\u{2066}', '\u{2028}', '\u{200b}', '\u{feff}',
            '\u{61c}',
        ] {
            let shown = [one_line(&format!("a{c}b")), without_commands(&format!("a{c}b"))];
            assert!(shown.iter().all(|shown| !shown.contains(c)), "{shown:?}");
        }
        assert_eq!(one_line("a\u{202e}\nb"), "a\\u{202e}\\nb");
        assert_eq!(without_commands("{\"ä\": \"\u{202e}\"}\n"), "{\"ä\": \"\\u202e\"}\n");
    }

    #[test]
    fn long_values_are_shortened() {
        assert_eq!(shortened("äöü", 2), "äö…");
        assert_eq!(shortened("short", 5), "short");
    }
}
