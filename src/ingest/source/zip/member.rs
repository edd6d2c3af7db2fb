//! One member of a zip. Our own reader inflates it: the checksum must be compared before anything is published, and the
//! reader of the `zip` crate is 20 to 40 % slower.
//!
//! The methods are those that tools write: deflate; Deflate64 (Windows' Explorer, above 2 GiB); bzip2, LZMA and zstd (7-Zip and
//! others, when they are asked for it).

use super::aes::{Decrypted, Encryption};
use crate::ingest::settings::limits::Limits;
use crate::ingest::settings::secrets::Secrets;
use crate::ingest::source::content::Content;
use crate::secret::Secret;
use crate::{Error, Result};
use bzip2::bufread::BzDecoder;
use deflate64::Deflate64Decoder;
use flate2::bufread::DeflateDecoder;
use lzma_rust2::LzmaReader;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use zip::CompressionMethod;
use zip::read::ZipFile;

/// Compressed bytes read at a time.
const INPUT_BYTES: usize = 256 << 10;
/// The largest dictionary of LZMA, which is kept in memory, bytes. Four times that of `xz -9` and 7-Zip's "ultra".
const DICTIONARY_BYTES: u32 = 256 << 20;
/// The least dictionary of LZMA, bytes.
const LEAST_DICTIONARY_BYTES: u64 = 4 << 10;

/// A member, as the zip's directory lists it.
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
    encryption: Option<Encryption>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Stored,
    Deflated,
    Deflate64,
    Bzip2,
    Lzma,
    Zstd,
}

impl Member {
    /// Takes what is needed to read the member later.
    ///
    /// # Errors
    /// A link, a member that is compressed in a way that is not known here, one that would become far larger than it is, one that
    /// is encrypted by anything but AES, and one whose password is not set.
    pub fn new<R: Read>(
        name: &str,
        file: &ZipFile<'_, R>,
        dump: &Content,
        limits: &Limits,
        secrets: &Secrets,
    ) -> Result<Member> {
        if file.is_symlink() {
            return Err(Error::refused("the member is a symbolic link")
                .remedy("store the file itself in the zip (zip does so without -y)"));
        }
        let encryption = if file.encrypted() { Some(encryption(file, secrets)?) } else { None };
        let method = match &encryption {
            Some(encryption) => Method::of_number(encryption.method)?,
            None => Method::of(file.compression())?,
        };
        limits.check_ratio(file.compressed_size(), file.size())?;
        let data_start = file
            .data_start()
            .ok_or_else(|| Error::refused("the zip directory does not say where the member begins"))?;
        let encryption =
            encryption.map(|found| found.with_code(dump, data_start, file.compressed_size())).transpose()?;
        Ok(Member {
            name: name.to_owned(),
            bytes: file.size(),
            crc32: file.crc32(),
            compressed_bytes: file.compressed_size(),
            data_start,
            method,
            encryption,
        })
    }

    /// Tells the member's bytes from others of the same size, with the name of the checksum: the CRC-32, or the authentication
    /// code where AES leaves the CRC-32 out, since that would reveal something about the plain text.
    pub fn checksum(&self) -> (&'static str, String) {
        match &self.encryption {
            Some(encryption) if !encryption.has_crc32 => ("aes", encryption.code()),
            _ => ("crc32", format!("{:08x}", self.crc32)),
        }
    }

    /// Whether it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.encryption.is_some()
    }

    /// Opens the member for reading. `dump` is a reader of its own, which is moved to the member's start.
    ///
    /// # Errors
    /// What the operating system reports; a wrong password.
    pub fn open(&self, mut dump: Content) -> Result<ZipReader> {
        dump.seek(SeekFrom::Start(self.data_start))?;
        let stored = dump.take(self.compressed_bytes);
        let input = match &self.encryption {
            None => Input::Plain(stored),
            Some(encryption) => Input::Encrypted(Box::new(encryption.open(stored)?)),
        };
        let input = BufReader::with_capacity(INPUT_BYTES, input);
        let inflate = match self.method {
            Method::Stored => Inflate::Stored(input),
            Method::Deflated => Inflate::Deflated(Box::new(DeflateDecoder::new(input))),
            Method::Deflate64 => Inflate::Deflate64(Box::new(Deflate64Decoder::with_buffer(input))),
            Method::Bzip2 => Inflate::Bzip2(Box::new(BzDecoder::new(input))),
            Method::Lzma => Inflate::Lzma(Box::new(self.lzma(input)?)),
            Method::Zstd => Inflate::Zstd(Box::new(zstd::Decoder::with_buffer(input)?)),
        };
        Ok(ZipReader {
            inflate,
            crc: crc32fast::Hasher::new(),
            bytes: 0,
            expected_bytes: self.bytes,
            expected_crc32: self.encryption.as_ref().is_none_or(|aes| aes.has_crc32).then_some(self.crc32),
        })
    }

    /// The decoder of a member whose properties stand before it (APPNOTE.TXT 5.8.8).
    fn lzma(&self, mut input: BufReader<Input>) -> Result<LzmaReader<BufReader<Input>>> {
        let mut head = [0; 9];
        let read = input.read_exact(&mut head);
        let [_, _, 5, 0, properties, dictionary @ ..] = head else {
            return Err(damaged("its LZMA properties have another size than 5".to_owned()).into());
        };
        read.map_err(|error| damaged(format!("cannot be inflated: {error}")))?;
        // It need not be larger than what it is for.
        let needed = u32::try_from(self.bytes.max(LEAST_DICTIONARY_BYTES)).unwrap_or(u32::MAX);
        let dictionary = u32::from_le_bytes(dictionary).min(needed);
        if dictionary > DICTIONARY_BYTES {
            return Err(Error::refused(format!(
                "the member needs {dictionary} bytes of memory for its LZMA dictionary, and {DICTIONARY_BYTES} are allowed"
            ))
            .remedy("compress the dump with deflate, which every zip tool knows"));
        }
        LzmaReader::new_with_props(input, self.bytes, properties, dictionary, None)
            .map_err(|error| damaged(format!("cannot be inflated: {error}")).into())
    }
}

