//! Where `pghaul ingest` finds its configuration and its database, and that passwords stay secret.

use pghaul_test_support::{Case, Outcome, Pghaul, case, pghaul, repository, server};
use std::fs;
use std::os::unix::fs::symlink;

const PASSWORD: &str = "s3cret-hunter2";

/// A case with one dump of one table with one row.
fn one_unit() -> Case {
    let case = case!();
    case.dump("crm_v1", &[("users", "id:int", "1\n")]);
    case
}

/// `pghaul ingest dumps` with nothing that says where the database is.
fn bare(case: &Case) -> Pghaul {
    pghaul!(case.work).args(["ingest", "dumps"])
}

/// A role that may load into the case's database.
fn role(case: &Case) -> String {
    let role = case.db.role(PASSWORD);
    grant(case, &role);
    role
}

fn grant(case: &Case, role: &str) {
    case.db.execute(&format!(
        "GRANT CREATE ON DATABASE {} TO {role}; GRANT CREATE ON SCHEMA public TO {role}",
        case.db.name()
    ));
}

/// The `datastore` of a database on the test server.
fn datastore(database: &str, user: &str, password: &str) -> String {
    let port = server().port();
    format!(
        "datastore: {{server: 127.0.0.1, port: {port}, user: {user}, passwd: {password}, db: {database}}}\n"
    )
}

#[test]
fn the_flag_beats_the_environment_which_beats_the_file() {
    let (case, by_environment, by_flag) = (one_unit(), server().database(), server().database());
    case.config(&datastore(case.db.name(), &role(&case), PASSWORD));
    let count =
        |of: &pghaul_test_support::Database| of.one("SELECT count(*) FROM pg_class WHERE relname = 'users'");
    let counts = || [count(&case.db), count(&by_environment), count(&by_flag)];

    let both = |run: Pghaul| run.env("DATABASE_URL", by_environment.url());
    both(bare(&case)).args(["--db", &by_flag.url()]).run().assert_code(0);
    assert_eq!(counts(), ["0", "0", "1"]);
    both(bare(&case)).run().assert_code(0);
    assert_eq!(counts(), ["0", "1", "1"]);
    bare(&case).run().assert_code(0).assert_never_says(PASSWORD);
    assert_eq!(counts(), ["1", "1", "1"]);
}

/// libpq's variables for the case's database, by TCP.
fn variables(case: &Case, role: &str) -> Vec<(&'static str, String)> {
    vec![
        ("PGHOST", "127.0.0.1".to_owned()),
        ("PGPORT", server().port().to_string()),
        ("PGDATABASE", case.db.name().to_owned()),
        ("PGUSER", role.to_owned()),
        ("PGPASSWORD", PASSWORD.to_owned()),
    ]
}

fn with(run: Pghaul, variables: &[(&str, String)]) -> Pghaul {
    variables.iter().fold(run, |run, (name, value)| run.env(name, value))
}

#[test]
fn libpqs_variables_name_the_database_and_fill_in_what_others_leave_out() {
    let case = one_unit();
    let role = role(&case);
    let variables = variables(&case, &role);
    let place = format!("postgresql://{role}@127.0.0.1:{}/{}", server().port(), case.db.name());
    let run = with(bare(&case), &variables).run();
    run.assert_code(0).assert_never_says(PASSWORD);
    assert_eq!(run.database.unwrap(), format!("{place}, by PGHOST, PGPORT, PGDATABASE, PGUSER"));
    assert_eq!(case.tables(), "users v1_users");
    // A URL and `datastore` leave out the host, the port and the user.
    let url = format!("postgresql:///{}", case.db.name());
    let by_flag = with(bare(&case), &variables).args(["--db", &url]).env("PGDATABASE", "none").run();
    by_flag.assert_code(0);
    assert_eq!(by_flag.database.unwrap(), format!("{place}, by --db"));
    case.config(&format!("datastore: {{db: {}}}\n", case.db.name()));
    let by_file = with(bare(&case), &variables).env("PGDATABASE", "none").run();
    by_file.assert_code(0);
    assert_eq!(by_file.database.unwrap(), format!("{place}, by datastore"));
    let shown = with(pghaul!(case.work).args(["config", "show", "--json"]), &variables).run();
    shown.assert_code(0).assert_never_says(PASSWORD);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&shown.stdout).unwrap();
    let sources: Vec<(&str, &str)> = rows
        .iter()
        .filter(|row| row["key"].as_str().unwrap().starts_with("database "))
        .map(|row| (row["key"].as_str().unwrap(), row["name"].as_str().unwrap()))
        .collect();
    let expected = [
        ("database host", "PGHOST"),
        ("database port", "PGPORT"),
        ("database user", "PGUSER"),
        ("database password", "PGPASSWORD"),
    ];
    assert_eq!(sources, expected);
}

