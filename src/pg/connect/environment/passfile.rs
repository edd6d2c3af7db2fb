//! The password file (PostgreSQL documentation, "The Password File").

use super::super::host::{Host, is_default_socket_dir};
use crate::secret::Secret;
use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The connection that a line must match.
pub(in crate::pg::connect) struct Wanted<'a> {
    pub host: Cow<'a, str>,
    pub port: u16,
    pub dbname: &'a str,
    pub user: &'a str,
}

impl<'a> Wanted<'a> {
    /// The connection in the file's terms: a socket in the default folder is `localhost`, another socket is its folder.
    pub fn new(host: &'a Host, dbname: &'a str, user: &'a str) -> Self {
        let name = match host {
            Host::Socket { dir, .. } if is_default_socket_dir(dir) => Cow::Borrowed("localhost"),
            Host::Socket { dir, .. } => dir.to_string_lossy(),
            Host::Tcp { name, .. } => Cow::Borrowed(name.as_str()),
        };
        Wanted { host: name, port: host.port(), dbname, user }
    }
}

/// The password of the first line that matches; none where the file does not exist. A file that others may read is ignored
/// with a warning.
pub(in crate::pg::connect) fn look_up(path: &Path, wanted: &Wanted<'_>) -> Option<Secret> {
    let metadata = fs::metadata(path).ok()?;
    let ignored = |why: &str| {
        tracing::warn!("password file {} is ignored: {why}", path.display());
        None
    };
    if !metadata.is_file() {
        return ignored("it is not a plain file");
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return ignored("its group or others have access; permissions should be u=rw (0600) or less");
    }
    match fs::read(path) {
        Ok(bytes) => find(&String::from_utf8_lossy(&bytes), wanted),
        Err(error) => ignored(&error.to_string()),
    }
}

fn find(text: &str, wanted: &Wanted<'_>) -> Option<Secret> {
    let port = wanted.port.to_string();
    let expected = [&*wanted.host, &port, wanted.dbname, wanted.user];
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .find_map(|line| {
            let mut rest = line;
            for expected in expected {
                let (field, after) = field(rest);
                let matches = field.raw == "*" || field.text == expected;
                rest = after.filter(|_| matches)?;
            }
            Some(field(rest).0.text)
        })
        .filter(|password| !password.is_empty())
        .map(Secret::new)
}

struct Field<'a> {
    raw: &'a str,
    text: String,
}

/// The text up to the next unescaped colon, and the text that follows the colon.
fn field(line: &str) -> (Field<'_>, Option<&str>) {
    let mut text = String::new();
    let mut chars = line.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => text.push(chars.next().map_or('\\', |(_, escaped)| escaped)),
            ':' => return (Field { raw: &line[..at], text }, Some(&line[at + 1..])),
            _ => text.push(char),
        }
    }
    (Field { raw: line, text }, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        let wanted = Wanted { host: "h".into(), port: 5432, dbname: "d", user: "u:1" };
        find(text, &wanted).map(|secret| secret.reveal().to_owned())
    }

    #[test]
    fn the_first_line_that_matches_counts() {
        assert_eq!(found("h:5433:d:u\\:1:no\nh:5432:d:u\\:1:one\n*:*:*:*:two").as_deref(), Some("one"));
        assert_eq!(found("# *:*:*:*:no\n\nx\n*:*:*:*:two\r\n").as_deref(), Some("two"));
        assert_eq!(found("h:5432:d:u:1:no"), None, "an unescaped colon ends the field");
        assert_eq!(found("\\*:5432:d:*:no"), None, "an escaped star is no wildcard");
        assert_eq!(found("*:*:*:*"), None);
        assert_eq!(found("*:*:*:*:"), None);
    }

    #[test]
    fn the_password_is_unescaped_and_ends_at_a_colon() {
        assert_eq!(found(r"*:*:*:*:a\:b\\c:comment").as_deref(), Some(r"a:b\c"));
    }

    #[test]
    fn a_file_that_others_can_read_is_ignored() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "*:*:*:*:secret\n").unwrap();
        let wanted = || Wanted { host: "h".into(), port: 1, dbname: "d", user: "u" };
        for (mode, read) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(look_up(file.path(), &wanted()).is_some(), read, "{mode:o}");
        }
        assert!(look_up(Path::new("/nowhere"), &wanted()).is_none());
        assert!(look_up(Path::new("/dev/null"), &wanted()).is_none());
    }
}
