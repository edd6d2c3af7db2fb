//! A mother that is to be dropped with its version tables: which those are, and whether all of them may be dropped.

use super::action::COMMENT;
use super::mothers::Mother;
use super::state::State;
use crate::ingest::catalogue::scan::ScannedTable;
use crate::ingest::settings::MothersMode;
use crate::ingest::union::{self, UnionView};
use crate::pg::ident::Qualified;
use crate::{Error, Result};

/// A mother, its version tables, and its union view.
#[derive(Debug)]
pub struct Removal {
    /// The mother.
    pub mother: Qualified,
    /// Its version tables.
    pub children: Vec<Qualified>,
    /// Its union view.
    pub view: UnionView,
    /// Whether the view existed when the run was planned.
    had_view: bool,
}

impl Removal {
    /// The removal of a mother that exists.
    ///
    /// # Errors
    /// A mother that pghaul did not create, or with rows or children that it did not load, or with a version that would not
    /// come back.
    pub fn new(
        mother: &Mother,
        catalogue: &[ScannedTable],
        state: &State,
        mode: MothersMode,
    ) -> Result<Removal> {
        let table = Qualified::new(&state.rights.schema, &mother.name);
        let mut children = children(mother, catalogue, state, mode)?;
        if mode == MothersMode::Recreate {
            children.extend(detached(mother, catalogue, state));
        }
        let view = UnionView::of(&table, false);
        let had_view = state.relations.get(view.name().name()).is_some_and(union::is_ours);
        Ok(Removal { mother: table, children, view, had_view })
    }

    /// The statements, as the database was when the run was planned.
    pub fn planned(&self) -> String {
        self.statements(self.had_view)
    }

    /// The statements. The tables are dropped by one without CASCADE: a view that a user made on one of them stops it.
    pub fn statements(&self, has_view: bool) -> String {
        let names: Vec<String> =
            std::iter::once(&self.mother).chain(&self.children).map(Qualified::to_string).collect();
        let view = if has_view { format!("DROP VIEW {};\n", self.view.name()) } else { String::new() };
        format!("{view}DROP TABLE {}", names.join(", "))
    }
}

/// The version tables of a mother that is to be dropped.
fn children(
    mother: &Mother,
    catalogue: &[ScannedTable],
    state: &State,
    mode: MothersMode,
) -> Result<Vec<Qualified>> {
    if !state.our_mothers.contains(&mother.name) {
        return Err(
            Error::refused("was not created by pghaul, which will not drop it").remedy("drop it by hand")
        );
    }
    if state.own_rows.contains(&mother.name) {
        return Err(has_own_rows());
    }
    let mut children = Vec::new();
    for child in state.children.iter().filter(|child| child.parent == mother.name).map(|child| &child.child) {
        let entry = state.ledger.get(child.name()).filter(|entry| entry.mother == mother.name);
        let Some(entry) = entry.filter(|_| child.schema() == state.rights.schema) else {
            return Err(has_foreign_child(child));
        };
        // One version has several tables where they lie in several folders: as many must come back.
        let sources = catalogue.iter().map(|scanned| &scanned.source).filter(|source| {
            (&source.table, &source.dump.app, &source.dump.version)
                == (&mother.name, &entry.app, &entry.version)
        });
        let loaded = state.ledger.iter().filter(|(unit, other)| {
            (&other.mother, &other.app, &other.version) == (&entry.mother, &entry.app, &entry.version)
                && state.is_child(&mother.name, unit)
        });
        if mode == MothersMode::Recreate && sources.count() < loaded.count() {
            return Err(Error::refused(format!(
                "would lose {}, since {} {} is not among the dumps to load",
                child.name(),
                entry.app,
                entry.version
            ))
            .remedy("add its dump, or drop everything first with --mothers purge"));
        }
        children.push(child.clone());
    }
    Ok(children)
}

/// Version tables that a user has detached from the mother, and whose names are needed. A table that is not ours, or that
/// belongs to another mother, is refused when the units are looked at.
fn detached(mother: &Mother, catalogue: &[ScannedTable], state: &State) -> Vec<Qualified> {
    let is_left = |scanned: &&ScannedTable| {
        let ours = state
            .relations
            .get(&scanned.child)
            .is_some_and(|relation| relation.kind == 'r' && relation.comment.as_deref() == Some(COMMENT));
        scanned.source.table == mother.name && ours && !state.is_child(&mother.name, &scanned.child)
    };
    let table = |scanned: &ScannedTable| Qualified::new(&state.rights.schema, &scanned.child);
    catalogue.iter().filter(is_left).map(table).collect()
}

/// The error of a mother that has rows of its own.
pub fn has_own_rows() -> Error {
    Error::refused("has rows of its own, which pghaul did not load and will not drop")
        .remedy("delete them, or move them to another table")
}

/// The error of a mother with a child that is no version table.
pub fn has_foreign_child(child: &Qualified) -> Error {
    Error::refused(format!("has the child table {child}, which pghaul did not load and will not drop"))
        .remedy("drop it, or detach it with ALTER TABLE … NO INHERIT")
}
