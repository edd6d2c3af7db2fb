//! A connection for the statements of a request, which act as the role that its token names.

use crate::serve::answer::failure::Failure;
use crate::serve::answer::problem::Problem;
use crate::serve::database::connection::Connection;
use crate::serve::database::manager::Access;
use crate::serve::shared::state::State;
use crate::serve::shared::turns::Work;
use crate::serve::who::{Identity, Role};

/// Waits for a connection for statements that may do so much. A role's are in a transaction.
///
/// # Errors
/// No connection in time; a role that the service cannot act as.
pub async fn connection(
    state: &State,
    identity: &Identity,
    access: Access,
    work: Work,
) -> Result<Connection, Failure> {
    let mut connection = state.pool.get(work).await?;
    connection.allow(access).await?;
    if let Identity::Role(role) = identity {
        act_as(&mut connection, role).await?;
    }
    Ok(connection)
}

/// Begins a transaction that has the rights of a role, and no others: row security applies as well. A role that may do everything is
/// never one of a token's.
async fn act_as(connection: &mut Connection, role: &Role) -> Result<(), Failure> {
    let refused = || Failure::from(Problem::forbidden("the service may not act as the role of this token"));
    connection.begin().await?;
    match connection.act_as(&role.name, &role.claims).await {
        Ok(Some(false)) => Ok(()),
        Ok(_) => Err(refused()),
        Err(failure) if failure.is_of_role() => {
            tracing::debug!("role of a token: {}", failure.words());
            Err(refused())
        }
        Err(failure) => Err(failure),
    }
}
