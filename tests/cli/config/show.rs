//! `pghaul config show`: every setting, and what has decided it; and no secret.

use pghaul_test_support::{Pghaul, Run, Workdir, pghaul, repository};
use serde_json::Value;

const YAML: &str = "\
# The nightly load.
max_workers: 3
datastore:
  server: zipdb
  user: ann
  passwd: hunter2
  db: lms
xport_cfg:
  zip_path: ${DUMPS}/new
  encoding: utf-8
limits: {max_row: 1MiB}
mother_tables: {users: {id: bigint}}
after: {users: {sql: ['VACUUM users', \"ALTER ROLE x PASSWORD 'hunter2'\"]}}
fetch:
  users:
    requests: {sql: SELECT 1}
    url: 'https://ann:hunter2@api.example.com:8443/hunter2/{id}?key=hunter2'
    headers: {X-Key: hunter2, Authorization: 'Bearer ${TOKEN}'}
    body: '{\"key\": \"hunter2\"}'
    rows: '.[]'
    timeout: 5s
    into: {table: t, mode: append}
drain:
  cache:
    from: redis://:hunter2@h:6379/0
    password: ${TOKEN}
    replica: r
    into: {table: t, mode: append}
sync:
  copy: {from: 'postgresql://ann:${TOKEN}@a/shop?sslmode=require', to: 'host=b password=hunter2', table: t, workers: 2}
serve:
  tables: {users: {key: id}}
";

fn show<'w>(work: &'w Workdir, yaml: &str) -> impl Fn(&[&str]) -> Pghaul + use<'w> {
    work.write("etc/nightly.yml", yaml);
    move |args| {
        let run = pghaul!(work).args(["config", "show", "--config", "etc/nightly.yml"]).args(args);
        run.env("DUMPS", "/srv/dumps").env("TOKEN", "swordfish")
    }
}

/// The JSON object of a setting.
fn setting(run: &Run, key: &str) -> Value {
    let rows: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    let mut found = rows.into_iter().filter(|row| row["key"] == key);
    let row = found.next().unwrap_or_else(|| panic!("no {key} in {}", run.stdout));
    assert!(found.next().is_none(), "{key} once");
    row
}

#[track_caller]
fn is(run: &Run, key: &str, value: &str, from: &str, name: Option<&str>) {
    let row = setting(run, key);
    assert_eq!(
        (row["value"].as_str(), row["from"].as_str(), row["name"].as_str()),
        (Some(value), Some(from), name),
        "{key}"
    );
}

#[test]
fn each_value_has_its_source() {
    let work = Workdir::new();
    let run = show(&work, YAML)(&["--json"]).run();
    run.assert_code(0).assert(run.stderr.is_empty(), "nothing on stderr");
    let file = Some("etc/nightly.yml");
    is(&run, "config", "etc/nightly.yml", "flag", Some("--config"));
    is(&run, "database", "postgresql://ann@zipdb:5432/lms", "file", file);
    is(&run, "max_workers", "3", "file", file);
    is(&run, "verify", "false", "default", None);
    is(&run, "xport_cfg.zip_path", "/srv/dumps/new", "file", file);
    is(&run, "xport_cfg.encoding", "utf-8", "file", file);
    is(&run, "xport_cfg.field_separator", "|", "default", None);
    is(&run, "limits.max_row", "1 MiB", "file", file);
    is(&run, "limits.max_total", "1 TiB", "default", None);
    is(&run, "mother_tables.users.id", "bigint", "file", file);
    is(&run, "fetch.users.timeout", "5s", "file", file);
    is(&run, "fetch.users.retries", "5", "default", None);
    is(&run, "drain.cache.registered", "replica_registry", "default", None);
    is(&run, "drain.cache.workers", "3", "file", file);
    is(&run, "sync.copy.workers", "2", "file", file);
    is(&run, "serve.listen", "127.0.0.1:8005", "default", None);
    let lines =
        ["database", "max_workers", "xport_cfg.zip_path", "fetch.users.timeout", "drain.cache.workers"];
    assert_eq!(lines.map(|key| setting(&run, key)["line"].as_u64().unwrap()), [3, 2, 9, 21, 2]);
    assert_eq!(setting(&run, "xport_cfg.zip_path")["variables"], serde_json::json!(["DUMPS"]));
}

#[test]
fn flags_come_before_the_environment_and_that_before_the_file() {
    let work = Workdir::new();
    let show = show(&work, YAML);
    let environment = |args: &[&str]| {
        let run = show(args).env("PGHAUL_WORKERS", "5").env("DATABASE_URL", "postgresql://eve:hunter2@e/e");
        run.env("PGHAUL_DATA_DIR", "/srv/e").env("PGPASSWORD", "hunter2").run()
    };
    let run = environment(&["--json"]);
    is(&run, "max_workers", "5", "environment", Some("PGHAUL_WORKERS"));
    is(&run, "sync.copy.workers", "5", "environment", Some("PGHAUL_WORKERS"));
    is(&run, "serve.workers", "5", "environment", Some("PGHAUL_WORKERS"));
    is(&run, "database", "postgresql://eve@e:5432/e", "environment", Some("DATABASE_URL"));
    is(&run, "data directory", "/srv/e", "environment", Some("PGHAUL_DATA_DIR"));
    run.assert_never_says("hunter2");
    let flags = ["--json", "-w", "7", "--db", "postgresql://ann@f/f", "--data-dir", "/srv/f"];
    let run = environment(&flags);
    is(&run, "max_workers", "7", "flag", Some("--workers"));
    is(&run, "database", "postgresql://ann@f:5432/f", "flag", Some("--db"));
    is(&run, "database password", "***", "environment", Some("PGPASSWORD"));
    is(&run, "data directory", "/srv/f", "flag", Some("--data-dir"));
    run.assert_never_says("hunter2");
}

#[test]
fn no_secret_is_shown() {
    let work = Workdir::new();
    let secrets = |run: Pghaul| {
        ["PGPASSWORD", "PGHAUL_PASSPHRASE", "PGHAUL_KEY_PASSPHRASE", "PGHAUL_ZIP_PASSWORD", "REDISCLI_AUTH"]
            .iter()
            .fold(run, |run, name| run.env(name, "swordfish"))
            .env("PGHAUL_SERVE_TOKEN", "swordfish-swordfish")
    };
    for args in [&[][..], &["--json"], &["-v"]] {
        let run = secrets(show(&work, YAML)(args)).run();
        run.assert_code(0).assert_never_says("hunter2").assert_never_says("swordfish");
    }
    let run = secrets(show(&work, YAML)(&["--json"])).run();
    let hidden = [
        "datastore.passwd",
        "fetch.users.headers.X-Key",
        "fetch.users.body",
        "drain.cache.password",
        "after.users.sql[1]",
    ];
    for key in hidden {
        assert_eq!(setting(&run, key)["value"], "***", "{key}");
    }
    is(&run, "serve.token", "***", "environment", Some("PGHAUL_SERVE_TOKEN"));
    is(&run, "decrypt.passphrase", "***", "environment", Some("PGHAUL_PASSPHRASE"));
    assert_eq!(setting(&run, "fetch.users.url")["value"], "https://***@api.example.com:8443/***?***");
    assert_eq!(setting(&run, "sync.copy.from")["value"], "postgresql://***@a/shop?***");
    assert_eq!(setting(&run, "sync.copy.to")["value"], "host=b password=***");
    assert_eq!(setting(&run, "after.users.sql[0]")["value"], "VACUUM users");
}

#[test]
fn without_a_file_there_are_defaults() {
    let work = Workdir::new();
    let run = pghaul!(work).args(["config", "show"]).run();
    run.assert_code(0);
    let cores = std::thread::available_parallelism().unwrap();
    let line = |key: &str| {
        run.stdout
            .lines()
            .find(|line| line.starts_with(key))
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(line("config"), "config none default");
    let database = line("database");
    assert!(database.contains(" in the private server in ") && database.ends_with(" default"), "{database}");
    assert_eq!(line("max_workers"), format!("max_workers {cores} default"));
    assert!(run.stdout.lines().skip(1).all(|line| line.ends_with("default")), "{}", run.stdout);
    assert_eq!(std::fs::read_dir(work.home()).unwrap().count(), 0, "no server was made");
    let demo = pghaul!(work).args(["config", "show"]).in_folder(repository()).run();
    demo.assert_code(0).assert_stdout_has("config.yml, line ");
}

#[test]
fn what_an_alias_stands_for_comes_from_the_file() {
    let work = Workdir::new();
    let yaml = "max_workers: &n 3\nsync:\n  a: &a {from: 'host=a password=hunter2', to: host=b, table: t, chunk: *n}\n  b: *a\n";
    let run = show(&work, yaml)(&["--json"]).run();
    run.assert_code(0).assert_never_says("hunter2");
    let file = Some("etc/nightly.yml");
    is(&run, "sync.a.chunk", "3", "file", file);
    is(&run, "sync.b", "(as elsewhere)", "file", file);
    is(&run, "sync.b.chunk", "3", "file", file);
    assert_eq!(
        ["sync.a.chunk", "sync.b.chunk"].map(|key| setting(&run, key)["line"].as_u64().unwrap()),
        [3, 4]
    );
}

#[test]
fn other_line_ends_and_marks_of_encodings_change_nothing() {
    let work = Workdir::new();
    let run = show(&work, "\u{feff}max_workers: 3\r\nverify: true\r\n")(&["--json"]).run();
    run.assert_code(0);
    is(&run, "max_workers", "3", "file", Some("etc/nightly.yml"));
    is(&run, "verify", "true", "file", Some("etc/nightly.yml"));
    assert_eq!(setting(&run, "verify")["line"], 2);
}

#[test]
fn faults_are_told_below_what_can_be_shown() {
    let work = Workdir::new();
    let run = show(&work, "max_workers: 2\nserve:\n  tables: {}\n")(&[]).run();
    run.assert_code(2).assert_stdout_has("max_workers").assert_stderr_has("error: etc/nightly.yml:3:3: ");
    let run = show(&work, "max_worker: 2\n")(&[]).run();
    run.assert_code(2).assert_stderr_has("did you mean `max_workers`?");
    run.assert(run.stdout.is_empty(), "nothing on stdout");
}
