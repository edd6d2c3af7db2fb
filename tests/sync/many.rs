//! Many tables in one run: those of a schema, or of several jobs.

use crate::sides::{Sides, ended, numbered};
use nix::sys::signal::Signal;
use pghaul_test_support::{OTHERS, Running, pghaul, wait_for};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};

const SCHEMA: [&str; 4] = ["--schema", "public", "--cursor", "u"];

/// Tables of every kind, with so many rows each.
fn kinds(rows: u32) -> String {
    format!(
        "CREATE TABLE followed (id int PRIMARY KEY, v text, u bigint NOT NULL); CREATE INDEX ON followed (u); \
         INSERT INTO followed SELECT i, 'v', i FROM generate_series(1, {rows}) i; \
         CREATE TABLE no_cursor AS SELECT id, v FROM followed; ALTER TABLE no_cursor ADD PRIMARY KEY (id); \
         CREATE TABLE no_key AS SELECT v, u FROM followed; \
         CREATE TABLE other_type AS SELECT id, v, u::text FROM followed; ALTER TABLE other_type ADD PRIMARY KEY (id); \
         CREATE TABLE parent (id int, u bigint); CREATE TABLE child () INHERITS (parent); INSERT INTO child SELECT id, u FROM followed; \
         CREATE TABLE parts (id int PRIMARY KEY, u bigint NOT NULL) PARTITION BY RANGE (id); CREATE INDEX ON parts (u); \
         CREATE TABLE part PARTITION OF parts DEFAULT; INSERT INTO parts SELECT id, u FROM followed; \
         CREATE TABLE \"Log_1\" (x int); CREATE TABLE log_2 (x int); CREATE VIEW seen AS TABLE followed; ANALYZE"
    )
}

const SYNCED: [&str; 6] = ["followed", "no_cursor", "no_key", "other_type", "parent", "parts"];

fn assert_all_same(sides: &Sides) {
    for table in SYNCED {
        sides.assert_same(&format!("SELECT count(*), sum(hashtext(t::text)) FROM {table} t"));
    }
}

#[test]
fn all_tables_of_a_schema_are_synced_each_in_its_way() {
    let sides = Sides::new(&kinds(1000), &SCHEMA);
    let report = |flags: &[&str]| {
        let run = sides.synced(&[&["--exclude", "?og_*", "--report", "report.json"], flags].concat());
        (run, serde_json::from_str::<Value>(&sides.work.read("report.json")).unwrap())
    };
    let (run, first) = report(&["-v"]);
    run.assert_stdout_has("6 tables: 6 changed, 0 unchanged, 0 failed")
        .assert_stderr_has("1 view of schema public is not synced");
    assert_eq!(first["totals"]["rows_loaded"], 6000);
    assert_eq!(first["status"], "ok");
    assert_all_same(&sides);
    let there = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class \
                 WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace";
    assert_eq!(sides.destination.one(there), SYNCED.join(" "));
    let (run, _) = report(&[]);
    run.assert_stdout_has("6 tables: 0 changed, 6 unchanged, 0 failed");
    sides.source.execute(
        "UPDATE followed SET v = 'new', u = u + 5000 WHERE id < 10; DELETE FROM parts WHERE id = 5; UPDATE no_cursor SET v = 'new'; \
         INSERT INTO child VALUES (0, 0)",
    );
    let (run, changed) = report(&["--deletes", "--verify"]);
    run.assert_stdout_has("6 tables: 4 changed, 2 unchanged, 0 failed").assert_stdout_has("1 gone");
    assert_eq!(changed["totals"]["failed"], 0);
    assert_all_same(&sides);
    let cursors =
        "SELECT string_agg(table_name, ' ' ORDER BY table_name) FROM pghaul.syncs WHERE cursor_name = 'u'";
    assert_eq!(sides.destination.one(cursors), "followed parts");
}

