//! Drains that are killed while Redis loses batches and values outgrow their columns: what was lost of a batch is said with exit
//! code 1, and every other row is in the table once, with its text.
//!
//! `PGHAUL_KILL_ROUNDS` says how often.

use crate::random::{self, Random};
use nix::sys::signal::Signal;
use pghaul_test_support::{REPLICA, Run, drain, wait_for};
use redis::{Connection, Value, cmd, pipe};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Rounds without that variable: each loss comes twice.
const ROUNDS: u32 = 8;
/// Rows that are there when a round begins.
const ROWS: u32 = 4000;
const COLUMNS: &str = r#"["id", "n", "v"]"#;
const DRAINING: &str = "{sample_us_users}:pghaul:draining";
/// Values that need a wider column each.
const VALUES: [&str; 4] = ["7", "3000000000", "1.50", "\"007\""];

/// How Redis loses rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    /// The batch is removed.
    Removed,
    /// The batch expires.
    Expired,
    /// All is removed.
    Flushed,
    /// All is evicted.
    Evicted,
}

const LOSSES: [Loss; 4] = [Loss::Removed, Loss::Evicted, Loss::Expired, Loss::Flushed];

/// What a loss has taken along.
#[derive(Debug, Default)]
struct Lost {
    /// The batch that was taken, if one was.
    batch: Option<String>,
    /// Its ids.
    of_batch: BTreeSet<String>,
    /// Ids that were not taken yet.
    others: BTreeSet<String>,
}

impl Loss {
    /// What happens to the batch `b` in the script that says which ids go. Nothing comes in between.
    fn action(self) -> &'static str {
        match self {
            Loss::Removed => "if b then redis.call('UNLINK', b) end",
            Loss::Expired => "if b then redis.call('PEXPIRE', b, 1) end",
            Loss::Flushed => "rest = redis.call('HKEYS', KEYS[2]); redis.call('FLUSHALL')",
            Loss::Evicted => "rest = redis.call('HKEYS', KEYS[2])",
        }
    }

    /// Whether the mark of the batch is lost as well, so that only the run that has taken it knows of it.
    fn takes_all(self) -> bool {
        matches!(self, Loss::Flushed | Loss::Evicted)
    }

    fn happen(self, redis: &mut Connection) -> Lost {
        let script = format!(
            "local b, ids, rest = redis.call('GET', KEYS[1]), {{}}, {{}} \
             if b then ids = redis.call('HKEYS', b) end {} return {{b or '', ids, rest}}",
            self.action()
        );
        let mut commands = pipe();
        commands.atomic().cmd("EVAL").arg(script).arg(2).arg(DRAINING).arg(REPLICA);
        if self == Loss::Evicted {
            let mut set = |name: &str, value: &str| {
                commands.cmd("CONFIG").arg("SET").arg(name).arg(value).ignore();
            };
            set("maxmemory-policy", "allkeys-random");
            set("maxmemory", "1");
        }
        type Answer = (String, BTreeSet<String>, BTreeSet<String>);
        let ((batch, of_batch, others),): (Answer,) = commands.query(redis).unwrap();
        if self == Loss::Evicted {
            wait_for("the eviction", || {
                // Any command makes Redis look at its memory.
                let _ = cmd("SET").arg("x").arg("y").query::<Value>(redis);
                cmd("DBSIZE").query::<u64>(redis).unwrap() == 0
            });
        }
        Lost { batch: Some(batch).filter(|batch| !batch.is_empty()), of_batch, others }
    }
}

/// Rows that Redis has acknowledged, with the text of their value.
type Rows = BTreeMap<String, String>;

/// Puts rows into the replica; gives those that Redis has taken. A Redis that is full takes none.
fn put(redis: &mut Connection, round: u32, ids: std::ops::Range<u32>) -> Rows {
    let value = |id: u32| VALUES[((id + round) % (1 + round % VALUES.len() as u32)) as usize];
    let (mut command, mut rows) = (cmd("HSET"), Rows::new());
    command.arg(REPLICA);
    for id in ids {
        let (name, value) = (format!("{round}-{id}"), value(id));
        command.arg(&name).arg(format!("[{value}, \"row {name}\"]"));
        rows.insert(name, value.trim_matches('"').to_owned());
    }
    match command.exec(redis) {
        Ok(()) => rows,
        Err(_) => Rows::new(),
    }
}

/// Whether one of these runs has said that the batch is gone, with exit code 1.
fn have_said(runs: &[Run], batch: &str) -> bool {
    runs.iter()
        .any(|run| run.code == 1 && run.stderr.contains(batch) && run.stderr.contains("is gone from Redis"))
}

