//! One replica: first the batch that an earlier run has left, then the rows that the replica has now.

use super::batch::{Batch, Published};
use super::cache::connection::Redis;
use super::cache::gateway::Gateway;
use super::cache::gateway_rows::GatewayRows;
use super::cache::keys::Keys;
use super::cache::meta;
use super::cache::pages::HashPages;
use super::cache::take::{self, Leftover, Taken, take};
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
    is_warned: bool,
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
        let cache = JobCache::new(settings);
        Drainer { settings, database, cache, client: None, streams: Vec::new(), is_warned: false }
    }

    /// The replicas that may have rows. The first call warns of a Redis that may remove rows by itself.
    ///
    /// # Errors
    /// As [`JobCache::replicas`].
    pub fn replicas(&mut self) -> Result<BTreeSet<String>> {
        let replicas = self.cache.replicas()?;
        if let (Source::Redis(_), false) =
            (&self.settings.source, std::mem::replace(&mut self.is_warned, true))
        {
            warn_of_eviction(self.cache.redis()?);
        }
        Ok(replicas)
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
        let mut drained = Drained::default();
        loop {
            // What the replica has now is checked before anything is touched.
            let now = meta::columns(redis, &keys)?;
            let into = check(settings, replica, &now.names, client)?;
            let leftover = take::leftover(redis, &keys)?;
            let (batch, columns) = match &leftover {
                Some(Leftover { key, is_there }) => {
                    if drains::is_published(client, key)? {
                        tracing::info!("{replica}: {key} was published, and is removed now");
                        match is_there {
                            true => take::finish(redis, &keys, key, settings.keep)?,
                            false => take::forget(redis, &keys, key)?,
                        }
                        continue;
                    }
                    if !is_there {
                        return Err(gone(redis, &keys, key, replica));
                    }
                    tracing::info!("{replica}: going on with {key}, which an earlier run has taken");
                    let columns = meta::columns_of_batch(redis, key)?.unwrap_or(now);
                    check(settings, replica, &columns.names, client)?;
                    (key.clone(), columns)
                }
                None => match take(redis, &keys, &now)? {
                    Taken::Batch(batch) => (batch, now),
                    Taken::ByAnother => continue,
                    Taken::Nothing => break,
                },
            };
            let batch =
                Batch { settings, database, replica, name: &batch, columns: &columns.names, into: &into };
            let mut pages = HashPages::of_batch(redis, batch.name);
            let kept = pages.keep_rows();
            match kept.and_then(|()| load_and_publish(&batch, &mut pages, client, &mut streams)) {
                Ok(published) => drained.add(published),
                Err(error) => return Err(why_failed(error, &batch, redis, &keys, client)),
            }
            take::finish(redis, &keys, batch.name, settings.keep).map_err(|error| {
                error.remedy(
                    "the rows of this batch are in the table, and the next run removes them from Redis",
                )
            })?;
            if leftover.is_none() {
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

fn warn_of_eviction(redis: &mut Redis) {
    let Some(policy) = redis.eviction_policy().filter(|policy| policy != "noeviction") else { return };
    let what = match policy.starts_with("volatile") {
        true => "a replica with a time to live, before it is drained",
        false => "a replica or a batch, before its rows are in the table",
    };
    tracing::warn!(
        "{}: maxmemory-policy is {policy}: when its memory is full, Redis may remove {what}; set noeviction",
        redis.describe()
    );
}

/// The error of a batch that was not published, which may be that its rows are gone.
fn why_failed(error: Error, batch: &Batch<'_>, redis: &mut Redis, keys: &Keys, client: &mut Client) -> Error {
    let is_gone = matches!(take::is_there(redis, batch.name), Ok(false))
        && matches!(drains::is_published(client, batch.name), Ok(false));
    if is_gone {
        return gone(redis, keys, batch.name, batch.replica);
    }
    into_failed(error).at(Place::file(format!("{}/{}", redis.describe(), batch.replica))).remedy(format!(
        "nothing of this batch was published; its rows stay in Redis, in the hash {}",
        batch.name
    ))
}

/// The error for a batch that Redis no longer has, and the table has not. It is reported once, and forgotten: the rows that
/// the replica has now can still be drained.
fn gone(redis: &mut Redis, keys: &Keys, batch: &str, replica: &str) -> Error {
    let policy =
        redis.eviction_policy().map_or_else(String::new, |policy| format!("; maxmemory-policy is {policy}"));
    let error = Error::failed(format!(
        "the batch {batch} was taken and is gone from Redis, and its rows are not in the table: it was evicted, expired or \
         removed{policy}"
    ))
    .at(Place::file(format!("{}/{replica}", redis.describe())))
    .remedy(
        "have Redis keep what it has: maxmemory-policy noeviction, and persistence; the next run drains what the replica \
         has now",
    );
    match take::forget(redis, keys, batch) {
        Err(lost) if retry::is_of_connection(&lost) => error.of_connection(),
        _ => error,
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
