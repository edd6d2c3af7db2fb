//! Which of the secrets opens a message, and a clear message where none does.

use crate::ingest::settings::secrets::Secrets;
use crate::{Error, Result};
use pgp::composed::{Deserializable, Esk, SignedSecretKey};
use pgp::packet::{PublicKeyEncryptedSessionKey, SymKeyEncryptedSessionKey};
use pgp::types::{KeyDetails, Password, StringToKey};
use std::fmt::Display;
use std::path::Path;

/// The remedy for a message that cannot be read.
pub const AGAIN: &str = "transfer or export the dump again, or move it out of this folder";

/// Passphrases that a message may be encrypted with. To try one takes up to a second.
const MAX_PASSPHRASES: usize = 16;
/// The exponent of the KiB that Argon2 may take: 512 MiB.
const MAX_ARGON2_MEMORY: u8 = 19;
/// The KiB that Argon2 may go over, pass by pass, to try all passphrases of a message: 4 GiB take a few seconds.
const MAX_ARGON2_WORK: u64 = 4 << 20;

/// The secret that opens one message: a private key, or a passphrase.
#[derive(Default)]
pub struct Keyring {
    /// The private keys; at least one fits.
    pub keys: Vec<SignedSecretKey>,
    /// The passphrase that unlocks them, where one is needed.
    pub key_passphrase: Option<Password>,
    /// The passphrase of the message.
    pub passphrase: Option<Password>,
}

impl Keyring {
    /// Chooses by the message's list of session keys, each encrypted in a way of its own.
    ///
    /// # Errors
    /// A secret that is missing, a key that does not fit, a passphrase that does not unlock the key.
    pub fn choose(esk: &[Esk], secrets: &Secrets) -> Result<Keyring> {
        let mut for_keys = Vec::new();
        let mut for_passphrases = Vec::new();
        for session_key in esk {
            match session_key {
                Esk::PublicKeyEncryptedSessionKey(packet) => for_keys.push(packet),
                Esk::SymKeyEncryptedSessionKey(packet) => for_passphrases.push(packet),
            }
        }
        check_cost(&for_passphrases)?;
        let key_file = if for_keys.is_empty() { None } else { secrets.key()? };
        let misfit = match key_file {
            None => None,
            Some((path, bytes)) => {
                let keys = parse(path, bytes)?;
                if let Some(key) = keys.iter().find(|key| fits(key, &for_keys)) {
                    let key_passphrase = key_passphrase(path, key, &for_keys, secrets)?;
                    return Ok(Keyring { keys, key_passphrase, passphrase: None });
                }
                Some(path)
            }
        };
        if !for_passphrases.is_empty() && (for_keys.is_empty() || secrets.passphrase.find()?.is_some()) {
            let passphrase = secrets.passphrase.demand("is encrypted with a passphrase")?;
            let passphrase = Some(Password::from(passphrase.reveal()));
            return Ok(Keyring { passphrase, ..Keyring::default() });
        }
        if for_keys.is_empty() {
            return Err(Error::refused("is encrypted in a way that needs neither a passphrase nor a key")
                .remedy("encrypt it again, with a passphrase or for a key"));
        }
        let recipients = recipients(&for_keys);
        match misfit {
            Some(path) => Err(Error::refused(format!(
                "is encrypted for {recipients}, and {} holds another key",
                path.display()
            ))
            .remedy(Secrets::key_remedy())),
            None => {
                Err(Error::refused(format!("is encrypted for {recipients}")).remedy(Secrets::key_remedy()))
            }
        }
    }

    /// What to say when the message cannot be read. A wrong passphrase makes other bytes, which look like damage of any
    /// kind: the reason would only mislead.
    pub fn failure(&self, reason: &dyn Display, secrets: &Secrets) -> Error {
        match self.passphrase {
            Some(_) => {
                tracing::debug!("decrypted by the passphrase, the message is damaged: {reason}");
                Error::refused("the passphrase is wrong, or the message is damaged")
                    .remedy(format!("{}, or {AGAIN}", secrets.passphrase.check()))
            }
            None => Error::refused(format!("the message is damaged: {reason}")).remedy(AGAIN),
        }
    }
}

