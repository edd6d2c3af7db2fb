//! `pghaul --version`: which commit the binary is of, and nothing where nobody knows.

use pghaul_test_support::{Run, Workdir, pghaul, repository};
use std::path::{Path, PathBuf};
use std::process::Command;

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@b.c"]).args(arguments).current_dir(folder);
    let output = command.env_remove("GIT_DIR").output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

#[test]
fn the_version_names_the_commit_that_was_built() {
    let work = Workdir::new();
    let short = pghaul!(work).args(["-V"]).run();
    let long = pghaul!(work).args(["--version"]).run();
    short.assert_code(0).assert(short.stdout.lines().count() == 1, "one line");
    long.assert_code(0).assert(long.stdout.starts_with(&short.stdout), "the short version, and more");
    let number = format!("pghaul {}", env!("CARGO_PKG_VERSION"));
    match git(repository(), &["log", "-1", "--format=%H %cs"]) {
        Some(commit) => {
            let (commit, day) = commit.split_once(' ').unwrap();
            long.assert_stdout_has(&format!("\ncommit: {commit}"))
                .assert_stdout_has(&format!("\ndate: {day}\n"));
            short
                .assert_stdout_has(&format!("{number} ({}", &commit[..9]))
                .assert_stdout_has(&format!(" {day})\n"));
        }
        // The sources of a release, unpacked: no word of a commit.
        None => {
            short.assert(short.stdout == format!("{number}\n"), "the number alone");
            long.assert(!long.stdout.contains("commit: ") && !long.stdout.contains("date: "), "no commit");
        }
    }
    for line in ["\nbuild: ", "rustc 1.", "\nfeatures: TLS (rustls, ring), ", "\nprocessor: "] {
        long.assert_stdout_has(line);
    }
    long.assert_never_says(": unknown").assert_never_says("unknown)");
}

/// What the build script prints in a folder that has the sources.
struct Sources {
    work: Workdir,
    script: PathBuf,
}

impl Sources {
    fn new() -> Sources {
        let work = Workdir::new();
        let script = work.join("build-script");
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
        rustc.args(["--edition", "2024", "-o"]).args([&script, &repository().join("build.rs")]);
        assert!(rustc.status().unwrap().success());
        for (name, text) in [("src/main.rs", ""), ("build.rs", ""), ("Cargo.toml", ""), ("Cargo.lock", "")] {
            work.write(format!("outside/pghaul/{name}"), text);
        }
        Sources { work, script }
    }

    fn folder(&self) -> PathBuf {
        self.work.join("outside/pghaul")
    }

    fn run(&self, change: impl FnOnce(&mut Command)) -> Run {
        let mut command = Command::new(&self.script);
        command.current_dir(self.folder());
        for name in ["GIT_DIR", "PGHAUL_COMMIT", "PGHAUL_COMMIT_DATE"] {
            command.env_remove(name);
        }
        change(&mut command);
        let output = command.output().unwrap();
        let run = Run::new(&command, output);
        run.assert_code(0);
        run
    }

    fn commit(&self, folder: &Path) -> String {
        for arguments in [&["init", "-q"][..], &["add", "."], &["commit", "-q", "-m", "x"]] {
            git(folder, arguments).unwrap();
        }
        git(folder, &["rev-parse", "HEAD"]).unwrap()
    }
}

#[test]
fn sources_without_git_say_nothing_of_a_commit() {
    let sources = Sources::new();
    let silent = |run: Run| {
        run.assert(!run.stdout.contains("PGHAUL_BUILD_COMMIT"), "no commit");
        run.assert(!run.stdout.contains("PGHAUL_BUILD_CHANGED"), "no changes");
    };
    silent(sources.run(|_| ()));
    silent(sources.run(|command| {
        command.env("PATH", "/nowhere");
    }));
    // Unpacked inside another repository, which has commits of its own.
    sources.commit(&sources.work.join("outside"));
    silent(sources.run(|_| ()));
    // Who builds it may know better.
    let told = sources.run(|command| {
        command.env("PGHAUL_COMMIT", "abc").env("PGHAUL_COMMIT_DATE", "2026-11-21");
    });
    told.assert_stdout_has("PGHAUL_BUILD_COMMIT=abc\n")
        .assert_stdout_has("PGHAUL_BUILD_COMMIT_DATE=2026-11-21\n");
}

#[test]
fn a_repository_tells_its_commit_and_what_differs_from_it() {
    let sources = Sources::new();
    let commit = sources.commit(&sources.folder());
    let clean = sources.run(|_| ());
    clean.assert_stdout_has(&format!("PGHAUL_BUILD_COMMIT={commit}\n"));
    clean.assert_stdout_has("cargo:rerun-if-changed=.git/HEAD\ncargo:rerun-if-changed=.git/logs/HEAD\n");
    clean.assert(!clean.stdout.contains("CHANGED"), "no changes");
    sources.work.write("outside/pghaul/README.md", "what is not built does not count");
    clean.assert(sources.run(|_| ()).stdout == clean.stdout, "the same");
    sources.work.write("outside/pghaul/src/main.rs", "// changed");
    sources.run(|_| ()).assert_stdout_has("PGHAUL_BUILD_CHANGED=yes\n");
}

#[test]
fn the_files_of_a_repository_tell_its_commit_where_there_is_no_git() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let other = "f".repeat(40);
    let of = |files: &[(&str, &str)]| {
        let sources = Sources::new();
        for (name, text) in files {
            sources.work.write(format!("outside/pghaul/.git/{name}"), text);
        }
        sources.run(|command| {
            command.env("PATH", "/nowhere");
        })
    };
    let line = format!("{commit}\n");
    let packed = format!("# pack-refs with: peeled\n{other} refs/heads/x/main\n{commit} refs/heads/main\n");
    let known: [&[(&str, &str)]; 4] = [
        &[("HEAD", &line)],
        &[("HEAD", "ref: refs/heads/main\n"), ("refs/heads/main", &line)],
        &[("HEAD", "ref: refs/heads/main\n"), ("packed-refs", &packed)],
        // A branch's own file is newer than the packed one.
        &[("HEAD", "ref: refs/heads/x/main\n"), ("refs/heads/x/main", &line), ("packed-refs", &packed)],
    ];
    for files in known {
        of(files)
            .assert_stdout_has(&format!("PGHAUL_BUILD_COMMIT={commit}\n"))
            .assert_stdout_has("PGHAUL_BUILD_CHANGED=unknown\n")
            .assert_stdout_has("cargo:rerun-if-changed=.git/HEAD\n");
    }
    let unknown: [&[(&str, &str)]; 5] = [
        &[("HEAD", "ref: refs/heads/main\n")],
        &[("HEAD", "ref: refs/heads/main\n"), ("packed-refs", &format!("{other} refs/heads/x/main\n"))],
        &[("HEAD", "ref: refs/heads/../secret\n"), ("secret", &line)],
        &[("HEAD", "ref: secret\n"), ("secret", &line)],
        &[("HEAD", "not a commit\n")],
    ];
    for files in unknown {
        let run = of(files);
        run.assert(!run.stdout.contains("PGHAUL_BUILD_COMMIT"), "no commit");
    }
}
