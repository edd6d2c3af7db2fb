//! Tars, which may be compressed as a whole.
//!
//! A tar has no directory and no checksum of its members, so that the scan reads all of it once. Of a plain one a member is then
//! read where it lies. A compressed one is inflated again up to the member, each time that a member is opened: the head of each
//! member is kept, so that this happens in the load alone.

mod part;

pub use part::Part;

use super::bytes::DumpBytes;
use super::compression::Compression;
use super::content::Content;
use super::listing::Listing;
use super::member::{Examined, Member, examine};
use crate::ingest::settings::Settings;
use crate::ingest::settings::limits::Limits;
use crate::run::interrupt;
use crate::{Error, Result};
use part::skip;
use std::io::{self, Read};
use std::sync::Arc;
use tar::{EntryType, Header, PaxExtensions};

/// Size of a header; members are padded to a multiple of it (POSIX, pax, "ustar Interchange Format").
const BLOCK_BYTES: u64 = 512;
/// Where the checksum stands in a header. It is summed up as blanks.
const CHECKSUM: std::ops::Range<usize> = 148..156;
/// The largest extension: a name of 64 KiB and more is no file's.
const EXTENSION_BYTES: u64 = 1 << 20;
/// Bytes of a member's beginning that are kept: a header line, or a descriptor.
const HEAD_BYTES: usize = 64 << 10;
/// Bytes read at a time behind the end.
const PADDING_BYTES: usize = 256 << 10;
/// Bytes of beginnings that are kept of one dump.
const HEADS_BYTES: usize = 32 << 20;

/// Lists the members; what is wrong with one of them goes to the listing.
///
/// # Errors
/// A file that is no tar, only the start of one, or damaged; one that asks for more than the limits allow; Ctrl-C.
pub fn list(
    dump: &Arc<DumpBytes>,
    content: Content,
    compression: Option<Compression>,
    settings: &Settings,
    listing: &mut Listing,
) -> Result<()> {
    let stored_bytes = dump.file.bytes;
    let input: Box<dyn Read + Send> = match compression {
        Some(compression) => compression.reader(content)?,
        None => Box::new(content),
    };
    let limits = &settings.limits;
    let mut tar = Stream { input, position: 0, stored_bytes, limits };
    let mut name_ahead = None;
    let mut size_ahead = None;
    let mut kept_bytes = 0;
    let mut count = 0;
    while let Some(header) = tar.header()? {
        let kind = header.entry_type();
        let size = match size_ahead.take() {
            Some(size) if !is_extension(kind) => size,
            _ => header.entry_size().map_err(damaged)?,
        };
        if is_extension(kind) {
            let extension = tar.extension(size)?;
            match kind {
                EntryType::GNULongName => name_ahead = Some(until_nul(&extension)),
                EntryType::XHeader => read_pax(&extension, &mut name_ahead, &mut size_ahead)?,
                _ => {}
            }
            continue;
        }
        count += 1;
        limits.check_members("tar", count)?;
        let name = name_ahead.take().unwrap_or_else(|| until_nul(&header.path_bytes()));
        let role = match kind.is_dir() {
            true => listing.folder(&name),
            false => listing.role(&name, settings),
        };
        let end = tar.end_of(size)?;
        if let Some(role) = role {
            let member = match refusal(kind) {
                Some(error) => Err(error),
                None => {
                    let start = tar.position;
                    let member_compression = Compression::of_name(&name).0;
                    let head_bytes = match compression {
                        Some(_) => HEAD_BYTES.min(HEADS_BYTES - kept_bytes),
                        None => 0,
                    };
                    let mut stored = (&mut tar).take(size);
                    let examined = match member_compression {
                        Some(packed) => examine(&mut packed.reader(&mut stored)?, size, limits, head_bytes),
                        None => examine(&mut stored, size, limits, head_bytes),
                    };
                    examined.map(|Examined { bytes, crc32, head }| {
                        kept_bytes += head.len();
                        let examined = Examined { bytes, crc32, head: Vec::new() };
                        let dump = Arc::clone(dump);
                        let part = Part { dump, compression, start, bytes: size, head: head.into() };
                        Member::in_tar(name.clone(), part, &examined)
                    })
                }
            };
            listing.add(role, &name, member);
        }
        tar.skip_to(end)?;
    }
    tar.expect_nothing_more()
}

/// The tar as a stream, which keeps the limits.
struct Stream<'l> {
    input: Box<dyn Read + Send>,
    /// Plain bytes read so far.
    position: u64,
    stored_bytes: u64,
    limits: &'l Limits,
}