#[test]
fn a_service_names_the_database_and_a_bad_one_is_refused() {
    let case = one_unit();
    let role = role(&case);
    let lines = format!(
        "[night]\nhost=127.0.0.1\nport={}\ndbname={}\nuser={role}\npassword={PASSWORD}\n[odd]\nhots={PASSWORD}\n",
        server().port(),
        case.db.name()
    );
    case.work.write("home/.pg_service.conf", lines);
    let run = bare(&case).env("PGSERVICE", "night").run();
    run.assert_code(0).assert_never_says(PASSWORD);
    assert!(run.database.unwrap().ends_with(", by the service file"));
    bare(&case).args(["--db", "postgresql://?service=night"]).run().assert_code(0);
    let odd = bare(&case).env("PGSERVICE", "odd").run();
    odd.assert_code(2)
        .assert_never_says(PASSWORD)
        .assert_stderr_has("line 8: ")
        .assert_stderr_has("\"host\"");
    bare(&case)
        .env("PGSERVICE", "none")
        .run()
        .assert_code(2)
        .assert_stderr_has("no service file has the service");
    let peer = bare(&case).args(["--db", &case.db.url()]).env("PGREQUIREPEER", "postgres").run();
    peer.assert_code(2).assert_stderr_has("PGREQUIREPEER asks for what pghaul cannot do");
}

#[test]
fn the_configuration_is_named_before_or_after_the_command_or_lies_in_the_folder() {
    let case = one_unit();
    let named = |name: &str| format!("xport_cfg: {{child_name: '{name}_{{version}}_{{table}}'}}\n");
    case.config(&named("found"));
    case.work.write("etc/other.yml", named("given"));
    let url = case.db.url();
    let before = ["--config", "etc/other.yml", "ingest", "dumps", "--db", &url, "-q"];
    pghaul!(case.work).args(before).run().assert_code(0);
    assert_eq!(case.tables(), "given_v1_users users");
    case.db.execute("DROP TABLE users CASCADE");
    bare(&case).args(["--db", &url, "--config", "etc/other.yml"]).run().assert_code(0);
    assert_eq!(case.tables(), "given_v1_users users");
    case.db.execute("DROP TABLE users CASCADE");
    bare(&case).args(["--db", &url]).run().assert_code(0);
    assert_eq!(case.tables(), "found_v1_users users");
    let run = bare(&case).args(["--db", &url, "--config", "nowhere.yml"]).run();
    run.assert_code(2).assert_stderr_has("error: nowhere.yml: ");
}

#[test]
fn paths_are_relative_to_the_configuration() {
    let case = one_unit();
    case.work.write("etc/pghaul.yml", "xport_cfg: {zip_path: ../dumps}\n");
    let elsewhere = case.work.home();
    let run = pghaul!(case.work)
        .in_folder(&elsewhere)
        .args(["ingest", "--config", "../etc/pghaul.yml", "--db", &case.db.url(), "--report", "-"])
        .run();
    run.assert_code(0);
    assert_eq!(Outcome::of(run).report["totals"]["loaded"], 1);
}

#[test]
fn variables_are_replaced_and_a_missing_one_is_named() {
    let case = one_unit();
    case.config(&datastore(case.db.name(), &role(&case), "'${SECRET_OF_TEST}'"));
    bare(&case).env("SECRET_OF_TEST", PASSWORD).run().assert_code(0).assert_never_says(PASSWORD);
    let run = bare(&case).run();
    run.assert_code(2)
        .assert_stderr_has("error: config.yml: ")
        .assert_stderr_has("`SECRET_OF_TEST` is not set");
    run.assert_stderr_has("line 1");
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
    let case = one_unit();
    case.config("max_workers: 2\nxport_cfg:\n  field_seperator: ','\n");
    let run = bare(&case).args(["--db", &case.db.url()]).run();
    run.assert_code(2)
        .assert_stderr_has("error: config.yml: ")
        .assert_stderr_has("unknown field `field_seperator`");
    run.assert_stderr_has("line 3").assert_stderr_has("did you mean `field_separator`?");
    assert_eq!(case.tables(), "");
}

