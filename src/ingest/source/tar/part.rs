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
#[derive(Debug)]
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
        PartReader {
            dump: Arc::clone(&self.dump),
            compression: self.compression,
            member,
            start: self.start,
            bytes: self.bytes,
            head: Arc::clone(&self.head),
            position: 0,
            rest: None,
        }
    }
}

/// The bytes of a member: what was kept of the scan, then those that lie in the tar.
pub struct PartReader {
    dump: Arc<DumpBytes>,
    compression: Option<Compression>,
    member: Option<Compression>,
    start: u64,
    bytes: u64,
    head: Arc<[u8]>,
    /// Bytes given.
    position: usize,
    rest: Option<Box<dyn Read + Send>>,
}

impl PartReader {
    /// Opens the tar, and skips what was given.
    fn rest(&self) -> Result<Box<dyn Read + Send>> {
        let mut content = self.dump.content()?;
        let mut tar: Box<dyn Read + Send> = match self.compression {
            None => {
                content.seek(SeekFrom::Start(self.start))?;
                Box::new(content)
            }
            Some(compression) => {
                let mut tar = compression.reader(content)?;
                skip_bytes(&mut tar, self.start)?;
                tar
            }
        };
        // Where the member is not compressed, what was given lies in the tar as it is.
        if self.member.is_none() {
            skip_bytes(&mut tar, self.position as u64)?;
            return Ok(Box::new(tar.take(self.bytes - self.position as u64)));
        }
        let mut member: Box<dyn Read + Send> = Box::new(tar.take(self.bytes));
        if let Some(compression) = self.member {
            member = compression.reader(member)?;
        }
        skip_bytes(&mut member, self.position as u64)?;
        Ok(member)
    }
}

fn skip_bytes(input: &mut Box<dyn Read + Send>, count: u64) -> io::Result<()> {
    let mut left = count;
    while left > 0 {
        let step = left.min(SKIP_BYTES);
        skip(&mut input.take(step), |taken| taken.limit())?;
        left -= step;
    }
    Ok(())
}

impl Read for PartReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(left) = self.head.get(self.position..).filter(|left| !left.is_empty()) {
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

/// Reads and drops as many bytes as `left` says.
pub fn skip<R: Read>(input: &mut R, left: impl Fn(&R) -> u64) -> io::Result<()> {
    loop {
        interrupt::check().map_err(io::Error::other)?;
        let step = left(input).min(SKIP_BYTES);
        if step == 0 {
            return Ok(());
        }
        if io::copy(&mut input.take(step), &mut io::sink())? < step {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
