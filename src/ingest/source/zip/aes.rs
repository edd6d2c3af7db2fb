//! Members encrypted by AES, as WinZip and 7-Zip write them (<https://www.winzip.com/en/support/aes-encryption/>): a salt, two
//! bytes that reveal most wrong passwords, the encrypted data, an authentication code.
//!
//! The `zip` crate has a reader for them. It borrows from the archive, and so cannot go to another thread.

use crate::ingest::source::content::Content;
use crate::secret::Secret;
use crate::{Error, Result};
use aes::cipher::{KeyIvInit, StreamCipher};
use aes::{Aes128, Aes192, Aes256};
use ctr::Ctr128LE;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Take};

/// The extra field that says how a member is encrypted.
const EXTRA_FIELD: u16 = 0x9901;
/// Size of the bytes that reveal a wrong password.
const VERIFIER_BYTES: usize = 2;
/// Size of the authentication code, bytes.
const CODE_BYTES: usize = 10;
/// Rounds of PBKDF2 that make a key from a password.
const ROUNDS: u32 = 1000;
/// What helps with a wrong password.
const CHECK: &str = "check PGHAUL_ZIP_PASSWORD or decrypt.zip_password";
/// The version whose CRC-32 is not stored.
const AE_2: u16 = 2;

/// How a member is encrypted, and what opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    key_bytes: usize,
    /// Whether the zip states the CRC-32 of the plain text.
    pub has_crc32: bool,
    /// The number of the compression method within.
    pub method: u16,
    /// The authentication code: proof that the encrypted data are unchanged.
    code: [u8; CODE_BYTES],
    password: Secret,
}

impl Encryption {
    /// Reads the extra fields of a member; `None` if it is not encrypted by AES.
    pub fn find(extra: &[u8], password: &Secret) -> Option<Encryption> {
        let mut rest = extra;
        while let [a, b, c, d, behind @ ..] = rest {
            let (id, length) = (u16::from_le_bytes([*a, *b]), usize::from(u16::from_le_bytes([*c, *d])));
            let field = behind.get(..length)?;
            if id == EXTRA_FIELD {
                let [v0, v1, b'A', b'E', strength, m0, m1] = *field else { return None };
                return Some(Encryption {
                    key_bytes: match strength {
                        1 => 16,
                        2 => 24,
                        3 => 32,
                        _ => return None,
                    },
                    has_crc32: u16::from_le_bytes([v0, v1]) != AE_2,
                    method: u16::from_le_bytes([m0, m1]),
                    code: [0; CODE_BYTES],
                    password: password.clone(),
                });
            }
            rest = &behind[length..];
        }
        None
    }

    /// Bytes before and behind the encrypted data.
    fn overhead(&self) -> u64 {
        (self.key_bytes / 2 + VERIFIER_BYTES + CODE_BYTES) as u64
    }

    /// Reads the authentication code: the last of the member's `bytes` bytes from `start` on.
    ///
    /// # Errors
    /// A member that is too short to have one; what the operating system reports.
    pub fn with_code(mut self, dump: &Content, start: u64, bytes: u64) -> Result<Encryption> {
        if bytes < self.overhead() {
            return Err(damaged("is too short to be encrypted by AES"));
        }
        let mut dump = dump.again();
        dump.seek(SeekFrom::Start(start.saturating_add(bytes - CODE_BYTES as u64)))?;
        dump.read_exact(&mut self.code)?;
        Ok(self)
    }

    /// The authentication code in hexadecimal. It differs for every change of the data, and for every encryption.
    pub fn code(&self) -> String {
        self.code.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Begins to decrypt a member.
    ///
    /// # Errors
    /// A wrong password, which is noticed in all but one of 65,536 cases.
    pub fn open(&self, mut member: Take<Content>) -> Result<Decrypted> {
        let mut salt = vec![0; self.key_bytes / 2];
        let mut verifier = [0; VERIFIER_BYTES];
        let left = member.limit().saturating_sub(self.overhead());
        member.read_exact(&mut salt)?;
        member.read_exact(&mut verifier)?;
        let mut derived = vec![0; 2 * self.key_bytes + VERIFIER_BYTES];
        pbkdf2::pbkdf2_hmac::<Sha1>(self.password.reveal().as_bytes(), &salt, ROUNDS, &mut derived);
        let (key, rest) = derived.split_at(self.key_bytes);
        let (code_key, expected) = rest.split_at(self.key_bytes);
        if expected != verifier {
            return Err(Error::refused("the password of the zip's members is wrong").remedy(CHECK));
        }
        // The counter begins with 1, lowest byte first.
        let counter = 1_u128.to_le_bytes();
        let stream: Option<Box<dyn StreamCipher + Send>> = match self.key_bytes {
            16 => Ctr128LE::<Aes128>::new_from_slices(key, &counter).ok().map(|c| Box::new(c) as _),
            24 => Ctr128LE::<Aes192>::new_from_slices(key, &counter).ok().map(|c| Box::new(c) as _),
            _ => Ctr128LE::<Aes256>::new_from_slices(key, &counter).ok().map(|c| Box::new(c) as _),
        };
        let hmac = Hmac::<Sha1>::new_from_slice(code_key);
        // Neither can fail: the keys have the lengths that are asked for.
        let (Some(stream), Ok(hmac)) = (stream, hmac) else { return Err(damaged("has a key of no length")) };
        Ok(Decrypted { member, left, stream, hmac: Some(hmac) })
    }
}

/// The decrypted bytes of a member. They are proved to be unchanged when a read has given `Ok(0)`.
pub struct Decrypted {
    member: Take<Content>,
    /// Encrypted bytes that are still to come.
    left: u64,
    stream: Box<dyn StreamCipher + Send>,
    /// `None` once the authentication code has been compared.
    hmac: Option<Hmac<Sha1>>,
}

impl Read for Decrypted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = out.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if length == 0 {
            if self.left == 0 {
                self.verify()?;
            }
            return Ok(0);
        }
        let count = self.member.read(&mut out[..length])?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let read = &mut out[..count];
        if let Some(hmac) = &mut self.hmac {
            hmac.update(read);
        }
        self.stream.apply_keystream(read);
        self.left -= count as u64;
        Ok(count)
    }
}

impl Decrypted {
    fn verify(&mut self) -> io::Result<()> {
        let Some(hmac) = self.hmac.clone() else { return Ok(()) };
        let mut code = [0; CODE_BYTES];
        self.member.read_exact(&mut code)?;
        hmac.verify_truncated_left(&code).map_err(|_| {
            io::Error::other("its authentication code does not fit: it was changed, or the password is wrong")
        })?;
        self.hmac = None;
        Ok(())
    }
}

fn damaged(what: &str) -> Error {
    Error::refused(format!("the member {what}")).remedy("transfer or export the dump again")
}
