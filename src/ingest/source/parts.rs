//! Which members belong to one table: a descriptor, and a data file or, by `xport_cfg.data_files`, its parts.

use super::data_file::DataFile;
use super::member::Member;
use super::name::numbered;
use crate::ingest::settings::data_files::DataFiles;
use crate::report::{plural, some_of};
use crate::{Error, Place, Result};
use std::collections::{BTreeMap, BTreeSet};

/// The most gaps or names that a message lists.
const NAMED: usize = 5;

/// A number with more digits is a date or a hash, of which there are not all.
const MOST_DIGITS: usize = 7;

/// What members are named for, and the folder that tells such names apart; both in lower case.
pub type Key = (String, String);

/// Members by what they are named for.
pub type Named = BTreeMap<Key, Members>;

/// A descriptor and a data file of one name.
#[derive(Debug, Default)]
pub struct Members {
    /// The descriptor, if the dump has one.
    pub descriptor: Option<Member>,
    /// The data file, if the dump has one.
    pub data: Option<Member>,
}

/// The members of one table.
#[derive(Debug)]
pub struct TableMembers {
    /// The last folder of the members within the dump, in lower case, where tables of one name in several folders are told apart;
    /// empty for the top of the dump.
    pub folder: String,
    /// The table's name: the members' file name without folder, extension and part, in lower case.
    pub table: String,
    /// The descriptor, if the dump has one.
    pub descriptor: Option<Member>,
    /// The data file, if the dump has one.
    pub data: Option<DataFile>,
    /// Files that look like parts of the data file that is missing, where no setting says that there are parts.
    pub alike: Option<Alike>,
}

/// Files without a descriptor that are named for a table and something more.
#[derive(Debug, PartialEq, Eq)]
pub struct Alike {
    /// The first one.
    pub first: String,
    /// How many others there are.
    pub more: u64,
    /// The pattern that would make them parts.
    pub pattern: String,
}

/// The tables of a dump.
#[derive(Debug, Default)]
pub struct Joined {
    /// In the order of their names.
    pub tables: Vec<TableMembers>,
    /// What is wrong with parts.
    pub faults: Vec<Error>,
    /// What is odd about the parts of tables, with the table.
    pub warnings: Vec<(String, String)>,
}

/// A part of a table's data file.
struct Part {
    /// What its name says besides the table.
    name: String,
    member: Member,
}

/// The table and the part that a data file of this name is, if it is a part: of the longest name of a table that has a descriptor. A
/// data file with a descriptor of its own is none.
pub fn table_of(
    key: &Key,
    pattern: Option<&DataFiles>,
    described: &BTreeSet<Key>,
) -> Option<(String, String)> {
    let (name, folder) = key;
    let pattern = pattern.filter(|_| !described.contains(key))?;
    let is_described = |(table, _): &(String, String)| described.contains(&(table.clone(), folder.clone()));
    pattern.readings(name).into_iter().find(is_described)
}

/// Joins the members of each table. Without a pattern, files that look like parts of a data file that is missing are told apart from
/// tables if the dump `is_for_load`.
pub fn join(
    named: Named,
    pattern: Option<&DataFiles>,
    described: &BTreeSet<Key>,
    is_for_load: bool,
) -> Joined {
    let mut joined = Joined::default();
    let mut tables = Named::new();
    let mut parts: BTreeMap<Key, Vec<Part>> = BTreeMap::new();
    for (key, Members { descriptor, data }) in named {
        match (table_of(&key, pattern, described), data) {
            (Some((table, name)), Some(member)) => {
                parts.entry((table, key.1)).or_default().push(Part { name, member });
            }
            (_, data) => {
                tables.insert(key, Members { descriptor, data });
            }
        }
    }
    let mut alike = if is_for_load && pattern.is_none() { take_alike(&mut tables) } else { BTreeMap::new() };
    for key in parts.keys() {
        // Where its descriptor cannot be read, that is the fault.
        tables.entry(key.clone()).or_default();
    }
    for (key, Members { descriptor, data }) in tables {
        let data = match parts.remove(&key) {
            None => data.map(DataFile::new),
            Some(parts) => match joined.data_file(&key.0, data, parts) {
                Ok(data) => Some(data),
                Err(error) => {
                    joined.faults.push(error);
                    None
                }
            },
        };
        let alike = alike.remove(&key);
        let (table, folder) = key;
        joined.tables.push(TableMembers { folder, table, descriptor, data, alike });
    }
    joined
}

impl Joined {
    /// The data file of these parts.
    fn data_file(&mut self, table: &str, whole: Option<Member>, mut parts: Vec<Part>) -> Result<DataFile> {
        parts.sort_by_cached_key(|part| (numbered(&part.name), part.name.clone()));
        let mut in_order = parts.iter();
        if let (Some(whole), Some(part)) = (whole, in_order.next()) {
            return Err(Error::refused(format!(
                "table {table} has a data file, {}, and a part of one, {}",
                whole.name, part.member.name
            ))
            .at(Place { member: Some(part.member.name.clone()), ..Place::default() })
            .remedy("remove one of them, or change xport_cfg.data_files"));
        }
        let folder =
            |part: &Part| part.member.name.rsplit_once(['/', '\\']).map(|(folder, _)| folder.to_lowercase());
        if let Some(other) = parts.iter().find(|part| folder(part) != folder(&parts[0])) {
            let first = &parts[0].member.name;
            return Err(Error::refused(format!("is a part of table {table}, and {first} in another folder is one, too"))
                .at(Place { member: Some(other.member.name.clone()), ..Place::default() })
                .remedy(
                    "put the parts of a table into one folder, or use {folder} in xport_cfg.child_name if these are two \
                     tables",
                ));
        }
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        self.warnings.extend(oddity(&names).map(|what| (table.to_owned(), what)));
        let mut members = parts.into_iter().map(|part| part.member);
        let Some(first) = members.next() else { return Err(Error::failed("no part")) };
        let mut data = DataFile::new(first);
        members.try_for_each(|member| data.push(member))?;
        Ok(data)
    }
}

