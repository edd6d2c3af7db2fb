//! Keys of a job of `pghaul drain`.

use super::key::{Entry, key};
use crate::drain::settings::Settings;

/// The keys, in the order in which they are shown.
pub static KEYS: &[Entry<Settings>] = &[
    key(
        "drain.JOB.from",
        "`redis://HOST:PORT/DB`, `rediss://…`, `unix:///PATH?db=DB`, or a gateway: \
         `http://HOST:PORT`",
    )
    .default("required"),
    key("drain.JOB.user", "ACL user of Redis"),
    key("drain.JOB.password", "password of the user; it may stand in the URL instead")
        .default("`REDISCLI_AUTH`")
        .secret(),
    key("drain.JOB.tls.ca", "for `rediss://`: file (PEM) of the authorities to trust")
        .default("the system's"),
    key("drain.JOB.tls.cert", "file (PEM) of the client's certificate"),
    key("drain.JOB.tls.key", "file (PEM) of that certificate's key"),
    key("drain.JOB.replica", "the replica, or a pattern such as `sample_*`; `*` for all").default("required"),
    key("drain.JOB.registered", "name of the list of registered replicas; `false` if there is none")
        .value(|job| job.registered.clone().unwrap_or_else(|| "false".to_owned())),
    key("drain.JOB.into.table", "`TABLE` or `SCHEMA.TABLE`; `{replica}` in it is the replica")
        .default("required"),
    key("drain.JOB.into.mode", "`append`, `upsert` or `replace`").default("required"),
    key("drain.JOB.into.key", "for `upsert`: the columns that make a row the same row"),
    key("drain.JOB.into.allow_empty", "refused, since what Redis does not have is not drained"),
    key("drain.JOB.into.columns", "refused, since Redis says which columns there are; see `columns`"),
    key("drain.JOB.columns", "`infer`, or column → type; types of other columns are inferred")
        .value(|_| "infer".to_owned()),
    key("drain.JOB.evolve", "whether a value that does not fit makes its column wider")
        .value(|job| job.evolve.to_string()),
    key("drain.JOB.workers", "COPY streams at once")
        .default("`max_workers`")
        .flag("--workers")
        .value(|job| job.workers.to_string()),
    key("drain.JOB.before", "list of SQL statements before each batch is loaded"),
    key("drain.JOB.after", "list of SQL statements after each batch is published"),
];
