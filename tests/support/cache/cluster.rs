//! A Redis Cluster: nodes on ports of their own, each with its part of the slots.

use super::redis::RedisServer;
use crate::server::free_port;
use crate::wait::wait_for;
use redis::{Connection, FromRedisValue, cmd};

/// Slots of a cluster.
const SLOTS: usize = 16_384;

/// A running cluster.
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts a cluster of so many nodes without replicas; panics when it cannot.
    pub fn start(nodes: usize) -> RedisCluster {
        let start = |_| {
            RedisServer::start(&[
                "cluster-enabled yes",
                "cluster-config-file nodes.conf",
                "cluster-node-timeout 5000",
                &format!("cluster-port {}", free_port()),
            ])
        };
        let cluster = RedisCluster { nodes: (0..nodes).map(start).collect() };
        for (number, node) in cluster.nodes.iter().enumerate() {
            let (from, to) = (number * SLOTS / nodes, (number + 1) * SLOTS / nodes - 1);
            cluster.tell(number, &["ADDSLOTSRANGE", &from.to_string(), &to.to_string()]);
            cluster.tell(number, &["SET-CONFIG-EPOCH", &(number + 1).to_string()]);
            let bus: (String, u16) =
                cmd("CONFIG").arg("GET").arg("cluster-port").query(&mut node.client()).expect("the bus");
            cluster.tell(0, &["MEET", "127.0.0.1", &node.port().to_string(), &bus.1.to_string()]);
        }
        let is_ready = |node: &RedisServer| {
            let info: String = cmd("CLUSTER").arg("INFO").query(&mut node.client()).expect("its state");
            info.contains("cluster_state:ok") && info.contains(&format!("cluster_known_nodes:{nodes}\r"))
        };
        wait_for("the cluster", || cluster.nodes.iter().all(is_ready));
        cluster
    }

    /// Its nodes.
    pub fn nodes(&self) -> &[RedisServer] {
        &self.nodes
    }

    /// The number of the node that has a key.
    pub fn node_of(&self, key: &str) -> usize {
        let slot: usize =
            cmd("CLUSTER").arg("KEYSLOT").arg(key).query(&mut self.nodes[0].client()).expect("a slot");
        let nodes = self.nodes.len();
        (0..nodes).find(|number| slot < (number + 1) * SLOTS / nodes).expect("a node")
    }

    /// A connection to the node that has a key, if its slot was never moved.
    pub fn client_of(&self, key: &str) -> Connection {
        self.nodes[self.node_of(key)].client()
    }

    /// Executes `CLUSTER …` on a node.
    pub fn tell(&self, node: usize, words: &[&str]) {
        self.answer::<redis::Value>(node, words);
    }

    /// The answer of a node to `CLUSTER …`.
    pub fn answer<T: FromRedisValue>(&self, node: usize, words: &[&str]) -> T {
        cmd("CLUSTER").arg(words).query(&mut self.nodes[node].client()).expect("CLUSTER")
    }

    /// All keys of all nodes.
    pub fn keys(&self) -> Vec<String> {
        let of = |node: &RedisServer| -> Vec<String> {
            cmd("KEYS").arg("*").query(&mut node.client()).expect("ask for keys")
        };
        let mut keys: Vec<String> = self.nodes.iter().flat_map(of).collect();
        keys.sort();
        keys
    }
}
