//! `--mothers recreate`: a mother and all her version tables are what they were, or all of them are new.

use super::ORDERS;
use crate::dumps::LARGE_BYTES;
use nix::sys::signal::Signal;
use pghaul_test_support::{Case, Outcome, Running, Server, ServerOptions, case, names, server};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const RECREATE: &str = "--mothers recreate";
const STAGED: &str = "(SELECT count(*) FROM pg_class WHERE relname LIKE 'pghaul\\_staging\\_%')";
/// What a test holds so that no staging table is created.
const PAUSE: &str = "4711";

/// Two versions of users and one of orders, loaded.
fn loaded(case: Case) -> Case {
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "1|Ann\n2|Bob\n"), ORDERS]);
    case.dump("crm_v2", &[("users", "id:int name:varchar(50)", "3|Cid\n")]);
    case.load("");
    case
}

/// What is there of users: everything of [`Case::everything`] but of orders.
fn users(case: &Case) -> Vec<Vec<Option<String>>> {
    let is_of_orders = |row: &Vec<Option<String>>| row.iter().flatten().any(|text| text.contains("orders"));
    case.everything().into_iter().filter(|row| !is_of_orders(row)).collect()
}

/// Three versions of users with so many rows each, all of `generation`.
fn write(case: &Case, generation: usize, rows: usize) {
    let rows = format!("{generation}|x\n").repeat(rows);
    for version in ["crm_v1", "crm_v2", "crm_v3"] {
        case.dump(version, &[("users", "generation:int filler:text", &rows)]);
    }
}

/// Counts through the mother and through the union view as long as `work` lasts, in several ways; gives the counts seen. No
/// answer mixes generations.
fn read_during(case: &Case, work: impl FnOnce()) -> BTreeSet<i64> {
    let done = AtomicBool::new(false);
    let read_until_done = |(before, table): (&str, &str)| {
        let mut client = case.db.client();
        let sql = format!("SELECT count(*), count(DISTINCT generation) FROM {table}");
        let prepared = client.prepare(&sql).unwrap();
        let mut seen = BTreeSet::new();
        while !done.load(Ordering::Relaxed) {
            let mut transaction = client.transaction().unwrap();
            transaction.batch_execute(before).unwrap();
            if !before.is_empty() {
                // Long enough to be met by a publication, and short enough to let it pass.
                std::thread::sleep(Duration::from_millis(5));
            }
            let row = match before {
                "" => transaction.query_one(&prepared, &[]),
                _ => transaction.query_one(&sql, &[]),
            };
            let row = row.unwrap();
            transaction.commit().unwrap();
            assert_eq!(row.get::<_, i64>(1), 1, "a mix: {row:?}");
            seen.insert(row.get(0));
            std::thread::sleep(Duration::from_millis(if before.is_empty() { 0 } else { 60 }));
        }
        seen
    };
    std::thread::scope(|scope| {
        let read_until_done = &read_until_done;
        let ways = [
            ("", "users"),
            ("", "users_all"),
            ("SELECT FROM v1_users LIMIT 1", "users"),
            ("SELECT FROM users LIMIT 1", "users_all"),
        ];
        let readers = ways.map(|way| scope.spawn(move || read_until_done(way)));
        work();
        done.store(true, Ordering::Relaxed);
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    })
}

#[test]
fn readers_see_the_old_or_the_new_rows_of_all_versions() {
    let case = case!();
    case.config("views: true");
    write(&case, 0, 100);
    case.load("");
    let seen = read_during(&case, || {
        for generation in 1..=4 {
            write(&case, generation, if generation % 2 == 0 { 100 } else { 200 });
            let workers = if generation % 3 == 0 { 1 } else { 3 };
            let statuses = case.load(&format!("{RECREATE} --workers {workers}"));
            assert!(statuses.values().all(|status| status == "loaded"), "{statuses:?}");
        }
    });
    assert_eq!(seen, BTreeSet::from([300, 600]));
    assert!(!server().log().contains("deadlock detected"));
    assert_eq!(case.tables(), "users v1_users v2_users v3_users");
    assert_eq!(case.db.one("SELECT string_agg(rows::text, ' ') FROM pghaul.loads"), "100 100 100");
    assert!(case.load("").values().all(|status| status == "unchanged"));
}

