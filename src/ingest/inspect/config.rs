//! The configuration as text: each line with its evidence.

use super::dialect::Dialect;
use super::inputs::Input;
use super::line::{Line, yaml};
use crate::error::one_line;
use crate::report::thousands;
use std::path::Path;

/// The longest line with its comment behind it, characters; a longer comment stands above.
const WIDTH: usize = 120;
/// Where comments begin.
const COMMENT_COLUMN: usize = 34;
/// Tables that are named for each dump.
const NAMED_TABLES: usize = 10;

/// The `config.yml` for these inputs.
pub fn text(found: &[(Input, Dialect)]) -> String {
    let mut out = "# What samples of each data file show. Look at the lines with DOUBT before you load, and at the rest.\n".to_owned();
    for (input, dialect) in found {
        out.push_str(&summary(input, dialect));
    }
    out.push_str("xport_cfg:\n");
    let folder = found
        .first()
        .and_then(|(input, _)| input.path.parent())
        .filter(|_| found.iter().all(|(input, _)| input.is_dump));
    match folder.map(Path::to_string_lossy) {
        Some(folder) => {
            let folder = if folder.is_empty() { ".".into() } else { folder };
            out.push_str(&line("  ", "zip_path", Some(&yaml(&folder)), "the folder of the dumps"));
        }
        None => out.push_str("  # zip_path: dumps/\n"),
    }
    let extension = found.first().map_or("dat", |(input, _)| input.extension.as_str());
    if extension != "dat" {
        out.push_str(&line("  ", "dat_extension", Some(&yaml(extension)), "the extension of the data files"));
    }
    out.push_str("  dialects:\n");
    for (pattern, dialect) in entries(found) {
        out.push_str(&format!("    - match: {}\n", yaml(&pattern)));
        for Line { key, value, why } in &dialect.lines {
            out.push_str(&line("      ", key, value.as_deref(), why));
        }
    }
    out
}

/// The dialects and their patterns: one for all where all dumps are written alike.
fn entries(found: &[(Input, Dialect)]) -> Vec<(String, &Dialect)> {
    let settings = |dialect: &Dialect| -> Vec<(&'static str, Option<String>)> {
        dialect.lines.iter().map(|line| (line.key, line.value.clone())).collect()
    };
    let Some((_, first)) = found.first() else { return Vec::new() };
    if found.iter().all(|(_, dialect)| settings(dialect) == settings(first)) {
        return vec![("*".to_owned(), first)];
    }
    let pattern = |input: &Input| glob::Pattern::escape(&input.name);
    found.iter().map(|(input, dialect)| (pattern(input), dialect)).collect()
}

fn summary(input: &Input, dialect: &Dialect) -> String {
    let mut out = format!("#\n# {}:\n", one_line(&input.path.display().to_string()));
    for table in dialect.tables.iter().take(NAMED_TABLES) {
        let (rows, columns) = (thousands(table.rows), table.columns.len());
        out.push_str(&format!("#   {}: {rows} rows of {columns} columns seen\n", one_line(&table.label)));
    }
    if let Some(more) = dialect.tables.len().checked_sub(NAMED_TABLES).filter(|more| *more > 0) {
        out.push_str(&format!("#   and {more} more\n"));
    }
    for remark in &dialect.remarks {
        out.push_str(&format!("#   {}\n", one_line(remark)));
    }
    if !input.is_dump {
        out.push_str(
            "#   put the data files and their descriptors into a dump, such as <app>_<version>.zip\n",
        );
    }
    for (table, descriptor) in &dialect.descriptors {
        out.push_str(&format!(
            "#   {0} has no descriptor. {0}.json (--descriptors DIR writes it), with types that hold what was seen:\n",
            one_line(table)
        ));
        descriptor.lines().for_each(|line| out.push_str(&format!("#     {line}\n")));
    }
    out
}

/// A line with its comment; only a comment where there is no value.
fn line(indent: &str, key: &str, value: Option<&str>, why: &str) -> String {
    let why = one_line(why);
    let start = match value {
        Some(value) => format!("{indent}{key}: {value}"),
        None => format!("{indent}# {key}:"),
    };
    let beside = format!("{start:COMMENT_COLUMN$} # {why}\n");
    if beside.chars().count() <= WIDTH {
        return beside;
    }
    let mut out = String::new();
    let mut current = format!("{indent}#");
    for word in why.split(' ') {
        if current.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&current);
            out.push('\n');
            current = format!("{indent}#");
        }
        current.push(' ');
        current.push_str(word);
    }
    format!("{out}{current}\n{start}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stand_beside_or_above() {
        assert_eq!(line("  ", "a", Some("b"), "why"), format!("{:34} # why\n", "  a: b"));
        assert_eq!(line("", "a", None, "x\ny"), format!("{:34} # x\\ny\n", "# a:"));
        let long = line("  ", "a", Some("b"), &"word ".repeat(40));
        assert!(
            long.lines().all(|line| line.chars().count() <= WIDTH) && long.ends_with("\n  a: b\n"),
            "{long}"
        );
    }
}
