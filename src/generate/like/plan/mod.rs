//! From tables to how their rows are made.

mod bounds;
mod column;
mod draft;
mod keys;
mod references;
mod rows;
mod wanted;

pub use references::There;
pub use rows::{Plan, TablePlan};
pub use wanted::{GivenUp, Wanted};

use super::source::{Table, Types};
use crate::generate::random::Seed;
use crate::{Error, Result};
use draft::Draft;

/// Makes the plan. Also gives what the user should know about it, each with the name of its table.
///
/// # Errors
/// All constraints that cannot be satisfied; what `there` reports.
pub fn plan(
    tables: &[Table],
    types: &Types,
    seed: u64,
    wanted: &[Wanted],
    there: &mut impl There,
) -> Result<(Plan, Vec<String>)> {
    let rows: Vec<u64> = wanted.iter().map(|wanted| wanted.rows).collect();
    let mut drafts = Vec::new();
    for (number, (table, wanted)) in tables.iter().zip(wanted).enumerate() {
        let seed = Seed::new(seed).part(table.name.schema()).part(table.name.name());
        let size = (wanted.rows, wanted.before);
        let mut draft = Draft::new(table, types, seed, size, &wanted.given_up);
        references::settle(&mut draft, tables, &rows, number, there)?;
        keys::settle(&mut draft, &rows, wanted);
        drafts.push(draft);
    }
    references::circles(&mut drafts);
    let (mut plan, mut notes, mut faults) = (Plan::default(), Vec::new(), Vec::new());
    for draft in drafts {
        let name = draft.table.name.name().to_owned();
        let (table, of_table, wrong) = draft.finish();
        plan.tables.push(table);
        notes.extend(of_table.into_iter().map(|note| format!("table {name}: {note}")));
        faults.extend(wrong);
    }
    if faults.is_empty() { Ok((plan, notes)) } else { Err(Error::many(faults)) }
}
