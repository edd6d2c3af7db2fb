//! `pghaul drain` with a Redis and a database of its own.

use crate::{Database, Pghaul, RedisServer, Run, Running, Server, Workdir, Written, server};
use redis::{Connection, cmd};
use serde_json::Value;
use std::collections::HashSet;
use std::path::Path;

/// The job that [`Drain::config`] describes, the replica that it drains, and its table.
pub const JOB: &str = "us_users";
/// The replica.
pub const REPLICA: &str = "sample_us_users";

/// A cache, and the database that it is drained into; see [`crate::drain!`].
pub struct Drain<'s> {
    binary: &'static str,
    /// The current folder of the runs.
    pub work: Workdir,
    /// The target database.
    pub db: Database<'s>,
    /// The cache.
    pub redis: RedisServer,
}

impl Drain<'static> {
    /// For the binary at this path; the cache has the replica [`REPLICA`], which is registered and has no rows.
    pub fn new(binary: &'static str, settings: &[&str]) -> Drain<'static> {
        Drain::with(binary, RedisServer::start(settings))
    }

    /// As [`Drain::new`], with a Redis of the caller's.
    pub fn with(binary: &'static str, redis: RedisServer) -> Drain<'static> {
        Drain::on(binary, redis, server())
    }
}

impl<'s> Drain<'s> {
    /// As [`Drain::new`], with a Redis and a PostgreSQL of the caller's.
    pub fn on(binary: &'static str, redis: RedisServer, server: &'s Server) -> Drain<'s> {
        let drain = Drain { binary, work: Workdir::new(), db: server.database(), redis };
        drain.config(&drain.redis.url(), "mode: append", "");
        drain
    }

    /// Registers the replica with these columns.
    pub fn register(&self, columns: &str) -> Connection {
        let mut redis = self.redis.client();
        cmd("LPUSH").arg("replica_registry").arg(REPLICA).exec(&mut redis).expect("register");
        cmd("HSET")
            .arg(format!("{REPLICA}.META"))
            .arg("COLUMNS")
            .arg(columns)
            .exec(&mut redis)
            .expect("register");
        redis
    }

    /// Adds rows to the replica.
    pub fn put<R: AsRef<[u8]>>(&self, rows: &[(&str, R)]) {
        let mut redis = self.redis.client();
        let mut command = cmd("HSET");
        command.arg(REPLICA);
        for (id, row) in rows {
            command.arg(id).arg(row.as_ref());
        }
        command.exec(&mut redis).expect("put rows");
    }

    /// Writes the job: where from, how `into` goes on, and what else it says.
    pub fn config(&self, from: &str, into: &str, more: &str) {
        let more: String = more.lines().map(|line| format!("    {line}\n")).collect();
        self.work.write(
            "config.yml",
            format!(
                "drain:\n  {JOB}:\n    from: '{from}'\n    replica: {REPLICA}\n    into: {{table: {REPLICA}, {into}}}\n{more}"
            ),
        );
    }

    /// `pghaul drain us_users --db …`, to which arguments may be added.
    pub fn command(&self) -> Pghaul {
        Pghaul::new(self.binary, &self.work).args(["drain", JOB, "--db", &self.db.url()])
    }

    /// Runs it with these arguments besides.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Run {
        self.command().args(args).run()
    }

    /// Runs it, which must drain everything.
    #[track_caller]
    pub fn drains(&self) -> Run {
        let run = self.run(&[]);
        run.assert_code(0);
        run
    }

    /// Starts it with these arguments besides, to watch.
    #[track_caller]
    pub fn start(&self, args: &[&str]) -> Running {
        Running::start(self.command().args(args).command())
    }

    /// How many rows the table has.
    #[track_caller]
    pub fn count(&self) -> u64 {
        self.db.one(&format!("SELECT count(*) FROM {REPLICA}")).parse().expect("a number")
    }

    /// Every row that was written is in the table, and none twice.
    #[track_caller]
    pub fn has_each_once(&self, written: &Written) {
        let ids = self.db.rows(&format!("SELECT id FROM {REPLICA}"));
        let ids: Vec<u64> =
            ids.iter().map(|row| row[0].as_deref().expect("an id").parse().expect("a number")).collect();
        let distinct: HashSet<u64> = ids.iter().copied().collect();
        assert_eq!(distinct.len(), ids.len(), "rows came twice");
        let lost: Vec<&u64> = written.certain.difference(&distinct).collect();
        assert!(lost.is_empty(), "{} rows are lost, such as {:?}", lost.len(), lost[0]);
        let unknown =
            distinct.iter().filter(|id| !written.certain.contains(id) && !written.uncertain.contains(id));
        assert_eq!(unknown.count(), 0, "rows that nobody has written");
        let wrong =
            format!("SELECT count(*) FROM {REPLICA} WHERE id <> number OR text <> format('row \"%s\"', id)");
        assert_eq!(self.db.one(&wrong), "0");
    }

    /// The keys in Redis that are not there from the start.
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> =
            cmd("KEYS").arg("*").query(&mut self.redis.client()).expect("ask for keys");
        keys.retain(|key| key != "replica_registry" && !key.ends_with(".META"));
        keys.sort();
        keys
    }

    /// The rows of a hash.
    pub fn hash(&self, key: &str) -> Vec<(String, String)> {
        let mut rows: Vec<(String, String)> =
            cmd("HGETALL").arg(key).query(&mut self.redis.client()).expect("read a hash");
        rows.sort();
        rows
    }

    /// The columns of the table with their types.
    #[track_caller]
    pub fn columns(&self) -> String {
        self.db.one(&format!(
            "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) \
             FROM pg_attribute WHERE attrelid = '{REPLICA}'::regclass AND attnum > 0 AND NOT attisdropped"
        ))
    }

    /// The lines of the list of rejects.
    #[track_caller]
    pub fn rejects(&self) -> Vec<Value> {
        let text = self.work.read(Path::new("rejects").join(format!("{JOB}.jsonl")));
        text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
    }
}
