//! Whose tables are used.
//!
//! What the owner of a table puts on it (checks, triggers, defaults, expressions of indexes) runs with the rights of the role
//! that writes to the table, and a view runs with those of the role that reads it. So a table is used only where its owner
//! could do the same without us, or where the database's administrator has said so by a membership.

use super::ident::quote;
use crate::{Error, Result};
use postgres::{GenericClient, Row};
use std::sync::Once;

/// The statement that finds relations of roles that are not trusted.
pub const UNTRUSTED: &str = include_str!("trust.sql");

/// Whether this role is a superuser.
pub const IS_SUPERUSER: &str = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user";

/// Checks that the relations of these names in `schema` belong to roles that this role trusts. Names of nothing are left out.
///
/// # Errors
/// All that belong to another role, with what helps; what the server reports.
pub fn check(client: &mut impl GenericClient, schema: &str, names: &[&str]) -> Result<()> {
    judge(&client.query(UNTRUSTED, &[&schema, &Some(names), &None::<u32>])?)
}

/// As [`check`], of a schema and all that is in it.
///
/// # Errors
/// As [`check`].
pub fn check_schema(client: &mut impl GenericClient, schema: &str) -> Result<()> {
    judge(&client.query(UNTRUSTED, &[&schema, &None::<&[&str]>, &None::<u32>])?)
}

/// As [`check`], of a type: a domain has checks.
///
/// # Errors
/// As [`check`].
pub fn check_type(client: &mut impl GenericClient, oid: Option<u32>) -> Result<()> {
    judge(&client.query(UNTRUSTED, &[&None::<&str>, &None::<&[&str]>, &oid])?)
}

/// Refuses all that [`UNTRUSTED`] has found.
///
/// # Errors
/// As [`check`].
pub fn judge(rows: &[Row]) -> Result<()> {
    let fault = |row: &Row| {
        let [what, name, owner, role]: [&str; 4] = [0, 1, 2, 3].map(|column| row.get(column));
        Error::refused(format!(
            "the {what} {name} belongs to role {owner}, whose code in it would run with the rights of role {role}"
        ))
        .remedy(format!(
            "drop the {what} if it is not what you expect, or load as {owner}; where {owner} may do all that {role} may, \
             have a superuser run: GRANT {} TO {}",
            quote(owner),
            quote(role)
        ))
    };
    let faults: Vec<Error> = rows.iter().map(fault).collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::many(faults)) }
}

/// Says once that this role is a superuser, and what would do, if `row` of [`IS_SUPERUSER`] says so.
pub fn say_superuser(row: Option<&Row>) {
    static SAID: Once = Once::new();
    if row.is_some_and(|row| row.get(0)) {
        SAID.call_once(|| {
            tracing::info!(
                "the role is a superuser, and so is all code that its statements run; a role that owns its tables would do: \
                 docs/configuration.md, \"The role\""
            );
        });
    }
}
