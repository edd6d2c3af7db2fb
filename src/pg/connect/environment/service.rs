//! The connection service file (PostgreSQL documentation, "The Connection Service File").

use super::env::{Env, home};
use crate::{Error, Place, Result};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The file in a user's home folder.
const OF_USER: &str = ".pg_service.conf";
/// The file of the system.
const OF_SYSTEM: &str = "pg_service.conf";
/// The folders of the system's file: of Debian, of Red Hat.
const SYSTEM_FOLDERS: [&str; 2] = ["/etc/postgresql-common", "/etc"];

/// A parameter of a service.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::pg::connect) struct ServiceSetting {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The file and the line that say so.
    pub place: Place,
}

/// What a service says: by the file that is named, or else by the user's file or, if that does not know it, the system's.
///
/// # Errors
/// A service that no file knows; a file that cannot be read, or whose lines are no settings.
pub(in crate::pg::connect) fn settings(
    name: &str,
    file: Option<&Path>,
    env: Env<'_>,
) -> Result<Vec<ServiceSetting>> {
    let not_empty = |name| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = file.map(Path::to_owned).or_else(|| not_empty("PGSERVICEFILE"));
    let system = match not_empty("PGSYSCONFDIR") {
        Some(folder) => vec![folder],
        None => SYSTEM_FOLDERS.map(PathBuf::from).to_vec(),
    };
    let is_named = named.is_some();
    let first = named.or_else(|| Some(home(env)?.join(OF_USER)));
    let files: Vec<PathBuf> =
        first.into_iter().chain(system.iter().map(|folder| folder.join(OF_SYSTEM))).collect();
    for (number, file) in files.iter().enumerate() {
        let place = || Place::file(file.display().to_string());
        let text = match fs::read(file) {
            Ok(bytes) => String::from_utf8(bytes)
                .map_err(|_| Error::refused("the service file is not UTF-8").at(place()))?,
            // Only a file that somebody has named must be there.
            Err(error) if error.kind() == ErrorKind::NotFound && !(is_named && number == 0) => continue,
            Err(error) => {
                return Err(Error::refused(format!("the service file cannot be read: {error}")).at(place()));
            }
        };
        if let Some(found) = find(&text, name, &place())? {
            return Ok(found);
        }
    }
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    Err(Error::refused(format!("no service file has the service {name:?}"))
        .remedy(format!("add [{name}] to one of {}", files.join(", "))))
}

/// The settings of a service; none where the file lacks it.
fn find(text: &str, name: &str, file: &Place) -> Result<Option<Vec<ServiceSetting>>> {
    let mut found: Option<Vec<ServiceSetting>> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(group) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            // As in libpq, what follows the bracket does not matter.
            if group.split(']').next() == Some(name) && group.contains(']') {
                found = Some(Vec::new());
            }
            continue;
        }
        let Some(settings) = &mut found else { continue };
        let place = file.clone().line(number);
        // The line may hold a password, so it is not quoted.
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with("ldap")) else {
            return Err(Error::refused("the line is not KEY=VALUE").at(place));
        };
        if key == "service" {
            return Err(Error::refused("a service cannot name another one").at(place));
        }
        settings.push(ServiceSetting { key: key.to_owned(), value: value.to_owned(), place });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str, name: &str) -> Option<Vec<String>> {
        let found = find(text, name, &Place::file("f")).unwrap()?;
        Some(found.iter().map(|setting| format!("{}={}", setting.key, setting.value)).collect())
    }

    #[test]
    fn a_service_is_the_lines_below_its_name() {
        let text = "host=before\n[a]\n# comment\n host=h \nport=1\n\n[b]\nhost=other\n[a]\nhost=twice\n";
        assert_eq!(keys(text, "a").unwrap(), ["host=h", "port=1"]);
        assert_eq!(keys(text, "b").unwrap(), ["host=other"]);
        assert_eq!(keys("[a]x\npassword=p=q", "a").unwrap(), ["password=p=q"]);
        assert_eq!(keys("[a]\n", "a").unwrap(), [""; 0]);
        assert!(keys("[ab]\n[a\n", "a").is_none());
    }

    #[test]
    fn lines_that_are_none_are_named_without_their_text() {
        for line in ["hunter2", "ldap://h/hunter2=1", "service=hunter2"] {
            let error = find(&format!("[a]\n{line}"), "a", &Place::file("f")).unwrap_err().to_string();
            assert!(error.contains("line 2") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn files_are_looked_through_in_libpqs_order() {
        let temp = tempfile::tempdir().unwrap();
        let folder = |name: &str| temp.path().join(name).display().to_string();
        let write = |path: &str, host: &str, name: &str| {
            let path = temp.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("[{name}]\nhost={host}\n")).unwrap();
        };
        write("home/.pg_service.conf", "of-user", "a");
        write("etc/pg_service.conf", "of-system", "b");
        write("named", "of-named", "a");
        let env = |with_file: bool| {
            move |name: &str| match name {
                "HOME" => Some(folder("home")),
                "PGSYSCONFDIR" => Some(folder("etc")),
                "PGSERVICEFILE" if with_file => Some(folder("named")),
                _ => None,
            }
        };
        let host = |name: &str, with_file: bool| {
            settings(name, None, &env(with_file)).map(|found| found[0].value.clone())
        };
        assert_eq!(host("a", false).unwrap(), "of-user");
        assert_eq!(host("a", true).unwrap(), "of-named");
        assert_eq!(host("b", true).unwrap(), "of-system");
        let error = host("c", false).unwrap_err().to_string();
        assert!(error.contains("no service file has the service \"c\""), "{error}");
        let nowhere = Path::new("/nowhere/file");
        assert!(settings("a", Some(nowhere), &env(false)).is_err());
    }
}