/// What is odd about the names of a table's parts, in their order: a number that is missing, or a name among numbers.
fn oddity(names: &[&str]) -> Option<String> {
    let number = |name: &str| -> Option<u64> {
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        let digits = name.trim_start_matches('0').len();
        if is_number && digits <= MOST_DIGITS { name.parse().ok() } else { None }
    };
    let numbers: Vec<Option<u64>> = names.iter().map(|name| number(name)).collect();
    let (known, others): (Vec<_>, Vec<_>) =
        names.iter().zip(&numbers).partition(|(_, number)| number.is_some());
    if let (Some((first, _)), Some((other, _))) = (known.first(), others.first()) {
        return Some(format!(
            "its part {other} has no number, as {first} has; if it is no part, move it away or add its descriptor"
        ));
    }
    let gap = |pair: &[Option<u64>]| match pair {
        [Some(before), Some(behind)] if behind - before > 1 => {
            let (first, last) = (before + 1, behind - 1);
            Some((
                if first == last { first.to_string() } else { format!("{first} to {last}") },
                last - before,
            ))
        }
        _ => None,
    };
    let (gaps, counts): (Vec<String>, Vec<u64>) = numbers.windows(2).filter_map(gap).unzip();
    let (first, last) = (names.first()?, names.last()?);
    let count: u64 = counts.iter().sum();
    (count > 0).then(|| {
        let (parts, is) = (plural(count, "part"), if count == 1 { "is" } else { "are" });
        format!(
            "{parts} {} between {first} and {last} {is} missing; if the export has made them, put them into the dump",
            some_of(&gaps, NAMED)
        )
    })
}

/// Takes data files without descriptors away from tables that they look like parts of, and gives them by table.
fn take_alike(tables: &mut Named) -> BTreeMap<Key, Alike> {
    let mut found: BTreeMap<Key, Alike> = BTreeMap::new();
    let lacks_data = |members: &Members| members.descriptor.is_some() && members.data.is_none();
    let lacking: Vec<Key> =
        tables.iter().filter(|(_, members)| lacks_data(members)).map(|(key, _)| key.clone()).collect();
    if lacking.is_empty() {
        return found;
    }
    tables.retain(|(name, folder), members| {
        let (None, Some(data)) = (&members.descriptor, &members.data) else { return true };
        let separator =
            |table: &str| name.strip_prefix(table)?.chars().next().filter(|next| "_-.".contains(*next));
        let of = lacking.iter().filter(|(_, other)| other == folder);
        let Some((key, separator)) =
            of.filter_map(|key| Some((key, separator(&key.0)?))).max_by_key(|(key, _)| key.0.len())
        else {
            return true;
        };
        found.entry(key.clone()).and_modify(|alike| alike.more += 1).or_insert_with(|| Alike {
            first: data.name.clone(),
            more: 0,
            pattern: format!("{{table}}{separator}{{part}}"),
        });
        false
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> BTreeSet<Key> {
        names.iter().map(|name| ((*name).to_owned(), String::new())).collect()
    }

    #[test]
    fn a_part_belongs_to_the_longest_table_with_a_descriptor_unless_it_has_one_itself() {
        let pattern = DataFiles::parse("xport_cfg.data_files", "{table}_{part}").unwrap();
        let described = keys(&["users", "users_2", "users_old"]);
        let table = |name: &str| table_of(&(name.to_owned(), String::new()), Some(&pattern), &described);
        let part = |table: &str, part: &str| Some((table.to_owned(), part.to_owned()));
        assert_eq!(table("users_1"), part("users", "1"));
        assert_eq!(table("users_old_1"), part("users_old", "1"));
        assert_eq!(table("users_a_1"), part("users", "a_1"));
        for other in ["users", "users_2", "users_old", "orders_1", "users_"] {
            assert_eq!(table(other), None, "{other}");
        }
        assert_eq!(table_of(&("users_1".to_owned(), "dbo".to_owned()), Some(&pattern), &described), None);
        assert_eq!(table_of(&("users_1".to_owned(), String::new()), None, &described), None);
    }

    #[test]
    fn what_is_missing_among_numbers_is_said() {
        for fine in [&["1", "2", "3"][..], &["000", "001"], &["07"], &["20240131", "20240202"], &["a", "c"]] {
            assert_eq!(oddity(fine), None, "{fine:?}");
        }
        let said = |names: &[&str]| oddity(names).unwrap();
        assert!(said(&["1", "2", "4"]).starts_with("part 3 between 1 and 4 is missing; "));
        assert!(said(&["00", "03", "05"]).starts_with("parts 1 to 2, 4 between 00 and 05 are missing; "));
        assert!(said(&["1", "2", "old"]).starts_with("its part old has no number, as 1 has; "));
    }
}
