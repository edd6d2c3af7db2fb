//! One batch on its way into the table: loaded into a staging table, and published with its ledger row.

use super::advice;
use super::cache::pages::{Page, RowSource};
use super::cache::rejected::RejectedRows;
use super::load::{self, Load, ODD_ID, look_at};
use super::settings::Settings;
use super::target;
use super::types::forms::Forms;
use super::types::learn::Learnt;
use crate::copy::encode::CopyColumn;
use crate::copy::rejects::limit::RejectLimit;
use crate::copy::rejects::rejected_row::RejectedRow;
use crate::copy::rejects::values::ValueRejects;
use crate::copy::values::json::Json;
use crate::pg::database::Database;
use crate::pg::retry;
use crate::pg::{lock, statements};
use crate::table::into::{IntoTable, Kept, Stage, TargetTable};
use crate::table::ledger::drains::{self, Drain};
use crate::{Error, Result};
use postgres::Client;
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// So many rows are looked at before types are chosen for the first time; a value behind them may still widen one.
const FIRST_LOOK: u64 = 1_000;
/// So few rows are not worth a second stream.
const FEW_ROWS: u64 = 20_000;

/// What is known before a batch is loaded.
pub struct Batch<'b> {
    /// The run.
    pub settings: &'b Settings,
    /// The database.
    pub database: &'b Database,
    /// The replica.
    pub replica: &'b str,
    /// The name of the batch, which the ledger holds once it is published.
    pub name: &'b str,
    /// The names of its columns.
    pub columns: &'b [String],
    /// Where its rows go.
    pub into: &'b IntoTable,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Published {
    /// Rows in the table.
    pub rows: u64,
    /// Rows put aside.
    pub rejected: u64,
    /// Bytes of ids and rows.
    pub bytes: u64,
}

/// How a try ended.
enum Ended {
    Published(Published),
    /// The source has more than it gave.
    NotAll,
    /// The types are to be these.
    TooNarrow(Learnt),
    /// Columns have refused values of these forms.
    Refused(Vec<(String, Forms)>),
}

impl Batch<'_> {
    /// Loads and publishes the rows of `source`; `streams` are the connections that there are for it, and more are opened.
    ///
    /// # Errors
    /// The first row that cannot be loaded, where no more may be put aside; rows that somebody else changes; what source or
    /// database report; Ctrl-C. Nothing is published then, unless the connection was lost in the very commit.
    pub fn load_and_publish(
        &self,
        source: &mut dyn RowSource,
        client: &mut Client,
        streams: &mut Vec<Client>,
    ) -> Result<Published> {
        let key = |list| format!("drain.{}.{list}", self.settings.job);
        statements::execute(client, &key("before"), &self.settings.before)?;
        let lock_name = format!("the table {}", target::look(client, self.into)?.table);
        let published = lock::exclusively(client, &lock_name, |client| {
            let mut learnt = None;
            loop {
                match self.try_once(source, client, streams, learnt.take())? {
                    Ended::Published(published) => return Ok(published),
                    Ended::NotAll => {}
                    Ended::TooNarrow(wider) => learnt = Some(wider),
                    Ended::Refused(columns) => {
                        let target = target::existing(client, self.into, self.columns)?;
                        target::widen(client, target.table(), &target::wider(&target, &columns))?;
                    }
                }
            }
        });
        let published = published.map_err(|error| error.advised(advice::of))?;
        statements::execute(client, &key("after"), &self.settings.after)?;
        Ok(published)
    }

    fn try_once(
        &self,
        source: &mut dyn RowSource,
        client: &mut Client,
        streams: &mut Vec<Client>,
        learnt: Option<Learnt>,
    ) -> Result<Ended> {
        let started = Instant::now();
        let length = source.begin()?;
        self.connect(streams, length)?;
        let found = target::look(client, self.into)?;
        let is_new = found.columns.is_none();
        let mut first = VecDeque::new();
        let learnt = match learnt {
            Some(learnt) => learnt,
            None if is_new || self.lacks_columns(&found) => self.first_look(source, &mut first)?,
            None => Learnt::nothing_of(self.columns, &self.settings.declared),
        };
        let target = match is_new {
            true => target::new(client, self.into, &learnt)?,
            false => {
                if self.settings.evolve {
                    target::add_columns(client, &found, &learnt)?;
                }
                target::existing(client, self.into, self.columns)?
            }
        };
        let rejected = source.rejected_rows()?.map(Arc::new);
        let stage = target.stage(client, Kept::UntilCrash)?;
        let this =
            Try { batch: self, target: &target, stage: &stage, rejected: rejected.clone(), learnt, is_new };
        let ended = this.load(source, first, client, streams).and_then(|ended| match ended {
            Ended::Published(loaded) => {
                this.publish(source.describe(), loaded, started, client)?;
                Ok(Ended::Published(loaded))
            }
            again => Ok(again),
        });
        if !matches!(ended, Ok(Ended::Published(_))) {
            if !client.is_closed() {
                stage.discard(client);
            }
            if let Some(Err(error)) = rejected.map(|rejected| rejected.forget()) {
                tracing::debug!("{}: {error}", self.name);
            }
        }
        ended
    }

    /// As many connections as the batch is worth.
    fn connect(&self, streams: &mut Vec<Client>, rows: Option<u64>) -> Result<()> {
        let few = rows.is_some_and(|rows| rows < FEW_ROWS);
        let wanted = if few { 1 } else { self.settings.workers };
        streams.retain(|client| !client.is_closed());
        streams.truncate(wanted);
        let first = streams.pop();
        let more = self.database.connect_up_to(first, wanted - streams.len());
        streams.extend(more);
        if streams.is_empty() {
            // None was to be had, and this says why.
            streams.push(self.database.connect()?);
        }
        Ok(())
    }

    fn lacks_columns(&self, found: &target::Found) -> bool {
        let there = found.columns.as_deref().unwrap_or_default();
        self.settings.evolve && self.columns.iter().any(|name| !there.iter().any(|(known, _)| known == name))
    }

    fn first_look(&self, source: &mut dyn RowSource, first: &mut VecDeque<Page>) -> Result<Learnt> {
        let mut learnt = Learnt::nothing_of(self.columns, &self.settings.declared);
        let mut rows = 0;
        while rows < FIRST_LOOK {
            let Some(page) = source.next_page()? else { break };
            rows += page.count();
            look_at(&mut learnt, &page);
            first.push_back(page);
        }
        learnt.close();
        Ok(learnt)
    }
}

