//! The settings of `pghaul sync`: flags and a job of the configuration, combined and checked.

mod part;
mod request;
mod values;

pub use part::SchemaTables;
pub use request::Request;
pub use values::{Deletes, MaxDeletes, Mode};

use crate::config::{Config, SyncCfg, Text, find_job};
use crate::copy::rejects::limit::RejectLimit;
use crate::pg::connect::{Target, of_this_process};
use crate::pg::ident::{column_refusal, parse_name};
use crate::run::cores;
use crate::secret::Secret;
use crate::{Error, Result};
use part::{renamed, schema_tables};
use std::num::NonZeroU64;
use std::time::Duration;

/// Rows of a window: so many that the costs of a transaction do not matter, so few that it takes about a second.
pub const DEFAULT_CHUNK: u64 = 100_000;
/// The time from the start of a pass of `watch` to the start of the next one.
pub const DEFAULT_EVERY: Duration = Duration::from_secs(5);
/// The longest time of a statement at the source, except for the COPY of the initial load.
pub const DEFAULT_SOURCE_TIMEOUT: Duration = Duration::from_secs(600);
/// The column that `--deletes soft` sets.
pub const DEFAULT_DELETED_COLUMN: &str = "deleted_at";

/// A table's name, with or without a schema.
pub type TableName = (Option<String>, String);

/// A sync, with every setting resolved.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The source.
    pub from: Target,
    /// The destination.
    pub to: Target,
    /// The schema whose tables are synced. There is no single table then.
    pub schema: Option<SchemaTables>,
    /// The table at the source.
    pub table: TableName,
    /// The table at the destination. Without a schema, it is in a schema of the same name as the source's.
    pub to_table: TableName,
    /// The condition of the rows that are synced, in SQL of the source; none for all.
    pub only: Option<String>,
    /// The columns that are synced; none for all.
    pub columns: Vec<String>,
    /// The columns that have another name at the destination, with that name.
    pub map: Vec<(String, String)>,
    /// The column that grows with every change.
    pub cursor: Option<String>,
    /// The columns that identify a row; empty for the primary key.
    pub key: Vec<String>,
    /// How the table is kept the same.
    pub mode: Mode,
    /// Whether the cursor is that of many tables, of which some may lack it.
    pub is_one_of_many: bool,
    /// Rows of a window.
    pub chunk: u64,
    /// The time from the start of a pass to the start of the next one.
    pub every: Duration,
    /// Connections of the initial load, to each side.
    pub workers: usize,
    /// What happens to rows that were deleted at the source; none if they stay.
    pub deletes: Option<Deletes>,
    /// The column that soft deletes set.
    pub deleted_column: String,
    /// How many rows a pass may delete or mark.
    pub max_deletes: MaxDeletes,
    /// The most rows per second that are read from the source.
    pub max_rate: Option<NonZeroU64>,
    /// The longest time of a statement at the source.
    pub source_timeout: Duration,
    /// Whether new columns of the source are added to the destination.
    pub evolve: bool,
    /// Whether both tables are compared at the end.
    pub verify: bool,
    /// Whether rows that the comparison misses or finds to differ are read again.
    pub repair: bool,
    /// Retries after a lost connection.
    pub retries: u32,
    /// The name of `after` in messages.
    pub after_key: String,
    /// Statements after each change of the destination.
    pub after: Vec<String>,
}

impl Settings {
    /// Combines flags and configuration; flags come first.
    ///
    /// # Errors
    /// An unknown job, a missing setting, a name that no table or column can have, a URL that cannot be understood; exit code
    /// 2.
    pub fn resolve(request: Request, config: &Config) -> Result<Settings> {
        let none = SyncCfg::default();
        let job = match &request.job {
            Some(name) => find_job(&config.file.sync, "sync", name, config)?,
            None => &none,
        };
        let text = |value: &Option<Text>| value.as_ref().map(|text| text.0.clone());
        let need = |typed: Option<String>, written: &Option<Text>, flag: &str| {
            typed.or_else(|| text(written)).ok_or_else(|| {
                let key = flag.trim_start_matches('-').replace('-', "_");
                Error::refused(format!("{flag} is missing")).remedy(format!(
                    "give it, or name a job of the configuration that has `{key}` under `sync`"
                ))
            })
        };
        let schema = schema_tables(&request, job)?;
        let table = match &schema {
            Some(schema) => (Some(schema.name.clone()), String::new()),
            None => name_of(&need(request.table, &job.table, "--table")?, "--table")?,
        };
        let to_table = match request.to_table.or_else(|| text(&job.to_table)) {
            Some(name) => name_of(&name, "--to-table")?,
            None => table.clone(),
        };
        let key = match request.key.is_empty() {
            true => job.key.iter().map(|name| name.0.clone()).collect(),
            false => request.key,
        };
        let deleted_column = request
            .deleted_column
            .or_else(|| text(&job.deleted_column))
            .unwrap_or_else(|| DEFAULT_DELETED_COLUMN.to_owned());
        if let Some(why) = column_refusal(&deleted_column) {
            return Err(Error::refused(format!("--deleted-column has {why}")).remedy("name another column"));
        }
        let written = job.workers.or(config.file.max_workers).map(|number| number.0);
        let workers = request.workers.or(written);
        Ok(Settings {
            from: Target::parse_in(&need(revealed(request.from), &job.from, "--from")?, &of_this_process)?,
            to: Target::parse_in(&need(revealed(request.to), &job.to, "--to")?, &of_this_process)?,
            schema,
            table,
            to_table,
            only: request.only.or_else(|| text(&job.only)),
            columns: match request.columns.is_empty() {
                true => job.columns.iter().map(|name| name.0.clone()).collect(),
                false => request.columns,
            },
            map: renamed(request.map, job)?,
            cursor: request.cursor.or_else(|| text(&job.cursor)),
            key,
            mode: request.mode.or(job.mode.map(Mode::from)).unwrap_or_default(),
            is_one_of_many: false,
            chunk: at_least_one(request.chunk.or(job.chunk.map(|number| number.0)), "--chunk")?
                .unwrap_or(DEFAULT_CHUNK),
            every: request.every.or(job.every.map(|every| every.0)).unwrap_or(DEFAULT_EVERY),
            workers: workers.unwrap_or_else(|| cores::count().get()).max(1),
            deletes: request.deletes.or(job.deletes.map(|deletes| match deletes {
                crate::config::DeletesCfg::Hard => Deletes::Hard,
                crate::config::DeletesCfg::Soft => Deletes::Soft,
            })),
            deleted_column,
            max_deletes: max_deletes(request.max_deletes, job)?,
            max_rate: at_least_one(request.max_rate.or(job.max_rate.map(|number| number.0)), "--max-rate")?
                .and_then(NonZeroU64::new),
            source_timeout: request
                .source_timeout
                .or(job.source_timeout.map(|time| time.0))
                .unwrap_or(DEFAULT_SOURCE_TIMEOUT),
            evolve: request.evolve || job.evolve,
            verify: request.verify,
            repair: request.repair,
            retries: request.retries,
            after_key: format!("sync.{}.after", request.job.unwrap_or_default()),
            after: job.after.iter().map(|statement| statement.0.clone()).collect(),
        })
    }

