//! The list of registered replicas. It may be long, and most of what it names may be empty.

use super::connection::Redis;
use super::keys::Keys;
use super::take::no_hash;
use crate::{Error, Result, interrupt};
use redis::{cmd, pipe};
use std::collections::BTreeSet;

/// Entries of the list that are looked at together.
const ENTRIES: isize = 5_000;

/// The registered replicas that have rows, or of which an earlier run has left some; of those that `wanted` takes. Each
/// once, by name.
///
/// # Errors
/// A list that is missing or is something else; what Redis says; Ctrl-C.
pub fn with_rows(redis: &mut Redis, list: &str, wanted: impl Fn(&str) -> bool) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    each_part(redis, list, |redis, names| {
        let names: Vec<String> = names.into_iter().filter(|name| wanted(name)).collect();
        let mut looks = pipe();
        for name in &names {
            let keys = Keys::of(name);
            looks.cmd("EXISTS").arg(&keys.replica).arg(&keys.draining);
        }
        let exist: Vec<u64> = if names.is_empty() { Vec::new() } else { redis.ask_all(&looks)? };
        found.extend(names.into_iter().zip(exist).filter(|(_, exist)| *exist > 0).map(|(name, _)| name));
        Ok(true)
    })?;
    Ok(found)
}

/// Whether the list names a replica.
///
/// # Errors
/// As [`with_rows`].
pub fn has(redis: &mut Redis, list: &str, replica: &str) -> Result<bool> {
    let mut found = false;
    each_part(redis, list, |_, names| {
        found |= names.iter().any(|name| name == replica);
        Ok(!found)
    })?;
    Ok(found)
}

/// Gives the list part by part to `look`, until it says that it has seen enough.
fn each_part(
    redis: &mut Redis,
    list: &str,
    mut look: impl FnMut(&mut Redis, Vec<String>) -> Result<bool>,
) -> Result<()> {
    match redis.ask::<String>(cmd("TYPE").arg(list))?.as_str() {
        "list" => {}
        "none" => {
            return Err(Error::refused("there is no such list of replicas, or it is empty")
                .at(redis.place(list))
                .remedy("name the list with `registered`, or `registered: false` if there is none"));
        }
        kind => return Err(no_hash(redis, list, kind).into_refused()),
    }
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
        if !look(redis, names)? {
            return Ok(());
        }
    }
}
