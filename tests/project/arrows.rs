//! Which file of `src` names something of which other file: read from `use` declarations and from paths, outside of comments
//! and unit tests. That a module declares its children is no arrow.

use pghaul_test_support::{files_below, repository};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A path of a module or of something in it, without `crate`.
type Names = Vec<String>;

/// All modules of the crate, with the modules that each names.
pub struct House {
    arrows: BTreeMap<Names, BTreeSet<Names>>,
}

/// What one module writes.
struct Written {
    /// The paths that it names, absolute.
    named: Vec<Names>,
    /// What it gives on under a name of its own (`pub use`).
    given_on: BTreeMap<String, Names>,
}

impl House {
    /// Reads all of `src`.
    pub fn read() -> House {
        let src = repository().join("src");
        let texts: BTreeMap<Names, String> = files_below(&src, Some("rs"))
            .into_iter()
            .map(|path| (module_of(path.strip_prefix(&src).unwrap()), code_of(&path)))
            .collect();
        let modules: BTreeSet<Names> = texts.keys().cloned().collect();
        let written: BTreeMap<&Names, Written> =
            texts.iter().map(|(module, text)| (module, Written::of(module, text, &modules))).collect();
        let arrows = written
            .iter()
            .map(|(module, written_here)| {
                let to = written_here.named.iter().filter_map(|names| home_of(names, &written, 0));
                ((*module).clone(), to.filter(|to| !to.is_empty() && to != *module).collect())
            })
            .collect();
        House { arrows }
    }

    /// The rooms beside `room` that its files name something of.
    pub fn rooms_known_to(&self, room: &[&str]) -> BTreeSet<String> {
        let (parent, depth) = (&room[..room.len() - 1], room.len() - 1);
        let of_room = self.arrows.iter().filter(|(module, _)| starts_with(module, room));
        let known = of_room.flat_map(|(_, to)| to).filter(|to| starts_with(to, parent) && to.len() > depth);
        known.map(|to| to[depth].clone()).filter(|name| name != room[depth]).collect()
    }

    /// Groups of modules each of which leads to all others.
    pub fn circles(&self) -> Vec<BTreeSet<String>> {
        let reach: BTreeMap<&Names, BTreeSet<&Names>> =
            self.arrows.keys().map(|module| (module, self.reach(module))).collect();
        let circles: BTreeSet<BTreeSet<String>> = reach
            .iter()
            .filter(|(module, reached)| reached.contains(**module))
            .map(|(module, reached)| {
                let back = reached.iter().filter(|other| reach[**other].contains(*module));
                back.map(|other| other.join("::")).collect()
            })
            .collect();
        circles.into_iter().collect()
    }

    fn reach<'h>(&'h self, from: &'h Names) -> BTreeSet<&'h Names> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(module) = open.pop() {
            open.extend(self.arrows.get(module).into_iter().flatten().filter(|to| reached.insert(*to)));
        }
        reached
    }
}

impl Written {
    fn of(module: &Names, text: &str, modules: &BTreeSet<Names>) -> Written {
        let mut local = BTreeMap::new();
        let mut given_on = BTreeMap::new();
        let mut named = Vec::new();
        let mut rest = String::new();
        for statement in text.split_inclusive(';') {
            // What stands before a declaration, such as the end of a function, belongs to the code.
            let declaration = statement.match_indices("use ").map(|(at, _)| at).find(|at| {
                let before = statement[..*at].trim_end_matches(' ');
                before.is_empty()
                    || before.ends_with('\n')
                    || before.ends_with("pub")
                    || before.ends_with(')')
            });
            let Some(at) = declaration else {
                rest.push_str(statement);
                continue;
            };
            let is_public = statement[..at].trim_end().ends_with("pub");
            for (path, alias) in leaves(statement[at + "use ".len()..].trim_end_matches(';')) {
                let Some(absolute) = absolute(&path, module, &BTreeMap::new(), modules) else { continue };
                let name = alias.unwrap_or_else(|| absolute.last().cloned().unwrap_or_default());
                if is_public {
                    given_on.insert(name.clone(), absolute.clone());
                }
                local.insert(name, absolute.clone());
                named.push(absolute);
            }
        }
        named.extend(paths(&rest).iter().filter_map(|path| absolute(path, module, &local, modules)));
        Written { named, given_on }
    }
}

