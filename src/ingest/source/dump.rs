//! A dump: one version of one application, wherever its tables lie.

use super::file::DumpFile;
use super::name;
use crate::Result;
use crate::ingest::settings::Settings;
use crate::ingest::settings::dump_name::NameParts;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One version of one application.
#[derive(Debug)]
pub struct Dump {
    /// How messages and the ledger call it: the name of its file or folder.
    pub name: String,
    /// The same name without the extension of an encrypted file; the patterns of dialects are compared with it.
    pub plain_name: String,
    /// The application: the part of the name before the last underscore, in lower case.
    pub app: String,
    /// The version: the part behind the last underscore, in lower case.
    pub version: String,
    /// The date of the dump, where `xport_cfg.dump_name` has one.
    pub date: Option<String>,
    path: PathBuf,
    file: Option<Arc<DumpFile>>,
}

impl Dump {
    /// The dump in a file, or the folder at `path` if there is none.
    ///
    /// # Errors
    /// A name that does not say application and version.
    pub fn new(path: &Path, file: Option<Arc<DumpFile>>, settings: &Settings) -> Result<Dump> {
        let NameParts { app, version, date } = settings.dump_name.read(&name::stem(path, file.is_none()))?;
        let plain_name = match file {
            Some(_) => name::file_name(&name::without_encryption(path)),
            None => name::file_name(path),
        };
        Ok(Dump { name: name::file_name(path), plain_name, app, version, date, path: path.to_owned(), file })
    }

    /// Where it is, for messages that must tell it from another dump of its name.
    pub fn location(&self) -> String {
        self.path.display().to_string()
    }

    /// The name of the folder that it lies in, in lower case; empty where that has none.
    pub fn folder(&self) -> String {
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        path.parent().map(name::file_name).unwrap_or_default().to_lowercase()
    }

    /// The file that can move to the archive; `None` for a folder.
    pub fn file(&self) -> Option<&DumpFile> {
        self.file.as_deref()
    }
}
