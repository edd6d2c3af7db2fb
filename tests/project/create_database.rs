//! `scripts/create-database`: a role with no more rights than pghaul needs, and the database that it loads into.

use pghaul_test_support::{Case, Run, SUPERUSER, Workdir, case, pghaul, repository, server};
use std::process::Command;

/// Also the reader's.
const PASSWORD: &str = "it's a:\\ $ecret";

const USERS: &str = "id:int name:varchar(20)";

/// The script, run by the superuser of the tests' server.
fn create(work: &Workdir, args: &[&str]) -> Run {
    let mut command = Command::new(repository().join("scripts/create-database"));
    command.args(args).current_dir(work.path()).env_remove("PGDATABASE").env("PGUSER", SUPERUSER);
    command.env("PGHOST", server().socket_dir()).env("PGPORT", server().port().to_string());
    let output = command.output().unwrap();
    Run::new(&command, output)
}

/// A name that no other test has: roles and databases are the whole server's.
fn unique(what: &str) -> String {
    format!("{what} {}", std::process::id())
}

fn one(database: &str, sql: &str) -> String {
    server().client(database).query_one(sql, &[]).unwrap().get::<_, Option<String>>(0).unwrap_or_default()
}

#[test]
fn pghaul_loads_and_reads_with_what_it_creates() {
    let case: Case = case!();
    case.dump("app_v1", &[("users", USERS, "1|Ann\n2|Ben\n")]);
    let [name, role, reader] = ["Lms", "loader", "reporting"].map(unique);
    server()
        .client("postgres")
        .batch_execute(&format!("CREATE ROLE \"{reader}\" LOGIN PASSWORD '{}'", PASSWORD.replace('\'', "''")))
        .unwrap();
    case.work.write("password", format!("{PASSWORD}\nnot this\n"));
    let args = [&name, "--role", &role, "--reader", &reader, "--password-file", "password"];
    // The second time there is nothing to do.
    for _ in 0..2 {
        let run = create(&case.work, &args);
        run.assert_code(0).assert_never_says("ecret").assert(run.stderr.is_empty(), "no notice");
        run.assert(run.stdout.starts_with(&format!("database {name}: role {role}, ")), "what is there");
    }
    let is_hashed = "SELECT (rolpassword LIKE 'SCRAM-SHA-256$%')::text FROM pg_authid WHERE rolname = ";
    assert_eq!(one("postgres", &format!("{is_hashed}'{role}'")), "true");

    let url = |user: &str| {
        let encoded = |text: &str| text.replace(' ', "%20");
        let socket = server().socket_dir().display();
        format!("postgresql://{}@/{}?host={socket}&port={}", encoded(user), encoded(&name), server().port())
    };
    let load = || {
        pghaul!(case.work).args(["ingest", "dumps", "--mothers", "recreate", "--force", "--db", &url(&role)])
    };
    for _ in 0..2 {
        let run = load().env("PGPASSWORD", PASSWORD).run();
        run.assert_code(0).assert_never_says("superuser");
    }
    let of = |user: &str, sql: &str| {
        let mut config: postgres::Config = url(user).parse().unwrap();
        let mut client = config.password(PASSWORD).connect(postgres::NoTls).unwrap();
        client
            .query_one(sql, &[])
            .map(|row| row.get::<_, String>(0))
            .map_err(|error| error.as_db_error().unwrap().message().to_owned())
    };
    // Who reads may read what came later, by the name of its schema, and write nothing.
    let table = format!("\"{name}\".users");
    assert_eq!(of(&reader, &format!("SELECT count(*)::text FROM {table}")).unwrap(), "2");
    let denied = of(&reader, &format!("DELETE FROM {table} RETURNING name")).unwrap_err();
    assert!(denied.starts_with("permission denied for"), "{denied}");
    // The role owns its schemas, not the database.
    let may = "SELECT concat(rolsuper, rolcreatedb, rolcreaterole, rolbypassrls) FROM pg_roles WHERE rolname = current_user";
    assert_eq!(of(&role, may).unwrap(), "ffff");
    let denied =
        of(&role, "SELECT 'x' FROM (SELECT set_config('a.b', 'c', false)) a, pg_authid").unwrap_err();
    assert_eq!(denied, "permission denied for table pg_authid");
    let owner = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()";
    assert_eq!(one(&name, owner), SUPERUSER);
}

#[test]
fn what_is_printed_is_what_is_done() {
    let work = Workdir::new();
    let [name, role] = ["printed", "printer"].map(unique);
    let run = create(&work, &[&name, "--role", &role, "--schema", "a b", "--print"]);
    run.assert_code(0).assert_stdout_has("CREATE SCHEMA IF NOT EXISTS pghaul AUTHORIZATION :\"role\";");
    let file = work.write("commands.sql", &run.stdout);
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--host"]).arg(server().socket_dir()).arg("--file").arg(file);
    psql.args(["--port", &server().port().to_string(), "--username", SUPERUSER, "postgres"]);
    let output = psql.output().unwrap();
    Run::new(&psql, output).assert_code(0);
    let schemas = "SELECT string_agg(nspname, ',' ORDER BY nspname) FROM pg_namespace
                   WHERE nspowner = (SELECT oid FROM pg_roles WHERE rolname = '";
    assert_eq!(one(&name, &format!("{schemas}{role}')")), "a b,pghaul");
}

#[test]
fn what_is_in_the_way_is_named_and_stays() {
    let work = Workdir::new();
    let [name, role] = ["taken", "taker"].map(unique);
    create(&work, &[&name, "--role", &role]).assert_code(0);
    let other = unique("another taker");
    create(&work, &[&name, "--role", &other])
        .assert_code(1)
        .assert_stderr_has("belongs to")
        .assert_stderr_has("name another one");
    create(&work, &[&name, "--role", SUPERUSER]).assert_code(1).assert_stderr_has("is a superuser");
    let nobody = unique("nobody");
    create(&work, &[&name, "--role", &role, "--reader", &nobody])
        .assert_code(1)
        .assert_stderr_has(&format!("role \"{nobody}\" does not exist"));
    create(&work, &[&name, "--role", &role, "--password-file", "none"])
        .assert_code(1)
        .assert_stderr_has("none cannot be read");
}

#[test]
fn it_takes_one_name_and_known_options() {
    let work = Workdir::new();
    let calls: [(&[&str], &str); 7] = [
        (&[], "name the database"),
        (&[""], "the name of the database is empty"),
        (&["a", "b"], "one database only, not a and b"),
        (&["a", "--owner", "b"], "there is no option --owner"),
        (&["a", "--role"], "--role needs a value"),
        (&["pghaul"], "the schema pghaul is for the ledger"),
        (&["a'b"], "a name with a quote or a backslash"),
    ];
    for (args, message) in calls {
        let run = create(&work, args);
        run.assert_code(2).assert(run.stdout.is_empty(), "nothing is done");
        run.assert(run.stderr.starts_with(&format!("error: {message}")), message);
    }
}
