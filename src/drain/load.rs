//! The rows of a batch into a staging table: one thread reads pages, and streams make rows of them and copy the rows.

use super::cache::pages::Page;
use super::row::{INDEX, RowValues, see_row};
use super::types::judge::Judge;
use super::types::learn::Learnt;
use crate::copy::rejects::values::ValueRejects;
use crate::copy::values::batch::{ValueBatch, ValueColumns};
use crate::copy::values::copy::ValueCopy;
use crate::copy::values::json::Json;
use crate::pg::catalog::oid_of;
use crate::pg::database::{Database, lost_connection};
use crate::report::timeline::{self, Step};
use crate::run::interrupt;
use crate::run::workers::Workers;
use crate::table::into::{Stage, TargetTable};
use crate::{Error, Result};
use crossbeam_channel::{Receiver, bounded};
use postgres::Client;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The reason of a reject whose id is not text.
pub const ODD_ID: &str = "id is not UTF-8";

/// One load of a batch into a staging table.
pub struct StagingLoad<'l> {
    /// Answers questions about values.
    pub database: &'l Database,
    /// The table that the rows are for.
    pub target: &'l TargetTable,
    /// The table that the rows are copied into.
    pub stage: &'l Stage,
    /// The staging table's oid. A later table of the same name has another one.
    pub stage_oid: u32,
    /// Takes the rows that cannot be loaded.
    pub rejects: &'l ValueRejects,
    /// Is called with each id that is not text, before its row becomes a reject.
    pub odd_ids: &'l (dyn Fn(&[u8]) -> Result<()> + Sync),
    /// The replica, for messages.
    pub source: Arc<str>,
    /// The types of the columns that become wider for their values; none if no column does.
    pub chosen: Option<&'l Learnt>,
    /// Of each column, what it holds; none for a column that holds all, that becomes wider, or whose type was declared.
    pub judges: &'l [Option<Judge>],
}

/// What a load has staged.
#[derive(Debug, Default)]
pub struct StagedRows {
    /// Rows that the server counted.
    pub rows: u64,
    /// Bytes of all ids and rows.
    pub bytes: u64,
    /// What all values say, if the chosen types are too narrow for them. In this case no row was staged.
    pub too_narrow: Option<Learnt>,
}

/// What the streams share.
#[derive(Default)]
struct Shared {
    workers: Workers<'static>,
    /// A value does not fit the chosen types: from here on streams look at rows and copy none.
    only_look: AtomicBool,
    learnt: Mutex<Option<Learnt>>,
}

