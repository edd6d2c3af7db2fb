//! Which members of a dump belong to which table.

use super::compression::Compression;
use super::member::Member;
use super::parts::{self, Key, Named, TableMembers};
use crate::ingest::settings::Settings;
use crate::ingest::settings::data_files::DataFiles;
use crate::report::plural;
use crate::{Error, Place, Result};
use std::collections::BTreeSet;

/// The most names of other members that a message lists.
const NAMED: usize = 5;

/// The members of a dump, while they are listed.
#[derive(Debug, Default)]
pub struct Listing {
    /// How the parts of data files are named, if they may have several.
    data_files: Option<DataFiles>,
    /// Whether the tables are to be loaded, not only looked at.
    is_for_load: bool,
    named: Named,
    /// The tables that have a descriptor, selected or not.
    described: BTreeSet<Key>,
    /// Everything that is wrong with members.
    pub faults: Vec<Error>,
    total_bytes: u64,
    /// What is not selected: these members are not looked at.
    left_out: BTreeSet<Key>,
    others: Others,
}

/// What a dump lists.
#[derive(Debug)]
pub struct Listed {
    /// The members of each table, in the order of the tables' names.
    pub tables: Vec<TableMembers>,
    /// The tables that are not selected.
    pub left_out: BTreeSet<String>,
    /// The other members.
    pub others: Others,
    /// What is odd about its data files.
    pub warnings: Vec<String>,
}

/// Members that are named for no table.
#[derive(Debug, Default, Clone)]
pub struct Others {
    first: Vec<String>,
    count: usize,
}

impl Others {
    /// Takes a name in.
    pub fn add(&mut self, name: &str) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(name.to_owned());
        }
    }

    /// What there is, for a message.
    pub fn describe(&self) -> String {
        match self.count.saturating_sub(self.first.len()) {
            _ if self.count == 0 => "it is empty".to_owned(),
            0 => format!("it holds {}", self.first.join(", ")),
            more => {
                format!("it holds {} and {more} more {}", self.first.join(", "), plural(more as u64, "file"))
            }
        }
    }
}

/// The table that a member is named for, or the part of one, and what it is to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// As in [`TableMembers`].
    pub folder: String,
    /// The table's name, or that and its part, in lower case.
    pub table: String,
    /// Whether it is the descriptor, not the data file.
    pub is_descriptor: bool,
}

impl Listing {
    /// An empty one of a dump that is to be loaded, whose data files may have parts of such names. The default is one of a dump that
    /// is only looked at: each data file stands for itself.
    pub fn new(data_files: Option<DataFiles>) -> Listing {
        Listing { data_files, is_for_load: true, ..Listing::default() }
    }

    /// What a member is named for. `None` for one that is of no table or of one that is not selected, or whose name is a fault.
    pub fn role(&mut self, name: &str, settings: &Settings) -> Option<Role> {
        if let Err(error) = check_name(name) {
            self.faults.push(error.at(place(name)));
            return None;
        }
        if is_hidden(name) {
            return None;
        }
        let Some(role) = role_of(name, &settings.extensions) else {
            self.others.add(name);
            return None;
        };
        let folder = if settings.child_name.has_folder() { last_folder(name) } else { String::new() };
        let key = (role.table.clone(), folder.clone());
        if role.is_descriptor {
            self.described.insert(key.clone());
        }
        let selection = &settings.selection;
        // Whether it is a part is not known before all descriptors are.
        let may_be_part = || {
            let pattern = self.data_files.as_ref().filter(|_| !role.is_descriptor);
            pattern.is_some_and(|pattern| {
                pattern.readings(&role.table).iter().any(|(table, _)| selection.has(table))
            })
        };
        if selection.has(&role.table) || may_be_part() {
            return Some(Role { folder, ..role });
        }
        self.left_out.insert(key);
        None
    }

    /// Checks the name of a folder, which is of no table.
    pub fn folder(&mut self, name: &str) -> Option<Role> {
        self.faults.extend(check_name(name).map_err(|error| error.at(place(name))).err());
        None
    }

    /// Takes a member in, or what is wrong with it.
    pub fn add(&mut self, role: Role, name: &str, member: Result<Member>) {
        if let Err(error) = member.and_then(|member| self.add_member(role, member)) {
            self.faults.push(error.into_refused().at(place(name)));
        }
    }

    fn add_member(&mut self, Role { folder, table, is_descriptor }: Role, member: Member) -> Result<()> {
        self.total_bytes = self.total_bytes.saturating_add(member.bytes);
        let members = self.named.entry((table.clone(), folder)).or_default();
        let slot = if is_descriptor { &mut members.descriptor } else { &mut members.data };
        if let Some(first) = slot {
            let what = format!("two members are named for table {table}, the other is {}", first.name);
            return Err(
                Error::refused(what).remedy("remove or rename one of them, and export the dump again")
            );
        }
        *slot = Some(member);
        Ok(())
    }

