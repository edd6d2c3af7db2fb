//! The connections to both sides.

use super::reader::{Reader, check_version};
use super::settings::Settings;
use super::side::{of_destination, of_source};
use super::state::Source;
use super::table::pair::Pair;
use super::table::sequences::Sequence;
use crate::Result;
use crate::copy::relay::pace::Pace;
use crate::pg::statements;
use crate::report::log::Verbosity;
use crate::run::workers;
use postgres::Client;

/// Keeps the temporary table for windows in memory; with the default of 8 MB it goes to the disk.
const PREPARE_DESTINATION: &str = "SET temp_buffers = '128MB'";

/// Both sides of a sync.
pub struct Session<'s> {
    /// The settings.
    pub settings: &'s Settings,
    /// How much the run prints.
    pub verbosity: Verbosity,
    /// The source's table, as the state names it.
    pub identity: Source,
    /// Both tables.
    pub pair: Pair,
    /// The source.
    pub source: Reader,
    /// The destination.
    pub destination: Client,
    /// Whether the destination's connection has the temporary table for windows. Creating one writes to the database, so a pass
    /// without changes creates none.
    pub has_window: bool,
    /// Sequences that are set behind the rows of each window. They are known once there is a window.
    pub sequences: Vec<Sequence>,
    /// Further connections to the destination, for windows of many rows. Each has the temporary table.
    pub others: Vec<Client>,
    /// Limits how fast the source is read.
    pub pace: &'s Pace,
    /// Whether the table is synced whole, and not by a cursor.
    pub is_whole: bool,
}

/// Connections to both sides, which one table after the other may use.
pub struct Link {
    /// The source.
    pub source: Reader,
    /// The destination.
    pub destination: Client,
}

/// Connections to both sides, at the same time.
///
/// # Errors
/// As [`Reader::connect`] and [`connect_destination`].
pub fn connect_both(settings: &Settings) -> Result<Link> {
    std::thread::scope(|scope| {
        let source = scope.spawn(|| Reader::connect(settings));
        let destination = connect_destination(settings);
        let source = workers::joined(source).map_err(of_source)?;
        Ok(Link { source, destination: destination.map_err(of_destination)? })
    })
}

/// A connection to the destination, whose session is ours: it holds locks and a temporary table.
///
/// # Errors
/// As [`crate::pg::connect::Target::connect_alone`]; a server that is too old.
pub fn connect_destination(settings: &Settings) -> Result<Client> {
    let mut client = settings.to.connect_alone()?;
    client.batch_execute(&format!("{PREPARE_DESTINATION}; SET lc_monetary = 'C'"))?;
    let version: i32 = client.query_one("SELECT current_setting('server_version_num')::int", &[])?.get(0);
    check_version(version, "destination")?;
    Ok(client)
}

/// Runs the statements under `after` of a job over a connection of their own.
///
/// # Errors
/// As [`connect_destination`]; what the server reports.
pub fn run_after(job: &Settings) -> Result<()> {
    connect_destination(job)
        .and_then(|mut client| statements::execute(&mut client, &job.after_key, &job.after))
        .map_err(of_destination)
}

impl Session<'_> {
    /// Connections to the source that see this snapshot, each in one transaction that ends with the connection.
    ///
    /// # Errors
    /// As [`Reader::connect_at`].
    pub fn connect_sources(&self, count: usize, snapshot: &str) -> Result<Vec<Client>> {
        (0..count).map(|_| Reader::connect_at(self.settings, snapshot).map_err(of_source)).collect()
    }

    /// Connections to the destination.
    ///
    /// # Errors
    /// As [`connect_destination`].
    pub fn connect_destinations(&self, count: usize) -> Result<Vec<Client>> {
        (0..count).map(|_| connect_destination(self.settings).map_err(of_destination)).collect()
    }
}
