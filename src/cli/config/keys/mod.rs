//! Every key of the configuration: its meaning, its default, the flag that takes precedence, and how its value is shown.
//! `config show` and the tables in docs/ are made from these lists.
//!
//! A test compares the lists with the structs that the file is read into (`config/sections`).

pub mod drain;
pub mod fetch;
pub mod ingest;
pub mod key;
pub mod serve;
pub mod sync;

use key::{Key, Secrecy};

/// All keys, in the order in which they are shown.
pub fn all() -> impl Iterator<Item = &'static Key> {
    let ingest = ingest::KEYS.iter().map(|entry| &entry.key);
    let fetch = fetch::KEYS.iter().map(|entry| &entry.key);
    let drain = drain::KEYS.iter().map(|entry| &entry.key);
    let sync = sync::KEYS.iter().map(|entry| &entry.key);
    let serve = serve::KEYS.iter().map(|entry| &entry.key);
    ingest.chain(fetch).chain(drain).chain(sync).chain(serve)
}

/// Whether the value at a path may be shown.
pub fn secrecy(path: &str) -> Secrecy {
    let of_path = all().filter(|key| key.leads_to(path)).map(|key| key.secrecy);
    // A name that people choose may make a path look like that of another key. Rather too much is hidden than too little.
    of_path.max_by_key(|secrecy| *secrecy == Secrecy::Secret).unwrap_or(Secrecy::Open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use crate::config::faults;
    use clap::{Command, CommandFactory};
    use std::collections::BTreeSet;

    /// No key is called so.
    const UNKNOWN: &str = "?";
    /// The text in place of a name that people choose.
    const NAME: &str = "NAME";

    /// The keys that the reader of the file knows below a path. The reader itself lists them when it meets an unknown one.
    fn known_below(path: &str) -> Vec<String> {
        for step in ["", "[]", ".NAME", ".NAME.NAME"] {
            let path = format!("{path}{step}");
            let found = faults(&file_with(&path, &format!("{{'{UNKNOWN}': 0}}")));
            let Some(list) =
                found.iter().find_map(|fault| fault.what.split_once("unknown field `?`, expected "))
            else {
                continue;
            };
            let names = list.1.split(';').next().unwrap().split('`').skip(1).step_by(2);
            return names.map(|name| format!("{path}.{name}").trim_start_matches('.').to_owned()).collect();
        }
        Vec::new()
    }

    /// A file with this value at this path alone.
    fn file_with(path: &str, value: &str) -> String {
        path.split('.').filter(|part| !part.is_empty()).rev().fold(value.to_owned(), |value, part| match part
            .strip_suffix("[]")
        {
            Some(list) => format!("{{{list}: [{value}]}}"),
            None => format!("{{{part}: {value}}}"),
        })
    }

    /// All keys that the reader knows below a path, at any depth: those that hold keys, and those that hold values.
    fn known(path: &str, holders: &mut BTreeSet<String>, values: &mut BTreeSet<String>) {
        for key in known_below(path) {
            if known_below(&key).is_empty() {
                values.insert(key);
            } else {
                known(&key, holders, values);
                holders.insert(key);
            }
        }
    }

    #[test]
    fn every_key_that_the_reader_knows_is_listed_and_no_other() {
        let (mut holders, mut values) = (BTreeSet::new(), BTreeSet::new());
        known("", &mut holders, &mut values);
        assert!(values.contains("sync.NAME.every") && values.contains("after.NAME.indexes[].where"));
        let is_name = |part: &&str| part.bytes().all(|byte| byte.is_ascii_uppercase());
        let listed: BTreeSet<String> = all()
            .map(|key| {
                let parts = key.path.split('.').map(|part| if is_name(&part) { NAME } else { part });
                parts.collect::<Vec<_>>().join(".")
            })
            .collect();
        assert_eq!(listed.len(), all().count(), "a key is listed twice");
        let missing: Vec<&String> = values.difference(&listed).collect();
        assert!(missing.is_empty(), "config/sections has keys that cli/config/keys lacks: {missing:?}");
        let unknown: Vec<&String> =
            listed.difference(&values).filter(|key| !holders.contains(*key)).collect();
        assert!(unknown.is_empty(), "cli/config/keys has keys that config/sections lacks: {unknown:?}");
    }

    #[test]
    fn each_flag_is_one_of_the_command_that_reads_its_key() {
        fn has(command: &Command, flag: &str) -> bool {
            command.get_arguments().any(|argument| argument.get_long() == flag.strip_prefix("--"))
                || command.get_subcommands().any(|command| has(command, flag))
        }
        let root = Cli::command();
        for key in all() {
            let Some(flag) = key.flag else { continue };
            let section = key.path.split('.').next().unwrap();
            let command = root.find_subcommand(section).or(root.find_subcommand("ingest")).unwrap();
            assert!(has(command, flag), "{} does not take {flag}, as {} says", command.get_name(), key.path);
        }
    }
}
