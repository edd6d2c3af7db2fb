//! One batch on its way into the table: its rows go into a staging table, which is published with the batch's ledger row.

use super::cache::pages::{Page, RowSource};
use super::cache::rejected::RejectedRows;
use super::ids;
use super::load::{ODD_ID, StagingLoad};
use super::row::INDEX;
use super::settings::Settings;
use super::target;
use super::types::forms::Forms;
use super::types::judge::Judge;
use super::types::learn::Learnt;
use super::types::value::form_of;
use crate::config::{Destination, Mode};
use crate::copy::encode::CopyColumn;
use crate::copy::rejects::limit::RejectLimit;
use crate::copy::rejects::rejected_row::RejectedRow;
use crate::copy::rejects::values::ValueRejects;
use crate::copy::values::json::Json;
use crate::pg::database::Database;
use crate::pg::type_name::TypeName;
use crate::report::timeline::{self, Step};
use crate::table::into::{Stage, TargetTable};
use crate::table::ledger::drains::{self, BatchRecord};
use crate::{Error, Result};
use postgres::Client;
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What is known of a batch before it is loaded.
#[derive(Clone, Copy)]
pub struct Batch<'b> {
    /// The run.
    pub settings: &'b Settings,
    /// The database.
    pub database: &'b Database,
    /// The replica.
    pub replica: &'b str,
    /// The name of the batch, which the ledger holds once the batch is published.
    pub name: &'b str,
    /// The names of its columns, the index first.
    pub columns: &'b [String],
    /// The table that its rows are for.
    pub into: &'b Destination,
}

/// What was published of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Published {
    /// Rows that were loaded into the table.
    pub rows: u64,
    /// Rejects.
    pub rejected: u64,
    /// Bytes of ids and rows.
    pub bytes: u64,
}

/// How an attempt to load a batch ended.
pub enum Ended {
    /// Its rows are in the table.
    Published(Published),
    /// The source has more rows than it gave.
    NotAll,
    /// The new table needs these types.
    TooNarrow(Learnt),
    /// These columns of the table must have these types.
    Widen(Vec<(String, TypeName)>),
}

/// One attempt to load a batch.
pub struct Attempt<'a> {
    /// The batch.
    pub batch: &'a Batch<'a>,
    /// The table, which may not exist yet.
    pub target: &'a TargetTable,
    /// The staging table.
    pub stage: &'a Stage,
    /// The hash for the batch's rejects, if the source has one.
    pub rejected: Option<Arc<RejectedRows>>,
    /// The types of the columns; of a table that exists, of those that become wider for their values.
    pub learnt: Learnt,
    /// Whether the batch creates the table.
    pub is_new: bool,
    /// When the attempt began.
    pub started: Instant,
}

