//! Dumps that cannot be loaded together: two for one version table, and copies of a dump under another name, such as
//! `lms_v1 (1).zip`, whose rows would count twice.

use super::scanned::ScannedTable;
use crate::Error;
use crate::ingest::source::dump::Dump;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What a dump holds: folder, table and checksum of each data file with rows.
type Content = BTreeSet<(String, String, String)>;

/// The faults of dumps that cannot be loaded together.
pub fn faults(tables: &[&ScannedTable]) -> Vec<Error> {
    let mut faults = collisions(tables);
    faults.extend(copies(tables));
    faults
}

/// Two tables for one version table.
fn collisions(tables: &[&ScannedTable]) -> Vec<Error> {
    let mut first: HashMap<&str, &Dump> = HashMap::new();
    let mut said: HashSet<[String; 2]> = HashSet::new();
    let mut faults = Vec::new();
    for ScannedTable { source, child, .. } in tables {
        let dump = source.dump.as_ref();
        let Some(other) = first.get(child.as_str()) else {
            first.insert(child, dump);
            continue;
        };
        let locations = [other.location(), dump.location()];
        let [one, two] = &locations;
        if (&other.app, &other.version) != (&dump.app, &dump.version) {
            let what = format!("{one} and {two} both map to the version table {child}");
            faults.push(Error::refused(what).remedy(
                "set xport_cfg.child_name, for example to '{app}_{version}_{table}', or rename a dump",
            ));
            continue;
        }
        let what = format!("{one} and {two} are the same version of {}", dump.app);
        // Once, and not for each of their tables.
        if said.insert(locations) {
            faults.push(Error::refused(what).remedy("remove or rename one of them"));
        }
    }
    faults
}

/// The faults of dumps whose names look like copies of another, and whose data files with rows are the same.
fn copies(tables: &[&ScannedTable]) -> Vec<Error> {
    let dumps: BTreeMap<String, &Dump> =
        tables.iter().map(|table| (table.source.dump.location(), table.source.dump.as_ref())).collect();
    let dumps: Vec<(String, &Dump)> = dumps.into_iter().collect();
    let mut faults = Vec::new();
    for (number, (one, dump)) in dumps.iter().enumerate() {
        for (two, other) in &dumps[number + 1..] {
            let look_so = dump.app == other.app
                && (is_copy(&dump.version, &other.version) || is_copy(&other.version, &dump.version));
            if !look_so {
                continue;
            }
            let content = content(tables, one);
            if !content.is_empty() && content == self::content(tables, two) {
                let what = format!("{one} and {two} hold the same rows");
                faults.push(Error::refused(what).remedy("remove one of them, which seems to be a copy"));
            }
        }
    }
    faults
}

/// What the dump at `location` holds.
fn content(tables: &[&ScannedTable], location: &str) -> Content {
    let has_rows = |table: &&&ScannedTable| {
        table.source.dump.location() == location && table.source.bytes > table.header_bytes
    };
    let of_table = |table: &&ScannedTable| {
        let data = table.source.fingerprint().remove("data").unwrap_or_default().to_string();
        (table.source.folder.clone(), table.source.table.clone(), data)
    };
    tables.iter().filter(has_rows).map(of_table).collect()
}

/// Whether `name` is what file managers, browsers and people call a copy of `original`: `v1 (1)`, `v1(2)`, `v1 - copy`, `v1-copy`.
fn is_copy(original: &str, name: &str) -> bool {
    name.strip_prefix(original).is_some_and(|behind| behind.starts_with([' ', '(', '-', '~']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_copies() {
        for copy in ["v1 (1)", "v1(2)", "v1 - copy", "v1-copy", "v1~"] {
            assert!(is_copy("v1", copy), "{copy}");
        }
        for other in ["v1", "v10", "v1.1", "v2", "v1b"] {
            assert!(!is_copy("v1", other), "{other}");
        }
    }
}
