//! A batch that Redis loses between taking and loading: an error, and never "0 rows".

use crate::gate::{BEFORE, Gate};
use nix::sys::signal::Signal;
use pghaul_test_support::{Drain, REPLICA, drain, messages, says, wait_for};
use redis::{Connection, cmd};

const COLUMNS: &str = r#"["id", "n"]"#;
const DRAINING: &str = "{sample_us_users}:pghaul:draining";

type Lose = fn(&mut Connection, &str);

/// Ways in which Redis loses a key.
const WAYS: [(&str, Lose); 4] = [
    ("removed", |redis, batch| cmd("UNLINK").arg(batch).exec(redis).unwrap()),
    ("expired", |redis, batch| cmd("PEXPIRE").arg(batch).arg(1).exec(redis).unwrap()),
    ("flushed", |redis, _| cmd("FLUSHALL").exec(redis).unwrap()),
    ("evicted", |redis, _| {
        cmd("CONFIG").arg("SET").arg("maxmemory-policy").arg("allkeys-lru").exec(redis).unwrap();
        cmd("CONFIG").arg("SET").arg("maxmemory").arg(1).exec(redis).unwrap();
        wait_for("the eviction", || {
            // Any command makes Redis look at its memory.
            let _ = cmd("SET").arg("x").arg("y").exec(redis);
            cmd("DBSIZE").query::<u64>(redis).unwrap() == 0
        });
        cmd("CONFIG").arg("SET").arg("maxmemory").arg(0).exec(redis).unwrap();
    }),
];

fn has_published(drain: &Drain<'_>) -> bool {
    drain.db.one("SELECT to_regclass('pghaul.drains') IS NOT NULL") == "t"
        && drain.db.one("SELECT count(*) FROM pghaul.drains") != "0"
}

#[test]
fn between_taking_and_loading() {
    for (how, lose) in WAYS {
        for into in ["mode: append", "mode: replace"] {
            let drain = drain!();
            let mut redis = drain.register(COLUMNS);
            drain.put(&[("1", "[1]"), ("2", "[2]")]);
            drain.config(&drain.redis.url(), into, BEFORE);
            let gate = Gate::close(&drain.db);
            let running = drain.start(&["--retries", "0"]);
            Gate::wait(&drain.db);
            let batch: String = cmd("GET").arg(DRAINING).query(&mut redis).unwrap();
            lose(&mut redis, &batch);
            gate.open();
            let run = running.wait();
            run.assert_code(1).assert_stdout_has("FAILED");
            says(
                &messages(&run).remove(0),
                &[REPLICA, &batch, "is gone from Redis", "not in the table", "noeviction"],
            );
            if how == "evicted" {
                run.assert_stderr_has("maxmemory-policy is allkeys-lru");
            }
            assert!(!has_published(&drain), "{how}");
            // It is said once, and what comes is drained.
            cmd("DEL").arg("replica_registry").exec(&mut redis).unwrap();
            drain.register(COLUMNS);
            drain.put(&[("3", "[3]")]);
            drain.config(&drain.redis.url(), into, "");
            drain.drains();
            assert_eq!((drain.count(), drain.keys().len()), (1, 0), "{how}");
        }
    }
}

#[test]
fn between_two_runs() {
    for (how, lose) in &WAYS[..2] {
        let drain = drain!();
        let mut redis = drain.register(COLUMNS);
        drain.put(&[("1", "broken")]);
        drain.run(&[]).assert_code(1);
        let batch: String = cmd("GET").arg(DRAINING).query(&mut redis).unwrap();
        lose(&mut redis, &batch);
        wait_for("the loss", || !cmd("EXISTS").arg(&batch).query::<bool>(&mut redis).unwrap());
        drain.put(&[("2", "[2]")]);
        let run = drain.run(&[]);
        run.assert_code(1);
        says(&messages(&run).remove(0), &[&batch, "is gone from Redis"]);
        assert_eq!(drain.keys(), [REPLICA], "{how}");
        drain.drains();
        assert_eq!((drain.count(), drain.keys().len()), (1, 0), "{how}");
    }
}

