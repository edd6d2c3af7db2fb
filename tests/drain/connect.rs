//! Ways to a Redis: with and without TLS, by a unix socket, with users and passwords, wrong ones too.

use pghaul_test_support::{Authority, Drain, REPLICA, RedisServer, drain, messages, says};
use redis::cmd;
use std::path::Path;

const PASSWORD: &str = "hun/ter@2";
const ROW: [(&str, &str); 1] = [("1", "[\"x\"]")];

#[test]
fn by_a_unix_socket() {
    let drain = drain!();
    drain.register(r#"["id", "note"]"#);
    drain.put(&ROW);
    drain.config(&format!("unix://{}", drain.redis.socket().display()), "mode: append", "");
    drain.drains();
    assert_eq!(drain.count(), 1);
}

/// A Redis with the user `etl`, who may do what a drain does but for `forbidden`, and nothing else; and nobody else may do
/// anything.
fn with_users(forbidden: &str) -> Drain<'static> {
    let drain = drain!();
    let mut redis = drain.register(r#"["id", "note"]"#);
    drain.put(&ROW);
    let mut user = cmd("ACL");
    user.arg("SETUSER").arg("etl").arg("on").arg(format!(">{PASSWORD}"));
    user.arg("~*").arg("-@all");
    for allowed in [
        "ping", "type", "lpos", "lrange", "exists", "hget", "watch", "unwatch", "get", "multi", "exec",
        "set", "rename", "persist", "hlen", "hscan", "hmget", "hset", "unlink", "del", "select",
    ] {
        if allowed != forbidden {
            user.arg(format!("+{allowed}"));
        }
    }
    user.exec(&mut redis).unwrap();
    cmd("ACL").arg("SETUSER").arg("default").arg("off").exec(&mut redis).unwrap();
    drain
}

#[test]
fn an_acl_user_with_a_password_from_the_environment() {
    let drain = with_users("");
    let user = "user: etl\npassword: '${ETL_PASSWORD}'";
    drain.config(&drain.redis.url(), "mode: append", user);
    let run = drain.command().env("ETL_PASSWORD", PASSWORD).args(["-v"]).run();
    run.assert_code(0).assert_never_says(PASSWORD);
    assert_eq!(drain.count(), 1);
    drain.config(&drain.redis.url(), "mode: append", "user: etl");
    drain.command().env("REDISCLI_AUTH", PASSWORD).run().assert_code(0);
}

#[test]
fn a_wrong_password_is_refused_and_never_shown() {
    let drain = with_users("");
    for (url, more) in [
        (drain.redis.url(), format!("user: etl\npassword: 'wrong-{PASSWORD}'")),
        (format!("redis://etl:wrong-secret@127.0.0.1:{}/0", drain.redis.port()), String::new()),
        (drain.redis.url(), String::new()),
    ] {
        drain.config(&url, "mode: append", &more);
        let run = drain.run(&[]);
        run.assert_code(2).assert_never_says("secret").assert_never_says(PASSWORD);
        let message = messages(&run).remove(0);
        says(&message, &["redis://127.0.0.1:", "assword"]);
    }
    let may_see = format!("redis://etl:{}@127.0.0.1:{}/0", "hun%2Fter%402", drain.redis.port());
    let rows: u64 = cmd("HLEN").arg(REPLICA).query(&mut RedisServer::connect(&may_see)).unwrap();
    assert_eq!(rows, 1);
}

#[test]
fn what_the_user_may_not_do_is_said() {
    for forbidden in ["lpos", "rename", "hscan", "hset"] {
        let drain = with_users(forbidden);
        drain.db.execute(&format!("CREATE TABLE {REPLICA} (id text, note integer)"));
        drain.config(&drain.redis.url(), "mode: append", &format!("user: etl\npassword: '{PASSWORD}'"));
        let run = drain.run(&["--max-rejects", "1"]);
        run.assert(matches!(run.code, 1 | 2), "a failure");
        run.assert_stderr_has(&format!("'{forbidden}' command")).assert_stderr_has("ACL");
        assert_eq!(drain.count(), 0);
    }
}

#[test]
fn nobody_there_and_not_a_redis() {
    let drain = drain!();
    drain.config("redis://127.0.0.1:1/0", "mode: append", "");
    let run = drain.run(&["--retries", "0"]);
    run.assert_code(2).assert_stderr_has("redis://127.0.0.1:1/0: Redis: Connection refused");
    for (from, text) in [
        ("redis://127.0.0.1:x", "is no Redis URL"),
        ("127.0.0.1:6379", "from: is neither the URL of a Redis nor that of a gateway"),
        ("rediss://127.0.0.1:1/0#insecure", "#insecure would talk to any server"),
    ] {
        drain.config(from, "mode: append", "");
        let run = drain.run(&[]);
        run.assert_code(2);
        says(&messages(&run).remove(0), &["config.yml/drain.us_users", text]);
    }
}

/// A Redis that speaks TLS only, on `localhost`, and its certificate's authority.
fn with_tls() -> (Drain<'static>, String) {
    let authority = Authority::new("pghaul test CA");
    let (certificate, key) = authority.signed("localhost");
    let write = |dir: &Path, name: &str, text: String| std::fs::write(dir.join(name), text).unwrap();
    let redis = RedisServer::start_in(|dir| {
        write(dir, "server.pem", certificate);
        write(dir, "server.key", key);
        write(dir, "ca.pem", authority.pem());
        let file = |name: &str| dir.join(name).display().to_string();
        vec![
            format!("tls-cert-file {}", file("server.pem")),
            format!("tls-key-file {}", file("server.key")),
            format!("tls-ca-cert-file {}", file("ca.pem")),
            "tls-auth-clients no".to_owned(),
        ]
    });
    let drain = Drain::with(env!("CARGO_BIN_EXE_pghaul"), redis);
    let mut client = drain.register(r#"["id", "note"]"#);
    drain.put(&ROW);
    // A second port, which speaks TLS; the first one is the test's own way in.
    let port = drain.redis.tls_port();
    cmd("CONFIG").arg("SET").arg("tls-port").arg(port).exec(&mut client).unwrap();
    drain.work.write("ca.pem", authority.pem());
    (drain, format!("rediss://localhost:{port}/0"))
}

#[test]
fn tls_with_the_servers_authority_and_not_without() {
    let (drain, url) = with_tls();
    drain.config(&url, "mode: append", "");
    let run = drain.run(&[]);
    run.assert_code(2).assert_stderr_has("tls: {ca: FILE}");
    drain.config(&url.replace("localhost", "127.0.0.1"), "mode: append", "tls: {ca: ca.pem}");
    drain.run(&[]).assert_code(2).assert_stderr_has("not valid for name");
    drain.config(&url, "mode: append", "tls: {ca: ca.pem}");
    drain.drains();
    assert_eq!(drain.count(), 1);
}
