//! The databases of the embedded server: one for each project, so that two projects share no table unseen.

use super::paths::fnv1a;
use crate::pg::ident;
use crate::{Error, Result};
use postgres::Client;
use postgres::error::SqlState;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How much of the folder's name is in that of the database, bytes. A name has at most 63.
const NAME_BYTES: usize = 40;

/// The database of no project.
const OF_NONE: &str = "pghaul";

/// A project: the folder of its configuration, or without one the current folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    folder: PathBuf,
    database: String,
    has_config: bool,
}

impl Project {
    /// The project of this configuration.
    ///
    /// # Errors
    /// No configuration, and no current folder.
    pub fn of(config: Option<&Path>) -> Result<Project> {
        let folder = match config.and_then(Path::parent) {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => Path::new("."),
        };
        // A folder has one name, whatever links lead to it.
        let folder = folder.canonicalize().map_err(|error| {
            Error::refused(format!("the folder {} cannot be found: {error}", folder.display()))
                .remedy("go to a folder that exists, or name the database with --db")
        })?;
        let database = database_of(&folder);
        Ok(Project { folder, database, has_config: config.is_some() })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The name of its database: small letters, digits and underscores.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The databases of other projects in the server that the client is connected to, and their folders.
    ///
    /// # Errors
    /// A lost connection.
    pub fn others(client: &mut Client) -> Result<Vec<(String, String)>> {
        let rows = client.query(include_str!("projects.sql"), &[])?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    /// The project whose database somebody means who stands in this folder: its own, or, where the folder has neither a
    /// configuration nor a database, the only one that there is.
    ///
    /// # Errors
    /// A lost connection.
    pub(super) fn nearest(&self, client: &mut Client) -> Result<Project> {
        if !self.has_config
            && !self.has_database(client)?
            && let [(database, folder)] = &Project::others(client)?[..]
        {
            return Ok(Project { folder: folder.into(), database: database.clone(), has_config: false });
        }
        Ok(self.clone())
    }

    /// As [`Project::nearest`]; creates its database where it is missing.
    ///
    /// # Errors
    /// What the server says.
    pub(super) fn nearest_created(&self, client: &mut Client) -> Result<Project> {
        let project = self.nearest(client)?;
        project.create_database(client)?;
        Ok(project)
    }

    /// The project, or, where it has no database yet, one with the server's own, in which nothing is ever written.
    ///
    /// # Errors
    /// A lost connection.
    pub(super) fn or_empty(&self, client: &mut Client) -> Result<Project> {
        let database = if self.has_database(client)? { self.database.clone() } else { OF_NONE.to_owned() };
        Ok(Project { database, ..self.clone() })
    }

    fn has_database(&self, client: &mut Client) -> Result<bool> {
        let known = "SELECT FROM pg_catalog.pg_database \
                     WHERE datname::pg_catalog.text OPERATOR(pg_catalog.=) $1::pg_catalog.text";
        Ok(client.query_opt(known, &[&self.database])?.is_some())
    }

    /// Creates the database where it is missing.
    ///
    /// # Errors
    /// What the server says.
    pub(super) fn create_database(&self, client: &mut Client) -> Result<()> {
        if self.has_database(client)? {
            return Ok(());
        }
        let name = ident::quote(&self.database);
        match client.batch_execute(&format!("CREATE DATABASE {name}")) {
            // Another pghaul of this project was faster.
            Err(error)
                if [Some(&SqlState::DUPLICATE_DATABASE), Some(&SqlState::UNIQUE_VIOLATION)]
                    .contains(&error.code()) =>
            {
                return Ok(());
            }
            created => created?,
        }
        let folder = ident::literal(&self.folder.to_string_lossy());
        Ok(client.batch_execute(&format!("COMMENT ON DATABASE {name} IS {folder}"))?)
    }
}

/// The last part of the path, and a hash of the whole: two folders may have the same name.
fn database_of(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let is_plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
    let mut name: String = name.chars().map(|char| if is_plain(char) { char } else { '_' }).collect();
    name.truncate(NAME_BYTES);
    format!("{}_{:08x}", name.trim_matches('_'), fnv1a(folder.as_os_str().as_bytes()) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_plain_and_says_the_folder() {
        let name = |folder: &str| database_of(Path::new(folder));
        assert_eq!(name("/srv/Night Load"), "night_load_24f8a3b6");
        assert_ne!(name("/a/night"), name("/b/night"));
        for odd in ["/", "/ä/ö", "/x/\"; DROP", &format!("/{}", "x".repeat(200))] {
            let name = name(odd);
            assert!(
                name.len() <= 63 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
                "{name}"
            );
        }
    }

    #[test]
    fn a_folder_is_one_project_whatever_links_lead_to_it() {
        let temp = tempfile::tempdir().unwrap();
        let config = temp.path().join("config.yml");
        let link = temp.path().join("link");
        std::os::unix::fs::symlink(temp.path(), &link).unwrap();
        let project = Project::of(Some(&config)).unwrap();
        assert_eq!(Project::of(Some(&link.join("other.yml"))).unwrap(), project);
        assert_eq!(project.folder(), temp.path().canonicalize().unwrap());
        assert!(Project::of(Some(Path::new("/nowhere/at/all/config.yml"))).is_err());
    }
}