/// One try.
struct Try<'t> {
    batch: &'t Batch<'t>,
    target: &'t TargetTable,
    stage: &'t Stage,
    rejected: Option<Arc<RejectedRows>>,
    learnt: Learnt,
    is_new: bool,
}

impl Try<'_> {
    fn load(
        &self,
        source: &mut dyn RowSource,
        mut first: VecDeque<Page>,
        client: &mut Client,
        streams: &mut [Client],
    ) -> Result<Ended> {
        let Batch { settings, database, .. } = self.batch;
        let evolves = settings.evolve && !self.is_new;
        // Values that may widen a column are all looked at, before any of them is a reject.
        let limit = if evolves { RejectLimit::ANY } else { settings.max_rejects };
        let scratch = tempfile::tempdir().map_err(Error::failed)?;
        let folder = if settings.max_rejects.allows_any() { &settings.rejects } else { scratch.path() };
        let put_aside = {
            let rejected = self.rejected.clone().filter(|_| limit.allows_any());
            move |id: &[u8]| rejected.as_ref().map_or(Ok(()), |rejected| rejected.add(id))
        };
        let seen = Arc::new(Mutex::new(Seen::default()));
        let rejects = ValueRejects::new(folder, &settings.job, limit, true).observed_by({
            let (seen, put_aside) = (Arc::clone(&seen), put_aside.clone());
            move |reject| {
                seen.lock().unwrap_or_else(PoisonError::into_inner).see(reject);
                match &reject.named {
                    Some(id) if reject.reason != ODD_ID => put_aside(id.as_bytes()),
                    _ => Ok(()),
                }
            }
        });
        rejects.check()?;
        let stage_oid = load::oid_of(client, self.stage.table())?
            .ok_or_else(|| Error::failed("the staging table is gone").of_connection())?;
        let load = Load {
            database,
            target: self.target,
            stage: self.stage,
            stage_oid,
            rejects: &rejects,
            odd_ids: &put_aside,
            source: self.batch.replica.into(),
            chosen: self.is_new.then_some(&self.learnt),
        };
        let loaded = load.run(streams, || match first.pop_front() {
            Some(page) => Ok(Some(page)),
            None => source.next_page(),
        })?;
        if !source.was_all()? {
            return Ok(Ended::NotAll);
        }
        if let Some(wider) = loaded.too_narrow {
            return Ok(Ended::TooNarrow(wider));
        }
        rejects.judge()?;
        let rejected = rejects.count();
        let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
        if evolves && !target::wider(self.target, &seen.refused).is_empty() {
            return Ok(Ended::Refused(seen.refused));
        }
        if !settings.max_rejects.allows(rejected, rejected + loaded.rows)
            && let Some(first) = seen.first
        {
            return Err(Error::failed(&first.reason).at(first.place()));
        }
        rejects.log_outcome();
        Ok(Ended::Published(Published { rows: loaded.rows, rejected, bytes: loaded.bytes }))
    }

    fn publish(&self, source: &str, loaded: Published, started: Instant, client: &mut Client) -> Result<()> {
        let Batch { settings, replica, name, into, .. } = self.batch;
        let kept = match &self.rejected {
            Some(rejected) => rejected.complete()?,
            None => None,
        };
        let mut transaction = client.transaction()?;
        // What is then removed from Redis must be on the disk here.
        transaction.batch_execute(
            "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
        )?;
        match self.is_new {
            true => target::publish_new(self.target, self.stage, &into.key, &mut transaction)?,
            false => drop(self.target.publish(self.stage, &mut transaction)?),
        }
        let drain = Drain {
            batch: name,
            job: &settings.job,
            source,
            replica,
            table: self.target.table(),
            columns: types_of(self.target.columns()),
            rows: loaded.rows,
            rejected: loaded.rejected,
            bytes: loaded.bytes,
            seconds: started.elapsed().as_secs_f64(),
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

/// What the rejects of a try say.
#[derive(Default)]
struct Seen {
    first: Option<RejectedRow>,
    /// The forms of values that columns have refused.
    refused: Vec<(String, Forms)>,
}

impl Seen {
    fn see(&mut self, reject: &RejectedRow) {
        if self.first.is_none() {
            self.first = Some(reject.clone());
        }
        let (Some(column), Some(value)) = (&reject.column, &reject.value) else { return };
        let form = Forms::of(Json::String(value));
        match self.refused.iter_mut().find(|(known, _)| known == column) {
            Some((_, forms)) => *forms |= form,
            None => self.refused.push((column.clone(), form)),
        }
    }
}

/// An error of what was begun is no longer one of what was asked for.
pub fn into_failed(error: Error) -> Error {
    match (error.exit(), retry::is_of_connection(&error)) {
        (crate::exit::Exit::Refused, true) => Error::failed(error).of_connection(),
        (crate::exit::Exit::Refused, false) => Error::failed(error),
        _ => error,
    }
}
