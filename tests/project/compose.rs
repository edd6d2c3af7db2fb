//! docker-compose.yml: Docker's own tool takes the file, and pghaul takes every command in it.
//! What becomes of it in containers is proved by `scripts/compose-test`.

use clap::Parser;
use pghaul::cli::Cli;
use pghaul_mock_api::request_line;
use pghaul_test_support::{Run, Workdir, pghaul, repository};
use serde_yaml::Value;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

const PROFILES: [&str; 4] = ["fetch", "drain", "sync", "serve"];
/// What the file may be given by the environment.
const VARIABLES: [&str; 13] = [
    "COMPOSE_FILE",
    "COMPOSE_PROFILES",
    "DEMO_API_KEY",
    "PGHAUL_BINARY",
    "PGHAUL_BUILD_IMAGE",
    "PGHAUL_FINAL_IMAGE",
    "PGHAUL_MOCK_API_BINARY",
    "PGHAUL_SERVE_PORT",
    "PGHAUL_SERVE_TOKEN",
    "POSTGRES_DB",
    "POSTGRES_IMAGE",
    "POSTGRES_PASSWORD",
    "POSTGRES_USER",
];
/// Nothing listens there.
const NOWHERE: &str = "127.0.0.1:1";

/// `docker-compose`, or the plugin of the same name.
fn compose() -> Command {
    let mut command = Command::new("docker-compose");
    if command.arg("version").output().is_ok_and(|output| output.status.success()) {
        return Command::new("docker-compose");
    }
    let mut command = Command::new("docker");
    command.arg("compose");
    command
}

/// The file as that reads it, with these profiles.
fn config(profiles: &[&str]) -> Value {
    let mut command = compose();
    command.current_dir(repository()).args(["--file", "docker-compose.yml"]);
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.args(profiles.iter().flat_map(|profile| ["--profile", profile])).arg("config");
    let output = command.output().expect("docker-compose, which scripts/test installs");
    let run = Run::new(&command, output);
    run.assert_code(0);
    serde_yaml::from_str(&run.stdout).unwrap()
}

