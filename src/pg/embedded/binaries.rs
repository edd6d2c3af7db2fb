//! Finding PostgreSQL's programs on this machine, of the right major version.

use crate::{Error, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs that a directory must hold to count.
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// Where the programs are: by Debian and Ubuntu, by the PostgreSQL project's RPMs, by a build from source, by Homebrew on ARM
/// and on Intel.
const PLACES: [&str; 5] = [
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "usr/local/pgsql/bin",
    "opt/homebrew/opt/postgresql*/bin",
    "usr/local/opt/postgresql*/bin",
];

/// Where to look. It is a value, so tests can build machines of their own.
#[derive(Debug, Clone)]
pub(super) struct Lookup {
    /// `PGHAUL_PG_BIN`: when set, the only place.
    pub pg_bin: Option<OsString>,
    /// `PATH`.
    pub path: Option<OsString>,
    /// The root of the file system.
    pub root: PathBuf,
}

impl Lookup {
    /// This machine.
    pub fn here() -> Self {
        Lookup {
            pg_bin: std::env::var_os("PGHAUL_PG_BIN").filter(|value| !value.is_empty()),
            path: std::env::var_os("PATH"),
            root: PathBuf::from("/"),
        }
    }

    /// The directories to try, best first.
    fn directories(&self) -> Vec<PathBuf> {
        if let Some(only) = &self.pg_bin {
            return vec![PathBuf::from(only)];
        }
        let mut found = Vec::new();
        for dir in self.path.iter().flat_map(std::env::split_paths) {
            // /usr/bin/initdb may be a symlink. The directory of its target holds the other programs too.
            if let Some(parent) = dir.join("initdb").canonicalize().ok().as_deref().and_then(Path::parent) {
                found.push(parent.to_path_buf());
            }
        }
        for place in PLACES {
            let mut matches = glob_below(&self.root, place);
            matches.sort_by_key(|dir| std::cmp::Reverse(number_in(dir)));
            found.append(&mut matches);
        }
        let mut unique = Vec::new();
        for dir in found {
            if !unique.contains(&dir) {
                unique.push(dir);
            }
        }
        unique
    }
}

/// One PostgreSQL installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    /// The directory of the programs.
    pub dir: PathBuf,
    /// The major version.
    pub major: u32,
}

impl Binaries {
    /// The programs for a cluster of major version `wanted`, or the best ones where there is no cluster yet.
    ///
    /// # Errors
    /// A machine without programs, or without those of that version.
    pub fn find(lookup: &Lookup, wanted: Option<u32>) -> Result<Self> {
        let complete = |dir: &PathBuf| PROGRAMS.iter().all(|program| dir.join(program).is_file());
        let mut others = Vec::new();
        for dir in lookup.directories().into_iter().filter(complete) {
            let Some(major) = version_of(&dir) else { continue };
            if wanted.is_none_or(|wanted| wanted == major) {
                return Ok(Binaries { dir, major });
            }
            others.push(format!("{major} in {}", dir.display()));
        }
        Err(match (wanted, &lookup.pg_bin) {
            (Some(wanted), _) if !others.is_empty() => Error::refused(format!(
                "the embedded server's cluster was made by PostgreSQL {wanted}, and this machine has {}",
                others.join(", ")
            ))
            .remedy(format!(
                "install PostgreSQL {wanted}, or start afresh in another directory with --data-dir"
            )),
            (_, Some(only)) => Error::refused(format!(
                "PGHAUL_PG_BIN names {}, which does not hold working programs initdb, pg_ctl and postgres",
                only.display()
            ))
            .remedy("set it to the directory that holds them, or unset it"),
            (_, None) => Error::refused("found no PostgreSQL on this machine for the embedded server")
                .remedy(
                    "install it (apt-get install postgresql, dnf install postgresql-server, brew install \
                 postgresql), or set PGHAUL_PG_BIN to its bin directory, or name a database with --db",
                ),
        })
    }

    /// The path of one of the programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The psql beside the server's programs, else the one on `PATH`: some packages have the server alone.
    ///
    /// # Errors
    /// Neither exists.
    pub fn psql(&self, lookup: &Lookup) -> Result<PathBuf> {
        let on_path = lookup.path.iter().flat_map(std::env::split_paths).map(|dir| dir.join("psql"));
        std::iter::once(self.program("psql")).chain(on_path).find(|path| path.is_file()).ok_or_else(|| {
            Error::refused(format!("found no psql in {} nor on PATH", self.dir.display()))
                .remedy("install it (apt-get install postgresql-client, dnf install postgresql)")
        })
    }
}

