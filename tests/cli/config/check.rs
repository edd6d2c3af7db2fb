//! `pghaul config check`: every fault of the configuration, with file, line and column; and no secret.

use pghaul_test_support::{Run, Workdir, pghaul, repository};

fn check(yaml: &str) -> Run {
    let work = Workdir::new();
    work.write("nightly.yml", yaml);
    pghaul!(work).args(["config", "check", "--config", "nightly.yml"]).run()
}

/// Where the faults are, one for each line of standard error.
fn places(run: &Run) -> Vec<String> {
    let place = |line: &str| {
        let rest = line.strip_prefix("error: nightly.yml:").unwrap_or_else(|| panic!("{line}"));
        rest.split(": ").next().unwrap().to_owned()
    };
    run.stderr.lines().map(place).collect()
}

#[test]
fn a_configuration_without_faults_is_said_to_have_none() {
    let work = Workdir::new();
    let none = pghaul!(work).args(["config", "check"]).run();
    none.assert_code(0).assert_stdout_has("there is no ./config.yml: every setting has its default\n");
    let demo = repository().join("config.yml");
    let run = pghaul!(work).args(["config", "check", "--config"]).args([&demo]).run();
    let no_faults = format!("{}: no faults\n", demo.display());
    run.assert_code(0).assert(run.stdout.starts_with(&no_faults), "no faults");
    run.assert_stdout_has("data files of dumps \"*lms*\": field_separator \"|\" (xport_cfg.field_separator)");
    let quiet = pghaul!(work).args(["config", "check", "-q", "--config"]).args([&demo]).run();
    quiet.assert_code(0).assert(quiet.stdout.is_empty() && quiet.stderr.is_empty(), "nothing");
    // Nothing was started, and nothing was written.
    assert_eq!(std::fs::read_dir(work.home()).unwrap().count(), 0);
}

/// What the demo's configuration has in comments is an example for people to copy.
#[test]
fn the_examples_in_the_comments_of_the_demo_have_no_faults() {
    let demo = std::fs::read_to_string(repository().join("config.yml")).unwrap();
    let is_key = |line: &str| {
        let text = line.trim_start_matches("# ");
        let word = text.split(':').next().unwrap();
        line.starts_with("# ")
            && text.contains(':')
            && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    };
    // A key begins an example, and what is indented below it belongs to it.
    let mut yaml = String::new();
    let mut is_example = false;
    for line in demo.lines() {
        is_example = is_key(line) || (is_example && line.starts_with("#   "));
        if is_example {
            let text = line.strip_prefix("# ").unwrap();
            // Lines that are comments within an example are the keys with their defaults.
            yaml.push_str(&text.replacen("# ", "", usize::from(text.trim_start().starts_with("# "))));
            yaml.push('\n');
        }
    }
    assert!(yaml.contains("    deletes: hard") && yaml.contains("\nserve:\n"), "{yaml}");
    let work = Workdir::new();
    work.write("nightly.yml", &yaml);
    let run = pghaul!(work).args(["config", "check", "--config", "nightly.yml"]);
    let variables = ["LMS_PASSWORD", "BUNGIE_API_KEY", "REDIS_PASSWORD", "SHOP_PASSWORD"];
    let run = variables.iter().fold(run, |run, name| run.env(name, "hunter2")).run();
    run.assert_code(0).assert_never_says("hunter2");
}

#[test]
fn faults_of_the_form_are_told_for_every_section() {
    let run = check(
        "max_worker: 3\nxport_cfg:\n  zip_path: x\n  archive: perhaps\n\nlimits: {max_row: 64MB}\nfetch:\n  a:\n    url: x\n",
    );
    run.assert_code(2);
    assert_eq!(places(&run), ["1:1", "4:12", "6:19", "9:5"]);
    run.assert_stderr_has("did you mean `max_workers`?").assert_stderr_has("`64MB` is no size");
    run.assert(run.stdout.is_empty(), "nothing on stdout");
    for (yaml, place) in [
        ("datastore: {server: h\nviews: true\n", "2:6"),
        ("datastore:\n\tserver: h\n", "2:1"),
        ("views: true\nviews: true\n", "2:1"),
        ("datastore:\n  passwd: ${PGHAUL_TEST_NOT_SET}\n", "2:11"),
    ] {
        let run = check(yaml);
        run.assert_code(2);
        assert_eq!(places(&run), [place], "{yaml}");
    }
}

#[test]
fn faults_of_the_content_are_told_all_at_once() {
    let run = check(
        "max_workers: 0\n\
         serve:\n  tables:\n    users: {key: []}\n  cors: ['*']\n\
         fetch:\n  a:\n    requests: {sql: SELECT 1}\n    url: ftp://h/\n    rows: '.['\n    into: {table: t, mode: append}\n\
         drain:\n  b:\n    from: redis://h\n    replica: ''\n    into: {table: t, mode: append}\n\
         sync:\n  c: {table: t, chunk: 0}\n",
    );
    run.assert_code(2);
    let places = places(&run);
    for place in ["1:1", "5:3", "9:5", "10:5", "15:5", "18:17"] {
        run.assert(places.iter().any(|known| known == place), &format!("a fault at {place} in {places:?}"));
    }
}

#[test]
fn what_a_job_leaves_to_flags_is_no_fault() {
    check("sync:\n  c: {table: t, cursor: updated}\n").assert_code(0);
    check("serve: {listen: '0.0.0.0:8005', tables: {users: {key: id}}}\n").assert_code(0);
}

#[test]
fn files_that_are_named_are_looked_for() {
    let run = check("xport_cfg:\n  dialects: [{match: '*', types: nowhere.json}]\n");
    run.assert_code(2).assert_stderr_has("nowhere.json");
    let run = check("xport_cfg: {archive: true}\n");
    run.assert_code(2)
        .assert_stderr_has("error: nightly.yml:1:13: xport_cfg.archive is true, but no folder is named");
    let missing = check("").assert_code(0).stdout.clone();
    assert_eq!(missing, "nightly.yml: no faults\n");
}

#[test]
fn no_fault_tells_a_secret() {
    let yaml = "datastore: {connection: oracle, passwd: '${A}'}\n\
        fetch:\n  a:\n    requests: {sql: 'SELECT ''${A}'''}\n    url: 'htp://u:${A}@h/${A}'\n    headers: {'X Y': '${A}'}\n    \
        body: '{${A}'\n    rows: '.['\n    into: {table: t, mode: append}\n\
        drain:\n  b: {from: 'redis://:${A}@h:port/0', password: '${A}', replica: r, into: {table: t, mode: append}}\n\
        sync:\n  c: {from: 'postgresql://u:${A}@h:port/d', to: 'host=h password=${A} prt=1', table: t}\n\
        serve: {token: {env: A}, tables: {}}\n";
    let work = Workdir::new();
    work.write("config.yml", yaml);
    for secret in ["hunter2", "hun ter2", "hun/t@er2"] {
        let run = pghaul!(work).args(["config", "check"]).env("A", secret).run();
        run.assert_code(2).assert_never_says(secret).assert_never_says("er2");
        run.assert(run.stderr.lines().count() >= 4, "a fault of each section");
    }
}
