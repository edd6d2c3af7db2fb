//! Which column's value the server cannot read. Its error does not name the column, so each column is tried alone.

use super::table_request::TableRequest;
use crate::pg::ident::quote;
use crate::serve::answer::failure::Failure;
use crate::serve::answer::problem::Problem;
use crate::serve::database::connection::Access;
use crate::serve::database::rows::first_column;
use crate::serve::database::statement::Statement;
use crate::serve::query::body::BodyRows;
use crate::serve::query::write;

/// The failure with the column whose value in the address the server cannot read.
pub async fn name_column(request: &TableRequest<'_>, failure: Failure, statement: &Statement) -> Failure {
    if !failure.is_of_value() {
        return failure;
    }
    for parameter in &statement.parameters {
        let (Some(column), Some(value)) = (&parameter.column, &parameter.value) else { continue };
        let mut probe = Statement::default();
        let value = probe.value_of(column, value);
        let column_name = quote(column);
        probe.add(&format!(
            "SELECT ''::text FROM {} AS t WHERE t.{column_name} = {value} LIMIT 0",
            request.relation.name
        ));
        if let Some(problem) = problem_of(request, &probe, column).await {
            return problem.into();
        }
    }
    failure
}

/// The failure with the column whose value in the body the server cannot read.
pub async fn name_column_of_body(
    request: &TableRequest<'_>,
    failure: Failure,
    rows: &BodyRows,
    body: &str,
) -> Failure {
    if !failure.is_of_value() {
        return failure;
    }
    for column in &rows.columns {
        let probe = write::probe(request.relation, rows, body, column);
        if let Some(problem) = problem_of(request, &probe, column).await {
            return problem.into();
        }
    }
    failure
}

/// The problem of a column, if a statement about this column alone fails.
async fn problem_of(request: &TableRequest<'_>, probe: &Statement, column: &str) -> Option<Problem> {
    let connection = request.connection(Access::Read).await.ok()?;
    let failure = first_column(&connection, &probe.sql, &probe.parameters).await.err()?;
    failure.is_of_value().then(|| Problem::bad(column, failure.words()))
}
