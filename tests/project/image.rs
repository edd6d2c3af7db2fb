//! What the images are built from: the sources that cargo needs, and the crates in a layer before them. What becomes of it in
//! containers is proved by `scripts/compose-test`.

use pghaul_test_support::{Run, Workdir, repository};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn the_images_are_built_from_all_that_cargo_needs() {
    let work = Workdir::new();
    let ignored = fs::read_to_string(repository().join(".dockerignore")).unwrap();
    let lines: Vec<&str> = ignored.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines[0], "*", "nothing else gets there");
    // Binaries that are there already are no sources.
    let paths = lines[1..].iter().map(|line| line.strip_prefix('!').unwrap());
    for path in paths.filter(|path| *path != "target/docker" && !path.starts_with(".git/")) {
        copy(&repository().join(path), &work.join(path));
    }
    assert_eq!(targets(work.path()), targets(repository()));
}

/// The instructions of a Dockerfile, each in one line, without comments.
fn instructions(file: &str) -> Vec<String> {
    let text = fs::read_to_string(repository().join(file)).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    joined.lines().map(str::to_owned).collect()
}

/// What the images compile before they have the sources, as cargo sees it: all crates, and empty ones of ours.
#[test]
fn crates_are_compiled_before_the_sources_come() {
    let (ours, api) = (instructions("Dockerfile"), instructions("tests/mock_api/Dockerfile"));
    let sources = ours.iter().position(|line| line == "COPY . .").unwrap();
    assert_eq!(ours[..=sources], api[..=sources], "one layer for both");
    // A commit is another one each time: it has to come later.
    assert!(!ours[..sources].iter().any(|line| line.contains("COMMIT")));

    let work = Workdir::new();
    for line in ours[..sources].iter().filter_map(|line| line.strip_prefix("COPY ")) {
        let words: Vec<&str> = line.split(' ').collect();
        let (to, files) = words.split_last().unwrap();
        for file in files {
            let name = Path::new(file).file_name().unwrap();
            copy(&repository().join(file), &work.join(to).join(name));
        }
    }
    let script = ours[..sources].iter().find_map(|line| line.strip_prefix("RUN ")).unwrap();
    // It is looked at what cargo would compile: compiling it takes minutes.
    let (before, build) = script.split_once("cargo build --release ").unwrap();
    let (arguments, after) = build.split_once(';').unwrap();
    assert_eq!(arguments, "--locked --package pghaul --package pghaul-mock-api");
    let script = format!("{before}true;{after}");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).env("BINARY", "").current_dir(work.path());
    let output = command.output().unwrap();
    Run::new(&command, output).assert_code(0);
    let compiled = |folder: &Path| {
        let mut targets = targets(folder);
        // Those that the images do not have.
        targets.retain(|target| !target.contains("example") && !target.contains("custom-build"));
        targets
    };
    assert_eq!(compiled(work.path()), compiled(repository()));
}

/// What cargo can build in a folder, but for tests: packages, and the names and kinds of their programs, libraries and scripts.
fn targets(folder: &Path) -> Vec<String> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(folder);
    command.args(["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"]);
    let output = command.output().unwrap();
    let run = Run::new(&command, output);
    run.assert_code(0);
    let metadata: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let targets = packages.flat_map(|package| {
        let targets = package["targets"].as_array().unwrap().iter();
        targets.map(|target| format!("{} {} {}", package["name"], target["name"], target["kind"]))
    });
    targets.filter(|target| !target.ends_with("[\"test\"]")).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    if !from.is_dir() {
        fs::copy(from, to).unwrap();
        return;
    }
    for entry in fs::read_dir(from).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        copy(&path, &to.join(path.file_name().unwrap()));
    }
}
