//! Redis Clusters of one node and of three: each replica is drained from the node that has it.

use crate::gate::{BEFORE, Gate};
use nix::sys::signal::Signal;
use pghaul_test_support::{
    Database, Pghaul, RedisCluster, Running, Workdir, messages, says, server, wait_for,
};
use redis::cmd;

const COLUMNS: &str = r#"["id", "n"]"#;
const LIST: &str = "replica_registry";

/// A cluster, and a database that it is drained into.
struct Case {
    work: Workdir,
    db: Database<'static>,
    cluster: RedisCluster,
}

impl Case {
    /// With `nodes` nodes and these replicas, which have no rows.
    fn new(nodes: usize, replicas: &[&str]) -> Case {
        let case =
            Case { work: Workdir::new(), db: server().database(), cluster: RedisCluster::start(nodes) };
        for replica in replicas {
            cmd("RPUSH").arg(LIST).arg(replica).exec(&mut case.cluster.client_of(LIST)).unwrap();
            let meta = format!("{replica}.META");
            let mut redis = case.cluster.client_of(&meta);
            cmd("HSET").arg(&meta).arg("COLUMNS").arg(COLUMNS).exec(&mut redis).unwrap();
        }
        case
    }

    fn put(&self, replica: &str, id: &str, row: &str) {
        cmd("HSET").arg(replica).arg(id).arg(row).exec(&mut self.cluster.client_of(replica)).unwrap();
    }

    /// `pghaul drain all`, which names this node.
    fn command(&self, node: usize, args: &[&str]) -> Pghaul {
        self.command_with(node, "", args)
    }

    /// As [`Case::command`], with another line in the job.
    fn command_with(&self, node: usize, line: &str, args: &[&str]) -> Pghaul {
        let from = self.cluster.nodes()[node].url();
        let job = format!("replica: '*'\n    into: {{table: '{{replica}}', mode: append}}\n    {line}");
        self.work.write("config.yml", format!("drain:\n  all:\n    from: {from}\n    {job}\n"));
        Pghaul::new(env!("CARGO_BIN_EXE_pghaul"), &self.work)
            .args(["drain", "all", "--db", &self.db.url()])
            .args(args)
    }

    fn rows(&self, table: &str) -> u64 {
        let is_there = format!("SELECT to_regclass('\"{table}\"') IS NOT NULL");
        if self.db.one(&is_there) == "f" {
            return 0;
        }
        self.db.one(&format!("SELECT count(*) FROM \"{table}\"")).parse().unwrap()
    }

    /// The keys that are not there from the start.
    fn keys(&self) -> Vec<String> {
        let mut keys = self.cluster.keys();
        keys.retain(|key| key != LIST && !key.ends_with(".META"));
        keys
    }
}

#[test]
fn a_cluster_of_one_node() {
    let case = Case::new(1, &["r1", "r2", "r3", "a:{b}:c"]);
    for replica in ["r1", "r2", "a:{b}:c"] {
        case.put(replica, "1", "[1]");
    }
    case.command(0, &[]).run().assert_code(0);
    assert_eq!(["r1", "r2", "r3", "a:{b}:c"].map(|replica| case.rows(replica)), [1, 1, 0, 1]);
    assert_eq!(case.keys(), [""; 0]);
    case.command(0, &[]).run().assert_code(0);
}

#[test]
fn a_cluster_of_three_nodes_from_each_of_them() {
    let replicas: Vec<String> = (0..12).map(|number| format!("users_{number}")).collect();
    let names: Vec<&str> = replicas.iter().map(String::as_str).collect();
    let case = Case::new(3, &names);
    // Each node has some replicas, and not their descriptions.
    assert!((0..3).all(|node| names.iter().any(|name| case.cluster.node_of(name) == node)));
    for from in 0..3 {
        for name in &names {
            case.put(name, &format!("good-{from}"), "[1]");
            case.put(name, &format!("bad-{from}"), "[1");
        }
        // Rejects stop the batches first, which the next run goes on with.
        case.command(from, &[]).run().assert_code(1).assert_stdout_has("12 failed");
        assert_eq!(case.keys().iter().filter(|key| key.ends_with(":draining")).count(), 12);
        case.command((from + 1) % 3, &["--max-rejects", "1"])
            .run()
            .assert_code(3)
            .assert_stderr_has("going on");
        assert!(names.iter().all(|name| case.rows(name) == from as u64 + 1));
        let keys = case.keys();
        assert!(
            keys.len() == 12 * (from + 1) && keys.iter().all(|key| key.ends_with(":rejected")),
            "{keys:?}"
        );
    }
    // Also nodes that are full.
    for node in case.cluster.nodes() {
        cmd("CONFIG").arg("SET").arg("maxmemory").arg(0).exec(&mut node.client()).unwrap();
    }
    for name in &names {
        case.put(name, "last", "[1]");
    }
    for node in case.cluster.nodes() {
        cmd("CONFIG").arg("SET").arg("maxmemory").arg(1).exec(&mut node.client()).unwrap();
    }
    case.command(0, &["--keep"]).run().assert_code(0);
    assert!(names.iter().all(|name| case.rows(name) == 4));
    assert_eq!(case.keys().iter().filter(|key| key.ends_with(":kept")).count(), 12);
}

