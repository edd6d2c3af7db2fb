//! A quote that is never closed: whether only its own row is lost.
//!
//! Such a quote takes everything behind it into its row. In the last row, as in a file that was cut off,
//! it costs one row; in any other row it costs an unknown number of good ones.

use super::batch::{Batch, Origin};
use super::format::{Format, LineEnd};
use super::rows::Rows;
use memchr::memmem;

/// Lines of such a row that are examined: a text has fewer, a good part of a file has more.
const MOST_LINES: usize = 100;

/// Whether `row`, which goes to the end of the data, seems to be the last row: none of its further lines begins what could
/// be a row of `columns` fields.
pub fn is_last_row(row: &[u8], columns: usize, format: &Format, line_end: LineEnd) -> bool {
    let token = line_end.token();
    let ends = memmem::find_iter(row, token.bytes());
    let starts = ends.map(|at| at + token.len()).filter(|start| *start < row.len());
    let mut fields = Vec::new();
    for (number, start) in starts.enumerate() {
        if number == MOST_LINES {
            return false;
        }
        let rest = Batch { origin: Origin { line: 1, offset: 0 }, bytes: row[start..].to_vec() };
        let first = Rows::new(&rest, format, line_end).next_row(&mut fields);
        if first.is_ok() && fields.len() == columns {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_last(row: &str, columns: usize) -> bool {
        is_last_row(row.as_bytes(), columns, &Format::new("|", "`", "NULL", "latin_1").unwrap(), LineEnd::Lf)
    }

    #[test]
    fn a_row_of_one_line_or_of_a_text_that_was_cut_off_is_the_last_one() {
        for row in ["1|`a", "1|`a\n", "`1\n2`|`a\n", "1|`a\nb", "1|`a\nb``c\nd\n"] {
            assert!(is_last(row, 2), "{row:?}");
        }
    }

    #[test]
    fn a_row_that_has_taken_others_is_not() {
        for row in ["1|`a\n2|b\n", "1|`a\n2|`b`\n", "1|`a\nb\n2|`b\nc`\n", "1|`a\n2|b"] {
            assert!(!is_last(row, 2), "{row:?}");
        }
        assert!(!is_last("`a\nb\n", 1), "anything could be a row of one column");
        assert!(!is_last(&format!("1|`a\n{}", "text\n".repeat(101)), 2), "too many lines to know");
    }
}
