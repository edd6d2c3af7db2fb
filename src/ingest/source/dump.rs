//! A dump: one version of one application, wherever its tables lie.

use super::name;
use super::on_disk::OnDisk;
use crate::Result;
use crate::ingest::settings::Settings;
use crate::ingest::settings::dump_name::NameParts;

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
    /// Where it lies.
    pub on_disk: OnDisk,
}

impl Dump {
    /// The dump in a file or a folder.
    ///
    /// # Errors
    /// A name that does not say application and version.
    pub fn new(on_disk: OnDisk, settings: &Settings) -> Result<Dump> {
        let (path, is_file) = (on_disk.path(), on_disk.file().is_some());
        let NameParts { app, version, date } = settings.dump_name.read(&name::stem(path, !is_file))?;
        let plain_name = match is_file {
            true => name::file_name(&name::without_encryption(path)),
            false => name::file_name(path),
        };
        Ok(Dump { name: name::file_name(path), plain_name, app, version, date, on_disk })
    }

    /// Where it is, for messages that must tell it from another dump of its name.
    pub fn location(&self) -> String {
        self.on_disk.path().display().to_string()
    }

    /// Its name without the ends of a file's, in lower case.
    pub fn stem(&self) -> String {
        name::stem(self.on_disk.path(), self.on_disk.file().is_none())
    }

    /// The name of the folder that it lies in, in lower case; empty where that has none.
    pub fn folder(&self) -> String {
        let path = self.on_disk.path();
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        path.parent().map(name::file_name).unwrap_or_default().to_lowercase()
    }
}
