//! `pghaul sync watch` is killed and started again all the time, while the source changes all the time.
//!
//! `PGHAUL_KILL_ROUNDS` says how often; the issue is 50 times, which takes a minute.

use crate::random;
use nix::sys::signal::Signal;
use pghaul_test_support::{Database, Running, Workdir, pghaul, server};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Rounds without that variable.
const ROUNDS: u32 = 8;

/// What one writer does over and over: some of it commits at once, some of it late, with a cursor from long before.
fn write(database: &Database<'_>, number: i64, stop: &AtomicBool) -> u32 {
    let mut client = database.client();
    let mut rounds = 0;
    while !stop.load(Ordering::Relaxed) {
        let id = i64::from(rounds) * 10 + number;
        let pause = [0.0, 0.01, 0.3][rounds as usize % 3];
        client
            .batch_execute(&format!(
                "BEGIN;
                 INSERT INTO t SELECT {id} * 100 + i, 'new', (extract(epoch FROM now()) * 1000)::bigint FROM generate_series(1, 20) i
                 ON CONFLICT (id) DO NOTHING;
                 SELECT pg_sleep({pause});
                 UPDATE t SET v = v || '.', u = (extract(epoch FROM clock_timestamp()) * 1000)::bigint WHERE id % 97 = {id} % 97 AND id % 4 = {number};
                 UPDATE t SET v = 'none', u = NULL WHERE id % 997 = {id} % 997 AND id % 4 = {number};
                 DELETE FROM t WHERE id % 499 = {id} % 499 AND id % 4 = {number};
                 COMMIT"
            ))
            .unwrap();
        rounds += 1;
    }
    rounds
}

#[test]
fn whatever_kills_watch_the_destination_is_the_same_in_the_end() {
    let rounds = random::rounds(ROUNDS);
    let work = Workdir::new();
    let (source, destination) = (server().database(), server().database());
    source.execute(
        "CREATE TABLE t (id bigint PRIMARY KEY, v text, u bigint); CREATE INDEX ON t (u); \
         INSERT INTO t SELECT -i, 'old', i FROM generate_series(1, 150000) i; ANALYZE t",
    );
    let (from, to) = (source.url(), destination.url());
    let flags = ["--from", &from, "--to", &to, "--table", "t", "--cursor", "u", "--chunk", "50", "--deletes"];
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3)
            .map(|number| {
                scope.spawn({
                    let (source, stop) = (&source, &stop);
                    move || write(source, number, stop)
                })
            })
            .collect();
        for round in 0..rounds {
            let watch = Running::start(
                pghaul!(work).args(["sync", "watch", "--every", "20ms"]).args(flags).command(),
            );
            // Early in the load, in a pass, in a pause.
            std::thread::sleep(Duration::from_millis(100 + u64::from(round * 137 % 900)));
            watch.signal(Signal::SIGKILL);
            watch.wait().assert_code(137);
        }
        stop.store(true, Ordering::Relaxed);
        assert!(writers.into_iter().all(|writer| writer.join().unwrap() > 0));
    });
    let run = pghaul!(work).args(["sync", "once", "--verify"]).args(flags).run();
    run.assert_code(0).assert_stdout_has("rows are the same on both sides");
    let all = "SELECT count(*), sum(hashtextextended(t::text, 0)) FROM t";
    assert_eq!(source.rows(all), destination.rows(all));
}