    /// Those of all jobs that are named, or of none; flags come first in each.
    ///
    /// # Errors
    /// As [`Settings::resolve`].
    pub fn of_jobs(
        jobs: Vec<String>,
        request: impl Fn() -> Request,
        config: &Config,
    ) -> Result<Vec<Settings>> {
        let mut names: Vec<Option<String>> = jobs.into_iter().map(Some).collect();
        if names.is_empty() {
            names.push(None);
        }
        names.into_iter().map(|job| Settings::resolve(Request { job, ..request() }, config)).collect()
    }

    /// The settings of a table of the schema.
    pub fn of_table(&self, name: &str) -> Settings {
        let table = (self.table.0.clone(), name.to_owned());
        Settings {
            schema: None,
            to_table: table.clone(),
            table,
            is_one_of_many: true,
            after: Vec::new(),
            ..self.clone()
        }
    }

    /// The name that a column of the source has at the destination.
    pub fn name_of_column<'n>(&'n self, name: &'n str) -> &'n str {
        self.map.iter().find(|(old, _)| old == name).map_or(name, |(_, new)| new)
    }

    /// The table at the destination, for messages: with its schema, unless that is `public`.
    pub fn name_there(&self) -> String {
        match &self.to_table {
            (Some(schema), table) if schema != "public" => format!("{schema}.{table}"),
            (_, table) => table.clone(),
        }
    }

    /// The table at the source and where that is, for the report.
    pub fn source_name(&self) -> String {
        let (schema, name) = &self.table;
        let table = schema.as_ref().map_or_else(|| name.clone(), |schema| format!("{schema}.{name}"));
        format!("{} {table}", self.from.describe())
    }

    /// Whether deleted rows are only marked.
    pub fn soft(&self) -> bool {
        self.deletes == Some(Deletes::Soft)
    }
}

fn max_deletes(typed: Option<RejectLimit>, job: &SyncCfg) -> Result<MaxDeletes> {
    let written = || -> Result<Option<RejectLimit>> {
        let Some(text) = &job.max_deletes else { return Ok(None) };
        let limit = text
            .0
            .parse()
            .map_err(|how: &str| Error::refused(format!("max_deletes is {:?}", text.0)).remedy(how))?;
        Ok(Some(limit))
    };
    Ok(MaxDeletes::new(typed.map_or_else(written, |limit| Ok(Some(limit)))?))
}

fn revealed(url: Option<Secret>) -> Option<String> {
    url.map(|url| url.reveal().to_owned())
}

fn name_of(text: &str, flag: &str) -> Result<TableName> {
    parse_name(text).ok_or_else(|| {
        Error::refused(format!("{flag}: {text:?} is no name of a table"))
            .remedy("write TABLE or SCHEMA.TABLE; a part that holds a dot in double quotes")
    })
}

fn at_least_one(number: Option<u64>, flag: &str) -> Result<Option<u64>> {
    match number {
        Some(0) => Err(Error::refused(format!("{flag} 0 would never end")).remedy("use a number from 1 on")),
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_and_flags_come_before_the_job() {
        let config = Config {
            file: serde_yaml::from_str(
                "sync: {t: {from: 'postgresql://a/a', to: 'postgresql://b/b', table: s.T, cursor: u, key: [id], every: 2m}}",
            )
            .unwrap(),
            ..Config::default()
        };
        let missing = Settings::resolve(Request::default(), &config).unwrap_err().to_string();
        assert!(missing.contains("--table is missing"), "{missing}");
        let job = || Some("t".to_owned());
        let settings = Settings::resolve(
            Request { job: job(), cursor: Some("v".into()), ..Request::default() },
            &config,
        )
        .unwrap();
        assert_eq!(settings.to_table, (Some("s".into()), "T".into()));
        assert_eq!((settings.cursor.as_deref(), settings.every.as_secs()), (Some("v"), 120));
        let unknown =
            Settings::resolve(Request { job: Some("x".into()), ..Request::default() }, &config).unwrap_err();
        assert!(unknown.to_string().contains("the jobs are: t"), "{unknown}");
        let none = Settings::resolve(Request { job: job(), chunk: Some(0), ..Request::default() }, &config)
            .unwrap_err();
        assert!(none.to_string().contains("--chunk 0"), "{none}");
    }
}
