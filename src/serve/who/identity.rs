//! What a client may do.

use crate::config::Verb;
use std::collections::HashMap;
use std::sync::Arc;

/// What is wrong with a token if nothing more may be said.
pub const WRONG: &str = "the token is missing or wrong";

/// What the token of a request allows.
#[derive(Debug, Clone)]
pub enum Identity {
    /// What the tables grant.
    All,
    /// Of what the tables grant, these verbs by the paths of tables.
    Some(Arc<HashMap<String, Vec<Verb>>>),
    /// What the tables grant, as far as this role may do it in the database.
    Role(Arc<Role>),
}

/// A role of the database in whose place a request is answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// The claims of the token, as JSON.
    pub claims: String,
}

/// What a verb is for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// It is granted.
    Granted,
    /// The table grants it to others.
    OfOthers,
    /// The table grants it to no client.
    Missing,
}

impl Identity {
    /// What a verb is for this client on the table with this path, which grants some verbs.
    pub fn grant(&self, path: &str, granted: &[Verb], verb: Verb) -> Grant {
        if !granted.contains(&verb) {
            return Grant::Missing;
        }
        match self {
            Identity::Some(rights) if !rights.get(path).is_some_and(|verbs| verbs.contains(&verb)) => {
                Grant::OfOthers
            }
            _ => Grant::Granted,
        }
    }

    /// Whether the client may know of the table with this path.
    pub fn knows(&self, path: &str) -> bool {
        match self {
            Identity::Some(rights) => rights.contains_key(path),
            _ => true,
        }
    }
}
