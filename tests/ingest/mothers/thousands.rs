//! Thousands of tables: a server with little room for locks has room for all that pghaul does to them.

use crate::containers::tar;
use pghaul_test_support::{Database, Server, ServerOptions, Workdir, descriptor, pghaul};
use std::time::Instant;

/// A server as it is installed has room for 64 locks of each of 100 sessions. The long form, by `PGHAUL_LONG_TESTS`, is 3,000 tables
/// there; the short form is as many tables for each lock where there is room for 10.
fn extent() -> (usize, usize) {
    if std::env::var_os("PGHAUL_LONG_TESTS").is_some() { (64, 3000) } else { (10, 470) }
}

#[track_caller]
fn run(work: &Workdir, db: &Database<'_>, arguments: &[&str]) {
    let started = Instant::now();
    let run = pghaul!(work).args(["ingest", "dumps", "-q", "--db", &db.url()]).args(arguments).run();
    run.assert_code(0);
    println!("{arguments:?}: {:.1} s", started.elapsed().as_secs_f64());
}

#[test]
fn thousands_of_tables_fit_into_the_locks_of_a_server() {
    let (locks, tables) = extent();
    let settings = vec!["max_connections = 100".to_owned(), format!("max_locks_per_transaction = {locks}")];
    let server = Server::start(ServerOptions { settings, ..ServerOptions::default() });
    let (db, work) = (server.database(), Workdir::new());
    let write = |version: &str, value: &str| {
        let descriptor = descriptor(&[("id", "int"), ("txt", "text")]).into_bytes();
        let files = (0..tables).flat_map(|number| {
            let data = format!("id|txt\n{number}|{value}\n").into_bytes();
            [(format!("t{number}.json"), descriptor.clone()), (format!("t{number}.dat"), data)]
        });
        let files: Vec<(String, Vec<u8>)> = files.collect();
        let members: Vec<(&str, &[u8])> =
            files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        work.write(format!("dumps/crm_{version}.tar"), tar(&members));
    };
    let count = |what: &str| {
        db.one(&format!(
            "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'v') AND relname ~ '{what}'"
        ))
    };
    for version in ["v1", "v2"] {
        write(version, version);
    }
    run(&work, &db, &[]);
    assert_eq!((count("^t[0-9]"), count("^v[12]_t")), (tables.to_string(), (2 * tables).to_string()));
    run(&work, &db, &[]);
    for version in ["v1", "v2"] {
        write(version, &format!("other {version}"));
    }
    run(&work, &db, &["--mothers", "recreate"]);
    assert_eq!((count("^t[0-9]"), count("^v[12]_t")), (tables.to_string(), (2 * tables).to_string()));
    assert_eq!(db.one("SELECT string_agg(txt, ' ' ORDER BY txt) FROM t7"), "other v1 other v2");
    run(&work, &db, &["--mothers", "widen"]);
    run(&work, &db, &["--mothers", "purge"]);
    assert_eq!((count("^t[0-9]"), count("^v[12]_t")), ("0".to_owned(), "0".to_owned()));
}
