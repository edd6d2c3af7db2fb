//! Zips and tars whose containers are sound, around whatever bytes.

use std::io::Write;

/// Packs a member's bytes by a method of zips (APPNOTE.TXT 4.4.5).
///
/// # Panics
/// With a method that it does not know.
pub fn pack(method: u16, plain: &[u8]) -> Vec<u8> {
    match method {
        0 => plain.to_vec(),
        8 => {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        9 => as_it_is(plain),
        12 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap()
        }
        14 => {
            let mut options = lzma_rust2::LzmaOptions::with_preset(0);
            options.dict_size = 1 << 16;
            let mut packed = vec![9, 4, 5, 0, options.get_props()];
            packed.extend(options.dict_size.to_le_bytes());
            let mut encoder = lzma_rust2::LzmaWriter::new_no_header(&mut packed, &options, true).unwrap();
            encoder.write_all(plain).unwrap();
            encoder.finish().unwrap();
            packed
        }
        93 => zstd(plain),
        _ => panic!("method {method}"),
    }
}

/// Blocks of deflate, and of Deflate64, that hold their bytes as they are (RFC 1951, section 3.2.4).
fn as_it_is(plain: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    for part in plain.chunks(usize::from(u16::MAX)) {
        let length = part.len() as u16;
        packed.push(0);
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(part);
    }
    packed.extend([1, 0, 0, 0xFF, 0xFF]);
    packed
}

/// Bytes as a stream of gzip.
pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// Bytes as a frame of zstd, with its checksum.
pub fn zstd(plain: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// A member, as the headers of a zip state it.
pub struct Member<'m> {
    /// Its name.
    pub name: &'m str,
    /// The number of its compression method.
    pub method: u16,
    /// Its bytes, as they are stored.
    pub stored: &'m [u8],
    /// Its stated size when inflated, bytes.
    pub bytes: u32,
    /// The stated CRC-32.
    pub crc32: u32,
}

impl<'m> Member<'m> {
    /// A member that is stored as it is.
    pub fn plain(name: &'m str, bytes: &'m [u8]) -> Member<'m> {
        Member { name, method: 0, stored: bytes, bytes: bytes.len() as u32, crc32: crc32fast::hash(bytes) }
    }
}

/// A zip of these members (APPNOTE.TXT 4.3).
pub fn zip(members: &[Member<'_>]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let start = zip.len() as u32;
        // Needed version, flags, method, time, date, CRC-32, both sizes, length of the name and of extra fields.
        let mut common = Vec::new();
        [20, 0, member.method, 0, 0].iter().for_each(|number: &u16| common.extend(number.to_le_bytes()));
        common.extend(member.crc32.to_le_bytes());
        common.extend((member.stored.len() as u32).to_le_bytes());
        common.extend(member.bytes.to_le_bytes());
        common.extend((member.name.len() as u16).to_le_bytes());
        common.extend([0; 2]);
        let local = [&b"PK\x03\x04"[..], &common[..], member.name.as_bytes(), member.stored];
        zip.extend(local.concat());
        // Besides: the version that made it; comment, disk and attributes; where it begins.
        let central =
            [&b"PK\x01\x02\x14\0"[..], &common[..], &[0; 10], &start.to_le_bytes(), member.name.as_bytes()];
        directory.extend(central.concat());
    }
    let (count, start) = ((members.len() as u16).to_le_bytes(), zip.len() as u32);
    zip.extend(&directory);
    zip.extend([&b"PK\x05\x06\0\0\0\0"[..], &count, &count].concat());
    zip.extend((directory.len() as u32).to_le_bytes());
    zip.extend(start.to_le_bytes());
    zip.extend([0; 2]);
    zip
}

/// Appends a member, or what stands before one, to a tar (POSIX, pax, "ustar Interchange Format").
pub fn push_to_tar(tar: &mut Vec<u8>, name: &str, kind: u8, bytes: &[u8]) {
    let mut header = [0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..108].copy_from_slice(b"0000644\0");
    header[124..136].copy_from_slice(format!("{:011o}\0", bytes.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    tar.extend(header);
    tar.extend(bytes);
    tar.resize(tar.len().next_multiple_of(512), 0);
}

/// Ends a tar.
pub fn end_tar(tar: &mut Vec<u8>) {
    tar.extend([0; 1024]);
}
