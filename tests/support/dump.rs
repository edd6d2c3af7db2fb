//! Dumps for tests: good ones, and ones that are damaged in one exact place.

use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::path::Path;
use zip::unstable::write::FileOptionsExt;
use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{AesMode, CompressionMethod, ZipArchive};

/// Signature, and offset of the name's length, of the name and of the CRC-32 in a local header
/// (APPNOTE.TXT 4.3.7) and in a central one (4.3.12).
const LOCAL: Layout = Layout { signature: b"PK\x03\x04", name_length: 26, name: 30, crc32: 14, method: 8 };
const CENTRAL: Layout = Layout { signature: b"PK\x01\x02", name_length: 28, name: 46, crc32: 16, method: 10 };

struct Layout {
    signature: &'static [u8; 4],
    name_length: usize,
    name: usize,
    crc32: usize,
    method: usize,
}

/// How a member is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// The old scheme of PKZIP.
    ZipCrypto,
    /// WinZip's AES with 256 bits.
    Aes,
}

/// Builds the bytes of a zip dump, member by member.
#[derive(Debug, Default, Clone)]
pub struct Dump {
    members: Vec<Member>,
}

#[derive(Debug, Clone)]
struct Member {
    name: String,
    bytes: Vec<u8>,
    stored: bool,
    encryption: Option<Encryption>,
    wrong_crc: bool,
    method: Option<u16>,
}

impl Dump {
    /// A dump without members.
    pub fn new() -> Dump {
        Dump::default()
    }

    /// Adds `<name>.json` with these columns and types, and `<name>.dat`.
    pub fn table(self, name: &str, columns: &[(&str, &str)], data: impl AsRef<[u8]>) -> Dump {
        self.member(&format!("{name}.json"), descriptor(columns)).member(&format!("{name}.dat"), data)
    }

    /// Adds a member of any name, deflated. The same name may be given twice.
    pub fn member(mut self, name: &str, bytes: impl AsRef<[u8]>) -> Dump {
        self.members.push(Member {
            name: name.to_owned(),
            bytes: bytes.as_ref().to_vec(),
            stored: false,
            encryption: None,
            wrong_crc: false,
            method: None,
        });
        self
    }

    /// The last member is stored as it is, not deflated.
    pub fn stored(self) -> Dump {
        self.with_last(|member| member.stored = true)
    }

    /// The last member is encrypted.
    pub fn encrypted(self, encryption: Encryption) -> Dump {
        self.with_last(|member| member.encryption = Some(encryption))
    }

    /// The zip states another CRC-32 for the last member than its bytes have.
    pub fn wrong_crc(self) -> Dump {
        self.with_last(|member| member.wrong_crc = true)
    }

    /// The zip states this compression method for the last member (APPNOTE.TXT 4.4.5).
    pub fn method(self, method: u16) -> Dump {
        self.with_last(|member| member.method = Some(method))
    }

    fn with_last(mut self, change: impl FnOnce(&mut Member)) -> Dump {
        change(self.members.last_mut().expect("a member to change"));
        self
    }

    /// The zip file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (index, member) in self.members.iter().enumerate() {
            write(&mut zip, &member.name_in_writing(index), member);
        }
        let mut bytes = zip.finish().expect("write into memory").into_inner();
        for (index, member) in self.members.iter().enumerate() {
            member.patch(&member.name_in_writing(index), &mut bytes);
        }
        bytes
    }
}

/// A member of a dump in a file, inflated.
#[track_caller]
pub fn member(dump: &Path, name: &str) -> Vec<u8> {
    let mut zip = ZipArchive::new(File::open(dump).expect("open a dump")).expect("read a dump");
    let mut bytes = Vec::new();
    zip.by_name(name).expect("the member").read_to_end(&mut bytes).expect("inflate a member");
    bytes
}

