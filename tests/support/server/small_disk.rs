//! A small file system for a server whose disk is to become full.

use nix::unistd::{User, getgid, getuid};
use std::env;
use std::process::{Command, Stdio};

/// A file system of this size, in memory.
#[derive(Debug, Clone, Copy)]
pub struct SmallDisk {
    /// Its size (MiB).
    pub mib: u32,
    /// Whether the whole cluster is on it; otherwise nothing is at first, see [`crate::Server::disk_folder`].
    pub has_cluster: bool,
}

impl SmallDisk {
    /// The command that mounts the file system where nobody else sees it, and then runs, as `user`, what is added to its
    /// arguments, in which `DISK` stands for the file system's folder.
    ///
    /// Panics where this is not allowed: tests are never skipped.
    pub fn command(&self, user: Option<&User>) -> Command {
        let me = [format!("--map-user={}", getuid()), format!("--map-group={}", getgid())];
        let (namespace, back): (&[&str], Vec<String>) = match user {
            Some(User { uid, gid, .. }) => (
                &["--mount"],
                [
                    "setpriv".into(),
                    format!("--reuid={uid}"),
                    format!("--regid={gid}"),
                    "--clear-groups".into(),
                ]
                .into(),
            ),
            // An ordinary user may mount as the root of a user namespace of their own. PostgreSQL refuses root.
            None => (
                &["--mount", "--user", "--map-root-user"],
                ["unshare".to_owned(), "--user".to_owned()].into_iter().chain(me).collect(),
            ),
        };
        let script = |mib: u32| {
            let mut command = Command::new("unshare");
            command.args(namespace).args(["sh", "-c", include_str!("small_disk.sh"), "small_disk"]);
            command.arg(env::temp_dir()).arg(mib.to_string()).args(&back).current_dir("/");
            command
        };
        let tried = script(1).arg("true").stdin(Stdio::null()).output().expect("run unshare, of util-linux");
        assert!(
            tried.status.success(),
            "cannot mount a small file system, which the tests with a full disk need: {}\nrun them as root, in a \
             container with --privileged, or allow user namespaces; or run the others: -- --skip full",
            String::from_utf8_lossy(&tried.stderr)
        );
        script(self.mib)
    }
}