#[test]
fn a_table_that_fails_stops_no_other_and_makes_the_exit_code_1() {
    let sides = Sides::new(&kinds(10), &SCHEMA);
    sides.destination.execute("CREATE TABLE no_key (v int)");
    let run = sides.once(&["--report", "report.json"]);
    run.assert_code(1)
        .assert_stderr_has("no_key")
        .assert_stderr_has("v is integer, at the source text")
        .assert_stdout_has("8 tables: 7 changed, 0 unchanged, 1 failed");
    let report: Value = serde_json::from_str(&sides.work.read("report.json")).unwrap();
    let failed: Vec<&Value> =
        report["units"].as_array().unwrap().iter().filter(|unit| unit["status"] == "failed").collect();
    assert_eq!((failed.len(), failed[0]["name"].as_str()), (1, Some("no_key")));
    sides.destination.execute("DROP TABLE no_key");
    sides.synced(&[]).assert_stdout_has("8 tables: 1 changed, 7 unchanged, 0 failed");
    assert_all_same(&sides);
}

#[test]
fn the_workers_are_shared_and_so_are_the_connections() {
    let sides = Sides::new("SELECT", &["--schema", "public", "--workers", "3"]);
    for number in 0..10 {
        let rows = if number == 4 { 200_000 } else { 20_000 };
        sides.source.execute(
            &numbered(rows)
                .replace("TABLE t", &format!("TABLE t{number}"))
                .replace("t_u ON t", &format!("t_u{number} ON t{number}"))
                .replace("INTO t ", &format!("INTO t{number} "))
                .replace("ANALYZE t", "ANALYZE"),
        );
    }
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let most = scope.spawn(|| {
            let (mut most, mut clients) = ([0, 0], [sides.source.client(), sides.destination.client()]);
            while !stop.load(Ordering::Relaxed) {
                for (client, most) in clients.iter_mut().zip(&mut most) {
                    let row = client.query_one(&format!("SELECT count(*) FROM {OTHERS}"), &[]).unwrap();
                    *most = row.get::<_, i64>(0).max(*most);
                }
            }
            most
        });
        sides.synced(&[]).assert_stdout_has("10 tables: 10 changed");
        stop.store(true, Ordering::Relaxed);
        let most = most.join().unwrap();
        assert!(most.iter().all(|most| (2..=6).contains(most)), "{most:?}");
    });
    for number in 0..10 {
        sides.assert_same(&format!("SELECT count(*), sum(hashtext(t::text)) FROM t{number} t"));
    }
}

const FAMILY: &str = "CREATE TABLE z (id int PRIMARY KEY, u bigint NOT NULL); \
    CREATE TABLE m (id int PRIMARY KEY, z int REFERENCES z, u bigint NOT NULL); \
    CREATE TABLE a (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, m int REFERENCES m, u bigint NOT NULL); \
    CREATE INDEX ON z (u); CREATE INDEX ON m (u); CREATE INDEX ON a (u)";

#[test]
fn foreign_keys_decide_the_order_and_sequences_follow() {
    let sides = Sides::new(FAMILY, &SCHEMA);
    sides.destination.execute(FAMILY);
    let add = |sides: &Sides, from: u32, to: u32| {
        sides.source.execute(&format!(
            "INSERT INTO z SELECT i, i FROM generate_series({from}, {to}) i; INSERT INTO m SELECT i, i, i FROM generate_series({from}, {to}) i; \
             INSERT INTO a SELECT i, i, i FROM generate_series({from}, {to}) i"
        ));
    };
    add(&sides, 1, 500);
    sides.synced(&["--workers", "3"]);
    add(&sides, 501, 1000);
    sides
        .source
        .execute("DELETE FROM a WHERE id <= 50; DELETE FROM m WHERE id <= 50; DELETE FROM z WHERE id <= 50");
    sides.synced(&["--workers", "3", "--deletes", "--verify"]).assert_stdout_has("50 gone");
    for table in ["z", "m", "a"] {
        sides.assert_same(&format!("SELECT * FROM {table} ORDER BY id"));
    }
    assert_eq!(sides.destination.one("INSERT INTO a (u) VALUES (7) RETURNING id"), "1001");
}

/// Two tables whose rows refer to each other.
const CIRCLE: &str = "CREATE TABLE cards (id int PRIMARY KEY, cover int, u bigint NOT NULL); CREATE INDEX ON cards (u); \
    CREATE TABLE images (id int PRIMARY KEY, card int REFERENCES cards, u bigint NOT NULL); CREATE INDEX ON images (u); \
    ALTER TABLE cards ADD FOREIGN KEY (cover) REFERENCES images";

