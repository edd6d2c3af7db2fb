//! `--print-columns`: the columns of replicas, as a new table would have them now. All rows are read and none is taken.

use super::cache::gateway::Gateway;
use super::cache::gateway_rows::GatewayRows;
use super::cache::keys::Keys;
use super::cache::pages::{HashPages, RowSource};
use super::cache::{meta, take};
use super::job_cache::JobCache;
use super::row::see_page;
use super::settings::{Settings, Source};
use super::types::learn::Learnt;
use crate::Result;
use crate::run::interrupt;
use redis::cmd;

/// The columns of all replicas of the job, as lines for the configuration.
///
/// # Errors
/// What is wrong with a replica; what Redis or the gateway report; Ctrl-C.
pub fn columns(settings: &Settings) -> Result<String> {
    let mut cache = JobCache::new(settings);
    let mut text = String::new();
    for replica in cache.replicas()? {
        let learnt = infer(&mut cache, &replica)?;
        let columns: Vec<String> = learnt
            .types()
            .map(|(name, type_name)| format!("{}: {}", yaml(&name), yaml(type_name.as_str())))
            .collect();
        text.push_str(&format!("# {replica}\ncolumns: {{{}}}\n", columns.join(", ")));
    }
    Ok(text)
}

/// The name of a column or a type, in YAML.
fn yaml(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ' ';
    match name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain) {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', "''")),
    }
}

/// Infers the columns of a replica from all of its rows.
fn infer(cache: &mut JobCache<'_>, replica: &str) -> Result<Learnt> {
    let settings = cache.settings;
    match &settings.source {
        Source::Redis(_) => {
            let redis = cache.redis()?;
            let keys = Keys::of(replica);
            let names = meta::columns(redis, &keys)?.names;
            let kind: String = redis.ask(cmd("TYPE").arg(&keys.replica))?;
            match kind.as_str() {
                "hash" | "none" => {}
                _ => return Err(take::not_a_hash(redis, &keys.replica, &kind).into_refused()),
            }
            infer_from(&mut HashPages::of_replica(redis, &keys.replica), &names, settings)
        }
        Source::Gateway(url) => {
            let gateway = Gateway::new(url);
            let names = gateway.columns(replica)?;
            infer_from(&mut GatewayRows::of(&gateway, replica), &names, settings)
        }
    }
}

fn infer_from(source: &mut dyn RowSource, names: &[String], settings: &Settings) -> Result<Learnt> {
    let mut learnt = Learnt::nothing_of(names, &settings.declared);
    loop {
        source.begin()?;
        while let Some(page) = source.next_page()? {
            interrupt::check()?;
            see_page(&mut learnt, &page);
        }
        // Writers still change this hash, so its length says little about the rows that were read.
        if source.was_all().unwrap_or(true) {
            return Ok(learnt);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_go_without_quotes() {
        assert_eq!(yaml("timestamp with time zone"), "timestamp with time zone");
        assert_eq!([yaml("9x"), yaml("it's"), yaml("a:b")], ["'9x'", "'it''s'", "'a:b'"]);
    }
}
