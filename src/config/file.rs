//! The top level of `config.yml`.

use super::sections::{
    AfterCfg, Datastore, DecryptCfg, DrainCfg, FetchCfg, GuardCfg, LimitsCfg, MotherTables, RejectsCfg,
    RuleCfg, ServeCfg, SyncCfg, XportCfg,
};
use super::values::{Number, OrderedMap, Span, Text};
use serde::Deserialize;

/// The top-level keys of `config.yml`. `datastore`, `max_workers` and `xport_cfg` are those of the original job.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map of settings")]
pub struct ConfigFile {
    /// The target database.
    pub datastore: Option<Datastore>,
    /// COPY streams at once.
    pub max_workers: Option<Number<usize>>,
    /// How long the history of runs is kept.
    pub keep: Option<Span>,
    /// Whether the rows that the server holds are compared with those that were sent.
    #[serde(default)]
    pub verify: bool,
    /// The folder and the format of the dumps.
    #[serde(default)]
    pub xport_cfg: XportCfg,
    /// Limits against hostile dumps.
    #[serde(default)]
    pub limits: LimitsCfg,
    /// Secrets of encrypted dumps.
    #[serde(default)]
    pub decrypt: DecryptCfg,
    /// Rows that cannot be loaded.
    #[serde(default)]
    pub rejects: RejectsCfg,
    /// Mother tables, or `auto`.
    #[serde(default)]
    pub mother_tables: MotherTables,
    /// Jobs of `pghaul fetch`, by name.
    pub fetch: Option<OrderedMap<FetchCfg>>,
    /// Whether each mother gets a view of all columns of all versions.
    #[serde(default)]
    pub views: bool,
    /// What the rows of a new version table have to be like, by mother.
    #[serde(default)]
    pub guard: OrderedMap<GuardCfg>,
    /// What is done with values before they are loaded, by mother and column.
    #[serde(default)]
    pub columns: OrderedMap<OrderedMap<RuleCfg>>,
    /// The column of all mothers that says the version of each row.
    pub version_column: Option<Text>,
    /// Indexes and statements that follow the load, by mother.
    #[serde(default)]
    pub after: OrderedMap<AfterCfg>,
    /// Jobs of `pghaul drain`, by name.
    #[serde(default)]
    pub drain: OrderedMap<DrainCfg>,
    /// Jobs of `pghaul sync`, by name.
    #[serde(default)]
    pub sync: OrderedMap<SyncCfg>,
    /// The REST service.
    pub serve: Option<ServeCfg>,
}
