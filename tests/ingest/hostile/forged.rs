//! Zip files in which every field can be a lie (APPNOTE.TXT 4.3 and 4.5.3).

use flate2::{Compression, write::DeflateEncoder};
use std::io::Write;

/// The field that stands for "see the Zip64 extension".
pub const IN_ZIP64: u32 = u32::MAX;
/// External attributes of a symbolic link and of a file, as Unix writes them.
pub const LINK: u32 = 0o120_777 << 16;
const FILE: u32 = 0o100_644 << 16;
/// "Made by" Unix, version 2.0; and the version that is needed.
const MADE_BY: u16 = 3 << 8 | 20;
const NEEDED: u16 = 20;
/// The compression method deflate.
const DEFLATE: u16 = 8;

/// A member, with what its headers say of it.
#[derive(Debug, Clone)]
pub struct Member {
    pub name: Vec<u8>,
    pub method: u16,
    pub flags: u16,
    pub crc32: u32,
    /// What is stored.
    pub data: Vec<u8>,
    /// What the headers state.
    pub compressed_bytes: u32,
    pub bytes: u32,
    /// The extra field of the central header.
    pub extra: Vec<u8>,
    pub attributes: u32,
    /// Where the directory says that the local header is; none for the truth.
    pub offset: Option<u32>,
    /// Whether the member itself is left out, so that only the directory lists it.
    pub absent: bool,
}

/// A zip file in the making.
#[derive(Debug, Clone, Default)]
pub struct Zip {
    members: Vec<Member>,
    /// What stands before the first member.
    pub prefix: Vec<u8>,
    /// The comment at the end.
    pub comment: Vec<u8>,
    /// How many members the end of the directory states; none for the truth.
    pub count: Option<u16>,
    /// The number of this disk.
    pub disk: u16,
}

impl Zip {
    /// Adds a member, deflated.
    pub fn member(self, name: impl AsRef<[u8]>, bytes: impl AsRef<[u8]>) -> Zip {
        let bytes = bytes.as_ref();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("write into memory");
        let data = encoder.finish().expect("write into memory");
        self.deflated(name, data, bytes.len() as u64, crc32fast::hash(bytes))
    }

    /// Adds a member of which the deflated bytes are known.
    pub fn deflated(mut self, name: impl AsRef<[u8]>, data: Vec<u8>, bytes: u64, crc32: u32) -> Zip {
        self.members.push(Member {
            name: name.as_ref().to_vec(),
            method: DEFLATE,
            flags: 0,
            crc32,
            compressed_bytes: data.len().try_into().expect("less than 4 GiB"),
            bytes: bytes.try_into().expect("less than 4 GiB"),
            data,
            extra: Vec::new(),
            attributes: FILE,
            offset: None,
            absent: false,
        });
        self
    }

    /// Changes the last member.
    pub fn with(mut self, change: impl FnOnce(&mut Member)) -> Zip {
        change(self.members.last_mut().expect("a member"));
        self
    }

    /// Changes the file.
    pub fn but(mut self, change: impl FnOnce(&mut Zip)) -> Zip {
        change(&mut self);
        self
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = self.prefix.clone();
        let mut directory = Vec::new();
        for member in &self.members {
            let offset = member.offset.unwrap_or_else(|| position(&out));
            if !member.absent {
                out.extend(b"PK\x03\x04");
                member.put_common(&mut out);
                put16(&mut out, 0);
                out.extend(&member.name);
                out.extend(&member.data);
            }
            directory.extend(b"PK\x01\x02");
            put16(&mut directory, MADE_BY);
            member.put_common(&mut directory);
            put16(&mut directory, length(&member.extra));
            // Comment, disk, internal attributes.
            directory.extend([0; 6]);
            put32(&mut directory, member.attributes);
            put32(&mut directory, offset);
            directory.extend(&member.name);
            directory.extend(&member.extra);
        }
        let (start, bytes) = (position(&out), position(&directory));
        out.extend(directory);
        out.extend(self.end(start, bytes));
        out
    }

    /// The end of the directory, which begins at `start` and has so many bytes.
    pub fn end(&self, start: u32, bytes: u32) -> Vec<u8> {
        let count = self.count.unwrap_or_else(|| self.members.len().try_into().expect("few members"));
        let mut end = b"PK\x05\x06".to_vec();
        for number in [self.disk, 0, count, count] {
            put16(&mut end, number);
        }
        put32(&mut end, bytes);
        put32(&mut end, start);
        put16(&mut end, length(&self.comment));
        end.extend(&self.comment);
        end
    }
}

impl Member {
    /// What both headers have, up to the length of the name.
    fn put_common(&self, out: &mut Vec<u8>) {
        for number in [NEEDED, self.flags, self.method, 0, 0x21] {
            put16(out, number);
        }
        for number in [self.crc32, self.compressed_bytes, self.bytes] {
            put32(out, number);
        }
        put16(out, length(&self.name));
    }
}

/// The Zip64 field: size and compressed size of the member.
pub fn zip64(bytes: u64, compressed_bytes: u64) -> Vec<u8> {
    let mut field = vec![1, 0, 16, 0];
    field.extend(bytes.to_le_bytes());
    field.extend(compressed_bytes.to_le_bytes());
    field
}

fn position(bytes: &[u8]) -> u32 {
    bytes.len().try_into().expect("less than 4 GiB")
}

fn length(bytes: &[u8]) -> u16 {
    bytes.len().try_into().expect("less than 64 KiB")
}

fn put16(out: &mut Vec<u8>, number: u16) {
    out.extend(number.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, number: u32) {
    out.extend(number.to_le_bytes());
}