/// The module that something is of; what a module gives on is of where it comes from. Nothing for the name of a module alone.
fn home_of(names: &Names, written: &BTreeMap<&Names, Written>, depth: usize) -> Option<Names> {
    let length = (0..=names.len()).rev().find(|length| written.contains_key(&names[..*length].to_vec()))?;
    let (module, item) = (names[..length].to_vec(), names.get(length)?);
    match written[&module].given_on.get(item) {
        Some(origin) if depth < 5 => {
            home_of(&origin.iter().chain(&names[length + 1..]).cloned().collect(), written, depth + 1)
        }
        _ => Some(module),
    }
}

/// A path as it is seen from the crate's root; nothing for what is of another crate.
fn absolute(
    path: &[String],
    module: &Names,
    local: &BTreeMap<String, Names>,
    modules: &BTreeSet<Names>,
) -> Option<Names> {
    let (first, rest) = path.split_first()?;
    let behind = |start: &[String], rest: &[String]| {
        let rest = rest.iter().filter(|name| *name != "self");
        Some(start.iter().chain(rest).cloned().collect())
    };
    match first.as_str() {
        "crate" => behind(&[], rest),
        "self" => behind(module, rest),
        "super" => {
            let up = path.iter().take_while(|name| *name == "super").count();
            behind(module.get(..module.len().checked_sub(up)?)?, &path[up..])
        }
        _ => match local.get(first) {
            Some(start) => behind(start, rest),
            None => {
                let child = behind(module, std::slice::from_ref(first))?;
                modules.contains(&child).then(|| behind(module, path))?
            }
        },
    }
}

/// The paths that a `use` names, with the names that they get.
fn leaves(tree: &str) -> Vec<(Names, Option<String>)> {
    let tree = tree.trim();
    let Some((prefix, inner)) = tree.split_once('{') else {
        let (path, alias) = match tree.split_once(" as ") {
            Some((path, alias)) => (path, Some(alias.trim().to_owned())),
            None => (tree, None),
        };
        return vec![(path.split("::").map(|name| name.trim().to_owned()).collect(), alias)];
    };
    let prefix: Names = prefix.split("::").map(str::trim).filter(|n| !n.is_empty()).map(Into::into).collect();
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    let mut depth = 0;
    let parts = inner.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let parts: Vec<&str> = parts.filter(|part| !part.trim().is_empty()).collect();
    let below = parts.into_iter().flat_map(leaves);
    below.map(|(path, alias)| (prefix.iter().cloned().chain(path).collect(), alias)).collect()
}

/// All paths of two names and more in code.
fn paths(code: &str) -> Vec<Names> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c: char| !is_part(c)).filter(|word| word.contains("::"));
    words
        .map(|word| word.split("::").map(str::to_owned).collect::<Names>())
        .filter(|path| path.len() > 1 && path.iter().all(|name| !name.is_empty() && !name.contains(':')))
        .collect()
}

fn starts_with(names: &Names, start: &[&str]) -> bool {
    names.len() >= start.len() && names.iter().zip(start).all(|(name, wanted)| name == wanted)
}

fn module_of(path: &Path) -> Names {
    let mut names: Names =
        path.with_extension("").iter().map(|name| name.to_str().unwrap().to_owned()).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib")) {
        names.pop();
    }
    names
}

/// The text without comments and unit tests.
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.lines().take_while(|line| *line != "#[cfg(test)]");
    code.map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

#[test]
fn paths_are_found_in_every_form_of_use() {
    let text = "use super::a::{self, B};\npub use crate::{c::D as E, f::{g::H, i}};\nuse std::fmt;\n\
                fn f(x: a::X) -> i::j::Y { crate::k::l(); m::n }\n";
    let names = |path: &str| -> Names { path.split("::").map(str::to_owned).collect() };
    let module = names("room::file");
    let modules = [module.clone(), names("room::file::m")].into();
    let mut found: Vec<String> =
        Written::of(&module, text, &modules).named.iter().map(|path| path.join("::")).collect();
    found.sort();
    let expected = [
        "c::D",
        "f::g::H",
        "f::i",
        "f::i::j::Y",
        "k::l",
        "room::a",
        "room::a::B",
        "room::a::X",
        "room::file::m::n",
    ];
    assert_eq!(found, expected);
}
