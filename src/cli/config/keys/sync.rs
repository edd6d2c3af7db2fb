//! Keys of a job of `pghaul sync`.

use super::key::{Entry, key};
use crate::config::Span;
use crate::sync::settings::Settings;
use std::num::NonZeroU64;

/// The keys, in the order in which they are shown.
pub static KEYS: &[Entry<Settings>] = &[
    key("sync.JOB.from", "URL of the source; PostgreSQL 13 or newer").flag("--from").default("required"),
    key("sync.JOB.to", "URL of the destination, on the same server or on another")
        .flag("--to")
        .default("required"),
    key(
        "sync.JOB.table",
        "`TABLE` or `SCHEMA.TABLE`; upper case is kept, and parts with dots need double quotes",
    )
    .flag("--table")
    .default("required, or `schema`"),
    key("sync.JOB.schema", "the schema at the source whose tables are [synced in one run](sync.md#many-tables)")
        .flag("--schema"),
    key("sync.JOB.exclude", "list of shell patterns: tables of the schema that are left out").flag("--exclude"),
    key("sync.JOB.to_table", "the table at the destination").flag("--to-table").default("as at the source"),
    key("sync.JOB.where", "the condition of [the rows that are synced](sync.md#a-part-of-a-table), in SQL of the source")
        .flag("--where"),
    key("sync.JOB.columns", "list of the columns that are synced, key and cursor included")
        .flag("--columns")
        .default("all"),
    key("sync.JOB.map", "columns that have another name at the destination: `{old: new}`").flag("--map"),
    key("sync.JOB.cursor", "the cursor; without one, the table is synced whole").flag("--cursor"),
    key("sync.JOB.key", "columns that make a row the same row; they need a unique index")
        .flag("--key")
        .default("the primary key"),
    key(
        "sync.JOB.mode",
        "`cursor`: follow changes by the cursor; `full`: [load the table whole](sync.md#tables-that-are-synced-whole); \
         `auto`: by the cursor if there is one, else whole",
    )
    .flag("--mode")
    .value(|job| job.mode.as_str().to_owned()),
    key("sync.JOB.chunk", "rows per transaction at the destination")
        .flag("--chunk")
        .value(|job| job.chunk.to_string()),
    key("sync.JOB.every", "time between passes of `watch`: `500ms`, `5s`, `2m`")
        .flag("--every")
        .value(|job| Span(job.every).to_string()),
    key("sync.JOB.workers", "connections of the initial load, to each side")
        .default("`max_workers`")
        .flag("--workers")
        .value(|job| job.workers.to_string()),
    key(
        "sync.JOB.deletes",
        "`hard`: delete the rows that are gone at the source; `soft`: set `deleted_column` to the \
         time",
    )
    .flag("--deletes")
    .default("such rows stay"),
    key(
        "sync.JOB.max_deletes",
        "how many rows a pass may delete or mark: a number, or a share; more stop it",
    )
    .flag("--max-deletes")
    .value(|job| job.max_deletes.to_string()),
    key("sync.JOB.deleted_column", "the column that `deletes: soft` sets")
        .flag("--deleted-column")
        .value(|job| job.deleted_column.clone()),
    key("sync.JOB.source_timeout", "time limit of a statement at the source")
        .flag("--source-timeout")
        .value(|job| Span(job.source_timeout).to_string()),
    key("sync.JOB.evolve", "whether to add new columns of the source; without it, a difference is an error")
        .flag("--evolve")
        .value(|job| job.evolve.to_string()),
    key("sync.JOB.max_rate", "limit of the rows read per second")
        .flag("--max-rate")
        .optional(|job| job.max_rate.map(NonZeroU64::get).map(|rate| rate.to_string())),
    key("sync.JOB.after", "list of SQL statements that follow what has changed the destination"),
];
