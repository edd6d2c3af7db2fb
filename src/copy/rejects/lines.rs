//! Rejected rows of a data file, in files beside the table.
//!
//! All streams of the file share them. What an encoder cannot take is rejected at once. A row that the server refuses takes
//! its whole COPY with it, so the file is loaded once more, the careful way ([`crate::copy::send::careful`]).

use super::budget::RejectBudget;
use super::files::RejectFiles;
use super::limit::RejectLimit;
use super::places::RejectPlaces;
use super::reject::Reject;
use crate::copy::input::batch::Batch;
use crate::copy::input::charset::Charset;
use crate::error::{Advice, Advise, Hint};
use crate::report::plural;
use crate::report::timeline::{self, MarkKind};
use crate::{Error, Place, Result};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The rejects of one data file.
#[derive(Debug)]
pub struct Rejects {
    places: RejectPlaces,
    /// The job's words, which stand in the files, too.
    advise: Advise,
    are_allowed: bool,
    /// Whether values may be NULL since their columns cannot hold them.
    may_adjust: bool,
    server_has_refused: AtomicBool,
    store: Mutex<LineStore>,
}

#[derive(Debug)]
struct LineStore {
    budget: RejectBudget,
    /// Of each column whose values may be NULL since it cannot hold them.
    of_columns: Vec<RejectBudget>,
    files: Option<RejectFiles>,
    has_given_up: bool,
}

impl LineStore {
    fn new(budget: RejectBudget) -> Self {
        LineStore { budget, of_columns: Vec::new(), files: None, has_given_up: false }
    }

    /// The budget that counts a reject.
    fn budget_of(&mut self, reject: &Reject) -> &mut RejectBudget {
        let of_column = match reject.is_adjusted {
            true => self.of_columns.iter_mut().find(|budget| budget.column() == reject.column.as_deref()),
            false => None,
        };
        of_column.unwrap_or(&mut self.budget)
    }

    /// How many values are NULL since their columns cannot hold them.
    fn adjusted(&self) -> u64 {
        self.of_columns.iter().map(RejectBudget::rejected).sum()
    }
}

impl Rejects {
    /// None yet, of a data file of `bytes` bytes and `columns` columns.
    pub fn new(
        places: RejectPlaces,
        limit: RejectLimit,
        bytes: u64,
        columns: usize,
        advise: Advise,
    ) -> Rejects {
        Rejects {
            places,
            advise,
            are_allowed: limit.allows_any(),
            may_adjust: false,
            server_has_refused: AtomicBool::new(false),
            store: Mutex::new(LineStore::new(RejectBudget::of_file(limit, bytes, columns))),
        }
    }

    /// With the limits of the columns whose values are NULL where they cannot hold them, of the same data file.
    pub fn adjusting(mut self, limits: &[(String, RejectLimit)], bytes: u64, columns: usize) -> Rejects {
        let budget =
            |(name, limit): &(String, RejectLimit)| RejectBudget::of_column(name, *limit, bytes, columns);
        self.store().of_columns = limits.iter().map(budget).collect();
        self.may_adjust = !limits.is_empty();
        self
    }

    /// None, ever: the first row that cannot be loaded is an error.
    pub fn none() -> Rejects {
        let places = RejectPlaces {
            folder: PathBuf::new(),
            name: String::new(),
            origin: Vec::new(),
            data_files: Vec::new(),
            header: Vec::new(),
            charset: Charset::Latin1,
        };
        Rejects::new(places, RejectLimit::NONE, 0, 0, |_| Advice::default())
    }

    /// Whether any row may be rejected; else the first one that cannot be loaded fails the load.
    pub fn are_allowed(&self) -> bool {
        self.are_allowed
    }

    /// Adds rows of a batch, in their order.
    ///
    /// # Errors
    /// Too many, with the first row beyond the limit; files that cannot be written.
    pub fn add(&self, batch: &Batch, rejects: &[Reject]) -> Result<()> {
        if rejects.is_empty() {
            return Ok(());
        }
        let mut store = self.store();
        if store.has_given_up {
            return Err(Error::failed("another stream has met too many rows that cannot be loaded"));
        }
        let beyond = rejects.iter().position(|reject| {
            let budget = store.budget_of(reject);
            let is_beyond = budget.room() == 0;
            budget.spend(1);
            is_beyond
        });
        // The first one beyond a limit is kept as well.
        let kept = &rejects[..beyond.map_or(rejects.len(), |first| first + 1)];
        let files = match &mut store.files {
            Some(files) => files,
            none => none.insert(RejectFiles::create(&self.places).map_err(|error| self.unwritten(error))?),
        };
        files.add(&self.places, batch, kept, self.advise).map_err(|error| self.unwritten(error))?;
        let Some(reject) = beyond.map(|first| &rejects[first]) else { return Ok(()) };
        let place = Place { column: reject.column.clone(), ..Place::default() };
        let overdrawn = store.budget_of(reject).overdrawn(&reject.reason(self.advise));
        let error = overdrawn.at(place.line(reject.origin.line));
        Err(self.give_up(&mut store, error))
    }

