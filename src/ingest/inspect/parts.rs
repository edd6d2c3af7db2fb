//! Data files that look like parts of one table: `users_1.dat`, `users_2.dat`.

use super::sample::Sample;
use std::collections::BTreeMap;

/// What may stand between the name of a table and a part.
const SEPARATORS: [char; 3] = ['_', '-', '.'];

/// How parts are named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// What stands between table and part.
    separator: char,
    /// The tables that have a descriptor, with the first of their parts and how many there are.
    described: Vec<(String, String, usize)>,
    /// The others.
    guessed: Vec<(String, String, usize)>,
    /// Tables whose parts are named in another way.
    others: Vec<String>,
}

/// Tables, with the separator behind their names, and the numbers of their samples.
type Groups = BTreeMap<(String, char), Vec<usize>>;

/// Finds parts among the samples, which get the name of their table and its descriptor. Those of a table that has a descriptor but no
/// data file are named for it, with anything behind; others have the same name but for a number, and there are several.
pub fn find(samples: &mut [Sample], lone_descriptors: &BTreeMap<String, Vec<u8>>) -> Option<Pattern> {
    let (mut described, mut guessed) = (Groups::new(), Groups::new());
    let is_data_file = |table: &str| samples.iter().any(|sample| sample.table == table);
    for (number, sample) in samples.iter().enumerate().filter(|(_, sample)| sample.descriptor.is_none()) {
        let splits = splits(&sample.table);
        let of_descriptor = splits.iter().find(|(table, ..)| lone_descriptors.contains_key(*table));
        if let Some((table, separator, _)) = of_descriptor {
            described.entry(((*table).to_owned(), *separator)).or_default().push(number);
        } else if let Some((table, separator, part)) = splits.first()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && !is_data_file(table)
        {
            guessed.entry(((*table).to_owned(), *separator)).or_default().push(number);
        }
    }
    guessed.retain(|_, numbers| numbers.len() > 1);
    let weight = |separator: char| -> usize {
        let of = |((_, own), numbers): (&(String, char), &Vec<usize>)| {
            if *own == separator { numbers.len() } else { 0 }
        };
        described.iter().map(of).sum::<usize>() * samples.len() + guessed.iter().map(of).sum::<usize>()
    };
    let separator =
        SEPARATORS.into_iter().max_by_key(|separator| weight(*separator)).filter(|best| weight(*best) > 0)?;
    let mut pattern = Pattern { separator, described: Vec::new(), guessed: Vec::new(), others: Vec::new() };
    let described = described.into_iter().map(|group| (true, group));
    for (is_described, ((table, own), numbers)) in
        described.chain(guessed.into_iter().map(|group| (false, group)))
    {
        if own != separator {
            pattern.others.push(table);
            continue;
        }
        for number in &numbers {
            samples[*number].part_of = Some(table.clone());
            samples[*number].descriptor = lone_descriptors.get(&table).cloned();
        }
        let first = samples[numbers[0]].label.clone();
        let list = if is_described { &mut pattern.described } else { &mut pattern.guessed };
        list.push((table, first, numbers.len()));
    }
    Some(pattern)
}

/// Whether a table of this name could have parts among the samples.
pub fn may_describe(table: &str, samples: &[Sample]) -> bool {
    let is_part = |sample: &Sample| splits(&sample.table).iter().any(|(of, ..)| *of == table);
    samples.iter().any(is_part) && !samples.iter().any(|sample| sample.table == table)
}

/// The ways to read a name as that of a table, a separator, and a part; those with the longest name of a table first.
fn splits(name: &str) -> Vec<(&str, char, &str)> {
    let separators = name.char_indices().rev().filter(|(_, character)| SEPARATORS.contains(character));
    let split = |(at, separator): (usize, char)| (&name[..at], separator, &name[at + 1..]);
    separators.map(split).filter(|(table, _, part)| !table.is_empty() && !part.is_empty()).collect()
}

impl Pattern {
    /// The value of `data_files`.
    pub fn value(&self) -> String {
        format!("{{table}}{}{{part}}", self.separator)
    }

    /// The tables whose parts have no descriptor.
    pub fn guessed(&self) -> impl Iterator<Item = &str> {
        self.guessed.iter().map(|(table, ..)| table.as_str())
    }

    /// Takes a table out whose parts differ from one another. Whether the others are still a reason for a pattern.
    pub fn give_up(&mut self, table: &str) -> bool {
        self.guessed.retain(|(other, ..)| other != table);
        !self.described.is_empty() || !self.guessed.is_empty()
    }

    /// The evidence and the doubt.
    pub fn why(&self) -> String {
        let more =
            |count: &usize| if *count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        let mut why = Vec::new();
        for (table, first, count) in &self.described {
            why.push(format!("{table} has a descriptor and no data file but {first}{}", more(count)));
        }
        for (table, first, count) in &self.guessed {
            why.push(format!(
                "DOUBT: {first}{} have the same columns and no descriptor; without this line they are {count} tables, \
                 not parts of {table}",
                more(count)
            ));
        }
        if !self.others.is_empty() {
            why.push(format!("DOUBT: parts of {} are named in another way", self.others.join(", ")));
        }
        why.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(tables: &[&str]) -> Vec<Sample> {
        let sample = |table: &&str| Sample {
            label: format!("{table}.dat"),
            table: (*table).to_owned(),
            part_of: None,
            descriptor: None,
            pieces: Vec::new(),
            unread_behind: None,
        };
        tables.iter().map(sample).collect()
    }

    #[test]
    fn parts_are_known_by_the_descriptor_of_their_table_or_by_their_numbers() {
        for (tables, descriptors, expected, parts) in [
            (&["users_a", "users_b_1"][..], &["users"][..], Some("{table}_{part}"), &["users", "users"][..]),
            (&["users_1", "users_2", "roles"], &[], Some("{table}_{part}"), &["users", "users", ""]),
            (&["users-1", "users-2"], &[], Some("{table}-{part}"), &["users", "users"]),
            (
                &["users.1", "x_1", "x_2", "users.2", "users.3"],
                &[],
                Some("{table}.{part}"),
                &["users", "", "", "users", "users"],
            ),
            (&["user_roles_1", "user_roles_2"], &["user"], Some("{table}_{part}"), &["user", "user"]),
            (&["users_1"], &[], None, &[""]),
            (&["users", "users_1", "users_2"], &[], None, &["", "", ""]),
            (&["users_old", "users_new"], &[], None, &["", ""]),
        ] {
            let mut samples = samples(tables);
            let descriptors = descriptors
                .iter()
                .map(|table| ((*table).to_owned(), b"[]".to_vec()))
                .collect::<BTreeMap<_, _>>();
            let pattern = find(&mut samples, &descriptors);
            assert_eq!(pattern.map(|pattern| pattern.value()).as_deref(), expected, "{tables:?}");
            let found: Vec<&str> =
                samples.iter().map(|sample| sample.part_of.as_deref().unwrap_or_default()).collect();
            assert_eq!(found, parts, "{tables:?}");
        }
    }
}
