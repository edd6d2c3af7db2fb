//! Drains that are killed, under a writer that never stops: at the end every row that was written is in the table, once.

use crate::random::{self, Random};
use nix::sys::signal::Signal;
use pghaul_test_support::{Drain, REPLICA, RedisServer, Server, ServerOptions, Writer, drain};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: u32 = 10;

/// Drains what is there until there is nothing left.
fn drain_all(drain: &Drain<'_>) {
    while !drain.keys().is_empty() {
        drain.drains();
    }
}

#[test]
fn killed_at_any_moment_each_row_comes_once() {
    for mode in ["mode: append", "mode: upsert, key: [id]"] {
        let drain = drain!();
        drain.register(Writer::COLUMNS);
        drain.config(&drain.redis.url(), mode, "");
        let writer = Writer::start(&drain.redis.url());
        let began = Instant::now();
        drain.drains();
        // Some end by themselves, so that every moment of a run has its turn.
        let longest_life = began.elapsed() * 5 / 4;
        let (rounds, mut random, mut ended) = (random::rounds(ROUNDS), Random::new(), 0);
        for _ in 0..rounds {
            let mut running = drain.start(&[]);
            std::thread::sleep(random.moment(longest_life));
            match running.is_alive() {
                true => running.signal(Signal::SIGKILL),
                false => ended += 1,
            }
            running.wait();
        }
        let batches = drain.db.one("SELECT count(*) FROM pghaul.drains");
        println!(
            "{mode}: {ended} of {rounds} runs ended by themselves; {} rows in {batches} batches",
            writer.rows()
        );
        let written = writer.stop();
        drain_all(&drain);
        drain.has_each_once(&written);
        let leftovers = "SELECT count(*) FROM pg_class WHERE relname LIKE 'pghaul_staging_%'";
        assert_eq!(drain.db.one(leftovers), "0");
    }
}

#[test]
fn a_kill_between_the_commit_and_the_removal_publishes_nothing_twice() {
    let drain = drain!();
    let mut redis = drain.register(Writer::COLUMNS);
    // Redis answers late, so that the run is killed while it waits for the removal.
    drain.put(&[("1", r#"[1, "row \"1\""]"#)]);
    drain.drains();
    drain.put(&[("2", r#"[2, "row \"2\""]"#)]);
    let mut running = drain.start(&[]);
    let give_up = Instant::now() + Duration::from_secs(20);
    let taken = loop {
        let keys = drain.keys();
        let taken = keys.iter().find(|key| key.contains(":pghaul:2")).cloned();
        if let Some(taken) = taken {
            break taken;
        }
        assert!(Instant::now() < give_up && running.is_alive(), "never taken");
    };
    redis::cmd("CLIENT").arg("PAUSE").arg(2000).arg("WRITE").exec(&mut redis).unwrap();
    drain.db.wait_until("SELECT count(*) = 2 FROM pghaul.drains");
    running.signal(Signal::SIGKILL);
    running.wait();
    redis::cmd("CLIENT").arg("UNPAUSE").exec(&mut redis).unwrap();
    if drain.keys().contains(&taken) {
        drain.drains().assert_stderr_has("was published, and is removed now");
    }
    assert_eq!((drain.count(), drain.keys().len()), (2, 0));
}

#[test]
fn a_batch_that_somebody_changes_is_read_again_and_not_published_before() {
    let drain = drain!();
    let mut redis = drain.register(Writer::COLUMNS);
    let writer = Writer::start(&drain.redis.url());
    while writer.rows() < 5_000 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let written = writer.stop();
    // As a run leaves it that was killed.
    let batch = "{sample_us_users}:pghaul:20200101T000000000000Z-0000000000000000";
    let taking =
        redis::pipe().rename(REPLICA, batch).set("{sample_us_users}:pghaul:draining", batch).exec(&mut redis);
    taking.unwrap();
    let (stop, url) = (Arc::new(AtomicBool::new(false)), drain.redis.url());
    let meddler = {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || {
            let mut redis = RedisServer::connect(&url);
            for number in 0.. {
                let id = format!("meddled-{number}");
                redis::cmd("HSET").arg(batch).arg(&id).arg("[0, \"x\"]").exec(&mut redis).unwrap();
                if stop.load(Ordering::Relaxed) {
                    return number + 1;
                }
            }
            0
        })
    };
    let run = drain.run(&["--retries", "1"]);
    run.assert_code(1).assert_stderr_has("another client changes it");
    assert_eq!(drain.db.one("SELECT count(*) FROM pghaul.drains"), "0");
    stop.store(true, Ordering::Relaxed);
    let meddled: u64 = meddler.join().unwrap();
    drain.drains();
    assert_eq!(drain.count(), written.certain.len() as u64 + meddled);
    assert_eq!(drain.keys(), [""; 0]);
}

#[test]
fn two_at_once_do_not_double() {
    let drain = drain!();
    drain.register(Writer::COLUMNS);
    let writer = Writer::start(&drain.redis.url());
    for _ in 0..5 {
        let both = [drain.start(&[]), drain.start(&[])];
        for run in both.map(|running| running.wait()) {
            run.assert_code(0);
        }
    }
    let written = writer.stop();
    drain_all(&drain);
    drain.has_each_once(&written);
}

#[test]
fn redis_and_postgres_come_and_go_while_one_watches() {
    let server = Server::start(ServerOptions::default());
    let redis = RedisServer::start(&["appendonly yes", "appendfsync always"]);
    let drain = Drain::on(env!("CARGO_BIN_EXE_pghaul"), redis, &server);
    drain.register(Writer::COLUMNS);
    let writer = Writer::start(&drain.redis.url());
    let mut watching = drain.start(&["--watch", "--every", "100ms"]);
    let mut random = Random::new();
    for _ in 0..(random::rounds(ROUNDS) / 5).max(2) {
        let rows = writer.rows();
        std::thread::sleep(Duration::from_millis(200) + random.moment(Duration::from_millis(500)));
        drain.redis.crash();
        std::thread::sleep(random.moment(Duration::from_millis(300)));
        drain.redis.start_again();
        std::thread::sleep(Duration::from_millis(200) + random.moment(Duration::from_millis(500)));
        server.crash();
        std::thread::sleep(random.moment(Duration::from_millis(300)));
        server.start_again();
        let give_up = Instant::now() + Duration::from_secs(20);
        while writer.rows() < rows + 1000 {
            assert!(Instant::now() < give_up, "the writer is stuck");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(watching.is_alive(), "{}", watching.wait().stderr);
    }
    let written = writer.stop();
    let give_up = Instant::now() + Duration::from_secs(60);
    while !drain.keys().is_empty() {
        assert!(Instant::now() < give_up, "not drained: {:?}", drain.keys());
        std::thread::sleep(Duration::from_millis(50));
    }
    watching.signal(Signal::SIGTERM);
    let run = watching.wait();
    run.assert_code(0);
    drain.has_each_once(&written);
}
