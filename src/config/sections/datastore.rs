//! `datastore:` in the configuration: the target database.

use crate::config::values::{Number, Text};
use serde::Deserialize;

/// The target database, with the keys of the original job.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {server: localhost, db: lms}")]
pub struct Datastore {
    /// `postgresql`, or with SQLAlchemy's driver suffix.
    pub connection: Option<Text>,
    /// Host name, address, or folder of the unix socket.
    pub server: Option<Text>,
    /// TCP port.
    pub port: Option<Number<u16>>,
    /// User name.
    pub user: Option<Text>,
    /// Password.
    pub passwd: Option<Text>,
    /// Database name.
    pub db: Option<Text>,
}
