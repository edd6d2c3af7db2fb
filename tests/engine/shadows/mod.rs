//! A role that may create objects in the first schema of everybody's search path has shadowed all of PostgreSQL's functions,
//! operators, relations and types there (CVE-2018-1058). No statement of any command may use one of them, whoever runs it.

use nix::sys::signal::Signal;
use pghaul_mock_api::{MockApi, Options};
use pghaul_test_support::{
    Case, Drain, Pghaul, REPLICA, Running, SUPERUSER, case, drain, pghaul, server, wait_for,
};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

const PASSWORD: &str = "hunter2";

/// How a loader's search path goes on any server, and the one that helps an attacker most.
const PATHS: [&str; 2] = ["\"$user\", public", "public, pg_catalog"];

/// A database of an attacker, and those who work in it.
struct Attacked {
    drain: Drain<'static>,
    case: Case,
    api: MockApi,
    url: String,
    source: String,
}

#[test]
fn nothing_that_another_role_has_made_is_called_for_a_superuser() {
    for path in PATHS {
        let attacked = Attacked::new();
        let database = attacked.case.db.name();
        attacked
            .case
            .db
            .execute(&format!("ALTER ROLE {SUPERUSER} IN DATABASE {database} SET search_path = {path}"));
        attacked.everything();
    }
}

#[test]
fn nothing_that_another_role_has_made_is_called_for_a_role_without_privileges() {
    for path in PATHS {
        let mut attacked = Attacked::new();
        let (db, database) = (&attacked.case.db, attacked.case.db.name());
        let mut admin = admin(db);
        let role = db.role(PASSWORD);
        admin
            .batch_execute(&format!(
                "GRANT CREATE ON SCHEMA public TO {role}; GRANT CREATE, TEMPORARY ON DATABASE {database} TO {role}; \
                 ALTER ROLE {role} SET search_path = {path}; \
                 ALTER TABLE public.given OWNER TO {role}; ALTER TABLE public.stays OWNER TO {role}"
            ))
            .unwrap();
        attacked.url = db.tcp_url(&role, PASSWORD);
        attacked.source = attacked.url.clone();
        attacked.everything();
    }
}

#[test]
fn the_shadows_tell() {
    let attacked = Attacked::new();
    let mut client = admin(&attacked.case.db);
    client.batch_execute("SET application_name = 'pghaul'; SET search_path = public, pg_catalog").unwrap();
    for sql in [
        "SELECT FROM pg_class",
        "SELECT 1 = 1",
        "SELECT count(*)",
        "SELECT to_regclass('x'::pg_catalog.text)",
        "SELECT 'x'::text",
        "SELECT format('%s', 'x'::pg_catalog.text)",
    ] {
        let before = attacked.calls().len();
        // What a shadow gives may be of no use.
        let _ = client.simple_query(sql);
        wait_for(sql, || attacked.calls().len() > before);
    }
}

/// A connection of the superuser that no shadow disturbs.
fn admin(db: &pghaul_test_support::Database<'_>) -> postgres::Client {
    let mut client = db.client();
    client.batch_execute("SET search_path = pg_catalog").unwrap();
    client
}

impl Attacked {
    fn new() -> Attacked {
        let (case, drain) = (case!(), drain!());
        let api = MockApi::start(0, Options::default()).unwrap();
        let mut admin = admin(&case.db);
        let eve = case.db.role(PASSWORD);
        admin
            .batch_execute(&format!(
                "GRANT CREATE, USAGE ON SCHEMA public TO {eve}; \
                 CREATE TABLE public.given (id bigint PRIMARY KEY, name varchar(20), n numeric(10,2), u timestamptz); \
                 INSERT INTO public.given SELECT i, 'n' || i, i, now() FROM generate_series(1, 3000) i; \
                 CREATE INDEX ON public.given (u); \
                 CREATE TABLE public.stays (id bigint PRIMARY KEY, doc jsonb); \
                 SET ROLE {eve}; {}; RESET ROLE",
                include_str!("shadows.sql")
            ))
            .unwrap();
        let url = case.db.url();
        Attacked { source: url.clone(), url, drain, case, api }
    }

    /// What the server's log says of shadows in this database.
    fn calls(&self) -> Vec<String> {
        let marker = format!("shadow in {}: ", self.case.db.name());
        server().log().lines().filter(|line| line.contains(&marker)).map(str::to_owned).collect()
    }

    fn pghaul(&self, args: &[&str]) -> Pghaul {
        pghaul!(self.case.work).args(args)
    }