/// The JSON text of a descriptor.
pub fn descriptor(columns: &[(&str, &str)]) -> String {
    let entries: Vec<String> = columns
        .iter()
        .map(|(name, kind)| {
            let name = name.replace('\\', "\\\\").replace('"', "\\\"");
            format!("{{\"column_name\": \"{name}\", \"column_type\": \"{kind}\"}}")
        })
        .collect();
    format!("[{}]\n", entries.join(",\n "))
}

fn write(zip: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, member: &Member) {
    let method = if member.stored { CompressionMethod::Stored } else { CompressionMethod::Deflated };
    let plain = SimpleFileOptions::default().compression_method(method);
    let options: SimpleFileOptions = match member.encryption {
        None => plain,
        Some(Encryption::Aes) => plain.with_aes_encryption(AesMode::Aes256, "secret"),
        Some(Encryption::ZipCrypto) => plain.with_deprecated_encryption(b"secret").expect("a password"),
    };
    zip.start_file(name, options).expect("start a member");
    zip.write_all(&member.bytes).expect("write into memory");
}

impl Member {
    /// The zip writer refuses a name that stands twice, so each member is written under a name of its own, of the
    /// same length.
    fn name_in_writing(&self, index: usize) -> String {
        format!("{index:0width$}", width = self.name.len())
    }

    /// Puts the right name, and what is to be wrong, into both headers.
    fn patch(&self, written: &str, bytes: &mut [u8]) {
        for layout in [LOCAL, CENTRAL] {
            let at = find_header(bytes, &layout, written);
            bytes[at + layout.name..][..written.len()].copy_from_slice(self.name.as_bytes());
            if self.wrong_crc {
                bytes[at + layout.crc32] ^= 0x01;
            }
            if let Some(method) = self.method {
                bytes[at + layout.method..][..2].copy_from_slice(&method.to_le_bytes());
            }
        }
    }
}

fn find_header(bytes: &[u8], layout: &Layout, name: &str) -> usize {
    let is_header = |at: &usize| {
        let header = &bytes[*at..];
        let length = u16::try_from(name.len()).expect("a short name").to_le_bytes();
        header.starts_with(layout.signature)
            && header.get(layout.name_length..layout.name_length + 2) == Some(length.as_slice())
            && header.get(layout.name..layout.name + name.len()) == Some(name.as_bytes())
    };
    (0..bytes.len()).find(is_header).expect("the writer wrote a header for every member")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use zip::ZipArchive;

    #[test]
    fn members_come_out_as_they_went_in() {
        let dump = Dump::new().table("t", &[("a\"b", "int")], b"a\"b\n1\n").member("../x", "y").stored();
        let mut zip = ZipArchive::new(Cursor::new(dump.bytes())).unwrap();
        let names: Vec<_> =
            (0..zip.len()).map(|i| zip.by_index_raw(i).unwrap().name_raw().to_vec()).collect();
        assert_eq!(names, [&b"t.json"[..], b"t.dat", b"../x"]);
        let mut text = String::new();
        zip.by_index(0).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "[{\"column_name\": \"a\\\"b\", \"column_type\": \"int\"}]\n");
        assert_eq!(zip.by_index(2).unwrap().compression(), CompressionMethod::Stored);
    }

    #[test]
    fn only_what_was_asked_for_is_wrong() {
        let dump = Dump::new().member("good", "x").member("bad", "x").wrong_crc();
        let mut zip = ZipArchive::new(Cursor::new(dump.bytes())).unwrap();
        let mut read = |name| zip.by_name(name).unwrap().read_to_end(&mut Vec::new()).is_ok();
        assert_eq!((read("good"), read("bad")), (true, false));

        let dump = Dump::new().member("a", "x").member("a", "y");
        assert!(ZipArchive::new(Cursor::new(dump.bytes())).unwrap().has_duplicate_names());

        let dump = Dump::new().member("a", "x").method(12).member("b", "y").encrypted(Encryption::Aes);
        let mut zip = ZipArchive::new(Cursor::new(dump.bytes())).unwrap();
        assert_eq!(zip.by_index_raw(0).unwrap().compression(), CompressionMethod::BZIP2);
        assert!(zip.by_index_raw(1).unwrap().encrypted());
    }
}
