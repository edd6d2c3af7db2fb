//! `pghaul drain` through the HTTP gateway, which gives the first N rows and clears whatever is there.

use pghaul_test_support::{Drain, Gateway, REPLICA, drain, messages, says};
use redis::cmd;
use std::sync::atomic::Ordering;

const UPSERT: &str = "mode: upsert, key: [id]";

/// A cache behind a gateway.
fn behind_gateway(into: &str) -> (Drain<'static>, Gateway) {
    let drain = drain!();
    drain.register(r#"["id", "address", "inserted_at"]"#);
    let gateway = Gateway::start(&drain.redis.url());
    drain.config(&gateway.url(), into, "");
    (drain, gateway)
}

fn put(drain: &Drain<'_>, ids: std::ops::Range<u32>) {
    let row = r#"["{\"city\": \"Charleston\"}", "2020-05-19 05:20:32.212"]"#;
    let ids: Vec<String> = ids.map(|id| format!("user-{id}")).collect();
    for part in ids.chunks(10_000) {
        drain.put(&part.iter().map(|id| (id.as_str(), row)).collect::<Vec<_>>());
    }
}

fn asks(gateway: &Gateway, path: &str) -> Vec<String> {
    gateway
        .asked()
        .into_iter()
        .filter_map(|ask| ask.strip_prefix(path).map(|body| body.trim().to_owned()))
        .collect()
}

#[test]
fn all_rows_come_and_none_is_cleared_unasked() {
    let (drain, gateway) = behind_gateway(UPSERT);
    put(&drain, 0..5_000);
    for _ in 0..2 {
        drain.drains();
        assert_eq!(drain.count(), 5_000);
        assert_eq!(drain.hash(REPLICA).len(), 5_000);
    }
    assert_eq!(drain.columns(), "id text, address jsonb, inserted_at timestamp without time zone");
    assert_eq!(asks(&gateway, "/getTopNFromReplica"), ["?replica=sample_us_users&topn=65536"; 2]);
    assert_eq!(asks(&gateway, "/clearRedisCache"), [""; 0]);
    assert_eq!(drain.db.one("SELECT count(*) FROM pghaul.drains"), "2");
}

#[test]
fn more_rows_than_were_asked_for_are_asked_for_again() {
    let (drain, gateway) = behind_gateway("mode: replace");
    put(&drain, 0..65_536);
    drain.drains();
    assert_eq!(drain.count(), 65_536);
    let asked = asks(&gateway, "/getTopNFromReplica");
    assert_eq!(asked, ["65536", "262144"].map(|topn| format!("?replica=sample_us_users&topn={topn}")));
}

#[test]
fn clearing_is_asked_for_and_warned_of() {
    let (drain, gateway) = behind_gateway(UPSERT);
    put(&drain, 0..10);
    let run = drain.run(&["--clear"]);
    run.assert_code(0).assert_stderr_has("rows that came after ours were read are lost");
    assert_eq!((drain.count(), drain.keys().len()), (10, 0));
    assert_eq!(asks(&gateway, "/clearRedisCache"), ["?replica=sample_us_users&remove=True"]);
    // Where rows were rejected, they would be lost with the others.
    put(&drain, 10..11);
    drain.put(&[("few", "[1]")]);
    let run = drain.run(&["--clear", "--max-rejects", "1"]);
    run.assert_code(3).assert_stderr_has("not cleared");
    assert_eq!((drain.count(), drain.hash(REPLICA).len()), (11, 2));
}

#[test]
fn an_empty_replica_and_one_that_is_not_registered() {
    let (drain, _gateway) = behind_gateway(UPSERT);
    drain.drains();
    assert_eq!(drain.keys(), [""; 0]);
    cmd("DEL").arg("replica_registry").exec(&mut drain.redis.client()).unwrap();
    let run = drain.run(&[]);
    run.assert_code(2);
    says(&messages(&run).remove(0), &["replica sample_us_users is not registered"]);
}

#[test]
fn what_the_gateway_cannot_do_is_refused() {
    let (drain, gateway) = behind_gateway("mode: append");
    drain.run(&[]).assert_code(2).assert_stderr_has("append would add them again");
    drain.config(&gateway.url(), UPSERT, "");
    drain.run(&["--keep"]).assert_code(2).assert_stderr_has("--keep is for Redis itself");
    let mut redis = drain.redis.client();
    cmd("HDEL").arg("sample_us_users.META").arg("COLUMNS").exec(&mut redis).unwrap();
    drain.run(&[]).assert_code(2).assert_stderr_has("the gateway's answer is no list of names");
}

#[test]
fn a_gateway_that_fails_is_tried_again_and_a_broken_row_breaks_its_answer() {
    let (drain, gateway) = behind_gateway(UPSERT);
    put(&drain, 0..10);
    gateway.is_busy.store(true, Ordering::Relaxed);
    let run = drain.run(&["--retries", "1"]);
    run.assert_code(2).assert_stderr_has("503").assert_stderr_has("trying again");
    gateway.is_busy.store(false, Ordering::Relaxed);
    drain.put(&[("broken", "[1")]);
    let run = drain.run(&["--retries", "0"]);
    run.assert_code(1).assert_stderr_has("500 Internal Server Error");
    assert_eq!(drain.hash(REPLICA).len(), 11);
}
