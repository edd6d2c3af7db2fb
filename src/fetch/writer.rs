//! The end of the pipeline: rows of several responses by one COPY, and their ledger rows in the same transaction.

use super::ledger::{self, Entry};
use super::settings::Settings;
use crate::copy::rejects::values::ValueRejects;
use crate::copy::values::batch::{FULL_BYTES, ValueBatch};
use crate::copy::values::copy::ValueCopy;
use crate::pg::database::{Database, lost_connection};
use crate::pg::ident::Qualified;
use crate::run::interrupt;
use crate::table::into::{Direct, TargetTable};
use crate::{Error, Result};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use postgres::Client;
use std::time::Duration;

/// How often who waits for responses looks for Ctrl-C.
const POLL: Duration = Duration::from_millis(50);
/// The most responses in one transaction; a run that is killed repeats them.
const MOST_RESPONSES: usize = 1000;

/// A response on its way into the table: its rows, none of one that has failed, and what is known of it.
pub struct Shaped {
    /// The rows.
    pub batch: Option<ValueBatch>,
    /// For the ledger; its counts are filled in here.
    pub entry: Entry,
}

/// What the writers have in common.
pub struct Writers<'w> {
    /// The job.
    pub settings: &'w Settings,
    /// Where connections come from.
    pub database: &'w Database,
    /// Where the rows go.
    pub target: &'w TargetTable,
    /// The table that is filled, where it is not the target.
    pub staging: Option<&'w Qualified>,
    /// The rows that cannot be loaded.
    pub rejects: &'w ValueRejects,
}

impl Writers<'_> {
    /// Writes what comes by `shaped`, until there is no more; gives each entry to `each` once it is committed.
    ///
    /// # Errors
    /// The first row that cannot be loaded or put aside; what the server reports; Ctrl-C. What was not committed is undone.
    pub fn write(
        &self,
        mut client: Client,
        shaped: &Receiver<Shaped>,
        each: &dyn Fn(Entry, bool),
    ) -> Result<()> {
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
            let entries = self
                .write_some(&mut client, &mut copy, direct.as_ref(), first, shaped)
                .map_err(|error| if client.is_closed() { lost_connection(error) } else { error })?;
            for entry in entries {
                let failed = entry.error.is_some();
                each(entry, failed);
            }
        }
    }

    /// One transaction, with what is there already.
    fn write_some(
        &self,
        client: &mut Client,
        copy: &mut ValueCopy<'_>,
        direct: Option<&Direct>,
        first: Shaped,
        shaped: &Receiver<Shaped>,
    ) -> Result<Vec<Entry>> {
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
            // A row counts as rejected where it came from.
            if let Some(entry) = entries.iter_mut().find(|entry| entry.request.name() == *refused.source) {
                entry.rows -= 1;
                entry.rejected += 1;
            }
        }
        Ok(())
    }
}
