//! The two files of rejects: the rows as they stand in the data file, and why they were rejected.
//!
//! Both grow under other names. Several streams add rows in the order in which they come to them; at the end the rows stand
//! in the order of the data file, however many streams there were.

use super::places::RejectPlaces;
use super::reject::Reject;
use crate::copy::input::batch::Batch;
use crate::copy::input::charset::Charset;
use crate::copy::input::original::copy_original;
use crate::copy::input::part;
use crate::error::Advise;
use crate::run::unfinished::{beside, private_folder};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fs::Permissions;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::NamedTempFile;

/// Why a row was rejected: one line of the file of reasons.
struct Reason<'r> {
    places: &'r RejectPlaces,
    reject: &'r Reject,
    reason: &'r str,
}

impl Serialize for Reason<'_> {
    /// A line counts from 1: the header is line 1, and line ends within quotes count. An offset is that of the row's first
    /// byte in the inflated and decoded data file. Of a data file in parts, both are those of the part.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Reason { places, reject, reason } = self;
        let mut fields = serializer.serialize_map(None)?;
        for (name, value) in &places.origin {
            fields.serialize_entry(name, value)?;
        }
        let ((part, line), (_, offset)) =
            (part::split(reject.origin.line), part::split(reject.origin.offset));
        if let Some(name) = places.data_files.get(part) {
            fields.serialize_entry("data_file", name)?;
        }
        fields.serialize_entry("line", &line)?;
        fields.serialize_entry("byte_offset", &offset)?;
        fields.serialize_entry("column", &reject.column)?;
        fields.serialize_entry("value", &reject.value)?;
        fields.serialize_entry("reason", reason)?;
        if reject.is_adjusted {
            fields.serialize_entry("adjusted", &true)?;
        }
        fields.end()
    }
}

/// Two files that grow.
#[derive(Debug)]
pub struct RejectFiles {
    /// The rows; or where they are in the decoded text, if the data file had to be decoded.
    rows: Growing,
    /// The part of it that is the header.
    header: Range<u64>,
    reasons: Growing,
    batches: Vec<Added>,
    /// Whether any row was rejected. Those with adjusted values are loaded, so their reasons alone are kept.
    has_rows: bool,
}

/// The parts of both files that one batch has added.
#[derive(Debug)]
struct Added {
    /// Where the batch begins in the data file.
    offset: u64,
    rows: Range<u64>,
    reasons: Range<u64>,
}

/// A file that gets its name when it is complete.
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
        private_folder(&places.folder)?;
        let mut rows = Growing::create(&places.rows())?;
        rows.write_row(places.charset, 0, &places.header)?;
        let header = 0..rows.bytes;
        let reasons = Growing::create(&places.reasons())?;
        Ok(RejectFiles { rows, header, reasons, batches: Vec::new(), has_rows: false })
    }

    /// Adds rows of a batch, in their order, with reasons in a job's words. No batch comes twice.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn add(
        &mut self,
        places: &RejectPlaces,
        batch: &Batch,
        rejects: &[Reject],
        advise: Advise,
    ) -> io::Result<()> {
        let (rows, reasons) = (self.rows.bytes, self.reasons.bytes);
        for reject in rejects {
            if !reject.is_adjusted {
                self.has_rows = true;
                let row = &batch.bytes[reject.row.clone()];
                self.rows.write_row(places.charset, reject.origin.offset, row)?;
            }
            let text = reject.reason(advise);
            let mut reason = serde_json::to_vec(&Reason { places, reject, reason: &text })?;
            reason.push(b'\n');
            self.reasons.write(&reason)?;
        }
        self.batches.push(Added {
            offset: batch.origin.offset,
            rows: rows..self.rows.bytes,
            reasons: reasons..self.reasons.bytes,
        });
        Ok(())
    }

    /// Gives both files their names. The data file is read once more if it had to be decoded: `original` opens a part of it.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn install<R: Read>(
        mut self,
        places: &RejectPlaces,
        original: impl Fn(usize) -> io::Result<R>,
    ) -> io::Result<()> {
        let is_in_order = self.sort();
        if !self.has_rows {
            if !is_in_order {
                let reasons = self.batches.iter().map(|batch| batch.reasons.clone());
                self.reasons = self.reasons.rearranged(&places.reasons(), reasons)?;
            }
            places.remove_rows()?;
            return self.reasons.install(&places.reasons());
        }
        let rows =
            std::iter::once(self.header.clone()).chain(self.batches.iter().map(|batch| batch.rows.clone()));
        let reasons = self.batches.iter().map(|batch| batch.reasons.clone());
        if !is_in_order {
            self.rows = self.rows.rearranged(&places.rows(), rows)?;
            self.reasons = self.reasons.rearranged(&places.reasons(), reasons)?;
        }
        if places.charset.is_decoded_first() {
            self.rows = self.rows.originals(&places.rows(), places.charset, original)?;
        }
        // The reasons come last: they tell that the rows are ours.
        self.rows.install(&places.rows())?;
        self.reasons.install(&places.reasons())
    }

    /// Gives the reasons the name of those of a failure, and removes the rows: a file with some of the rows that cannot be
    /// loaded would look as if all others were loaded.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn install_failure(mut self, places: &RejectPlaces) -> io::Result<()> {
        if !self.sort() {
            let reasons = self.batches.iter().map(|batch| batch.reasons.clone());
            self.reasons = self.reasons.rearranged(&places.reasons(), reasons)?;
        }
        self.reasons.install(&places.reasons_of_failure())
    }

    /// Puts the batches into the order of the data file; says whether they were.
    fn sort(&mut self) -> bool {
        let is_sorted = self.batches.is_sorted_by_key(|batch| batch.offset);
        self.batches.sort_by_key(|batch| batch.offset);
        is_sorted
    }
}

