//! A member of a dump: a descriptor or a data file, wherever it is stored, and the reader that proves its bytes.
//!
//! A zip states size and CRC-32 of each member. Elsewhere the scan reads the whole member to know them, and the load is held to
//! what the scan has found: what gzip, zstd and tar check of themselves is checked besides.

use super::bytes::DumpBytes;
use super::compression::Compression;
use super::file::DumpFile;
use super::{tar, zip};
use crate::ingest::settings::limits::Limits;
use crate::run::interrupt;
use crate::{Error, Result};
use serde_json::{Value, json};
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes read at a time by the scan. Ctrl-C is heard in between.
const BLOCK_BYTES: usize = 256 << 10;

/// A member whose size and checksum are known.
#[derive(Debug)]
pub struct Member {
    /// Its name, with its folders.
    pub name: String,
    /// Its size as it will be read, bytes.
    pub bytes: u64,
    /// Tells its bytes from others of the same size, with the name of the checksum.
    pub checksum: (&'static str, String),
    place: Stored,
    compression: Option<Compression>,
    /// What the scan has found, for a member that a zip's CRC-32 does not vouch for.
    crc32: Option<u32>,
}

/// Where a member is stored.
#[derive(Debug)]
pub enum Stored {
    /// In a zip.
    Zip(Arc<DumpBytes>, zip::Member),
    /// In a tar.
    Tar(tar::Part),
    /// A file of its own, in a folder.
    File(DumpFile),
}

/// What the scan finds in a member.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Its size as it will be read, bytes.
    pub bytes: u64,
    /// CRC-32 of these bytes.
    pub crc32: u32,
    /// The first of them.
    pub head: Vec<u8>,
}

/// Reads `input` to its end. It holds `stored_bytes` bytes where it is stored; the first `head_bytes` of what it gives are kept.
///
/// # Errors
/// What `input` reports; more bytes than the limits allow; Ctrl-C.
pub fn examine(
    input: &mut dyn Read,
    stored_bytes: u64,
    limits: &Limits,
    head_bytes: usize,
) -> Result<Examined> {
    let mut examined = Examined::default();
    let mut crc = crc32fast::Hasher::new();
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        interrupt::check()?;
        let count = input.read(&mut block).map_err(unreadable)?;
        if count == 0 {
            examined.crc32 = crc.finalize();
            return Ok(examined);
        }
        crc.update(&block[..count]);
        examined.bytes += count as u64;
        limits.check_plain(stored_bytes, examined.bytes)?;
        let missing = head_bytes.saturating_sub(examined.head.len()).min(count);
        examined.head.extend_from_slice(&block[..missing]);
    }
}

/// What a reader of our own reports stays as it is; what a decoder reports gets words.
fn unreadable(error: io::Error) -> Error {
    match error.get_ref().is_some_and(|inner| inner.is::<Error>()) {
        true => error.into(),
        false => Error::refused(format!("the member is damaged: {error}"))
            .remedy("transfer or export the dump again"),
    }
}

impl Member {
    /// A member of a zip. One that is compressed by itself, too, is read to its end.
    ///
    /// # Errors
    /// A member that is damaged, or asks for more than the limits allow.
    pub fn in_zip(dump: Arc<DumpBytes>, member: zip::Member, limits: &Limits) -> Result<Member> {
        let name = member.name.clone();
        let (compression, _) = Compression::of_name(&name);
        let (bytes, checksum) = (member.bytes, member.checksum());
        let is_authenticated = checksum.0 != "crc32";
        let mut found =
            Member { name, bytes, checksum, place: Stored::Zip(dump, member), compression, crc32: None };
        if compression.is_some() {
            let examined = examine(&mut found.inflated()?, bytes, limits, 0)?;
            (found.bytes, found.crc32) = (examined.bytes, Some(examined.crc32));
            // A CRC-32 of what AES hides would reveal something about it.
            if !is_authenticated {
                found.checksum = checksum_of(examined.crc32);
            }
        }
        Ok(found)
    }

    /// A file in a folder, which is read to its end.
    ///
    /// # Errors
    /// A file that is gone, damaged, or asks for more than the limits allow.
    pub fn in_folder(name: String, file: DumpFile, limits: &Limits) -> Result<Member> {
        let (compression, _) = Compression::of_name(&name);
        let stored_bytes = file.bytes;
        let place = Stored::File(file);
        let mut found = Member { name, bytes: 0, checksum: checksum_of(0), place, compression, crc32: None };
        let examined = examine(&mut found.inflated()?, stored_bytes, limits, 0)?;
        found.take(&examined);
        Ok(found)
    }

    /// A part of a tar that was examined.
    pub fn in_tar(name: String, part: tar::Part, examined: &Examined) -> Member {
        let (compression, _) = Compression::of_name(&name);
        let place = Stored::Tar(part);
        let mut found = Member { name, bytes: 0, checksum: checksum_of(0), place, compression, crc32: None };
        found.take(examined);
        found
    }

    fn take(&mut self, examined: &Examined) {
        self.bytes = examined.bytes;
        self.checksum = checksum_of(examined.crc32);
        self.crc32 = Some(examined.crc32);
    }

