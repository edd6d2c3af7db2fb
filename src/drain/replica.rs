//! One replica: first the batch that an earlier run has left, then the rows that the replica has now.

use super::batch::{Batch, Published};
use super::cache::gateway::Gateway;
use super::cache::gateway_rows::GatewayRows;
use super::cache::keys::Keys;
use super::cache::meta;
use super::cache::pages::HashPages;
use super::cache::take::{self, take};
use super::job_cache::JobCache;
use super::settings::{Settings, Source};
use super::target;
use super::tries::{into_failed, load_and_publish};
use crate::config::Destination;
use crate::pg::database::{Database, lost_connection};
use crate::pg::lock;
use crate::pg::retry;
use crate::report::{plural, thousands};
use crate::table::ledger::drains::{self, Watched};
use crate::{Error, Place, Result};
use postgres::Client;
use std::collections::BTreeSet;

/// Drains one replica after the other, over connections that stay open.
pub struct Drainer<'d> {
    settings: &'d Settings,
    database: &'d Database,
    cache: JobCache<'d>,
    client: Option<Client>,
    streams: Vec<Client>,
}

/// What was drained of a replica.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drained {
    /// Batches that were published.
    pub batches: u64,
    /// Their rows, rejects and bytes together.
    pub sum: Published,
}

impl Drained {
    fn add(&mut self, published: Published) {
        self.batches += 1;
        self.sum.rows += published.rows;
        self.sum.rejected += published.rejected;
        self.sum.bytes += published.bytes;
    }
}