impl Growing {
    fn create(path: &Path) -> io::Result<Growing> {
        let file = beside(path)?;
        // The rows may be of a dump that others must not read.
        file.as_file().set_permissions(Permissions::from_mode(0o600))?;
        Ok(Growing { out: BufWriter::new(file), bytes: 0 })
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
            Charset::Decoded(_) | Charset::CodePage(_) => {
                self.write(&offset.to_le_bytes())?;
                self.write(&(offset + row.len() as u64).to_le_bytes())
            }
        }
    }

    /// A file with the rows of the data file that are at the places that this one holds. `original` opens a part of it.
    fn originals<R: Read>(
        mut self,
        path: &Path,
        charset: Charset,
        original: impl Fn(usize) -> io::Result<R>,
    ) -> io::Result<Growing> {
        self.out.flush()?;
        let mut file = self.out.get_ref().as_file();
        file.seek(SeekFrom::Start(0))?;
        let mut places = BufReader::new(file);
        let mut number = move || {
            let mut bytes = [0; 8];
            places.read_exact(&mut bytes).map(|()| u64::from_le_bytes(bytes))
        };
        let mut rows = Growing::create(path)?;
        let mut next = || {
            let ((part, start), (_, end)) = (part::split(number()?), part::split(number()?));
            Ok((part, start..end))
        };
        // The part of a place that cannot be read does not matter: the copy ends with its error.
        let part_of = |place: &io::Result<(usize, Range<u64>)>| place.as_ref().map_or(0, |(part, _)| *part);
        let mut places = (0..self.bytes / 16).map(|_| next()).peekable();
        while let Some(part) = places.peek().map(part_of) {
            let of_part = std::iter::from_fn(|| places.next_if(|place| part_of(place) == part));
            let pieces = of_part.map(|place| place.map(|(_, piece)| piece));
            copy_original(original(part)?, charset, pieces, &mut rows.out)?;
        }
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

    /// Gives it its name; what it holds is on the disk then.
    fn install(self, path: &Path) -> io::Result<()> {
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
    use crate::error::{Advice, Hint};

    fn places(folder: &Path) -> RejectPlaces {
        RejectPlaces {
            folder: folder.join("not/there"),
            name: "v1_a/b%".into(),
            origin: vec![("dump", "app_v1.zip".into())],
            data_files: vec!["t.dat".into()],
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
            hint: Some(Hint::ValueEncoding),
            is_adjusted: false,
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
                files.add(&places, &batch, &rejects, |_| Advice::detail(", by `encoding`")).unwrap();
            }
            files.install(&places, |_| Ok(io::empty())).unwrap();
            let rows = std::fs::read(folder.path().join("not/there/v1_a%2Fb%25.dat")).unwrap();
            assert_eq!(rows, [&places.header[..], "9|é\r\n20|é\r\n31|é\r\n".as_bytes()].concat());
            let reasons = std::fs::read_to_string(places.reasons()).unwrap();
            let lines: Vec<&str> = reasons.lines().collect();
            assert_eq!(lines.len(), 3);
            assert_eq!(
                lines[0],
                r#"{"dump":"app_v1.zip","data_file":"t.dat","line":9,"byte_offset":9,"column":null,"value":"n\u0000l","reason":"bad \"row\", by `encoding`"}"#
            );
            assert_eq!(std::fs::read_dir(&places.folder).unwrap().count(), 2);
        }
    }
}
