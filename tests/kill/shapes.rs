//! `pghaul sync watch` is killed and started again while the source's table changes its columns and its keys, while other tables
//! take its place, and while the destination loses its rows. After each round the next run makes both sides the same, by text.
//!
//! `PGHAUL_KILL_ROUNDS` says how often.

use crate::random::{self, Random};
use nix::sys::signal::Signal;
use pghaul_test_support::{Database, Running, Workdir, pghaul, server};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Rounds without that variable: each kind of event comes twice.
const ROUNDS: u32 = 8;
/// The keys that exist. Each is a number and a word, and writers change the word's case.
const KEYS: u32 = 3000;
/// Types that hold more, in turn, and a value that only the later ones hold.
const WIDER: [(&str, &str); 4] =
    [("integer", "1"), ("bigint", "3000000000"), ("numeric", "1.50"), ("text", "'x'")];

/// What happens besides changes of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// The table gets another column.
    Column,
    /// Its last column gets a type that holds more.
    Wider,
    /// A copy with other values takes its place.
    Swap,
    /// The destination loses all rows.
    Truncate,
}

const EVENTS: [Event; 4] = [Event::Column, Event::Wider, Event::Swap, Event::Truncate];

/// The source's columns beyond those that are always there.
struct Shape {
    /// How many there are, and so the number of the last one.
    columns: u32,
    /// The place of the last one's type.
    type_of_last: usize,
}

impl Shape {
    /// The statements of an event, for the source or the destination.
    fn happen(&mut self, event: Event) -> String {
        match event {
            Event::Column => {
                (self.columns, self.type_of_last) = (self.columns + 1, 0);
                format!("ALTER TABLE t ADD c{} integer DEFAULT {}", self.columns, self.columns)
            }
            Event::Wider if self.type_of_last + 1 < WIDER.len() => {
                self.type_of_last += 1;
                let (type_name, value) = WIDER[self.type_of_last];
                let column = format!("c{}", self.columns);
                // The value's row gets no cursor of its own.
                format!(
                    "ALTER TABLE t ALTER {column} DROP DEFAULT, ALTER {column} TYPE {type_name} USING {column}::{type_name}; \
                     UPDATE t SET {column} = {value} WHERE k LIKE '%7'"
                )
            }
            Event::Wider => self.happen(Event::Column),
            Event::Swap => "BEGIN; LOCK TABLE t IN SHARE MODE; CREATE TABLE t_new (LIKE t INCLUDING ALL); \
                            INSERT INTO t_new SELECT * FROM t; UPDATE t_new SET v = 'swapped ' || v WHERE k LIKE '%3'; \
                            DELETE FROM t_new WHERE k LIKE '%55'; DROP TABLE t; ALTER TABLE t_new RENAME TO t; COMMIT"
                .to_owned(),
            Event::Truncate => "TRUNCATE t".to_owned(),
        }
    }
}

/// Writes into the source until it is stopped: rows come, change, go, and change the case of their keys.
fn write(database: &Database<'_>, writer: u32, stop: &AtomicBool, written: &AtomicU32) {
    let mut client = database.client();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let id = (number * 53 + writer * 1009) % KEYS;
        let pause = if number % 3 == 0 { 0.05 } else { 0.0 };
        let done = client.batch_execute(&format!(
            "BEGIN; \
             UPDATE t SET v = v || '.', u = nextval('clock') WHERE k = 'Key {id}'; \
             SELECT pg_sleep({pause}); \
             UPDATE t SET k = CASE WHEN k::text = upper(k::text) THEN 'Key ' || {id} + 1 ELSE 'KEY ' || {id} + 1 END \
             WHERE k = 'key {next}'; \
             DELETE FROM t WHERE k = 'Key {third}'; \
             INSERT INTO t (k, v, u) VALUES ('key {fourth}', 'again', nextval('clock')) ON CONFLICT DO NOTHING; \
             COMMIT",
            next = id + 1,
            third = (id + 101) % KEYS,
            fourth = (id + 1500) % KEYS,
        ));
        match done {
            Ok(()) => drop(written.fetch_add(1, Ordering::Relaxed)),
            // A deadlock, or a table that has gone meanwhile.
            Err(_) => client = database.client(),
        }
    }
}

