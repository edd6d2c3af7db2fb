//! Many hostile clients at once, and an honest one among them: `PGHAUL_HOSTILE_CLIENTS=1000 cargo test --release --test serve crowd`.

use crate::hostile::{from, items};
use crate::service::{Options, Service};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// The goal is for a program that is optimized, on a machine that does nothing else.
const MOST_WAIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });
/// Clients that do harm where the environment names no number, a quarter of them in each way.
const HOSTILE: u32 = 40;
/// Requests of the honest client.
const HONEST: usize = 100;

async fn hostile(number: u32, port: u16) {
    const HOST: &str = "HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let [_, _, high, low] = number.to_be_bytes();
    let client = Ipv4Addr::new(127, 1, high, low.max(1));
    loop {
        let Ok(mut stream) = from(client, port).await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        match number % 4 {
            // Reads nothing.
            0 => {
                let _ = stream.write_all(format!("GET /wide/?take=1000 {HOST}").as_bytes()).await;
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
            // Asks for much work, and goes.
            1 => {
                let work = format!("GET /wide/?order=text&skip=900&text.ne={number} {HOST}");
                let _ = stream.write_all(work.as_bytes()).await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            // Asks without end.
            2 => {
                let many = format!("GET /readyz {HOST}GET /items/1/ {HOST}").repeat(20);
                let _ = stream.write_all(many.as_bytes()).await;
                let _ = timeout(Duration::from_secs(5), stream.read(&mut [0; 4096])).await;
            }
            // Never ends its request.
            _ => {
                let _ = stream.write_all(b"GET /items/1/ HT").await;
                let _ = timeout(Duration::from_secs(5), stream.read(&mut [0; 16])).await;
            }
        }
    }
}

#[test]
fn many_hostile_clients_do_not_hold_up_an_honest_one() {
    let count = std::env::var("PGHAUL_HOSTILE_CLIENTS").map_or(HOSTILE, |count| count.parse().unwrap());
    let case = items();
    case.db.execute(
        "CREATE TABLE wide (id int PRIMARY KEY, text text);
         INSERT INTO wide SELECT i, repeat(md5(i::text), 1000) FROM generate_series(1, 1000) i",
    );
    let options = Options { settings: "workers: 2", env: &[] };
    let service = Service::with(case, "wide: {key: id}\nitems: {key: id}", options);
    let port = service.port;
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, most, most).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut times = runtime.block_on(async {
        for number in 1..=count {
            tokio::spawn(hostile(number, port));
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        let mut times = Vec::new();
        while times.len() < HONEST {
            let begun = Instant::now();
            let mut stream = from(Ipv4Addr::new(127, 0, 0, 77), port).await.unwrap();
            let ask = b"GET /items/1/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            stream.write_all(ask).await.unwrap();
            let mut answer = String::new();
            let _ = timeout(Duration::from_secs(30), stream.read_to_string(&mut answer)).await;
            times.push(begun.elapsed());
            assert!(
                answer.starts_with("HTTP/1.1 200"),
                "{answer:?} after {:?}, request {}",
                begun.elapsed(),
                times.len()
            );
            tokio::time::sleep(Duration::from_millis(120)).await;
        }
        times
    });
    runtime.shutdown_background();
    times.sort_unstable();
    let (median, most) = (times[HONEST / 2], times[HONEST * 99 / 100]);
    println!(
        "{count} hostile clients: median {median:?}, 99 of 100 within {most:?}, worst {:?}",
        times[HONEST - 1]
    );
    assert!(most < MOST_WAIT, "99 of 100 within {most:?}");
}
