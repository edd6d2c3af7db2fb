//! Foreign keys: each of their columns takes its value from a row that is made, or that is there.

use super::column::{Pick, share};
use super::draft::Draft;
use super::rows::{Choice, ReferencePlan, Target};
use crate::Result;
use crate::generate::like::source::{Reference, Table};

/// The rows that are in tables already.
pub trait There {
    /// The values of the columns that a foreign key of `table` refers to, in rows that are in a table already.
    ///
    /// # Errors
    /// What the server reports.
    fn referenced(&mut self, reference: &Reference) -> Result<Vec<Vec<String>>>;
}

/// Settles the foreign keys of a draft.
///
/// # Errors
/// What the server reports.
pub fn settle(
    draft: &mut Draft<'_>,
    tables: &[Table],
    rows: &[u64],
    itself: usize,
    there: &mut impl There,
) -> Result<()> {
    for reference in &draft.table.references {
        let settled = |column: &usize| draft.columns[*column].pick.is_some();
        let free = reference.columns.iter().filter(|column| !settled(column)).count();
        if free == 0 {
            // The columns follow from a larger foreign key, which refers to rows that have this one themselves.
            continue;
        }
        if free < reference.columns.len() {
            let shared = format!("foreign key {} shares columns with another one, which", reference.name);
            draft.give_up(
                reference.columns.iter().copied().filter(|column| !settled(column)).collect(),
                &shared,
            );
            continue;
        }
        let may_be_null = reference.columns.iter().any(|column| !draft.columns[*column].bounds.not_null);
        let null_share = if may_be_null { null_share(draft, reference) } else { 0.0 };
        let (target, count) = match tables.iter().position(|table| table.name == reference.table) {
            Some(table) => {
                let columns = reference.columns_there.iter();
                let at = |name: &String| tables[table].columns.iter().position(|column| column.name == *name);
                (Target::Made(table, columns.filter_map(at).collect()), rows[table])
            }
            None => {
                let rows = there.referenced(reference)?;
                let count = rows.len() as u64;
                (Target::There(rows), count)
            }
        };
        if count == 0 && draft.rows > 0 {
            if may_be_null {
                let name = &reference.name;
                draft.notes.push(format!(
                    "foreign key {name} is always NULL, since {} has no rows",
                    reference.table
                ));
                reference.columns.iter().for_each(|column| draft.columns[*column].pick = Some(Pick::Null));
            } else {
                draft.fault(
                    None,
                    format!(
                        "foreign key {} refers to {}, which has no rows",
                        reference.name, reference.table
                    ),
                    "name that table, too",
                );
            }
            continue;
        }
        let distinct = reference.columns.iter().map(|column| draft.distinct(*column)).max().unwrap_or(count);
        let choice = match target {
            Target::Made(table, _) if table == itself => Choice::Earlier(may_be_null),
            _ => Choice::Any(distinct.clamp(1, count.max(1))),
        };
        let number = draft.references.len();
        for (place, column) in reference.columns.iter().enumerate() {
            draft.columns[*column].pick = Some(Pick::Reference(number, place));
        }
        draft.references.push(ReferencePlan {
            seed: draft.seed.part("reference").part(&reference.name),
            nulls: share(null_share),
            target,
            choice,
        });
    }
    Ok(())
}

/// The share of rows that refer to nothing: where one column is NULL, with `MATCH FULL` all.
fn null_share(draft: &Draft<'_>, reference: &Reference) -> f64 {
    let share = |column: &usize| draft.columns[*column].null_share;
    reference.columns.iter().map(share).fold(0.0, f64::max)
}

/// Faults of columns that refer to each other in a circle, of which none has a value of its own.
pub fn circles(drafts: &mut [Draft<'_>]) {
    for table in 0..drafts.len() {
        for column in 0..drafts[table].columns.len() {
            if is_circle(drafts, (table, column)) {
                let name = drafts[table].table.columns[column].name.clone();
                drafts[table]
                    .give_up(vec![column], &format!("the circle of foreign keys that column {name} is in"));
            }
        }
    }
}

fn is_circle(drafts: &[Draft<'_>], start: (usize, usize)) -> bool {
    let mut at = start;
    // A way without a circle visits no column twice.
    let longest: usize = drafts.iter().map(|draft| draft.columns.len()).sum();
    for _ in 0..=longest {
        let (table, column) = at;
        let Some(Pick::Reference(reference, place)) = drafts[table].columns[column].pick else {
            return false;
        };
        match &drafts[table].references[reference].target {
            Target::Made(next, columns) => match columns.get(place) {
                Some(column) => at = (*next, *column),
                None => return false,
            },
            Target::There(_) => return false,
        }
        if at == start {
            return true;
        }
    }
    false
}