impl<'d> Drainer<'d> {
    /// Connects only when a replica is drained.
    pub fn new(settings: &'d Settings, database: &'d Database) -> Drainer<'d> {
        Drainer { settings, database, cache: JobCache::new(settings), client: None, streams: Vec::new() }
    }

    /// The replicas that may have rows.
    ///
    /// # Errors
    /// As [`JobCache::replicas`].
    pub fn replicas(&mut self) -> Result<BTreeSet<String>> {
        self.cache.replicas()
    }

    /// Drains a replica.
    ///
    /// # Errors
    /// What is wrong with the replica before anything is touched (exit code 2), or with its rows; what Redis, gateway or
    /// database report; Ctrl-C. Redis still has every row that is not published.
    pub fn drain(&mut self, replica: &str) -> Result<Drained> {
        let mut client = self.connect()?;
        let settings = self.settings;
        let lock_name = format!("{replica} of {}", settings.source.describe());
        let drained = drains::set_up(&mut client).map_err(Error::into_refused).and_then(|()| {
            lock::exclusively(&mut client, &lock_name, |client| match &settings.source {
                Source::Redis(_) => self.drain_redis(replica, client),
                Source::Gateway(url) => self.drain_gateway(replica, &Gateway::new(url), client),
            })
        });
        match drained {
            Ok(drained) => {
                self.client = Some(client);
                Ok(drained)
            }
            Err(error) => {
                let lost = client.is_closed() && !retry::is_of_connection(&error);
                self.disconnect();
                Err(if lost { lost_connection(error) } else { error })
            }
        }
    }

    /// Writes a heartbeat into the ledger.
    ///
    /// # Errors
    /// What the database reports.
    pub fn beat(&mut self, watched: Watched) -> Result<()> {
        let mut client = self.connect()?;
        let beaten =
            drains::set_up(&mut client).and_then(|()| drains::beat(&mut client, &self.settings.job, watched));
        match client.is_closed() {
            true => self.disconnect(),
            false => self.client = Some(client),
        }
        beaten
    }

    fn drain_redis(&mut self, replica: &str, client: &mut Client) -> Result<Drained> {
        let (settings, database) = (self.settings, self.database);
        let mut streams = std::mem::take(&mut self.streams);
        let redis = self.cache.redis()?;
        let keys = Keys::of(replica);
        let columns = meta::columns(redis, &keys)?;
        let into = check(settings, replica, &columns, client)?;
        let mut drained = Drained::default();
        while let Some(taken) = take(redis, &keys)? {
            if drains::is_published(client, &taken.key)? {
                tracing::info!("{replica}: {} was published, and is removed now", taken.key);
                take::finish(redis, &keys, &taken.key, settings.keep)?;
                continue;
            }
            if taken.is_leftover {
                tracing::info!("{replica}: going on with {}, which an earlier run has taken", taken.key);
            }
            let batch =
                Batch { settings, database, replica, name: &taken.key, columns: &columns, into: &into };
            let mut pages = HashPages::of(redis, &taken.key);
            let published = load_and_publish(&batch, &mut pages, client, &mut streams);
            drained.add(published.map_err(|error| {
                into_failed(error).at(Place::file(format!("{}/{replica}", redis.describe()))).remedy(format!(
                    "nothing of this batch was published; its rows stay in Redis, in the hash {}",
                    taken.key
                ))
            })?);
            take::finish(redis, &keys, &taken.key, settings.keep)?;
            if !taken.is_leftover {
                break;
            }
        }
        self.streams = streams;
        Ok(drained)
    }

    fn drain_gateway(&mut self, replica: &str, gateway: &Gateway, client: &mut Client) -> Result<Drained> {
        let (settings, database) = (self.settings, self.database);
        let columns = gateway.columns(replica)?;
        let into = check(settings, replica, &columns, client)?;
        let name = format!("{} {}", gateway.describe(), Keys::of(replica).new_batch());
        let batch = Batch { settings, database, replica, name: &name, columns: &columns, into: &into };
        let mut rows = GatewayRows::of(gateway, replica);
        let published =
            load_and_publish(&batch, &mut rows, client, &mut self.streams).map_err(into_failed)?;
        let mut drained = Drained::default();
        if published != Published::default() {
            drained.add(published);
        }
        match (settings.clear, published.rejected) {
            (true, 0) => {
                tracing::warn!(
                    "{replica}: the gateway clears its cache; rows that came after ours were read are lost"
                );
                gateway.clear(replica)?;
            }
            (true, rejected) => tracing::warn!(
                "{replica}: not cleared, since {} rejected {} are nowhere else",
                thousands(rejected),
                plural(rejected, "row")
            ),
            _ => {}
        }
        Ok(drained)
    }

    fn connect(&mut self) -> Result<Client> {
        match self.client.take().filter(|client| !client.is_closed()) {
            Some(client) => Ok(client),
            None => self.database.connect(),
        }
    }

    /// Closes all connections: after a failure, an answer to an earlier command may still be on its way.
    fn disconnect(&mut self) {
        self.cache.disconnect();
        self.client = None;
        self.streams.clear();
    }
}

/// Checks everything about the table that can be known before a row is touched.
fn check(settings: &Settings, replica: &str, columns: &[String], client: &mut Client) -> Result<Destination> {
    let into = settings.into_table(replica)?;
    let refused = |what: String| Error::refused(what).at(Place::table(into.table.as_str()));
    let unknown = |name: &&String| !columns.contains(name);
    if let Some(name) = settings.declared.iter().map(|(name, _)| name).find(unknown) {
        return Err(refused(format!("columns: {replica} has no column {name}"))
            .remedy(format!("it has {}", columns.join(", "))));
    }
    if let Some(name) = into.key.iter().find(unknown) {
        return Err(refused(format!("into.key: {replica} has no column {name}"))
            .remedy(format!("name some of {}", columns.join(", "))));
    }
    let found = target::find(client, &into).map_err(Error::into_refused)?;
    let all_there = found
        .columns
        .as_ref()
        .map(|there| columns.iter().all(|name| there.iter().any(|(known, _)| known == name)));
    match all_there {
        // The first batch creates the table.
        None => {}
        // The missing columns are added.
        Some(false) if settings.evolve => {}
        Some(_) => drop(target::existing(client, &into, columns)?),
    }
    Ok(into)
}
