//! The zip file of a dump. It grows under another name in the same folder, and gets its own when it is complete.

use crate::run::unfinished::beside;
use crate::{Error, Place};
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use tempfile::TempPath;
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

/// Deflate's level. Measured (docs/benchmarks.md): the default level takes more than twice as long for files that are 9 %
/// smaller. The fastest level takes 60 % of the time, but its files are half again as large, unlike any real dump.
const LEVEL: i64 = 3;
/// Compressed bytes written at a time.
const OUTPUT_BYTES: usize = 256 << 10;
/// The least size that needs Zip64's fields (APPNOTE.TXT 4.3.9.2; the greatest number of 32 bits refers to them).
const ZIP64_BYTES: u64 = u32::MAX as u64;

/// A zip file that is being written.
pub struct ZipFile {
    zip: ZipWriter<GuardedFile>,
    path: TempPath,
}

/// The file under a zip writer, up to the first error. Later bytes are thrown away: a zip writer that is dropped would
/// write its directory to the full disk, and complain on standard error.
struct GuardedFile {
    file: BufWriter<File>,
    /// The position of the next byte, including those thrown away: the zip writer computes sizes from it.
    position: u64,
    failed: bool,
}

/// Whether a member of at most `longest` bytes needs Zip64's fields.
pub fn needs_zip64(longest: u64) -> bool {
    longest >= ZIP64_BYTES
}

/// The error for a file that cannot be written.
pub fn cannot_write(path: &Path, error: io::Error) -> Error {
    Error::from(error).at(Place::file(path.display().to_string()))
}

impl ZipFile {
    /// Begins the zip file that will be `path`.
    ///
    /// # Errors
    /// As the operating system reports them.
    pub fn create(path: &Path) -> io::Result<ZipFile> {
        let (file, path) = beside(path)?.into_parts();
        Ok(ZipFile { zip: ZipWriter::new(GuardedFile::new(file)), path })
    }

    /// Begins a member that will have at most `longest` bytes; [`Write`] fills it.
    ///
    /// # Errors
    /// As the operating system reports them.
    pub fn start_member(&mut self, name: &str, longest: u64) -> io::Result<()> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            // The same bytes at any time.
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(needs_zip64(longest));
        Ok(self.zip.start_file(name, options)?)
    }

    /// Ends the zip file; returns its size in bytes. [`TempPath::persist`] gives it its name.
    ///
    /// # Errors
    /// As the operating system reports them.
    pub fn finish(self) -> io::Result<(TempPath, u64)> {
        let file = self.zip.finish()?.file.into_inner()?;
        Ok((self.path, file.metadata()?.len()))
    }
}

impl GuardedFile {
    fn new(file: File) -> GuardedFile {
        GuardedFile { file: BufWriter::with_capacity(OUTPUT_BYTES, file), position: 0, failed: false }
    }

    fn unless_failed<T>(
        &mut self,
        instead: T,
        work: impl FnOnce(&mut BufWriter<File>) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.failed {
            return Ok(instead);
        }
        let outcome = work(&mut self.file);
        self.failed = outcome.is_err();
        outcome
    }
}

impl Write for GuardedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.unless_failed(bytes.len(), |file| file.write(bytes))?;
        self.position += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_failed((), BufWriter::flush)
    }
}

impl Seek for GuardedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let instead = match to {
            SeekFrom::Start(position) => position,
            SeekFrom::Current(distance) => self.position.saturating_add_signed(distance),
            SeekFrom::End(_) => self.position,
        };
        self.position = self.unless_failed(instead, |file| file.seek(to))?;
        Ok(self.position)
    }
}

impl Write for ZipFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.zip.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn zip64_is_chosen_where_32_bits_may_not_be_enough() {
        assert!(!needs_zip64((4 << 30) - 2));
        assert!(needs_zip64((4 << 30) - 1));
        assert!(needs_zip64(4 << 30));
    }

    #[test]
    fn a_member_with_zip64_fields_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lms_v1.zip");
        let mut archive = ZipFile::create(&path).unwrap();
        archive.start_member("users.dat", 5 << 30).unwrap();
        archive.write_all(b"user_id\n1\n").unwrap();
        let (unfinished, bytes) = archive.finish().unwrap();
        unfinished.persist(&path).unwrap();
        assert_eq!(path.metadata().unwrap().len(), bytes);
        let mut zip = zip::ZipArchive::new(File::open(&path).unwrap()).unwrap();
        let mut member = zip.by_name("users.dat").unwrap();
        // The extra field of Zip64 has the number 1 (APPNOTE.TXT 4.5.3).
        assert!(member.extra_data().unwrap().starts_with(&[1, 0]), "{:?}", member.extra_data());
        let mut text = String::new();
        member.read_to_string(&mut text).unwrap();
        assert_eq!(text, "user_id\n1\n");
    }

    #[test]
    fn an_unfinished_file_disappears() {
        let folder = tempfile::tempdir().unwrap();
        let mut archive = ZipFile::create(&folder.path().join("lms_v1.zip")).unwrap();
        archive.start_member("users.dat", 10).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        drop(archive);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