#[test]
fn batches_that_redis_loses_are_said_and_no_other_row_is_lost() {
    let drain = drain!();
    let mut redis = drain.register(COLUMNS);
    drain.config(&drain.redis.url(), "mode: append", "evolve: true");
    let mut written = put(&mut redis, 0, 0..ROWS);
    let began = Instant::now();
    drain.drains();
    let life = began.elapsed() * 3 / 2;
    let (rounds, mut random) = (random::rounds(ROUNDS), Random::new());
    let (mut may_miss, mut of_batches, mut unknown) = (BTreeSet::new(), 0, 0);
    for round in 1..=rounds {
        let loss = LOSSES[round as usize % LOSSES.len()];
        written.extend(put(&mut redis, round, 0..ROWS));
        let running = drain.start(&["--retries", "1"]);
        let stop = AtomicBool::new(false);
        let (lost, was_killed, mut runs) = std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let (mut redis, mut rows) = (drain.redis.client(), Rows::new());
                for place in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    rows.extend(put(&mut redis, round, ROWS + place * 20..ROWS + (place + 1) * 20));
                    std::thread::sleep(Duration::from_millis(2));
                }
                rows
            });
            // Half of the runs are killed, before the loss or after it.
            let kills = random.share();
            std::thread::sleep(random.moment(life));
            if kills < 0.25 {
                running.signal(Signal::SIGKILL);
            }
            let lost = loss.happen(&mut redis);
            if (0.25..0.5).contains(&kills) {
                std::thread::sleep(random.moment(life / 4));
                running.signal(Signal::SIGKILL);
            }
            let run = running.wait();
            stop.store(true, Ordering::Relaxed);
            written.extend(writer.join().unwrap());
            (lost, run.code == 137, vec![run])
        });
        if loss.takes_all() {
            let _: Value = cmd("CONFIG").arg("SET").arg("maxmemory").arg(0).query(&mut redis).unwrap();
            let _: Value = cmd("DEL").arg("replica_registry").query(&mut redis).unwrap();
            drain.register(COLUMNS);
        }
        let give_up = Instant::now() + Duration::from_secs(60);
        while !drain.keys().is_empty() {
            cmd("DEL").arg("x").exec(&mut redis).unwrap();
            runs.push(drain.run(&[]));
            assert!(Instant::now() < give_up, "not drained: {:?}", runs.last());
        }
        // Only the loss of a batch is an error.
        for run in &runs[1..] {
            run.assert(run.code == 0 || run.stderr.contains("is gone from Redis"), "nothing else fails");
        }
        let has = |ids: &BTreeSet<String>| -> BTreeSet<String> {
            let there =
                drain.db.rows(&format!("SELECT id::text FROM {REPLICA} WHERE id::text LIKE '{round}-%'"));
            let there: BTreeSet<String> = there.into_iter().filter_map(|mut row| row.pop()?).collect();
            ids.difference(&there).cloned().collect()
        };
        let missing = has(&lost.of_batch);
        if let (false, Some(batch)) = (missing.is_empty(), &lost.batch) {
            of_batches += 1;
            match loss.takes_all() && was_killed {
                true => unknown += 1,
                false => assert!(
                    have_said(&runs, batch),
                    "round {round}, {loss:?}: {} rows of {batch} are lost without a word{:?}",
                    missing.len(),
                    runs
                ),
            }
        }
        may_miss.extend(lost.of_batch);
        may_miss.extend(lost.others);
    }
    let rows = drain.db.rows(&format!("SELECT id::text, n::text, v FROM {REPLICA}"));
    println!(
        "{rounds} rounds: {} rows written, {} in the table; {of_batches} batches lost, {unknown} of them together with \
         their run and their mark",
        written.len(),
        rows.len()
    );
    let mut seen = BTreeSet::new();
    for row in rows {
        let [Some(id), Some(value), Some(text)] = &row[..] else { panic!("{row:?}") };
        assert!(seen.insert(id.clone()), "{id} came twice");
        // A row whose answer a full Redis did not give may have been written all the same.
        assert!(written.get(id).is_none_or(|written| written == value), "{row:?} is not what was written");
        assert_eq!(*text, format!("row {id}"));
    }
    let unseen: Vec<&String> =
        written.keys().filter(|id| !seen.contains(*id) && !may_miss.contains(*id)).collect();
    assert!(unseen.is_empty(), "{} rows are lost, such as {:?}", unseen.len(), unseen[0]);
    assert!(rounds < ROUNDS || of_batches > 0, "no batch was lost");
}
