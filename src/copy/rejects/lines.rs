//! Rejects: rows of a unit that cannot be loaded and are put aside, as long as there are not too many of them.
//!
//! All streams of a unit share them. What an encoder cannot take is put aside at once. A row that the server refuses
//! takes its whole COPY with it, so the unit is loaded once more, the careful way ([`crate::copy::send::careful`]).

use super::files::RejectFiles;
use super::limit::RejectLimit;
use super::places::RejectPlaces;
use crate::copy::input::batch::{Batch, Origin};
use crate::copy::input::charset::Charset;
use crate::report::plural;
use crate::{Error, Place, Result};
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A row that is put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Where it begins in the data file.
    pub origin: Origin,
    /// Its bytes in its batch, with the line end.
    pub row: Range<usize>,
    /// The column at fault; none where the whole row is.
    pub column: Option<String>,
    /// What the column holds, shortened.
    pub value: Option<String>,
    /// What is wrong.
    pub reason: String,
}

/// The rejects of one unit.
#[derive(Debug)]
pub struct Rejects {
    places: RejectPlaces,
    limit: RejectLimit,
    /// More are too many, however many rows there are.
    most: u64,
    refused: AtomicBool,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    count: u64,
    files: Option<RejectFiles>,
    too_many: bool,
}

impl Rejects {
    /// None yet, of a data file of `bytes` bytes and `columns` columns.
    pub fn new(places: RejectPlaces, limit: RejectLimit, bytes: u64, columns: usize) -> Rejects {
        Rejects {
            places,
            limit,
            most: limit.most(bytes, columns),
            refused: AtomicBool::new(false),
            kept: Mutex::new(Kept::default()),
        }
    }

    /// None, ever: the first row that cannot be loaded is an error.
    pub fn none() -> Rejects {
        let places = RejectPlaces {
            folder: PathBuf::new(),
            unit: String::new(),
            dump: String::new(),
            data_file: String::new(),
            header: Vec::new(),
            charset: Charset::Latin1,
        };
        Rejects::new(places, RejectLimit::NONE, 0, 0)
    }

    /// Whether any row may be put aside; else the first one that cannot be loaded fails the unit.
    pub fn are_allowed(&self) -> bool {
        self.limit.allows_any()
    }

    /// Puts rows of a batch aside, in their order.
    ///
    /// # Errors
    /// Too many, with the first row beyond the limit; files that cannot be written.
    pub fn add(&self, batch: &Batch, rejects: &[Reject]) -> Result<()> {
        if rejects.is_empty() {
            return Ok(());
        }
        let mut kept = self.kept();
        if kept.too_many {
            return Err(Error::failed("another stream has met too many rows that cannot be loaded"));
        }
        let room = self.most - kept.count;
        let beyond = usize::try_from(room).ok().and_then(|room| rejects.get(room));
        let count = if beyond.is_some() { room + 1 } else { rejects.len() as u64 };
        // Not more than there are.
        let rejects = &rejects[..count as usize];
        let files = match &mut kept.files {
            Some(files) => files,
            none => none.insert(RejectFiles::create(&self.places).map_err(|error| self.unwritten(error))?),
        };
        files.add(&self.places, batch, rejects).map_err(|error| self.unwritten(error))?;
        kept.count += count;
        match beyond {
            None => Ok(()),
            Some(reject) => {
                let place = Place { column: reject.column.clone(), ..Place::default() };
                let what = format!("{}; with this row, {}", reject.reason, self.too_many(kept.count, None));
                Err(self.give_up(&mut kept, &what).at(place.line(reject.origin.line)))
            }
        }
    }

    /// Whether so many more would be too many.
    pub fn have_no_room_for(&self, more: usize) -> bool {
        self.kept().count.saturating_add(more as u64) > self.most
    }

    /// The server has refused a row, and what was loaded so far is lost.
    pub fn server_has_refused(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }

