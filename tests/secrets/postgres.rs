//! Passwords of PostgreSQL.

use crate::hostile::Hostile;
use crate::{Matrix, canary, percent};
use pghaul_test_support::{Dump, Pghaul, server};
use std::fs;

/// The ways to give a password of PostgreSQL.
const WAYS: [&str; 8] = [
    "--db",
    "a keyword of --db",
    "DATABASE_URL",
    "PGPASSWORD",
    "PGPASSFILE",
    "PGSERVICEFILE",
    "datastore",
    "a variable",
];

/// Gives `command` a password in one of [`WAYS`], and writes what that needs.
fn with_password(
    matrix: &mut Matrix,
    way: &str,
    user: &str,
    port: u16,
    dbname: &str,
    more: &str,
    args: &str,
) -> Pghaul {
    let password = matrix.secret("password").to_owned();
    let encoded = percent(&password);
    let bare = format!("postgresql://{user}@127.0.0.1:{port}/{dbname}{more}");
    let full = format!("postgresql://{user}:{encoded}@127.0.0.1:{port}/{dbname}{more}");
    let yaml = password.replace('\'', "''");
    let datastore = |passwd: &str| {
        format!(
            "datastore: {{server: 127.0.0.1, port: {port}, user: {user}, db: {dbname}, passwd: {passwd}}}\n"
        )
    };
    let base = matrix.work.read("jobs.yml");
    let (config, command) = match way {
        "--db" => (String::new(), matrix.pghaul(args).args(["--db", &full])),
        "a keyword of --db" => {
            let quoted = password.replace('\\', "\\\\").replace('\'', "\\'");
            let words = format!("host=127.0.0.1 port={port} user={user} dbname={dbname} password='{quoted}'");
            (String::new(), matrix.pghaul(args).args(["--db", &words]))
        }
        "DATABASE_URL" => (String::new(), matrix.pghaul(args).env("DATABASE_URL", &full)),
        "PGPASSWORD" => {
            (String::new(), matrix.pghaul(args).args(["--db", &bare]).env("PGPASSWORD", &password))
        }
        "PGPASSFILE" => {
            matrix.write("passfile", format!("*:*:*:*:{password}\n"));
            let path = matrix.work.join("passfile");
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(&path, private).unwrap();
            (String::new(), matrix.pghaul(args).args(["--db", &bare]).env("PGPASSFILE", &path))
        }
        "PGSERVICEFILE" => {
            matrix.write("services", format!("[it]\nuser={user}\npassword={password}\n"));
            let bare = format!("postgresql://127.0.0.1:{port}/{dbname}{more}");
            let command = matrix.pghaul(args).args(["--db", &bare]).env("PGSERVICE", "it");
            (String::new(), command.env("PGSERVICEFILE", matrix.work.join("services")))
        }
        "datastore" => (datastore(&format!("'{yaml}'")), matrix.pghaul(args)),
        _ => (datastore("'${PG_SECRET}'"), matrix.pghaul(args).env("PG_SECRET", &password)),
    };
    matrix.write("config.yml", config + &base);
    command
}

#[test]
fn passwords_of_postgresql_are_in_no_output() {
    let mut matrix = Matrix::new(&["password"], canary);
    matrix.write("jobs.yml", "limits: {max_columns: 9}\n");
    matrix.write("dumps/app_v1.zip", Dump::new().good().bytes());
    let role = matrix.db.role(matrix.secret("password"));
    matrix.db.execute(&format!(
        "GRANT CREATE ON DATABASE {} TO {role}; GRANT CREATE ON SCHEMA public TO {role}",
        matrix.db.name()
    ));
    let (dbname, port) = (matrix.db.name().to_owned(), server().port());
    let hostile = Hostile::postgres(matrix.all_forms());
    for way in WAYS {
        for (args, code) in [
            ("ingest dumps -v --report report.json", 0),
            ("status --json", 0),
            ("config show", 0),
            ("config check", 0),
        ] {
            let takes_db = !args.starts_with("config");
            if !takes_db && !["datastore", "a variable", "DATABASE_URL"].contains(&way) {
                continue;
            }
            let command = with_password(&mut matrix, way, &role, port, &dbname, "", args);
            let run = matrix.look(&format!("{way}: {args}"), command);
            run.assert_code(code);
        }
        let ingest = "ingest dumps -v --force --retries 0 --report report.json";
        for (what, user, port, dbname, more) in [
            ("a wrong password", &*role, hostile.port, &*dbname, ""),
            ("no such role", "nobody_here", port, &*dbname, ""),
            ("no such database", &*role, port, "nowhere", ""),
            ("no server", &*role, 1, &*dbname, ""),
            ("no TLS", &*role, port, &*dbname, "?sslmode=require"),
            ("no authority", &*role, port, &*dbname, "?sslmode=verify-full&sslrootcert=nowhere.pem"),
            ("no such parameter", &*role, port, &*dbname, "?nonsense=1"),
        ] {
            if !more.is_empty() && !["--db", "DATABASE_URL", "PGPASSWORD"].contains(&way) {
                continue;
            }
            let command = with_password(&mut matrix, way, user, port, dbname, more, ingest);
            let run = matrix.look(&format!("{way}: {what}"), command);
            run.assert(run.code != 0, "a failure");
        }
    }
    // Every form of it, given back by the server.
    for _ in 0..matrix.all_forms().len() {
        let command = with_password(&mut matrix, "PGPASSWORD", &role, hostile.port, &dbname, "", "status");
        matrix.look("given back", command).assert_stderr_has("error: ");
    }
    assert!(hostile.heard.lock().unwrap().contains(matrix.secret("password")), "it was sent");
    matrix.conclude(60);
}
