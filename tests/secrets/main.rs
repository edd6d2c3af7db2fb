//! Secrets stay secret: canaries in every place where a secret may stand × every form in which a server may give it back × every
//! output. None may be found.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod forms;
mod hostile;

use forms::{forms, found};
use hostile::Hostile;
use pghaul_test_support::{Database, Dump, Encryption, Gpg, Pghaul, Run, Workdir, server};
use std::fs;
use std::path::Path;

/// A canary: what a URL, a shell, JSON, base64 or a regular expression writes otherwise is in it.
fn canary(name: &str) -> String {
    format!("q9/{name}\"x k+&=Z~%7é")
}

/// A canary that may stand in a header.
fn ascii_canary(name: &str) -> String {
    match name {
        // It stands in a URL as it is.
        "query" => "q9-query.x~k_Z7".to_owned(),
        _ => format!("q9/{name}\"x k+&=Z~%7"),
    }
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Some secrets, a folder, a database, and what was found in the outputs of all runs.
struct Matrix {
    work: Workdir,
    db: Database<'static>,
    secrets: Vec<(&'static str, String)>,
    /// Files of the test, which hold secrets.
    inputs: Vec<String>,
    found: Vec<String>,
    runs: usize,
}

impl Matrix {
    fn new(secrets: &[&'static str], canary: impl Fn(&str) -> String) -> Matrix {
        let secrets = secrets.iter().map(|name| (*name, canary(name))).collect();
        let (work, db) = (Workdir::new(), server().database());
        Matrix { work, db, secrets, inputs: Vec::new(), found: Vec::new(), runs: 0 }
    }

    fn secret(&self, name: &str) -> &str {
        &self.secrets.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// All forms of all secrets.
    fn all_forms(&self) -> Vec<String> {
        self.secrets.iter().flat_map(|(_, value)| forms(value)).map(|(_, form)| form).collect()
    }

    fn write(&mut self, name: &str, content: impl AsRef<[u8]>) {
        self.work.write(name, content);
        self.inputs.push(name.to_owned());
    }

    fn pghaul(&self, args: &str) -> Pghaul {
        Pghaul::new(env!("CARGO_BIN_EXE_pghaul"), &self.work).args(args.split_whitespace())
    }

    /// Runs it, and looks for the secrets in all that it has written: standard output and error, files, the ledger.
    fn look(&mut self, what: &str, command: Pghaul) -> Run {
        let run = command.run();
        self.runs += 1;
        let mut outputs = vec![("stdout", run.stdout.clone()), ("stderr", run.stderr.clone())];
        let mut files = Vec::new();
        self.files(self.work.path(), &mut files);
        outputs.extend(files.into_iter().map(|text| ("a file", text)));
        let tables = self.db.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'pghaul'");
        for table in tables.into_iter().flatten().flatten() {
            let rows = self.db.rows(&format!("SELECT t::text FROM pghaul.{table} t"));
            outputs.extend(rows.into_iter().flatten().flatten().map(|row| ("the ledger", row)));
        }
        for (output, text) in outputs {
            self.found
                .extend(found(&text, &self.secrets).iter().map(|found| format!("{what}, {output}: {found}")));
        }
        run
    }

    fn files(&self, folder: &Path, texts: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(self.work.path()).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                self.files(&path, texts);
            } else if !self.inputs.contains(&name) {
                texts.push(String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned());
            }
        }
    }

    #[track_caller]
    fn conclude(self, at_least: usize) {
        assert!(self.runs >= at_least, "{} runs", self.runs);
        assert!(
            self.found.is_empty(),
            "{} found in {} runs:\n{}",
            self.found.len(),
            self.runs,
            self.found.join("\n")
        );
    }
}

/// The ways to give a password of PostgreSQL.
const WAYS: [&str; 7] =
    ["--db", "a keyword of --db", "DATABASE_URL", "PGPASSWORD", "PGPASSFILE", "datastore", "a variable"];

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

#[test]
fn passwords_of_a_cache_are_in_no_output() {
    let mut matrix = Matrix::new(&["password"], canary);
    let hostile = Hostile::redis(matrix.all_forms());
    let (password, encoded) = (matrix.secret("password").to_owned(), percent(matrix.secret("password")));
    let job = |from: &str, more: &str| {
        format!(
            "drain:\n  job:\n    from: '{from}'\n    replica: r\n    {more}\n    into: {{table: t, mode: append}}\n"
        )
    };
    let port = hostile.port;
    for _ in 0..matrix.all_forms().len() {
        for (from, more) in [
            (format!("redis://:{encoded}@127.0.0.1:{port}"), String::new()),
            (format!("redis://me@127.0.0.1:{port}"), format!("password: '{password}'")),
            (format!("redis://127.0.0.1:{port}"), "password: '${REDIS_SECRET}'".to_owned()),
        ] {
            matrix.write("config.yml", job(&from, &more));
            let command = matrix.pghaul("drain job -v --report report.json").env("REDIS_SECRET", &password);
            let command = command.args(["--db", &matrix.db.url()]);
            matrix.look("given back", command).assert_stderr_has("error: ");
        }
    }
    assert!(hostile.heard.lock().unwrap().contains(&password), "it was sent");
    for from in [
        "redis://:PW@127.0.0.1:1",
        "rediss://:PW@127.0.0.1:PORT",
        "redis://:PW@nowhere.invalid",
        "nonsense://:PW@h",
        "http://u:PW@127.0.0.1:1",
    ] {
        let from = from.replace("PW", &encoded).replace("PORT", &port.to_string());
        matrix.write("config.yml", job(&from, ""));
        for args in ["drain job -v --report report.json", "config show", "config check"] {
            let mut command = matrix.pghaul(args);
            if args.starts_with("drain") {
                command = command.args(["--db", &matrix.db.url()]);
            }
            matrix.look(&format!("{from}: {args}"), command);
        }
    }
    matrix.conclude(60);
}

#[test]
fn secrets_of_encrypted_dumps_are_in_no_output() {
    let mut matrix = Matrix::new(&["passphrase", "zip password", "key passphrase"], canary);
    let gpg = Gpg::new();
    let good = Dump::new().good().bytes();
    matrix.write("dumps/a_v1.zip.gpg", gpg.symmetric(matrix.secret("passphrase"), &[], &good));
    // Its members have another password.
    let member = Dump::new().table("t", &[("id", "int")], "id\n1\n").encrypted(Encryption::Aes).bytes();
    matrix.write("zips/b_v1.zip", member);
    let url = matrix.db.url();
    for (args, code) in [
        ("ingest dumps -v --report report.json", 0),
        ("ingest dumps --plan", 0),
        ("ingest zips -v --report report.json", 2),
        ("config show", 0),
    ] {
        for source in ["a variable", "a file"] {
            let mut command = matrix.pghaul(args);
            if args.starts_with("ingest") {
                command = command.args(["--db", &url]);
            }
            let secrets = matrix.secrets.clone();
            let keys = ["passphrase", "zip_password", "key_passphrase"];
            let variables = ["PGHAUL_PASSPHRASE", "PGHAUL_ZIP_PASSWORD", "PGHAUL_KEY_PASSPHRASE"];
            let mut config = "decrypt:\n".to_owned();
            for ((key, variable), (_, value)) in keys.iter().zip(variables).zip(secrets) {
                if source == "a file" {
                    matrix.write(key, &value);
                    config.push_str(&format!("  {key}: {{file: {key}}}\n"));
                } else {
                    command = command.env(variable, &value);
                }
            }
            matrix.write("config.yml", if source == "a file" { config } else { String::new() });
            matrix.look(&format!("{source}: {args}"), command).assert_code(code);
        }
    }
    // In the wrong place.
    let secret = matrix.secret("passphrase").replace('\'', "''");
    matrix.write("config.yml", format!("decrypt: {{passphrase: '{secret}'}}\n"));
    for args in ["config check", "config show", "ingest dumps"] {
        let command = matrix.pghaul(args);
        matrix.look(&format!("in the configuration: {args}"), command).assert_code(2);
    }
    matrix.conclude(11);
}

/// Where a job of `fetch` has secrets.
const OF_A_JOB: [&str; 6] = ["header", "variable header", "bearer", "basic", "query", "body"];

#[test]
fn secrets_of_an_api_are_in_no_output() {
    let mut matrix = Matrix::new(&OF_A_JOB, ascii_canary);
    let texts = matrix.all_forms();
    let hostile = Hostile::api(texts.clone());
    let requests: String = (0..texts.len()).map(|number| format!("{{\"n\": {number}}}\n")).collect();
    matrix.write("requests.ndjson", requests);
    let url = matrix.db.url();
    let secret = |matrix: &Matrix, name: &str| matrix.secret(name).to_owned();
    for (kind, code) in [
        ("denied", 1),
        ("refused", 1),
        ("later", 1),
        ("garbage", 1),
        ("row", 3),
        ("filter", 1),
        ("next", 1),
        ("redirect", 1),
    ] {
        let config = format!(
            "fetch:\n  job:\n    requests: {{file: requests.ndjson}}\n    method: POST\n    retries: 0\n    \
             url: 'http://127.0.0.1:{}/{kind}/{{n}}?k=${{QUERY}}'\n    body: '{{{{\"secret\": \"${{BODY}}\"}}}}'\n    \
             headers: {{X-Api-Key: '{}', X-B: '${{HEADER}}', Authorization: 'Bearer ${{BEARER}}', X-C: 'Basic ${{BASIC}}'}}\n    \
             rows: '.rows[]'\n    pages: {{next: '.next'}}\n    into: {{table: t, mode: append, columns: {{id: bigint}}}}\n",
            hostile.port,
            secret(&matrix, "header"),
        );
        matrix.write("config.yml", config);
        for args in [
            "fetch job -v --report report.json --max-failures 10000 --max-rejects 10000",
            "fetch job --resume --max-failures 10000 --max-rejects 10000",
            "config show",
            "config check",
        ] {
            let mut command = matrix.pghaul(args);
            for (name, variable) in [
                ("variable header", "HEADER"),
                ("bearer", "BEARER"),
                ("basic", "BASIC"),
                ("query", "QUERY"),
                ("body", "BODY"),
            ] {
                command = command.env(variable, secret(&matrix, name));
            }
            let is_run = args.starts_with("fetch");
            if is_run {
                command = command.args(["--db", &url]);
            }
            let run = matrix.look(&format!("{kind}: {args}"), command);
            if is_run && !args.contains("--resume") {
                run.assert_code(code);
            }
        }
    }
    let heard = hostile.heard.lock().unwrap().clone();
    for name in ["header", "variable header", "bearer", "basic"] {
        assert!(heard.contains(matrix.secret(name)), "{name} was sent");
    }
    matrix.conclude(30);
}
