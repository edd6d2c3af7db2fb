//! `config.yml`: read, expanded and checked, but not yet combined with flags; each job does that for its part.

mod destination;
mod faults;
mod file;
mod jobs;
mod marks;
mod nearest;
mod read;
mod sections;
mod values;

pub use destination::{DeclaredColumn, Destination};
pub use faults::{Fault, faults};
pub use file::ConfigFile;
pub use jobs::find_job;
pub use marks::{Mark, Marks, is_below};
pub use nearest::nearest;
pub use read::{Config, ConfigText};
pub use sections::{
    AfterCfg, AuthCfg, ColumnsCfg, Datastore, DecryptCfg, DeletesCfg, Dialect, DrainCfg, DrainColumns,
    FetchCfg, GuardCfg, IndexCfg, InlineTypes, IntoCfg, LimitsCfg, Mode, MotherColumns, MotherTables,
    OAuth2Cfg, PagesCfg, RateCfg, RegisteredCfg, RequestsCfg, RuleCfg, ServeCfg, ServeJwtCfg, ServeLimitsCfg,
    ServeRateCfg, ServeTableCfg, ServeTokenCfg, SinceCfg, SyncCfg, SyncModeCfg, TextKeys, TlsCfg, TypesCfg,
    Verb, XportCfg,
};
pub use values::{Number, OrderedMap, SecretSource, SecretText, Several, Size, Span, Text, variables_of};
