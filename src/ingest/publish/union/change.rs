//! How a union view is made, replaced, and made anew.

use super::definition::Definition;
use super::{COMMENT, PATIENCE, UnionView};
use crate::pg::ident::{Qualified, literal, quote};
use crate::table::additions::Replacement;
use crate::{Error, Result};
use postgres::{GenericClient, Transaction};

impl UnionView {
    /// Puts a new one in its place, with its owner, grants, comments and all.
    pub(super) fn recreate(&self, definition: &Definition, attempt: &mut Transaction<'_>) -> Result<()> {
        self.check_users(definition, attempt)?;
        let backend: i32 = attempt.query_one("SELECT pg_backend_pid()", &[])?.get(0);
        let new = Qualified::new(self.view.schema(), format!("pghaul_view_{backend}"));
        create(&new, definition, attempt)?;
        let replacement = self.replacement(&new, definition);
        let additions = replacement.additions(attempt)?;
        for lost in additions.lost() {
            tracing::warn!("{}: the new columns leave no place for {lost}", self.view.name());
        }
        additions.put_on_hidden(&replacement, PATIENCE, attempt)?;
        let mut statements = vec![
            format!("DROP VIEW {}", self.view),
            format!("ALTER VIEW {new} RENAME TO {}", quote(self.view.name())),
        ];
        statements.extend(additions.named().map(str::to_owned));
        Ok(attempt.batch_execute(&statements.join("; "))?)
    }

    /// Fails where something uses the view, which would have to go.
    pub(super) fn check_users(&self, definition: &Definition, client: &mut impl GenericClient) -> Result<()> {
        let users = self.replacement(&self.view, definition).obstacles(client)?;
        if users.is_empty() {
            return Ok(());
        }
        let (view, users) = (self.view.name(), users.join(", "));
        Err(Error::failed(format!(
            "not loaded, since {view} would lose a column, or get another type for one, which would break: {users}"
        ))
        .remedy(format!("drop what uses {view}, and make it again after the load")))
    }

    fn replacement(&self, new: &Qualified, definition: &Definition) -> Replacement {
        Replacement {
            old: self.view.clone(),
            mother: None,
            new: new.clone(),
            columns: definition.columns().into_iter().map(|(name, _)| name).collect(),
            follower: None,
        }
    }
}

/// Makes a new one.
pub(super) fn create(name: &Qualified, definition: &Definition, attempt: &mut Transaction<'_>) -> Result<()> {
    let (select, comment) = (definition.select(), literal(COMMENT));
    let statements = format!("CREATE VIEW {name} AS\n{select}; COMMENT ON VIEW {name} IS {comment}");
    Ok(attempt.batch_execute(&statements)?)
}

/// With the options that the view has, which it would lose.
pub(super) fn replace_statement(
    name: &Qualified,
    options: Option<String>,
    definition: &Definition,
) -> String {
    let options = options.map(|options| format!("WITH ({options}) ")).unwrap_or_default();
    format!("CREATE OR REPLACE VIEW {name} {options}AS\n{}", definition.select())
}
