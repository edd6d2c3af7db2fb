//! A dump: one version of one application, wherever its tables lie.

use super::file::DumpFile;
use super::name;
use crate::Result;
use std::path::Path;
use std::sync::Arc;

/// One version of one application.
#[derive(Debug)]
pub struct Dump {
    /// How messages and the ledger call it: the name of its file.
    pub name: String,
    /// The same name without the extension of an encrypted file; the patterns of dialects are compared with it.
    pub plain_name: String,
    /// The application: the part of the name before the last underscore, in lower case.
    pub app: String,
    /// The version: the part behind the last underscore, in lower case.
    pub version: String,
    file: Arc<DumpFile>,
}

impl Dump {
    /// The dump in a file.
    ///
    /// # Errors
    /// A name that is not `<app>_<version>.zip`.
    pub fn in_file(file: Arc<DumpFile>) -> Result<Dump> {
        let (app, version) = name::app_and_version(&file.path)?;
        let file_name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let plain_name = file_name(&name::without_encryption(&file.path));
        Ok(Dump { name: file_name(&file.path), plain_name, app, version, file })
    }

    /// Where it is, for messages that must tell it from another dump of its name.
    pub fn location(&self) -> String {
        self.file.path.display().to_string()
    }

    /// The file that can move to the archive; `None` where a source has none.
    pub fn file(&self) -> Option<&DumpFile> {
        Some(&self.file)
    }
}
