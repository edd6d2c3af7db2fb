//! What `config.yml` may hold.

use super::sections::{
    AfterCfg, Datastore, DecryptCfg, DrainCfg, FetchCfg, LimitsCfg, MotherTables, ServeCfg, SyncCfg, XportCfg,
};
use super::values::{Number, OrderedMap};
use serde::Deserialize;

/// What `config.yml` may hold. The first three are the keys of the original job.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map of settings")]
pub struct ConfigFile {
    /// The target database.
    pub datastore: Option<Datastore>,
    /// COPY streams at once.
    pub max_workers: Option<Number<usize>>,
    /// Whether what the server holds is compared with what was sent.
    #[serde(default)]
    pub verify: bool,
    /// Where the dumps are, and how they are written.
    #[serde(default)]
    pub xport_cfg: XportCfg,
    /// What a dump may ask for.
    #[serde(default)]
    pub limits: LimitsCfg,
    /// What encrypted dumps need.
    #[serde(default)]
    pub decrypt: DecryptCfg,
    /// Mother tables, or `auto`.
    #[serde(default)]
    pub mother_tables: MotherTables,
    /// Jobs of `pghaul fetch`, by name.
    pub fetch: Option<OrderedMap<FetchCfg>>,
    /// Whether each mother gets a view of all columns of all versions.
    #[serde(default)]
    pub views: bool,
    /// Mother → what is done after the load.
    #[serde(default)]
    pub after: OrderedMap<AfterCfg>,
    /// Jobs of `drain`, by name.
    #[serde(default)]
    pub drain: OrderedMap<DrainCfg>,
    /// Job → a table that is kept the same as one of another database.
    #[serde(default)]
    pub sync: OrderedMap<SyncCfg>,
    /// The REST service.
    pub serve: Option<ServeCfg>,
}