    /// Whether so many more would be too many.
    pub fn have_no_room_for(&self, more: usize) -> bool {
        more as u64 > self.store().budget.room()
    }

    /// Notes that the server has refused a row; the rows that were sent so far are lost.
    pub fn note_refusal(&self) {
        self.server_has_refused.store(true, Ordering::Relaxed);
    }

    /// Whether the file must be loaded once more, the careful way.
    pub fn need_care(&self) -> bool {
        self.server_has_refused.load(Ordering::Relaxed)
    }

    /// Forgets all rejects, for a load that starts over.
    pub fn forget(&self) {
        let mut store = self.store();
        store.budget.reset();
        store.of_columns.iter_mut().for_each(RejectBudget::reset);
        let of_columns = std::mem::take(&mut store.of_columns);
        *store = LineStore { of_columns, ..LineStore::new(store.budget.clone()) };
    }

    /// Judges the load when all rows were read: those that were rejected, and `loaded` others.
    ///
    /// # Errors
    /// Too many rejects, by their share in all rows.
    pub fn judge(&self, loaded: u64) -> Result<()> {
        let mut store = self.store();
        let of_columns = store.of_columns.iter().map(|budget| budget.judge(loaded));
        let judged = std::iter::once(store.budget.judge(loaded)).chain(of_columns).collect::<Result<()>>();
        judged.map_err(|error| self.give_up(&mut store, error))
    }

