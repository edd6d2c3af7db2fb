//! A refresh over a network that fails at one message: the rows are the old ones or the new ones, no reader waits for long, and the
//! run ends in time.
//!
//! `PGHAUL_KILL_ROUNDS=1000000 cargo test --test kill network:: -- --nocapture` lets every fault happen at every message; without
//! it, at a few random ones. Silence is noticed after a few seconds here, as `tcp_user_timeout` asks.

use crate::random::{self, Random};
use nix::sys::signal::Signal;
use pghaul_test_support::{
    Case, Fault, OTHERS, Proxy, Run, Running, Workdir, case, pghaul, server, wait_for,
};
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A silent network is borne for so long.
const PATIENCE_MS: u32 = 3000;
/// A run ends in this time, with all its tries.
const END: Duration = Duration::from_secs(90);
/// No reader waits longer: the server gives up a client that has locks and is silent, or whose machine has gone.
const MOST_WAIT: Duration = Duration::from_secs(35);
/// Rounds at the same time. Most of them wait.
const AT_ONCE: usize = 6;
const FAULTS: [Fault; 5] =
    [Fault::Cut, Fault::Stall, Fault::Silence, Fault::Lose, Fault::Delay(Duration::from_millis(1500))];
/// Of messages with rows, one in so many is enough.
const ROWS_APART: usize = 200;

const PASSWORD: &str = "hunter2";
const COLUMNS: &str = "id:int text:varchar(999)";

/// What is refreshed, and how.
#[derive(Clone, Copy)]
struct Refresh {
    args: &'static str,
    config: &'static str,
    rows: usize,
    /// Characters of each text.
    width: usize,
}

const PLAIN: Refresh = Refresh { args: "--workers 1", config: "", rows: 2000, width: 9 };

#[test]
fn a_refresh() {
    fail_everywhere("refresh", 10, PLAIN);
}

#[test]
fn mothers_made_anew() {
    fail_everywhere("recreate", 5, Refresh { args: "--workers 1 --mothers recreate", ..PLAIN });
}

#[test]
fn a_refresh_whose_dump_moves() {
    fail_everywhere(
        "archive",
        5,
        Refresh { config: "xport_cfg: {archive: true, archive_path: archive}", ..PLAIN },
    );
}

#[test]
fn a_file_that_many_streams_load() {
    fail_everywhere("streams", 2, Refresh { args: "--workers 2", rows: 140_000, width: 500, ..PLAIN });
}

#[test]
fn by_default_each_try_ends_within_90_seconds() {
    let network = Network::new(PLAIN);
    let in_copy = network.first(b'd');
    network.place("new");
    network.proxy.fail_at(in_copy, Fault::Silence);
    let begin = Instant::now();
    let run = network.start_with("", "--workers 1 --retries 0").wait();
    run.assert(begin.elapsed() < END, "an end in time").assert_code(1);
    run.assert_stderr_has("the network is silent: no byte has moved for")
        .assert_stderr_has("a new connection gets no answer either");
    assert_eq!(network.held(), "old");
}

#[test]
fn the_first_signal_ends_a_run_whose_network_is_silent() {
    let network = Network::new(PLAIN);
    let in_copy = network.first(b'd');
    network.place("new");
    network.proxy.fail_at(in_copy, Fault::Silence);
    let running = network.start_with("", "--workers 1");
    wait_for("the silence", || network.proxy.is_silent());
    running.signal(Signal::SIGTERM);
    let begin = Instant::now();
    let run = running.wait();
    run.assert_code(143).assert(begin.elapsed() < Duration::from_secs(10), "an end in time");
    assert_eq!(network.held(), "old");
}

