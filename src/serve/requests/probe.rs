//! Which column's value the server cannot read. Its error does not name the column, so each column is tried alone.

use super::connect::connection;
use crate::pg::ident::quote;
use crate::serve::answer::failure::Failure;
use crate::serve::answer::problem::Problem;
use crate::serve::database::manager::Access;
use crate::serve::database::rows::first_column;
use crate::serve::database::statement::Statement;
use crate::serve::query::body::BodyRows;
use crate::serve::query::write;
use crate::serve::shared::state::State;
use crate::serve::shared::turns::Work;
use crate::serve::tables::table::Relation;
use crate::serve::who::Identity;

/// What trying columns needs.
#[derive(Clone, Copy)]
pub struct Prober<'p> {
    /// What all requests share.
    pub state: &'p State,
    /// What the client may do.
    pub identity: &'p Identity,
    /// The table.
    pub relation: &'p Relation,
    /// Whose turns it takes.
    pub work: Work,
}

/// The failure with the column whose value in the address the server cannot read.
pub async fn name_column(prober: Prober<'_>, failure: Failure, statement: &Statement) -> Failure {
    if !failure.is_of_value() {
        return failure;
    }
    for parameter in &statement.parameters {
        let (Some(column), Some(value)) = (&parameter.column, &parameter.value) else { continue };
        let mut probe = Statement::default();
        let value = probe.value_of(column, value);
        let value = if parameter.many { format!("ANY ({value})") } else { value };
        let equals = prober.relation.comparison(column, "=");
        probe.add(&format!(
            "SELECT ''::text FROM {} AS t WHERE t.{} {equals} {value} LIMIT 0",
            prober.relation.name,
            quote(column)
        ));
        if let Some(problem) = problem_of(prober, &probe, column).await {
            return problem.into();
        }
    }
    failure
}

/// The failure with the column whose value in the body the server cannot read.
pub async fn name_column_of_body(
    prober: Prober<'_>,
    failure: Failure,
    rows: &BodyRows,
    body: &str,
) -> Failure {
    if !failure.is_of_value() {
        return failure;
    }
    for column in &rows.columns {
        let probe = write::probe(prober.relation, rows, body, column);
        if let Some(problem) = problem_of(prober, &probe, column).await {
            return problem.into();
        }
    }
    failure
}

/// The problem of a column, if a statement about this column alone fails.
async fn problem_of(prober: Prober<'_>, probe: &Statement, column: &str) -> Option<Problem> {
    let connection = connection(prober.state, prober.identity, Access::Read, prober.work).await.ok()?;
    let failure = first_column(&connection, &probe.sql, &probe.parameters).await.err()?;
    failure.is_of_value().then(|| Problem::bad(column, failure.words()))
}
