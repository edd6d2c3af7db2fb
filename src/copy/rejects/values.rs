//! Rejects among rows that came as separated values: put aside in one file, each with its values, as long as there are not
//! too many of them.
//!
//! Such rows come for hours, and are committed piece by piece. So the file grows under its own name, and what it holds is
//! on the disk before the rows beside which it was found are committed: after a crash it may tell of a row twice, but it
//! never lacks one.

use super::limit::RejectLimit;
use crate::report::plural;
use crate::{Error, Place, Result};
use serde::Serialize;
use serde_json::value::RawValue;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the file begins with; one that begins otherwise is not ours.
const START: &[u8] = b"{\"source\":";

/// A row that is put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRow {
    /// The place of its source among all of a run.
    pub order: u64,
    /// Where it comes from: a request, a replica.
    pub source: Arc<str>,
    /// Its number there, counted from 1, where rows have an order.
    pub row: Option<u64>,
    /// What it is called there, where they have none.
    pub named: Option<String>,
    /// The column at fault; none where the whole row is.
    pub column: Option<String>,
    /// What the column would get.
    pub value: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// All values, as JSON.
    pub values: String,
}

/// One line of the file.
#[derive(Serialize)]
struct Line<'r> {
    source: &'r str,
    row: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    named: Option<&'r str>,
    column: Option<&'r str>,
    value: Option<&'r str>,
    reason: &'r str,
    values: Option<&'r RawValue>,
}

/// Is told of each row that is put aside, before it counts.
type Observer = Box<dyn Fn(&RejectedRow) -> Result<()> + Send + Sync>;

/// The rejects of one run; all its streams share them.
pub struct ValueRejects {
    path: PathBuf,
    limit: RejectLimit,
    goes_on: bool,
    kept: Mutex<Kept>,
    observer: Option<Observer>,
}

#[derive(Debug, Default)]
struct Kept {
    count: u64,
    rows: u64,
    file: Option<File>,
    unsynced: bool,
}

impl RejectedRow {
    /// Where it is, for messages: `request 3, row 17`.
    pub fn place(&self) -> Place {
        let mut file = self.source.to_string();
        if let Some(row) = self.row {
            file.push_str(&format!(", row {row}"));
        }
        if let Some(named) = &self.named {
            file.push_str(&format!(", {named}"));
        }
        Place { file: Some(file), column: self.column.clone(), ..Place::default() }
    }
}

impl ValueRejects {
    /// None yet of `job`, of which `limit` are allowed; they go to `<folder>/<job>.jsonl`. A run that `goes_on` with what
    /// another has begun adds to that one's.
    pub fn new(folder: &Path, job: &str, limit: RejectLimit, goes_on: bool) -> ValueRejects {
        let name = job.replace('%', "%25").replace('/', "%2F");
        let (path, kept) = (folder.join(format!("{name}.jsonl")), Mutex::default());
        ValueRejects { path, limit, goes_on, kept, observer: None }
    }

    /// Tells `observer` of each row that is put aside, before it counts.
    pub fn observed_by(self, observer: impl Fn(&RejectedRow) -> Result<()> + Send + Sync + 'static) -> Self {
        ValueRejects { observer: Some(Box::new(observer)), ..self }
    }

