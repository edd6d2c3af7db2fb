//! What cannot be is refused, before anything is touched; what is lost is tried again.

use crate::sides::{BY_U, Sides, ended, numbered};
use nix::sys::signal::Signal;
use pghaul_test_support::{Running, Server, ServerOptions, pghaul, wait_for};
use postgres::{Client, NoTls};
use std::time::{Duration, Instant};

#[test]
fn differences_of_the_tables_are_listed() {
    let sides = Sides::new(&numbered(10), &BY_U);
    sides
        .destination
        .execute("CREATE TABLE t (id bigint PRIMARY KEY, u bigint NOT NULL, mine text NOT NULL)");
    sides
        .once(&["--evolve"])
        .assert_code(2)
        .assert_stderr_has("id is bigint, at the source integer")
        .assert_stderr_has("u allows no NULL, at the source it does")
        .assert_stderr_has("mine is not at the source, and allows no NULL")
        .assert_stderr_has("v text is missing");
    sides
        .destination
        .execute("DROP TABLE t; CREATE TABLE t (id int, v text, u bigint); INSERT INTO t VALUES (1)");
    sides.once(&[]).assert_code(2).assert_stderr_has("has no unique index on exactly (\"id\")");
}

#[test]
fn columns_that_come_up_are_added_if_wanted() {
    let sides = Sides::new(&numbered(10), &BY_U);
    sides.synced(&[]);
    sides.source.execute(
        "ALTER TABLE t ADD w int DEFAULT 3, ADD x text; UPDATE t SET x = 'x', w = id, u = 100 WHERE id = 1",
    );
    sides
        .once(&[])
        .assert_code(2)
        .assert_stderr_has("w integer is missing; x text is missing; --evolve adds the columns");
    sides.synced(&["--evolve"]);
    sides.assert_same("SELECT * FROM t ORDER BY id");
}

#[test]
fn cursors_and_keys_that_cannot_be_are_refused() {
    let sides = Sides::new(&numbered(10), &[]);
    for (flags, says) in [
        (&["--table", "nowhere"][..], "table nowhere: does not exist at the source"),
        (&["--table", "t", "--cursor", "w"], "has no column w; name another one with --cursor"),
        (&["--table", "t", "--cursor", "v"], "column v: text cannot be the type of a cursor"),
        (&["--table", "t", "--cursor", "u", "--key", "u"], "column u: a column of the key may be NULL"),
        (&["--table", "t", "--cursor", "u", "--key", "x"], "has no column x"),
        (&["--table", "t", "--to-table", "pghaul.t"], "the schema pghaul is the ledger's"),
        (&["--table", "t", "--chunk", "0"], "--chunk 0"),
        (&["--table", "a.b.c"], "is no name of a table"),
        (&["--cursor", "u"], "--table is missing"),
        (
            &["--table", "pg_class", "--to-table", "public.c", "--cursor", "oid"],
            "oid cannot be the type of a cursor",
        ),
    ] {
        sides.once(flags).assert_code(2).assert_stderr_has(says);
    }
    let none = "SELECT count(*) FROM pg_class WHERE relname IN ('t', 'nowhere', 'c')";
    assert_eq!(sides.destination.one(none), "0");
    let sides = Sides::new(&numbered(10), &BY_U);
    sides.synced(&[]);
    sides.source.execute("ALTER TABLE t ADD w bigint; CREATE TABLE t2 (LIKE t INCLUDING ALL)");
    sides.destination.execute("ALTER TABLE t ADD w bigint");
    sides.once(&["--cursor", "w"]).assert_code(2).assert_stderr_has("is followed by the cursor u");
    sides
        .once(&["--table", "t2", "--to-table", "t"])
        .assert_code(2)
        .assert_stderr_has("follows another table, postgresql://");
}

#[test]
fn the_source_is_only_read_and_passwords_are_not_said() {
    let sides = Sides::new(&numbered(10), &BY_U);
    let role = sides.source.role("hunter2");
    sides.source.execute(&format!("GRANT SELECT ON t TO {role}"));
    let url = sides.source.tcp_url(&role, "hunter2");
    sides.synced(&["--from", &url, "-v", "--verify"]).assert_never_says("hunter2");
    sides.source.execute("UPDATE t SET u = 50 WHERE id = 1");
    sides.synced(&["--from", &url]).assert_stdout_has(" 1 changed");
    let ledger = sides.destination.one("SELECT source FROM pghaul.syncs");
    assert!(!ledger.contains("hunter2"), "{ledger}");
    let wrong = sides.source.tcp_url(&role, "hunter3");
    sides.once(&["--from", &wrong, "--retries", "0"]).assert_code(2).assert_never_says("hunter3");
    assert_eq!(sides.source.one("SELECT count(*) FROM pg_namespace WHERE nspname = 'pghaul'"), "0");
}