#[test]
fn a_name_whose_keys_are_in_several_slots_fails_alone() {
    for nodes in [1, 3] {
        let case = Case::new(nodes, &["a}b", "good"]);
        case.put("a}b", "1", "[1]");
        case.put("good", "1", "[1]");
        let run = case.command(0, &[]).run();
        run.assert_code(1);
        says(&run.stderr, &["CrossSlot", "may have braces only around a part of it"]);
        assert_eq!((case.rows("good"), case.keys()), (1, vec!["a}b".to_owned()]));
    }
}

#[test]
fn a_slot_that_moves_is_followed() {
    let case = Case::new(3, &["users"]);
    let (from, to) = (case.cluster.node_of("users"), (case.cluster.node_of("users") + 1) % 3);
    let slot: u16 = case.cluster.answer(0, &["KEYSLOT", "users"]);
    let slot = slot.to_string();
    let ids = [from, to].map(|node| case.cluster.answer::<String>(node, &["MYID"]));
    case.put("users", "1", "[1]");
    let elsewhere = (from + 2) % 3;
    let watching = Running::start(case.command(elsewhere, &["--watch", "--every", "100ms"]).command());
    wait_for("a row", || case.rows("users") == 1 && case.keys().is_empty());
    // On its way, a key is at the old node or the new one, and nothing is taken from either.
    case.cluster.tell(to, &["SETSLOT", &slot, "IMPORTING", &ids[0]]);
    case.cluster.tell(from, &["SETSLOT", &slot, "MIGRATING", &ids[1]]);
    let mut new = case.cluster.nodes()[to].client();
    redis::pipe().cmd("ASKING").ignore().cmd("HSET").arg("users").arg("2").arg("[2]").exec(&mut new).unwrap();
    let run = case.command(elsewhere, &["--retries", "0"]).run();
    run.assert_code(1);
    says(&messages(&run).remove(0), &["on their way to another node"]);
    assert_eq!((case.rows("users"), case.keys()), (1, vec!["users".to_owned()]));
    for node in [to, from, elsewhere] {
        case.cluster.tell(node, &["SETSLOT", &slot, "NODE", &ids[1]]);
    }
    wait_for("a row from the new node", || case.rows("users") == 2 && case.keys().is_empty());
    watching.signal(Signal::SIGTERM);
    watching.wait().assert_code(0).assert_stderr_has("users: 1 row published");
}

#[test]
fn keys_that_move_between_taking_and_removing_are_followed() {
    // Which of the batch, its columns and its mark are at the new node when the batch is loaded.
    for moved in ["b", "bcm"] {
        let case = Case::new(3, &["users"]);
        let (from, to) = (case.cluster.node_of("users"), (case.cluster.node_of("users") + 1) % 3);
        let slot = case.cluster.answer::<u16>(0, &["KEYSLOT", "users"]).to_string();
        let ids = [from, to].map(|node| case.cluster.answer::<String>(node, &["MYID"]));
        for id in 0..2000 {
            case.put("users", &id.to_string(), "[1]");
        }
        let gate = Gate::close(&case.db);
        let running = Running::start(case.command_with((from + 2) % 3, BEFORE, &[]).command());
        Gate::wait(&case.db);
        case.cluster.tell(to, &["SETSLOT", &slot, "IMPORTING", &ids[0]]);
        case.cluster.tell(from, &["SETSLOT", &slot, "MIGRATING", &ids[1]]);
        let keys = case.keys();
        let ends = |end: &str| keys.iter().find(|key| key.ends_with(end)).unwrap().clone();
        let (columns, mark) = (ends(":columns"), ends(":draining"));
        let batch = columns.strip_suffix(":columns").unwrap().to_owned();
        let port = case.cluster.nodes()[to].port();
        let mut old = case.cluster.nodes()[from].client();
        for (sign, key) in [('b', &batch), ('c', &columns), ('m', &mark)] {
            if moved.contains(sign) {
                cmd("MIGRATE").arg("127.0.0.1").arg(port).arg(key).arg(0).arg(5000).exec(&mut old).unwrap();
            }
        }
        gate.open();
        let run = running.wait();
        run.assert_code(0);
        assert_eq!(case.rows("users"), 2000, "{moved}");
        for node in 0..3 {
            case.cluster.tell(node, &["SETSLOT", &slot, "NODE", &ids[1]]);
        }
        assert_eq!(case.keys(), [""; 0], "{moved}");
    }
}