#[test]
fn a_daemon_whose_connections_a_firewall_has_forgotten_comes_back() {
    let (work, source, destination) = (Workdir::new(), server().database(), server().database());
    source.execute(
        "CREATE TABLE t (id int PRIMARY KEY, u timestamptz DEFAULT clock_timestamp()); INSERT INTO t VALUES (1)",
    );
    let role = destination.role(PASSWORD);
    let name = destination.name();
    destination.execute(&format!(
        "GRANT CREATE ON DATABASE {name} TO {role}; GRANT CREATE ON SCHEMA public TO {role}"
    ));
    let proxy = Proxy::to(server().port());
    let port = proxy.port();
    let to = format!(
        "postgresql://{role}:{PASSWORD}@127.0.0.1:{port}/{name}?sslmode=disable&connect_timeout=2&tcp_user_timeout={PATIENCE_MS}"
    );
    let from = source.url();
    let flags = ["--from", &from, "--to", &to, "--table", "t", "--cursor", "u", "--every", "100ms"];
    let watch = Running::start(pghaul!(work).args(["sync", "watch"]).args(flags).command());
    destination.wait_until("SELECT to_regclass('t') IS NOT NULL");
    // No connection is being opened any more: that would be another message.
    destination.wait_until("SELECT phase = 'following' FROM pghaul.syncs");
    proxy.forget_connections();
    source.execute("INSERT INTO t VALUES (2)");
    destination.wait_until("SELECT count(*) = 2 FROM t");
    watch.signal(Signal::SIGTERM);
    watch.wait().assert_stderr_has("the network is silent").assert_stderr_has("trying again");
}

/// A case whose runs go through a network.
struct Network {
    case: Case,
    proxy: Proxy,
    role: String,
    refresh: Refresh,
}

impl Network {
    /// With the old rows in the database.
    fn new(refresh: Refresh) -> Network {
        let case = case!();
        if !refresh.config.is_empty() {
            case.config(refresh.config);
        }
        let role = case.db.role(PASSWORD);
        case.db.execute(&format!(
            "ALTER DATABASE {} OWNER TO {role}; ALTER SCHEMA public OWNER TO {role}",
            case.db.name()
        ));
        let network = Network { case, proxy: Proxy::to(server().port()), role, refresh };
        network.complete("old");
        network
    }

    /// Puts a dump there whose rows all begin with this text.
    fn place(&self, text: &str) {
        let mut rows = String::new();
        let width = self.refresh.width;
        for id in 1..=self.refresh.rows {
            writeln!(rows, "{id}|{text:x<width$}").unwrap();
        }
        self.case.dump("crm_v1", &[("notes", COLUMNS, &rows)]);
    }

    /// Starts a run through the network, which notices silence soon.
    fn start(&self) -> Running {
        self.start_with(&format!("&connect_timeout=2&tcp_user_timeout={PATIENCE_MS}"), self.refresh.args)
    }

    /// Starts a run through the network, with parameters of its URL.
    fn start_with(&self, parameters: &str, args: &str) -> Running {
        let (role, port, name) = (&self.role, self.proxy.port(), self.case.db.name());
        let url =
            format!("postgresql://{role}:{PASSWORD}@127.0.0.1:{port}/{name}?sslmode=disable{parameters}");
        let fixed = ["ingest", "dumps", "--db", &url];
        Running::start(pghaul!(self.case.work).args(fixed).args(args.split_whitespace()).command())
    }

    /// The number of the first message of this type, from the server or to it, in a refresh.
    fn first(&self, kind: u8) -> u64 {
        self.complete("new");
        let at = self.proxy.messages().iter().position(|message| *message == kind);
        self.complete("old");
        at.unwrap() as u64 + 1
    }

    /// Loads rows with this text while the network is well.
    fn complete(&self, text: &str) {
        self.place(text);
        self.proxy.fail_at(u64::MAX, Fault::Cut);
        self.start().wait().assert_code(0);
        assert_eq!(self.held(), text);
        assert_eq!(self.case.tables(), "notes v1_notes", "nothing is left over");
    }

    /// The text of all rows of the mother.
    fn held(&self) -> String {
        self.case.db.one(&self.look())
    }

