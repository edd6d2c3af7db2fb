//! The paths of the data directory, of the files in it, and of the socket.

use crate::{Error, Result};
use nix::unistd::Uid;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The port. It is a part of the socket's file name only, since the server does not listen on TCP.
pub(super) const PORT: u16 = 5432;

/// The longest path of a unix socket in bytes: `sun_path` without its final NUL (unix(7); macOS has 104).
const MAX_SOCKET_PATH_BYTES: usize = if cfg!(target_os = "macos") { 103 } else { 107 };

/// The paths that belong to one data directory.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The data directory itself: absolute, symlinks resolved.
    pub data: PathBuf,
    /// The cluster, which PostgreSQL calls PGDATA.
    pub cluster: PathBuf,
    /// The directory in which initdb works. It is renamed to `cluster` when it is complete.
    pub cluster_new: PathBuf,
    /// The settings that PostgreSQL's own file includes.
    pub settings: PathBuf,
    /// The output of initdb.
    pub init_log: PathBuf,
    /// The output of pg_ctl and of the server.
    pub server_log: PathBuf,
    /// Locked exclusively around every start and stop.
    pub start_lock: PathBuf,
    /// Locked in shared mode by every process that uses the server.
    pub users_lock: PathBuf,
    /// Exists while the server is to run longer than it is used.
    pub keep: PathBuf,
    /// The directory of the unix socket.
    pub socket_dir: PathBuf,
}

impl Layout {
    /// The paths under a data directory that [`resolve`] returned.
    pub fn new(data: PathBuf) -> Self {
        Layout {
            cluster: data.join("cluster"),
            cluster_new: data.join("cluster.new"),
            settings: data.join("pghaul.conf"),
            init_log: data.join("init.log"),
            server_log: data.join("server.log"),
            start_lock: data.join("start.lock"),
            users_lock: data.join("users.lock"),
            keep: data.join("keep"),
            socket_dir: socket_dir(&data),
            data,
        }
    }

    /// The socket's file.
    pub fn socket(&self) -> PathBuf {
        socket_in(&self.socket_dir)
    }

    /// The file beside the socket in which PostgreSQL notes its owner.
    pub fn socket_lock(&self) -> PathBuf {
        self.socket_dir.join(format!(".s.PGSQL.{PORT}.lock"))
    }

    /// Whether the socket's directory lies outside the data directory.
    pub fn socket_dir_is_elsewhere(&self) -> bool {
        !self.socket_dir.starts_with(&self.data)
    }

    /// The URL of a database with a plain name, with the socket's directory percent-encoded (RFC 3986, section 2.1).
    pub fn url(&self, database: &str) -> String {
        let mut host = String::new();
        for &byte in self.socket_dir.as_os_str().as_bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => host.push(byte.into()),
                _ => host.push_str(&format!("%{byte:02X}")),
            }
        }
        format!("postgresql://pghaul@/{database}?host={host}")
    }
}

/// The data directory to use: the given one, else the user's own (XDG Base Directory Specification).
///
/// # Errors
/// Neither the caller nor the environment names a directory.
pub(super) fn data_dir(
    given: Option<&Path>,
    is_root: bool,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf> {
    // By the specification an empty or relative value counts as unset.
    let absolute = |name| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(given) = given {
        return resolve(given);
    }
    if is_root {
        return Ok(PathBuf::from("/var/lib/pghaul"));
    }
    if let Some(base) = absolute("XDG_DATA_HOME") {
        return resolve(&base.join("pghaul"));
    }
    match absolute("HOME") {
        Some(home) => resolve(&home.join(".local/share/pghaul")),
        None => Err(Error::refused("cannot tell where to keep the embedded server: HOME is not set")
            .remedy("name a directory with --data-dir")),
    }
}

/// Makes a path absolute and resolves the symlinks in the part of it that exists. So one directory has one name, and one
/// socket, before it is created and after.
fn resolve(path: &Path) -> Result<PathBuf> {
    let fail = |error| Error::refused(format!("cannot use the data directory {}: {error}", path.display()));
    let path = std::path::absolute(path).map_err(fail)?;
    for ancestor in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (ancestor.canonicalize(), path.strip_prefix(ancestor)) {
            return Ok(if rest.as_os_str().is_empty() { real } else { real.join(rest) });
        }
    }
    Ok(path)
}

