//! Decrypting a dump that is an OpenPGP message (`*.zip.gpg`) into a file without a name.
//!
//! ```text
//! message ─→ session key ─→ decrypted ─→ inflated ─→ literal ─→ unlinked file ─→ scanned as any dump
//!            (keyring)      (pgp)        (Inflated)
//! ```
//!
//! The plain text is complete, and its integrity checked, before anything looks at it.

mod inflated;
mod keyring;
mod meter;
mod unnamed;

use crate::ingest::settings::limits::Limits;
use crate::ingest::settings::secrets::Secrets;
use crate::ingest::source::content::Content;
use crate::run::interrupt;
use crate::{Error, Result};
use inflated::Inflated;
use keyring::{AGAIN, Keyring};
use meter::Meter;
use pgp::composed::{DecryptionOptions, Edata, Message, TheRing};
use pgp::packet::{ProtectedDataConfig, SymEncryptedProtectedDataConfig};
use pgp::types::Seipdv1ReadMode;
use std::fmt::Debug;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};

/// Encrypted bytes read at a time.
const INPUT_BYTES: usize = 256 << 10;
/// Plain bytes written at a time. Ctrl-C is heard in between.
const PLAIN_BYTES: usize = 64 << 10;
/// Bytes that may be read before the data begin: a message for 1000 recipients has half a megabyte there.
const HEAD_BYTES: u64 = 1 << 20;
/// Bytes that may be read for the next [`PLAIN_BYTES`]. More than those are needed only at the end, for signatures and padding.
const STEP_BYTES: u64 = 64 << 20;
/// Layers within the encrypted one. Usual messages have two or three.
const MAX_LAYERS: usize = 8;
/// Signatures of a message. The data are hashed once for each.
const MAX_SIGNATURES: usize = 16;

/// Decrypts a message of `bytes` bytes into an unlinked file of mode 0600, and checks that it is unchanged. Signatures are not
/// verified.
///
/// # Errors
/// A secret that is missing or wrong; a message that is damaged, cannot be checked for damage, or asks for more than `limits`
/// allow; a folder without room; Ctrl-C.
pub fn decrypt(message: File, bytes: u64, secrets: &Secrets, limits: &Limits) -> Result<Content> {
    let meter = Meter::default();
    meter.allow(HEAD_BYTES);
    let input = BufReader::with_capacity(INPUT_BYTES, meter.reader(message));
    let decrypted = open(input, &meter, secrets).and_then(|(mut message, keyring)| {
        let damaged = |error: io::Error| keyring.failure(&error, secrets);
        write_plain(&mut message, bytes, &meter, secrets, limits, &damaged)
    });
    // The library reports a read that Ctrl-C has ended in its own words.
    interrupt::check()?;
    decrypted
}

fn write_plain(
    message: &mut Message<'_>,
    bytes: u64,
    meter: &Meter,
    secrets: &Secrets,
    limits: &Limits,
    damaged: &dyn Fn(io::Error) -> Error,
) -> Result<Content> {
    let folder = secrets.temp_folder();
    let mut plain = unnamed::create(folder).map_err(|error| unwritable(secrets, &error, 0))?;
    let mut block = vec![0; PLAIN_BYTES];
    let mut plain_bytes = 0;
    loop {
        interrupt::check()?;
        meter.allow(STEP_BYTES);
        // `Ok(0)` comes when the message was read to its end and its integrity was checked.
        let count = message.read(&mut block).map_err(damaged)?;
        if count == 0 {
            return Ok(Content::new(plain));
        }
        plain_bytes += count as u64;
        limits.check_plain(bytes, plain_bytes)?;
        plain.write_all(&block[..count]).map_err(|error| unwritable(secrets, &error, plain_bytes))?;
    }
}