#[test]
fn circles_of_foreign_keys_are_warned_about_and_gone_through_as_far_as_can_be() {
    for rows in ["", "; INSERT INTO cards SELECT i, NULL, i FROM generate_series(1, 100) i"] {
        let sides = Sides::new(&format!("{CIRCLE}{rows}"), &[&SCHEMA[..], &["--workers", "2"]].concat());
        sides.destination.execute(CIRCLE);
        sides.synced(&[]).assert_stderr_has("cards, images refer to each other by foreign keys");
        // New rows of one of them refer to new rows of the other one.
        for step in [
            "INSERT INTO cards VALUES (101, NULL, 101); INSERT INTO images VALUES (1, 101, 101), (2, 101, 102)",
            "INSERT INTO images VALUES (4, NULL, 103); INSERT INTO cards VALUES (102, 4, 103)",
        ] {
            sides.source.execute(step);
            sides.synced(&[]);
            for table in ["cards", "images"] {
                sides.assert_same(&format!("SELECT * FROM {table} ORDER BY id"));
            }
        }
        sides.source.execute(
            "INSERT INTO cards VALUES (103, NULL, 104); INSERT INTO images VALUES (3, 103, 104); UPDATE cards SET cover = 3 WHERE id = 103",
        );
        sides
            .once(&[])
            .assert_code(1)
            .assert_stderr_has("violates foreign key constraint")
            .assert_stderr_has("or drop the foreign key at the destination");
        sides.destination.execute("ALTER TABLE cards DROP CONSTRAINT cards_cover_fkey");
        let run = sides.synced(&["--deletes", "--verify"]);
        run.assert(!run.stderr.contains("refer to each other"), "no circle");
    }
}

#[test]
fn jobs_can_run_together() {
    let sides =
        Sides::new(&format!("{}; CREATE TABLE s (a int); INSERT INTO s VALUES (1)", numbered(10)), &[]);
    let (from, to) = (sides.source.url(), sides.destination.url());
    sides.work.write(
        "config.yml",
        format!(
            "sync:\n  one: {{from: '{from}', to: '{to}', table: t, cursor: u, after: ['CREATE TABLE ran ()']}}\n  \
             two: {{from: '{from}', to: '{to}', table: s, after: ['CREATE TABLE no_more_than_once ()']}}\n  \
             three: {{from: '{from}', to: '{to}', schema: public, exclude: [t, s]}}\n  \
             same: {{from: '{from}', to: '{to}', table: s}}\n"
        ),
    );
    let once = |jobs: &[&str]| pghaul!(sides.work).args(["sync", "once"]).args(jobs).run();
    once(&["one", "two"])
        .assert_code(0)
        .assert_stdout_has("t: 10 rows loaded")
        .assert_stdout_has("s: 1 row loaded")
        .assert_stdout_has("2 tables: 2 changed");
    assert_eq!(
        sides.destination.one("SELECT count(*) FROM pg_class WHERE relname IN ('ran', 'no_more_than_once')"),
        "2"
    );
    once(&["one", "two"]).assert_code(0).assert_stdout_has("2 tables: 0 changed, 2 unchanged");
    sides.source.execute("INSERT INTO s VALUES (2)");
    once(&["one", "two"])
        .assert_code(1)
        .assert_stderr_has("sync.two.after[0]: relation \"no_more_than_once\" already exists");
    sides.assert_same("SELECT * FROM s ORDER BY a");
    once(&["two", "same"]).assert_code(2).assert_stderr_has("two tables would become s");
    once(&["three"]).assert_code(2).assert_stderr_has("--from: there is no table in schema \"public\"");
}

#[test]
fn what_names_one_table_and_many_is_refused() {
    let sides = Sides::new(&numbered(10), &[]);
    for (flags, says) in [
        (&["--schema", "public", "--table", "t"][..], "--table is for one table, and --schema for many"),
        (&["--schema", "public", "--key", "id"], "--key is for one table"),
        (&["--schema", "public", "--to-table", "t"], "--to-table is for one table"),
        (&["--table", "t", "--exclude", "a*"], "name it with --schema"),
        (&["--schema", "public", "--exclude", "[a"], "is no shell pattern"),
        (&["--schema", "nowhere"], "there is no table in schema \"nowhere\""),
    ] {
        sides.once(flags).assert_code(2).assert_stderr_has(says);
    }
    sides
        .synced(&["--schema", "public", "--exclude", "none*"])
        .assert_stderr_has("schema public has no table none*");
}

