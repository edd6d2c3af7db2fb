//! The statements that make a union view, replace it, and put a new one in its place.

use super::definition::Definition;
use super::existing::COMMENT;
use crate::pg::ident::{Qualified, literal, quote};
use crate::table::additions::Replacement;
use crate::{Error, Result};
use postgres::{GenericClient, Transaction};
use std::time::Duration;

/// How long those who use the view, or its mother, are waited for.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Makes a view of a query.
///
/// # Errors
/// What the server reports.
pub fn create(name: &Qualified, select: &str, attempt: &mut Transaction<'_>) -> Result<()> {
    let comment = literal(COMMENT);
    let statements = format!("CREATE VIEW {name} AS\n{select}; COMMENT ON VIEW {name} IS {comment}");
    Ok(attempt.batch_execute(&statements)?)
}

/// The statement that replaces a view whose columns stay. `options` are those of the view, which it would lose.
pub fn replace_statement(name: &Qualified, options: Option<String>, definition: &Definition) -> String {
    let options = options.map(|options| format!("WITH ({options}) ")).unwrap_or_default();
    format!("CREATE OR REPLACE VIEW {name} {options}AS\n{}", definition.select())
}

/// Puts a view of the query `select`, which has the columns of the definition, in the place of the old one, with its owner,
/// grants and comments.
///
/// # Errors
/// As [`check_users`].
pub fn recreate(
    view: &Qualified,
    definition: &Definition,
    select: &str,
    attempt: &mut Transaction<'_>,
) -> Result<()> {
    check_users(view, definition, attempt)?;
    let backend: i32 = attempt.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    let new = Qualified::new(view.schema(), format!("pghaul_view_{backend}"));
    create(&new, select, attempt)?;
    let replacement = replacement(view, &new, definition);
    let additions = replacement.additions(attempt)?;
    for lost in additions.lost() {
        tracing::warn!("{}: the new columns leave no place for {lost}", view.name());
    }
    additions.put_on_hidden(&replacement, PATIENCE, attempt)?;
    let mut statements =
        vec![format!("DROP VIEW {view}"), format!("ALTER VIEW {new} RENAME TO {}", quote(view.name()))];
    statements.extend(additions.named().map(str::to_owned));
    Ok(attempt.batch_execute(&statements.join("; "))?)
}

/// Checks that nothing uses the view, which has to be dropped.
///
/// # Errors
/// What uses it; what the server reports.
pub fn check_users(view: &Qualified, definition: &Definition, client: &mut impl GenericClient) -> Result<()> {
    let users = replacement(view, view, definition).obstacles(client)?;
    if users.is_empty() {
        return Ok(());
    }
    let (view, users) = (view.name(), users.join(", "));
    Err(Error::failed(format!(
        "not loaded, since {view} would lose a column, or get another type for one, which would break: {users}"
    ))
    .remedy(format!("drop what uses {view}, and make it again after the load")))
}

fn replacement(view: &Qualified, new: &Qualified, definition: &Definition) -> Replacement {
    Replacement {
        old: view.clone(),
        mother: None,
        new: new.clone(),
        columns: definition.columns().into_iter().map(|(name, _)| name).collect(),
        follower: None,
    }
}
