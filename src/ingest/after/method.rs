//! The server's access methods for indexes, and what each can do.

use super::index::DEFAULT_METHOD;
use crate::ingest::settings::after::IndexSpec;
use crate::{Error, Result};
use postgres::GenericClient;

/// An access method.
#[derive(Debug)]
pub struct AccessMethod {
    name: String,
    unique: bool,
    many_columns: bool,
}

impl AccessMethod {
    /// All access methods of the server.
    ///
    /// # Errors
    /// What the server reports.
    pub fn all(client: &mut impl GenericClient) -> Result<Vec<AccessMethod>> {
        // PostgreSQL documentation, "System Information Functions": properties of index access methods.
        let sql = "SELECT amname::text, pg_indexam_has_property(oid, 'can_unique'), \
                   pg_indexam_has_property(oid, 'can_multi_col') FROM pg_am WHERE amtype = 'i' ORDER BY amname";
        let method = |row: postgres::Row| AccessMethod {
            name: row.get(0),
            unique: row.get::<_, Option<bool>>(1).unwrap_or_default(),
            many_columns: row.get::<_, Option<bool>>(2).unwrap_or_default(),
        };
        Ok(client.query(sql, &[])?.into_iter().map(method).collect())
    }

    /// Checks that the server has the method that `spec` names, and that the method can do what `spec` asks for.
    ///
    /// # Errors
    /// A method that the server lacks, or that cannot do it.
    pub fn check(methods: &[AccessMethod], spec: &IndexSpec) -> Result<()> {
        let wanted = spec.using.as_deref().unwrap_or(DEFAULT_METHOD);
        let Some(method) = methods.iter().find(|method| method.name == wanted) else {
            let names: Vec<&str> = methods.iter().map(|method| method.name.as_str()).collect();
            return Err(Error::refused(format!("the server has no access method {wanted}"))
                .remedy(format!("use one of {}", names.join(", "))));
        };
        let cannot = match method {
            AccessMethod { unique: false, .. } if spec.unique => "cannot be unique",
            AccessMethod { many_columns: false, .. } if spec.columns.len() > 1 => "has one column only",
            _ => return Ok(()),
        };
        Err(Error::refused(format!("an index by {wanted} {cannot}"))
            .remedy("correct `after` in the configuration"))
    }
}
