//! Loads that are killed: by SIGKILL at any moment, by signals, by the server. Nothing is ever half there.

use crate::random::{self, Random};
use crate::wait_until_gone;
use nix::sys::signal::Signal;
use pghaul_test_support::{
    Case, IN_COPY, Outcome, Run, Running, Server, ServerOptions, case, pghaul, write_dump,
};
use std::net::TcpListener;
use std::time::{Duration, Instant};

const ROUNDS: u32 = 6;
/// Enough that a load takes longer than noticing that it has begun.
const BIG_ROWS: u64 = 300_000;
const BLOCK_ROWS: u64 = 500;
const SMALL_ROWS: u64 = 1000;
const LOST: &str = "the server's log says why; run again to load what is missing";
const TABLES: &str = "events notes v1_events v1_notes";

/// One dump of a large and a small table, whose rows all say which generation they are. The same block of rows again
/// and again: an unoptimised build takes longer to write a large dump than to load it.
fn write(case: &Case, generation: u32, rows: [u64; 2]) {
    // A generator without quality (Knuth's MMIX constants): rows must only differ, in the same way each time.
    let mut seed = 1_u64;
    let block: Vec<String> = (0..BLOCK_ROWS)
        .map(|id| {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let (minute, word) = ((seed >> 58) % 60, seed >> 32);
            format!("{id}|{generation}|2020-02-29 12:{minute:02}:00|{word:x}\n")
        })
        .collect();
    let whole = block.concat();
    write_dump(&case.dump_path("crm_v1"), |dump| {
        for (table, rows) in ["events", "notes"].into_iter().zip(rows) {
            dump.table(table, "id:bigint generation:int at:datetime text:varchar(40)", |out| {
                (0..rows / BLOCK_ROWS).try_for_each(|_| out.write_all(whole.as_bytes()))?;
                block
                    .iter()
                    .take((rows % BLOCK_ROWS) as usize)
                    .try_for_each(|row| out.write_all(row.as_bytes()))
            })?;
        }
        Ok(())
    });
}

/// What the ids of the first `rows` rows add up to.
fn sum_of_ids(rows: u64) -> u64 {
    let of_block = |rows: u64| rows * rows.saturating_sub(1) / 2;
    rows / BLOCK_ROWS * of_block(BLOCK_ROWS) + of_block(rows % BLOCK_ROWS)
}

fn sizes(generation: u32) -> [u64; 2] {
    [BIG_ROWS + u64::from(generation), SMALL_ROWS + u64::from(generation)]
}

/// Loads this generation in full.
#[track_caller]
fn load(case: &Case, generation: u32) {
    write(case, generation, sizes(generation));
    case.load("");
    assert_eq!(generations(case), [generation; 2]);
}

/// Which generation each version table holds, after checking that it holds all of it and nothing else, that the
/// mother shows the same, that the ledger knows it, and that nothing is left over.
#[track_caller]
fn generations(case: &Case) -> [u32; 2] {
    assert_eq!(case.tables(), TABLES);
    [("events", BIG_ROWS), ("notes", SMALL_ROWS)].map(|(mother, base)| {
        let sql = format!(
            "SELECT min(generation), max(generation), count(*), sum(id), \
                    (SELECT count(*) FROM ONLY v1_{mother}), \
                    (SELECT rows FROM pghaul.loads WHERE unit = 'v1_{mother}') FROM {mother}"
        );
        let values: Vec<u64> =
            case.db.rows(&sql)[0].iter().map(|v| v.as_ref().unwrap().parse().unwrap()).collect();
        let generation = values[0];
        let rows = base + generation;
        assert_eq!(values, [generation, generation, rows, sum_of_ids(rows), rows, rows], "{mother}");
        u32::try_from(generation).unwrap()
    })
}

/// Starts a run and stops it, by SIGSTOP, while its COPY of the large table is under way.
fn stopped_in_copy(case: &Case, args: &str) -> Running {
    let running = Running::start(case.ingest(args).command());
    let in_copy = &format!("SELECT count(*) = 1 FROM {IN_COPY}");
    case.wait_until(in_copy);
    // The first of its rows are with the server by then.
    std::thread::sleep(Duration::from_millis(20));
    running.signal(Signal::SIGSTOP);
    assert_eq!(case.db.one(in_copy), "t", "the load was too fast to be stopped in its COPY");
    running
}

