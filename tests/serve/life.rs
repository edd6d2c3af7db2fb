//! Signals, a database that comes and goes, and what is counted.

use crate::client::{read_answer, write_request};
use crate::service::{Options, Service, TOKEN, configure};
use nix::sys::signal::Signal;
use pghaul_test_support::{Case, Server, ServerOptions, case};
use std::io::BufReader;
use std::net::TcpStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const ITEMS: &str = "CREATE TABLE items (id int PRIMARY KEY, name text); INSERT INTO items SELECT i, 'n' || i FROM generate_series(1, 100) i";

#[test]
fn sigterm_lets_requests_come_to_their_end() {
    let case = case!();
    case.db.execute(ITEMS);
    case.db.execute("CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(1.5)::text AS slept");
    let mut service = Service::start(case, "slow: {key: id}\nitems: {key: id}");
    let mut idle = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    write_request(&mut idle, "GET /items/1/", &[], None, true).unwrap();
    assert_eq!(read_answer(&mut BufReader::new(&idle)).unwrap().status, 200);
    let mut slow = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    write_request(&mut slow, "GET /slow/1/", &[], None, true).unwrap();
    service.case.wait_until(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%slow%' AND state = 'active' AND pid <> pg_backend_pid())",
    );
    let port = service.port;
    let stopped = std::thread::scope(|scope| {
        let stopping = scope.spawn(|| service.stop(Signal::SIGTERM));
        let answer = read_answer(&mut BufReader::new(&slow)).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        stopping.join().unwrap()
    });
    stopped.assert_code(0);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens any more");
}

#[test]
fn ctrl_c_ends_it_too() {
    let case = case!();
    case.db.execute(ITEMS);
    let mut service = Service::start(case, "items: {key: id}");
    assert_eq!(service.ask("GET /readyz").status, 200);
    service.stop(Signal::SIGINT).assert_code(130);
}

#[test]
fn sighup_reads_the_configuration_again_and_drops_no_connection() {
    let case = case!();
    case.db.execute(ITEMS);
    case.db.execute("CREATE TABLE more (id int PRIMARY KEY)");
    let mut service = Service::start(case, "items: {key: id}");
    let mut kept = TcpStream::connect(("127.0.0.1", service.port)).unwrap();
    let mut ask = |head: &str| {
        write_request(&mut kept, head, &[], None, true).unwrap();
        read_answer(&mut BufReader::new(&kept)).unwrap().status
    };
    assert_eq!((ask("GET /items/1/"), ask("GET /more/"), ask("DELETE /items/1/")), (200, 404, 405));
    configure(
        &service.case,
        "items: {key: id, verbs: [get, delete]}\nmore: {key: id}",
        "rate: {requests: 0}",
    );
    service.process().signal(Signal::SIGHUP);
    service.wait_until("the new table", |service| service.ask("GET /more/").status == 200);
    assert_eq!((ask("GET /items/1/"), ask("GET /more/"), ask("DELETE /items/1/")), (200, 200, 204));
    // One that cannot work changes nothing.
    for wrong in ["nowhere: {key: id}", "items: {ky: id}"] {
        configure(&service.case, wrong, "rate: {requests: 0}");
        service.process().signal(Signal::SIGHUP);
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!((ask("GET /items/2/"), ask("GET /more/")), (200, 200));
    // A token counts from then on.
    service.case.work.write("token", format!("{TOKEN}\n"));
    configure(&service.case, "items: {key: id}", "token: {file: token}\n  rate: {requests: 0}");
    service.process().signal(Signal::SIGHUP);
    service.wait_until("the token", |service| service.ask("GET /items/2/").status == 401);
    assert_eq!(ask("GET /items/2/"), 401);
    let run = service.stop(Signal::SIGTERM);
    run.assert_code(0).assert_stderr_has("nowhere").assert_stderr_has("did you mean `key`?");
}

#[test]
fn a_database_that_is_restarted_under_load_is_away_and_then_back() {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = SERVER.get_or_init(|| Server::start(ServerOptions::default()));
    let case = Case::on(server, env!("CARGO_BIN_EXE_pghaul"));
    case.db.execute(ITEMS);
    let service = Service::start(case, "items: {key: id}");
    let done = AtomicBool::new(false);
    let (good, away) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let (service, done, good, away) = (&service, &done, &good, &away);
            scope.spawn(move || {
                let mut id = worker;
                while !done.load(Ordering::Relaxed) {
                    id = id % 100 + 1;
                    let answer = service.ask(&format!("GET /items/{id}/"));
                    match answer.status {
                        200 => {
                            assert_eq!(answer.json()["name"], format!("n{id}"), "no wrong answer");
                            good.fetch_add(1, Ordering::Relaxed);
                        }
                        _ => {
                            answer.is_problem(503, None);
                            assert!(answer.header("retry-after").is_some());
                            away.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
        for _ in 0..2 {
            let until = |count: &AtomicUsize, more: usize| {
                let wanted = count.load(Ordering::Relaxed) + more;
                while count.load(Ordering::Relaxed) < wanted {
                    std::thread::sleep(Duration::from_millis(5));
                }
            };
            until(&good, 50);
            server.crash();
            until(&away, 10);
            service.wait_until("no readiness", |service| service.ask("GET /readyz").status == 503);
            service.ask("GET /readyz").is_problem(503, None);
            assert_eq!(service.ask("GET /healthz").status, 200);
            assert!(service.ask("GET /metrics").body.contains("pghaul_database_up 0"));
            server.start_again();
            until(&good, 50);
        }
        done.store(true, Ordering::Relaxed);
    });
    service.wait_until("readiness", |service| service.ask("GET /readyz").status == 200);
}

#[test]
fn a_database_that_is_away_at_the_start_is_refused() {
    let case = case!();
    configure(&case, "items: {key: id}", "rate: {requests: 0}");
    let run = crate::service::command(&case)
        .args(["--listen", "127.0.0.1:0", "--db", "postgresql://u:hunter2@127.0.0.1:1/d"])
        .run();
    run.assert_code(2).assert_stderr_has("127.0.0.1:1/d").assert_never_says("hunter2");
}

#[test]
fn the_metrics_tell_requests_and_the_last_loads() {
    let case = case!();
    case.dump("crm_v1", &[("users", "id:int", "1\n2\n3\n")]);
    case.load("");
    let settings = "rate: {requests: 0}";
    let service = Service::with(case, "users: {key: id}", Options { settings, env: &[] });
    service.ask("GET /users/");
    service.ask("GET /users/1/");
    service.ask("GET /users/x/");
    service.ask("GET /nothing/");
    let text = service.ask("GET /metrics").body;
    for line in [
        "pghaul_http_requests_total{method=\"GET\",subject=\"users\",status=\"200\"} 2",
        "pghaul_http_requests_total{method=\"GET\",subject=\"users\",status=\"400\"} 1",
        "pghaul_http_requests_total{method=\"GET\",subject=\"other\",status=\"404\"} 1",
        "pghaul_http_request_seconds_count{method=\"GET\",subject=\"users\"} 3",
        "pghaul_load_rows{schema=\"public\",unit=\"v1_users\",mother=\"users\",app=\"crm\",version=\"v1\"} 3",
        "pghaul_load_bytes{schema=\"public\",unit=\"v1_users\",mother=\"users\",app=\"crm\",version=\"v1\"} 9",
        "pghaul_database_up 1",
        "pghaul_database_waiting 0",
        "# EOF",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(text.contains("pghaul_load_finished_timestamp_seconds{"), "{text}");
}
