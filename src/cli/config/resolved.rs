//! Every section of the configuration as its job understands it: what its settings come to, and what is wrong with it.
//! Nothing is connected to.

use crate::cli::target;
use crate::config::{Config, Size, Span, SyncCfg};
use crate::copy::input::format;
use crate::copy::rejects::limit::RejectLimit;
use crate::drain::settings::Pace;
use crate::ingest::catalogue::child_name;
use crate::pg::connect::Target;
use crate::secret::Secret;
use crate::{Error, Result, drain, fetch, ingest, serve, sync};
use std::num::NonZeroU64;
use std::time::Duration;

/// What was typed that comes before the file.
#[derive(Debug, Default)]
pub struct Typed {
    /// `--db`, or `DATABASE_URL`.
    pub db: Option<Secret>,
    /// `--workers`, or `PGHAUL_WORKERS`.
    pub workers: Option<usize>,
}

/// Something that is wrong with a section.
pub struct Fault {
    /// Its key: `xport_cfg`, `fetch.users`; nothing for what concerns all of the file.
    pub section: String,
    /// What is wrong.
    pub error: Error,
}

/// What the configuration comes to.
#[derive(Default)]
pub struct Resolved {
    /// Key and value of each setting that has a default, or that is understood otherwise than it is written. They are
    /// numbers, times, sizes, names of files and the like, never secrets.
    pub settings: Vec<(String, String)>,
    /// The database that is named; none for the embedded server.
    pub target: Option<Target>,
    /// All that is wrong.
    pub faults: Vec<Fault>,
}

/// Understands the whole configuration.
pub fn resolve(config: &Config, typed: &Typed) -> Resolved {
    let mut resolved = Resolved::default();
    match target::named(typed.db.as_ref(), config.file.datastore.as_ref()) {
        Ok(target) => resolved.target = target,
        Err(error) => resolved.faults.push(Fault { section: "datastore".to_owned(), error }),
    }
    resolved.section("", ingest_settings(config, typed));
    for (job, _) in config.file.fetch.iter().flat_map(|jobs| &jobs.0) {
        resolved.section(&format!("fetch.{job}"), fetch_settings(job, config));
    }
    for (job, _) in &config.file.drain.0 {
        resolved.section(&format!("drain.{job}"), drain_settings(job, config, typed));
    }
    for (job, cfg) in &config.file.sync.0 {
        resolved.section(&format!("sync.{job}"), sync_settings(job, cfg, config, typed));
    }
    if config.file.serve.is_some() {
        resolved.section("serve", serve_settings(config, typed));
    }
    resolved
}

/// Keys within a section, and their values.
type Settings = Vec<(&'static str, String)>;

impl Resolved {
    fn section(&mut self, section: &str, settings: Result<Settings>) {
        match settings {
            Ok(settings) => self.settings.extend(settings.into_iter().map(|(key, value)| {
                (if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }, value)
            })),
            Err(error) => self.faults.push(Fault { section: section.to_owned(), error }),
        }
    }
}

fn ingest_settings(config: &Config, typed: &Typed) -> Result<Settings> {
    let request = ingest::settings::Request { workers: typed.workers, ..Default::default() };
    let settings = ingest::settings::Settings::resolve(request, config)?;
    let cfg = &config.file.xport_cfg;
    let text = |value: &Option<crate::config::Text>, default: &str| {
        value.as_ref().map_or_else(|| default.to_owned(), |text| text.0.clone())
    };
    let limits = &settings.limits;
    let folder = settings.inputs.first().map(|folder| folder.display().to_string()).unwrap_or_default();
    let dialects: Vec<String> = ingest::settings::DEFAULT_DIALECTS
        .iter()
        .map(|(pattern, types)| format!("{pattern}: {types}"))
        .collect();
    let mut settings = vec![
        ("max_workers", settings.workers.to_string()),
        ("verify", settings.verify.to_string()),
        ("xport_cfg.zip_path", folder),
        ("xport_cfg.archive", cfg.archive.to_string()),
        ("xport_cfg.fmt_extension", settings.extensions.0),
        ("xport_cfg.dat_extension", settings.extensions.1),
        ("xport_cfg.field_separator", text(&cfg.field_separator, format::DEFAULT_SEPARATOR)),
        ("xport_cfg.dat_quote", text(&cfg.dat_quote, format::DEFAULT_QUOTE)),
        ("xport_cfg.null_pattern", text(&cfg.null_pattern, format::DEFAULT_NULL)),
        ("xport_cfg.encoding", text(&cfg.encoding, format::DEFAULT_ENCODING)),
        ("xport_cfg.child_name", text(&cfg.child_name, child_name::DEFAULT)),
        ("xport_cfg.dialects", dialects.join(", ")),
        ("limits.max_members", limits.members.to_string()),
        ("limits.max_columns", limits.columns.to_string()),
        ("limits.max_descriptor", Size(limits.descriptor_bytes).to_string()),
        ("limits.max_row", Size(limits.row_bytes as u64).to_string()),
        ("limits.max_total", Size(limits.total_bytes).to_string()),
        ("limits.max_ratio", limits.ratio.to_string()),
        ("limits.ratio_from", Size(limits.ratio_from_bytes).to_string()),
        ("decrypt.temp_path", settings.secrets.temp_folder().display().to_string()),
        ("mother_tables", "auto".to_owned()),
        ("views", settings.views.to_string()),
    ];
    if let Some(folder) = &cfg.archive_path {
        settings.push(("xport_cfg.archive_path", config.path(&folder.0).display().to_string()));
    }
    if let Some(file) = &config.file.decrypt.key_file {
        settings.push(("decrypt.key_file", config.path(&file.0).display().to_string()));
    }
    Ok(settings)
}

