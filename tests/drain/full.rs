//! A Redis that has reached its `maxmemory`: it can be drained, since that is what frees its memory.

use crate::gate::Gate;
use pghaul_test_support::{Drain, drain, messages, says};
use redis::{Value, cmd};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

const COLUMNS: &str = r#"["id", "n"]"#;
const ROWS: [(&str, &str); 2] = [("1", "[1]"), ("2", "[2]")];

fn set_full(drain: &Drain<'_>, is_full: bool) {
    let mut redis = drain.redis.client();
    let bytes = if is_full { 1 } else { 0 };
    cmd("CONFIG").arg("SET").arg("maxmemory").arg(bytes).exec(&mut redis).unwrap();
    assert_eq!(cmd("SET").arg("probe").arg("x").exec(&mut redis).is_err(), is_full);
    if !is_full {
        cmd("DEL").arg("probe").exec(&mut redis).unwrap();
    }
}

/// The commands that other clients send to Redis during `work`, but for those that a script executes.
fn commands_of(drain: &Drain<'_>, work: impl FnOnce()) -> BTreeSet<String> {
    let mut monitor = TcpStream::connect(("127.0.0.1", drain.redis.port())).unwrap();
    monitor.write_all(b"MONITOR\r\n").unwrap();
    let mut lines = BufReader::new(monitor).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "+OK");
    work();
    cmd("ECHO").arg("the end").exec(&mut drain.redis.client()).unwrap();
    lines
        .map(Result::unwrap)
        .take_while(|line| !line.contains("\"the end\""))
        .filter(|line| !line.contains(" lua] "))
        .map(|line| line.split('"').nth(1).unwrap().to_lowercase())
        .collect()
}

/// Whether Redis refuses a command when it is full, whatever its arguments are.
fn needs_memory(drain: &Drain<'_>, name: &str) -> bool {
    let about: Vec<Vec<Value>> =
        cmd("COMMAND").arg("INFO").arg(name).query(&mut drain.redis.client()).unwrap();
    let Value::Array(flags) = &about[0][2] else { panic!("{about:?}") };
    // `MULTI` is not marked, and refuses all that it is given.
    name == "exec" || flags.contains(&Value::SimpleString("denyoom".to_owned()))
}

#[test]
fn nothing_between_taking_and_removing_needs_memory() {
    for (into, args) in [
        ("mode: append", &[][..]),
        ("mode: upsert, key: [id]", &["--max-rejects", "5"]),
        ("mode: replace", &["--keep"]),
    ] {
        let drain = drain!();
        drain.register(COLUMNS);
        drain.config(&drain.redis.url(), into, "");
        drain.put(&ROWS);
        set_full(&drain, true);
        let commands = commands_of(&drain, || {
            drain.run(args).assert_code(0);
        });
        assert_eq!(drain.count(), 2, "{into}");
        let left = drain.keys();
        match args {
            ["--keep"] => assert!(left.len() == 1 && left[0].ends_with(":kept"), "{left:?}"),
            _ => assert_eq!(left, [""; 0]),
        }
        assert!(["eval", "hscan", "unlink"].iter().all(|name| commands.contains(*name)), "{commands:?}");
        // A `MULTI` is tried before the script, and what Redis refuses of it changes nothing.
        let of_multi = ["multi", "set", "rename", "persist", "exec"];
        for command in commands.iter().filter(|name| !of_multi.contains(&name.as_str())) {
            assert!(!needs_memory(&drain, command), "{command}");
        }
        // When it has room again, the usual way is taken.
        set_full(&drain, false);
        drain.put(&[("3", "[3]")]);
        let commands = commands_of(&drain, || {
            drain.run(args).assert_code(0);
        });
        assert!(commands.contains("exec") && !commands.contains("eval"), "{commands:?}");
    }
}

#[test]
fn a_batch_of_an_earlier_run_is_loaded_and_a_published_one_removed() {
    let drain = drain!();
    let mut redis = drain.register(COLUMNS);
    drain.put(&[("1", "[1"), ("2", "[2]")]);
    drain.run(&[]).assert_code(1);
    let batch: String = cmd("GET").arg("{sample_us_users}:pghaul:draining").query(&mut redis).unwrap();
    cmd("HSET").arg(&batch).arg("1").arg("[1]").exec(&mut redis).unwrap();
    set_full(&drain, true);
    drain.drains().assert_stderr_has("going on with");
    assert_eq!((drain.count(), drain.keys().len()), (2, 0));
    // As after a kill between the commit and the removal.
    set_full(&drain, false);
    cmd("HSET").arg(&batch).arg("1").arg("[1]").exec(&mut redis).unwrap();
    cmd("SET").arg("{sample_us_users}:pghaul:draining").arg(&batch).exec(&mut redis).unwrap();
    set_full(&drain, true);
    drain.drains().assert_stderr_has("was published, and is removed now");
    assert_eq!((drain.count(), drain.keys().len()), (2, 0));
}

#[test]
fn rejects_have_no_room_and_their_batch_stays() {
    // Full from the start, and from between taking and loading on.
    for gated in [false, true] {
        let drain = drain!();
        let mut redis = drain.register(COLUMNS);
        if gated {
            drain.config(&drain.redis.url(), "mode: append", "before: ['SELECT pg_advisory_lock_shared(7)']");
        }
        // More rejects than are copied at a time.
        let rows: Vec<(String, String)> = (0..1200)
            .map(|id| (id.to_string(), format!("[{id}{}", if id % 2 == 0 { "" } else { "]" })))
            .collect();
        let rows: Vec<(&str, &str)> = rows.iter().map(|(id, row)| (id.as_str(), row.as_str())).collect();
        drain.put(&rows);
        let run = if gated {
            let gate = Gate::close(&drain.db);
            let running = drain.start(&["--max-rejects", "600"]);
            Gate::wait(&drain.db);
            set_full(&drain, true);
            gate.open();
            running.wait()
        } else {
            set_full(&drain, true);
            drain.run(&["--max-rejects", "600"])
        };
        run.assert_code(1);
        says(
            &messages(&run).remove(0),
            &["OOM", "no room for copies of rejected rows", "its rows stay in Redis"],
        );
        // Again and again, all rows are there.
        let batch: String = cmd("GET").arg("{sample_us_users}:pghaul:draining").query(&mut redis).unwrap();
        drain.run(&["--max-rejects", "600"]).assert_code(1);
        assert_eq!(drain.hash(&batch).len(), 1200);
        set_full(&drain, false);
        drain.run(&["--max-rejects", "600"]).assert_code(3);
        assert_eq!((drain.count(), drain.hash(&format!("{batch}:rejected")).len()), (600, 600));
    }
}
