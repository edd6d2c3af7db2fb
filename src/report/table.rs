//! Tables as text, without lines.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::ops::Range;

/// The rows below the header; each column is as wide as it must be, and the columns `numbers` are aligned to the right.
pub fn table<const N: usize>(header: [&str; N], rows: &[[String; N]], numbers: Range<usize>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    // On a terminal that is too narrow, cells are wrapped instead of lines.
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header);
    table.add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if numbers.contains(&index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
