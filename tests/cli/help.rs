//! `--help`: examples of every command, each of which the parser takes. And colours, which nobody gets who does not want them.

use clap::{Command, CommandFactory, Parser};
use pghaul::cli::Cli;
use pghaul_test_support::{Pghaul, Workdir, case, on_a_terminal, pghaul, repository};

/// What a terminal shows in one line, and so what an example may take.
const WIDTH: usize = 80;

/// Every command, as the words that lead to it.
fn commands() -> Vec<Vec<String>> {
    fn below(command: &Command, path: &[String], found: &mut Vec<Vec<String>>) {
        found.push(path.to_vec());
        for command in command.get_subcommands() {
            below(command, &[path, &[command.get_name().to_owned()]].concat(), found);
        }
    }
    let mut found = Vec::new();
    below(&Cli::command(), &[], &mut found);
    found
}

/// The lines below `Examples:`, without the words that explain them.
fn examples(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    lines.map(|line| line.trim_start().split("   ").next().unwrap().trim_end()).collect()
}

/// The arguments of each call of pghaul in a line of shell: `A=b pghaul x | jq .`, `psql "$(pghaul db url)"`.
fn calls(line: &str) -> Vec<Vec<String>> {
    let line = line.replace("\"$(pghaul", "$(pghaul").replace(")\"", ")");
    let starts: Vec<usize> = line.match_indices("pghaul ").map(|(at, _)| at).collect();
    let is_call = |at: &&usize| **at == 0 || line[..**at].ends_with([' ', '(']);
    let call = |at: &usize| {
        let words = shlex::split(&line[*at..])
            .unwrap_or_else(|| shlex::split(line[*at..].split(')').next().unwrap()).unwrap());
        let ends = |word: &String| ["|", "||", "&&", ">", ";"].contains(&&**word);
        let mut words: Vec<String> = words.into_iter().take_while(|word| !ends(word)).collect();
        if line[..*at].ends_with('(') {
            words.iter_mut().for_each(|word| *word = word.trim_end_matches(')').to_owned());
        }
        words
    };
    starts.iter().filter(is_call).map(call).collect()
}

#[test]
fn every_command_has_examples_that_it_takes() {
    let commands = commands();
    assert!(commands.len() > 20, "{commands:?}");
    let work = Workdir::new();
    for path in commands {
        let run = pghaul!(work).args(&path).args(["--help"]).run();
        run.assert_code(0);
        let examples = examples(&run.stdout);
        run.assert(!examples.is_empty(), "examples");
        // Paragraphs are wrapped to the terminal's width, examples are not.
        let lines = run.stdout.lines().skip_while(|line| *line != "Examples:");
        let mut lines = lines.take_while(|line| !line.is_empty());
        run.assert(lines.all(|line| line.chars().count() <= WIDTH), "no example that is cut");
        let calls: Vec<Vec<String>> = examples
            .iter()
            .flat_map(|line| {
                let calls = calls(line);
                run.assert(!calls.is_empty(), &format!("pghaul in {line}"));
                calls
            })
            .collect();
        for call in &calls {
            let parsed = Cli::try_parse_from(call);
            run.assert(parsed.is_ok(), &format!("{call:?} to be understood: {parsed:?}"));
        }
        // Flags of all commands may stand between the words.
        let is_its_own = |call: &Vec<String>| {
            let mut words = call.iter().skip(1);
            path.iter().all(|name| words.any(|word| word == name))
        };
        run.assert(calls.iter().any(is_its_own), "an example of this very command");
    }
}

#[test]
fn what_people_type_by_habit_is_understood() {
    for call in [
        &["load", "dumps", "--dry-run"][..],
        &["import", "dumps", "--jobs", "2"],
        &["fetch", "job", "--jobs", "2"],
        &["db", "shell", "-c", "SELECT 1"],
        &["version"],
    ] {
        let parsed = Cli::try_parse_from([&["pghaul"], call].concat());
        assert!(parsed.is_ok(), "{call:?}: {parsed:?}");
    }
    let work = Workdir::new();
    let [word, flag] = ["version", "--version"].map(|way| pghaul!(work).args([way]).run());
    word.assert_code(0);
    assert_eq!(word.stdout, flag.stdout);
}

#[test]
fn calls_are_found_in_lines_of_shell() {
    let words = |line: &str| calls(line).iter().map(|call| call.join(" ")).collect::<Vec<_>>();
    assert_eq!(words("A=b pghaul x --y 'a b' | jq '.[]'"), ["pghaul x --y a b"]);
    assert_eq!(words("psql \"$(pghaul db url)\""), ["pghaul db url"]);
    assert_eq!(words("pghaul a && pghaul b > /etc/pghaul"), ["pghaul a", "pghaul b"]);
    assert!(words("ls pghaul.yml").is_empty());
}

/// Whether a text holds a sequence that changes colour, or makes letters bold.
fn is_coloured(text: &str) -> bool {
    text.split("\x1b[")
        .skip(1)
        .any(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'))
}

/// The same call with colours, without `NO_COLOR`, and then without colours.
fn assert_no_color(call: impl Fn() -> Pghaul, code: i32) {
    let coloured = on_a_terminal(&call().command());
    coloured.assert_code(code).assert(is_coloured(&coloured.stdout), "colours on a terminal");
    let empty = on_a_terminal(&call().env("NO_COLOR", "").command());
    empty.assert(is_coloured(&empty.stdout), "colours: an empty NO_COLOR counts as none");
    for value in ["1", "0"] {
        let plain = on_a_terminal(&call().env("NO_COLOR", value).command());
        plain.assert_code(code).assert(!is_coloured(&plain.stdout), "no colours with NO_COLOR");
    }
    let piped = call().run();
    piped.assert_code(code);
    piped.assert(!is_coloured(&piped.stdout) && !is_coloured(&piped.stderr), "no colours in a pipe");
}

#[test]
fn help_and_errors_honour_no_color() {
    let work = Workdir::new();
    assert_no_color(|| pghaul!(work).args(["--help"]), 0);
    assert_no_color(|| pghaul!(work).args(["ingest", "--help"]), 0);
    assert_no_color(|| pghaul!(work).args(["ingets"]), 2);
}

#[test]
fn bars_and_warnings_honour_no_color() {
    let case = case!();
    let dumps = repository().join("fixtures/dumps");
    let config = repository().join("config.yml");
    // It warns of a table that is skipped, and draws bars.
    let call = || {
        let call = pghaul!(case.work).args(["ingest", "--force", "--db", &case.db.url(), "--config"]);
        call.args([&config, &dumps])
    };
    assert_no_color(call, 0);
    let run = on_a_terminal(&call().command());
    run.assert_stdout_has("\x1b[32mloaded\x1b[0m");
    let run = on_a_terminal(&call().env("NO_COLOR", "1").command());
    run.assert_stdout_has("warning: ").assert(run.stdout.contains("\x1b["), "bars, which move the cursor");
}
