//! What to do for a unit, by what the database holds under the name of its version table.

use super::mothers::Mother;
use super::reason::Reason;
use super::state::State;
use crate::ingest::catalogue::scan::ScannedTable;
use crate::ingest::settings::{MothersMode, Settings};
use crate::{Error, Result};
use serde_json::Value;
use std::collections::HashSet;

/// The comment on every version table. A table of the right name without it is someone else's, whatever the ledger says. Unlike
/// an oid, a comment survives dump and restore.
pub const COMMENT: &str = "version table, loaded by pghaul";

/// What to do for a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Load a version table that does not exist yet.
    Load,
    /// Load a table beside the one that exists, and swap them.
    Replace(Reason),
    /// Nothing: it is unchanged, as the ledger says.
    Skip,
}

/// Decides what to do for a unit.
///
/// # Errors
/// A version table whose name something else has; a version that is loaded under another name.
pub fn decide(
    scanned: &ScannedTable,
    mother: &Mother,
    fingerprint: &Value,
    state: &State,
    settings: &Settings,
    children: &HashSet<String>,
) -> Result<Action> {
    check_other_names(scanned, mother, state, settings, children)?;
    let Some(relation) = state.relations.get(&scanned.child) else { return Ok(Action::Load) };
    let ours = relation.kind == 'r' && relation.comment.as_deref() == Some(COMMENT);
    let entry = state.ledger.get(&scanned.child).filter(|_| ours);
    let Some(entry) = entry else {
        return Err(Error::refused(format!(
            "its version table would be {}, but there is {} of that name that pghaul did not load",
            scanned.child,
            relation.kind_name()
        ))
        .remedy("rename or drop that one, or set xport_cfg.child_name"));
    };
    if !relation.owned {
        return Err(Error::refused(format!(
            "{} belongs to another role and cannot be replaced",
            scanned.child
        ))
        .remedy("connect as its owner"));
    }
    if entry.mother != mother.name {
        return Err(Error::refused(format!(
            "its version table would be {}, which is already one of mother table {}",
            scanned.child, entry.mother
        ))
        .remedy("set xport_cfg.child_name"));
    }
    if entry.app != scanned.source.dump.app {
        return Err(Error::refused(format!(
            "its version table would be {}, which holds this version of the application {}",
            scanned.child, entry.app
        ))
        .remedy("set xport_cfg.child_name, for example to '{app}_{version}_{table}', or rename the dump"));
    }
    let goes_with_mother =
        settings.mothers == MothersMode::Recreate && state.relations.contains_key(&mother.name);
    if goes_with_mother {
        return Ok(Action::Load);
    }
    let attached = state.is_child(&mother.name, &scanned.child);
    let reason = Reason::find(entry, relation.persistence, attached, fingerprint, settings);
    Ok(reason.map_or(Action::Skip, Action::Replace))
}

/// Checks that the version is not attached under another name, as after a change of `child_name`: its rows would count twice.
/// `children` are the version tables of this run: one version has several where tables of one name lie in several folders.
fn check_other_names(
    scanned: &ScannedTable,
    mother: &Mother,
    state: &State,
    settings: &Settings,
    children: &HashSet<String>,
) -> Result<()> {
    let other = state.ledger.iter().find(|(unit, entry)| {
        **unit != scanned.child
            && !children.contains(*unit)
            && (&entry.mother, &entry.app, &entry.version)
                == (&mother.name, &scanned.source.dump.app, &scanned.source.dump.version)
            && state.is_child(&mother.name, unit)
    });
    match other {
        // It is dropped with its mother.
        Some(_) if !settings.mothers.keeps_tables() => Ok(()),
        Some((unit, _)) => Err(Error::refused(format!(
            "its version table would be {}, but this version is loaded as {unit}; its rows would count twice",
            scanned.child
        ))
        .remedy(format!("drop {unit}, or load everything again with --mothers recreate"))),
        None => Ok(()),
    }
}
