//! One member of a zip. Our own reader inflates it: the checksum must be compared before anything is published, and the
//! reader of the `zip` crate is 20 to 40 % slower.

use super::aes::{Decrypted, Encryption};
use super::content::Content;
use crate::ingest::settings::limits::Limits;
use crate::ingest::settings::secrets::Secrets;
use crate::secret::Secret;
use crate::{Error, Result};
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use zip::CompressionMethod;
use zip::read::ZipFile;

/// Compressed bytes read at a time.
const INPUT_BYTES: usize = 256 << 10;

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
}

impl Member {
    /// Takes what is needed to read the member later.
    ///
    /// # Errors
    /// A link, a member that is compressed by anything but deflate, one that would become far larger than it is, one that is
    /// encrypted by anything but AES, and one whose password is not set.
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
    pub fn open(&self, mut dump: Content) -> Result<MemberReader> {
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
        };
        Ok(MemberReader {
            inflate,
            crc: crc32fast::Hasher::new(),
            bytes: 0,
            expected_bytes: self.bytes,
            expected_crc32: self.encryption.as_ref().is_none_or(|aes| aes.has_crc32).then_some(self.crc32),
        })
    }
}

impl Method {
    fn of(method: CompressionMethod) -> Result<Method> {
        match method {
            CompressionMethod::Stored => Ok(Method::Stored),
            CompressionMethod::DEFLATE => Ok(Method::Deflated),
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
}

impl Inflate {
    /// Reads to the end of what is stored: only then an authentication code is compared.
    fn finish(&mut self) -> io::Result<()> {
        let input = match self {
            Inflate::Stored(input) => input,
            Inflate::Deflated(decoder) => decoder.get_mut(),
        };
        match input.get_ref() {
            Input::Plain(_) => Ok(()),
            Input::Encrypted(_) => io::copy(input, &mut io::sink()).map(|_| ()),
        }
    }
}

/// A member's inflated bytes. Size and checksum are compared at the end: the bytes are proved to be right when a read has given
/// `Ok(0)`.
pub struct MemberReader {
    inflate: Inflate,
    crc: crc32fast::Hasher,
    bytes: u64,
    expected_bytes: u64,
    /// `None` where an authentication code takes its place.
    expected_crc32: Option<u32>,
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