/// Limits what it costs to try a passphrase, which the message decides.
fn check_cost(packets: &[&SymKeyEncryptedSessionKey]) -> Result<()> {
    let argon2 = |packet: &&SymKeyEncryptedSessionKey| match packet.s2k() {
        Some(StringToKey::Argon2 { t, m_enc, .. }) => Some((u64::from(*t), *m_enc)),
        _ => None,
    };
    let work = packets.iter().filter_map(argon2);
    let what = match packets {
        _ if packets.len() > MAX_PASSPHRASES => {
            format!("is encrypted with more than {MAX_PASSPHRASES} passphrases")
        }
        _ if work.clone().any(|(_, memory)| memory > MAX_ARGON2_MEMORY) => {
            "asks for more than 512 MiB of memory to try a passphrase".to_owned()
        }
        _ if work.map(|(passes, memory)| passes << memory).sum::<u64>() > MAX_ARGON2_WORK => {
            "asks for too much work to try a passphrase".to_owned()
        }
        _ => return Ok(()),
    };
    Err(Error::refused(what).remedy("encrypt it again by gpg"))
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<SignedSecretKey>> {
    let no_key = |error: &dyn Display| {
        Error::refused(format!("{} holds no OpenPGP private key: {error}", path.display()))
            .remedy("name the file that gpg exports it to")
    };
    let (keys, _) = SignedSecretKey::from_reader_many(bytes).map_err(|error| no_key(&error))?;
    let keys: Vec<SignedSecretKey> =
        keys.collect::<Result<_, pgp::errors::Error>>().map_err(|error| no_key(&error))?;
    if keys.is_empty() { Err(no_key(&"it is empty")) } else { Ok(keys) }
}

fn is_for(key: &impl KeyDetails, packets: &[&PublicKeyEncryptedSessionKey]) -> bool {
    packets.iter().any(|packet| packet.match_identity(key))
}

fn fits(key: &SignedSecretKey, packets: &[&PublicKeyEncryptedSessionKey]) -> bool {
    is_for(key.primary_key.public_key(), packets)
        || key.secret_subkeys.iter().any(|subkey| is_for(subkey.public_key(), packets))
}

/// The passphrase that unlocks a key, if it is locked.
fn key_passphrase(
    path: &Path,
    key: &SignedSecretKey,
    packets: &[&PublicKeyEncryptedSessionKey],
    secrets: &Secrets,
) -> Result<Option<Password>> {
    let primary = Some(&key.primary_key)
        .filter(|key| is_for(key.public_key(), packets) && key.secret_params().is_encrypted());
    let mut subkeys = key.secret_subkeys.iter().map(|subkey| &subkey.key);
    let subkey = subkeys.find(|key| is_for(key.public_key(), packets) && key.secret_params().is_encrypted());
    if primary.is_none() && subkey.is_none() {
        return Ok(None);
    }
    let secret = secrets.key_passphrase.demand(&format!(
        "is encrypted for the private key in {}, which a passphrase protects",
        path.display()
    ))?;
    let passphrase = Password::from(secret.reveal());
    let unlocked = match (subkey, primary) {
        (Some(key), _) => key.unlock(&passphrase, |_, _| Ok(())).is_ok(),
        (None, Some(key)) => key.unlock(&passphrase, |_, _| Ok(())).is_ok(),
        (None, None) => true,
    };
    if unlocked {
        return Ok(Some(passphrase));
    }
    Err(Error::refused(format!("the passphrase of the private key in {} is wrong", path.display()))
        .remedy(secrets.key_passphrase.check()))
}

/// The keys that a message is for, as gpg writes them.
fn recipients(packets: &[&PublicKeyEncryptedSessionKey]) -> String {
    let name = |packet: &&PublicKeyEncryptedSessionKey| {
        let id = packet.id().map(|id| id.to_string());
        id.or_else(|_| {
            packet.fingerprint().map(|found| found.map_or_else(|| "unknown".into(), |f| f.to_string()))
        })
    };
    let names: Vec<String> = packets.iter().take(5).flat_map(name).map(|id| id.to_uppercase()).collect();
    let more = if packets.len() > 5 { " and others" } else { "" };
    let noun = if packets.len() == 1 { "the key" } else { "the keys" };
    format!("{noun} {}{more}", names.join(", "))
}
