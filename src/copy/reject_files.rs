//! The files of a unit's rejects: the rows as they stand in the data file, and why they were rejected.
//!
//! Both grow under other names. Several streams put rows aside in whatever order they come to them; at the end the rows
//! stand in the order of the data file, however many streams there were.

use super::batch::Batch;
use super::rejects::Reject;
use crate::unfinished::beside;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What a file of reasons begins with; one that begins otherwise is not ours.
const REASONS_START: &[u8] = b"{\"dump\":";

/// Where a unit's rejects come from, and where they go.
#[derive(Debug, Default)]
pub struct RejectPlaces {
    /// The folder; created when there is something to put into it.
    pub folder: PathBuf,
    /// The unit: the files are named for it.
    pub unit: String,
    /// The dump's file name.
    pub dump: String,
    /// The data file's name in the dump.
    pub data_file: String,
    /// Its header line, with the line end.
    pub header: Vec<u8>,
}

/// Why a row was rejected: one line of the file of reasons.
#[derive(Debug, Serialize)]
struct Reason<'r> {
    dump: &'r str,
    data_file: &'r str,
    /// Where the row begins, counted from 1; the header is line 1, and line ends within quotes count.
    line: u64,
    /// Of the row's first byte in the inflated (and decoded) data file.
    byte_offset: u64,
    column: Option<&'r str>,
    value: Option<&'r str>,
    reason: &'r str,
}

/// Two files that grow.
#[derive(Debug)]
pub struct RejectFiles {
    rows: Growing,
    reasons: Growing,
    pieces: Vec<Piece>,
}

/// What one batch has added.
#[derive(Debug)]
struct Piece {
    /// Of the batch in the data file.
    offset: u64,
    rows: Range<u64>,
    reasons: Range<u64>,
}

/// A file that will have its name when it is complete.
#[derive(Debug)]
struct Growing {
    out: BufWriter<NamedTempFile>,
    bytes: u64,
}

impl RejectPlaces {
    /// The rows.
    pub fn rows(&self) -> PathBuf {
        self.path("dat")
    }

    /// The reasons.
    pub fn reasons(&self) -> PathBuf {
        self.path("jsonl")
    }

    /// The reasons why a unit failed. Those of the rows that are loaded stay beside them.
    pub fn reasons_of_failure(&self) -> PathBuf {
        self.path("failed.jsonl")
    }

    /// A table's name may hold what no file's name can.
    fn path(&self, extension: &str) -> PathBuf {
        let name = self.unit.replace('%', "%25").replace('/', "%2F");
        self.folder.join(format!("{name}.{extension}"))
    }

    /// Removes what earlier loads of the unit have left; `all` of it, or what tells of a failure only.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn remove_old(&self, all: bool) -> io::Result<()> {
        if is_ours(&self.reasons_of_failure()) {
            std::fs::remove_file(self.reasons_of_failure())?;
        }
        if all && is_ours(&self.reasons()) {
            // Without its reasons, a file of rows would not be known as ours.
            if self.rows().exists() {
                std::fs::remove_file(self.rows())?;
            }
            std::fs::remove_file(self.reasons())?;
        }
        Ok(())
    }
}

fn is_ours(reasons: &Path) -> bool {
    let mut start = Vec::new();
    let read =
        File::open(reasons).and_then(|file| file.take(REASONS_START.len() as u64).read_to_end(&mut start));
    read.is_ok() && start == REASONS_START
}

impl RejectFiles {
    /// Begins both.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn create(places: &RejectPlaces) -> io::Result<RejectFiles> {
        std::fs::create_dir_all(&places.folder)?;
        let mut rows = Growing::create(&places.rows())?;
        rows.write(&places.header)?;
        let reasons = Growing::create(&places.reasons())?;
        Ok(RejectFiles { rows, reasons, pieces: Vec::new() })
    }

    /// Adds rows of a batch, in their order. No batch comes twice.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn add(&mut self, places: &RejectPlaces, batch: &Batch, rejects: &[Reject]) -> io::Result<()> {
        let (rows, reasons) = (self.rows.bytes, self.reasons.bytes);
        for reject in rejects {
            self.rows.write(&batch.bytes[reject.row.clone()])?;
            let mut reason = serde_json::to_vec(&Reason {
                dump: &places.dump,
                data_file: &places.data_file,
                line: reject.origin.line,
                byte_offset: reject.origin.offset,
                column: reject.column.as_deref(),
                value: reject.value.as_deref(),
                reason: &reject.reason,
            })?;
            reason.push(b'\n');
            self.reasons.write(&reason)?;
        }
        self.pieces.push(Piece {
            offset: batch.origin.offset,
            rows: rows..self.rows.bytes,
            reasons: reasons..self.reasons.bytes,
        });
        Ok(())
    }

    /// Both take their places.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn publish(mut self, places: &RejectPlaces) -> io::Result<()> {
        let is_in_order = self.sort();
        let header = 0..places.header.len() as u64;
        let rows = std::iter::once(header).chain(self.pieces.iter().map(|piece| piece.rows.clone()));
        let reasons = self.pieces.iter().map(|piece| piece.reasons.clone());
        if !is_in_order {
            self.rows = self.rows.rearranged(&places.rows(), rows)?;
            self.reasons = self.reasons.rearranged(&places.reasons(), reasons)?;
        }
        // The reasons come last: they tell that the rows are ours.
        self.rows.persist(&places.rows())?;
        self.reasons.persist(&places.reasons())
    }

    /// The reasons take the place of those of a failure, and the rows go: a file with some of the rows that cannot be
    /// loaded would look as if all others were loaded.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn publish_failure(mut self, places: &RejectPlaces) -> io::Result<()> {
        if !self.sort() {
            let reasons = self.pieces.iter().map(|piece| piece.reasons.clone());
            self.reasons = self.reasons.rearranged(&places.reasons(), reasons)?;
        }
        self.reasons.persist(&places.reasons_of_failure())
    }

    /// Puts the pieces into the order of the data file; says whether they were.
    fn sort(&mut self) -> bool {
        let is_sorted = self.pieces.is_sorted_by_key(|piece| piece.offset);
        self.pieces.sort_by_key(|piece| piece.offset);
        is_sorted
    }
}

