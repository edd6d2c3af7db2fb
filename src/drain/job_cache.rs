//! The cache of a job: its Redis, over one connection that stays open, or its gateway; and the replicas that the job drains.

use super::cache::connection::Redis;
use super::cache::gateway::Gateway;
use super::cache::registry;
use super::settings::{Settings, Source, Which};
use crate::{Error, Place, Result};
use std::collections::{BTreeMap, BTreeSet};

/// The cache that a job's settings name.
pub struct JobCache<'c> {
    /// The job.
    pub settings: &'c Settings,
    redis: Option<Redis>,
}

impl<'c> JobCache<'c> {
    /// Connects only when it is first used.
    pub fn new(settings: &'c Settings) -> JobCache<'c> {
        JobCache { settings, redis: None }
    }

    /// The connection to Redis.
    ///
    /// # Errors
    /// As [`Redis::connect`]; a job that reads from a gateway.
    pub fn redis(&mut self) -> Result<&mut Redis> {
        let Source::Redis(address) = &self.settings.source else {
            return Err(Error::failed("a gateway is no Redis"));
        };
        let redis = match self.redis.take() {
            Some(redis) => redis,
            None => Redis::connect(address)?,
        };
        Ok(self.redis.insert(redis))
    }

    /// Closes the connection: after a failure, an answer to an earlier command may still be on its way.
    pub fn disconnect(&mut self) {
        self.redis = None;
    }

    /// The replicas that may have rows.
    ///
    /// # Errors
    /// A replica that is not registered; what Redis or the gateway report.
    pub fn replicas(&mut self) -> Result<BTreeSet<String>> {
        let settings = self.settings;
        let found = match &settings.source {
            Source::Gateway(url) => of_gateway(&Gateway::new(url), settings),
            Source::Redis(_) => self.redis().and_then(|redis| of_redis(redis, settings)),
        };
        found.inspect_err(|_| self.disconnect())
    }
}

fn of_redis(redis: &mut Redis, settings: &Settings) -> Result<BTreeSet<String>> {
    match (&settings.which, &settings.registered) {
        (Which::One(replica), None) => Ok(BTreeSet::from([replica.clone()])),
        (Which::One(replica), Some(list)) => match registry::has(redis, list, replica)? {
            true => Ok(BTreeSet::from([replica.clone()])),
            false => Err(not_registered(replica).at(redis.place(list))),
        },
        (Which::Matching(pattern), Some(list)) => {
            let mut tables = Tables::of(settings);
            let found = registry::with_rows(redis, list, |name| {
                let is_wanted = pattern.matches(name);
                if is_wanted {
                    tables.add(name);
                }
                is_wanted
            })?;
            tables.check().map_err(|error| error.at(redis.place(list)))?;
            Ok(found)
        }
        // `Settings::resolve` refuses this.
        (Which::Matching(_), None) => Ok(BTreeSet::new()),
    }
}

fn of_gateway(gateway: &Gateway, settings: &Settings) -> Result<BTreeSet<String>> {
    let registered = gateway.replicas()?;
    match &settings.which {
        Which::One(replica) if registered.contains(replica) => Ok(BTreeSet::from([replica.clone()])),
        Which::One(replica) => Err(not_registered(replica).at(Place::file(gateway.describe()))),
        Which::Matching(pattern) => {
            let found: BTreeSet<String> =
                registered.into_iter().filter(|name| pattern.matches(name)).collect();
            let mut tables = Tables::of(settings);
            found.iter().for_each(|name| tables.add(name));
            tables.check().map_err(|error| error.at(Place::file(gateway.describe())))?;
            Ok(found)
        }
    }
}

/// The tables of replicas whose rows replace those that a table has. Two replicas must not have one table.
struct Tables<'t> {
    settings: &'t Settings,
    /// Each table with its replica.
    known: BTreeMap<String, String>,
    /// Two replicas, and the table of both.
    clash: Option<[String; 3]>,
}

impl<'t> Tables<'t> {
    fn of(settings: &'t Settings) -> Tables<'t> {
        Tables { settings, known: BTreeMap::new(), clash: None }
    }

    fn add(&mut self, replica: &str) {
        if !self.settings.replaces() || self.clash.is_some() {
            return;
        }
        // A name that no table can have is refused when its replica is drained.
        let Ok(into) = self.settings.into_table(replica) else { return };
        match self.known.get(&into.table) {
            Some(other) if other != replica => {
                self.clash = Some([other.clone(), replica.to_owned(), into.table]);
            }
            Some(_) => {}
            None => drop(self.known.insert(into.table, replica.to_owned())),
        }
    }

    fn check(self) -> Result<()> {
        let Some([one, other, table]) = self.clash else { return Ok(()) };
        Err(Error::refused(format!(
            "replicas {one} and {other} have one table, {table}, and the rows of one would take the place of those of the other"
        ))
        .remedy("use another mode, or give each a job of its own with its own table"))
    }
}

fn not_registered(replica: &str) -> Error {
    Error::refused(format!("replica {replica} is not registered"))
        .remedy("register it, correct its name, or write `registered: false` if there is no list")
}