    fn look(&self) -> String {
        let rows = self.refresh.rows;
        format!(
            "SELECT string_agg(DISTINCT rtrim(text, 'x'), '+') || CASE count(*) WHEN {rows} THEN '' ELSE ' ' || count(*) END FROM notes"
        )
    }

    /// Runs while `fault` happens at a message, and someone reads the mother; returns the run, and the longest wait of the reader.
    fn fail(&self, message: u64, fault: Fault) -> (Run, Duration) {
        self.proxy.fail_at(message, fault);
        let has_ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let (mut client, mut longest) = (self.case.db.client(), Duration::ZERO);
                // It reads on until the server has ended what the run has left.
                while !has_ended.load(Ordering::Relaxed) || self.case.db.one(&of_this_role(&self.role)) != "0"
                {
                    let begin = Instant::now();
                    let text: String = client.query_one(&self.look(), &[]).unwrap().get(0);
                    assert!(["old", "new"].contains(&&*text), "a reader sees {text}");
                    longest = longest.max(begin.elapsed());
                    std::thread::sleep(Duration::from_millis(50));
                }
                longest
            });
            let begin = Instant::now();
            let run = self.start().wait();
            run.assert(begin.elapsed() < END, "an end in time");
            has_ended.store(true, Ordering::Relaxed);
            (run, reader.join().unwrap())
        })
    }
}

/// How many connections the runs have left behind.
fn of_this_role(role: &str) -> String {
    format!("SELECT count(*)::text FROM {OTHERS} AND usename = '{role}'")
}

/// Lets each fault happen at each message, or at `short` random ones of all those.
fn fail_everywhere(what: &str, short: u32, refresh: Refresh) {
    let first = Network::new(refresh);
    first.complete("new");
    let types = first.proxy.messages();
    drop(first);
    let is_wanted = |(number, kind): &(usize, &u8)| **kind != b'd' || number.is_multiple_of(ROWS_APART);
    let messages: Vec<u64> =
        types.iter().enumerate().filter(is_wanted).map(|(number, _)| number as u64 + 1).collect();
    let mut all: Vec<(u64, Fault)> =
        messages.iter().flat_map(|message| FAULTS.map(|fault| (*message, fault))).collect();
    let rounds = (random::rounds(short) as usize).min(all.len());
    let mut random = Random::new();
    let chosen: Vec<(u64, Fault)> =
        (0..rounds).map(|_| all.swap_remove((random.share() * all.len() as f64) as usize)).collect();
    let left = Mutex::new(chosen);
    let (mut outcomes, mut longest) = (Vec::new(), Duration::ZERO);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE.min(rounds))
            .map(|_| {
                scope.spawn(|| {
                    let network = Network::new(refresh);
                    let mut done = Vec::new();
                    loop {
                        let Some((message, fault)) = left.lock().unwrap().pop() else { return done };
                        network.place("new");
                        let (run, wait) = network.fail(message, fault);
                        let held = network.held();
                        let told = format!("{what}, {fault:?} at message {message}: exit code {}, {held} rows, a reader waited {wait:?}", run.code);
                        println!("{told}");
                        run.assert(["old", "new"].contains(&&*held), &told);
                        run.assert(run.code != 0 || held == "new", &told);
                        run.assert(wait < MOST_WAIT, &told);
                        done.push((run.code, held, wait));
                        network.complete("new");
                        network.complete("old");
                    }
                })
            })
            .collect();
        for worker in workers {
            for (code, held, wait) in worker.join().unwrap() {
                longest = longest.max(wait);
                outcomes.push((code, held));
            }
        }
    });
    outcomes.sort();
    let count = |wanted: fn(i32) -> bool| outcomes.iter().filter(|(code, _)| wanted(*code)).count();
    println!(
        "{what}: {} messages, {rounds} rounds: {} loaded, {} failed; a reader waited {longest:?} at most",
        types.len(),
        count(|code| code == 0),
        count(|code| code != 0)
    );
}
