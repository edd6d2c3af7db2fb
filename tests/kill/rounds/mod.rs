//! Refreshes of several units that are killed at random moments: the client, its connections, the server, the server's
//! disk. Each unit is all of what it was or all of what it was to become, and the next run completes.
//!
//! `PGHAUL_KILL_ROUNDS=200 cargo test --test kill rounds:: -- --nocapture --test-threads 1` kills more often than the usual
//! few times, and prints how many kills came before the end. `PGHAUL_KILL_SEED` repeats the moments of a failed test.

mod archive;
mod units;

use crate::random::{self, Random};
use nix::sys::signal::Signal;
use pghaul_test_support::{Case, OTHERS, Run, Running, Server, ServerOptions, SmallDisk, case};
use std::time::Duration;
use units::Units;

/// No retries, or as many as by default.
const RETRIES: [&str; 2] = ["--retries 0", ""];

/// So many rounds of: a refresh that is `disturbed`, a look at every unit, and a refresh that completes.
///
/// `disturbed` gets the number of the round; it must leave a server that takes connections.
fn kill(units: &Units, what: &str, short: u32, mut disturbed: impl FnMut(u32, &mut Random) -> Run) {
    let rounds = random::rounds(short);
    let mut random = Random::new();
    let (mut hit, mut partial) = (0, 0);
    for round in 1..=rounds {
        let new = units.place_next();
        let run = disturbed(round, &mut random);
        let held = units.held();
        units.assert_rejects(&held, new);
        for unit in units.loaded(&run) {
            run.assert(
                held[&*unit] == new,
                &format!("the new {unit}, since it is reported as loaded: {held:?}"),
            );
        }
        let new_units = held.values().filter(|held| **held == new).count();
        println!("{what}, round {round}: exit code {}, {new_units} new units", run.code);
        // Retries may have made up for it.
        hit += u32::from(new_units < held.len() || run.stderr.contains("; trying again in "));
        partial += u32::from(new_units < held.len() && new_units > 0);
        // Every data file with rejects has changed.
        let complete = [0, 3].contains(&run.code);
        run.assert(!complete || (new_units == held.len() && run.code == 3), "no good end but of all units");
        units.complete(new);
    }
    let whole = units.whole;
    println!(
        "{what}: {rounds} rounds, {hit} hit before the end, {partial} left some units new and some old; \
         a refresh takes {whole:?}"
    );
    assert!(hit > 0, "no round of {rounds} was hit; a refresh takes {whole:?}");
}

#[test]
fn sigkill_of_the_client() {
    kill_client(&Units::new(case!()), "SIGKILL", 3);
}

#[test]
fn sigkill_of_a_client_that_makes_mothers_anew() {
    kill_client(&Units::recreated(case!()), "SIGKILL of recreate", 3);
}

fn kill_client(units: &Units, what: &str, short: u32) {
    kill(units, what, short, |_, random| {
        let running = Running::start(units.ingest("").command());
        std::thread::sleep(random.moment(units.whole));
        running.signal(Signal::SIGKILL);
        let run = running.wait();
        run.assert([137, 3].contains(&run.code), "exit by SIGKILL, or before it");
        run
    });
}

#[test]
fn termination_of_one_connection_or_all() {
    terminate(&Units::new(case!()), "pg_terminate_backend", 3);
}

#[test]
fn termination_while_mothers_are_made_anew() {
    terminate(&Units::recreated(case!()), "pg_terminate_backend of recreate", 2);
}

fn terminate(units: &Units, what: &str, short: u32) {
    kill(units, what, short, |round, random| {
        let one = if round % 2 == 0 { "ORDER BY random() LIMIT 1" } else { "" };
        let terminate =
            format!("SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM {OTHERS} {one}) chosen");
        let mut client = units.case.db.client();
        let running = Running::start(units.ingest(RETRIES[(round / 2 % 2) as usize]).command());
        std::thread::sleep(random.moment(units.whole));
        client.batch_execute(&terminate).unwrap();
        running.wait()
    });
}

#[test]
fn a_server_that_is_stopped_at_once_and_started_again() {
    let settings = ["fsync = on".to_owned(), "full_page_writes = on".to_owned()].into();
    let server = leaked(ServerOptions { settings, ..Default::default() });
    let units = Units::new(Case::on(server, env!("CARGO_BIN_EXE_pghaul")));
    kill(&units, "pg_ctl stop -m immediate", 2, |round, random| {
        let running = Running::start(units.ingest(RETRIES[(round % 2) as usize]).command());
        std::thread::sleep(random.moment(units.whole));
        server.crash();
        std::thread::sleep(random.moment(Duration::from_millis(500)));
        server.start_again();
        running.wait()
    });
}

#[test]
fn a_full_disk_under_the_whole_cluster() {
    full(SmallDisk { mib: 256, has_cluster: true });
}

#[test]
fn a_full_disk_under_a_tablespace() {
    full(SmallDisk { mib: 96, has_cluster: false });
}

/// A disk that becomes full at a random moment, by leaving a random part of the room that a refresh needs.
fn full(disk: SmallDisk) {
    // What a refresh writes stays on the disk no longer than it must.
    let settings = ["max_wal_size = '64MB'", "wal_recycle = off"].map(str::to_owned);
    let server = leaked(ServerOptions { settings: settings.into(), disk: Some(disk), ..Default::default() });
    let case = Case::on(server, env!("CARGO_BIN_EXE_pghaul"));
    if !disk.has_cluster {
        case.db.execute(&format!("CREATE TABLESPACE small LOCATION '{}'", server.disk_folder().display()));
        case.db.execute(&format!("ALTER DATABASE {} SET default_tablespace = small", case.db.name()));
    }
    let units = Units::new(case);
    // About what a refresh needs at any one time (KiB).
    let (what, room) =
        if disk.has_cluster { ("full disk", 12_u32 << 10) } else { ("full tablespace", 5 << 10) };
    kill(&units, what, 2, |round, random| {
        // As after each refresh.
        units.case.db.execute("CHECKPOINT");
        server.fill_disk((random.share() * f64::from(room)) as u64);
        let running = Running::start(units.ingest(RETRIES[(round % 2) as usize]).command());
        let run = running.wait();
        server.empty_disk();
        server.revive();
        run
    });
    assert!(server.log().contains("No space left on device"), "{}", server.log());
}

/// A server as long as the process.
fn leaked(options: ServerOptions) -> &'static Server {
    Box::leak(Box::new(Server::start(options)))
}
