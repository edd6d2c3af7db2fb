//! Which members of a zip belong to which table.

use super::content::Content;
use super::directory::{Archive, Extents};
use super::member::Member;
use crate::ingest::settings::Settings;
use crate::{Error, Place, Result};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The members that are named for one table.
#[derive(Debug)]
pub struct TableMembers {
    /// The table's name: the members' file name without folder and extension, in lower case.
    pub table: String,
    /// The descriptor, if the dump has one.
    pub descriptor: Option<Member>,
    /// The data file, if the dump has one.
    pub data: Option<Member>,
}

/// Lists the tables of a zip, in the order of their names.
///
/// # Errors
/// All at once: members that cannot or must not be read, two members for one file of a table, more bytes than the limits allow.
pub fn tables(archive: &mut Archive, content: &Content, settings: &Settings) -> Result<Vec<TableMembers>> {
    let Settings { extensions, limits, secrets, .. } = settings;
    let mut tables: BTreeMap<String, TableMembers> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut extents = Extents::default();
    let mut total_bytes = 0_u64;
    // All members of a dump have one password: one message says that it is missing.
    let mut lacks_password = false;
    if archive.has_duplicate_names() {
        faults.push(Error::refused("the zip lists a member twice").remedy("export the dump again"));
    }
    for index in 0..archive.len() {
        let file = match archive.by_index_raw(index) {
            Ok(file) => file,
            Err(error) => {
                faults.push(
                    Error::refused(format!("member {} of the zip is damaged: {error}", index + 1))
                        .remedy("transfer or export the dump again"),
                );
                continue;
            }
        };
        // Names that are not UTF-8 are in code page 437 (APPNOTE.TXT, appendix D).
        let name =
            file.name().map_or_else(|_| String::from_utf8_lossy(file.name_raw()).into(), Cow::into_owned);
        let place = Place { member: Some(name.clone()), ..Place::default() };
        if let Some(data_start) = file.data_start() {
            extents.push(file.header_start(), data_start.saturating_add(file.compressed_size()), &name);
        }
        if let Err(error) = check_name(&name) {
            faults.push(error.at(place));
            continue;
        }
        let Some((table, is_descriptor)) = table_of(&name, extensions).filter(|_| !file.is_dir()) else {
            continue;
        };
        total_bytes = total_bytes.saturating_add(file.size());
        let member = match Member::new(&name, &file, content, limits, secrets) {
            Ok(member) => member,
            Err(error) => {
                let lacks = file.encrypted() && !matches!(secrets.zip_password.find(), Ok(Some(_)));
                if !(lacks && std::mem::replace(&mut lacks_password, true)) {
                    faults.push(error.at(place));
                }
                continue;
            }
        };
        let members = tables.entry(table).or_insert_with_key(|table| TableMembers {
            table: table.clone(),
            descriptor: None,
            data: None,
        });
        faults.extend(members.add(member, is_descriptor).map_err(|error| error.at(place)).err());
    }
    faults.extend(limits.check_tables(tables.len()).err());
    faults.extend(limits.check_total(total_bytes).err());
    faults.extend(extents.check(archive.central_directory_start()).err());
    if faults.is_empty() { Ok(tables.into_values().collect()) } else { Err(Error::many(faults)) }
}

impl TableMembers {
    /// Takes a member in.
    ///
    /// # Errors
    /// A second descriptor, or a second data file.
    fn add(&mut self, member: Member, is_descriptor: bool) -> Result<()> {
        let slot = if is_descriptor { &mut self.descriptor } else { &mut self.data };
        if let Some(first) = slot {
            let what = format!("two members are named for table {}, the other is {}", self.table, first.name);
            return Err(
                Error::refused(what).remedy("remove or rename one of them, and export the dump again")
            );
        }
        *slot = Some(member);
        Ok(())
    }
}

fn check_name(name: &str) -> Result<()> {
    if name.contains('\0') {
        return Err(Error::refused("the member's name holds a NUL character")
            .remedy("export the dump again, with another name"));
    }
    if is_unsafe(name) {
        return Err(Error::refused("the member's name leads out of the dump")
            .remedy("export the dump again, with names relative to its root"));
    }
    Ok(())
}

/// Whether a member's name is absolute or climbs out of its folder (APPNOTE.TXT 4.4.17 forbids both).
fn is_unsafe(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    drive || name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..")
}

/// The table that a member is named for, and whether the member is its descriptor; `None` for other files.
fn table_of(name: &str, (descriptor, data): &(String, String)) -> Option<(String, bool)> {
    // macOS adds a folder of resource forks that repeats every file name.
    if name.starts_with("__MACOSX/") {
        return None;
    }
    let file_name = name.rsplit(['/', '\\']).next()?;
    let (stem, extension) = file_name.rsplit_once('.')?;
    let is_descriptor = extension.eq_ignore_ascii_case(descriptor);
    let is_wanted = !stem.is_empty() && (is_descriptor || extension.eq_ignore_ascii_case(data));
    is_wanted.then(|| (stem.to_lowercase(), is_descriptor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_for_tables() {
        let table = |name| table_of(name, &("json".to_owned(), "dat".to_owned()));
        assert_eq!(table("Users.JSON"), Some(("users".into(), true)));
        assert_eq!(table("data/2024/users.dat"), Some(("users".into(), false)));
        assert_eq!(table("a\\users.dat"), Some(("users".into(), false)));
        assert_eq!(table("my.table.dat"), Some(("my.table".into(), false)));
        for other in ["readme.txt", ".dat", "users", "__MACOSX/users.dat"] {
            assert_eq!(table(other), None, "{other}");
        }
    }

    #[test]
    fn names_that_lead_out_of_the_dump() {
        for name in ["../users.dat", "/etc/passwd", "a/../../b.dat", "..\\x.dat", "C:\\x.dat", "\\\\host\\x"]
        {
            assert!(is_unsafe(name), "{name}");
        }
        assert!(!is_unsafe("a/b..c/users.dat"));
    }
}
