//! The list of registered replicas. It may be long, and most of the replicas may be empty.

use super::connection::Redis;
use super::keys::Keys;
use crate::run::interrupt;
use crate::{Error, Result};
use redis::{Cmd, cmd};
use std::collections::BTreeSet;

/// Entries of the list that are read at a time.
const ENTRIES: isize = 5_000;

/// The registered replicas that are `wanted` and have rows, or rows that an earlier run has left.
///
/// # Errors
/// A missing list, or a key of another type; what Redis reports; Ctrl-C.
pub fn with_rows(
    redis: &mut Redis,
    list: &str,
    mut wanted: impl FnMut(&str) -> bool,
) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    each_part(redis, list, |redis, names| {
        let names: Vec<String> = names.into_iter().filter(|name| wanted(name)).collect();
        add_existing(redis, &names, &mut found)?;
        Ok(())
    })?;
    Ok(found)
}

/// Adds the replicas that have rows to `found`. Redis is asked about all of them at once, and about parts of them only if one
/// has rows.
fn add_existing(redis: &mut Redis, names: &[String], found: &mut BTreeSet<String>) -> Result<()> {
    const PARTS: usize = 16;
    if redis.is_cluster() {
        return add_each(redis, names, found);
    }
    let mut command = cmd("EXISTS");
    for name in names {
        let keys = Keys::of(name);
        command.arg(keys.replica).arg(keys.draining);
    }
    if names.is_empty() {
        return Ok(());
    }
    match redis.ask::<u64>(&command) {
        Ok(0) => return Ok(()),
        Ok(_) => {}
        Err(_) if redis.is_cluster() => return add_each(redis, names, found),
        Err(error) => return Err(error),
    }
    if let [name] = names {
        found.insert(name.clone());
        return Ok(());
    }
    names.chunks(names.len().div_ceil(PARTS)).try_for_each(|part| add_existing(redis, part, found))
}

/// As [`add_existing`], with a command for each replica: the keys of one are in one slot of a cluster.
fn add_each(redis: &mut Redis, names: &[String], found: &mut BTreeSet<String>) -> Result<()> {
    let commands: Vec<Cmd> = names
        .iter()
        .map(|name| {
            let keys = Keys::of(name);
            cmd("EXISTS").arg(keys.replica).arg(keys.draining).take()
        })
        .collect();
    // Where there is no answer, the reason is said when the replica is drained.
    let exist = redis.ask_each(&commands)?.into_iter().map(|answer| answer != Some(0));
    found.extend(names.iter().zip(exist).filter(|(_, exists)| *exists).map(|(name, _)| name.clone()));
    Ok(())
}

/// Whether the list names a replica.
///
/// # Errors
/// As [`with_rows`].
pub fn has(redis: &mut Redis, list: &str, replica: &str) -> Result<bool> {
    check(redis, list)?;
    // Since Redis 6.0.6.
    Ok(redis.ask::<Option<u64>>(cmd("LPOS").arg(list).arg(replica))?.is_some())
}

fn check(redis: &mut Redis, list: &str) -> Result<()> {
    match redis.ask::<String>(cmd("TYPE").arg(list))?.as_str() {
        "list" => Ok(()),
        "none" => Err(Error::refused("there is no such list of replicas, or it is empty")
            .at(redis.place(list))
            .remedy("name the list with `registered`, or `registered: false` if there is none")),
        kind => Err(Error::refused(format!("is a {kind}, not a list of replicas"))
            .at(redis.place(list))
            .remedy("name the list with `registered`, or `registered: false` if there is none")),
    }
}

/// Calls `look` with one part of the list after the other.
fn each_part(
    redis: &mut Redis,
    list: &str,
    mut look: impl FnMut(&mut Redis, Vec<String>) -> Result<()>,
) -> Result<()> {
    check(redis, list)?;
    let mut from = 0;
    loop {
        interrupt::check()?;
        let part: Vec<Vec<u8>> = redis.ask(cmd("LRANGE").arg(list).arg(from).arg(from + ENTRIES - 1))?;
        if part.is_empty() {
            return Ok(());
        }
        from += ENTRIES;
        let names = part.into_iter().filter_map(|name| match String::from_utf8(name) {
            Ok(name) => Some(name),
            Err(error) => {
                let name = String::from_utf8_lossy(error.as_bytes()).into_owned();
                tracing::warn!("{list} names {name:?}, which is not UTF-8 and is left alone");
                None
            }
        });
        let names = names.collect();
        look(redis, names)?;
    }
}
