//! What a release has: archives that `scripts/release` packs the same each time, and `scripts/install`, which installs them or
//! leaves things as they are.

mod archives;
mod files;
mod install;
mod publish;

use files::Files;
use pghaul_test_support::{Run, Workdir, names, repository};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn release(args: &[&str]) -> Run {
    let mut command = Command::new(repository().join("scripts/release"));
    // The same folder of cargo as that of this test, whose index and crates are there.
    command.args(args).current_dir(repository()).env("SOURCE_DATE_EPOCH", "1700000000");
    let output = command.output().unwrap();
    Run::new(&command, output)
}

/// The name of this machine's build that has this kind of C library.
fn target(library: &str) -> String {
    format!("{}-unknown-linux-{library}", std::env::consts::ARCH)
}

/// The build that is for this machine, whose C library is not that old.
fn here() -> String {
    target("gnu")
}

fn archive(target: &str) -> String {
    format!("pghaul-{VERSION}-{target}.tar.gz")
}

/// A published release: a folder with what `scripts/release` makes, served on this machine.
struct Published {
    work: Workdir,
    files: Files,
}

impl Published {
    /// The archives hold a small program that says it is pghaul.
    fn stand_in(targets: &[&str]) -> Published {
        let published = Published::empty();
        let program = published.program(
            "bin/stand-in",
            &format!("case $1 in --version) echo pghaul {VERSION};; man) echo .TH >\"$2/pghaul.1\";; esac"),
        );
        published.publish(&program, targets);
        published
    }

    fn empty() -> Published {
        let work = Workdir::new();
        let folder = work.join("releases");
        fs::create_dir_all(folder.join(format!("v{VERSION}"))).unwrap();
        Published { files: Files::serve(folder), work }
    }

    fn folder(&self) -> PathBuf {
        self.work.join(format!("releases/v{VERSION}"))
    }

    fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.work.write(name, format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn publish(&self, program: &Path, targets: &[&str]) {
        let folder = self.folder();
        let to = ["--to", folder.to_str().unwrap()];
        for target in targets {
            let binary = ["--binary", program.to_str().unwrap(), *target];
            release(&[&to[..], &binary].concat()).assert_code(0);
        }
        release(&[&to[..], &["installer", &self.files.url()]].concat()).assert_code(0);
        release(&[&to[..], &["sums"]].concat()).assert_code(0);
    }

    /// The installer of the release, as `curl … | sh` runs it.
    fn install(&self, args: &[&str], change: impl FnOnce(&mut Command)) -> Run {
        self.run_script(&self.folder().join("install.sh"), args, change)
    }

    fn run_script(&self, script: &Path, args: &[&str], change: impl FnOnce(&mut Command)) -> Run {
        let mut command = Command::new("sh");
        command.args(["-s", "--"]).args(args).stdin(fs::File::open(script).unwrap());
        command.env("HOME", self.home()).env_remove("PREFIX").env("TMPDIR", self.temporary());
        change(&mut command);
        let output = command.output().unwrap();
        let run = Run::new(&command, output);
        run.assert(names(self.temporary()).is_empty(), "no temporary file is left");
        run
    }

    fn home(&self) -> PathBuf {
        self.work.join("home of a user")
    }

    fn temporary(&self) -> PathBuf {
        let folder = self.work.join("temporary");
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Nothing was installed.
    #[track_caller]
    fn assert_nothing(&self) {
        assert!(!self.home().exists(), "{:?}", names(self.home()));
    }

    /// A folder for `PATH`, in which `uname` and `getconf` speak of another machine.
    fn machine(&self, system: &str, processor: &str, library: &str) -> impl FnOnce(&mut Command) {
        self.program("machine/uname", &format!("case $1 in -s) echo {system};; -m) echo {processor};; esac"));
        let library = format!("case $1 in LONG_BIT) echo 64;; *) {library};; esac");
        let folder = self.program("machine/getconf", &library).parent().unwrap().to_owned();
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        move |command| {
            command.env("PATH", path);
        }
    }
}