#[test]
fn a_published_batch_may_be_gone() {
    let drain = drain!();
    let mut redis = drain.register(COLUMNS);
    drain.put(&[("1", "[1]")]);
    drain.drains();
    // As `--keep` leaves it that was killed in the middle of the removal.
    let batch = drain.db.one("SELECT batch FROM pghaul.drains");
    cmd("SET").arg(DRAINING).arg(&batch).exec(&mut redis).unwrap();
    for args in [&["--keep"][..], &[]] {
        cmd("SET").arg(DRAINING).arg(&batch).exec(&mut redis).unwrap();
        drain.run(args).assert_code(0).assert_stderr_has("was published");
        assert_eq!((drain.count(), drain.keys().len()), (1, 0));
    }
}

#[test]
fn a_policy_that_evicts_is_warned_about_once() {
    for (policy, text) in [
        ("noeviction", None),
        ("allkeys-lru", Some("may remove a replica or a batch")),
        ("volatile-ttl", Some("may remove a replica with a time to live")),
    ] {
        let drain = drain!();
        let mut redis = drain.register(COLUMNS);
        cmd("CONFIG").arg("SET").arg("maxmemory-policy").arg(policy).exec(&mut redis).unwrap();
        drain.put(&[("1", "[1]")]);
        let watching = drain.start(&["--watch", "--every", "300ms"]);
        for n in ["2", "3"] {
            wait_for("a row", || has_published(&drain) && drain.keys().is_empty());
            drain.put(&[(n, "[1]")]);
        }
        wait_for("the last row", || drain.keys().is_empty() && drain.count() == 3);
        std::thread::sleep(std::time::Duration::from_millis(150));
        watching.signal(Signal::SIGTERM);
        let run = watching.wait();
        let warnings = run.stderr.matches("maxmemory-policy").count();
        run.assert(warnings == usize::from(text.is_some()), "one warning if any");
        if let Some(text) = text {
            run.assert_stderr_has(&format!("maxmemory-policy is {policy}")).assert_stderr_has(text);
        }
    }
}

#[test]
fn rows_with_a_time_to_live_of_their_own_stay_until_they_are_published() {
    let drain = drain!();
    let mut redis = drain.register(COLUMNS);
    let rows: Vec<(String, String)> = (0..3000).map(|id| (id.to_string(), format!("[{id}]"))).collect();
    let rows: Vec<(&str, &str)> = rows.iter().map(|(id, row)| (id.as_str(), row.as_str())).collect();
    drain.put(&rows);
    let expire = |redis: &mut Connection, milliseconds: u32, ids: &[&str]| {
        let mut command = cmd("HPEXPIRE");
        command.arg(REPLICA).arg(milliseconds).arg("FIELDS").arg(ids.len()).arg(ids);
        command.exec(redis)
    };
    let ids: Vec<&str> = rows.iter().map(|(id, _)| *id).filter(|id| id.ends_with('7')).collect();
    match expire(&mut redis, 2000, &ids) {
        // Before Redis 7.4 and Valkey 9, rows have none.
        Err(error) if error.to_string().contains("unknown command") => return,
        done => done.unwrap(),
    }
    drain.config(&drain.redis.url(), "mode: append", BEFORE);
    let gate = Gate::close(&drain.db);
    let running = drain.start(&[]);
    Gate::wait(&drain.db);
    // Long after all of them would have been gone.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    gate.open();
    running.wait().assert_code(0);
    assert_eq!((drain.count(), drain.keys().len()), (3000, 0));
    // What has expired before it was taken is gone, as Redis was asked.
    drain.put(&[("3001", "[1]"), ("3002", "[2]")]);
    expire(&mut redis, 1, &["3001"]).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(100));
    drain.config(&drain.redis.url(), "mode: append", "");
    drain.drains();
    assert_eq!(drain.count(), 3001);
}