#[test]
fn sigkill_at_any_moment_leaves_the_old_or_the_new_and_the_next_run_completes() {
    let rounds = random::rounds(ROUNDS);
    let mut random = Random::new();
    let case = case!();
    write(&case, 0, sizes(0));
    let started = Instant::now();
    case.load("");
    let whole = started.elapsed();
    let mut killed = 0;
    let mut before = [0; 2];
    for round in 1..=rounds {
        write(&case, round, sizes(round));
        let moment = random.moment(whole);
        let running = Running::start(case.ingest("--workers 2").command());
        std::thread::sleep(moment);
        running.signal(Signal::SIGKILL);
        let run = running.wait();
        run.assert(run.code == 137 || run.code == 0, "exit by SIGKILL, or before it");
        wait_until_gone(&case.db);
        let after = generations(&case);
        for (before, after) in before.into_iter().zip(after) {
            run.assert(
                after == before || after == round,
                &format!("{before} or {round} after {moment:?}, not {after}"),
            );
        }
        killed += u32::from(after != [round; 2]);
        before = after;
        if round % 3 == 0 {
            case.load("");
            before = [round; 2];
            assert_eq!(generations(&case), before, "round {round}");
        }
    }
    println!("{killed} of {rounds} kills came before the end of a load of {whole:?}");
    assert!(killed > 0, "no kill of {rounds} came in time; a whole load took {whole:?}");
    case.load("");
    assert_eq!(generations(&case), [rounds; 2]);
}

#[test]
fn sigkill_of_a_first_load_leaves_empty_mothers() {
    let case = case!();
    write(&case, 0, sizes(0));
    let running = stopped_in_copy(&case, "--workers 1");
    running.signal(Signal::SIGKILL);
    running.wait().assert_code(137);
    wait_until_gone(&case.db);
    assert_eq!(case.tables(), "events notes");
    assert_eq!(case.db.one("SELECT count(*) FROM events"), "0");
    assert_eq!(case.db.one("SELECT count(*) FROM pghaul.loads"), "0");
    load(&case, 0);
}

#[test]
fn ctrl_c_and_sigterm_roll_back_and_say_so() {
    let case = case!();
    load(&case, 0);
    let before = case.everything();
    write(&case, 1, sizes(1));
    for (signal, code, mothers) in [(Signal::SIGINT, 130, "keep"), (Signal::SIGTERM, 143, "recreate")] {
        let running = stopped_in_copy(&case, &format!("--workers 1 --mothers {mothers}"));
        running.signal(signal);
        let asked = Instant::now();
        running.signal(Signal::SIGCONT);
        let run = running.wait();
        run.assert_code(code).assert_stderr_has("interrupted; what was not complete has been undone");
        run.assert(asked.elapsed() < Duration::from_secs(5), "the end within seconds");
        run.assert(run.stderr.lines().count() == 1, "one line, however many units were stopped");
        let outcome = Outcome::of(run);
        assert_eq!(outcome.report["status"], "interrupted");
        let statuses = outcome.statuses();
        assert_eq!((statuses["v1_events"].as_str(), statuses["v1_notes"].as_str()), ("failed", "not_loaded"));
        assert_eq!(outcome.report["totals"]["failed"], 1);
        assert_eq!(outcome.report["totals"]["not_loaded"], 1);
        assert_eq!(case.everything(), before);
    }
    load(&case, 1);
}

/// A table that another session creates meanwhile is not ours.
#[test]
fn a_unit_whose_place_is_taken_is_refused_and_the_others_load() {
    let case = case!();
    write(&case, 0, sizes(0));
    let running = stopped_in_copy(&case, "--workers 1");
    case.db.execute("CREATE TABLE v1_notes (id int)");
    running.signal(Signal::SIGCONT);
    let run = running.wait();
    run.assert_code(1)
        .assert_stderr_has("there is now a table \"public\".\"v1_notes\" that pghaul did not load");
    let outcome = Outcome::of(run);
    let statuses = outcome.statuses();
    assert_eq!((statuses["v1_events"].as_str(), statuses["v1_notes"].as_str()), ("loaded", "refused"));
    assert_eq!(outcome.report["totals"]["refused"], 1);
    assert_eq!(case.db.one("SELECT count(*) FROM v1_notes"), "0");
}

#[test]
fn ctrl_c_ends_a_run_that_waits_for_a_lock() {
    // What a swap, the look at the mothers, and the statistics at the end wait for.
    for lock in ["IN ACCESS SHARE MODE", "IN ACCESS EXCLUSIVE MODE", "IN SHARE UPDATE EXCLUSIVE MODE"] {
        let case = case!();
        case.dump("crm_v1", &[("notes", "id:int", "1\n")]);
        case.load("");
        let mut client = case.db.client();
        let mut other = client.transaction().unwrap();
        other.batch_execute(&format!("LOCK TABLE notes {lock}")).unwrap();
        let running = Running::start(case.ingest("--force").command());
        let waiting =
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'notes'::regclass)";
        case.wait_until(waiting);
        let signalled = Instant::now();
        running.signal(Signal::SIGINT);
        let run = running.wait();
        run.assert_code(130).assert_stderr_has("error: interrupted");
        run.assert(signalled.elapsed() < Duration::from_secs(3), "an end without waiting for the lock");
        other.commit().unwrap();
        drop(client);
        wait_until_gone(&case.db);
        assert_eq!(case.tables(), "notes v1_notes");
        assert_eq!(case.db.one("SELECT count(*) FROM notes"), "1");
    }
}

