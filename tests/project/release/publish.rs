//! `scripts/lib/release/publish`, the last step of the workflow: all files, or nothing. `docker` and `gh` are stand-ins, which write down
//! what they are told: nothing else here could publish.

use super::{VERSION, here};
use pghaul_test_support::{Run, Workdir, repository};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Runs it with these files built, on a copy of what it needs of the repository, whose changelog has this section.
fn publish(work: &Workdir, built: &[String], section: &str) -> Run {
    for name in built {
        work.write(format!("built/{name}"), format!("{name}\n"));
    }
    let copy = work.join("copy");
    for name in ["scripts", "Cargo.toml"] {
        fs::create_dir_all(&copy).unwrap();
        let status = Command::new("cp").arg("-R").args([repository().join(name), copy.join(name)]).status();
        assert!(status.unwrap().success());
    }
    work.write("copy/CHANGELOG.md", format!("# Changelog\n\n## Unreleased\n\n{section}## 0.0.1\n\n- Old.\n"));
    for name in ["docker", "gh"] {
        let script = format!("#!/bin/sh\nif [ \"$1\" = login ]; then cat; fi\necho {name} \"$@\" >>$LOG\n");
        let path = work.write(format!("bin/{name}"), script);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new(copy.join("scripts/lib/release/publish"));
    let path = format!("{}:{}", work.join("bin").display(), std::env::var("PATH").unwrap());
    command.arg(work.join("built")).current_dir(&copy).env("PATH", path).env("LOG", work.join("log"));
    command
        .env_remove("CARGO_TARGET_DIR")
        .env("GITHUB_REF_NAME", format!("v{VERSION}"))
        .env("GITHUB_ACTOR", "ann");
    command
        .env("GH_TOKEN", "t0ken")
        .env("RELEASES", "https://example.com/r")
        .env("IMAGE", "ghcr.io/Ann/Pghaul");
    let output = command.output().unwrap();
    Run::new(&command, output)
}

/// All that the other jobs build, each in the folder of its job.
fn all() -> Vec<String> {
    let targets = ["unknown-linux-gnu", "unknown-linux-musl", "apple-darwin"];
    let processors = ["x86_64", "aarch64"];
    let archives = targets.iter().flat_map(|target| {
        processors.map(|processor| format!("archives-{target}/pghaul-{VERSION}-{processor}-{target}.tar.gz"))
    });
    let others = ["amd64", "arm64"].into_iter().flat_map(|processor| {
        [
            format!("package-{processor}/pghaul_{VERSION}-1_{processor}.deb"),
            format!("image-{processor}/pghaul-{VERSION}-image-{processor}.tar"),
        ]
    });
    archives.chain(others).chain([format!("sbom/pghaul-{VERSION}.cdx.json")]).collect()
}

#[test]
fn all_files_are_published_with_their_sums_and_the_installer() {
    let work = Workdir::new();
    let section = format!("## {VERSION} - 2026-12-01\n\n- **New.**\n\n");
    publish(&work, &all(), &section).assert_code(0);
    let log = work.read("log");
    let (images, release) = log.split_once("gh release create").unwrap();
    for name in [VERSION, "latest"] {
        let images_of_it =
            ["amd64", "arm64"].map(|processor| format!("ghcr.io/ann/pghaul:{VERSION}-{processor}"));
        let line = format!("docker manifest create ghcr.io/ann/pghaul:{name} {}\n", images_of_it.join(" "));
        assert!(images.contains(&line), "{images}");
        assert!(images.contains(&format!("docker manifest push ghcr.io/ann/pghaul:{name}\n")), "{images}");
    }
    assert!(
        release.starts_with(&format!(" v{VERSION} --verify-tag --title pghaul {VERSION} --notes-file ")),
        "{release}"
    );
    for name in all().iter().map(|path| path.rsplit('/').next().unwrap()) {
        assert_eq!(release.contains(&format!("/files/{name}")), !name.ends_with(".tar"), "{release}");
    }
    assert!(release.contains("/files/SHA256SUMS") && release.contains("/files/install.sh"), "{release}");
    assert!(!release.contains("--prerelease"), "{release}");
}

#[test]
fn nothing_is_published_if_something_is_missing() {
    let section = format!("## {VERSION} - 2026-12-01\n\n- **New.**\n\n");
    for missing in [here().as_str(), ".deb", "-image-arm64", ".cdx.json"] {
        let work = Workdir::new();
        let built: Vec<String> = all().into_iter().filter(|name| !name.contains(missing)).collect();
        let run = publish(&work, &built, &section);
        run.assert_code(1).assert_stderr_has(" files ").assert(!work.join("log").exists(), "nothing");
    }
    // A version of which the changelog says nothing.
    let work = Workdir::new();
    let run = publish(&work, &all(), "");
    run.assert_code(1)
        .assert_stderr_has("CHANGELOG.md has no section for")
        .assert(!work.join("log").exists(), "nothing");
}
