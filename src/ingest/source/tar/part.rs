//! A member of a tar, and the reader that gets to it.

use crate::Result;
use crate::ingest::source::bytes::DumpBytes;
use crate::ingest::source::compression::Compression;
use crate::run::interrupt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// Bytes skipped at a time. Ctrl-C is heard in between.
const SKIP_BYTES: u64 = 8 << 20;

/// Where a member lies in a tar.
#[derive(Debug, Clone)]
pub struct Part {
    /// The tar.
    pub dump: Arc<DumpBytes>,
    /// The compression of the tar.
    pub compression: Option<Compression>,
    /// Where its bytes begin in the plain tar.
    pub start: u64,
    /// How many there are.
    pub bytes: u64,
    /// The first bytes of what the member gives, if that takes inflating the tar.
    pub head: Arc<[u8]>,
}

impl Part {
    /// Opens the member, inflated if it is compressed by itself.
    pub fn open(&self, member: Option<Compression>) -> PartReader {
        PartReader { part: self.clone(), member, position: 0, rest: None }
    }
}

/// The bytes of a member: what was kept of the scan, then those that lie in the tar.
pub struct PartReader {
    part: Part,
    member: Option<Compression>,
    /// Bytes given.
    position: usize,
    rest: Option<Box<dyn Read + Send>>,
}

impl PartReader {
    /// Opens the tar, and skips what was given.
    fn rest(&self) -> Result<Box<dyn Read + Send>> {
        let Part { dump, compression, start, bytes, .. } = &self.part;
        let mut content = dump.content()?;
        let mut tar: Box<dyn Read + Send> = match compression {
            None => {
                content.seek(SeekFrom::Start(*start))?;
                Box::new(content)
            }
            Some(compression) => {
                let mut tar = compression.reader(content)?;
                skip(&mut tar, *start)?;
                tar
            }
        };
        let given = self.position as u64;
        match self.member {
            // What was given lies in the tar as it is.
            None => {
                skip(&mut tar, given)?;
                Ok(Box::new(tar.take(bytes - given)))
            }
            Some(compression) => {
                let mut member = compression.reader(tar.take(*bytes))?;
                skip(&mut member, given)?;
                Ok(member)
            }
        }
    }
}

impl Read for PartReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(left) = self.part.head.get(self.position..).filter(|left| !left.is_empty()) {
            let count = left.len().min(out.len());
            out[..count].copy_from_slice(&left[..count]);
            self.position += count;
            return Ok(count);
        }
        if self.rest.is_none() {
            self.rest = Some(self.rest().map_err(io::Error::other)?);
        }
        match &mut self.rest {
            Some(rest) => rest.read(out),
            None => Ok(0),
        }
    }
}

/// Reads and drops so many bytes.
///
/// # Errors
/// An end before that; what `input` reports; Ctrl-C.
pub fn skip(input: &mut impl Read, mut bytes: u64) -> io::Result<()> {
    while bytes > 0 {
        interrupt::check().map_err(io::Error::other)?;
        let step = bytes.min(SKIP_BYTES);
        if io::copy(&mut input.take(step), &mut io::sink())? < step {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes -= step;
    }
    Ok(())
}
