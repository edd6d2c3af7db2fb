//! The bytes of a dump: the file itself, or the plain text of an encrypted file.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// A reader with a position of its own. Readers share the file, which may have no name by which it could be opened again.
#[derive(Debug, Clone)]
pub struct Content {
    file: Arc<File>,
    position: u64,
}

impl Content {
    /// Reads `file` from its start.
    pub fn new(file: File) -> Content {
        Content { file: Arc::new(file), position: 0 }
    }

    /// Another reader of the same bytes, from their start.
    pub fn again(&self) -> Content {
        Content { file: Arc::clone(&self.file), position: 0 }
    }
}

impl Read for Content {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(out, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Content {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(distance) => self.file.metadata()?.len().checked_add_signed(distance),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
        };
        self.position = position.ok_or(ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn readers_of_one_file_do_not_move_each_other() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let mut first = Content::new(file);
        let mut two = [0; 2];
        assert_eq!(first.seek(SeekFrom::End(-4)).unwrap(), 6);
        first.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"67");
        let mut second = first.again();
        second.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"01");
        first.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"89");
        assert_eq!(first.seek(SeekFrom::Current(-3)).unwrap(), 7);
        assert!(first.seek(SeekFrom::Current(-8)).is_err());
    }
}
