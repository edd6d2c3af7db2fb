//! `pghaul ingest`: a database that cannot be reached, forbids, or holds something else under our names. Refused
//! before anything is touched, and never with a password in the message.

use crate::dumps::{COLUMNS, DATA, two_rows};
use pghaul_test_support::{Dump, Ingest, ingest, says};
use std::net::TcpListener;

const PASSWORD: &str = "hunter2";

/// The message about this database, in which the password does not stand; nor does it in the report.
#[track_caller]
fn refuses_url(ingest: &Ingest, url: &str) -> String {
    let message =
        ingest.refuses(ingest.bare_command().args(["dumps", "--report", "report.json", "--db", url]));
    let report = ingest.work.read("report.json");
    assert!(!message.contains(PASSWORD) && !report.contains(PASSWORD), "{message}\n{report}");
    message
}

/// The message after this SQL ran in the database.
#[track_caller]
fn refused_after(sql: &str) -> String {
    let ingest = two_rows();
    ingest.db.execute(sql);
    ingest.refused()
}

#[test]
fn no_server_answers() {
    let ingest = two_rows();
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = listener.local_addr().expect("it is bound").port();
    drop(listener);
    let message = refuses_url(&ingest, &format!("postgresql://me:{PASSWORD}@127.0.0.1:{port}/lms"));
    says(
        &message,
        &[&format!("postgresql://me@127.0.0.1:{port}/lms: "), "refused", "is the server running", "--db"],
    );
    ingest.config(&format!(
        "datastore: {{server: 127.0.0.1, port: {port}, user: me, passwd: {PASSWORD}, db: lms}}"
    ));
    let run = ingest.bare_command().args(["dumps"]).run();
    run.assert_code(2).assert_stderr_has("is the server running").assert_never_says(PASSWORD);
}

#[test]
fn no_such_host() {
    let ingest = two_rows();
    let message = refuses_url(&ingest, &format!("postgresql://me:{PASSWORD}@nowhere.invalid/lms"));
    says(&message, &["postgresql://me@nowhere.invalid:5432/lms: the host's name has no address", "--db"]);
}

#[test]
fn a_url_that_is_none() {
    let ingest = two_rows();
    for url in [format!("mysql://me:{PASSWORD}@host/db"), format!("postgresql://me:{PASSWORD}@host:port/db")]
    {
        refuses_url(&ingest, &url);
    }
    ingest.config("datastore: {connection: mysql, server: localhost}");
    let message = ingest.refuses(ingest.bare_command().args(["dumps"]));
    says(&message, &["config.yml: datastore.connection: \"mysql\" is not a database", "write postgresql"]);
}

#[test]
fn the_password_is_refused() {
    let ingest = two_rows();
    let role = ingest.db.role("right");
    let message = refuses_url(&ingest, &ingest.db.tcp_url(&role, PASSWORD));
    says(
        &message,
        &[
            &format!("postgresql://{role}@127.0.0.1"),
            "password authentication failed",
            "SQLSTATE 28P01",
            "PGPASSWORD",
        ],
    );
}

#[test]
fn the_database_does_not_exist() {
    let ingest = two_rows();
    let role = ingest.db.role(PASSWORD);
    let url = ingest.db.tcp_url(&role, PASSWORD).replace(ingest.db.name(), "nowhere");
    let message = refuses_url(&ingest, &url);
    says(
        &message,
        &["/nowhere: ", "database \"nowhere\" does not exist", "SQLSTATE 3D000", "createdb", "--db"],
    );
}

#[test]
fn no_right_to_create_tables() {
    let ingest = two_rows();
    let role = ingest.db.role(PASSWORD);
    ingest.db.execute("REVOKE CREATE ON SCHEMA public FROM public");
    let message = refuses_url(&ingest, &ingest.db.tcp_url(&role, PASSWORD));
    let what = format!("role {role} lacks the right to create tables in schema public");
    says(&message, &[&what, &format!("GRANT CREATE ON SCHEMA \"public\" TO \"{role}\"")]);
}

#[test]
fn no_right_to_create_or_use_the_ledger() {
    let ingest = two_rows();
    let role = ingest.db.role(PASSWORD);
    ingest.db.execute(&format!("GRANT CREATE ON SCHEMA public TO {role}"));
    let url = ingest.db.tcp_url(&role, PASSWORD);
    let remedy = format!("CREATE SCHEMA pghaul AUTHORIZATION \"{role}\"");
    says(&refuses_url(&ingest, &url), &["lacks the right to create the ledger's schema pghaul", &remedy]);

    ingest.db.execute("CREATE SCHEMA pghaul");
    let message = refuses_url(&ingest, &url);
    says(
        &message,
        &[&format!("role {role} lacks the right to use the ledger"), "GRANT USAGE, CREATE ON SCHEMA pghaul"],
    );
    // What the remedy says helps.
    let (_, remedy) = message.split_once("have its owner run: ").expect("a remedy");
    ingest.db.execute(remedy);
    ingest.bare_command().args(["dumps", "--db", &url]).run().assert_code(0);
}

