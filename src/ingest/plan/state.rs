//! What the target database holds under the names of a run's tables.

use crate::Result;
use crate::ingest::union;
use crate::pg::catalog::{self, Child, Relation};
use crate::pg::ident::{self, Qualified};
use crate::table::ledger::loads::{self, Entry};
use crate::table::ledger::setup::{self, Rights};
use postgres::Client;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The database as it is before anything is written.
#[derive(Debug)]
pub struct State {
    /// The role's rights, and the schema.
    pub rights: Rights,
    /// The relations with the names of mothers, union views and version tables.
    pub relations: BTreeMap<String, Relation>,
    /// The children of the mothers.
    pub children: Vec<Child>,
    /// Mothers that have rows of their own, which no dump holds.
    pub own_rows: Vec<String>,
    /// Mothers that pghaul created.
    pub our_mothers: HashSet<String>,
    /// What was loaded before, by version table.
    pub ledger: HashMap<String, Entry>,
}

impl State {
    /// Reads what there is of these mothers and version tables (`children`).
    ///
    /// # Errors
    /// A role that may not create tables; what the server reports.
    pub fn read(client: &mut Client, mothers: &[&str], children: &[&str]) -> Result<State> {
        let rights = setup::rights(client)?;
        let schema = &rights.schema;
        let views: Vec<String> = mothers.iter().map(|mother| union::name(mother)).collect();
        let views = views.iter().map(String::as_str).filter(|name| ident::refusal(name).is_none());
        let names: Vec<&str> = mothers.iter().chain(children).copied().chain(views).collect();
        let relations = catalog::relations(client, schema, &names)?;
        let children = catalog::children(client, schema, mothers)?;
        let (ledger, our_mothers) = match rights.ledger_exists {
            true => (loads::entries(client, schema)?, loads::mothers::ours(client, schema)?),
            false => (HashMap::new(), HashSet::new()),
        };
        let mut own_rows = Vec::new();
        for mother in mothers {
            let is_our_table = relations.get(*mother).is_some_and(|table| table.kind == 'r' && table.owned);
            if is_our_table && catalog::has_own_rows(client, &Qualified::new(schema, *mother))? {
                own_rows.push((*mother).to_owned());
            }
        }
        Ok(State { relations, children, own_rows, our_mothers, ledger, rights })
    }

    /// Makes the fingerprints of these units what they will be when the load begins.
    pub fn set_fingerprints<'f>(&mut self, fingerprints: impl IntoIterator<Item = (&'f str, &'f Value)>) {
        for (unit, fingerprint) in fingerprints {
            if let Some(entry) = self.ledger.get_mut(unit) {
                entry.fingerprint = fingerprint.clone();
            }
        }
    }

    /// Whether `child`, in our schema, is a child of `mother`.
    pub fn is_child(&self, mother: &str, child: &str) -> bool {
        self.children
            .iter()
            .any(|c| c.parent == mother && c.child.name() == child && c.child.schema() == self.rights.schema)
    }
}
