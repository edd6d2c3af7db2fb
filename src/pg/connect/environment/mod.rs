//! What the environment adds to a connection: libpq's variables, the service file, the password file.

pub mod env;
mod passfile;
pub(in crate::pg::connect) mod password;
mod service;
pub(in crate::pg::connect) mod variables;