#[test]
fn the_original_job_s_configuration_works() {
    let case = case!();
    let original = fs::read_to_string(repository().join("fixtures/original.yml")).unwrap();
    let with_port = original.replace("port: 5432", &format!("port: {}", server().port()));
    assert_ne!(original, with_port, "only the port has to change, since no test may take the usual one");
    case.config(&with_port);
    symlink(repository().join("fixtures/dumps").canonicalize().unwrap(), case.work.join("dumps")).unwrap();
    let user = role(&case);
    let ingest = |password: &str| {
        pghaul!(case.work)
            .args(["ingest", "-v", "--report", "-"])
            .env("PGHOST", "127.0.0.1")
            .env("PGUSER", &user)
            .env("PGPASSWORD", password)
            .env("PGDATABASE", case.db.name())
            .run()
    };
    let run = ingest("wrong-pa55word");
    run.assert_code(2)
        .assert_never_says("wrong-pa55word")
        .assert_stderr_has(&format!("postgresql://{user}@127.0.0.1:"));
    let run = ingest(PASSWORD);
    run.assert_code(0).assert_never_says(PASSWORD);
    assert_eq!(Outcome::of(run).report["totals"]["loaded"], 9);
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "17");
    assert_eq!(
        case.db.one("SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relname ~ 'users'"),
        user
    );
}

#[test]
fn no_failure_prints_a_password() {
    let case = one_unit();
    let user = role(&case);
    let port = server().port();
    for url in [
        format!("postgresql://{user}:{PASSWORD}@127.0.0.1:1/x"),
        format!("postgresql://{user}:{PASSWORD}@127.0.0.1:{port}/no_such_database"),
        format!("postgresql://no_such_role:{PASSWORD}@127.0.0.1:{port}/{}", case.db.name()),
        format!("mysql://{user}:{PASSWORD}@127.0.0.1/x"),
        format!("postgresql://{user}:{PASSWORD}@127.0.0.1:port/x"),
        format!("host=127.0.0.1 port={port} user={user} password={PASSWORD} nonsense=1"),
        format!("postgresql://{user}:{PASSWORD}@127.0.0.1:{port}/x?sslmode=no-such-mode"),
    ] {
        bare(&case)
            .args(["-v", "--db", &url, "--report", "-"])
            .run()
            .assert_code(2)
            .assert_never_says(PASSWORD);
        bare(&case)
            .args(["--plan"])
            .env("DATABASE_URL", &url)
            .run()
            .assert_code(2)
            .assert_never_says(PASSWORD);
    }
    // What PostgreSQL refuses in the middle of a run.
    case.dump("crm_v1", &[("users", "id:int", "x\n")]);
    let url = case.db.tcp_url(&user, PASSWORD);
    bare(&case).args(["-v", "--db", &url, "--report", "-"]).run().assert_code(1).assert_never_says(PASSWORD);
    bare(&case).args(["--help"]).env("DATABASE_URL", &url).run().assert_code(0).assert_never_says(PASSWORD);
}

#[test]
fn limits_of_the_administrator_hold_and_are_named_with_the_way_out() {
    let case = one_unit();
    let name = case.db.name();
    let limit = |setting: &str| case.db.execute(&format!("ALTER DATABASE {name} SET {setting}"));
    limit("default_transaction_read_only = on");
    let run = case.ingest("").run();
    run.assert_code(2)
        .assert_stderr_has("read-only transaction")
        .assert_stderr_has("default_transaction_read_only%3Doff");
    let allowed = format!("{}&options=-c%20default_transaction_read_only%3Doff", case.db.url());
    bare(&case).args(["--db", &allowed]).run().assert_code(0);

    let mut client = case.db.client();
    client.batch_execute("SET default_transaction_read_only = off").unwrap();
    client
        .batch_execute(&format!(
            "ALTER DATABASE {name} RESET default_transaction_read_only; \
             CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(5); RETURN NULL; END $$; \
             CREATE TRIGGER slow AFTER INSERT OR UPDATE ON pghaul.loads FOR EACH ROW EXECUTE FUNCTION slow()"
        ))
        .unwrap();
    limit("statement_timeout = '1s'");
    let run = case.ingest("--force").run();
    run.assert_code(1)
        .assert_stderr_has("statement timeout")
        .assert_stderr_has("?options=-c%20statement_timeout%3D0");
}

