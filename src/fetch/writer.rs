//! The end of the pipeline: one COPY takes the rows of several responses, and its transaction writes their rows of the ledger.

use super::ledger::{self, Entry};
use super::settings::Settings;
use crate::copy::rejects::values::ValueRejects;
use crate::copy::values::batch::{FULL_BYTES, ValueBatch};
use crate::copy::values::copy::ValueCopy;
use crate::pg::database::{Database, lost_connection};
use crate::pg::ident::Qualified;
use crate::report::stopwatch::Stopwatch;
use crate::report::timeline::{self, Step};
use crate::run::interrupt;
use crate::table::into::{Direct, TargetTable};
use crate::{Error, Result};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use postgres::Client;
use std::time::Duration;

/// How often a writer that waits for responses checks for Ctrl-C.
const POLL: Duration = Duration::from_millis(50);
/// The most responses in one transaction. After a kill, the next run repeats them.
const MOST_RESPONSES: usize = 1000;

/// A response on its way into the table.
pub struct Shaped {
    /// The rows; none if the request has failed.
    pub batch: Option<ValueBatch>,
    /// The response's row of the ledger, whose counts are filled in here.
    pub entry: Entry,
}

/// What the writers have in common.
pub struct Writers<'w> {
    /// The job.
    pub settings: &'w Settings,
    /// The database.
    pub database: &'w Database,
    /// The job's table.
    pub target: &'w TargetTable,
    /// The staging table, if the run has one.
    pub staging: Option<&'w Qualified>,
    /// Takes the rows that cannot be loaded.
    pub rejects: &'w ValueRejects,
    /// Measures the work of the database.
    pub watch: &'w Stopwatch,
}

impl Writers<'_> {
    /// Writes what comes by `shaped` until the channel closes. Calls `each` with every entry that is committed.
    ///
    /// # Errors
    /// The first row that cannot be loaded and would be one reject too many; what the server reports; Ctrl-C. What was not
    /// committed is rolled back.
    pub fn write(&self, mut client: Client, shaped: &Receiver<Shaped>, each: &dyn Fn(Entry)) -> Result<()> {
        let connect = || self.database.connect();
        let direct = match self.staging {
            Some(_) => None,
            None => Some(self.target.direct(&mut client)?),
        };
        let table = match (&direct, self.staging) {
            (Some(direct), _) => direct.table(),
            (None, Some(staging)) => staging,
            (None, None) => self.target.table(),
        };
        let mut copy = ValueCopy::new(self.target.columns(), table, &connect);
        loop {
            interrupt::check()?;
            let first = match shaped.recv_timeout(POLL) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            let entries = timeline::during(Step::Copy, &self.settings.job, || {
                self.write_some(&mut client, &mut copy, direct.as_ref(), first, shaped)
            })
            .map_err(|error| if client.is_closed() { lost_connection(error) } else { error })?;
            entries.into_iter().for_each(each);
        }
    }

    /// Writes `first`, and what else has come already, in one transaction.
    fn write_some(
        &self,
        client: &mut Client,
        copy: &mut ValueCopy<'_>,
        direct: Option<&Direct>,
        first: Shaped,
        shaped: &Receiver<Shaped>,
    ) -> Result<Vec<Entry>> {
        let _work = self.watch.begin();
        let mut transaction = client.transaction()?;
        let mut entries: Vec<Entry> = Vec::new();
        let (mut bytes, mut next) = (0, Some(first));
        // Small responses share a COPY.
        let mut gathered: Option<ValueBatch> = None;
        while let Some(Shaped { batch, mut entry }) = next.take() {
            if let Some(batch) = batch {
                bytes += batch.bytes();
                entry.rows = batch.rows() as u64;
                entry.rejected = batch.rejects().len() as u64;
                match &mut gathered {
                    Some(gathered) => gathered.absorb(&batch),
                    none => *none = Some(batch),
                }
            }
            entries.push(entry);
            if gathered.as_ref().is_some_and(ValueBatch::is_full)
                && let Some(full) = gathered.take()
            {
                self.copy(copy, &mut transaction, &full, &mut entries)?;
            }
            if bytes < FULL_BYTES && entries.len() < MOST_RESPONSES {
                next = shaped.try_recv().ok();
            }
        }
        if let Some(rest) = gathered {
            self.copy(copy, &mut transaction, &rest, &mut entries)?;
        }
        if let Some(direct) = direct {
            direct.finish(&mut transaction)?;
        }
        ledger::record(&mut transaction, &self.settings.job, &entries, &self.settings.secrets)?;
        self.rejects.sync()?;
        interrupt::check()?;
        transaction.commit().map_err(Error::from)?;
        copy.log_adjusted(self.rejects);
        Ok(entries)
    }

    fn copy(
        &self,
        copy: &mut ValueCopy<'_>,
        transaction: &mut postgres::Transaction<'_>,
        batch: &ValueBatch,
        entries: &mut [Entry],
    ) -> Result<()> {
        for refused in copy.copy(transaction, batch, self.rejects)?.refused {
            // The server refused the row: it counts as a reject of its response.
            if let Some(entry) = entries.iter_mut().find(|entry| entry.request.name() == *refused.source) {
                entry.rows -= 1;
                entry.rejected += 1;
            }
        }
        Ok(())
    }
}
