//! What packages install beside the binary: completions that the shells take, and man pages that groff does.

use pghaul_test_support::{Run, Workdir, pghaul};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Writes the completions for a shell; gives the folder and the file in it.
fn completions(shell: &str, file: &str) -> (Workdir, PathBuf) {
    let work = Workdir::new();
    let run = pghaul!(work).args(["completions", shell]).run();
    run.assert_code(0).assert(run.stderr.is_empty(), "nothing on stderr");
    let path = work.write(file, &run.stdout);
    (work, path)
}

/// Runs a shell with these lines, which must end well and say nothing on standard error.
fn runs(shell: &str, work: &Workdir, arguments: &[&str]) -> Run {
    let mut command = Command::new(shell);
    command.args(arguments).current_dir(work.path()).env("HOME", work.home()).stdin(Stdio::null());
    let output = command.output().unwrap_or_else(|error| panic!("{shell}: {error}"));
    let run = Run::new(&command, output);
    run.assert_code(0).assert(run.stderr.is_empty(), "nothing on stderr");
    run
}

#[test]
fn bash_completes_commands_and_flags() {
    let (work, _) = completions("bash", "pghaul.bash");
    let complete = |words: &str| {
        let script = format!(
            "set -eu; . ./pghaul.bash; complete -p pghaul >/dev/null
             COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
             _pghaul pghaul \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        runs("bash", &work, &["--norc", "-c", &script]).stdout
    };
    assert_eq!(complete("pghaul ing"), "ingest\n");
    assert_eq!(complete("pghaul ingest --max-r"), "--max-rejects\n");
    assert_eq!(complete("pghaul config ch"), "check\n");
    assert!(complete("pghaul ingest --mothers ''").contains("recreate"));
    assert!(complete("pghaul ingest --mothers ''").contains("widen"));
}

#[test]
fn zsh_completes_commands() {
    let (work, _) = completions("zsh", "functions/_pghaul");
    // Outside of an editor nothing can be completed, but loaded: by compinit, which reads its first line, and by a call.
    let script = "fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -d $PWD/dump
                  print -r -- $_comps[pghaul]; autoload +X _pghaul; (( $+functions[_pghaul] ))
                  functions _pghaul >/dev/null; zsh -n functions/_pghaul; grep -q \"'ingest:\" functions/_pghaul";
    assert_eq!(runs("zsh", &work, &["-f", "-e", "-c", script]).stdout, "_pghaul\n");
}

#[test]
fn fish_completes_commands_and_flags() {
    let (work, _) = completions("fish", "pghaul.fish");
    let complete = |line: &str| {
        let script = format!("source pghaul.fish; complete --do-complete '{line}'");
        runs("fish", &work, &["--no-config", "--command", &script]).stdout
    };
    assert!(complete("pghaul ing").starts_with("ingest\t"), "{}", complete("pghaul ing"));
    assert!(complete("pghaul ingest --max-r").starts_with("--max-rejects\t"));
}

#[test]
fn every_man_page_is_one_that_groff_takes() {
    let work = Workdir::new();
    pghaul!(work).args(["man", "pages/man1"]).run().assert_code(0);
    let mut names = Vec::new();
    for entry in fs::read_dir(work.join("pages/man1")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut groff = Command::new("groff");
        groff
            .args(["-man", "-Tutf8", "-Kutf8", "-ww", "-rLL=100n", "-P-cbou"])
            .arg(&path)
            .env("LC_ALL", "C.UTF-8");
        let output = groff.output().unwrap();
        let run = Run::new(&groff, output);
        run.assert_code(0).assert(run.stderr.is_empty(), "no warnings");
        for title in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "SEE ALSO"] {
            run.assert(run.stdout.lines().any(|line| line == title), title);
        }
        run.assert_never_says("EXTRA");
        run.assert_stdout_has(&format!("pghaul {}", env!("CARGO_PKG_VERSION")));
        names.push(name);
    }
    names.sort();
    for name in
        ["pghaul.1", "pghaul-ingest.1", "pghaul-sync-once.1", "pghaul-db-psql.1", "pghaul-config-check.1"]
    {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
    // Commands for packages have none, nor has `help`.
    assert!(!names.iter().any(|name| name.contains("man") || name.contains("help")), "{names:?}");
}

#[test]
fn examples_stand_in_a_man_page_line_by_line() {
    let work = Workdir::new();
    pghaul!(work).args(["man", "."]).run().assert_code(0);
    let page = work.read("pghaul-ingest.1");
    let examples = page.split(".SH EXAMPLES\n.nf\n").nth(1).unwrap().split(".fi").next().unwrap();
    assert!(
        examples.lines().count() > 3 && examples.lines().all(|line| line.contains("pghaul ingest")),
        "{examples}"
    );
    assert!(page.contains(".SH \"EXIT STATUS\"\n"), "{page}");
}
