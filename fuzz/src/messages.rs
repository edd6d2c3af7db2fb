//! OpenPGP messages that are the same in each process: with a passphrase, for a key, and for both.

use pghaul::config::Config;
use pghaul::ingest::settings::secrets::Secrets;
use pgp::composed::{
    EncryptionCaps, KeyType, MessageBuilder, SecretKeyParamsBuilder, SignedSecretKey, SubkeyParamsBuilder,
};
use pgp::crypto::aead::{AeadAlgorithm, ChunkSize};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::ser::Serialize;
use pgp::types::{CompressionAlgorithm, StringToKey, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tempfile::TempDir;

const PASSPHRASE: &str = "correct horse";

/// A message and its plain text.
pub struct Original {
    /// The message.
    pub message: Vec<u8>,
    /// The plain text.
    pub plain: Vec<u8>,
}

/// The messages, and what opens them.
pub struct Messages {
    /// The messages.
    pub originals: Vec<Original>,
    /// The passphrase and the private key.
    pub secrets: Secrets,
    /// Holds the files of the secrets.
    _folder: TempDir,
}

impl Messages {
    /// Makes them all.
    ///
    /// # Panics
    /// Where the library cannot make one.
    pub fn make() -> Messages {
        let mut rng = ChaCha8Rng::seed_from_u64(17);
        let key = key(&mut rng);
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("key"), key.to_bytes().unwrap()).unwrap();
        std::fs::write(folder.path().join("passphrase"), PASSPHRASE).unwrap();
        let config = folder.path().join("config.yml");
        let text = "decrypt: {passphrase: {file: passphrase}, key_file: key, temp_path: .}";
        std::fs::write(&config, text).unwrap();
        let secrets = Secrets::new(&Config::load(Some(&config)).unwrap());
        let text = b"PK: thirty bytes of plain text\n";
        let mut originals = Vec::new();
        for (plain, compression) in [
            (text.to_vec(), None),
            (text.repeat(20), Some(CompressionAlgorithm::ZLIB)),
            (text.repeat(20), Some(CompressionAlgorithm::BZip2)),
            (noise(20_000), None),
            (vec![0; 1 << 20], Some(CompressionAlgorithm::ZLIB)),
            (vec![0; 200 << 10], Some(CompressionAlgorithm::ZIP)),
            // Longer than all buffers on the way: its end is read only by those who ask for it.
            (noise(150_000), Some(CompressionAlgorithm::ZLIB)),
        ] {
            for (has_aead, for_key) in [(false, false), (false, true), (true, false), (true, true)] {
                let recipient = for_key.then_some(&key);
                let message = message(&plain, compression, has_aead, recipient, &mut rng);
                originals.push(Original { message, plain: plain.clone() });
            }
        }
        Messages { originals, secrets, _folder: folder }
    }
}

/// Bytes that no compression makes fewer.
fn noise(count: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn key(rng: &mut ChaCha8Rng) -> SignedSecretKey {
    let created = Timestamp::from_secs(1);
    let mut subkey = SubkeyParamsBuilder::default();
    subkey.key_type(KeyType::X25519).can_encrypt(EncryptionCaps::All).created_at(created);
    let mut key = SecretKeyParamsBuilder::default();
    key.key_type(KeyType::Ed25519).can_certify(true).created_at(created).primary_user_id("fuzz".to_owned());
    key.subkeys(vec![subkey.build().unwrap()]);
    key.build().unwrap().generate(rng).unwrap()
}

/// A message by AES-128: with a passphrase, and for `key` as well. With AEAD it has chunks of 64 bytes.
fn message(
    plain: &[u8],
    compression: Option<CompressionAlgorithm>,
    has_aead: bool,
    key: Option<&SignedSecretKey>,
    rng: &mut ChaCha8Rng,
) -> Vec<u8> {
    let mut builder = MessageBuilder::from_bytes("", plain.to_vec());
    if let Some(compression) = compression {
        builder.compression(compression);
    }
    let s2k = StringToKey::new_iterated(&mut *rng, HashAlgorithm::Sha256, 0);
    let recipient = key.map(|key| key.secret_subkeys[0].key.public_key());
    let cipher = SymmetricKeyAlgorithm::AES128;
    if has_aead {
        let mut builder = builder.seipd_v2(&mut *rng, cipher, AeadAlgorithm::Ocb, ChunkSize::C64B);
        if let Some(recipient) = recipient {
            builder.encrypt_to_key(&mut *rng, recipient).unwrap();
        }
        builder.encrypt_with_password(&mut *rng, s2k, &PASSPHRASE.into()).unwrap();
        return builder.to_vec(rng).unwrap();
    }
    let mut builder = builder.seipd_v1(&mut *rng, cipher);
    if let Some(recipient) = recipient {
        builder.encrypt_to_key(&mut *rng, recipient).unwrap();
    }
    builder.encrypt_with_password(s2k, &PASSPHRASE.into()).unwrap();
    builder.to_vec(rng).unwrap()
}