fn services(config: &Value) -> Vec<(&str, &Value)> {
    let services = config["services"].as_mapping().unwrap();
    services.iter().map(|(name, service)| (name.as_str().unwrap(), service)).collect()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_sequence().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The volumes of a service: from where, or the volume's name, and to where.
fn volumes(service: &Value) -> Vec<(String, String)> {
    let volumes = service["volumes"].as_sequence().into_iter().flatten();
    let both = volumes.map(|volume| match volume.as_str() {
        Some(text) => {
            let mut parts = text.split(':').map(str::to_owned);
            (parts.next().unwrap(), parts.next().unwrap())
        }
        None => {
            let part = |key: &str| volume[key].as_str().unwrap().to_owned();
            (part("source"), part("target"))
        }
    });
    both.collect()
}

/// Whether the service runs pghaul's image, not that of the API.
fn is_pghaul(service: &Value) -> bool {
    service["build"].is_mapping()
        && service["build"]["dockerfile"].as_str().unwrap_or("Dockerfile") == "Dockerfile"
}

/// Runs a service's command as its container would, with its files, but with none of the other containers.
fn run(service: &Value, change: impl FnOnce(&mut Vec<String>)) -> Run {
    let work = Workdir::new();
    let inside = |path: &str| work.join(path.trim_start_matches('/'));
    let folder = inside("/data");
    fs::create_dir(&folder).unwrap();
    let volumes = volumes(service);
    for (_, target) in volumes.iter().filter(|(source, _)| !source.starts_with('/')) {
        fs::create_dir(inside(target)).unwrap();
    }
    for (source, target) in volumes.iter().filter(|(source, _)| source.starts_with('/')) {
        fs::create_dir_all(inside(target).parent().unwrap()).unwrap();
        symlink(source, inside(target)).unwrap();
    }
    work.write("secrets/serve-token", "0123456789abcdef\n");
    work.write("fetch/characters.ndjson", request_line(0) + "\n");

    let mut arguments = texts(&service["command"]);
    for argument in &mut arguments {
        if argument.starts_with('/') {
            *argument = inside(argument).display().to_string();
        }
        *argument = elsewhere(argument);
    }
    change(&mut arguments);
    let mut command = pghaul!(work).args(arguments).in_folder(&folder);
    for (name, value) in service["environment"].as_mapping().unwrap() {
        command = command.env(name.as_str().unwrap(), elsewhere(value.as_str().unwrap()));
    }
    command.env("PGPASSFILE", "").run()
}

/// The text with the addresses of other containers replaced.
fn elsewhere(text: &str) -> String {
    let database = format!("@{NOWHERE}/");
    text.replace("@zipdb/", &database).replace("@shop/", &database).replace("redis:6379", NOWHERE)
}

/// Whether it got so far as to ask for a database, or for a Redis.
fn came_to_a_server(run: &Run) -> bool {
    run.code != 0 && run.stderr.contains(NOWHERE) && run.stderr.to_lowercase().contains("connection refused")
}

#[test]
fn docker_compose_takes_the_file_with_any_profile() {
    config(&[]);
    for profile in PROFILES {
        let config = config(&[profile]);
        let services = services(&config);
        let profiles = |name: &str| {
            let service = services.iter().find(|(known, _)| *known == name);
            texts(&service.unwrap_or_else(|| panic!("{profile}: there is no {name}")).1["profiles"])
        };
        assert_eq!(profiles(profile), [profile]);
        // What a service waits for is there whenever the service is; docker-compose 1.29 would only tell when it is started.
        for (name, service) in services.iter().filter(|(name, _)| profiles(name) == [profile]) {
            for (needed, _) in service["depends_on"].as_mapping().into_iter().flatten() {
                let needed = profiles(needed.as_str().unwrap());
                assert!(
                    needed.is_empty() || needed == [profile],
                    "{name} needs what has the profiles {needed:?}"
                );
            }
        }
    }
}

#[test]
fn the_files_that_it_mounts_exist_and_no_secret_stands_in_it() {
    let config = config(&PROFILES);
    for (name, service) in services(&config) {
        for (source, _) in volumes(service).iter().filter(|(source, _)| source.starts_with('/')) {
            assert!(Path::new(source).exists(), "{name}: {source}");
        }
        for variable in ["POSTGRES_PASSWORD", "PGHAUL_SERVE_TOKEN", "PGPASSWORD"] {
            let value = service["environment"][variable].as_str().unwrap_or_default();
            assert_eq!(value, "", "{name}: {variable}");
        }
    }
}

#[test]
fn pghaul_takes_every_command() {
    let config = config(&PROFILES);
    let services: Vec<(&str, &Value)> =
        services(&config).into_iter().filter(|(_, service)| is_pghaul(service)).collect();
    let mut names: Vec<&str> = services.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    assert_eq!(names, ["drain", "fetch", "pghaul", "serve", "sync"]);
    for (name, service) in services {
        // Flags, configuration and dumps are looked at before that.
        let as_it_is = run(service, |_| {});
        as_it_is.assert(came_to_a_server(&as_it_is), &format!("{name}: nothing wrong but the server"));
        let wrong = run(service, |arguments| arguments.push("--no-such-flag".to_owned()));
        wrong.assert(!came_to_a_server(&wrong), &format!("{name}: a wrong flag is noticed"));
    }
}

/// The words of each command of a page that begins with `docker` or `docker-compose`, in a block or in a table.
fn commands(page: &str) -> Vec<Vec<String>> {
    let words = |line: &str| -> Vec<String> {
        let command = line.trim_start_matches("| `").split(['`', '#']).next().unwrap();
        command.split_whitespace().map(str::to_owned).collect()
    };
    let lines = fs::read_to_string(repository().join(page)).unwrap();
    lines.lines().filter(|line| line.trim_start_matches("| `").starts_with("docker")).map(words).collect()
}

#[test]
fn the_documentation_s_commands_can_be_given() {
    let config = config(&PROFILES);
    let mut seen = 0;
    for words in commands("docs/docker.md") {
        let behind = |word: &str| words.iter().position(|known| known == word).map(|at| &words[at + 1..]);
        let profile = behind("--profile").map(|rest| &rest[0]);
        assert!(profile.is_none_or(|profile| PROFILES.contains(&profile.as_str())), "{words:?}");
        if words[0] == "docker-compose"
            && let Some(named) =
                behind("run").and_then(|rest| rest.iter().find(|word| !word.starts_with('-')))
        {
            assert!(services(&config).iter().any(|(name, _)| name == named), "{words:?}");
            assert!(profile.is_none_or(|profile| profile == named), "{words:?}");
        }
        if let (Some(_), Some(typed)) = (behind("run"), behind("pghaul").filter(|typed| !typed.is_empty())) {
            let program = ["pghaul".to_owned()];
            let parsed = Cli::try_parse_from(program.iter().chain(typed));
            // --version is an error to the parser, too.
            assert!(parsed.map_or_else(|error| !error.use_stderr(), |_| true), "{words:?}");
            seen += 1;
        }
    }
    assert!(seen >= 3, "only {seen} of pghaul's commands found: does this test still read the page?");
}
