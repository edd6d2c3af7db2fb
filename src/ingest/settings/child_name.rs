//! The names of version tables: `{version}_{table}`.

use super::placeholders::{Piece, pieces};
use crate::{Error, Result};

/// The pattern when the configuration names none.
pub const DEFAULT: &str = "{version}_{table}";

/// A pattern of texts and placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildName(Vec<Piece<Part>>);

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    App,
    Version,
    Table,
    Folder,
}

impl ChildName {
    /// Reads a pattern.
    ///
    /// # Errors
    /// An unknown placeholder, a brace that is not closed, and a pattern that gives two versions one name.
    pub fn parse(pattern: &str) -> Result<ChildName> {
        let tells_apart = |pieces: &Vec<Piece<Part>>| {
            let has = |part: Part| pieces.contains(&Piece::Placeholder(part));
            has(Part::Table) && (has(Part::Version) || has(Part::App))
        };
        pieces(pattern, part).filter(tells_apart).map(ChildName).ok_or_else(|| {
            Error::refused(format!("xport_cfg.child_name: {pattern:?} does not name a table per version"))
                .remedy("use {table} with {version} or {app}, for example '{version}_{table}'")
        })
    }

    /// Whether tables of one name that lie in several folders get version tables of their own.
    pub fn has_folder(&self) -> bool {
        self.0.contains(&Piece::Placeholder(Part::Folder))
    }

    /// The name of the version table for a dump's table.
    pub fn of(&self, app: &str, version: &str, table: &str, folder: &str) -> String {
        let text = |piece: &Piece<Part>| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Placeholder(Part::App) => app.to_owned(),
            Piece::Placeholder(Part::Version) => version.to_owned(),
            Piece::Placeholder(Part::Table) => table.to_owned(),
            Piece::Placeholder(Part::Folder) => folder.to_owned(),
        };
        self.0.iter().map(text).collect()
    }
}

fn part(name: &str) -> Option<Part> {
    match name {
        "app" => Some(Part::App),
        "version" => Some(Part::Version),
        "table" => Some(Part::Table),
        "folder" => Some(Part::Folder),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(pattern: &str) -> Option<String> {
        ChildName::parse(pattern).ok().map(|pattern| pattern.of("l{x}", "v1", "users", "dbo"))
    }

    #[test]
    fn names_follow_the_pattern() {
        assert_eq!(name(DEFAULT).as_deref(), Some("v1_users"));
        assert_eq!(name("{app}_{table}_{version}").as_deref(), Some("l{x}_users_v1"));
        assert_eq!(name("{version}_{folder}_{table}").as_deref(), Some("v1_dbo_users"));
    }

    #[test]
    fn a_pattern_must_tell_versions_apart() {
        for bad in
            ["{version}", "{table}", "{folder}_{table}", "{table}_{region}", "{table}_{version", "fixed"]
        {
            assert_eq!(name(bad), None, "{bad}");
        }
    }
}
