//! The sections of the file: a struct for each map, a field for each key. Defaults and meanings belong to the jobs.
//!
//! `cli/config/keys` describes every key; a test there compares both.

mod after;
mod columns;
mod datastore;
mod drain;
mod dumps;
mod fetch;
mod guard;
mod into;
mod mothers;
mod serve;
mod sync;
mod types;

pub use after::{AfterCfg, IndexCfg};
pub use columns::RuleCfg;
pub use datastore::Datastore;
pub use drain::{DrainCfg, DrainColumns, RegisteredCfg, TlsCfg};
pub use dumps::{DecryptCfg, Dialect, LimitsCfg, RejectsCfg, TextKeys, XportCfg};
pub use fetch::{AuthCfg, FetchCfg, OAuth2Cfg, PagesCfg, RateCfg, RequestsCfg, SinceCfg};
pub use guard::GuardCfg;
pub use into::{ColumnsCfg, IntoCfg, Mode};
pub use mothers::{MotherColumns, MotherTables};
pub use serve::{ServeCfg, ServeJwtCfg, ServeLimitsCfg, ServeRateCfg, ServeTableCfg, ServeTokenCfg, Verb};
pub use sync::{DeletesCfg, SyncCfg, SyncModeCfg};
pub use types::{InlineTypes, TypesCfg};