#[test]
fn a_second_ctrl_c_ends_a_run_that_hangs() {
    let case = case!();
    case.dump("crm_v1", &[("notes", "id:int", "1\n")]);
    // Takes the connection, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgresql://me@{}/db?sslmode=disable", silent.local_addr().unwrap());
    let command = pghaul!(case.work).args(["ingest", "dumps", "--db", &url]);
    let mut running = Running::start(command.command());
    let _connection = silent.accept().unwrap();
    running.signal(Signal::SIGINT);
    std::thread::sleep(Duration::from_millis(300));
    assert!(running.is_alive(), "the first asks");
    running.signal(Signal::SIGINT);
    running.wait().assert_code(130);
}

/// A run whose connection the server ends in the COPY of the large table.
fn terminated_in_copy(case: &Case, args: &str) -> Run {
    let running = stopped_in_copy(case, args);
    let terminate = format!("SELECT count(pg_terminate_backend(pid)) FROM {IN_COPY}");
    assert_eq!(case.db.one(&terminate), "1");
    running.signal(Signal::SIGCONT);
    running.wait()
}

#[test]
fn a_worker_whose_connection_is_terminated_fails_alone() {
    let case = case!();
    load(&case, 0);
    write(&case, 1, sizes(1));
    // One worker: the small table comes after the failure, on a new connection.
    let run = terminated_in_copy(&case, "--workers 1 --retries 0");
    run.assert_code(1).assert_stderr_has("error: crm_v1.zip/events.dat: ").assert_stderr_has(LOST);
    let statuses = Outcome::of(run).statuses();
    assert_eq!((statuses["v1_events"].as_str(), statuses["v1_notes"].as_str()), ("failed", "loaded"));
    assert_eq!(generations(&case), [0, 1]);
    assert_eq!(case.load("")["v1_notes"], "unchanged");
    assert_eq!(generations(&case), [1, 1]);
}

#[test]
fn a_unit_whose_connection_is_terminated_is_loaded_again() {
    let case = case!();
    load(&case, 0);
    write(&case, 1, sizes(1));
    let run = terminated_in_copy(&case, "--workers 1");
    run.assert_code(0)
        .assert_stderr_has("crm_v1.zip/events.dat: ")
        .assert_stderr_has("; trying again in ")
        .assert_stderr_has(" s (1 of 3)");
    let outcome = Outcome::of(run);
    assert_eq!(outcome.report["totals"]["rows_loaded"], BIG_ROWS + SMALL_ROWS + 2);
    assert_eq!(generations(&case), [1, 1]);
}

#[test]
fn a_server_that_comes_back_gets_what_is_missing() {
    let server = Server::start(ServerOptions::default());
    let case = case!();
    let db = server.database();
    write(&case, 0, sizes(0));
    let ingest =
        pghaul!(case.work).args(["ingest", "dumps", "--db", &db.url(), "--report", "-", "--retries", "6"]);
    let running = Running::start(ingest.command());
    db.wait_until(&format!("SELECT count(*) > 0 FROM {IN_COPY}"));
    server.crash();
    std::thread::sleep(Duration::from_secs(1));
    server.start_again();
    let run = running.wait();
    run.assert_code(0).assert_stderr_has("trying again in ");
    assert_eq!(db.one("SELECT count(*) FROM events"), BIG_ROWS.to_string());
    assert_eq!(db.one("SELECT count(*) FROM notes"), SMALL_ROWS.to_string());
}

#[test]
fn a_server_crash_fails_the_run_and_the_next_one_completes() {
    let server = Server::start(ServerOptions::default());
    let case = case!();
    let db = server.database();
    write(&case, 0, sizes(0));
    let ingest =
        || pghaul!(case.work).args(["ingest", "dumps", "--db", &db.url(), "--report", "-", "--retries", "1"]);
    ingest().run().assert_code(0);
    write(&case, 1, sizes(1));
    let running = Running::start(ingest().command());
    db.wait_until(&format!("SELECT count(*) > 0 FROM {IN_COPY}"));
    server.crash();
    let run = running.wait();
    run.assert_code(1).assert_stderr_has("error: crm_v1.zip/events.dat: ").assert_stderr_has(LOST);
    let outcome = Outcome::of(run);
    assert_eq!(
        (&outcome.report["status"], &outcome.statuses()["v1_events"]),
        (&"failed".into(), &"failed".to_owned())
    );
    ingest().run().assert_code(2).assert_stderr_has("postgresql://");
    server.start_again();
    assert_eq!(db.one("SELECT count(*) FROM events"), BIG_ROWS.to_string());
    ingest().run().assert_code(0);
    assert_eq!(db.one("SELECT count(*) FROM events WHERE generation = 1"), (BIG_ROWS + 1).to_string());
    assert_eq!(db.one("SELECT count(*) FROM events"), (BIG_ROWS + 1).to_string());
}
