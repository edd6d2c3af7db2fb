//! What is done to mothers before the load.

use super::{recreation, removal, widening};
use crate::Result;
use crate::ingest::plan::changes::Changes;
use crate::ingest::plan::removal::Removal;
use crate::ingest::union::UnionView;
use crate::pg::lock::{self, Turn};
use crate::table::ledger::setup;
use postgres::{Client, Transaction};

/// Creates the ledger, drops, creates and widens mothers, and brings union views up to date, in one transaction. Mothers that are
/// recreated when their versions are loaded are dropped and created as a trial, which is rolled back.
///
/// # Errors
/// What the server reports, and what has come into the way since the run was planned; nothing has changed then.
pub fn apply(changes: &Changes, views: &[UnionView], client: &mut Client) -> Result<()> {
    let mut transaction = client.transaction()?;
    setup::set_up(&mut transaction)?;
    for recreation in &changes.recreations {
        recreation::try_out(recreation, &mut transaction)?;
    }
    drop_mothers(&changes.removals, &mut transaction)?;
    for creation in &changes.creations {
        recreation::create(creation, &mut transaction)?;
    }
    let has_turn = |view: &&UnionView| {
        let mother = view.mother().name();
        changes.recreates(mother) || changes.widens(mother)
    };
    for view in views.iter().filter(|view| !has_turn(view)) {
        view.set_up(&mut transaction)?;
    }
    // The last, since readers wait for it.
    widening::widen(&changes.widenings, &mut transaction)?;
    transaction.commit()?;
    changes.removals.iter().for_each(removal::log);
    widening::analyze(&changes.widenings, client);
    Ok(())
}

fn drop_mothers(removals: &[Removal], transaction: &mut Transaction<'_>) -> Result<()> {
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