#[test]
fn a_version_that_cannot_be_loaded_leaves_the_mother_with_everything() {
    let case = loaded(case!());
    case.db.execute("CREATE INDEX mine ON v1_users (name); GRANT SELECT ON users TO PUBLIC");
    let before = users(&case);
    let orders = case.db.one("SELECT 'orders'::regclass::oid");
    case.dump("crm_v2", &[("users", "id:int name:varchar(50)", "3|Cid\nx|Bad\n")]);
    let outcome = case.ends_with(1, &format!("{RECREATE} --max-rejects 0 --workers 1"));
    outcome.run.assert_stderr_has("error: crm_v2.zip/users.dat, line 3, column id: ").assert_stderr_has(
        "error: crm_v1.zip/users.dat: not published, since v2_users could not be loaded; \
         users and all its version tables are what they were\n",
    );
    assert_eq!(outcome.report["totals"]["failed"], 2);
    assert_eq!(outcome.statuses()["v1_orders"], "loaded");
    assert_eq!(users(&case), before, "a staging table, or a new one");
    assert_ne!(case.db.one("SELECT 'orders'::regclass::oid"), orders);
    // Corrected, the next run completes.
    case.dump("crm_v2", &[("users", "id:int name:varchar(50)", "3|Cid\n4|Good\n")]);
    case.load(RECREATE);
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "4");
    assert_eq!(case.db.one("SELECT count(*) FROM pg_indexes WHERE indexname = 'mine'"), "0");
}

#[test]
fn too_many_rejects_of_one_version_leave_none_of_another() {
    let case = loaded(case!());
    let before = users(&case);
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "1|Ann\nx|one\n"), ORDERS]);
    case.dump("crm_v2", &[("users", "id:int name:varchar(50)", "3|Cid\nx|one\ny|two\n")]);
    let outcome = case.ends_with(1, &format!("{RECREATE} --max-rejects 1"));
    outcome.run.assert_stderr_has("with this row, 2 rows cannot be loaded, and --max-rejects allows 1");
    assert_eq!(users(&case), before);
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "3");
    let files = || names(case.work.join("rejects")).join(" ");
    assert_eq!(files(), "v2_users.failed.jsonl");
    let outcome = case.ends_with(3, &format!("{RECREATE} --max-rejects 2"));
    assert_eq!(outcome.report["totals"]["rows_rejected"], 3);
    assert_eq!(files(), "v1_users.dat v1_users.jsonl v2_users.dat v2_users.jsonl");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "2");
}

#[test]
fn changed_columns_and_a_detached_version() {
    let case = loaded(case!());
    case.config("views: true");
    case.load("");
    case.db.execute("ALTER TABLE v2_users NO INHERIT users");
    case.dump("crm_v1", &[("users", "id:bigint city:text", "1|Bonn\n"), ORDERS]);
    case.dump("crm_v2", &[("users", "id:bigint age:int", "3|30\n4|40\n")]);
    let plan = case.plan_with(RECREATE);
    assert!(!plan.stdout.contains("-- replace"), "{}", plan.stdout);
    let statuses = case.load(RECREATE);
    assert!(statuses.values().all(|status| status == "loaded"), "{statuses:?}");
    assert_eq!(case.columns("users"), "id bigint");
    assert_eq!(case.columns("v2_users"), "id bigint, age integer");
    assert_eq!(case.columns("users_all"), "version_table text, id bigint, city text, age integer");
    assert_eq!(case.db.one("SELECT sum(id) FROM users_all"), "8");
    assert_eq!(case.tables(), "orders users v1_orders v1_users v2_users");
}

#[test]
fn a_large_version_waits_for_the_others() {
    const ROW_BYTES: usize = 1 << 16;
    const ROWS: usize = LARGE_BYTES / ROW_BYTES;
    let case = loaded(case!());
    let before = users(&case);
    let row = format!("7|{}\n", "x".repeat(ROW_BYTES));
    case.dump("crm_v1", &[("users", "id:int name:text", &row.repeat(ROWS)), ORDERS]);
    case.dump("crm_v2", &[("users", "id:int name:text", "x|Bad\n")]);
    let by_many = format!("copied {ROWS} rows by 4 streams");
    let run = case.ends_with(1, &format!("{RECREATE} --workers 4 -v")).run;
    run.assert_stderr_has(&by_many).assert_stderr_has("since v2_users could not be loaded");
    assert_eq!(users(&case), before);
    case.dump("crm_v2", &[("users", "id:int name:text", "3|Cid\n")]);
    let outcome = case.ends_with(0, &format!("{RECREATE} --workers 4 --verify -v"));
    outcome.run.assert_stderr_has(&by_many);
    assert!(outcome.units().iter().all(|unit| unit["verified"] == true), "{}", outcome.report);
    assert_eq!(case.db.one("SELECT count(*) FROM users"), (ROWS + 1).to_string());
    assert_eq!(case.db.one(&format!("SELECT {STAGED}")), "0");
}

