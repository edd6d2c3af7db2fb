//! The keys that tokens are signed by, from files: a secret (HS256), a public key in PEM (RS256), or a set of keys as JSON (RFC 7517).

use crate::secret::Secret;
use crate::{Error, Place, Result};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::hmac;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use std::fs;
use std::path::Path;

/// The shortest secret (bytes): as long as the hash of HS256 (RFC 7518, section 3.2).
const MIN_SECRET: usize = 32;
/// The shortest modulus (bytes): that of a key of 2048 bits (RFC 7518, section 3.3).
const MIN_MODULUS: usize = 256;
/// What the public key of RSA is called in PEM: `rsaEncryption` without parameters (RFC 8017, appendix A.1), as DER.
const RSA_ENCRYPTION: [u8; 13] =
    [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00];
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// By a secret (HMAC with SHA-256).
    Hs256,
    /// By the private key of a pair (RSA, PKCS #1 v1.5, with SHA-256).
    Rs256,
}

impl Algorithm {
    /// The algorithm of this name.
    pub fn named(name: &str) -> Option<Algorithm> {
        [Algorithm::Hs256, Algorithm::Rs256].into_iter().find(|one| one.name() == name)
    }

    /// How tokens name it.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Hs256 => "HS256",
            Algorithm::Rs256 => "RS256",
        }
    }
}

/// A key. It is for one algorithm, whatever a token says: a public key is never a secret.
#[derive(Debug)]
pub struct Key {
    /// The name by which tokens choose it, if it has one.
    pub id: Option<String>,
    material: Material,
}

#[derive(Debug)]
enum Material {
    Secret(hmac::Key),
    Public { n: Vec<u8>, e: Vec<u8> },
}

impl Key {
    /// What it is for.
    pub fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Secret(_) => Algorithm::Hs256,
            Material::Public { .. } => Algorithm::Rs256,
        }
    }

    /// Whether it has signed a message.
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Secret(key) => hmac::verify(key, message, signature).is_ok(),
            Material::Public { n, e } => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
        }
    }

    fn public(id: Option<String>, n: &[u8], e: &[u8]) -> Result<Key> {
        // Whole numbers have a zero before a first bit that is set.
        let [n, e] =
            [n, e].map(|number| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>());
        if n.len() < MIN_MODULUS {
            return Err(Error::refused("the public key has less than 2048 bits"));
        }
        Ok(Key { id, material: Material::Public { n, e } })
    }

    fn secret(id: Option<String>, secret: &[u8]) -> Result<Key> {
        if secret.len() < MIN_SECRET {
            return Err(Error::refused(format!("the secret is shorter than {MIN_SECRET} bytes"))
                .remedy("make one, for example with: openssl rand -hex 32"));
        }
        if let Ok(text) = std::str::from_utf8(secret) {
            // So that no output shows it.
            drop(Secret::new(text));
        }
        Ok(Key { id, material: Material::Secret(hmac::Key::new(hmac::HMAC_SHA256, secret)) })
    }
}

/// Reads the keys of a file.
///
/// # Errors
/// A file that cannot be read, or that holds no key of use.
pub fn read(path: &Path) -> Result<Vec<Key>> {
    let at = |error: Error| error.at(Place::file(path.display().to_string()));
    let bytes = fs::read(path).map_err(|error| at(Error::refused(error)))?;
    let text = String::from_utf8_lossy(&bytes);
    let keys = if text.contains("-----BEGIN ") {
        of_pem(&text).map(|key| vec![key])
    } else if text.trim_start().starts_with('{') {
        of_set(&text)
    } else {
        let end = bytes.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        Key::secret(None, &bytes[..end]).map(|key| vec![key])
    };
    keys.map_err(at)
}

/// The key of a text of PEM (RFC 7468, section 13; or PKCS #1).
fn of_pem(text: &str) -> Result<Key> {
    let section = |name: &str| {
        let (_, behind) = text.split_once(&format!("-----BEGIN {name}-----"))?;
        let (base64, _) = behind.split_once(&format!("-----END {name}-----"))?;
        let base64: String = base64.split_ascii_whitespace().collect();
        STANDARD.decode(base64).ok()
    };
    let numbers = match section("PUBLIC KEY") {
        Some(der) => of_any_key(&der).and_then(of_rsa_key),
        None => section("RSA PUBLIC KEY").and_then(|der| of_rsa_key(&der)),
    };
    let Some((n, e)) = numbers else {
        return Err(Error::refused("the file holds no public key of RSA")
            .remedy("write one, for example with: openssl rsa -in private.pem -pubout"));
    };
    Key::public(None, &n, &e)
}

/// The key of RSA in a `SubjectPublicKeyInfo` (RFC 5280, section 4.1).
fn of_any_key(der: &[u8]) -> Option<&[u8]> {
    let (whole, _) = value(der, SEQUENCE)?;
    let (algorithm, rest) = value(whole, SEQUENCE)?;
    let (bits, _) = value(rest, BIT_STRING)?;
    // The first byte is the number of bits that do not count.
    bits.strip_prefix(&[0]).filter(|_| algorithm == RSA_ENCRYPTION)
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017, appendix A.1.1).
fn of_rsa_key(der: impl AsRef<[u8]>) -> Option<(Vec<u8>, Vec<u8>)> {
    let (whole, _) = value(der.as_ref(), SEQUENCE)?;
    let (n, rest) = value(whole, INTEGER)?;
    let (e, _) = value(rest, INTEGER)?;
    Some((n.to_vec(), e.to_vec()))
}

/// The value with this tag at the beginning of DER (X.690), and what is behind it.
fn value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = der.strip_prefix(&[tag])?.split_first()?;
    let (length, rest) = match length {
        0..=0x7F => (usize::from(*length), rest),
        0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length - 0x80))?;
            (digits.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<serde_json::Value>,
}

/// A key as JSON (RFC 7517, section 4).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    for_what: Option<String>,
    n: Option<String>,
    e: Option<String>,
    k: Option<String>,
}

/// The keys of a set, or one alone. Those of other kinds are left out, since issuers list such for other uses.
fn of_set(text: &str) -> Result<Vec<Key>> {
    // No message of the parser, since it could quote a secret.
    let no_set = || Error::refused("the file is no set of keys (RFC 7517)");
    let keys = match serde_json::from_str::<JwkSet>(text) {
        Ok(set) => set.keys,
        Err(_) => vec![serde_json::from_str(text).map_err(|_| no_set())?],
    };
    let mut found = Vec::new();
    for key in keys {
        let key: Jwk = serde_json::from_value(key).map_err(|_| no_set())?;
        let is_for = |algorithm: Algorithm| {
            key.alg.as_deref().is_none_or(|name| name == algorithm.name())
                && key.for_what.as_deref().is_none_or(|what| what == "sig")
        };
        let bytes = |text: &Option<String>| {
            text.as_ref().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok()).ok_or_else(no_set)
        };
        match key.kty.as_str() {
            "RSA" if is_for(Algorithm::Rs256) => {
                found.push(Key::public(key.kid.clone(), &bytes(&key.n)?, &bytes(&key.e)?)?);
            }
            "oct" if is_for(Algorithm::Hs256) => {
                if let Some(text) = &key.k {
                    drop(Secret::new(text));
                }
                found.push(Key::secret(key.kid.clone(), &bytes(&key.k)?)?);
            }
            _ => {}
        }
    }
    if found.is_empty() { Err(Error::refused("the set has no key for HS256 or RS256")) } else { Ok(found) }
}
