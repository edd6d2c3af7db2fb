//! A data file: header, rows, and broken rows.

use super::broken_list::BrokenList;
use super::dirty::BrokenRows;
use super::drift::Layout;
use super::rows::{RowWriter, longest_row};
use crate::Result;
use crate::generate::random::Seed;
use crate::run::interrupt;
use memchr::memchr_iter;
use std::io::Write;

/// Rows are written in chunks of about this size (bytes): large enough that the cost per chunk vanishes.
const CHUNK_BYTES: usize = 256 << 10;

/// A data file that is to be written.
#[derive(Debug)]
pub struct DataFile<'l> {
    /// Its name in the dump.
    pub name: String,
    /// The table in this version.
    pub layout: &'l Layout,
    /// The number of its rows.
    pub rows: u64,
    /// The seed of its rows.
    pub seed: Seed,
    /// The share of broken rows, from 0 to 1.
    pub dirty: f64,
}

impl DataFile<'_> {
    /// Its greatest possible size (bytes).
    pub fn longest(&self) -> u64 {
        self.rows.saturating_mul(longest_row(self.layout)).saturating_add(self.layout.header().len() as u64)
    }

    /// Writes it to `out`, and its broken rows to `list`. `advance` gets the number of rows of each chunk. Returns the size
    /// in bytes.
    ///
    /// # Errors
    /// Errors of `out` and the list; a signal that asks to stop.
    pub fn write(
        &self,
        out: &mut impl Write,
        list: Option<&mut BrokenList>,
        advance: impl Fn(u64),
    ) -> Result<u64> {
        let mut list = list;
        let rows = RowWriter::new(self.layout, self.seed);
        let all_broken = BrokenRows::new(self.layout, self.rows, self.dirty, self.seed);
        let mut broken = (0..).map_while(|number| all_broken.get(number)).peekable();
        let mut chunk = self.layout.header().into_bytes();
        // The position of the chunk's first byte.
        let (mut offset, mut line) = (0, 1);
        let mut next = 0;
        loop {
            interrupt::check()?;
            let first = next;
            let mut counted = 0;
            while next < self.rows && chunk.len() < CHUNK_BYTES {
                match broken.next_if(|broken| broken.index == next) {
                    None => rows.push(&mut chunk, next),
                    Some(broken) => {
                        line += lines(&chunk[counted..]);
                        counted = chunk.len();
                        if let Some(list) = &mut list {
                            let column = broken.column.map(|number| &*self.layout.columns[number].name);
                            list.push(&self.name, column, &broken, line, offset + counted as u64)?;
                        }
                        rows.push_broken(&mut chunk, &broken);
                    }
                }
                next += 1;
            }
            // Lines are only counted for the list.
            if list.is_some() {
                line += lines(&chunk[counted..]);
            }
            out.write_all(&chunk)?;
            offset += chunk.len() as u64;
            advance(next - first);
            if next == self.rows {
                return Ok(offset);
            }
            chunk.clear();
        }
    }
}

fn lines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use super::super::drift::Layout;
    use super::super::tables::TABLES;
    use super::*;
    use std::cell::Cell;

    /// All rows of a file of `rows` rows, and how many rows were reported.
    fn written(rows: u64, dirty: f64) -> (Vec<u8>, u64) {
        let layout = Layout::new(&TABLES[0], 0);
        let file =
            DataFile { name: "users.dat".to_owned(), layout: &layout, rows, seed: Seed::new(0), dirty };
        let (mut out, advanced) = (Vec::new(), Cell::new(0));
        let bytes = file.write(&mut out, None, |rows| advanced.set(advanced.get() + rows)).unwrap();
        assert_eq!(bytes, out.len() as u64);
        assert!(bytes <= file.longest());
        (out, advanced.get())
    }

    #[test]
    fn a_file_of_no_rows_is_a_header() {
        let (bytes, rows) = written(0, 0.5);
        assert_eq!((String::from_utf8(bytes).unwrap().lines().count(), rows), (1, 0));
    }

    #[test]
    fn no_row_is_lost_between_chunks_and_fewer_rows_are_the_same_rows() {
        let (many, rows) = written(7001, 0.0);
        assert!(many.len() > 2 * CHUNK_BYTES);
        assert_eq!(rows, 7001);
        let (few, rows) = written(7000, 0.0);
        assert_eq!(rows, 7000);
        assert!(many.starts_with(&few) && many[few.len()..].starts_with(b"7001|"));
    }
}