#[test]
fn watch_keeps_all_tables_the_same_and_one_that_fails_is_tried_again() {
    let sides = Sides::new(&kinds(100), &SCHEMA);
    sides.destination.execute("CREATE TABLE no_key (v int)");
    let watch = Running::start(sides.watch(&["--every", "100ms", "--workers", "2"]));
    let same = |sql: &str| sides.source.rows(sql) == sides.destination.rows(sql);
    let loaded = |count: &str| {
        sides.destination.rows("SELECT FROM pg_class WHERE relname = 'syncs'").len() == 1
            && sides.destination.one("SELECT count(*) FROM pghaul.syncs WHERE phase = 'following'") == count
    };
    wait_for("the others", || loaded("7"));
    for round in 0..3 {
        sides.source.execute(&format!("UPDATE followed SET v = 'round {round}', u = u + 1000; INSERT INTO parts VALUES ({round} + 2000, {round} + 2000)"));
        wait_for("both", || {
            same("SELECT * FROM followed ORDER BY id") && same("SELECT * FROM parts ORDER BY id")
        });
    }
    sides.destination.execute("DROP TABLE no_key");
    wait_for("the one that failed", || loaded("8"));
    watch.signal(Signal::SIGTERM);
    let run = ended(watch.wait());
    run.assert_stderr_has("v is integer, at the source text").assert_stderr_has("no_key is synced again");
    assert_all_same(&sides);
}

#[test]
fn a_watch_takes_in_tables_that_come_and_leaves_those_that_go() {
    let sides = Sides::new(&kinds(10), &SCHEMA);
    let watch = Running::start(sides.watch(&["--every", "50ms", "--exclude", "not_*"]));
    let is_there = |table: &str| {
        let sql = format!("SELECT to_regclass('{table}') IS NOT NULL");
        sides.destination.one(&sql) == "t"
    };
    wait_for("the first tables", || is_there("parts"));
    for number in 0..3 {
        sides.source.execute(&format!(
            "CREATE TABLE new_{number} (id int PRIMARY KEY, u bigint NOT NULL); CREATE INDEX ON new_{number} (u); \
             INSERT INTO new_{number} SELECT i, i FROM generate_series(1, 10) i; CREATE TABLE not_{number} (x int)"
        ));
        let table = format!("new_{number}");
        wait_for("the new table", || {
            is_there(&table) && sides.destination.one(&format!("SELECT count(*) FROM {table}")) == "10"
        });
        // It is followed like the others.
        sides.source.execute(&format!("INSERT INTO {table} VALUES (11, 11)"));
        wait_for("its new row", || sides.destination.one(&format!("SELECT count(*) FROM {table}")) == "11");
    }
    sides.source.execute("DROP TABLE new_1");
    sides.source.execute("CREATE TABLE last (x int); INSERT INTO last VALUES (1)");
    wait_for("the last table", || {
        is_there("last") && sides.destination.one("SELECT count(*) FROM last") == "1"
    });
    watch.signal(Signal::SIGTERM);
    let run = ended(watch.wait());
    run.assert_stderr_has("new_1 is gone at the source, and stays");
    assert!(is_there("new_1") && !is_there("not_0"));
}

#[test]
fn a_watch_says_which_tables_are_not_the_same_when_it_ends() {
    let sides = Sides::new(&kinds(10), &SCHEMA);
    sides.destination.execute("CREATE TABLE no_key (v int)");
    let mut watch = Running::start(sides.watch(&["--every", "1h"]));
    wait_for("the others", || {
        sides.destination.rows("SELECT FROM pg_class WHERE relname = 'syncs'").len() == 1
            && sides.destination.one("SELECT count(*) FROM pghaul.syncs WHERE phase = 'following'") == "7"
    });
    // Its figures are the last that a pass says. The two without rows say none.
    for table in SYNCED.iter().filter(|table| **table != "no_key") {
        watch.wait_for_line(&format!("{table}: "));
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    watch.signal(Signal::SIGTERM);
    watch.wait().assert_code(1).assert_stderr_has("the last pass has failed for 1 table: no_key");
}
