//! `scripts/install`, as `curl … | sh` runs it.

use super::files::Way;
use super::{Published, VERSION, archive, here, target};
use pghaul_test_support::{Run, names, repository};
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn a_release_of_the_real_binary_installs_and_runs() {
    let published = Published::empty();
    // Debug information would be most of it.
    let binary = published.work.join("pghaul");
    let strip = Command::new("strip")
        .args(["--strip-debug", "-o"])
        .args([&binary, Path::new(env!("CARGO_BIN_EXE_pghaul"))])
        .status();
    assert!(strip.unwrap().success());
    published.publish(&binary, &[&here()]);
    let run = published.install(&[], |_| ());
    run.assert_code(0).assert(run.stdout.starts_with(&format!("pghaul {VERSION}")), "what is installed");
    let local = published.home().join(".local");
    run.assert_stderr_has(&format!("is installed as {}/bin/pghaul", local.display()));
    run.assert_stderr_has("export PATH=");
    let mut installed = Command::new(local.join("bin/pghaul"));
    let output = installed.arg("--help").output().unwrap();
    Run::new(&installed, output).assert_code(0).assert_stdout_has("ingest");
    for file in [
        "share/man/man1/pghaul-ingest.1",
        "share/bash-completion/completions/pghaul",
        "share/zsh/site-functions/_pghaul",
        "share/fish/vendor_completions.d/pghaul.fish",
        "share/doc/pghaul/LICENSE",
        "share/doc/pghaul/README.md",
        "share/doc/pghaul/third-party-licences.txt",
    ] {
        assert!(fs::metadata(local.join(file)).unwrap().len() > 100, "{file}");
    }
    // Again, over what is there, and into another folder.
    let again = published.install(&[], |command| {
        command.env("PATH", format!("{}/bin:{}", local.display(), std::env::var("PATH").unwrap()));
    });
    again.assert_code(0).assert_never_says("export PATH");
    let other = published.work.join("other");
    published.install(&["--prefix", other.to_str().unwrap()], |_| ()).assert_code(0);
    assert!(other.join("bin/pghaul").exists());
    let third = published.work.join("third");
    published
        .install(&[], |command| {
            command.env("PREFIX", &third);
        })
        .assert_code(0);
    assert_eq!(names(third.join("bin")), ["pghaul"]);
}

#[test]
fn the_build_is_the_one_for_the_machine() {
    let published = Published::stand_in(&[&target("gnu"), &target("musl")]);
    let chosen = |system: &str, processor: &str, library: &str| {
        let run = published.install(&[], published.machine(system, processor, library));
        let line = run.stderr.lines().find(|line| line.starts_with("downloading ")).unwrap_or_default();
        let name = line.rsplit_once('/').map_or("", |(_, name)| name);
        name.trim_start_matches(&format!("pghaul-{VERSION}-")).trim_end_matches(".tar.gz").to_owned()
    };
    let old = "echo glibc 2.27";
    assert_eq!(chosen("Linux", "x86_64", "echo glibc 2.28"), "x86_64-unknown-linux-gnu");
    assert_eq!(chosen("Linux", "amd64", "echo glibc 3.1"), "x86_64-unknown-linux-gnu");
    assert_eq!(chosen("Linux", "x86_64", old), "x86_64-unknown-linux-musl");
    assert_eq!(chosen("Linux", "aarch64", "exit 1"), "aarch64-unknown-linux-musl");
    assert_eq!(chosen("Linux", "aarch64", "echo glibc 2.36"), "aarch64-unknown-linux-gnu");
    assert_eq!(chosen("Darwin", "arm64", "exit 1"), "aarch64-apple-darwin");
    assert_eq!(chosen("Darwin", "x86_64", "exit 1"), "x86_64-apple-darwin");
}

#[test]
fn an_unknown_machine_is_refused() {
    let published = Published::stand_in(&[&here()]);
    for (system, processor) in
        [("Linux", "riscv64"), ("Linux", "i686"), ("FreeBSD", "amd64"), ("MINGW64_NT-10.0", "x86_64")]
    {
        let run = published.install(&[], published.machine(system, processor, "echo glibc 2.36"));
        run.assert_code(1)
            .assert_stderr_has(&format!("error: there is no build for {system} on {processor}"));
        run.assert_never_says("downloading");
    }
    // A 32-bit system on a 64-bit kernel.
    let change = published.machine("Linux", "aarch64", "exit 1");
    published.program("machine/getconf", "echo 32");
    published.install(&[], change).assert_code(1).assert_stderr_has("there is no build for Linux on aarch64");
    // A machine that there could be a build for.
    let run = published.install(&[], published.machine("Darwin", "arm64", "exit 1"));
    run.assert_code(1)
        .assert_stderr_has("does not list pghaul-")
        .assert_stderr_has("no build for this machine");
    published.assert_nothing();
}

