//! All faults of a configuration's form, with line and column.

use super::file::ConfigFile;
use super::marks::{Mark, Marks};
use super::nearest;

/// A fault, and its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Line and column, counted from 1, if they are known.
    pub at: Option<(usize, usize)>,
    /// What is wrong, with a remedy.
    pub what: String,
}

/// The faults of a text: the first one of each section. The reader stops at its first fault, so each section is read alone
/// if that is possible.
pub fn faults(text: &str) -> Vec<Fault> {
    let Some(first) = fault_of(text) else { return Vec::new() };
    let mut faults: Vec<Fault> = sections(text).iter().filter_map(|section| fault_of(section)).collect();
    if !faults.contains(&first) {
        // The fault is not in one section alone, such as a section that stands there twice.
        faults = vec![first];
    }
    faults.sort();
    faults
}

fn fault_of(text: &str) -> Option<Fault> {
    let error = serde_yaml::from_str::<Option<ConfigFile>>(text).err()?;
    let at = error.location().map(|location| (location.line(), location.column()));
    let message = message_of(&error);
    // The place goes to the front.
    let place = at.map(|(line, column)| format!(" at line {line} column {column}")).unwrap_or_default();
    let mut what = message.replacen(&place, "", 1);
    if let Some(remedy) = remedy(&message) {
        what.push_str("; ");
        what.push_str(&remedy);
    }
    // For a key that stands there twice, the reader names the map.
    let is_double = message.contains("duplicate field") || message.contains("stands here twice");
    Some(Fault { at: if is_double { place_of_double(text).or(at) } else { at }, what })
}

/// The place of the first key that its map has for the second time.
fn place_of_double(text: &str) -> Option<(usize, usize)> {
    let marks = Marks::of(text)?;
    let is_double =
        |(index, mark): &(usize, &Mark)| marks.all[..*index].iter().any(|other| other.path == mark.path);
    marks.all.iter().enumerate().find(is_double).map(|(_, mark)| (mark.line, mark.column))
}

/// Keys below which a value of the wrong type may be the secret itself: `headers: 'X-Key: …'`.
const OF_SECRETS: [&str; 7] = ["datastore", "passwd", "password", "headers", "body", "url", "decrypt"];

/// The message of the YAML reader. It quotes a value of the wrong type; if that may be a secret, the quote is left out.
pub(super) fn message_of(error: &serde_yaml::Error) -> String {
    let message = error.to_string();
    let Some((path, rest)) = message.split_once(": invalid type: ") else { return message };
    let is_secret = path.split(['.', '[']).any(|key| OF_SECRETS.contains(&key));
    match rest.find(['"', '`']).zip(rest.rfind(", expected ")) {
        Some((quote, expected)) if is_secret && quote < expected => {
            format!("{path}: invalid type: {}{}", rest[..quote].trim_end(), &rest[expected..])
        }
        _ => message,
    }
}

/// The remedy for a message of the YAML reader.
pub(super) fn remedy(message: &str) -> Option<String> {
    match nearest::suggestion(message) {
        Some(known) => Some(format!("did you mean `{known}`?")),
        None if message.contains("environment variable") => {
            Some("set it in the environment; $${ stands for a plain ${".to_owned())
        }
        None => None,
    }
}

/// The text once for each top-level key, with all other lines left empty: lines keep their numbers. Nothing if sections
/// share lines, or need each other.
fn sections(text: &str) -> Vec<String> {
    let Some(marks) = Marks::of(text) else { return Vec::new() };
    let tops: Vec<usize> =
        marks.all.iter().filter(|mark| !mark.path.contains('.')).map(|mark| mark.line).collect();
    let by_lines = marks.all.iter().all(|mark| mark.path.contains('.') || mark.column == 1)
        && tops.windows(2).all(|pair| pair[0] < pair[1]);
    if !by_lines || marks.all.iter().any(|mark| mark.is_alias) {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let ends = tops.iter().skip(1).copied().chain([lines.len() + 1]);
    let section = |(from, to): (&usize, usize)| {
        let kept = |number: usize| (*from..to).contains(&number);
        lines.iter().enumerate().fold(String::new(), |mut section, (index, line)| {
            if kept(index + 1) {
                section.push_str(line);
            }
            section.push('\n');
            section
        })
    };
    tops.iter().zip(ends).map(section).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, usize, String)> {
        let place = |fault: Fault| {
            let (line, column) = fault.at.unwrap_or_default();
            (line, column, fault.what)
        };
        faults(text).into_iter().map(place).collect()
    }

    #[test]
    fn each_section_tells_its_first_fault() {
        let found = found(
            "max_worker: 3\n\nxport_cfg:\n  zip_path: x\n  archive: perhaps\nverify: true\ndatastore: {prt: 1}\n",
        );
        let places: Vec<(usize, usize)> = found.iter().map(|(line, column, _)| (*line, *column)).collect();
        assert_eq!(places, [(1, 1), (5, 12), (7, 13)], "{found:?}");
        assert!(found[0].2.ends_with("did you mean `max_workers`?"), "{found:?}");
        assert!(found.iter().all(|(_, _, what)| !what.contains("at line")), "{found:?}");
    }

    #[test]
    fn a_value_of_the_wrong_type_is_not_quoted_where_it_may_be_a_secret() {
        for yaml in [
            "datastore: hunter2",
            "datastore: {passwd: [hunter2]}",
            "fetch: {a: {headers: 'X-Key: hunter2, expected \"x\"'}}",
            "fetch: {a: {headers: 4711}}",
            "decrypt: hunter2",
        ] {
            let what = &faults(yaml)[0].what;
            assert!(what.contains("invalid type: ") && what.contains(", expected "), "{what}");
            assert!(!what.contains("hunter2") && !what.contains("4711"), "{what}");
        }
        assert!(faults("views: perhaps")[0].what.contains("\"perhaps\""));
    }

    #[test]
    fn what_no_section_has_alone_is_told_all_the_same() {
        for (text, place) in [
            ("views: true\nviews: false\n", (2, 1)),
            ("verify: &x true\nviews: *x\nmax_worker: 1\n", (3, 1)),
            ("{verify: yes please, views: 3}", (1, 10)),
            ("limits: {max_row: 1MiB\n", (2, 1)),
        ] {
            let found = found(text);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!((found[0].0, found[0].1), place, "{found:?}");
        }
        assert_eq!(faults("# nothing\n"), []);
        assert_eq!(faults("max_workers: 3\n"), []);
    }
}