fn unwritable(secrets: &Secrets, error: &io::Error, plain_bytes: u64) -> Error {
    let what = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!(
                "has no room for the plain text of this dump, of which there are {plain_bytes} bytes by now"
            )
        }
        _ => format!("cannot take the plain text of this dump: {error}"),
    };
    let folder = secrets.temp_folder().display();
    Error::refused(format!("the folder {folder} {what}"))
        .remedy("set TMPDIR or decrypt.temp_path to a folder with room for the plain text of all dumps")
}

/// Opens a message down to its literal data.
fn open<'a>(
    input: impl BufRead + Debug + Send + 'a,
    meter: &Meter,
    secrets: &Secrets,
) -> Result<(Message<'a>, Keyring)> {
    let no_message = |error| Error::refused(format!("is no OpenPGP message: {error}")).remedy(AGAIN);
    let (message, _) = Message::from_reader(input).map_err(no_message)?;
    let Message::Encrypted { esk, edata, .. } = &message else {
        return Err(
            Error::refused("is an OpenPGP message, but not encrypted").remedy("encrypt it, or unpack it")
        );
    };
    if let Edata::SymEncryptedData { .. } = edata {
        return Err(Error::refused(
            "is encrypted without integrity protection: anybody could have changed it",
        )
        .remedy("encrypt it again by a program of this century; gpg protects integrity by default"));
    }
    if has_unknown_mode(edata) {
        return Err(
            Error::refused("is encrypted in a mode that is not known").remedy("encrypt it again by gpg")
        );
    }
    let keyring = Keyring::choose(esk, secrets)?;
    let ring = TheRing {
        secret_keys: keyring.keys.iter().collect(),
        key_passwords: keyring.key_passphrase.iter().collect(),
        message_password: keyring.passphrase.iter().collect(),
        session_keys: Vec::new(),
        // The plain text is used only after its last byte: the library need not keep all of it in memory to check it first.
        decrypt_options: DecryptionOptions::new()
            .enable_gnupg_aead()
            .set_seipdv1_read_mode(Seipdv1ReadMode::Streaming),
    };
    let failed = |error: pgp::errors::Error| keyring.failure(&error, secrets);
    let (mut message, _) = message.decrypt_the_ring(ring, true).map_err(failed)?;
    for _ in 0..MAX_LAYERS {
        message = match message {
            Message::Literal { .. } => return Ok((message, keyring)),
            Message::Signed { ref reader, .. } => {
                if reader.num_signatures() > MAX_SIGNATURES {
                    return Err(unusual(&format!("has more than {MAX_SIGNATURES} signatures")));
                }
                if !matches!(reader.get_ref(), Message::Literal { .. }) {
                    return Err(unusual("is signed outside of what is compressed or encrypted"));
                }
                return Ok((message, keyring));
            }
            Message::Compressed { reader, .. } => {
                let inflated = Inflated::new(reader, meter).map_err(|error| failed(error.into()))?;
                Message::from_bytes(BufReader::with_capacity(PLAIN_BYTES, inflated)).map_err(failed)?
            }
            Message::Encrypted { .. } => return Err(unusual("is encrypted within what is encrypted")),
        }
    }
    Err(unusual(&format!("has more than {MAX_LAYERS} layers")))
}

/// Whether a message says that it is encrypted in a mode that the library does not have: it would panic.
fn has_unknown_mode(edata: &Edata<'_>) -> bool {
    let (Edata::SymEncryptedProtectedData { reader } | Edata::GnupgAeadData { reader }) = edata else {
        return false;
    };
    match reader.config() {
        ProtectedDataConfig::Seipd(SymEncryptedProtectedDataConfig::V1) => false,
        ProtectedDataConfig::Seipd(SymEncryptedProtectedDataConfig::V2 { aead, .. }) => {
            aead.tag_size().is_none()
        }
        ProtectedDataConfig::GnupgAead(config) => config.aead.tag_size().is_none(),
    }
}

fn unusual(what: &str) -> Error {
    Error::refused(format!("the OpenPGP message {what}, which pghaul does not read"))
        .remedy("encrypt the zip file by gpg as it is; zip files need no compression")
}
