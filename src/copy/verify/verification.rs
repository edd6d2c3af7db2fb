//! The comparison of one table: the rows that all its streams have sent, and the rows that the server holds.

use super::comparable::Comparable;
use super::digest::Digest;
use super::mistake::Mistake;
use super::watch::Watch;
use crate::copy::encode::{CopyColumn, Encoder};
use crate::copy::input::format::LineEnd;
use crate::error::Hint;
use crate::pg::ident::{literal, quote};
use crate::report::{plural, some_of};
use crate::{Error, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Columns that a message names.
const NAMED_COLUMNS: usize = 10;

/// What helps if the server holds something else. The cause is not known; this is a likely one.
const LOOK_FOR_TRIGGERS: &str = "look for what changes rows on their way, such as an event trigger that puts triggers on \
                                 new tables";

/// The rows that were sent to a table, for the comparison with the rows that it holds. All its streams share it.
#[derive(Debug)]
pub struct Verification {
    columns: Vec<CopyColumn>,
    unsent: Vec<Unsent>,
    empty: Digest,
    sent: Mutex<SentSoFar>,
}

/// A column that is not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_name: String,
    /// The value that all rows must have, as text; `None` for NULL.
    pub value: Option<String>,
}

impl Unsent {
    /// What is NULL in each row that holds what it must.
    fn selected(&self) -> String {
        let name = quote(&self.name);
        match &self.value {
            None => format!("nullif(num_nonnulls({name}), 0)"),
            Some(value) => format!(
                "CASE WHEN {name}::text IS DISTINCT FROM ({}::{})::text THEN 1 END",
                literal(value),
                self.type_name
            ),
        }
    }
}

#[derive(Debug)]
struct SentSoFar {
    digest: Digest,
    mistake: Option<Mistake>,
}

impl Verification {
    /// No row was sent yet. Rows have these columns; the `unsent` ones must hold what they say.
    pub fn new(columns: Vec<CopyColumn>, unsent: Vec<Unsent>) -> Self {
        let form = |column: &CopyColumn| match column.has_encoder() {
            true => Comparable::for_type(&column.type_name),
            false => Comparable::AsItStands,
        };
        let of_unsent = unsent.iter().map(|_| Comparable::AsItStands);
        let empty = Digest::new(columns.iter().map(form).chain(of_unsent));
        let sent = Mutex::new(SentSoFar { digest: empty.empty(), mistake: None });
        Verification { columns, unsent, empty, sent }
    }

    /// A watch for one stream.
    pub fn watch(&self, encoder: &Encoder, line_end: LineEnd) -> Watch {
        Watch::new(self.empty_digest(), encoder, line_end)
    }

    /// Adds a stream that has sent all its rows, after the server has accepted them.
    pub fn add(&self, watch: Watch) {
        let (digest, mistake) = watch.outcome();
        let mut sent = self.sent();
        sent.digest.merge(&digest);
        // Of several streams, the first line counts.
        let earlier = sent.mistake.take();
        sent.mistake = earlier.into_iter().chain(mistake).min_by_key(|mistake| mistake.line);
    }

    /// Forgets all rows, for a load that starts over.
    pub fn forget(&self) {
        *self.sent() = SentSoFar { digest: self.empty_digest(), mistake: None };
    }

    /// A digest for the rows that the server holds.
    pub fn empty_digest(&self) -> Digest {
        self.empty.empty()
    }

    /// The select list of the rows that the server holds: the columns in the order in which they are sent, then the unsent
    /// ones. Columns without an encoder are selected as text, since their types may have no binary form.
    pub fn select_list(&self) -> String {
        let sent = self.columns.iter().map(|column| match column.has_encoder() {
            true => quote(&column.name),
            false => format!("{}::text", quote(&column.name)),
        });
        let unsent = self.unsent.iter().map(Unsent::selected);
        sent.chain(unsent).collect::<Vec<_>>().join(", ")
    }

    /// Compares the rows that were sent with those that `table` holds.
    ///
    /// # Errors
    /// A value that was not sent as PostgreSQL reads it; another number of rows; columns that differ.
    pub fn compare(&self, held: &Digest, table: &str) -> Result<()> {
        let sent = self.sent();
        if let Some(mistake) = &sent.mistake {
            return Err(mistake.error());
        }
        let differences = self.differences(&sent.digest, held);
        if differences.is_empty() {
            return Ok(());
        }
        let differences = differences.join("; ");
        Err(Error::failed(format!("verification failed: {table} does not hold what was sent: {differences}"))
            .remedy(LOOK_FOR_TRIGGERS)
            .hint(Hint::Undone))
    }

    fn differences(&self, sent: &Digest, held: &Digest) -> Vec<String> {
        let mut all = Vec::new();
        let (rows, held_rows) = (sent.rows(), held.rows());
        if rows != held_rows {
            all.push(format!("{rows} {} sent, {held_rows} there", plural(rows, "row")));
        }
        let differs = |index: &usize| !sent.has_equal(*index, held);
        let columns: Vec<String> = (0..self.columns.len())
            .filter(differs)
            .map(|index| named(&self.columns[index].name, sent.nulls(index), held.nulls(index)))
            .collect();
        if !columns.is_empty() {
            all.push(format!("values differ in {}", some_of(&columns, NAMED_COLUMNS)));
        } else if rows == held_rows && !sent.has_equal_rows(held) {
            all.push("values stand in other rows than they were sent in".to_owned());
        }
        let filled = |index: &usize| held.nulls(self.columns.len() + *index) != held_rows;
        let filled: Vec<String> =
            (0..self.unsent.len()).filter(filled).map(|index| self.unsent[index].name.clone()).collect();
        if !filled.is_empty() {
            all.push(format!(
                "there are values in {}, which the data file does not have",
                some_of(&filled, NAMED_COLUMNS)
            ));
        }
        all
    }

    fn sent(&self) -> MutexGuard<'_, SentSoFar> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A column that differs, with its NULLs if they do.
fn named(name: &str, sent: u64, held: u64) -> String {
    match sent == held {
        true => format!("column {name}"),
        false => format!("column {name} ({sent} {} sent, {held} there)", plural(sent, "NULL")),
    }
}
