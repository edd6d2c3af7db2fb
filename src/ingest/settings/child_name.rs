//! The names of version tables: `{version}_{table}`.

use crate::{Error, Result};

/// The pattern when the configuration names none.
pub const DEFAULT: &str = "{version}_{table}";

/// A pattern of texts and placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildName(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
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
        let parts = parts(pattern).filter(|parts| {
            parts.contains(&Piece::Table) && (parts.contains(&Piece::Version) || parts.contains(&Piece::App))
        });
        parts.map(ChildName).ok_or_else(|| {
            Error::refused(format!("xport_cfg.child_name: {pattern:?} does not name a table per version"))
                .remedy("use {table} with {version} or {app}, for example '{version}_{table}'")
        })
    }

    /// Whether tables of one name that lie in several folders get version tables of their own.
    pub fn has_folder(&self) -> bool {
        self.0.contains(&Piece::Folder)
    }

    /// The name of the version table for a dump's table.
    pub fn of(&self, app: &str, version: &str, table: &str, folder: &str) -> String {
        let text = |part: &'_ Piece| match part {
            Piece::Text(text) => text.clone(),
            Piece::App => app.to_owned(),
            Piece::Version => version.to_owned(),
            Piece::Table => table.to_owned(),
            Piece::Folder => folder.to_owned(),
        };
        self.0.iter().map(text).collect()
    }
}

fn parts(pattern: &str) -> Option<Vec<Piece>> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (key, behind) = after.split_once('}')?;
        parts.push(Piece::Text(before.to_owned()));
        parts.push(match key {
            "app" => Piece::App,
            "version" => Piece::Version,
            "table" => Piece::Table,
            "folder" => Piece::Folder,
            _ => return None,
        });
        rest = behind;
    }
    parts.push(Piece::Text(rest.to_owned()));
    Some(parts)
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
