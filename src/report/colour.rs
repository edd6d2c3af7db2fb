//! Colours of the words that tell how something has gone, in tables on a terminal.

use std::ops::Range;

/// The columns whose words have colours.
const COLUMNS: [&str; 2] = ["status", "table"];
/// What is between two columns, at least.
const GAP: &str = "  ";

const RED: &str = "\x1b[31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const END: &str = "\x1b[0m";

/// The text with colours. It is read as a reader would: a table is a line of headings and the lines below it, up to a blank one. What a
/// file is called has no colour but that of a word at the right place.
pub fn coloured(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut columns: Vec<usize> = Vec::new();
    for line in text.split_inclusive('\n') {
        match headings(line) {
            _ if line.trim().is_empty() => columns.clear(),
            Some(found) if columns.is_empty() => columns = found,
            _ => {
                let words = columns.iter().filter_map(|start| word_at(line, *start));
                let mut done = 0;
                for (range, colour) in words {
                    out.push_str(&line[done..range.start]);
                    out.push_str(&format!("{colour}{}{END}", &line[range.clone()]));
                    done = range.end;
                }
                out.push_str(&line[done..]);
                continue;
            }
        }
        out.push_str(line);
    }
    out
}

/// Where the columns with colours begin in a line of headings, in characters.
fn headings(line: &str) -> Option<Vec<usize>> {
    let start = |name: &str| {
        let (before, behind) = line.split_once(&format!("{GAP}{name}"))?;
        let is_whole = behind.trim_end().is_empty() || behind.starts_with(GAP);
        is_whole.then(|| before.chars().count() + GAP.len())
    };
    // A line of headings has the first of them; a table without it has no such words.
    let first = start(COLUMNS[0])?;
    Some(std::iter::once(first).chain(start(COLUMNS[1])).collect())
}

/// The place of a word in a line, by the character at which its column begins, and its colour.
fn word_at(line: &str, start: usize) -> Option<(Range<usize>, &'static str)> {
    let (start, _) = line.char_indices().nth(start)?;
    // Letters as wide as two put what follows them elsewhere.
    let is_at_a_column = line[..start].ends_with(GAP) && !line[start..].starts_with(' ');
    let end = line[start..].find(GAP).map_or(line.trim_end().len(), |length| start + length);
    let word = line.get(start..end).filter(|_| is_at_a_column)?;
    Some((start..end, colour(word)?))
}

fn colour(word: &str) -> Option<&'static str> {
    let (first, more) = word.split_once(',').unwrap_or((word, ""));
    match first {
        "FAILED" | "failed" | "REFUSED" | "refused" | "missing" | "emptied" => Some(RED),
        "not loaded" | "not made" | "interrupted" | "detached" => Some(YELLOW),
        "loaded" if more.contains("rejected") => Some(YELLOW),
        "loaded" | "made" | "ok" => Some(GREEN),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
unit        of   status                 rows
──          a    loaded                    1
äö  b       c    loaded, 1,000 rejected    5
FAILED      d    FAILED
loaded      e    unchanged                 -

3 units: 2 loaded, 1 failed   status FAILED
";

    #[test]
    fn words_at_their_place_have_colours() {
        let expected = TABLE
            .replace("a    loaded", "a    \x1b[32mloaded\x1b[0m")
            .replace("loaded, 1,000 rejected", "\x1b[33mloaded, 1,000 rejected\x1b[0m")
            .replace("d    FAILED", "d    \x1b[31mFAILED\x1b[0m");
        assert_eq!(coloured(TABLE), expected);
    }

    #[test]
    fn what_is_no_table_or_stands_elsewhere_has_none() {
        for text in [
            "",
            "loaded\n",
            "no status  here\nFAILED\n",
            "a  status  b\n界界  loaded  FAILED\n",
            "a  status\nx\n",
        ] {
            assert_eq!(coloured(text), text);
        }
    }
}
