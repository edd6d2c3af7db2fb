//! The bytes of a dump that is one file, which may be encrypted.

use super::content::Content;
use super::file::DumpFile;
use super::{name, openpgp};
use crate::Result;
use crate::ingest::settings::Settings;
use std::sync::Arc;

/// The file of a dump, which can be opened again.
#[derive(Debug)]
pub struct DumpBytes {
    /// The file.
    pub file: Arc<DumpFile>,
    /// The plain text of an encrypted file.
    plain: Option<Content>,
}

impl DumpBytes {
    /// Opens the file, and decrypts it if it is encrypted. Gives its bytes, and what opens them again.
    ///
    /// # Errors
    /// What the operating system reports; a file that cannot be decrypted, or asks for more than the limits allow.
    pub fn open(file: Arc<DumpFile>, settings: &Settings) -> Result<(Arc<DumpBytes>, Content)> {
        let opened = file.open()?;
        let plain = match name::is_encrypted(&file.path) {
            true => {
                let copy = opened.try_clone()?;
                Some(openpgp::decrypt(copy, file.bytes, &settings.secrets, &settings.limits)?)
            }
            false => None,
        };
        let content = plain.as_ref().map_or_else(|| Content::new(opened), Content::again);
        Ok((Arc::new(DumpBytes { file, plain }), content))
    }

    /// Whether the file is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.plain.is_some()
    }

    /// Opens the bytes again. A plain text stays as it is, whatever becomes of the file.
    ///
    /// # Errors
    /// What the operating system reports; a file that has changed since the scan.
    pub fn content(&self) -> Result<Content> {
        match &self.plain {
            Some(plain) => Ok(plain.again()),
            None => self.file.reopen().map(Content::new),
        }
    }
}