    /// Gives the files their names. The data file is read once more if it had to be decoded: `original` opens a part of it, the
    /// first one for 0. To be called right before the rows are committed: after the commit, a crash could leave a table without
    /// some of its rows, and no file with them.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub fn install_files<R: io::Read>(&self, original: impl Fn(usize) -> Result<R>) -> Result<()> {
        let Some(files) = self.store().files.take() else { return Ok(()) };
        let installed = files.install(&self.places, |part| original(part).map_err(io::Error::other));
        installed.map_err(|error| self.unwritten(error))
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.store().budget.rejected()
    }

    /// Logs where the rejects of a published load are, and removes what an earlier load has left.
    pub fn log_outcome(&self) {
        if !self.are_allowed() && !self.may_adjust {
            return;
        }
        let (count, adjusted, places) = (self.count(), self.store().adjusted(), &self.places);
        if let Err(error) = places.remove_old(count + adjusted == 0) {
            let folder = places.folder.display();
            tracing::warn!(
                "cannot remove rejects of an earlier load of {} from {folder}: {error}",
                places.name
            );
        }
        if count > 0 {
            timeline::mark(MarkKind::Reject, count, || {
                format!("{}: {count} {} rejected", places.name, plural(count, "row"))
            });
            tracing::warn!(
                "{}: {count} {} rejected, see {} and {}",
                places.name,
                plural(count, "row"),
                places.reasons().display(),
                places.rows().display()
            );
        }
        if adjusted > 0 {
            tracing::warn!(
                "{}: {adjusted} {} NULL by bad: null, see {}",
                places.name,
                plural(adjusted, "value"),
                places.reasons().display()
            );
        }
    }

    fn store(&self) -> MutexGuard<'_, LineStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves the reasons for the user to look at.
    fn give_up(&self, store: &mut LineStore, error: Error) -> Error {
        store.has_given_up = true;
        match store.files.take().map(|files| files.install_failure(&self.places)) {
            Some(Ok(())) => error.remedy(format!("see {}", self.places.reasons_of_failure().display())),
            Some(Err(unwritten)) => {
                tracing::warn!("{}", self.unwritten(unwritten).advised(self.advise));
                error
            }
            None => error,
        }
    }

    fn unwritten(&self, error: io::Error) -> Error {
        let folder = self.places.folder.display();
        Error::failed(format!("cannot write rejects into {folder}: {error}")).hint(Hint::RejectFolder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::input::batch::Origin;

    fn rejects(limit: &str, folder: &std::path::Path) -> Rejects {
        let places = RejectPlaces {
            folder: folder.to_owned(),
            name: "v1_t".into(),
            origin: vec![("dump", "app_v1.zip".into())],
            data_files: vec!["t.dat".into()],
            header: b"id\n".to_vec(),
            charset: Charset::Latin1,
        };
        Rejects::new(places, limit.parse().unwrap(), 99, 1, |_| Advice::default())
    }

    fn add(rejects: &Rejects, offset: u64, count: usize) -> Result<()> {
        let batch = Batch { origin: Origin { line: 2, offset }, bytes: b"x\n".repeat(count) };
        let all: Vec<Reject> = (0..count)
            .map(|number| Reject {
                origin: Origin { line: 2 + offset + number as u64, offset: offset + 2 * number as u64 },
                row: 2 * number..2 * number + 2,
                column: Some("id".into()),
                value: None,
                reason: "bad".into(),
                hint: None,
                is_adjusted: false,
            })
            .collect();
        rejects.add(&batch, &all)
    }

    fn names(folder: &std::path::Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_first_row_beyond_the_limit_is_named_and_the_reasons_up_to_it_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let rejects = rejects("3", folder.path());
        add(&rejects, 0, 2).unwrap();
        assert!(!rejects.have_no_room_for(1) && rejects.have_no_room_for(2));
        let error = add(&rejects, 50, 5).unwrap_err();
        assert_eq!(error.line(), Some(53));
        assert!(
            error.to_string().contains("line 53, column id: bad; with this row, 4 rows cannot be loaded")
        );
        assert!(add(&rejects, 70, 1).is_err());
        assert_eq!(names(folder.path()), ["v1_t.failed.jsonl"]);
        let reasons = std::fs::read_to_string(folder.path().join("v1_t.failed.jsonl")).unwrap();
        assert_eq!(reasons.lines().count(), 4);
    }

    #[test]
    fn a_share_is_judged_at_the_end_or_when_no_number_of_rows_can_save_it() {
        let folder = tempfile::tempdir().unwrap();
        let of_few = rejects("10%", folder.path());
        add(&of_few, 0, 2).unwrap();
        let error = of_few.judge(17).unwrap_err().to_string();
        assert!(error.starts_with("2 of 19 rows cannot be loaded; see "), "{error}");
        let enough = rejects("10%", folder.path());
        add(&enough, 0, 2).unwrap();
        enough.judge(18).unwrap();
        enough.install_files(|_| Ok(io::empty())).unwrap();
        assert_eq!(names(folder.path()), ["v1_t.dat", "v1_t.failed.jsonl", "v1_t.jsonl"]);
        enough.log_outcome();
        assert_eq!(names(folder.path()), ["v1_t.dat", "v1_t.jsonl"]);
        let hopeless = rejects("10%", folder.path());
        assert!(add(&hopeless, 0, 11).is_err());
    }

    #[test]
    fn adjusted_values_count_by_column_and_leave_reasons_alone() {
        let folder = tempfile::tempdir().unwrap();
        let adjust = |limit: &str, count: usize| {
            let limits = [("age".to_owned(), limit.parse().unwrap()), ("id".to_owned(), RejectLimit::ANY)];
            let rejects = rejects("0", folder.path()).adjusting(&limits, 99, 1);
            let all: Vec<Reject> = (0..count)
                .map(|number| Reject {
                    origin: Origin { line: 2 + number as u64, offset: 2 * number as u64 },
                    row: 2 * number..2 * number + 2,
                    column: Some("age".into()),
                    value: Some("x".into()),
                    reason: "bad".into(),
                    hint: None,
                    is_adjusted: true,
                })
                .collect();
            let batch = Batch { origin: Origin { line: 2, offset: 0 }, bytes: b"x\n".repeat(count) };
            (rejects.add(&batch, &all), rejects)
        };
        let (added, few) = adjust("2", 2);
        added.unwrap();
        assert_eq!(few.count(), 0);
        few.judge(2).unwrap();
        few.install_files(|_| Ok(io::empty())).unwrap();
        few.log_outcome();
        assert_eq!(names(folder.path()), ["v1_t.jsonl"]);
        let reasons = std::fs::read_to_string(folder.path().join("v1_t.jsonl")).unwrap();
        assert_eq!(reasons.lines().filter(|line| line.ends_with(",\"adjusted\":true}")).count(), 2);
        let error = adjust("2", 3).0.unwrap_err();
        assert_eq!(error.line(), Some(4));
        assert!(
            error.to_string().contains("with this value, 3 values of column age would be NULL"),
            "{error}"
        );
        let (added, share) = adjust("10%", 2);
        added.unwrap();
        assert!(share.judge(19).is_err());
        share.forget();
        share.judge(19).unwrap();
    }

    #[test]
    fn what_was_forgotten_leaves_nothing_and_no_rejects_remove_old_ones() {
        let folder = tempfile::tempdir().unwrap();
        let first = rejects("3", folder.path());
        add(&first, 0, 1).unwrap();
        first.install_files(|_| Ok(io::empty())).unwrap();
        let second = rejects("3", folder.path());
        add(&second, 0, 1).unwrap();
        second.forget();
        assert_eq!(second.count(), 0);
        second.install_files(|_| Ok(io::empty())).unwrap();
        second.log_outcome();
        assert!(names(folder.path()).is_empty());
    }
}