impl Attempt<'_> {
    /// Stages the rows of `source`, and publishes them if they are complete and fit the table. `first` are pages that were
    /// read from the source already.
    ///
    /// # Errors
    /// The first row that cannot be loaded and would be one reject too many; what source or database report; Ctrl-C.
    pub fn run(
        &self,
        source: &mut dyn RowSource,
        first: VecDeque<Page>,
        client: &mut Client,
        streams: &mut [Client],
    ) -> Result<Ended> {
        match self.stage(source, first, client, streams)? {
            Ended::Published(staged) => {
                timeline::during(Step::Publish, self.batch.replica, || {
                    self.publish(source.describe(), staged, client)
                })?;
                Ok(Ended::Published(staged))
            }
            other => Ok(other),
        }
    }

    /// Stages the rows; [`Ended::Published`] are those that can be published now.
    fn stage(
        &self,
        source: &mut dyn RowSource,
        mut first: VecDeque<Page>,
        client: &mut Client,
        streams: &mut [Client],
    ) -> Result<Ended> {
        let Batch { settings, database, .. } = self.batch;
        let judges = self.judges();
        let evolves = settings.evolve && !self.is_new;
        // Any value may widen a column, so all are looked at before one is a reject.
        let limit = if evolves { RejectLimit::ANY } else { settings.max_rejects };
        let scratch = tempfile::tempdir().map_err(Error::failed)?;
        let folder = if settings.max_rejects.allows_any() { &settings.rejects } else { scratch.path() };
        let keep_in_redis = {
            let rejected = self.rejected.clone().filter(|_| limit.allows_any());
            move |id: &[u8]| rejected.as_ref().map_or(Ok(()), |rejected| rejected.add(id))
        };
        let seen = Arc::new(Mutex::new(SeenRejects::default()));
        let rejects = ValueRejects::new(folder, &settings.job, limit, true).observed_by({
            let (seen, keep_in_redis) = (Arc::clone(&seen), keep_in_redis.clone());
            move |reject| {
                seen.lock().unwrap_or_else(PoisonError::into_inner).add(reject);
                match &reject.named {
                    Some(id) if reject.reason != ODD_ID => keep_in_redis(id.as_bytes()),
                    _ => Ok(()),
                }
            }
        });
        rejects.check()?;
        let (stage_oid, id_key) = ids::look_up(client, self.stage.table(), self.merged_by())?;
        let load = StagingLoad {
            database,
            target: self.target,
            stage: self.stage,
            stage_oid,
            rejects: &rejects,
            odd_ids: &keep_in_redis,
            source: self.batch.replica.into(),
            chosen: (self.is_new || evolves).then_some(&self.learnt),
            judges: &judges,
        };
        let mut staged = load.run(streams, || match first.pop_front() {
            Some(page) => Ok(Some(page)),
            None => source.next_page(),
        })?;
        if !source.was_all()? {
            return Ok(Ended::NotAll);
        }
        if let Some(wider) = staged.too_narrow {
            return Ok(match self.is_new {
                true => Ended::TooNarrow(wider),
                false => Ended::Widen(target::changed(self.target, &wider)),
            });
        }
        let (table, columns) = (self.target.table(), self.target.columns());
        let collisions = id_key.take_collisions(
            client,
            self.stage.table(),
            (!self.is_new).then_some(table),
            columns,
            self.batch.replica,
        )?;
        rejects.add(&collisions, 0)?;
        rejects.sync()?;
        staged.rows -= collisions.len() as u64;
        rejects.judge()?;
        let rejected = rejects.count();
        let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
        let wider = target::wider(self.target, &seen.refused);
        if evolves && !wider.is_empty() {
            return Ok(Ended::Widen(wider));
        }
        if !settings.max_rejects.allows(rejected, rejected + staged.rows)
            && let Some(first) = seen.first
        {
            return Err(Error::failed(&first.reason).at(first.place()));
        }
        rejects.log_outcome();
        Ok(Ended::Published(Published { rows: staged.rows, rejected, bytes: staged.bytes }))
    }

    /// The key by which rows are merged, if the id belongs to it.
    fn merged_by(&self) -> &[String] {
        let Batch { into, columns, .. } = self.batch;
        let merges = into.mode == Mode::Upsert && columns.first().is_some_and(|id| into.key.contains(id));
        if merges { &into.key } else { &[] }
    }

    /// What judges the values of each column. PostgreSQL alone judges those of a type that the configuration declares, but for
    /// the id: two ids are never one.
    fn judges(&self) -> Vec<Option<Judge>> {
        let settings = self.batch.settings;
        let evolves = settings.evolve || self.is_new;
        let judge = |(number, column): (usize, &CopyColumn)| {
            let is_declared = settings.declared.iter().any(|(name, _)| *name == column.name);
            match number {
                _ if evolves && self.learnt.is_open(number) => None,
                INDEX => Judge::of_ids(&column.type_name),
                _ if is_declared => None,
                _ => Judge::of_values(&column.type_name),
            }
        };
        self.target.columns().iter().enumerate().map(judge).collect()
    }

    fn publish(&self, source: &str, staged: Published, client: &mut Client) -> Result<()> {
        let Batch { settings, replica, name, into, .. } = self.batch;
        let kept = match &self.rejected {
            Some(rejected) => rejected.complete()?,
            None => None,
        };
        let mut transaction = client.transaction()?;
        // The batch is removed from Redis next, so the commit must be on the disk.
        transaction.batch_execute(
            "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
        )?;
        match self.is_new {
            true => target::publish_new(self.target, self.stage, &into.key, &mut transaction)?,
            false => drop(self.target.publish(self.stage, &mut transaction)?),
        }
        let drain = BatchRecord {
            batch: name,
            job: &settings.job,
            source,
            replica,
            table: self.target.table(),
            columns: types_of(self.target.columns()),
            rows: staged.rows,
            rejected: staged.rejected,
            bytes: staged.bytes,
            seconds: self.started.elapsed().as_secs_f64(),
        };
        drains::record(&mut transaction, &drain)?;
        transaction.commit()?;
        if self.is_new {
            tracing::info!("{}: a new table, with the columns {}", into.table, self.learnt.describe());
        }
        if let Some(kept) = kept {
            tracing::warn!("{replica}: rejected rows stay in Redis, in the hash {kept}");
        }
        Ok(())
    }
}

/// The types of columns by their names, for the ledger.
fn types_of(columns: &[CopyColumn]) -> Map<String, Value> {
    columns.iter().map(|column| (column.name.clone(), column.type_name.clone().into())).collect()
}

/// The first reject of an attempt, and the values that columns have refused.
#[derive(Default)]
struct SeenRejects {
    first: Option<RejectedRow>,
    /// Each column with the forms of the values that it has refused.
    refused: Vec<(String, Forms)>,
}

impl SeenRejects {
    fn add(&mut self, reject: &RejectedRow) {
        if self.first.is_none() {
            self.first = Some(reject.clone());
        }
        let (Some(column), Some(value)) = (&reject.column, &reject.value) else { return };
        let form = form_of(Json::String(value));
        match self.refused.iter_mut().find(|(known, _)| known == column) {
            Some((_, forms)) => *forms |= form,
            None => self.refused.push((column.clone(), form)),
        }
    }
}