/// Executes statements that a lock of others may hold up, until they work.
fn insist(database: &Database<'_>, sql: &str) {
    let give_up = Instant::now() + Duration::from_secs(60);
    loop {
        let mut client = database.client();
        match client.batch_execute(sql) {
            Ok(()) => return,
            Err(error) => assert!(Instant::now() < give_up, "{sql}: {error:?}"),
        }
    }
}

#[test]
fn columns_keys_and_tables_that_change_under_a_watch_that_is_killed_lose_nothing() {
    let (rounds, mut random, work) = (random::rounds(ROUNDS), Random::new(), Workdir::new());
    let (source, destination) = (server().database(), server().database());
    for side in [&source, &destination] {
        side.execute("CREATE EXTENSION citext");
    }
    source.execute(&format!(
        "CREATE SEQUENCE clock; CREATE TABLE t (k citext PRIMARY KEY, v text, u bigint); CREATE INDEX ON t (u); \
         INSERT INTO t SELECT 'Key ' || i, 'old', nextval('clock') FROM generate_series(0, {KEYS} - 1) i; ANALYZE t"
    ));
    let (from, to) = (source.url(), destination.url());
    let flags = ["--from", &from, "--to", &to, "--table", "t", "--cursor", "u", "--chunk", "500", "--evolve"];
    let flags = [&flags[..], &["--deletes", "--max-deletes", "100%"]].concat();
    let once = || pghaul!(work).args(["sync", "once", "--verify"]).args(&flags).run();
    once().assert_code(0);
    let began = Instant::now();
    once().assert_code(0);
    let life = began.elapsed() * 4;
    let (mut shape, written, mut ended) = (Shape { columns: 0, type_of_last: 0 }, AtomicU32::new(0), 0);
    for round in 0..rounds {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..2)
                .map(|writer| {
                    scope.spawn({
                        let (source, stop, written) = (&source, &stop, &written);
                        move || write(source, writer, stop, written)
                    })
                })
                .collect();
            // Two of the kinds, in each order and at any moment of a run.
            for place in [round, round + 1 + (round / 4) % 3] {
                let event = EVENTS[place as usize % EVENTS.len()];
                let mut watch = Running::start(
                    pghaul!(work).args(["sync", "watch", "--every", "20ms"]).args(&flags).command(),
                );
                std::thread::sleep(random.moment(life));
                let side = if event == Event::Truncate { &destination } else { &source };
                insist(side, &shape.happen(event));
                std::thread::sleep(random.moment(life));
                if watch.is_alive() {
                    watch.signal(Signal::SIGKILL);
                } else {
                    ended += 1;
                }
                let run = watch.wait();
                run.assert(run.code == 137, "nothing ends it but the kill");
            }
            stop.store(true, Ordering::Relaxed);
            writers.into_iter().for_each(|writer| writer.join().unwrap());
        });
        let run = once();
        run.assert_code(0).assert_stdout_has("rows are the same on both sides");
        let columns: Vec<String> = (1..=shape.columns).map(|number| format!(", c{number}")).collect();
        let all = format!("SELECT k::text, v, u{} FROM t ORDER BY k::text COLLATE \"C\"", columns.concat());
        let same = source.rows(&all) == destination.rows(&all);
        run.assert(same, &format!("the same rows after round {round}"));
    }
    let columns = shape.columns;
    println!(
        "{rounds} rounds, {ended} ended by themselves; {written:?} transactions, {columns} columns added"
    );
    assert!(written.load(Ordering::Relaxed) > rounds, "the writers did not get to write");
}