    /// What tells its bytes from others. It is part of the ledger's fingerprints.
    pub fn fingerprint(&self) -> Value {
        let (name, checksum) = &self.checksum;
        json!({*name: checksum, "bytes": self.bytes})
    }

    /// Whether the dump is encrypted, or the member in it.
    pub fn is_encrypted(&self) -> bool {
        match &self.place {
            Stored::Zip(dump, member) => dump.is_encrypted() || member.is_encrypted(),
            Stored::Tar(part) => part.dump.is_encrypted(),
            Stored::File(_) => false,
        }
    }

    /// Opens the member for reading.
    ///
    /// # Errors
    /// A dump that is gone or changed; a wrong password.
    pub fn open(&self) -> Result<MemberReader> {
        match (&self.place, self.crc32) {
            (Stored::Zip(dump, member), None) => Ok(MemberReader::Zip(member.open(dump.content()?)?)),
            (_, crc32) => Ok(MemberReader::Examined(Box::new(Checked {
                input: self.inflated()?,
                crc: crc32fast::Hasher::new(),
                bytes: 0,
                expected_bytes: self.bytes,
                expected_crc32: crc32.unwrap_or_default(),
            }))),
        }
    }

    /// Its bytes, inflated, without a comparison with what the scan has found.
    fn inflated(&self) -> Result<Box<dyn Read + Send>> {
        let stored: Box<dyn Read + Send> = match &self.place {
            Stored::Zip(dump, member) => Box::new(member.open(dump.content()?)?),
            Stored::File(file) => Box::new(file.reopen()?),
            // The part knows its compression: what it keeps of the scan is inflated.
            Stored::Tar(part) => return Ok(Box::new(part.open(self.compression))),
        };
        match self.compression {
            Some(compression) => Ok(compression.reader(stored)?),
            None => Ok(stored),
        }
    }
}

fn checksum_of(crc32: u32) -> (&'static str, String) {
    ("crc32", format!("{crc32:08x}"))
}

/// A member's bytes. They are proved to be right when a read has given `Ok(0)`.
pub enum MemberReader {
    /// Compared with what the zip states.
    Zip(zip::ZipReader),
    /// Compared with what the scan has found.
    Examined(Box<Checked>),
}

impl Read for MemberReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            MemberReader::Zip(reader) => reader.read(out),
            MemberReader::Examined(reader) => reader.read(out),
        }
    }
}

/// A reader that compares size and CRC-32 at the end.
pub struct Checked {
    input: Box<dyn Read + Send>,
    crc: crc32fast::Hasher,
    bytes: u64,
    expected_bytes: u64,
    expected_crc32: u32,
}

impl Read for Checked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let count = self.input.read(out).map_err(|error| io::Error::other(unreadable(error)))?;
        self.crc.update(&out[..count]);
        self.bytes += count as u64;
        let ended = count == 0;
        let is_other = match ended {
            true => self.bytes != self.expected_bytes || self.crc.clone().finalize() != self.expected_crc32,
            false => self.bytes > self.expected_bytes,
        };
        if is_other {
            let error = Error::failed("the member has other bytes than when the dump was scanned")
                .remedy("run again once the dump is complete; nothing of this member was loaded");
            return Err(io::Error::other(error));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LimitsCfg;

    fn checked(input: &'static [u8], expected: &[u8]) -> Result<Vec<u8>, String> {
        let (expected_bytes, expected_crc32) = (expected.len() as u64, crc32fast::hash(expected));
        let crc = crc32fast::Hasher::new();
        let mut reader = Checked { input: Box::new(input), crc, bytes: 0, expected_bytes, expected_crc32 };
        let mut read = Vec::new();
        reader.read_to_end(&mut read).map(|_| read).map_err(|error| error.to_string())
    }

    #[test]
    fn other_bytes_than_those_of_the_scan_are_an_error() {
        assert_eq!(checked(b"1|one\n", b"1|one\n").unwrap(), b"1|one\n");
        for changed in [&b"1|onE\n"[..], b"1|one", b"1|one\n\n", b""] {
            let error = checked(changed, b"1|one\n").unwrap_err();
            assert!(error.starts_with("the member has other bytes"), "{error}");
        }
    }

    #[test]
    fn what_is_examined_keeps_the_limits() {
        let limits = |text: &str| {
            let cfg: LimitsCfg = serde_yaml::from_str(text).unwrap();
            Limits::resolve(&cfg).unwrap()
        };
        let examine = |bytes: &[u8], text| examine(&mut &bytes[..], 1, &limits(text), 3);
        let examined = examine(b"abcd", "{}").unwrap();
        assert_eq!(
            (examined.bytes, examined.crc32, examined.head),
            (4, crc32fast::hash(b"abcd"), b"abc".to_vec())
        );
        assert!(examine(b"abcd", "{max_total: 3}").unwrap_err().to_string().contains("max_total"));
        assert!(
            examine(b"abcd", "{max_ratio: 1, ratio_from: 1}").unwrap_err().to_string().contains("max_ratio")
        );
    }
}
