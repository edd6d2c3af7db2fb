//! Every section of the configuration as its job understands it: the values that count, and the faults. No server is
//! connected to.

use super::keys;
use super::keys::key::{Entry, Key};
use crate::cli::flags::target;
use crate::config::{Config, SyncCfg};
use crate::copy::rejects::limit::RejectLimit;
use crate::drain::settings::Pace;
use crate::pg::connect::{Target, of_this_process};
use crate::secret::Secret;
use crate::{Error, Result, drain, fetch, ingest, serve, sync};

/// Flags that take precedence over the file.
#[derive(Debug, Default)]
pub struct Typed {
    /// `--db`, or `DATABASE_URL`.
    pub db: Option<Secret>,
    /// `--workers`, or `PGHAUL_WORKERS`.
    pub workers: Option<usize>,
}

/// A setting that has a default, or whose value is not shown as it is written.
pub struct Setting {
    /// Its path in the file.
    pub path: String,
    /// The value that counts: a number, a time, a size, the name of a file or the like. It is never a secret.
    pub value: String,
    /// Its key.
    pub key: &'static Key,
}

/// A fault of a section.
pub struct SectionFault {
    /// Its key: `xport_cfg`, `fetch.users`; empty for what concerns the whole file.
    pub section: String,
    /// What is wrong.
    pub error: Error,
}

/// The whole configuration as the jobs understand it.
#[derive(Default)]
pub struct Resolved {
    /// The settings, in the order in which they are shown.
    pub settings: Vec<Setting>,
    /// The database that is named; none for the embedded server.
    pub target: Option<Target>,
    /// All faults.
    pub faults: Vec<SectionFault>,
}

/// Has each job understand its part of the configuration.
pub fn resolve(config: &Config, typed: &Typed) -> Resolved {
    let mut resolved = Resolved::default();
    match target::named(typed.db.as_ref(), config.file.datastore.as_ref(), &of_this_process) {
        Ok(target) => resolved.target = target,
        Err(error) => resolved.faults.push(SectionFault { section: "datastore".to_owned(), error }),
    }
    resolved.section("", keys::ingest::KEYS, ingest_settings(config, typed), config);
    for (job, _) in config.file.fetch.iter().flat_map(|jobs| &jobs.0) {
        resolved.section(&format!("fetch.{job}"), keys::fetch::KEYS, fetch_settings(job, config), config);
    }
    for (job, _) in &config.file.drain.0 {
        let settings = drain_settings(job, config, typed);
        resolved.section(&format!("drain.{job}"), keys::drain::KEYS, settings, config);
    }
    for (job, cfg) in &config.file.sync.0 {
        let settings = sync_settings(job, cfg, config, typed);
        resolved.section(&format!("sync.{job}"), keys::sync::KEYS, settings, config);
    }
    if config.file.serve.is_some() {
        resolved.section("serve", keys::serve::KEYS, serve_settings(config, typed), config);
    }
    resolved
}

impl Resolved {
    /// The setting of this path.
    pub fn find(&self, path: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.path == path)
    }

    /// Adds the settings of a section, or its fault. `section` replaces the first two parts of a job's keys, such as
    /// `fetch.JOB`.
    fn section<S>(&mut self, section: &str, keys: &'static [Entry<S>], settings: Result<S>, config: &Config) {
        let settings = match settings {
            Ok(settings) => settings,
            Err(error) => {
                return self.faults.push(SectionFault { section: section.to_owned(), error });
            }
        };
        for entry in keys {
            if let Some(value) = entry.shown(&settings, config) {
                let path = match entry.key.path.split_once(".JOB.") {
                    Some((_, key)) => format!("{section}.{key}"),
                    None => entry.key.path.to_owned(),
                };
                self.settings.push(Setting { path, value, key: &entry.key });
            }
        }
    }
}

fn ingest_settings(config: &Config, typed: &Typed) -> Result<ingest::settings::Settings> {
    let request = ingest::settings::Request { workers: typed.workers, ..Default::default() };
    ingest::settings::Settings::resolve(request, config)
}

fn fetch_settings(job: &str, config: &Config) -> Result<fetch::settings::Settings> {
    let request = fetch::settings::RunRequest { job: job.to_owned(), ..Default::default() };
    fetch::settings::Settings::resolve(request, config)
}

fn drain_settings(job: &str, config: &Config, typed: &Typed) -> Result<drain::settings::Settings> {
    let request = drain::settings::Request {
        job: job.to_owned(),
        pace: Pace::Once,
        workers: typed.workers,
        keep: false,
        clear: false,
        retries: 0,
        max_rejects: RejectLimit::default(),
        rejects: None,
    };
    drain::settings::Settings::resolve(request, config)
}

/// A job may leave source, destination and table to flags, so examples stand for missing ones.
fn sync_settings(
    job: &str,
    cfg: &SyncCfg,
    config: &Config,
    typed: &Typed,
) -> Result<sync::settings::Settings> {
    let url = |written: bool| (!written).then(|| Secret::new("postgresql://"));
    let request = sync::settings::Request {
        job: Some(job.to_owned()),
        from: url(cfg.from.is_some()),
        to: url(cfg.to.is_some()),
        table: (cfg.table.is_none() && cfg.schema.is_none()).then(|| "TABLE".to_owned()),
        workers: typed.workers,
        ..Default::default()
    };
    sync::settings::Settings::resolve(request, config)
}

/// A flag can allow other machines without a token, so a missing token is no fault of the file.
fn serve_settings(config: &Config, typed: &Typed) -> Result<serve::settings::Settings> {
    let request =
        serve::settings::Request { workers: typed.workers, without_token: true, ..Default::default() };
    serve::settings::Settings::resolve(&request, config)
}
