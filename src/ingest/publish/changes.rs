//! What is done to mothers before the load.

use super::{recreation, removal, widening};
use crate::Result;
use crate::ingest::plan::changes::{Changes, Creation};
use crate::ingest::plan::removal::Removal;
use crate::ingest::union::UnionView;
use crate::pg::lock::{self, Turn};
use crate::table::ledger::setup;
use postgres::{Client, Transaction};

/// Tables that one transaction changes, at most, unless those of one mother are more. A table takes about eight locks (its own, those of
/// its TOAST table, its types and defaults), and a server has room for 6,400 locks by default (`max_locks_per_transaction`).
const MOST_TABLES: usize = 300;

/// What is done for one mother.
enum Step<'c> {
    Drop(&'c Removal),
    Create(&'c Creation),
    View(&'c UnionView),
}

impl Step<'_> {
    fn tables(&self) -> usize {
        match self {
            Step::Drop(removal) => 1 + removal.children.len(),
            Step::Create(_) | Step::View(_) => 1,
        }
    }
}

/// Creates the ledger, drops, creates and widens mothers, and brings union views up to date: in one transaction, or, where these are
/// many tables, in several, each of which does all that it does for a mother. Mothers that are recreated when their versions are
/// loaded are dropped and created as a trial, which is rolled back.
///
/// # Errors
/// What the server reports, and what has come into the way since the run was planned. Nothing has changed then, or, of many tables,
/// whole mothers.
pub fn apply(changes: &Changes, views: &[UnionView], client: &mut Client) -> Result<()> {
    let has_turn = |view: &&UnionView| {
        let mother = view.mother().name();
        changes.recreates(mother) || changes.widens(mother)
    };
    let drops = changes.removals.iter().map(Step::Drop);
    let creations = changes.creations.iter().map(Step::Create);
    let steps: Vec<Step<'_>> =
        drops.chain(creations).chain(views.iter().filter(|view| !has_turn(view)).map(Step::View)).collect();
    let mut portions = portions(&steps);
    let last = portions.pop().unwrap_or_default();

    let mut transaction = client.transaction()?;
    setup::set_up(&mut transaction)?;
    for recreation in &changes.recreations {
        recreation::try_out(recreation, &mut transaction)?;
    }
    for portion in portions {
        take(portion, &mut transaction)?;
        transaction.commit()?;
        transaction = client.transaction()?;
    }
    take(last, &mut transaction)?;
    // The last, since readers wait for it.
    widening::widen(&changes.widenings, &mut transaction)?;
    transaction.commit()?;
    changes.removals.iter().for_each(removal::log);
    widening::analyze(&changes.widenings, client);
    Ok(())
}

/// Divides the steps, in their order, into those of each transaction.
fn portions<'s, 'c>(steps: &'s [Step<'c>]) -> Vec<&'s [Step<'c>]> {
    let (mut portions, mut start, mut tables) = (Vec::new(), 0, 0);
    for (number, step) in steps.iter().enumerate() {
        tables += step.tables();
        if tables > MOST_TABLES && number > start {
            portions.push(&steps[start..number]);
            (start, tables) = (number, step.tables());
        }
    }
    portions.push(&steps[start..]);
    portions
}

fn take(steps: &[Step<'_>], transaction: &mut Transaction<'_>) -> Result<()> {
    let removals: Vec<&Removal> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Drop(removal) => Some(*removal),
            _ => None,
        })
        .collect();
    drop_mothers(&removals, transaction)?;
    for step in steps {
        match step {
            Step::Drop(_) => {}
            Step::Create(creation) => recreation::create(creation, transaction)?,
            Step::View(view) => view.set_up(transaction)?,
        }
    }
    Ok(())
}

fn drop_mothers(removals: &[&Removal], transaction: &mut Transaction<'_>) -> Result<()> {
    if removals.is_empty() {
        return Ok(());
    }
    lock::lock_in_tries(transaction, removal::PATIENCE, "the tables to be dropped", |attempt| {
        let turn = Turn::begin();
        let mut have_views = Vec::new();
        for (number, removal) in removals.iter().enumerate() {
            have_views.push(removal::lock(removal, &turn, number == 0, [].into_iter(), attempt)?);
        }
        removals
            .iter()
            .zip(have_views)
            .try_for_each(|(removal, has_view)| removal::execute(removal, has_view, attempt))
    })
    .map_err(removal::in_the_way)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pg::ident::Qualified;

    #[test]
    fn a_transaction_changes_so_many_tables_and_every_step_is_in_one() {
        let creation = Creation { mother: Qualified::new("s", "t"), statement: String::new() };
        for (steps, sizes) in
            [(0, vec![0]), (1, vec![1]), (300, vec![300]), (301, vec![300, 1]), (700, vec![300, 300, 100])]
        {
            let steps: Vec<Step<'_>> = (0..steps).map(|_| Step::Create(&creation)).collect();
            let found: Vec<usize> = portions(&steps).iter().map(|portion| portion.len()).collect();
            assert_eq!(found, sizes);
        }
    }
}