    /// Whether the unit is to be loaded once more, the careful way.
    pub fn need_care(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// Forgets all, since the unit is loaded once more.
    pub fn forget(&self) {
        *self.kept() = Kept::default();
    }

    /// Judges a unit of which `loaded` rows can be loaded.
    ///
    /// # Errors
    /// Too many rejects, by their share in all rows.
    pub fn judge(&self, loaded: u64) -> Result<()> {
        let mut kept = self.kept();
        let (count, read) = (kept.count, kept.count + loaded);
        if self.limit.allows(count, read) {
            return Ok(());
        }
        let what = self.too_many(count, Some(read));
        Err(self.give_up(&mut kept, &what))
    }

    /// The files take their places; the data file is read once more, from `original`, if it had to be decoded. That
    /// comes right before the rows are committed: after it, a crash could leave a table without some of its rows and
    /// nothing that tells of them.
    ///
    /// # Errors
    /// Files that cannot be written.
    pub fn keep<R: io::Read>(&self, original: impl FnOnce() -> Result<R>) -> Result<()> {
        let Some(files) = self.kept().files.take() else { return Ok(()) };
        let published = files.publish(&self.places, || original().map_err(io::Error::other));
        published.map_err(|error| self.unwritten(error))
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.kept().count
    }

    /// Says where the rejects of a published unit are, and removes what an earlier load of it has left.
    pub fn tell(&self) {
        if !self.are_allowed() {
            return;
        }
        let count = self.count();
        if let Err(error) = self.places.remove_old(count == 0) {
            let folder = self.places.folder.display();
            tracing::warn!(
                "cannot remove rejects of an earlier load of {} from {folder}: {error}",
                self.places.unit
            );
        }
        if count > 0 {
            tracing::warn!(
                "{}: {count} {} rejected, see {} and {}",
                self.places.unit,
                plural(count, "row"),
                self.places.reasons().display(),
                self.places.rows().display()
            );
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn too_many(&self, count: u64, read: Option<u64>) -> String {
        let of = read.map_or(String::new(), |read| format!(" of {read}"));
        format!(
            "{count}{of} {} cannot be loaded, and --max-rejects allows {}",
            plural(count, "row"),
            self.limit
        )
    }

    /// Leaves the reasons for the user to look at.
    fn give_up(&self, kept: &mut Kept, what: &str) -> Error {
        kept.too_many = true;
        let files = kept.files.take().map(|files| files.publish_failure(&self.places));
        let error = Error::failed(what);
        match files {
            Some(Ok(())) => {
                let reasons = self.places.reasons_of_failure();
                error.remedy(format!("see {}; nothing of this unit was loaded", reasons.display()))
            }
            Some(Err(unwritten)) => {
                tracing::warn!("{}", self.unwritten(unwritten));
                error.remedy("nothing of this unit was loaded")
            }
            None => error.remedy("nothing of this unit was loaded"),
        }
    }

    fn unwritten(&self, error: io::Error) -> Error {
        let folder = self.places.folder.display();
        Error::failed(format!("cannot write rejects into {folder}: {error}"))
            .remedy("name another folder with --rejects; nothing of this unit was loaded")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejects(limit: &str, folder: &std::path::Path) -> Rejects {
        let places = RejectPlaces {
            folder: folder.to_owned(),
            unit: "v1_t".into(),
            dump: "app_v1.zip".into(),
            data_file: "t.dat".into(),
            header: b"id\n".to_vec(),
            charset: Charset::Latin1,
        };
        Rejects::new(places, limit.parse().unwrap(), 99, 1)
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
        assert!(
            error.starts_with("2 of 19 rows cannot be loaded, and --max-rejects allows 10%; see "),
            "{error}"
        );
        let enough = rejects("10%", folder.path());
        add(&enough, 0, 2).unwrap();
        enough.judge(18).unwrap();
        enough.keep(|| Ok(io::empty())).unwrap();
        assert_eq!(names(folder.path()), ["v1_t.dat", "v1_t.failed.jsonl", "v1_t.jsonl"]);
        enough.tell();
        assert_eq!(names(folder.path()), ["v1_t.dat", "v1_t.jsonl"]);
        let hopeless = rejects("10%", folder.path());
        assert!(add(&hopeless, 0, 11).is_err());
    }

    #[test]
    fn what_was_forgotten_leaves_nothing_and_no_rejects_remove_old_ones() {
        let folder = tempfile::tempdir().unwrap();
        let first = rejects("3", folder.path());
        add(&first, 0, 1).unwrap();
        first.keep(|| Ok(io::empty())).unwrap();
        let second = rejects("3", folder.path());
        add(&second, 0, 1).unwrap();
        second.forget();
        assert_eq!(second.count(), 0);
        second.keep(|| Ok(io::empty())).unwrap();
        second.tell();
        assert!(names(folder.path()).is_empty());
    }
}