#[test]
fn what_is_not_what_was_released_is_not_installed() {
    let published = Published::stand_in(&[&here()]);
    let name = archive(&here());
    let refused = |text: &str| {
        published.install(&[], |_| ()).assert_code(1).assert_stderr_has(text);
        published.assert_nothing();
    };
    // Cut by a connection that ends: with a length, which curl compares, and without one.
    published.files.answer(&name, Way::CutWithLength);
    refused("cannot be downloaded, or not to its end");
    published.files.answer(&name, Way::Cut);
    refused("it is not what was released, or was cut");
    published.files.answer(&name, Way::Missing);
    refused("cannot be downloaded");
    published.files.answer(&name, Way::Whole);
    let path = published.folder().join(&name);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    refused("has the checksum");
    published.files.answer("SHA256SUMS", Way::Missing);
    refused("SHA256SUMS cannot be downloaded");
}

#[test]
fn a_binary_that_does_not_run_and_a_folder_that_cannot_be_written_leave_what_is_there() {
    let published = Published::stand_in(&[&here()]);
    published.install(&[], |_| ()).assert_code(0);
    let bin = published.home().join(".local/bin");
    let before = fs::read(bin.join("pghaul")).unwrap();
    // Even root writes nothing there.
    let run = published.install(&["--prefix", "/proc/self"], |_| ());
    run.assert_code(1)
        .assert_stderr_has("error: /proc/self cannot be written; choose another folder (--prefix)");
    // It ran where it was packed, and does not here.
    let program = published.program("bin/stand-in", &format!(
        "[ -e {} ] || {{ echo no such library >&2; exit 127; }}\ncase $1 in --version) echo pghaul {VERSION} more;; esac",
        published.work.join("packing").display()
    ));
    let packing = published.work.write("packing", "");
    published.publish(&program, &[&here()]);
    fs::remove_file(packing).unwrap();
    let run = published.install(&[], |_| ());
    run.assert_code(1).assert_stderr_has("no such library").assert_stderr_has("does not run on this machine");
    assert_eq!(fs::read(bin.join("pghaul")).unwrap(), before);
    assert_eq!(names(bin), ["pghaul"]);
}

/// Beginnings of the script that end with a line, and with each of its last bytes.
#[test]
fn a_script_that_is_cut_does_nothing() {
    let published = Published::stand_in(&[&here()]);
    let script = fs::read_to_string(published.folder().join("install.sh")).unwrap();
    let whole = script.trim_end().len();
    let lines = script.match_indices('\n').map(|(at, _)| at + 1).step_by(7);
    let ends = lines.chain(whole - 22..whole).filter(|end| *end < whole);
    for end in ends.filter(|end| script.is_char_boundary(*end)) {
        let cut = published.work.write("cut.sh", &script[..end]);
        let run = published.run_script(&cut, &[], |_| ());
        run.assert(run.stdout.is_empty(), "nothing is said").assert_never_says("downloading");
        published.assert_nothing();
    }
    let cut = published.work.write("cut.sh", &script[..whole]);
    published.run_script(&cut, &[], |_| ()).assert_code(0);
}

#[test]
fn the_installer_takes_known_options_and_safe_addresses() {
    let published = Published::stand_in(&[&here()]);
    let usage = |args: &[&str], text: &str| {
        published.install(args, |_| ()).assert_code(2).assert_stderr_has(text);
        published.assert_nothing();
    };
    usage(&["--prefx", "x"], "error: there is no option --prefx");
    usage(&["--prefix"], "error: --prefix needs a value");
    usage(&["--from", "http://example.com/releases"], "is not https");
    usage(&["--from", "ftp://127.0.0.1/"], "is not https");
    usage(&["--from", "http://127.0.0.1.example.com/"], "is not https");
    let help = published.install(&["--help"], |_| ());
    help.assert_code(0).assert_stdout_has("--prefix FOLDER").assert_stdout_has("--version VERSION");
    published
        .install(&["--version", "v9.8.7"], |_| ())
        .assert_code(1)
        .assert_stderr_has("/v9.8.7/SHA256SUMS cannot be downloaded");
    // The one of the repository belongs to no release.
    let ours = repository().join("scripts/install");
    published
        .run_script(&ours, &[], |_| ())
        .assert_code(2)
        .assert_stderr_has("this is not the script of a release");
    let url = published.files.url();
    let args = ["--from", &url, "--version", VERSION];
    published.run_script(&ours, &args, |_| ()).assert_code(0);
}