    /// Checks that the file can be written, before there is anything to write, and removes that of an earlier run.
    ///
    /// # Errors
    /// A folder or file that cannot be written; a file that is not ours.
    pub fn check(&self) -> Result<()> {
        let refused = |error: io::Error| {
            Err(Error::refused(format!("cannot write rejects: {error}"))
                .at(Place::file(self.path.display().to_string()))
                .remedy("name another folder with --rejects"))
        };
        if !self.are_allowed() {
            return Ok(());
        }
        if let Ok(file) = File::open(&self.path) {
            let mut start = Vec::new();
            match file.take(START.len() as u64).read_to_end(&mut start) {
                Err(error) => return refused(error),
                Ok(1..) if start != START => {
                    return refused(io::Error::other("holds something else, and is kept"));
                }
                Ok(_) => {}
            }
        }
        let folder = self.path.parent().unwrap_or(Path::new("."));
        if let Err(error) =
            std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder).map(drop))
        {
            return refused(error);
        }
        if self.goes_on {
            return Ok(());
        }
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => refused(error),
            _ => Ok(()),
        }
    }

    /// Whether any row may be put aside; else the first one that cannot be loaded is an error.
    pub fn are_allowed(&self) -> bool {
        self.limit.allows_any()
    }

    /// Puts rows aside, beside which `loaded` others can be loaded.
    ///
    /// # Errors
    /// Too many, with the first row beyond the limit; a file that cannot be written.
    pub fn add(&self, rejects: &[RejectedRow], loaded: u64) -> Result<()> {
        let mut kept = self.kept();
        kept.rows += loaded;
        for reject in rejects {
            if let Some(observer) = &self.observer {
                observer(reject)?;
            }
            if !self.are_allowed() {
                return Err(Error::failed(&reject.reason).at(reject.place()));
            }
            self.write(&mut kept, reject).map_err(|error| self.unwritten(&error))?;
            kept.count += 1;
            if let RejectLimit::Rows(most) = self.limit
                && kept.count > most
            {
                let what = format!("{}; with this row, {}", reject.reason, self.too_many(kept.count, None));
                return Err(Error::failed(what).at(reject.place()).remedy(self.see()));
            }
        }
        Ok(())
    }

    /// Whether so many more would be too many, however many rows there are.
    pub fn have_no_room_for(&self, more: usize) -> bool {
        match self.limit {
            RejectLimit::Rows(most) => self.kept().count.saturating_add(more as u64) > most,
            RejectLimit::Share(_) => false,
        }
    }

    /// Everything that was put aside so far is on the disk then: to be called before the rows beside it are committed.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn sync(&self) -> Result<()> {
        let mut kept = self.kept();
        if !std::mem::take(&mut kept.unsynced) {
            return Ok(());
        }
        let Some(file) = &kept.file else { return Ok(()) };
        file.sync_all().map_err(|error| self.unwritten(&error))
    }

    /// Judges a run whose rows are all there.
    ///
    /// # Errors
    /// Too many rejects, by their share in all rows.
    pub fn judge(&self) -> Result<()> {
        let kept = self.kept();
        let read = kept.count + kept.rows;
        if self.limit.allows(kept.count, read) {
            return Ok(());
        }
        Err(Error::failed(self.too_many(kept.count, Some(read))).remedy(self.see()))
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.kept().count
    }

    /// Says where the rejects are.
    pub fn tell(&self) {
        let count = self.count();
        if count > 0 {
            tracing::warn!("{count} {} rejected, {}", plural(count, "row"), self.see());
        }
    }

    fn see(&self) -> String {
        format!("see {}", self.path.display())
    }

    fn write(&self, kept: &mut Kept, reject: &RejectedRow) -> io::Result<()> {
        let file = match &mut kept.file {
            Some(file) => file,
            none => none.insert(File::options().create(true).append(true).open(&self.path)?),
        };
        let values: Option<Box<RawValue>> = RawValue::from_string(reject.values.clone()).ok();
        let mut line = serde_json::to_vec(&Line {
            source: &reject.source,
            row: reject.row,
            named: reject.named.as_deref(),
            column: reject.column.as_deref(),
            value: reject.value.as_deref(),
            reason: &reject.reason,
            values: values.as_deref(),
        })?;
        line.push(b'\n');
        kept.unsynced = true;
        file.write_all(&line)
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

    fn unwritten(&self, error: &io::Error) -> Error {
        Error::failed(format!("cannot write rejects: {error}"))
            .at(Place::file(self.path.display().to_string()))
            .remedy("name another folder with --rejects")
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
        assert!(
            error.starts_with("2 of 19 rows cannot be loaded, and --max-rejects allows 10%; see "),
            "{error}"
        );
        rejects.add(&[], 1).unwrap();
        rejects.judge().unwrap();
    }

    #[test]
    fn a_run_that_goes_on_adds_and_another_begins_anew() {
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