fn fetch_settings(job: &str, config: &Config) -> Result<Settings> {
    let request = fetch::settings::Request { job: job.to_owned(), ..Default::default() };
    let settings = fetch::settings::Settings::resolve(request, config)?;
    Ok(vec![
        ("method", settings.method),
        ("concurrency", settings.concurrency.to_string()),
        ("timeout", time(settings.timeout)),
        ("retries", settings.retries.to_string()),
        ("max_wait", time(settings.max_wait)),
        ("max_response", Size(settings.max_response).to_string()),
    ])
}

fn drain_settings(job: &str, config: &Config, typed: &Typed) -> Result<Settings> {
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
    let settings = drain::settings::Settings::resolve(request, config)?;
    Ok(vec![
        ("registered", settings.registered.unwrap_or_else(|| "false".to_owned())),
        ("columns", "infer".to_owned()),
        ("evolve", settings.evolve.to_string()),
        ("workers", settings.workers.to_string()),
    ])
}

/// What a job leaves to flags is no fault of the file: something stands for it here.
fn sync_settings(job: &str, cfg: &SyncCfg, config: &Config, typed: &Typed) -> Result<Settings> {
    let url = |written: bool| (!written).then(|| Secret::new("postgresql://"));
    let request = sync::settings::Request {
        job: Some(job.to_owned()),
        from: url(cfg.from.is_some()),
        to: url(cfg.to.is_some()),
        table: cfg.table.is_none().then(|| "TABLE".to_owned()),
        workers: typed.workers,
        ..Default::default()
    };
    let settings = sync::settings::Settings::resolve(request, config)?;
    let mut rows = vec![
        ("chunk", settings.chunk.to_string()),
        ("every", time(settings.every)),
        ("workers", settings.workers.to_string()),
        ("deleted_column", settings.deleted_column),
        ("source_timeout", time(settings.source_timeout)),
        ("evolve", settings.evolve.to_string()),
    ];
    rows.extend(settings.max_rate.map(NonZeroU64::get).map(|rate| ("max_rate", rate.to_string())));
    Ok(rows)
}

/// Whether other machines may come without a token is said by a flag.
fn serve_settings(config: &Config, typed: &Typed) -> Result<Settings> {
    let request =
        serve::settings::Request { workers: typed.workers, without_token: true, ..Default::default() };
    let settings = serve::settings::Settings::resolve(&request, config)?;
    let limits = settings.limits;
    let rate = settings.rate.map_or((0, Duration::from_secs(1)), |rate| (rate.requests, rate.per));
    Ok(vec![
        ("listen", settings.listen.to_string()),
        ("workers", settings.workers.to_string()),
        ("rate.requests", rate.0.to_string()),
        ("rate.per", time(rate.1)),
        ("limits.body", Size(limits.body as u64).to_string()),
        ("limits.time", time(limits.time)),
        ("limits.connections", limits.connections.to_string()),
        ("limits.database", limits.database.to_string()),
    ])
}

fn time(duration: Duration) -> String {
    Span(duration).to_string()
}
