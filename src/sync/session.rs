//! The connections to both sides.

use super::settings::Settings;
use super::table::pair::Pair;
use crate::copy::relay::pace::Pace;
use crate::pg::connect::Target;
use crate::pg::ident::literal;
use crate::pg::limits::{self, Until};
use crate::report::log::Verbosity;
use crate::run::workers;
use crate::{Error, Place, Result};
use postgres::Client;
use std::time::Duration;

/// PostgreSQL 13, the oldest version with all that sync uses.
const OLDEST_VERSION: i32 = 130_000;
/// Keeps the temporary table for windows in memory; with the default of 8 MB it goes to the disk.
const PREPARE_DESTINATION: &str = "SET temp_buffers = '128MB'";

/// Both sides of a sync.
pub struct Session<'s> {
    /// The settings.
    pub settings: &'s Settings,
    /// How much the run prints.
    pub verbosity: Verbosity,
    /// Both tables.
    pub pair: Pair,
    /// The source. This connection cannot write.
    pub source: Client,
    /// The destination.
    pub destination: Client,
    /// Whether the destination's connection has the temporary table for windows. Creating one writes to the database, so a pass
    /// without changes creates none.
    pub has_window: bool,
    /// Further connections to the destination, for windows of many rows. Each has the temporary table.
    pub others: Vec<Client>,
    /// Limits how fast the source is read.
    pub pace: Pace,
}

/// A connection to the source, which can only read.
///
/// # Errors
/// As [`Target::connect`]; a server that is too old.
fn connect_source(settings: &Settings) -> Result<Client> {
    let mut client = connect(&settings.from, "source")?;
    // A limited rate makes the server wait within a statement, so the timeout grows by the time of a window.
    let pauses = settings.max_rate.map_or(0, |rate| settings.chunk / rate.get());
    let timeout = settings.source_timeout + Duration::from_secs(pauses.min(1_000_000));
    let limit_time = limits::shorten("statement_timeout", timeout, Until::Disconnect);
    client.batch_execute(&format!(
        "SET default_transaction_read_only = on; SET lc_monetary = 'C'; {limit_time}"
    ))?;
    Ok(client)
}

/// Connections to both sides, at the same time.
///
/// # Errors
/// As [`connect_source`] and [`connect_destination`].
pub fn connect_both(settings: &Settings) -> Result<(Client, Client)> {
    std::thread::scope(|scope| {
        let source = scope.spawn(|| connect_source(settings));
        let destination = connect_destination(settings);
        Ok((workers::joined(source)?, destination?))
    })
}

/// A connection to the destination.
///
/// # Errors
/// As [`Target::connect`]; a server that is too old.
pub fn connect_destination(settings: &Settings) -> Result<Client> {
    let mut client = connect(&settings.to, "destination")?;
    client.batch_execute(&format!("{PREPARE_DESTINATION}; SET lc_monetary = 'C'"))?;
    Ok(client)
}

fn connect(target: &Target, side: &str) -> Result<Client> {
    let mut client = target.connect()?;
    let version: i32 = client.query_one("SELECT current_setting('server_version_num')::int", &[])?.get(0);
    if version < OLDEST_VERSION {
        return Err(Error::refused(format!("PostgreSQL {} is too old for sync", version / 10_000))
            .at(Place::file(side))
            .remedy("use a server of version 13 or newer"));
    }
    Ok(client)
}

impl Session<'_> {
    /// Connections to the source that see this snapshot, each in one transaction that ends with the connection.
    ///
    /// # Errors
    /// As [`connect_source`].
    pub fn connect_sources(&self, count: usize, snapshot: &str) -> Result<Vec<Client>> {
        let begin = format!(
            "RESET statement_timeout; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT {}",
            literal(snapshot)
        );
        (0..count)
            .map(|_| {
                let mut client = connect_source(self.settings)?;
                client.batch_execute(&begin)?;
                Ok(client)
            })
            .collect()
    }

    /// Connections to the destination.
    ///
    /// # Errors
    /// As [`connect_destination`].
    pub fn connect_destinations(&self, count: usize) -> Result<Vec<Client>> {
        (0..count).map(|_| connect_destination(self.settings)).collect()
    }
}