/// `<data>/run`, or a short name in /tmp where that would be too long for a socket, or would need quoting in PostgreSQL's
/// settings or in a connection string (a comma separates two directories there).
///
/// It is /tmp and neither `$TMPDIR` nor `$XDG_RUNTIME_DIR`: a login session and cron must get the same URL.
fn socket_dir(data: &Path) -> PathBuf {
    let run = data.join("run");
    let plain =
        run.as_os_str().as_bytes().iter().all(|byte| byte.is_ascii_graphic() && !b",'\"\\".contains(byte));
    if plain && socket_in(&run).as_os_str().len() <= MAX_SOCKET_PATH_BYTES {
        return run;
    }
    let name = format!("pghaul-{}-{:016x}", Uid::effective(), fnv1a(data.as_os_str().as_bytes()));
    Path::new("/tmp").join(name)
}

fn socket_in(dir: &Path) -> PathBuf {
    dir.join(format!(".s.PGSQL.{PORT}"))
}

/// FNV-1a, 64 bits. The standard library's hasher may change with the compiler, and the name must not.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
    }

    #[test]
    fn the_default_directory_follows_xdg_and_root_has_its_own() {
        let home = env(&[("HOME", "/no/home"), ("XDG_DATA_HOME", "relative")]);
        assert_eq!(data_dir(None, false, &home).unwrap(), Path::new("/no/home/.local/share/pghaul"));
        assert_eq!(data_dir(None, true, &home).unwrap(), Path::new("/var/lib/pghaul"));
        let xdg = env(&[("HOME", "/no/home"), ("XDG_DATA_HOME", "/no/data")]);
        assert_eq!(data_dir(None, false, xdg).unwrap(), Path::new("/no/data/pghaul"));
        assert_eq!(data_dir(Some(Path::new("/no/x")), true, &home).unwrap(), Path::new("/no/x"));
        assert!(data_dir(None, false, env(&[])).unwrap_err().to_string().contains("--data-dir"));
    }

    #[test]
    fn a_directory_has_the_same_name_before_and_after_it_is_created() {
        let temp = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(temp.path(), temp.path().join("link")).unwrap();
        let through_link = temp.path().join("link/new");
        let before = resolve(&through_link).unwrap();
        std::fs::create_dir(&before).unwrap();
        assert_eq!(resolve(&through_link).unwrap(), before);
        assert_eq!(before, temp.path().canonicalize().unwrap().join("new"));
    }

    #[test]
    fn the_socket_moves_to_tmp_only_where_it_must() {
        let dir = |path: &str| Layout::new(PathBuf::from(path)).socket_dir;
        assert_eq!(dir("/data"), Path::new("/data/run"));
        let fits = format!("/{}", "x".repeat(MAX_SOCKET_PATH_BYTES - "//run/.s.PGSQL.5432".len()));
        assert_eq!(dir(&fits), Path::new(&fits).join("run"));
        for odd in [format!("{fits}x"), "/a,b".into(), "/a b".into(), "/it's".into(), "/ä".into()] {
            assert!(dir(&odd).starts_with("/tmp"), "{odd}");
            assert!(Layout::new(odd.into()).socket().as_os_str().len() <= MAX_SOCKET_PATH_BYTES);
        }
        assert_ne!(dir("/a,b"), dir("/a,c"));
    }

    #[test]
    fn the_url_names_the_socket_directory_percent_encoded() {
        let layout = Layout::new(PathBuf::from("/var/lib/pg+haul"));
        assert_eq!(layout.url("d"), "postgresql://pghaul@/d?host=%2Fvar%2Flib%2Fpg%2Bhaul%2Frun");
        let config: postgres::Config = layout.url("d").parse().unwrap();
        assert_eq!(config.get_hosts(), [postgres::config::Host::Unix("/var/lib/pg+haul/run".into())]);
    }

    #[test]
    fn the_hash_is_fnv_1a() {
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