impl Method {
    fn of(method: CompressionMethod) -> Result<Method> {
        match method {
            CompressionMethod::Stored => Ok(Method::Stored),
            CompressionMethod::DEFLATE => Ok(Method::Deflated),
            CompressionMethod::DEFLATE64 => Ok(Method::Deflate64),
            CompressionMethod::BZIP2 => Ok(Method::Bzip2),
            CompressionMethod::LZMA => Ok(Method::Lzma),
            CompressionMethod::ZSTD => Ok(Method::Zstd),
            other => {
                #[allow(
                    deprecated,
                    reason = "the number is nowhere else; under a fuzzer it is not deprecated"
                )]
                let number = match other {
                    CompressionMethod::Unsupported(number) => format!("{number} ({other})"),
                    _ => other.to_string(),
                };
                Err(Error::refused(format!("compression method {number} is not supported"))
                    .remedy("compress the dump with deflate, which every zip tool knows"))
            }
        }
    }

    /// By its number (APPNOTE.TXT 4.4.5).
    fn of_number(number: u16) -> Result<Method> {
        match number {
            0 => Ok(Method::Stored),
            8 => Ok(Method::Deflated),
            9 => Ok(Method::Deflate64),
            12 => Ok(Method::Bzip2),
            14 => Ok(Method::Lzma),
            93 => Ok(Method::Zstd),
            _ =>
            {
                #[allow(
                    deprecated,
                    reason = "there is no other way from a number; under a fuzzer it is not deprecated"
                )]
                Method::of(CompressionMethod::Unsupported(number))
            }
        }
    }
}

/// How a member is encrypted.
fn encryption<R: Read>(file: &ZipFile<'_, R>, secrets: &Secrets) -> Result<Encryption> {
    let none = Secret::new("");
    let password = secrets.zip_password.find()?;
    let extra = file.extra_data().unwrap_or_default();
    let Some(encryption) = Encryption::find(&extra, password.unwrap_or(&none)) else {
        return Err(Error::refused(
            "the member is encrypted in a way that is not supported, such as ZipCrypto, which is not safe",
        )
        .remedy("encrypt it by AES (7z a -tzip -mem=AES256)"));
    };
    secrets.zip_password.demand("the member is encrypted by AES")?;
    Ok(encryption)
}

/// A member's stored bytes, decrypted where they are encrypted.
enum Input {
    Plain(Take<Content>),
    Encrypted(Box<Decrypted>),
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Input::Plain(stored) => stored.read(out),
            Input::Encrypted(decrypted) => decrypted.read(out),
        }
    }
}

enum Inflate {
    Stored(BufReader<Input>),
    Deflated(Box<DeflateDecoder<BufReader<Input>>>),
    Deflate64(Box<Deflate64Decoder<BufReader<Input>>>),
    Bzip2(Box<BzDecoder<BufReader<Input>>>),
    Lzma(Box<LzmaReader<BufReader<Input>>>),
    Zstd(Box<zstd::Decoder<'static, BufReader<Input>>>),
}

impl Inflate {
    /// Reads to the end of what is stored: only then an authentication code is compared.
    fn finish(&mut self) -> io::Result<()> {
        let input = match self {
            Inflate::Stored(input) => input,
            Inflate::Deflated(decoder) => decoder.get_mut(),
            Inflate::Deflate64(decoder) => decoder.get_mut(),
            Inflate::Bzip2(decoder) => decoder.get_mut(),
            Inflate::Lzma(decoder) => decoder.inner_mut(),
            Inflate::Zstd(decoder) => decoder.get_mut(),
        };
        match input.get_ref() {
            Input::Plain(_) => Ok(()),
            Input::Encrypted(_) => io::copy(input, &mut io::sink()).map(|_| ()),
        }
    }
}

/// A member's inflated bytes. Size and checksum are compared at the end: the bytes are proved to be right when a read has given
/// `Ok(0)`.
pub struct ZipReader {
    inflate: Inflate,
    crc: crc32fast::Hasher,
    bytes: u64,
    expected_bytes: u64,
    /// `None` where an authentication code takes its place.
    expected_crc32: Option<u32>,
}

impl Read for ZipReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let count = match &mut self.inflate {
            Inflate::Stored(input) => input.read(out),
            Inflate::Deflated(decoder) => decoder.read(out),
            Inflate::Deflate64(decoder) => decoder.read(out),
            Inflate::Bzip2(decoder) => decoder.read(out),
            Inflate::Lzma(decoder) => decoder.read(out),
            Inflate::Zstd(decoder) => decoder.read(out),
        }
        .map_err(|error| damaged(format!("cannot be inflated: {error}")))?;
        self.crc.update(&out[..count]);
        self.bytes += count as u64;
        if self.bytes > self.expected_bytes || (count == 0 && self.bytes < self.expected_bytes) {
            let than = if count == 0 { "ends before" } else { "inflates to more than" };
            return Err(damaged(format!("{than} the {} bytes that the zip states", self.expected_bytes)));
        }
        if count == 0 {
            self.inflate.finish().map_err(|error| damaged(error.to_string()))?;
            let crc32 = self.crc.clone().finalize();
            if let Some(expected) = self.expected_crc32
                && crc32 != expected
            {
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
