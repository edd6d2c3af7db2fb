//! Locks of a mother. An advisory lock is for all that is loaded into it: one load beside the other holds it, or one run alone that
//! recreates or widens it. Those of its tables keep readers away.

use crate::Result;
use crate::ingest::union::UnionView;
use crate::pg::ident::Qualified;
use crate::pg::lock::{self, Turn};
use postgres::{Client, Transaction};

/// The name of the lock.
pub fn name(mother: &Qualified) -> String {
    format!("the versions of {mother}")
}

/// Keeps other runs away from these mothers as long as the connection lives.
///
/// # Errors
/// What the server reports; Ctrl-C.
pub fn lock_mothers<'m>(mothers: impl Iterator<Item = &'m Qualified>, client: &mut Client) -> Result<()> {
    let mut names: Vec<String> = mothers.map(name).collect();
    // All runs in the same order, so that no two wait for each other.
    names.sort_unstable();
    names.iter().try_for_each(|name| lock::until_disconnect(client, name))
}

/// Locks the union view and then the tables against readers and writers, in the order of their readers; `is_first` if the turn
/// holds no lock yet. Tells whether the view exists.
///
/// # Errors
/// [`crate::pg::sqlstate::SqlState::LockTimeout`]; what the server reports.
pub fn lock_family<'t>(
    view: &UnionView,
    tables: impl IntoIterator<Item = &'t Qualified>,
    turn: &Turn,
    is_first: bool,
    attempt: &mut Transaction<'_>,
) -> Result<bool> {
    if !is_first {
        turn.limit(attempt)?;
    }
    let has_view = view.lock(attempt)?;
    turn.lock_against_readers(attempt, is_first && !has_view, tables)?;
    Ok(has_view)
}