fn glob_below(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let root = glob::Pattern::escape(&root.to_string_lossy());
    let pattern = format!("{}/{pattern}", root.trim_end_matches('/'));
    glob::glob(&pattern).into_iter().flatten().flatten().collect()
}

/// The version in a path such as `/usr/lib/postgresql/15/bin`, which sorts the newest first.
fn number_in(dir: &Path) -> u32 {
    let name = dir.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    leading_number(name.trim_start_matches(|c: char| !c.is_ascii_digit())).unwrap_or(0)
}

/// Asks `postgres --version`; none where the program does not run on this machine.
fn version_of(dir: &Path) -> Option<u32> {
    let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().find_map(leading_number)
}

/// The number at the beginning of a text: 15 for `15.4`, 18 for `18beta1`.
pub(super) fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn install(dir: &Path, version: &str) {
        fs::create_dir_all(dir).unwrap();
        for program in PROGRAMS {
            let script = format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version} (Debian {version}-1)'\n");
            // Written by a shell: the fork of another test may hold a file open that this process has just written, and
            // the system then refuses to run it ("text file busy").
            let status = Command::new("sh")
                .args(["-c", "printf %s \"$1\" > \"$0\"; chmod 755 \"$0\""])
                .args([dir.join(program).as_os_str(), script.as_ref()])
                .status()
                .unwrap();
            assert!(status.success());
        }
    }

    fn machine(root: &Path) -> Lookup {
        Lookup { pg_bin: None, path: None, root: root.to_path_buf() }
    }

    #[test]
    fn the_newest_wins_unless_path_or_the_environment_or_the_cluster_says_otherwise() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        for version in ["9.6.24", "15.4", "18beta1"] {
            let name = version.split(&['.', 'b']).next().unwrap();
            install(&root.join(format!("usr/lib/postgresql/{name}/bin")), version);
        }
        install(&root.join("usr/pgsql-17/bin"), "17.1");
        let mut lookup = machine(&root);
        assert_eq!(Binaries::find(&lookup, None).unwrap().major, 18);
        assert_eq!(Binaries::find(&lookup, Some(15)).unwrap().major, 15);
        assert_eq!(Binaries::find(&lookup, Some(17)).unwrap().dir, root.join("usr/pgsql-17/bin"));

        fs::create_dir_all(root.join("bin")).unwrap();
        std::os::unix::fs::symlink("../usr/lib/postgresql/15/bin/initdb", root.join("bin/initdb")).unwrap();
        lookup.path = Some(root.join("bin").into());
        assert_eq!(Binaries::find(&lookup, None).unwrap().dir, root.join("usr/lib/postgresql/15/bin"));
        assert_eq!(Binaries::find(&lookup, Some(18)).unwrap().major, 18);

        lookup.pg_bin = Some(root.join("usr/pgsql-17/bin").into());
        assert_eq!(Binaries::find(&lookup, None).unwrap().major, 17);
        let error = Binaries::find(&lookup, Some(15)).unwrap_err().to_string();
        assert!(error.contains("PostgreSQL 15") && error.contains("17 in "), "{error}");
    }

    #[test]
    fn incomplete_or_broken_installations_do_not_count() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("usr/lib/postgresql/15/bin");
        install(&dir, "15.4");
        fs::set_permissions(dir.join("postgres"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Binaries::find(&machine(root.path()), None).is_err());
        fs::remove_file(dir.join("postgres")).unwrap();
        let error = Binaries::find(&machine(root.path()), None).unwrap_err().to_string();
        assert!(error.contains("apt-get install postgresql") && !error.contains('\n'), "{error}");
        let lookup = Lookup { pg_bin: Some(dir.clone().into()), ..machine(root.path()) };
        let error = Binaries::find(&lookup, None).unwrap_err().to_string();
        assert!(error.contains("PGHAUL_PG_BIN names") && error.contains(&*dir.to_string_lossy()), "{error}");
    }

    #[test]
    fn psql_comes_from_beside_the_server_or_from_path() {
        let root = tempfile::tempdir().unwrap();
        let binaries = Binaries { dir: root.path().join("server"), major: 15 };
        fs::create_dir_all(root.path().join("server")).unwrap();
        fs::create_dir_all(root.path().join("client")).unwrap();
        let mut lookup = machine(root.path());
        assert!(binaries.psql(&lookup).unwrap_err().to_string().contains("postgresql-client"));
        fs::write(root.path().join("client/psql"), "").unwrap();
        lookup.path = Some(root.path().join("client").into());
        assert_eq!(binaries.psql(&lookup).unwrap(), root.path().join("client/psql"));
        fs::write(root.path().join("server/psql"), "").unwrap();
        assert_eq!(binaries.psql(&lookup).unwrap(), root.path().join("server/psql"));
    }
}
