//! The dumps to generate, checked before anything is written.

use super::tables::{TABLES, Table};
use crate::pg::ident;
use crate::run::cores;
use crate::{Error, Place, Result};
use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// The application that the tables belong to.
pub const DEFAULT_APP: &str = "lms";
/// The longest name of a dump (bytes): what file systems allow, less the addition while the file is written.
const MAX_FILE_NAME_BYTES: usize = 255 - 32;

/// The flags.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The folder for the dumps.
    pub out: PathBuf,
    /// The application's name.
    pub app: String,
    /// The versions, first one first.
    pub versions: Vec<String>,
    /// Rows of each data file.
    pub rows: u64,
    /// The tables; `None` for all.
    pub tables: Option<Vec<String>>,
    /// The seed of the rows.
    pub seed: u64,
    /// The share of broken rows, from 0 to 1.
    pub dirty: f64,
    /// Dumps made at once; `None` for the number of cores.
    pub workers: Option<NonZeroUsize>,
}

/// The dumps to generate.
#[derive(Debug)]
pub struct Settings {
    /// The folder for the dumps.
    pub out: PathBuf,
    /// The application's name.
    pub app: String,
    /// The versions, first one first.
    pub versions: Vec<String>,
    /// Rows of each data file.
    pub rows: u64,
    /// The tables.
    pub tables: Vec<&'static Table>,
    /// The seed of the rows.
    pub seed: u64,
    /// The share of broken rows, from 0 to 1.
    pub dirty: f64,
    /// Dumps made at once.
    pub workers: usize,
}

impl Settings {
    /// Checks the flags.
    ///
    /// # Errors
    /// All that is wrong; nothing is written.
    pub fn resolve(request: Request) -> Result<Settings> {
        let mut faults = Vec::new();
        let tables = tables(request.tables.as_deref(), &mut faults);
        versions(&request, &mut faults);
        if !(0.0..=1.0).contains(&request.dirty) {
            faults.push(
                Error::refused(format!("a rate of {} is not between 0 and 1", request.dirty))
                    .remedy("use --dirty 0.01 to break one row in a hundred"),
            );
        }
        let settings = Settings {
            out: request.out,
            app: request.app,
            versions: request.versions,
            rows: request.rows,
            tables,
            seed: request.seed,
            dirty: request.dirty,
            workers: request.workers.unwrap_or_else(cores::count).get(),
        };
        if faults.is_empty() {
            faults.extend(settings.obstacles());
        }
        if faults.is_empty() { Ok(settings) } else { Err(Error::many(faults)) }
    }

    /// The file name of a version's dump.
    pub fn dump_name(&self, version: &str) -> String {
        dump_name(&self.app, version)
    }

    /// The path of a version's dump.
    pub fn dump_path(&self, version: &str) -> PathBuf {
        self.out.join(self.dump_name(version))
    }

    /// The path of the list of a version's broken rows.
    pub fn list_path(&self, version: &str) -> PathBuf {
        self.out.join(self.dump_name(version)).with_extension("dirty.jsonl")
    }

    /// All files that a run makes or removes.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.versions.iter().flat_map(|version| [self.dump_path(version), self.list_path(version)]).collect()
    }

    /// Folders in the places of files, and a file in the place of the folder.
    fn obstacles(&self) -> Vec<Error> {
        let obstacle = |path: &Path, what: &str| {
            Error::refused(what)
                .at(Place::file(path.display().to_string()))
                .remedy("remove or rename it, or name another folder with --out")
        };
        if self.out.exists() && !self.out.is_dir() {
            return vec![obstacle(&self.out, "is no folder")];
        }
        let files =
            self.versions.iter().flat_map(|version| [self.dump_path(version), self.list_path(version)]);
        files.filter(|path| path.is_dir()).map(|path| obstacle(&path, "is a folder")).collect()
    }
}

fn dump_name(app: &str, version: &str) -> String {
    format!("{app}_{version}.zip")
}

/// The tables of these names, in the order of [`TABLES`].
fn tables(names: Option<&[String]>, faults: &mut Vec<Error>) -> Vec<&'static Table> {
    let Some(names) = names else { return TABLES.iter().collect() };
    let known = TABLES.each_ref().map(|table| table.name).join(", ");
    for (index, name) in names.iter().enumerate() {
        if !TABLES.iter().any(|table| table.name == name) {
            faults.push(
                Error::refused(format!("--tables: there is no table {name:?}"))
                    .remedy(format!("use {known}")),
            );
        } else if names[..index].contains(name) {
            faults
                .push(Error::refused(format!("--tables names {name} twice")).remedy("name each table once"));
        }
    }
    if names.is_empty() {
        faults.push(Error::refused("--tables names no table").remedy(format!("use {known}")));
    }
    TABLES.iter().filter(|table| names.iter().any(|name| name == table.name)).collect()
}