#[test]
fn two_roles_share_a_ledger() {
    let ingest = two_rows();
    ingest.loads();
    let role = ingest.db.role(PASSWORD);
    ingest
        .db
        .execute(&format!("GRANT CREATE ON SCHEMA public TO {role}; GRANT USAGE ON SCHEMA pghaul TO {role}"));
    let url = ingest.db.tcp_url(&role, PASSWORD);
    ingest.work.write("more/app_v1.zip", Dump::new().table("other", &COLUMNS, DATA).bytes());
    let command = || ingest.bare_command().args(["more", "--db", &url]);
    let message = ingest.refuses(command());
    let (_, remedy) = message.split_once("have its owner run: ").expect("a remedy");
    ingest.db.execute(remedy);
    command().run().assert_code(0);
    assert_eq!(ingest.db.one("SELECT count(*) FROM other"), "2");
}

#[test]
fn a_mother_whose_type_contradicts() {
    let ingest = two_rows();
    ingest.config("mother_tables: {t: {id: int, name: text}}");
    ingest.db.execute("CREATE TABLE t (id bigint, extra text)");
    let messages = ingest.refuses_all(ingest.command());
    assert_eq!(messages.len(), 2);
    let remedy = "change mother_tables, or load everything again with --mothers recreate";
    says(
        &messages[0],
        &["table t, column id: is bigint in the database, but mother_tables says integer", remedy],
    );
    says(&messages[1], &["table t, column name: is in mother_tables, but not in the existing table", remedy]);
}

#[test]
fn a_mother_that_is_no_ordinary_table() {
    for (sql, kind) in [
        ("CREATE VIEW t AS SELECT 1 AS id", "a view"),
        ("CREATE MATERIALIZED VIEW t AS SELECT 1 AS id", "a materialized view"),
        ("CREATE TABLE t (id int) PARTITION BY RANGE (id)", "a partitioned table"),
        ("CREATE SEQUENCE t", "a sequence"),
    ] {
        let message = refused_after(sql);
        says(
            &message,
            &["table t: cannot be a mother table: there is", kind, "rename it, or let mother_tables"],
        );
    }
}

#[test]
fn a_mother_of_another_role() {
    let ingest = two_rows();
    let role = ingest.db.role(PASSWORD);
    let all = format!(
        "GRANT CREATE ON SCHEMA public TO {role}; GRANT CREATE ON DATABASE {} TO {role}",
        ingest.db.name()
    );
    ingest.db.execute(&all);
    ingest.db.execute("CREATE TABLE t (id int, name varchar(20))");
    let message = refuses_url(&ingest, &ingest.db.tcp_url(&role, PASSWORD));
    says(&message, &["table t: belongs to another role", "connect as its owner"]);
}

#[test]
fn a_version_table_name_that_is_taken() {
    for (sql, kind) in [
        ("CREATE TABLE v1_t (precious text)", "a table"),
        ("CREATE VIEW v1_t AS SELECT 1 AS id", "a view"),
        ("CREATE SEQUENCE v1_t", "a sequence"),
    ] {
        let message = refused_after(sql);
        let what = format!("its version table would be v1_t, but there is {kind} of that name");
        says(&message, &["app_v1.zip/t.json", &what, "rename or drop that one, or set xport_cfg.child_name"]);
    }
}

#[test]
fn a_mother_with_a_child_that_pghaul_did_not_load_is_not_dropped() {
    let ingest = two_rows();
    ingest.loads();
    ingest.db.execute("CREATE TABLE by_hand () INHERITS (t)");
    let message = ingest.refuses(ingest.command().args(["--mothers", "recreate"]));
    says(&message, &["table t: has the child table", "by_hand", "did not load", "NO INHERIT"]);
    ingest.db.execute("DROP TABLE by_hand; CREATE VIEW report AS SELECT * FROM t");
    let message = ingest.refuses(ingest.command().args(["--mothers", "recreate"]));
    says(
        &message,
        &[
            "cannot drop",
            "SQLSTATE 2BP01",
            "view public.report depends on table public.t",
            "drop what depends on",
        ],
    );
}

#[test]
fn a_mother_that_lets_no_version_in() {
    let ingest = ingest!();
    let named = "mother_tables: {t: {id: int}, good: {id: int, name: varchar(20)}}";
    ingest.config(named);
    ingest.db.execute("CREATE TABLE t (id int, name varchar(20) NOT NULL, CHECK (id < 10))");
    ingest.unit(&COLUMNS, "id|name\n1|one\n2|NULL\n");
    let message = ingest.fails();
    says(
        &message,
        &[
            "app_v1.zip/t.dat, line 3, column name: null value in column \"name\"",
            "SQLSTATE 23502",
            "correct",
        ],
    );
    let ingest = ingest!();
    ingest.config(named);
    ingest.db.execute("CREATE TABLE t (id int, name varchar(20), CHECK (id < 10))");
    ingest.unit(&COLUMNS, "id|name\n1|one\n20|two\n");
    let message = ingest.fails();
    says(&message, &["app_v1.zip/t.dat, line 3: ", "violates check constraint", "SQLSTATE 23514", "correct"]);
}

#[test]
fn versions_without_a_common_column() {
    let ingest = ingest!();
    ingest.dump("app_v1.zip", &Dump::new().table("t", &[("a", "int")], "a\n"));
    ingest.dump("app_v2.zip", &Dump::new().table("t", &[("b", "int")], "b\n"));
    says(&ingest.refused(), &["table t: its versions have no column in common", "mother_tables"]);
}
