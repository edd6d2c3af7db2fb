//! `pghaul man`: the man pages, one for each command. For packages, and so hidden.

use super::version;
use crate::exit::Exit;
use crate::{Error, Place, Result};
use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  pghaul man /usr/local/share/man/man1       pghaul.1, pghaul-ingest.1 and so on";

/// The arguments of `pghaul man`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ManArgs {
    /// Folder for the pages; made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Runs `pghaul man` for the commands of `root`.
///
/// # Errors
/// A folder that cannot be written.
pub fn run(args: &ManArgs, root: Command) -> Result<Exit> {
    let mut root = root.disable_help_subcommand(true);
    root.build();
    let failed = |error: io::Error| Error::failed(error).at(Place::file(args.folder.display().to_string()));
    fs::create_dir_all(&args.folder).map_err(failed)?;
    pages(&root, &[], &args.folder).map_err(failed)?;
    Ok(Exit::Loaded)
}

/// Writes the page of a command and those of the commands below it.
fn pages(command: &Command, above: &[String], folder: &Path) -> io::Result<()> {
    let name = page_name(command);
    let below: Vec<&Command> = command.get_subcommands().filter(|command| !command.is_hide_set()).collect();
    let related: Vec<String> =
        above.iter().cloned().chain(below.iter().map(|command| page_name(command))).collect();
    fs::write(folder.join(format!("{name}.1")), page(command, &related)?)?;
    let above: Vec<String> = above.iter().cloned().chain([name]).collect();
    below.iter().try_for_each(|command| pages(command, &above, folder))
}

fn page_name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(command: &Command, related: &[String]) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone())
        .source(format!("pghaul {}", version::NUMBER))
        .date(version::date().unwrap_or_default())
        .manual("pghaul");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().any(|command| !command.is_hide_set()) {
        man.render_subcommands_section(&mut page)?;
    }
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let mut rest = Roff::new();
    for (title, text) in sections(&help) {
        rest.control("SH", [title]);
        // Examples stand as they are typed, line by line.
        let is_typed = title == "EXAMPLES";
        rest.control(if is_typed { "nf" } else { "PP" }, []);
        for line in text.lines() {
            rest.text([roman(if is_typed { line.trim_start() } else { line })]);
        }
        if is_typed {
            rest.control("fi", []);
        }
    }
    if !related.is_empty() {
        rest.control("SH", ["SEE ALSO"]);
        let mut line = Vec::new();
        for (index, name) in related.iter().enumerate() {
            line.push(roman(if index == 0 { "" } else { ", " }));
            line.extend([bold(name), roman("(1)")]);
        }
        rest.text(line);
    }
    rest.to_writer(&mut page)?;
    Ok(page)
}

/// The paragraphs below a command's flags, with the titles that man pages have for them.
fn sections(help: &str) -> Vec<(&'static str, String)> {
    let mut sections: Vec<(&'static str, String)> = Vec::new();
    for paragraph in help.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        let of = |title, start| {
            paragraph.strip_prefix(start).map(|text: &str| (title, text.trim_start_matches('\n').to_owned()))
        };
        let (title, text) = of("EXAMPLES", "Examples:")
            .or_else(|| of("EXIT STATUS", "Exit codes: "))
            .unwrap_or_else(|| ("NOTES", paragraph.to_owned()));
        match sections.last_mut().filter(|(last, _)| *last == title) {
            Some((_, known)) => known.push_str(&format!("\n\n{text}")),
            None => sections.push((title, text)),
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_below_the_flags_has_sections() {
        let found = sections("Examples:\n  a\n  b\n\nOne note.\n\nAnother.\n\nExit codes: 0 good;\n1 not.");
        let expected = [
            ("EXAMPLES", "  a\n  b"),
            ("NOTES", "One note.\n\nAnother."),
            ("EXIT STATUS", "0 good;\n1 not."),
        ];
        assert_eq!(found, expected.map(|(title, text)| (title, text.to_owned())));
    }
}
