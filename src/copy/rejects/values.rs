//! Rejected rows of separated values, in one file, each with its values.
//!
//! Such rows may arrive for hours, and are committed piece by piece. So the file grows under its own name, and rejects are on
//! the disk before the rows beside them are committed. After a crash the file may hold a row twice, but it lacks none.

use super::budget::RejectBudget;
use super::limit::RejectLimit;
use super::rejected_row::{LINE_START, RejectedRow};
use crate::error::Hint;
use crate::report::timeline::{self, MarkKind};
use crate::report::unit::Adjusted;
use crate::report::{adjusted_in_words, plural};
use crate::run::unfinished::{open_file, private_folder};
use crate::{Error, Place, Result};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Is called with each rejected row, before it counts.
type Observer = Box<dyn Fn(&RejectedRow) -> Result<()> + Send + Sync>;

/// Gives a text without the secrets in it.
type Hide = Box<dyn Fn(&str) -> String + Send + Sync>;

/// The rejects of one run; all its streams share them.
pub struct ValueRejects {
    path: PathBuf,
    goes_on: bool,
    store: Mutex<ValueStore>,
    observer: Option<Observer>,
    /// Hides secrets in what is written.
    hide: Option<Hide>,
}

#[derive(Debug)]
struct ValueStore {
    budget: RejectBudget,
    /// Rows that can be loaded.
    loaded: u64,
    /// Of each column with adjusted values among them, their number.
    adjusted: Adjusted,
    file: Option<File>,
    unsynced: bool,
}

impl ValueRejects {
    /// No rejects of `job` yet; at most `limit` of them go to `<folder>/<job>.jsonl`. A run that `goes_on` with another one's
    /// work adds to its file.
    pub fn new(folder: &Path, job: &str, limit: RejectLimit, goes_on: bool) -> ValueRejects {
        let name = job.replace('%', "%25").replace('/', "%2F");
        let store = ValueStore {
            budget: RejectBudget::new(limit),
            loaded: 0,
            adjusted: Adjusted::new(),
            file: None,
            unsynced: false,
        };
        let path = folder.join(format!("{name}.jsonl"));
        ValueRejects { path, goes_on, store: Mutex::new(store), observer: None, hide: None }
    }

    /// Calls `observer` with each rejected row, before it counts.
    pub fn observed_by(self, observer: impl Fn(&RejectedRow) -> Result<()> + Send + Sync + 'static) -> Self {
        ValueRejects { observer: Some(Box::new(observer)), ..self }
    }

    /// Writes and reports rejected rows without the secrets that `hide` takes out. What it leaves of JSON is to be JSON.
    pub fn hiding(self, hide: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        ValueRejects { hide: Some(Box::new(hide)), ..self }
    }

    /// Checks that the file can be written, and removes that of an earlier run.
    ///
    /// # Errors
    /// A folder or file that cannot be written; a file that is not ours.
    pub fn check(&self) -> Result<()> {
        if self.are_allowed() {
            self.prepare().map_err(|error| self.unwritten(&error).into_refused())
        } else {
            Ok(())
        }
    }

    fn prepare(&self) -> io::Result<()> {
        if self.path.symlink_metadata().is_ok() {
            let file = open_file(&self.path, File::options().read(true))?;
            let mut start = Vec::new();
            file.take(LINE_START.len() as u64).read_to_end(&mut start)?;
            if !start.is_empty() && start != LINE_START {
                return Err(io::Error::other("holds something else, and is kept"));
            }
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        private_folder(folder)?;
        tempfile::tempfile_in(folder)?;
        if self.goes_on {
            return Ok(());
        }
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether any row may be rejected; else the first one that cannot be loaded is an error.
    pub fn are_allowed(&self) -> bool {
        self.store().budget.allows_any()
    }

    /// Adds rows, beside which `loaded` others can be loaded.
    ///
    /// # Errors
    /// Too many, with the first row beyond the limit; a file that cannot be written.
    pub fn add(&self, rejects: &[RejectedRow], loaded: u64) -> Result<()> {
        if let Some(first) = rejects.first() {
            let hide = |text: &str| self.hide.as_ref().map_or_else(|| text.to_owned(), |hide| hide(text));
            timeline::mark(MarkKind::Reject, rejects.len() as u64, || {
                let count = rejects.len() as u64;
                format!("{count} {} rejected; {}", plural(count, "row"), hide(&first.reason))
            });
        }
        let mut store = self.store();
        store.loaded += loaded;
        for reject in rejects {
            if let Some(observer) = &self.observer {
                observer(reject)?;
            }
            let hidden = self.hide.as_ref().map(|hide| reject.mapped(hide));
            let reject = hidden.as_ref().unwrap_or(reject);
            if !store.budget.allows_any() {
                return Err(Error::failed(&reject.reason).at(reject.place()));
            }
            store.write(&self.path, reject).map_err(|error| self.unwritten(&error))?;
            let is_beyond = store.budget.room() == 0;
            store.budget.spend(1);
            if is_beyond {
                return Err(store.budget.overdrawn(&reject.reason).at(reject.place()).remedy(self.see()));
            }
        }
        Ok(())
    }

    /// Whether so many more would be too many, however many rows there are.
    pub fn have_no_room_for(&self, more: usize) -> bool {
        more as u64 > self.store().budget.room()
    }

    /// Writes everything that was rejected so far to the disk: to be called before the rows beside it are committed.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn sync(&self) -> Result<()> {
        let mut store = self.store();
        if !std::mem::take(&mut store.unsynced) {
            return Ok(());
        }
        let Some(file) = &store.file else { return Ok(()) };
        file.sync_all().map_err(|error| self.unwritten(&error))
    }

    /// Judges a run whose rows are all there.
    ///
    /// # Errors
    /// Too many rejects, by their share in all rows.
    pub fn judge(&self) -> Result<()> {
        let store = self.store();
        store.budget.judge(store.loaded).map_err(|error| error.remedy(self.see()))
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.store().budget.rejected()
    }

    /// Adds numbers of adjusted values of some columns, whose rows are loaded.
    pub fn add_adjusted<'c>(&self, counts: impl Iterator<Item = (&'c str, u64)>) {
        let mut store = self.store();
        for (column, count) in counts {
            *store.adjusted.entry(column.to_owned()).or_default() += count;
        }
    }

    /// Logs which values were adjusted, and where the rejects are.
    pub fn log_outcome(&self) {
        if let Some(adjusted) = adjusted_in_words(&self.store().adjusted) {
            tracing::warn!("{adjusted}");
        }
        let count = self.count();
        if count > 0 {
            tracing::warn!("{count} {} rejected, {}", plural(count, "row"), self.see());
        }
    }

    fn see(&self) -> String {
        format!("see {}", self.path.display())
    }

    fn store(&self) -> MutexGuard<'_, ValueStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unwritten(&self, error: &io::Error) -> Error {
        Error::failed(format!("cannot write rejects: {error}"))
            .at(Place::file(self.path.display().to_string()))
            .hint(Hint::RejectFolder)
    }
}

