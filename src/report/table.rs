//! Tables as text, without lines. On a terminal that is too narrow, columns are left out, and never a part of a word.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::ops::Range;

/// The blanks between two columns.
const GAP: usize = 2;
/// A text column is not made narrower than this.
const LEAST_WIDTH: usize = 12;

/// What a table is like.
pub struct Layout<'l, const N: usize> {
    /// The names of the columns.
    pub header: [&'l str; N],
    /// The columns that are aligned to the right.
    pub numbers: Range<usize>,
    /// The columns that a narrow terminal can do without, the least important one first.
    pub spare: &'l [&'l str],
}

/// The rows below the header; each column is as wide as it must be. Everything is shown where standard output is no terminal.
pub fn table<const N: usize>(layout: &Layout<'_, N>, rows: &[[String; N]]) -> String {
    within(layout, rows, room())
}

/// How many characters a line of the terminal has; any number where standard output is none.
fn room() -> usize {
    Table::new().width().map_or(usize::MAX, usize::from)
}

/// Sentences in lines that fit the terminal. Words stay whole.
pub fn wrapped(text: &str) -> String {
    wrapped_within(text, room())
}

fn wrapped_within(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut length = 0;
        for word in line.split_inclusive(' ') {
            let chars = word.trim_end().chars().count();
            if length > 0 && length + chars > width {
                out.truncate(out.trim_end_matches(' ').len());
                out.push('\n');
                length = 0;
            }
            out.push_str(word);
            length += word.chars().count();
        }
    }
    out
}

/// As [`table`], in lines of at most so many characters.
fn within<const N: usize>(layout: &Layout<'_, N>, rows: &[[String; N]], width: usize) -> String {
    let widths = widths(layout, rows);
    let mut shown: Vec<usize> = (0..N).collect();
    let total = |shown: &[usize]| shown.iter().map(|column| widths[*column] + GAP).sum::<usize>();
    // The gap behind the last column is not written.
    let fits = |shown: &[usize]| total(shown) <= width.saturating_add(GAP);
    let mut left_out = Vec::new();
    for name in layout.spare {
        if fits(&shown) {
            break;
        }
        shown.retain(|column| layout.header[*column] != *name);
        left_out.push(*name);
    }
    let texts = shown.iter().copied().filter(|column| !layout.numbers.contains(column));
    // What is still too wide is taken from the widest text.
    let widest = texts.max_by_key(|column| widths[*column]);
    let excess = total(&shown).saturating_sub(width.saturating_add(GAP));
    let limit = |column: usize| match widest {
        Some(widest) if widest == column && excess > 0 => {
            widths[column].saturating_sub(excess).max(LEAST_WIDTH)
        }
        _ => usize::MAX,
    };
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(shown.iter().map(|column| layout.header[*column]));
    for row in rows {
        table.add_row(shown.iter().map(|column| shortened(&row[*column], limit(*column))));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, GAP as u16));
        if layout.numbers.contains(&shown[index]) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    if !left_out.is_empty() {
        text.push_str(&format!("(too narrow for: {})\n", left_out.join(", ")));
    }
    text
}

/// How wide each column is.
fn widths<const N: usize>(layout: &Layout<'_, N>, rows: &[[String; N]]) -> Vec<usize> {
    let mut table = Table::new();
    table.set_header(layout.header);
    table.add_rows(rows);
    table.column_max_content_widths().iter().map(|width| usize::from(*width)).collect()
}

/// A text without its middle, if it is too long: names begin and end with what tells them apart.
fn shortened(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return text.to_owned();
    }
    let kept = limit.saturating_sub(1);
    let (begin, end) = (kept.div_ceil(2), kept / 2);
    let chars: Vec<char> = text.chars().collect();
    let part = |range: Range<usize>| chars[range].iter().collect::<String>();
    format!("{}…{}", part(0..begin), part(count - end..count))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout<'static, 4> =
        Layout { header: ["unit", "from", "rows", "size"], numbers: 2..4, spare: &["size", "from"] };

    fn rows() -> Vec<[String; 4]> {
        let row = |unit: &str, from: &str| [unit, from, "1,234", "5 KiB"].map(str::to_owned);
        vec![row("v1_users", "lms_v1.zip/users.dat"), row("version_2_user_assigned_courses", "lms_v2.zip/x")]
    }

    #[test]
    fn all_columns_are_shown_where_there_is_room() {
        let text = within(&LAYOUT, &rows(), 80);
        assert_eq!(
            text,
            "unit                             from                   rows   size\n\
             v1_users                         lms_v1.zip/users.dat  1,234  5 KiB\n\
             version_2_user_assigned_courses  lms_v2.zip/x          1,234  5 KiB\n"
        );
    }

    #[test]
    fn the_least_important_columns_go_first_and_no_line_is_too_long() {
        for width in 20..80 {
            let text = within(&LAYOUT, &rows(), width);
            let (table, note) = match text.split_once('(') {
                Some((table, note)) => (table, note.trim_end()),
                None => (text.as_str(), ""),
            };
            assert!(table.lines().all(|line| line.chars().count() <= width), "{width}:\n{text}");
            assert_eq!(table.lines().count(), 3, "{text}");
            let left_out = match width {
                67.. => "",
                60..67 => "too narrow for: size)",
                _ => "too narrow for: size, from)",
            };
            assert_eq!(note, left_out, "{width}");
        }
    }

    #[test]
    fn words_stay_whole() {
        let text = "one two three\n\n  four\na-very-long-word five\n";
        assert_eq!(wrapped_within(text, usize::MAX), text);
        assert_eq!(wrapped_within(text, 13), "one two three\n\n  four\na-very-long-word\nfive\n");
        assert_eq!(wrapped_within(text, 7), "one two\nthree\n\n  four\na-very-long-word\nfive\n");
    }

    #[test]
    fn long_names_keep_their_begin_and_end() {
        assert_eq!(shortened("version_2_users", 9), "vers…sers");
        assert_eq!(shortened("short", 9), "short");
        assert_eq!(shortened("äöüäöüäöü", 4), "äö…ü");
    }
}
