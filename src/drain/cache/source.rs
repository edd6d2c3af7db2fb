//! The cache itself: which replicas it has, and what is in one, without taking any of it.

use super::connection::Redis;
use super::gateway::{Gateway, GatewayRows};
use super::keys::Keys;
use super::pages::{HashPages, RowSource};
use super::{meta, registry, take};
use crate::drain::load::look_at;
use crate::drain::settings::{Settings, Source, Which};
use crate::drain::types::learn::Learnt;
use crate::run::interrupt;
use crate::{Error, Place, Result};
use redis::cmd;
use std::collections::BTreeSet;

/// A Redis, over a connection that is kept, or a gateway.
pub struct Cache<'c> {
    settings: &'c Settings,
    redis: Option<Redis>,
}

impl<'c> Cache<'c> {
    /// Connects when it has to.
    pub fn new(settings: &'c Settings) -> Cache<'c> {
        Cache { settings, redis: None }
    }

    /// The connection to Redis.
    ///
    /// # Errors
    /// As [`Redis::connect`].
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

    /// After a failure nothing is known of what the connection is in the middle of.
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

    /// Reads all rows of a replica, and takes none; gives its columns.
    ///
    /// # Errors
    /// What is wrong with it; what Redis or the gateway report; Ctrl-C.
    pub fn look(&mut self, replica: &str) -> Result<Learnt> {
        let settings = self.settings;
        match &settings.source {
            Source::Redis(_) => {
                let redis = self.redis()?;
                let keys = Keys::of(replica);
                let names = meta::columns(redis, &keys)?;
                let kind: String = redis.ask(cmd("TYPE").arg(&keys.replica))?;
                match kind.as_str() {
                    "hash" | "none" => {}
                    _ => return Err(take::no_hash(redis, &keys.replica, &kind).into_refused()),
                }
                look_through(&mut HashPages::of(redis, &keys.replica), &names, settings)
            }
            Source::Gateway(url) => {
                let gateway = Gateway::new(url);
                let names = gateway.columns(replica)?;
                look_through(&mut GatewayRows::of(&gateway, replica), &names, settings)
            }
        }
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
            registry::with_rows(redis, list, |name| pattern.matches(name))
        }
        // Refused with the settings.
        (Which::Matching(_), None) => Ok(BTreeSet::new()),
    }
}

fn of_gateway(gateway: &Gateway, settings: &Settings) -> Result<BTreeSet<String>> {
    let registered = gateway.replicas()?;
    match &settings.which {
        Which::One(replica) if registered.contains(replica) => Ok(BTreeSet::from([replica.clone()])),
        Which::One(replica) => Err(not_registered(replica).at(Place::file(gateway.describe()))),
        Which::Matching(pattern) => Ok(registered.into_iter().filter(|name| pattern.matches(name)).collect()),
    }
}

fn not_registered(replica: &str) -> Error {
    Error::refused(format!("replica {replica} is not registered"))
        .remedy("register it, correct its name, or write `registered: false` if there is no list")
}

fn look_through(source: &mut dyn RowSource, names: &[String], settings: &Settings) -> Result<Learnt> {
    let mut learnt = Learnt::nothing_of(names, &settings.declared);
    loop {
        source.begin()?;
        while let Some(page) = source.next_page()? {
            interrupt::check()?;
            look_at(&mut learnt, &page);
        }
        // A hash that is written to has as many rows as it gave, more or less.
        if source.was_all().unwrap_or(true) {
            return Ok(learnt);
        }
    }
}
