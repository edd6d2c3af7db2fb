//! A pooler that gives its sessions to others after each transaction.

use crate::sides::{BY_U, Sides, ended, numbered};
use nix::sys::signal::Signal;
use pghaul_test_support::{PgBouncer, Running, server, wait_for};
use postgres::{Client, NoTls, SimpleQueryMessage};

#[test]
fn a_source_behind_a_pooler_is_read_and_nothing_stays_in_its_sessions() {
    let sides = Sides::new(&format!("{}; CREATE TABLE app (x int)", numbered(100)), &BY_U);
    let pooler = PgBouncer::start(server());
    let from = pooler.url(&sides.source);
    // Both sessions, each held by a transaction.
    let in_both = |sql: &str| {
        let mut clients = [(); 2].map(|()| Client::connect(&from, NoTls).unwrap());
        for client in &mut clients {
            client.simple_query("BEGIN").unwrap();
        }
        clients.map(|mut client| {
            let messages = client.simple_query(&format!("{sql}; COMMIT")).unwrap();
            messages.into_iter().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            })
        })
    };
    let settings = "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings \
                    WHERE name NOT IN ('application_name', 'transaction_read_only')";
    let before = in_both(settings);
    sides.synced(&["--from", &from, "--workers", "1"]).assert_stdout_has("100 rows loaded");
    sides.source.execute("UPDATE t SET v = 'new', u = 200 WHERE id = 1; DELETE FROM t WHERE id = 2");
    sides.synced(&["--from", &from, "--deletes", "--verify"]).assert_stdout_has(" 1 changed, 1 gone");
    let watch = Running::start(sides.watch(&["--from", &from, "--every", "100ms"]));
    sides.source.execute("INSERT INTO t VALUES (300, 'watched', 300)");
    wait_for("the row", || sides.destination.one("SELECT count(*) FROM t WHERE id = 300") == "1");
    // An application gets the session between two passes.
    in_both("INSERT INTO app VALUES (1)");
    watch.signal(Signal::SIGTERM);
    ended(watch.wait());
    in_both("INSERT INTO app VALUES (2)");
    assert_eq!(sides.source.one("SELECT count(*) FROM app"), "4");
    assert_eq!(in_both(settings), before);
    let prepared = in_both("SELECT count(*) FROM pg_prepared_statements");
    assert_eq!(prepared.each_ref().map(Option::as_deref), [Some("0"); 2]);
    sides.assert_same("SELECT * FROM t ORDER BY id");
}

#[test]
fn a_destination_behind_a_pooler_is_refused() {
    let sides = Sides::new(&numbered(10), &BY_U);
    let pooler = PgBouncer::start(server());
    let to = pooler.url(&sides.destination);
    sides
        .once(&["--to", &to])
        .assert_code(2)
        .assert_stderr_has("a pooler stands before the server")
        .assert_stderr_has("connect to the server itself");
    let locks = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                 WHERE d.datname = current_database() AND l.locktype = 'advisory'";
    assert_eq!(sides.destination.one(locks), "0");
    assert_eq!(sides.destination.one("SELECT count(*) FROM pg_class WHERE relname = 't'"), "0");
}
