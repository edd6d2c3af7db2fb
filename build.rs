//! Tells the binary which commit it is of, for `pghaul --version`.
//!
//! Asks git, and nothing else: no network, and no crate. Where there is no git, or the sources are not its working tree (a
//! tarball, also one that was unpacked inside some other repository), the binary does not speak of a commit. A build
//! that has the sources alone can be told: `PGHAUL_COMMIT` and `PGHAUL_COMMIT_DATE`. One in a container has no git, but
//! may have `.git/HEAD` and the branches (`.dockerignore` lets them through): these name the commit.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What the binary is made of; a change here that is not committed is told.
const SOURCES: [&str; 4] = ["src", "build.rs", "Cargo.toml", "Cargo.lock"];

fn main() {
    for path in SOURCES {
        println!("cargo:rerun-if-changed={path}");
    }
    for name in ["PGHAUL_COMMIT", "PGHAUL_COMMIT_DATE"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    tell("TARGET", env::var("TARGET").ok());
    // A profile that inherits from release calls itself that, however little it optimises.
    let profile = env::var("PROFILE").ok().zip(env::var("OPT_LEVEL").ok());
    tell("PROFILE", profile.map(|(profile, level)| format!("{profile} with opt-level {level}")));
    tell("RUSTC", env::var("RUSTC").ok().and_then(|rustc| output(Command::new(rustc).arg("--version"))));
    let given = |name| env::var(name).ok().filter(|value: &String| !value.is_empty());
    if let Some(commit) = given("PGHAUL_COMMIT") {
        tell("COMMIT", Some(commit));
        tell("COMMIT_DATE", given("PGHAUL_COMMIT_DATE"));
    } else if git(&["rev-parse", "--show-prefix"]).as_deref() == Some("") {
        // The prefix is what leads from the top of the working tree to here: nothing, if the tree is ours.
        watch_head();
        let changed = git(&[&["diff", "--quiet", "HEAD", "--"], &SOURCES[..]].concat()).is_none();
        tell("COMMIT", git(&["rev-parse", "HEAD"]));
        tell("COMMIT_DATE", git(&["show", "--no-patch", "--format=%cs", "HEAD"]));
        tell("CHANGED", changed.then(|| "yes".to_owned()));
    } else if let Some(commit) = head_by_files(Path::new(".git")) {
        tell("COMMIT", Some(commit));
        // Only git could compare the sources with it.
        tell("CHANGED", Some("unknown".to_owned()));
    }
}

/// The commit that `HEAD` names, itself or by a branch, from the files of a repository's folder
/// (gitrepository-layout(5)); none without them, or with something else in them.
fn head_by_files(folder: &Path) -> Option<String> {
    for name in ["HEAD", "packed-refs", "refs/heads"] {
        // One that is not there would have cargo run this every time.
        if let Some(path) = folder.join(name).to_str().filter(|path| Path::new(path).exists()) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    let head = fs::read_to_string(folder.join("HEAD")).ok()?;
    let commit = match head.trim().strip_prefix("ref: ") {
        None => head.trim().to_owned(),
        Some(branch) if branch.starts_with("refs/heads/") && !branch.contains("..") => {
            let loose = fs::read_to_string(folder.join(branch)).map(|text| text.trim().to_owned());
            loose.ok().or_else(|| packed(folder, branch))?
        }
        Some(_) => return None,
    };
    // SHA-1 or SHA-256.
    let is_commit = [40, 64].contains(&commit.len()) && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_commit.then_some(commit)
}

/// The commit of a branch that has no file of its own.
fn packed(folder: &Path, branch: &str) -> Option<String> {
    let lines = fs::read_to_string(folder.join("packed-refs")).ok()?;
    lines.lines().find_map(|line| Some(line.strip_suffix(branch)?.strip_suffix(' ')?.to_owned()))
}

/// Hands a fact to the compiler, as `PGHAUL_BUILD_…`; one that is not known is left out.
fn tell(name: &str, value: Option<String>) {
    if let Some(value) = value.filter(|value| !value.is_empty() && !value.contains('\n')) {
        println!("cargo:rustc-env=PGHAUL_BUILD_{name}={value}");
    }
}

/// Has cargo run this again after the next commit: `HEAD` changes with the branch, its log with each commit. A file that
/// is not there would have it run every time.
fn watch_head() {
    for name in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", name]);
        if let Some(path) = path.filter(|path| Path::new(path).exists()) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    output(Command::new("git").arg("--no-optional-locks").args(arguments))
}

/// What a command prints; nothing if it is not there or fails.
fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
