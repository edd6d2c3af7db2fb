//! GnuPG itself, which others encrypt their dumps with: with a home, and keys, of its own.

use std::io::Write;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// GnuPG with a key ring of its own.
pub struct Gpg {
    home: TempDir,
}

impl Gpg {
    /// An empty key ring. Passphrases become keys in few rounds, since tests need no secrets.
    pub fn new() -> Gpg {
        let home = TempDir::with_prefix("gpg-").expect("a temporary folder");
        // gpg asks its agent, and takes the least count that there is, 1024, for none.
        std::fs::write(home.path().join("gpg-agent.conf"), "s2k-count 2048\n")
            .expect("a file of the agent's");
        Gpg { home }
    }

    /// Makes a key for `user`, protected by `passphrase` if that is not empty.
    #[track_caller]
    pub fn make_key(&self, user: &str, passphrase: &str) {
        self.run(
            &["--passphrase", passphrase, "--quick-generate-key", user, "default", "default", "never"],
            b"",
        );
    }

    /// The private key of `user`, as gpg exports it.
    #[track_caller]
    pub fn private_key(&self, user: &str, passphrase: &str, more: &[&str]) -> Vec<u8> {
        let export = ["--passphrase", passphrase, "--export-secret-keys", user];
        self.run(&[more, &export].concat(), b"")
    }

    /// Encrypts with a passphrase.
    #[track_caller]
    pub fn symmetric(&self, passphrase: &str, more: &[&str], plain: &[u8]) -> Vec<u8> {
        let symmetric = ["--passphrase", passphrase, "--symmetric"];
        self.run(&[more, &symmetric].concat(), plain)
    }

    /// Runs gpg; gives what it writes.
    #[track_caller]
    pub fn run(&self, args: &[&str], input: &[u8]) -> Vec<u8> {
        let mut command = self.command("gpg");
        command.args([
            "--batch",
            "--no-tty",
            "--quiet",
            "--pinentry-mode",
            "loopback",
            "--trust-model",
            "always",
        ]);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("run gpg; scripts/test installs it");
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        let output = std::thread::scope(|scope| {
            scope.spawn(move || stdin.write_all(input));
            child.wait_with_output().expect("wait for gpg")
        });
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "gpg {args:?}: {}\n{said}", output.status);
        output.stdout
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("GNUPGHOME", self.home.path());
        command
    }
}

impl Default for Gpg {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Gpg {
    /// Ends the agent that gpg has started for the keys.
    fn drop(&mut self) {
        // Without a key there is no agent, and nothing that could go wrong matters any more.
        let _ = self.command("gpgconf").args(["--kill", "gpg-agent"]).output();
    }
}