/// A recreation whose versions are all loaded, and which waits for a reader of the old mother.
fn waiting_for_a_reader(case: &Case, args: &str) -> (Running, postgres::Client) {
    case.db.execute(&format!(
        "CREATE OR REPLACE FUNCTION pause() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity LIKE '%pghaul_staging_%') \
             THEN PERFORM pg_advisory_xact_lock_shared({PAUSE}); END IF; END $$; \
         DROP EVENT TRIGGER IF EXISTS pause; \
         CREATE EVENT TRIGGER pause ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION pause()"
    ));
    let mut holder = case.db.client();
    holder.batch_execute(&format!("SELECT pg_advisory_lock({PAUSE})")).unwrap();
    let running = Running::start(case.ingest(&format!("{RECREATE} {args}")).command());
    case.wait_until(
        "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_database d ON d.oid = database \
                        WHERE locktype = 'advisory' AND NOT granted AND datname = current_database())",
    );
    let mut reader = case.db.client();
    reader.batch_execute("BEGIN; SELECT FROM users").unwrap();
    drop(holder);
    case.wait_until(&format!(
        "SELECT {STAGED} = 2 \
            AND EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass)"
    ));
    (running, reader)
}

#[test]
fn what_a_killed_run_has_staged_goes_with_the_next_run() {
    let case = loaded(case!());
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "1|Ann\n2|Bob\n")]);
    let before = users(&case);
    let (running, reader) = waiting_for_a_reader(&case, "");
    running.signal(Signal::SIGKILL);
    running.wait().assert_code(137);
    drop(reader);
    assert_eq!(case.db.one(&format!("SELECT {STAGED}")), "2");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), "3");
    // Nothing has changed, so that nothing is loaded.
    case.wait_until(
        "SELECT count(*) = 1 FROM pg_stat_activity \
         WHERE datname = current_database() AND backend_type = 'client backend'",
    );
    let statuses = case.load("");
    assert!(statuses.values().all(|status| status == "unchanged"), "{statuses:?}");
    assert_eq!(users(&case), before);
}

#[test]
fn ctrl_c_while_a_reader_is_waited_for() {
    let case = loaded(case!());
    let before = users(&case);
    let (running, reader) = waiting_for_a_reader(&case, "");
    running.signal(Signal::SIGINT);
    running.wait().assert_code(130);
    drop(reader);
    assert_eq!(users(&case), before);
}

#[test]
fn a_crash_of_the_server_is_survived_by_what_is_staged_but_not_by_unlogged_tables() {
    let server: &'static Server = Box::leak(Box::new(Server::start(ServerOptions {
        settings: vec!["synchronous_commit = off".to_owned()],
        ..Default::default()
    })));
    let case = loaded(Case::on(server, env!("CARGO_BIN_EXE_pghaul")));
    case.dump("crm_v1", &[("users", "id:int name:varchar(50)", "9|Zoe\n")]);
    for (args, code, rows, message) in [
        ("--unlogged", 1, "3", "which held its rows until they could be published, was dropped or emptied"),
        ("", 0, "2", "trying again in "),
    ] {
        case.db.execute("CHECKPOINT");
        let (running, reader) = waiting_for_a_reader(&case, args);
        server.crash();
        drop(reader);
        server.start_again();
        let run = running.wait();
        run.assert_code(code).assert_stderr_has(message);
        assert_eq!(case.db.one("SELECT count(*) FROM users"), rows);
        assert_eq!(case.db.one(&format!("SELECT {STAGED}")), "0");
    }
}

#[test]
fn runs_at_once_come_one_after_the_other() {
    let case = case!();
    for round in 0..4 {
        write(&case, round, 50);
        let others = ["", "--force", RECREATE];
        let runs = [RECREATE, others[round % 3]].map(|args| Running::start(case.ingest(args).command()));
        for run in runs {
            let run = run.wait();
            run.assert_code(0);
            Outcome::of(run);
        }
        assert_eq!(case.db.one("SELECT count(*) || ' ' || count(DISTINCT tableoid) FROM users"), "150 3");
        assert_eq!(case.tables(), "users v1_users v2_users v3_users");
        assert_eq!(case.db.one("SELECT count(*) FROM pghaul.loads"), "3");
    }
    assert!(!server().log().contains("deadlock detected"));
}