#[test]
fn a_source_that_goes_away_is_waited_for() {
    // A server of its own, which can crash; it lives as long as the test program.
    let server: &'static Server = Box::leak(Box::new(Server::start(ServerOptions::default())));
    let sides = Sides::on(server, &numbered(1000), &BY_U);
    let mut watch = Running::start(sides.watch(&["--every", "100ms"]));
    wait_for("the source to go away", || {
        sides.destination.rows("SELECT FROM pg_class WHERE relname = 't' AND reltuples = 1000").len() == 1
    });
    server.crash();
    std::thread::sleep(Duration::from_millis(300));
    server.start_again();
    sides.source.execute("UPDATE t SET v = 'after', u = 5000 WHERE id = 1");
    wait_for("what was changed since", || sides.destination.one("SELECT v FROM t WHERE id = 1") == "after");
    assert!(watch.is_alive());
    watch.signal(Signal::SIGTERM);
    let run = watch.wait();
    ended(run).assert_stdout_has(" 1 changed").assert_stderr_has("trying again in");
    sides.assert_same("SELECT * FROM t ORDER BY id");
}

#[test]
fn an_idle_watch_ends_with_a_signal_and_all_is_well() {
    let sides = Sides::new(&numbered(10), &BY_U);
    let mut watch = Running::start(sides.watch(&["--every", "1h"]));
    // The last that a pass does is to say its figures.
    watch.wait_for_line("10 rows loaded");
    let asked = Instant::now();
    watch.signal(Signal::SIGTERM);
    watch.wait().assert_code(0).assert_stdout_has("10 rows loaded");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
}

#[test]
fn messages_name_the_side_that_a_fault_is_on() {
    let sides = Sides::new(&format!("{}; CREATE TABLE hidden AS TABLE t", numbered(10)), &BY_U);
    let role = sides.source.role("hunter2");
    sides.source.execute(&format!("GRANT SELECT ON t TO {role}"));
    let poor = sides.source.tcp_url(&role, "hunter2");
    let away = "postgresql://u@127.0.0.1:1/d";
    let none = ["--retries", "0"];
    for (flags, code, says) in [
        (&["--from", &poor, "--table", "hidden"][..], 1, "--from: permission denied for table hidden"),
        (&["--from", away], 2, "--from postgresql://u@127.0.0.1:1/d: "),
        (&["--to", away], 2, "--to postgresql://u@127.0.0.1:1/d: "),
    ] {
        sides.once(&[flags, &none].concat()).assert_code(code).assert_stderr_has(says);
    }
    sides.synced(&[]);
    sides.destination.execute(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$; \
         CREATE TRIGGER no BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION no()",
    );
    sides.source.execute("UPDATE t SET v = 'new', u = 100 WHERE id = 1");
    sides.once(&none).assert_code(1).assert_stderr_has("--to, table \"public\".\"t\": not this one");
}

#[test]
fn a_statement_at_the_source_has_a_limited_time() {
    let sides = Sides::new(&numbered(10), &BY_U);
    sides.synced(&[]);
    let mut client = Client::connect(&sides.source.url(), NoTls).unwrap();
    let mut holder = client.transaction().unwrap();
    holder.batch_execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE").unwrap();
    sides
        .once(&["--source-timeout", "300ms", "--retries", "0"])
        .assert_code(1)
        .assert_stderr_has("canceling statement due to statement timeout");
    holder.rollback().unwrap();
    sides.synced(&["--source-timeout", "5s"]);
    sides.once(&["--source-timeout", "5"]).assert_code(2).assert_stderr_has("use a time such as");
}

#[test]
fn max_rate_slows_the_source_down() {
    let sides = Sides::new(&numbered(2000), &BY_U);
    let started = Instant::now();
    sides.synced(&["--max-rate", "2000"]);
    assert!(started.elapsed() >= Duration::from_millis(900), "{:?}", started.elapsed());
    sides.assert_same("SELECT count(*) FROM t");
}

#[test]
fn jobs_of_the_configuration_and_what_follows_them() {
    let sides = Sides::new(&numbered(10), &[]);
    sides.work.write(
        "config.yml",
        format!(
            "sync:\n  copy:\n    from: '{}'\n    to: '{}'\n    table: t\n    cursor: u\n    deletes: hard\n    after:\n    \
             - 'CREATE TABLE IF NOT EXISTS runs (i int)'\n    - 'INSERT INTO runs VALUES (1)'\n",
            sides.source.url(),
            sides.destination.url()
        ),
    );
    let once = || pghaul!(sides.work).args(["sync", "once", "copy"]).run();
    once().assert_code(0).assert_stdout_has("10 rows loaded");
    once().assert_code(0);
    assert_eq!(sides.destination.one("SELECT count(*) FROM runs"), "1");
    sides.source.execute("DELETE FROM t WHERE id = 1");
    once().assert_code(0).assert_stdout_has("1 gone");
    assert_eq!(sides.destination.one("SELECT count(*) FROM runs"), "2");
    let unknown = pghaul!(sides.work).args(["sync", "once", "copi"]).run();
    unknown.assert_code(2).assert_stderr_has("there is no job \"copi\" under sync; did you mean \"copy\"?");
}