    /// Runs a command, which must end with this exit code and have called no shadow.
    #[track_caller]
    fn run(&self, args: &[&str], code: i32) {
        let before = self.calls();
        let run = self.pghaul(args).run();
        run.assert(self.calls() == before, &format!("no call of {:?}", &self.calls()[before.len()..]));
        run.assert_code(code);
    }

    fn everything(&self) {
        self.ingest();
        self.fetch();
        self.drain();
        self.sync();
        self.serve();
        let db = ["--db", &self.url];
        self.run(&[&["generate", "users", "--into", "people", "--count", "100"], &db[..]].concat(), 0);
        self.run(
            &[&["generate", "users", "--into", "people", "--append", "--count", "100"], &db[..]].concat(),
            0,
        );
        self.run(&[&["status"], &db[..]].concat(), 0);
        self.run(&[&["ingest", "dumps", "--mothers", "purge"], &db[..]].concat(), 0);
        assert_eq!(self.calls(), [""; 0]);
    }

    /// A dump with types of each way, loaded, refreshed with what users put on its table, recreated.
    fn ingest(&self) {
        let case = &self.case;
        case.config(
            "views: true\nafter: {users: {indexes: [[id]], sql: ['ANALYZE public.users']}}\n\
             guard: {users: {rows: ['>= 50% of median(3)', '>= 1'], columns: same, not_null: [id], nulls: {name: <= 5%}, \
             unique: [id, [id, name]], range: {id: 1..100, n: 0..9, at: '>= 2000-01-01', d: ..2030-01-01}, \
             sql: ['SELECT true OR EXISTS (SELECT 1 FROM {old}, {mother})', 'SELECT true FROM {new} LIMIT 1']}}\n\
             xport_cfg: {dialects: [{match: '*', types: types.json}]}\n",
        );
        case.work.write(
            "types.json",
            r#"{"int": "int", "text": "text", "varchar(n)": "varchar(n)", "datetime": "timestamp", "money": "money",
                "jsonb": "jsonb", "decimal(p,s)": "numeric(p,s)", "xml": "xml", "date": "date", "interval": "interval"}"#,
        );
        let columns =
            "id:int name:varchar(20) at:datetime price:money doc:jsonb n:decimal(10,2) d:date i:interval";
        let row = |id: u32| {
            format!(
                "{id}|n{id}|Feb 28, 2019|$1.50|`{{\"a\": {id}}}`| 1.5 |2019-02-{:02}|1 day\n",
                1 + id % 28
            )
        };
        let rows = |count: u32| (1..=count).map(row).collect::<String>();
        let load = |more: &[&str], code| {
            self.run(&[&["ingest", "dumps", "--db", &self.url], more].concat(), code);
        };
        case.dump("lms_v1", &[("users", columns, &rows(50))]);
        load(&["--plan"], 0);
        load(&["--verify"], 0);
        let owner = admin(&case.db)
            .query_one(
                "SELECT relowner::regrole::text FROM pg_class WHERE oid = to_regclass('public.v1_users')",
                &[],
            )
            .unwrap();
        admin(&case.db)
            .batch_execute(&format!(
                "SET ROLE {}; ALTER TABLE public.v1_users ADD CHECK (id > 0), ADD PRIMARY KEY (id), ALTER name SET DEFAULT 'x'; \
                 CREATE INDEX ON public.v1_users (lower(name)); CREATE STATISTICS public.s ON id, name FROM public.v1_users; \
                 COMMENT ON COLUMN public.v1_users.name IS 'its name'",
                owner.get::<_, &str>(0)
            ))
            .unwrap();
        case.dump("lms_v1", &[("users", columns, &rows(60))]);
        case.dump("lms_v2", &[("users", columns, &(rows(20) + "x|broken|row\n"))]);
        load(&["--verify", "--max-rejects", "5"], 3);
        load(&["--max-rejects", "5"], 0);
        load(&["--mothers", "recreate", "--max-rejects", "5"], 3);
    }

    fn fetch(&self) {
        let keys = "requests: {sql: 'SELECT id FROM public.given LIMIT 3'}\n    rows: '.[] | [.]'";
        let job = |name: &str, into: &str| {
            format!("  {name}:\n    url: '{}/small/{{id}}'\n    {keys}\n    into: {into}\n", self.api.base())
        };
        self.case.config(&format!(
            "fetch:\n{}{}{}",
            job("fresh", "{table: fresh, mode: replace, columns: {id: bigint}}"),
            job("more", "{table: more, mode: append, columns: {id: bigint}}"),
            job("merged", "{table: merged, mode: upsert, key: [id], columns: {id: bigint}}")
        ));
        for job in ["fresh", "fresh", "more", "merged", "merged"] {
            self.run(&["fetch", job, "--db", &self.url], 0);
        }
        self.run(&["fetch", "merged", "--resume", "--db", &self.url], 0);
    }

    fn drain(&self) {
        let row = |n: u32| format!(r#"["{n}", "2020-05-19 05:20:{n:02}.212"]"#);
        self.drain.register(r#"["id", "number", "at"]"#);
        let from = self.drain.redis.url();
        for (table, mode) in [("drained", "mode: append"), ("kept", "mode: upsert, key: [id]")] {
            self.case.config(&format!(
                "drain:\n  job:\n    from: '{from}'\n    replica: {REPLICA}\n    into: {{table: {table}, {mode}}}\n"
            ));
            for first in [10, 20] {
                self.drain.put(&[("a", row(first)), ("b", row(first + 1))]);
                self.run(&["drain", "job", "--db", &self.url], 0);
            }
        }
    }

    fn sync(&self) {
        let sides =
            ["--from", &self.source, "--to", &self.url, "--table", "given", "--to-table", "public.copied"];
        let flags = ["--cursor", "u", "--deletes", "--verify"];
        let once = || self.run(&[&["sync", "once"], &sides[..], &flags[..]].concat(), 0);
        once();
        admin(&self.case.db)
            .batch_execute("UPDATE public.given SET n = -1, u = now() WHERE id < 1000; DELETE FROM public.given WHERE id > 2990")
            .unwrap();
        once();
    }

    fn serve(&self) {
        self.case.config(
            "serve:\n  rate: {requests: 0}\n  tables:\n    users: {key: id}\n    \
             given: {key: id, verbs: [get, post, put, patch, delete]}\n",
        );
        let mut running =
            Running::start(self.pghaul(&["serve", "--listen", "127.0.0.1:0", "--db", &self.url]).command());
        let line = running.read_lines_and_close(1).pop().unwrap_or_default();
        let Some(port) = line.rsplit_once(':').and_then(|(_, port)| port.parse().ok()) else {
            panic!("no address: {line:?}, {:?}", running.wait());
        };
        for (head, body, status) in [
            ("GET /users/?name=n1&id.gte=1&order=-name&take=5", "", "200"),
            ("GET /users/?version=v1&name.ne=x&price.null=false", "", "200"),
            ("GET /given/?after=7&n.lt=100", "", "200"),
            ("GET /given/7/", "", "200"),
            ("POST /given/", r#"{"id": 9000, "name": "new"}"#, "201"),
            ("POST /given/", r#"[{"id": 9001, "name": "a"}, {"id": 9002, "name": "b"}]"#, "201"),
            ("POST /given/", r#"{"id": "x"}"#, "400"),
            ("PATCH /given/9000/", r#"{"n": 2.5}"#, "200"),
            ("PUT /given/9000/", r#"{"name": "put"}"#, "200"),
            (
                "GET /given/?id.in=7,8&or=(name.ilike=n*,not.and=(n.gt=1,name.null=true))&count=exact",
                "",
                "200",
            ),
            ("GET /given/?name-%3E%3Ea=x&name-%3Eb-%3E0.gt=1&count=estimated", "", "200"),
            ("GET /given/ HTTP/1.1\r\nAccept: text/csv\r\nX: ", "", "200"),
            ("GET /given/9000/ HTTP/1.1\r\nIf-None-Match: \"x\"\r\nX: ", "", "200"),
            ("PATCH /given/9000/ HTTP/1.1\r\nIf-Match: \"x\"\r\nX: ", r#"{"n": 3}"#, "412"),
            (
                "POST /given/ HTTP/1.1\r\nPrefer: resolution=merge-duplicates\r\nX: ",
                r#"[{"id": 9000, "name": "merged"}]"#,
                "200",
            ),
            (
                "POST /given/ HTTP/1.1\r\nPrefer: resolution=ignore-duplicates\r\nX: ",
                r#"{"id": 9000}"#,
                "204",
            ),
            ("DELETE /given/9000/", "", "204"),
            ("GET /metrics", "", "200"),
            ("GET /readyz", "", "200"),
            ("GET /openapi.json", "", "200"),
        ] {
            let before = self.calls();
            let answer = ask(port, head, body);
            assert_eq!(self.calls(), before, "{head}");
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{head}: {answer}");
        }
        running.signal(Signal::SIGTERM);
        running.wait();
    }
}

/// Sends a request; gives the whole answer.
fn ask(port: u16, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (length, answer) = (body.len(), &mut String::new());
    let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    write!(
        stream,
        "{head} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n{kind}content-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    stream.read_to_string(answer).unwrap();
    answer.clone()
}