impl Growing {
    fn create(path: &Path) -> io::Result<Growing> {
        Ok(Growing { out: BufWriter::new(beside(path)?), bytes: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    /// A file with these parts of this one, which will be `path`.
    fn rearranged(mut self, path: &Path, parts: impl Iterator<Item = Range<u64>>) -> io::Result<Growing> {
        self.out.flush()?;
        let mut from = self.out.get_ref().as_file();
        let mut rearranged = Growing::create(path)?;
        for part in parts {
            from.seek(SeekFrom::Start(part.start))?;
            rearranged.bytes += io::copy(&mut from.take(part.end - part.start), &mut rearranged.out)?;
        }
        Ok(rearranged)
    }

    /// Takes its place; what it holds is on the disk then.
    fn persist(self, path: &Path) -> io::Result<()> {
        let file = self.out.into_inner()?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copy::batch::Origin;

    fn places(folder: &Path) -> RejectPlaces {
        RejectPlaces {
            folder: folder.join("not/there"),
            unit: "v1_a/b%".into(),
            dump: "app_v1.zip".into(),
            data_file: "t.dat".into(),
            header: b"id|n\xE4me\r\n".to_vec(),
        }
    }

    fn batch(offset: u64, rows: &[u8]) -> (Batch, Vec<Reject>) {
        let origin = Origin { line: offset, offset };
        let reject = Reject {
            origin,
            row: 0..rows.len(),
            column: None,
            value: Some("n\u{0}l".into()),
            reason: "bad \"row\"".into(),
        };
        (Batch { origin, bytes: rows.to_vec() }, vec![reject])
    }

    #[test]
    fn rows_stand_in_the_order_of_the_data_file_with_their_reasons() {
        let folder = tempfile::tempdir().unwrap();
        let places = places(folder.path());
        for order in [[9, 20, 31], [31, 9, 20]] {
            let mut files = RejectFiles::create(&places).unwrap();
            for offset in order {
                let (batch, rejects) = batch(offset, format!("{offset}|\u{e9}\r\n").as_bytes());
                files.add(&places, &batch, &rejects).unwrap();
            }
            files.publish(&places).unwrap();
            let rows = std::fs::read(folder.path().join("not/there/v1_a%2Fb%25.dat")).unwrap();
            assert_eq!(rows, [&places.header[..], "9|é\r\n20|é\r\n31|é\r\n".as_bytes()].concat());
            let reasons = std::fs::read_to_string(places.reasons()).unwrap();
            let lines: Vec<&str> = reasons.lines().collect();
            assert_eq!(lines.len(), 3);
            assert_eq!(
                lines[0],
                r#"{"dump":"app_v1.zip","data_file":"t.dat","line":9,"byte_offset":9,"column":null,"value":"n\u0000l","reason":"bad \"row\""}"#
            );
            assert_eq!(std::fs::read_dir(&places.folder).unwrap().count(), 2);
        }
    }

    #[test]
    fn only_files_of_ours_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let places = places(folder.path());
        let (batch, rejects) = batch(9, b"x\n");
        let create = || {
            let mut files = RejectFiles::create(&places).unwrap();
            files.add(&places, &batch, &rejects).unwrap();
            files
        };
        let count = || std::fs::read_dir(&places.folder).unwrap().count();
        create().publish(&places).unwrap();
        create().publish_failure(&places).unwrap();
        assert_eq!(count(), 3);
        places.remove_old(false).unwrap();
        assert_eq!(count(), 2);
        places.remove_old(true).unwrap();
        assert_eq!(count(), 0);
        std::fs::write(places.rows(), "mine").unwrap();
        std::fs::write(places.reasons(), "mine").unwrap();
        places.remove_old(true).unwrap();
        assert_eq!(count(), 2);
    }
}
