//! Reading one member of a dump: inflated by our own reader, since its checksum must be checked before anything
//! is published, and the `zip` crate's own path is 20 to 40 % slower.

use super::limits::Limits;
use crate::{Error, Result};
use flate2::bufread::DeflateDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use zip::CompressionMethod;
use zip::read::ZipFile;

/// Compressed bytes read at a time.
const INPUT_BYTES: usize = 256 << 10;

/// A member as the dump's directory lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, with its folders.
    pub name: String,
    /// Its size when inflated, bytes.
    pub bytes: u64,
    /// CRC-32 of its inflated bytes.
    pub crc32: u32,
    compressed_bytes: u64,
    data_start: u64,
    method: Method,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Stored,
    Deflated,
}

impl Member {
    /// Takes what is needed to read the member later.
    ///
    /// # Errors
    /// An encrypted member, a link, one compressed by anything but deflate, and one that would become far larger than it is.
    pub fn new<R: Read>(name: &str, file: &ZipFile<'_, R>, limits: &Limits) -> Result<Member> {
        if file.is_symlink() {
            return Err(Error::refused("the member is a symbolic link")
                .remedy("store the file itself in the zip (zip does so without -y)"));
        }
        if file.encrypted() {
            return Err(
                Error::refused("the member is encrypted").remedy("store it in the zip without a password")
            );
        }
        let method = match file.compression() {
            CompressionMethod::Stored => Method::Stored,
            CompressionMethod::DEFLATE => Method::Deflated,
            other => {
                #[allow(
                    deprecated,
                    reason = "the number is nowhere else; under a fuzzer it is not deprecated"
                )]
                let number = match other {
                    CompressionMethod::Unsupported(number) => format!("{number} ({other})"),
                    _ => other.to_string(),
                };
                return Err(Error::refused(format!("compression method {number} is not supported"))
                    .remedy("compress the dump with deflate, which every zip tool knows"));
            }
        };
        limits.check_ratio(file.compressed_size(), file.size())?;
        let data_start = file
            .data_start()
            .ok_or_else(|| Error::refused("the zip directory does not say where the member begins"))?;
        Ok(Member {
            name: name.to_owned(),
            bytes: file.size(),
            crc32: file.crc32(),
            compressed_bytes: file.compressed_size(),
            data_start,
            method,
        })
    }

    /// Opens the member for reading; `dump` is a handle of its own, which is moved to the member's place.
    ///
    /// # Errors
    /// What the operating system reports.
    pub fn open(&self, mut dump: File) -> Result<MemberReader> {
        dump.seek(SeekFrom::Start(self.data_start))?;
        let input = BufReader::with_capacity(INPUT_BYTES, dump.take(self.compressed_bytes));
        let inflate = match self.method {
            Method::Stored => Inflate::Stored(input),
            Method::Deflated => Inflate::Deflated(Box::new(DeflateDecoder::new(input))),
        };
        Ok(MemberReader {
            inflate,
            crc: crc32fast::Hasher::new(),
            bytes: 0,
            expected_bytes: self.bytes,
            expected_crc32: self.crc32,
        })
    }
}

enum Inflate {
    Stored(BufReader<Take<File>>),
    Deflated(Box<DeflateDecoder<BufReader<Take<File>>>>),
}

/// A member's inflated bytes. Size and checksum are compared at the end: only who has read `Ok(0)` knows that what
/// came before is right.
pub struct MemberReader {
    inflate: Inflate,
    crc: crc32fast::Hasher,
    bytes: u64,
    expected_bytes: u64,
    expected_crc32: u32,
}

impl Read for MemberReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let count = match &mut self.inflate {
            Inflate::Stored(input) => input.read(out),
            Inflate::Deflated(decoder) => decoder.read(out),
        }
        .map_err(|error| damaged(format!("cannot be inflated: {error}")))?;
        self.crc.update(&out[..count]);
        self.bytes += count as u64;
        if self.bytes > self.expected_bytes || (count == 0 && self.bytes < self.expected_bytes) {
            let than = if count == 0 { "ends before" } else { "inflates to more than" };
            return Err(damaged(format!("{than} the {} bytes that the zip states", self.expected_bytes)));
        }
        if count == 0 {
            let crc32 = self.crc.clone().finalize();
            if crc32 != self.expected_crc32 {
                let expected = self.expected_crc32;
                return Err(damaged(format!("its CRC-32 is {crc32:08x}, the zip states {expected:08x}")));
            }
        }
        Ok(count)
    }
}

fn damaged(what: String) -> io::Error {
    io::Error::other(
        Error::failed(format!("the member is damaged: {what}"))
            .remedy("transfer or export the dump again; nothing of this member was loaded"),
    )
}
