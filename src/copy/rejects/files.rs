//! The files of a unit's rejects: the rows as they stand in the data file, and why they were rejected.
//!
//! Both grow under other names. Several streams put rows aside in whatever order they come to them; at the end the rows
//! stand in the order of the data file, however many streams there were.

use super::lines::Reject;
use super::places::RejectPlaces;
use crate::copy::input::batch::Batch;
use crate::copy::input::charset::Charset;
use crate::copy::input::original::copy_original;
use crate::run::unfinished::beside;
use encoding_rs::Encoding;
use serde::Serialize;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;
use tempfile::NamedTempFile;

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
    /// The rows; or where they are in the decoded text, if the data file had to be decoded.
    rows: Growing,
    /// What the header takes of it.
    header: Range<u64>,
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

impl RejectFiles {
    /// Begins both.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn create(places: &RejectPlaces) -> io::Result<RejectFiles> {
        std::fs::create_dir_all(&places.folder)?;
        let mut rows = Growing::create(&places.rows())?;
        rows.write_row(places.charset, 0, &places.header)?;
        let header = 0..rows.bytes;
        let reasons = Growing::create(&places.reasons())?;
        Ok(RejectFiles { rows, header, reasons, pieces: Vec::new() })
    }

    /// Adds rows of a batch, in their order. No batch comes twice.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn add(&mut self, places: &RejectPlaces, batch: &Batch, rejects: &[Reject]) -> io::Result<()> {
        let (rows, reasons) = (self.rows.bytes, self.reasons.bytes);
        for reject in rejects {
            self.rows.write_row(places.charset, reject.origin.offset, &batch.bytes[reject.row.clone()])?;
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

    /// Both take their places. The data file is read once more, from `original`, if it had to be decoded.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn publish<R: Read>(
        mut self,
        places: &RejectPlaces,
        original: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<()> {
        let is_in_order = self.sort();
        let rows =
            std::iter::once(self.header.clone()).chain(self.pieces.iter().map(|piece| piece.rows.clone()));
        let reasons = self.pieces.iter().map(|piece| piece.reasons.clone());
        if !is_in_order {
            self.rows = self.rows.rearranged(&places.rows(), rows)?;
            self.reasons = self.reasons.rearranged(&places.reasons(), reasons)?;
        }
        if let Charset::Decoded(encoding) = places.charset {
            self.rows = self.rows.originals(&places.rows(), encoding, original()?)?;
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

    /// Writes a row of the data file; or its place in the decoded text, as two numbers, since that is not what the
    /// file holds.
    fn write_row(&mut self, charset: Charset, offset: u64, row: &[u8]) -> io::Result<()> {
        match charset {
            Charset::Latin1 | Charset::Utf8 => self.write(row),
            Charset::Decoded(_) => {
                self.write(&offset.to_le_bytes())?;
                self.write(&(offset + row.len() as u64).to_le_bytes())
            }
        }
    }

    /// A file with the rows of `original` that are at the places that this one holds.
    fn originals(
        mut self,
        path: &Path,
        encoding: &'static Encoding,
        original: impl Read,
    ) -> io::Result<Growing> {
        self.out.flush()?;
        let mut file = self.out.get_ref().as_file();
        file.seek(SeekFrom::Start(0))?;
        let mut places = BufReader::new(file);
        let mut number = move || {
            let mut bytes = [0; 8];
            places.read_exact(&mut bytes).map(|()| u64::from_le_bytes(bytes))
        };
        let parts = (0..self.bytes / 16).map(|_| Ok(number()?..number()?));
        let mut rows = Growing::create(path)?;
        copy_original(original, encoding, parts, &mut rows.out)?;
        Ok(rows)
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
    use crate::copy::input::batch::Origin;

    fn places(folder: &Path) -> RejectPlaces {
        RejectPlaces {
            folder: folder.join("not/there"),
            unit: "v1_a/b%".into(),
            dump: "app_v1.zip".into(),
            data_file: "t.dat".into(),
            header: b"id|n\xE4me\r\n".to_vec(),
            charset: Charset::Latin1,
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
            files.publish(&places, || Ok(io::empty())).unwrap();
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
}