    /// What was listed.
    ///
    /// # Errors
    /// All faults at once; more bytes than the limits allow.
    pub fn finish(mut self, settings: &Settings) -> Result<Listed> {
        self.faults.extend(settings.limits.check_total(self.total_bytes).err());
        let Listing { data_files, is_for_load, named, described, mut faults, left_out, others, .. } = self;
        let joined = parts::join(named, data_files.as_ref(), &described, is_for_load);
        faults.extend(joined.faults);
        faults.extend(settings.limits.check_tables(joined.tables.len()).err());
        if !faults.is_empty() {
            return Err(Error::many(faults));
        }
        let table_of = |key: Key| match parts::table_of(&key, data_files.as_ref(), &described) {
            Some((table, _)) => table,
            None => key.0,
        };
        let mut left_out: BTreeSet<String> = left_out.into_iter().map(table_of).collect();
        let (tables, others_parts): (Vec<_>, Vec<_>) =
            joined.tables.into_iter().partition(|members| settings.selection.has(&members.table));
        left_out.extend(others_parts.into_iter().map(|members| members.table));
        // Of a table that is not selected, not all parts were looked at.
        let warnings = joined.warnings.into_iter().filter(|(table, _)| settings.selection.has(table));
        let warnings = warnings.map(|(table, what)| format!("table {table}: {what}")).collect();
        Ok(Listed { tables, left_out, others, warnings })
    }
}

fn place(name: &str) -> Place {
    Place { member: Some(name.to_owned()), ..Place::default() }
}

fn last_folder(name: &str) -> String {
    name.rsplit(['/', '\\']).nth(1).filter(|folder| *folder != ".").unwrap_or_default().to_lowercase()
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

/// Whether a member is hidden, or lies in a hidden folder, or in macOS' folder of resource forks, which repeats all names.
pub fn is_hidden(name: &str) -> bool {
    let is_hidden = |part: &str| part == "__MACOSX" || (part.starts_with('.') && part != ".");
    name.split(['/', '\\']).any(is_hidden)
}

/// The table that a member is named for; `None` for other files. A data file, not a descriptor, may be compressed by itself.
pub fn role_of(name: &str, (descriptor, data): &(String, String)) -> Option<Role> {
    let file_name = name.rsplit(['/', '\\']).next()?;
    let (compression, plain_name) = Compression::of_name(file_name);
    // `gz` may be the extension of data files.
    let (stem, extension) = match file_name.rsplit_once('.') {
        Some((stem, extension)) if extension.eq_ignore_ascii_case(data) => (stem, extension),
        _ => plain_name.rsplit_once('.')?,
    };
    let is_descriptor = compression.is_none() && extension.eq_ignore_ascii_case(descriptor);
    let is_wanted = !stem.is_empty() && (is_descriptor || extension.eq_ignore_ascii_case(data));
    is_wanted.then(|| Role { folder: String::new(), table: stem.to_lowercase(), is_descriptor })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_for_tables() {
        let table = |name| {
            let role = role_of(name, &("json".to_owned(), "dat".to_owned()));
            role.map(|role| (role.table, role.is_descriptor))
        };
        assert_eq!(table("Users.JSON"), Some(("users".into(), true)));
        assert_eq!(table("data/2024/users.dat"), Some(("users".into(), false)));
        assert_eq!(table("a\\users.dat"), Some(("users".into(), false)));
        assert_eq!(table("my.table.dat"), Some(("my.table".into(), false)));
        assert_eq!(table("./Users.dat.GZ"), Some(("users".into(), false)));
        assert_eq!(table("users.dat.zst"), Some(("users".into(), false)));
        for other in ["readme.txt", ".dat", "users", "users.gz", "users.json.gz", "users.dat.bz2"] {
            assert_eq!(table(other), None, "{other}");
        }
        let in_gz = role_of("users.gz", &("json".to_owned(), "gz".to_owned()));
        assert_eq!(in_gz.map(|role| role.table), Some("users".to_owned()));
    }

    #[test]
    fn the_last_folder_tells_tables_apart() {
        let folders = ["dbo/users.dat", "a\\Sales\\users.dat", "./users.dat", "users.dat"].map(last_folder);
        assert_eq!(folders, ["dbo", "sales", "", ""]);
    }

    #[test]
    fn hidden_members_are_known_by_a_dot_in_any_folder() {
        for name in ["._users.dat", "a/.users.dat", ".git/users.dat", "__MACOSX/a/users.dat", "a/__MACOSX/b"]
        {
            assert!(is_hidden(name), "{name}");
        }
        assert!(!is_hidden("./a/users.dat") && !is_hidden("my.table.dat"));
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