impl StagingLoad<'_> {
    /// Copies all rows of all pages, by a stream for each of `clients`. The caller's thread reads the pages by `next_page`.
    ///
    /// # Errors
    /// The first row that cannot be loaded and would be one reject too many; what the reader or a connection reports; Ctrl-C.
    pub fn run(
        &self,
        clients: &mut [Client],
        mut next_page: impl FnMut() -> Result<Option<Page>>,
    ) -> Result<StagedRows> {
        let shared = Shared { learnt: Mutex::new(self.chosen.cloned()), ..Shared::default() };
        let (send, pages) = bounded::<Page>(clients.len());
        let (mut bytes, rows) = (0, AtomicU64::new(0));
        std::thread::scope(|scope| {
            let (shared, rows) = (&shared, &rows);
            for (number, client) in clients.iter_mut().enumerate() {
                let pages = pages.clone();
                shared.workers.spawn(scope, format!("stream-{}", number + 1), move || {
                    let streamed =
                        timeline::during(Step::Copy, &self.source, || self.stream(client, &pages, shared));
                    let lost = client.is_closed();
                    let copied =
                        streamed.map_err(|error| if lost { lost_connection(error) } else { error })?;
                    rows.fetch_add(copied, Ordering::Relaxed);
                    Ok(())
                });
            }
            drop(pages);
            shared.workers.run(|| {
                let mut running = timeline::begin(Step::Request, &self.source);
                while let Some(page) = next_page()? {
                    interrupt::check()?;
                    bytes += page.bytes as u64;
                    if shared.workers.are_stopped() || send.send(page).is_err() {
                        break;
                    }
                }
                running.end();
                Ok(())
            });
            drop(send);
        });
        shared.workers.finish()?;
        let learnt = shared.learnt.into_inner().unwrap_or_else(PoisonError::into_inner);
        let too_narrow = learnt.filter(|_| shared.only_look.into_inner());
        Ok(StagedRows { rows: rows.into_inner(), bytes, too_narrow })
    }

    /// Copies the rows of pages as they come, and commits after the last one.
    fn stream(&self, client: &mut Client, pages: &Receiver<Page>, shared: &Shared) -> Result<u64> {
        let connect = || self.database.connect();
        let columns = ValueColumns::new(self.target.columns());
        let mut copy = ValueCopy::new(columns.columns(), self.stage.table(), &connect);
        let mut batch = ValueBatch::new(&columns, Some(INDEX));
        let learnt = self.chosen.cloned();
        let mut rows = RowMaker { values: RowValues::default(), learnt, judges: self.judges };
        batch.begin_source(Arc::clone(&self.source), 0, 0);
        let mut transaction = client.transaction()?;
        // From here on no other run can replace the table, and our rows cannot go to that run's table.
        let stage = self.stage.table();
        transaction.batch_execute(&format!("LOCK TABLE {stage} IN ROW EXCLUSIVE MODE"))?;
        if oid_of(&mut transaction, stage)? != Some(self.stage_oid) {
            return Err(Error::failed("another run has taken the place of this one").of_connection());
        }
        let mut copied = 0;
        for page in pages {
            if shared.workers.are_stopped() {
                break;
            }
            let only_look = shared.only_look.load(Ordering::Relaxed);
            rows.push(&page, &mut batch, only_look);
            for (id, _) in page.rows().filter(|(id, _)| !only_look && std::str::from_utf8(id).is_err()) {
                (self.odd_ids)(id)?;
            }
            if only_look {
                continue;
            }
            if let (Some(learnt), Some(chosen)) = (&rows.learnt, self.chosen)
                && !learnt.agrees_with(chosen)
            {
                shared.only_look.store(true, Ordering::Relaxed);
                continue;
            }
            if batch.is_full() {
                copied += copy.copy(&mut transaction, &batch, self.rejects)?.rows;
                batch.clear();
                batch.begin_source(Arc::clone(&self.source), 0, 0);
            }
        }
        if let (Some(learnt), Some(all)) =
            (&rows.learnt, &mut *shared.learnt.lock().unwrap_or_else(PoisonError::into_inner))
        {
            all.add(learnt);
        }
        if shared.workers.are_stopped() || shared.only_look.load(Ordering::Relaxed) {
            return Ok(0);
        }
        copied += copy.copy(&mut transaction, &batch, self.rejects)?.rows;
        self.rejects.sync()?;
        transaction.commit()?;
        copy.log_adjusted(self.rejects);
        Ok(copied)
    }
}

/// Makes rows of a batch out of pages.
struct RowMaker<'r> {
    values: RowValues,
    learnt: Option<Learnt>,
    judges: &'r [Option<Judge>],
}

impl RowMaker<'_> {
    /// Learns from the rows of a page, and adds them to `batch` unless `only_look`.
    fn push(&mut self, page: &Page, batch: &mut ValueBatch, only_look: bool) {
        for (id, row) in page.rows() {
            let read = self.values.read(row);
            if let Some(learnt) = &mut self.learnt {
                see_row(learnt, id, read.is_ok().then(|| self.values.values(row)));
            }
            if only_look {
                continue;
            }
            batch.push_text(&String::from_utf8_lossy(id));
            let wrong = match (std::str::from_utf8(id), read) {
                (Err(_), _) => Some(ODD_ID.to_owned()),
                (_, read) => read.err(),
            };
            if let Some(reason) = wrong {
                let row = serde_json::Value::from(String::from_utf8_lossy(row)).to_string();
                batch.reject_text(reason, None, None, row);
                continue;
            }
            let text = std::str::from_utf8(id).unwrap_or_default();
            self.judge(INDEX, Json::String(text), batch);
            for (number, value) in self.values.values(row).enumerate() {
                self.judge(INDEX + 1 + number, value, batch);
                match value {
                    // For a column of JSON as well: the string holds the JSON.
                    Json::String(text) => batch.push_text(text),
                    value => batch.push_json(value),
                }
            }
            batch.end_row();
        }
    }

    fn judge(&self, column: usize, value: Json<'_>, batch: &mut ValueBatch) {
        if let Some(Some(judge)) = self.judges.get(column)
            && !judge.holds(value)
        {
            batch.doubt(column, judge.refusal(value));
        }
    }
}
