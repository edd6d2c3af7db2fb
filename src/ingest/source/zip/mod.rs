//! Zip files: each table is a descriptor and a data file among the members, and the file may be encrypted, or its members.

mod aes;
mod content;
mod directory;
mod listing;
mod member;
mod openpgp;

pub use listing::TableMembers;
pub use member::{Member, MemberReader};

use super::file::DumpFile;
use super::name;
use crate::ingest::settings::Settings;
use crate::ingest::settings::limits::Limits;
use crate::{Error, Place, Result};
use content::Content;
use serde_json::{Map, Value, json};
use std::io::Read;
use std::sync::Arc;

/// A zip file whose directory was read.
#[derive(Debug)]
pub struct Zip {
    file: Arc<DumpFile>,
    /// The plain text of an encrypted file.
    plain: Option<Content>,
}

impl Zip {
    /// Opens the file, decrypts it if it is encrypted, and reads the directory.
    ///
    /// # Errors
    /// A file that is no zip or only the start of one; one that cannot be decrypted, or asks for more than the limits allow; all
    /// members at once that cannot or must not be read.
    pub fn open(file: Arc<DumpFile>, settings: &Settings) -> Result<(Zip, Vec<TableMembers>)> {
        let zip_file = file.open()?;
        let plain = match name::is_encrypted(&file.path) {
            true => Some(openpgp::decrypt(
                zip_file.try_clone()?,
                file.bytes,
                &settings.secrets,
                &settings.limits,
            )?),
            false => None,
        };
        let content = plain.as_ref().map_or_else(|| Content::new(zip_file), Content::again);
        let mut archive = directory::open(content.again(), &settings.limits)?;
        let tables = listing::tables(&mut archive, &content, settings)?;
        Ok((Zip { file, plain }, tables))
    }

    /// Opens the zip again to read a member. A plain text stays as it is, whatever becomes of the file.
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

/// A table in a zip.
#[derive(Debug)]
pub struct ZippedTable {
    zip: Arc<Zip>,
    /// The member that lists the columns.
    pub descriptor: Member,
    /// The member that holds the rows.
    pub data: Member,
}

impl ZippedTable {
    /// The table that these members are named for.
    ///
    /// # Errors
    /// A member that the table lacks.
    pub fn new(zip: &Arc<Zip>, members: TableMembers, settings: &Settings) -> Result<ZippedTable> {
        let TableMembers { table, descriptor, data } = members;
        let (descriptor_extension, data_extension) = &settings.extensions;
        let (there, missing) = match (descriptor, data) {
            (Some(descriptor), Some(data)) => {
                return Ok(ZippedTable { zip: Arc::clone(zip), descriptor, data });
            }
            (Some(descriptor), None) => (descriptor.name, data_extension),
            (None, data) => (data.map(|data| data.name).unwrap_or_default(), descriptor_extension),
        };
        Err(Error::refused(format!("there is no {table}.{missing} beside it"))
            .at(Place { member: Some(there), ..Place::default() })
            .remedy("every table needs a descriptor and a data file in the same dump"))
    }

    /// Whether the file is encrypted, or the data file in it.
    pub fn is_encrypted(&self) -> bool {
        self.zip.plain.is_some() || self.data.is_encrypted()
    }

    /// Opens the data file.
    ///
    /// # Errors
    /// A dump that is gone or changed; a wrong password.
    pub fn open_data(&self) -> Result<MemberReader> {
        self.data.open(self.zip.content()?)
    }

    /// Reads the descriptor.
    ///
    /// # Errors
    /// One that is larger than the limits allow; a dump that is gone, changed or damaged; a wrong password.
    pub fn read_descriptor(&self, limits: &Limits) -> Result<Vec<u8>> {
        limits.check_descriptor(self.descriptor.bytes)?;
        let mut bytes = Vec::new();
        self.descriptor.open(self.zip.content()?)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Tells the members' bytes from others: a checksum and the size of each.
    pub fn fingerprint(&self) -> Map<String, Value> {
        let of_member = |member: &Member| {
            let (name, checksum) = member.checksum();
            json!({name: checksum, "bytes": member.bytes})
        };
        Map::from_iter([
            ("data".to_owned(), of_member(&self.data)),
            ("descriptor".to_owned(), of_member(&self.descriptor)),
        ])
    }
}
