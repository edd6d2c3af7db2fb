//! The directory of a zip file, read without trusting it: it can be as large as the file, and its members can share bytes.

use crate::ingest::settings::limits::Limits;
use crate::ingest::source::content::Content;
use crate::{Error, Place, Result};
use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

/// Bytes of the directory that one member may need on average: a name of 255 bytes, and less than 100 bytes that tools add.
const BYTES_PER_MEMBER: u64 = 1 << 10;

/// Bytes that may be read to find the directory: at most 64 KiB of comment stand behind it, and a program stands before the
/// zip in a file that unpacks itself.
const SEARCH_BYTES: u64 = 4 << 20;

/// A zip whose directory was read.
pub type Archive = zip::ZipArchive<Bounded>;

/// Reads the directory of a zip file.
///
/// # Errors
/// A file that is no zip or only the start of one; a directory of more members than are allowed.
pub fn open(dump: Content, limits: &Limits) -> Result<Archive> {
    let left = SEARCH_BYTES.saturating_add(BYTES_PER_MEMBER.saturating_mul(limits.members as u64));
    let left = Rc::new(Cell::new(Some(left)));
    let opened = zip::ZipArchive::new(Bounded { dump, left: Rc::clone(&left) });
    if left.replace(None) == Some(0) {
        return Err(Error::refused(
            "the zip's directory is too large for as many members as limits.max_members allows",
        )
        .remedy("raise it if this dump is to be trusted"));
    }
    let archive = opened.map_err(|error| {
        Error::refused(format!("is no zip file, or is cut off: {error}"))
            .remedy("transfer or export the dump again, or move it out of this folder")
    })?;
    limits.check_members("zip", archive.len())?;
    if archive.is_empty() && archive.central_directory_start() > 0 {
        return Err(Error::refused("the zip lists no members, though the file holds more than an empty zip")
            .remedy("transfer or export the dump again, or move it out of this folder"));
    }
    Ok(archive)
}

/// A file with a limit on what is read until the directory is known: the `zip` crate keeps all of that in memory.
pub struct Bounded {
    dump: Content,
    /// Bytes that may still be read; `None` for any number.
    left: Rc<Cell<Option<u64>>>,
}

impl Read for Bounded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.dump.read(out)?;
        if let Some(left) = self.left.get() {
            let left = left.saturating_sub(count as u64);
            self.left.set(Some(left));
            if left == 0 {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        Ok(count)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.dump.seek(position)
    }
}

/// Where members lie in the file.
#[derive(Debug, Default)]
pub struct Extents(Vec<Extent>);

#[derive(Debug)]
struct Extent {
    start: u64,
    end: u64,
    name: String,
}

impl Extents {
    /// A member from its header at `start` to the `end` of its data.
    pub fn push(&mut self, start: u64, end: u64, name: &str) {
        self.0.push(Extent { start, end, name: name.to_owned() });
    }

    /// Checks that no two members share bytes, and that none reaches into the directory. Otherwise a small zip could list the
    /// same bomb many times.
    ///
    /// # Errors
    /// The first member that does.
    pub fn check(mut self, directory_start: u64) -> Result<()> {
        self.0.sort_by_key(|extent| (extent.start, extent.end));
        let place = |extent: &Extent| Place { member: Some(extent.name.clone()), ..Place::default() };
        for pair in self.0.windows(2) {
            if let [first, second] = pair
                && first.end > second.start
            {
                return Err(Error::refused(format!(
                    "the zip stores this member and {} in the same bytes",
                    first.name
                ))
                .at(place(second))
                .remedy("export the dump again"));
            }
        }
        match self.0.last().filter(|last| last.end > directory_start) {
            Some(last) => Err(Error::refused("the member reaches into the zip's directory")
                .at(place(last))
                .remedy("transfer or export the dump again")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(extents: &[(u64, u64)]) -> Result<(), String> {
        let mut all = Extents::default();
        for (index, (start, end)) in extents.iter().enumerate() {
            all.push(*start, *end, &format!("m{index}"));
        }
        all.check(100).map_err(|error| error.to_string())
    }

    #[test]
    fn members_may_touch_but_not_share_bytes() {
        assert_eq!(check(&[(50, 100), (0, 50)]), Ok(()));
        assert_eq!(check(&[]), Ok(()));
        let shared = check(&[(40, 60), (0, 41)]).unwrap_err();
        assert_eq!(shared, "m0: the zip stores this member and m1 in the same bytes; export the dump again");
        assert!(check(&[(0, 50), (50, 101)]).unwrap_err().starts_with("m1: the member reaches into"));
    }
}
