//! What has a union view's name in the database.

use super::definition::Typed;
use crate::pg::catalog::Relation;
use crate::pg::ident::{Qualified, refusal};
use crate::{Error, Result};
use postgres::GenericClient;

/// Marks a view as ours, as `COMMENT ON VIEW` has it.
pub const COMMENT: &str = "union view, made by pghaul";

/// A union view that exists.
pub struct ExistingView {
    /// Its options, as a clause of `CREATE VIEW`.
    pub options: Option<String>,
    /// Its columns, in order.
    pub columns: Vec<Typed>,
    /// The oids of the tables that it reads, in ascending order.
    pub reads: Vec<u32>,
}

/// What a publication has to do about a mother's union view.
pub enum Upkeep {
    /// Nothing: none is wanted, and none exists.
    Nothing,
    /// Make it.
    Create,
    /// Bring it up to date.
    Update(ExistingView),
}

impl Upkeep {
    /// Reads what has the view's name. A view that exists is kept current even where none is `wanted`: it would be in the way
    /// of the next refresh, and lack rows that its name promises.
    ///
    /// # Errors
    /// Something that pghaul did not make, where a view is wanted; what the server reports.
    pub fn read(view: &Qualified, wanted: bool, client: &mut impl GenericClient) -> Result<Upkeep> {
        match named(view, client)? {
            Named::Ours(there) => Ok(Upkeep::Update(there)),
            _ if !wanted => Ok(Upkeep::Nothing),
            Named::Nothing => Ok(Upkeep::Create),
            Named::Foreign => {
                Err(Error::failed(format!("there is now something called {view} that pghaul did not make"))
                    .remedy("rename or drop it, or set views: false"))
            }
        }
    }
}

/// Whether this is a union view that pghaul has made.
pub fn is_ours(relation: &Relation) -> bool {
    relation.kind == 'v' && relation.comment.as_deref() == Some(COMMENT)
}

/// What has a name.
enum Named {
    Nothing,
    Ours(ExistingView),
    Foreign,
}

fn named(view: &Qualified, client: &mut impl GenericClient) -> Result<Named> {
    // The server would cut a name that is too long, and find another view.
    if refusal(view.name()).is_some() {
        return Ok(Named::Nothing);
    }
    let sql = include_str!("view.sql");
    let Some(row) = client.query_opt(sql, &[&view.schema(), &view.name(), &COMMENT])? else {
        return Ok(Named::Nothing);
    };
    if !row.get::<_, bool>(0) {
        return Ok(Named::Foreign);
    }
    let (names, types): (Vec<String>, Vec<String>) = (row.get(2), row.get(3));
    let mut reads: Vec<u32> = row.get(4);
    reads.sort_unstable();
    Ok(Named::Ours(ExistingView {
        options: row.get(1),
        columns: names.into_iter().zip(types).collect(),
        reads,
    }))
}
