//! Dumps that cannot be loaded together: two for one version table, and copies of a dump under another name, such as
//! `lms_v1 (1).zip`, whose rows would count twice.

use super::scanned::ScannedTable;
use crate::Error;
use crate::ingest::settings::Settings;
use crate::ingest::source::dump::Dump;
use crate::report::some_of;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The most equal dumps that a warning names.
const NAMED: usize = 5;

/// What a dump holds: folder, table and checksum of each data file with rows.
type Content = BTreeSet<(String, String, String)>;

/// The faults of dumps that cannot be loaded together.
pub fn faults(tables: &[&ScannedTable], settings: &Settings) -> Vec<Error> {
    let copies = copies(tables, settings);
    let mut faults = collisions(tables, &copies);
    faults.extend(copies.into_iter().map(|(_, fault)| fault));
    faults
}

/// Two tables for one version table, but those of copies.
fn collisions(tables: &[&ScannedTable], copies: &[(BTreeSet<String>, Error)]) -> Vec<Error> {
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
        if copies.iter().any(|(pair, _)| locations.iter().all(|location| pair.contains(location))) {
            continue;
        }
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

/// The faults of dumps whose names look like copies of another, and whose data files with rows are the same. Of other dumps with the
/// same rows it warns: two versions may be equal by intent, and one may be a copy.
fn copies(tables: &[&ScannedTable], settings: &Settings) -> Vec<(BTreeSet<String>, Error)> {
    let mut contents: BTreeMap<String, (&Dump, Content)> = BTreeMap::new();
    for ScannedTable { source, header_bytes, .. } in tables {
        let (_, content) =
            contents.entry(source.dump.location()).or_insert_with(|| (source.dump.as_ref(), Content::new()));
        if source.bytes > *header_bytes {
            let data = source.fingerprint().remove("data").unwrap_or_default().to_string();
            content.insert((source.folder.clone(), source.table.clone(), data));
        }
    }
    let mut dumps: HashMap<Content, Vec<(String, &Dump)>> = HashMap::new();
    for (location, (dump, content)) in contents {
        if !content.is_empty() {
            dumps.entry(content).or_default().push((location, dump));
        }
    }
    let mut equal: Vec<Vec<(String, &Dump)>> = dumps.into_values().filter(|dumps| dumps.len() > 1).collect();
    equal.sort_by(|one, other| one[0].0.cmp(&other[0].0));
    let mut faults = Vec::new();
    for dumps in equal {
        let said = faults.len();
        for (number, (one, dump)) in dumps.iter().enumerate() {
            for (two, other) in &dumps[number + 1..] {
                let (stem, other) = (dump.stem(), other.stem());
                if is_copy(&stem, &other) || is_copy(&other, &stem) {
                    let what = format!("{one} and {two} hold the same rows");
                    let fault = Error::refused(what).remedy("remove one of them, which seems to be a copy");
                    faults.push((BTreeSet::from([one.clone(), two.clone()]), fault));
                }
            }
        }
        // Of some tables alone, much may be the same.
        if faults.len() == said && !settings.selection.is_partial() {
            let names: Vec<&str> = dumps.iter().map(|(location, _)| location.as_str()).collect();
            tracing::warn!(
                "{} hold the same rows, which count as often as there are such dumps; if one is a copy of another, remove it",
                some_of(&names, NAMED)
            );
        }
    }
    faults
}

/// Whether `name` is what file managers, browsers and people call a copy of `original`, both without their ends: `lms_v1 (1)`,
/// `lms_v1 - copy`, `copy of lms_v1`, `lms_v1_backup`, `lms_v1.old`.
fn is_copy(original: &str, name: &str) -> bool {
    let is_behind = |behind: &str| {
        let is_number = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
        behind.starts_with([' ', '(', '-', '~', '_'])
            || behind.strip_prefix('.').is_some_and(|rest| !is_number(rest))
    };
    let Some((before, behind)) = name.split_once(original) else { return false };
    match before.is_empty() {
        true => is_behind(behind),
        false => before.ends_with(' ') && (behind.is_empty() || is_behind(behind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_copies() {
        for copy in [
            "lms_v1 (1)",
            "lms_v1(2)",
            "lms_v1 - copy",
            "lms_v1-copy",
            "lms_v1~",
            "copy of lms_v1",
            "kopie von lms_v1 (2)",
            "lms_v1_backup",
            "lms_v1.old",
            "lms_v1.bak",
        ] {
            assert!(is_copy("lms_v1", copy), "{copy}");
        }
        for other in ["lms_v1", "lms_v10", "lms_v1.1", "lms_v2", "lms_v1b", "big_lms_v1", "crm_v1"] {
            assert!(!is_copy("lms_v1", other), "{other}");
        }
    }
}
