//! What is said about a unit whose rows are loaded: values that are NULL by a rule, and signs that the data file is written
//! otherwise than the configuration says. Each is said once, with its count and its first line.

use crate::copy::encode::notices::{Count, Counts, Notice};
use crate::ingest::plan::unit::Unit;
use crate::report::{plural, thousands};
use std::collections::BTreeMap;

/// The columns with values that are NULL by `null_if`, and how many values.
pub fn nulled(unit: &Unit, notices: &Counts) -> BTreeMap<String, u64> {
    let of_rule = notices.iter().filter(|((notice, _), _)| *notice == Notice::Nulled);
    of_rule.map(|((_, column), count)| (name(unit, *column).to_owned(), count.values)).collect()
}

/// The warnings about a unit, without its name.
pub fn of(unit: &Unit, notices: &Counts) -> Vec<String> {
    let warning = |((notice, column), count): (&(Notice, usize), &Count)| {
        let Count { values, first_line } = count;
        let many = format!("{} {}", thousands(*values), plural(*values, "value"));
        format!("column {}: {many}, first in line {first_line}, {}", name(unit, *column), said(unit, *notice))
    };
    notices.iter().map(warning).collect()
}

fn said(unit: &Unit, notice: Notice) -> String {
    match notice {
        Notice::Nulled => format!("NULL by null_if of the type map {}", unit.types.name()),
        Notice::OrderAssumed => {
            "read with the month first, as PostgreSQL does; write date_order: mdy, or date_order: dmy \
             if the day comes first, beside match and types in xport_cfg.dialects"
                .to_owned()
        }
    }
}

/// The name of a column of the data file.
fn name(unit: &Unit, column: usize) -> &str {
    unit.columns.copied.get(column).map_or("", |column| &column.name)
}
