//! The secrets of encrypted dumps. Each is looked up once, when the first dump needs it.

use crate::config::{Config, SecretSource};
use crate::secret::Secret;
use crate::{Error, Result};
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A passphrase is shorter than this, bytes: a larger file is the wrong one.
const MAX_SECRET_BYTES: u64 = 64 << 10;
/// A file of private keys has at most this size, bytes: the key ring of a large company is smaller.
const MAX_KEY_BYTES: u64 = 16 << 20;
/// The permissions that let others than the owner read a file.
const READABLE_BY_OTHERS: u32 = 0o044;

/// The environment variable of the OpenPGP passphrase.
pub const PASSPHRASE_VARIABLE: &str = "PGHAUL_PASSPHRASE";
/// The environment variable that names the file of the OpenPGP private key.
pub const KEY_FILE_VARIABLE: &str = "PGHAUL_KEY_FILE";
/// The environment variable of that key's passphrase.
pub const KEY_PASSPHRASE_VARIABLE: &str = "PGHAUL_KEY_PASSPHRASE";
/// The environment variable of the password of zip members.
pub const ZIP_PASSWORD_VARIABLE: &str = "PGHAUL_ZIP_PASSWORD";

/// Everything that encrypted dumps need.
#[derive(Debug)]
pub struct Secrets {
    /// The passphrase of OpenPGP messages.
    pub passphrase: Lookup,
    /// The passphrase of the OpenPGP private key.
    pub key_passphrase: Lookup,
    /// The password of zip members.
    pub zip_password: Lookup,
    key_file: Option<PathBuf>,
    key: OnceLock<Result<Vec<u8>, String>>,
    temp_folder: PathBuf,
}

/// A secret, and where to look for it.
#[derive(Debug)]
pub struct Lookup {
    variable: &'static str,
    key: &'static str,
    source: Option<SecretSource>,
    found: OnceLock<Result<Option<Secret>, String>>,
}

impl Secrets {
    /// Takes what the environment and the configuration say. Files are read later.
    pub fn new(config: &Config) -> Secrets {
        let cfg = &config.file.decrypt;
        let lookup = |variable, key, source: &Option<SecretSource>| Lookup {
            variable,
            key,
            source: source.clone().map(|source| match source {
                SecretSource::File(file) => {
                    SecretSource::File(config.path(&file).to_string_lossy().into_owned())
                }
                env @ SecretSource::Env(_) => env,
            }),
            found: OnceLock::new(),
        };
        let from_environment = std::env::var_os(KEY_FILE_VARIABLE).filter(|file| !file.is_empty());
        Secrets {
            passphrase: lookup(PASSPHRASE_VARIABLE, "decrypt.passphrase", &cfg.passphrase),
            key_passphrase: lookup(KEY_PASSPHRASE_VARIABLE, "decrypt.key_passphrase", &cfg.key_passphrase),
            zip_password: lookup(ZIP_PASSWORD_VARIABLE, "decrypt.zip_password", &cfg.zip_password),
            key_file: from_environment
                .map(PathBuf::from)
                .or_else(|| cfg.key_file.as_ref().map(|file| config.path(&file.0))),
            key: OnceLock::new(),
            temp_folder: cfg
                .temp_path
                .as_ref()
                .map_or_else(std::env::temp_dir, |folder| config.path(&folder.0)),
        }
    }

    /// The folder for the plain text.
    pub fn temp_folder(&self) -> &Path {
        &self.temp_folder
    }

    /// The remedy for a missing private key.
    pub fn key_remedy() -> String {
        format!("name a file of the private key by {KEY_FILE_VARIABLE} or decrypt.key_file")
    }

    /// The file of the private key, and what it holds; `None` if none is named.
    ///
    /// # Errors
    /// A file that cannot be read, or is no key.
    pub fn key(&self) -> Result<Option<(&Path, &[u8])>> {
        let Some(path) = &self.key_file else { return Ok(None) };
        let bytes = self.key.get_or_init(|| read(path, MAX_KEY_BYTES)).as_ref().map_err(|what| {
            Error::refused(format!("the private key in {} cannot be read: {what}", path.display()))
                .remedy(Secrets::key_remedy())
        })?;
        Ok(Some((path, bytes)))
    }
}

impl Lookup {
    /// The secret, if there is one.
    ///
    /// # Errors
    /// A variable that is named but not set; a file that cannot be read, or is empty.
    pub fn find(&self) -> Result<Option<&Secret>> {
        let found = self.found.get_or_init(|| self.look());
        found.as_ref().map(Option::as_ref).map_err(|what| Error::refused(what).remedy(self.remedy()))
    }

    /// The secret.
    ///
    /// # Errors
    /// As [`Lookup::find`]; a secret that is not set, with `what` needs it.
    pub fn demand(&self, what: &str) -> Result<&Secret> {
        self.find()?.ok_or_else(|| Error::refused(what).remedy(self.remedy()))
    }

    /// The remedy for a wrong secret: where it comes from.
    pub fn check(&self) -> String {
        format!("check {} or {}", self.variable, self.key)
    }

    /// The remedy for a missing secret: what to set.
    pub fn remedy(&self) -> String {
        format!("set {}, or {} to {{env: NAME}} or {{file: PATH}}", self.variable, self.key)
    }

    fn look(&self) -> Result<Option<Secret>, String> {
        let variable = |name: &str| match std::env::var(name) {
            Ok(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(format!("{name} is not UTF-8")),
        };
        if let Some(text) = variable(self.variable)? {
            return Ok(Some(Secret::new(text)));
        }
        let text = match &self.source {
            None => return Ok(None),
            Some(SecretSource::Env(name)) => {
                variable(name)?.ok_or_else(|| format!("{name}, which {} names, is not set", self.key))?
            }
            Some(SecretSource::File(file)) => self.read(Path::new(file))?,
        };
        Ok(Some(Secret::new(text)))
    }

    /// The text of a file, without the line end that editors add.
    fn read(&self, file: &Path) -> Result<String, String> {
        let about = |what: String| format!("{}, which {} names: {what}", file.display(), self.key);
        let bytes = read(file, MAX_SECRET_BYTES).map_err(about)?;
        let text = String::from_utf8(bytes).map_err(|_| about("is not UTF-8".to_owned()))?;
        let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        let line = line.unwrap_or(&text);
        if line.is_empty() { Err(about("holds nothing".to_owned())) } else { Ok(line.to_owned()) }
    }
}

fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, String> {
    let reason = |error: std::io::Error| error.to_string();
    let file = File::open(path).map_err(reason)?;
    if file.metadata().map_err(reason)?.mode() & READABLE_BY_OTHERS != 0 {
        tracing::warn!("{}: others can read this secret; let only its owner (chmod 600)", path.display());
    }
    let mut bytes = Vec::new();
    file.take(max_bytes + 1).read_to_end(&mut bytes).map_err(reason)?;
    if bytes.len() as u64 > max_bytes { Err(format!("has more than {max_bytes} bytes")) } else { Ok(bytes) }
}