impl Read for Stream<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(out)?;
        self.position += count as u64;
        self.limits.check_plain(self.stored_bytes, self.position).map_err(io::Error::other)?;
        Ok(count)
    }
}

impl Stream<'_> {
    /// The next header; `None` at the end that is marked as such.
    fn header(&mut self) -> Result<Option<Header>> {
        let at_start = self.position == 0;
        let mut header = Header::new_old();
        let block = header.as_mut_bytes();
        self.read_exact(block).map_err(|error| match at_start {
            true => no_tar(&error),
            false => damaged(error),
        })?;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum: u32 = block
            .iter()
            .enumerate()
            .map(|(at, byte)| if CHECKSUM.contains(&at) { u32::from(b' ') } else { u32::from(*byte) })
            .sum();
        match header.cksum() {
            Ok(stated) if stated == sum => Ok(Some(header)),
            _ if at_start => Err(no_tar(&"the checksum of its first header is wrong")),
            _ => Err(damaged("the checksum of a header is wrong")),
        }
    }

    /// Where the member of `size` bytes ends, with its padding.
    fn end_of(&self, size: u64) -> Result<u64> {
        let padded = size.checked_next_multiple_of(BLOCK_BYTES);
        padded
            .and_then(|padded| self.position.checked_add(padded))
            .ok_or_else(|| damaged("a size is too large"))
    }

    /// Reads what stands before a member: a long name, or pax' records.
    fn extension(&mut self, size: u64) -> Result<Vec<u8>> {
        if size > EXTENSION_BYTES {
            return Err(damaged(format!("a name or its like has {size} bytes")));
        }
        let end = self.end_of(size)?;
        let mut bytes = Vec::new();
        self.take(size).read_to_end(&mut bytes).map_err(damaged)?;
        self.skip_to(end)?;
        Ok(bytes)
    }

    fn skip_to(&mut self, end: u64) -> Result<()> {
        let left = end.saturating_sub(self.position);
        skip(self, left).map_err(damaged)
    }

    /// Checks that nothing but padding follows the end: `tar` itself would pass over what was appended by `cat`.
    fn expect_nothing_more(mut self) -> Result<()> {
        let mut block = vec![0; PADDING_BYTES];
        loop {
            interrupt::check()?;
            let count = self.read(&mut block).map_err(damaged)?;
            if count == 0 {
                return Ok(());
            }
            if block[..count].iter().any(|byte| *byte != 0) {
                return Err(Error::refused("the tar goes on behind its end")
                    .remedy("make one tar of all members; transfer or export the dump again"));
            }
        }
    }
}

fn is_extension(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

/// Why a member that is named for a table is no file, if it is none.
fn refusal(kind: EntryType) -> Option<Error> {
    let what = match kind {
        EntryType::Regular | EntryType::Continuous => return None,
        EntryType::Symlink => "is a symbolic link",
        EntryType::Link => "is a link to another member",
        EntryType::GNUSparse => "is stored with holes, which pghaul does not read",
        _ => "is no file",
    };
    let remedy = "store the file itself in the tar (tar does so with --dereference --hard-dereference)";
    Some(Error::refused(format!("the member {what}")).remedy(remedy))
}

/// Takes name and size of the next member from pax' records.
fn read_pax(records: &[u8], name: &mut Option<String>, size: &mut Option<u64>) -> Result<()> {
    for record in PaxExtensions::new(records) {
        let record = record.map_err(damaged)?;
        let value = String::from_utf8_lossy(record.value_bytes()).into_owned();
        match record.key_bytes() {
            b"path" => *name = Some(value),
            b"size" => *size = Some(value.parse().map_err(|_| damaged("a size is no number"))?),
            key if key.starts_with(b"GNU.sparse.") => {
                return Err(Error::refused("a member is stored with holes, which pghaul does not read")
                    .remedy("make the tar without --sparse"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn until_nul(name: &[u8]) -> String {
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    String::from_utf8_lossy(&name[..end]).into_owned()
}

fn no_tar(error: &dyn std::fmt::Display) -> Error {
    Error::refused(format!("is no tar file, or is cut off: {error}"))
        .remedy("transfer or export the dump again, or move it out of this folder")
}

/// What one of our own readers reports stays as it is.
fn damaged(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let error = error.into();
    let text = error.to_string();
    match error.downcast::<io::Error>().map(|error| (*error).downcast::<Error>()) {
        Ok(Ok(ours)) => ours,
        _ => Error::refused(format!("the tar is damaged or cut off: {text}"))
            .remedy("transfer or export the dump again"),
    }
}
