//! Whether this role may create tables and use the ledger.

use crate::pg::{catalog, trust};
use crate::table::ledger::SCHEMA;
use crate::{Error, Result};
use postgres::Client;

/// Where this role creates tables, and whether the ledger exists.
#[derive(Debug, Clone)]
pub struct Rights {
    /// The schema for new tables: the first existing one of the search path but the ledger's.
    pub schema: String,
    /// Whether the ledger has its tables of loads.
    pub ledger_exists: bool,
}

/// Checks that this role can create tables, and create or use the ledger.
///
/// # Errors
/// A standby server, a search path without a schema, a missing right, a ledger of a role that is not trusted; each with what helps.
pub fn rights(client: &mut Client) -> Result<Rights> {
    let schema = catalog::creation_schema(client, SCHEMA)?;
    let row = client.query_one(include_str!("rights.sql"), &[])?;
    let (role, database): (String, String) = (row.get(0), row.get(1));
    let (may_create_schema, ledger_exists, may_use): (bool, bool, bool) =
        (row.get(2), row.get(3), row.get(4));
    if !may_create_schema {
        return Err(Error::refused(format!(
            "role {role} lacks the right to create the ledger's schema pghaul in database {database}"
        ))
        .remedy(format!("have the owner run: CREATE SCHEMA pghaul AUTHORIZATION \"{role}\"")));
    }
    trust::check_schema(client, SCHEMA)?;
    if !may_use {
        // Tables that are there need no right to create more.
        let needed = if ledger_exists { "USAGE" } else { "USAGE, CREATE" };
        return Err(Error::refused(format!(
            "role {role} lacks the right to use the ledger in schema pghaul"
        ))
        .remedy(format!(
            "have its owner run: GRANT {needed} ON SCHEMA pghaul TO \"{role}\"; \
                 GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA pghaul TO \"{role}\""
        )));
    }
    Ok(Rights { schema, ledger_exists })
}