#[test]
fn without_a_database_the_embedded_server_is_started_and_stopped() {
    let case = one_unit();
    let embedded =
        |args: &[&str]| pghaul!(case.work).args(args).env("PGHAUL_DATA_DIR", case.work.join("server")).run();
    let ingest = ["ingest", "dumps", "--report", "-"];
    let first = embedded(&ingest);
    first.assert_code(0);
    assert_eq!(Outcome::of(first).statuses()["v1_users"], "loaded");
    embedded(&["db", "status"]).assert_code(1).assert_stdout_has("not running");
    let second = pghaul!(case.work).args(ingest).args(["--data-dir", "server"]).run();
    second.assert_code(0);
    assert_eq!(Outcome::of(second).statuses()["v1_users"], "unchanged");
    embedded(&["db", "status"]).assert_code(1).assert_stdout_has("not running");
    let psql = embedded(&["db", "psql", "-XAtc", "SELECT count(*), sum(id) FROM users"]);
    psql.assert_code(0).assert_stdout_has("1|1\n");
    let named = embedded(&ingest).database.unwrap();
    assert!(named.contains(" in the private server in "), "{named}");
    // A run that is refused lets go of the server, too.
    case.config("mother_tables: {users: {id: text}}\n");
    embedded(&ingest).assert_code(2).assert_stdout_has("is integer in the database");
    embedded(&["db", "status"]).assert_code(1).assert_stdout_has("not running");
}

#[test]
fn each_project_has_a_database_of_its_own_in_the_private_server() {
    let case = one_unit();
    let other = case.work.join("other");
    fs::create_dir(&other).unwrap();
    case.work.write("other/config.yml", "max_workers: 1\n");
    let server = case.work.join("server");
    let run = |folder: &std::path::Path, args: &[&str]| {
        pghaul!(case.work).in_folder(folder).args(args).env("PGHAUL_DATA_DIR", &server).run()
    };
    let here = case.work.path().to_owned();
    let dumps = case.work.join("dumps").display().to_string();
    run(&here, &["ingest", &dumps]).assert_code(0);
    let there = run(&other, &["status"]);
    there.assert_code(0).assert_stdout_has("nothing was ever loaded into this database");
    there.assert_stdout_has(&here.canonicalize().unwrap().display().to_string());
    // By the folder of its configuration a project is the same from everywhere.
    run(&here, &["--config", "other/config.yml", "ingest", &dumps, "--report", "-"])
        .assert_code(0)
        .assert_stdout_has("\"loaded\": 1");
    run(&other, &["db", "psql", "-XAtc", "SELECT count(*) FROM users"])
        .assert_code(0)
        .assert_stdout_has("1\n");
    let [here, there] = [run(&here, &["db", "url"]), run(&other, &["db", "url"])].map(|run| run.stdout);
    assert_ne!(here, there);
}

/// As scripts are that name a configuration for the load, and none for `db psql`.
#[test]
fn the_only_database_is_the_one_that_is_meant_where_nothing_names_another() {
    let case = one_unit();
    let server = case.work.join("server");
    let run = |args: &[&str]| pghaul!(case.work).args(args).env("PGHAUL_DATA_DIR", &server).run();
    case.work.write("etc/config.yml", "xport_cfg: {zip_path: ../dumps}\n");
    run(&["--config", "etc/config.yml", "ingest"]).assert_code(0);
    run(&["status"]).assert_code(0).assert_stdout_has("v1_users").assert_stderr_has("this is the one of /");
    let psql = ["db", "psql", "-XAtc", "SELECT count(*) FROM users"];
    run(&psql).assert_code(0).assert_stdout_has("1\n").assert_stderr_has("this is the one of /");
    // With a second one, nobody knows which is meant, and the folder gets its own.
    case.work.write("more/config.yml", "xport_cfg: {zip_path: ../dumps}\n");
    run(&["--config", "more/config.yml", "ingest"]).assert_code(0);
    // What only looks makes no database.
    run(&["status"]).assert_code(0).assert_stdout_has("nothing was ever loaded");
    run(&["ingest", "dumps", "--plan"]).assert_code(0);
    let list = run(&[
        "--config",
        "etc/config.yml",
        "db",
        "psql",
        "-XAtc",
        "SELECT count(*) FROM pg_database WHERE datname ~ '_[0-9a-f]{8}$'",
    ]);
    list.assert_code(0).assert_stdout_has("2\n");
    run(&psql).assert_code(1).assert_stderr_has("relation \"users\" does not exist");
}

/// Its tables would go to the ledger's schema, which is the first of its search path from the second run on.
#[test]
fn a_role_named_like_the_ledger_loads_where_it_did_before() {
    let case = one_unit();
    case.db.execute(&format!("CREATE ROLE pghaul LOGIN PASSWORD '{PASSWORD}'"));
    grant(&case, "pghaul");
    let ingest = ["--db", &case.db.tcp_url("pghaul", PASSWORD), "--report", "-"];
    for status in ["loaded", "unchanged", "unchanged"] {
        let run = bare(&case).args(ingest).run();
        run.assert_code(0);
        assert_eq!(Outcome::of(run).statuses()["v1_users"], status);
    }
    let tables =
        case.db.one("SELECT string_agg(oid::regclass::text, ' ') FROM pg_class WHERE relname = 'users'");
    assert_eq!(tables, "users");
}