impl ValueStore {
    fn write(&mut self, path: &Path, reject: &RejectedRow) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(open_file(path, File::options().create(true).append(true).mode(0o600))?),
        };
        self.unsynced = true;
        file.write_all(&reject.line()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reject(row: u64) -> RejectedRow {
        RejectedRow {
            order: 3,
            source: "request 3".into(),
            row: Some(row),
            named: None,
            column: Some("id".into()),
            value: Some("x\u{0}".into()),
            reason: "no number".into(),
            values: r#"["x\u0000",null]"#.into(),
        }
    }

    #[test]
    fn rows_are_kept_with_their_values_and_the_first_one_beyond_the_limit_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let rejects = ValueRejects::new(&folder.path().join("a/b"), "job/1", RejectLimit::Rows(1), false);
        rejects.check().unwrap();
        rejects.add(&[reject(7)], 5).unwrap();
        rejects.sync().unwrap();
        let error = rejects.add(&[reject(8)], 5).unwrap_err().to_string();
        assert!(
            error.starts_with(
                "request 3, row 8, column id: no number; with this row, 2 rows cannot be loaded"
            ),
            "{error}"
        );
        let file = std::fs::read_to_string(folder.path().join("a/b/job%2F1.jsonl")).unwrap();
        assert_eq!(file.lines().count(), 2);
        assert_eq!(
            file.lines().next().unwrap(),
            r#"{"source":"request 3","row":7,"column":"id","value":"x\u0000","reason":"no number","values":["x\u0000",null]}"#
        );
    }

    #[test]
    fn without_a_limit_the_first_row_is_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let rejects = ValueRejects::new(folder.path(), "job", RejectLimit::NONE, false);
        let error = rejects.add(&[reject(7)], 0).unwrap_err().to_string();
        assert_eq!(error, "request 3, row 7, column id: no number");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_share_is_judged_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let rejects = ValueRejects::new(folder.path(), "job", "10%".parse().unwrap(), false);
        rejects.add(&[reject(1), reject(2)], 17).unwrap();
        let error = rejects.judge().unwrap_err().to_string();
        assert!(error.starts_with("2 of 19 rows cannot be loaded; see "), "{error}");
        rejects.add(&[], 1).unwrap();
        rejects.judge().unwrap();
    }

    #[test]
    fn a_run_that_goes_on_adds_and_another_replaces_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let run = |goes_on| {
            let rejects = ValueRejects::new(folder.path(), "job", RejectLimit::Rows(9), goes_on);
            rejects.check().unwrap();
            rejects.add(&[reject(1)], 0).unwrap();
            std::fs::read_to_string(folder.path().join("job.jsonl")).unwrap().lines().count()
        };
        assert_eq!([run(false), run(true), run(false)], [1, 2, 1]);
        std::fs::write(folder.path().join("job.jsonl"), "mine").unwrap();
        let rejects = ValueRejects::new(folder.path(), "job", RejectLimit::Rows(9), false);
        assert!(rejects.check().unwrap_err().to_string().contains("holds something else"));
        assert_eq!(std::fs::read(folder.path().join("job.jsonl")).unwrap(), b"mine");
    }
}