/// Checks that `ingest` will find application and version in the names of the dumps (`<app>_<version>.zip`, divided at
/// the last underscore, letter case aside), and that its version tables can have the names that follow from them.
fn versions(request: &Request, faults: &mut Vec<Error>) {
    if let Some(refusal) = refusal(&request.app) {
        faults.push(
            Error::refused(format!("--app {:?} {refusal}", request.app)).remedy("use a name such as lms"),
        );
    }
    if request.versions.is_empty() {
        faults.push(Error::refused("--versions names no version").remedy("use --versions v1,v2,v3"));
    }
    let mut seen = HashSet::new();
    for version in &request.versions {
        let longest_child = TABLES.iter().map(|table| format!("{}_{}", version.to_lowercase(), table.name));
        let refusal = refusal(version)
            .or_else(|| {
                version
                    .contains('_')
                    .then(|| "holds an underscore, which divides it from the application".into())
            })
            .or_else(|| (!seen.insert(version.to_lowercase())).then(|| "stands there twice".into()))
            .or_else(|| {
                longest_child
                    .filter_map(|child| ident::refusal(&child))
                    .next()
                    .map(|refusal| format!("gives a table {refusal}"))
            })
            .or_else(|| {
                let bytes = dump_name(&request.app, version).len();
                (bytes > MAX_FILE_NAME_BYTES).then(|| format!("gives a dump a name of {bytes} bytes"))
            });
        if let Some(refusal) = refusal {
            faults.push(
                Error::refused(format!("--versions: {version:?} {refusal}"))
                    .remedy("use different short names, such as --versions v1,v2,v3"),
            );
        }
    }
}

/// Why a name cannot be part of a dump's file name.
fn refusal(name: &str) -> Option<String> {
    if name.is_empty() {
        Some("is empty".to_owned())
    } else if name.trim() != name {
        Some("begins or ends with a blank".to_owned())
    } else if name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\')) {
        Some("holds a character that file names cannot hold".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        let versions = vec!["v1".to_owned(), "2024-01.b".to_owned()];
        Request {
            out: "/nonexistent/dumps".into(),
            app: "big_lms".to_owned(),
            versions,
            ..Request::default()
        }
    }

    #[test]
    fn files_are_named_for_application_and_version() {
        let settings = Settings::resolve(request()).unwrap();
        assert_eq!(settings.dump_path("2024-01.b"), Path::new("/nonexistent/dumps/big_lms_2024-01.b.zip"));
        assert_eq!(
            settings.list_path("2024-01.b"),
            Path::new("/nonexistent/dumps/big_lms_2024-01.b.dirty.jsonl")
        );
        assert_eq!(settings.tables.len(), TABLES.len());
        assert!(settings.workers >= 1);
    }

    #[test]
    fn whatever_is_wrong_is_named_all_at_once() {
        let refused = |request: Request| Settings::resolve(request).unwrap_err().messages();
        let versions = ["", "v_1", "V2", "v2", "a/b", "v1 ", &"x".repeat(45)].map(str::to_owned).to_vec();
        let messages = refused(Request { versions, app: String::new(), dirty: f64::NAN, ..request() });
        let parts = [
            "--app \"\" is empty",
            "\"\" is empty",
            "\"v_1\" holds an underscore",
            "\"v2\" stands there twice",
            "\"a/b\" holds a character",
            "\"v1 \" begins or ends",
            "gives a table a name of 67 bytes",
            "a rate of NaN",
        ];
        assert_eq!(messages.len(), parts.len(), "{messages:#?}");
        for (message, part) in messages.iter().zip(parts) {
            assert!(message.contains(part), "{message}: {part}");
        }
        let tables = Some(vec!["users".to_owned(), "user".to_owned(), "users".to_owned()]);
        assert_eq!(
            refused(Request { tables, ..request() }),
            [
                "--tables: there is no table \"user\"; use users, courses, user_assigned_courses",
                "--tables names users twice; name each table once",
            ]
        );
        assert_eq!(refused(Request { versions: Vec::new(), ..request() }).len(), 1);
    }
}
