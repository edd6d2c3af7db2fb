//! A Redis as `pghaul drain` finds it: the server, a gateway before it, and a writer that never stops.

mod cluster;
mod gateway;
mod redis;
mod writer;

pub use cluster::RedisCluster;
pub use gateway::Gateway;
pub use redis::RedisServer;
pub use writer::{Writer, Written};
