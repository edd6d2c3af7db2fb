//! A database of its own for each test.

use crate::Server;
use crate::wait::PATIENCE;
use postgres::{Client, SimpleQueryMessage};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The connections of others to the same database, behind `FROM`.
pub const OTHERS: &str = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                          AND backend_type = 'client backend'";

/// Those of them that are in a COPY; PostgreSQL 13 has no `pg_stat_progress_copy`.
pub const IN_COPY: &str = "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                           AND state = 'active' AND query LIKE 'COPY %'";

/// One fresh database on a [`Server`]. It goes on drop: hundreds of them would take gigabytes until the server ends.
pub struct Database<'a> {
    server: &'a Server,
    name: String,
}

impl<'a> Database<'a> {
    pub(crate) fn create(server: &'a Server) -> Self {
        let name = unique("db");
        server
            .client("postgres")
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .expect("create a database");
        Database { server, name }
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The superuser on the unix socket, without a password.
    pub fn url(&self) -> String {
        self.server.url_of(self)
    }

    /// `user` on 127.0.0.1; neither name nor password may need percent-encoding.
    pub fn tcp_url(&self, user: &str, password: &str) -> String {
        format!("postgresql://{user}:{password}@127.0.0.1:{}/{}", self.server.port(), self.name)
    }

    /// A new role that may log in with `password` (without a quote in it); gives its name.
    pub fn role(&self, password: &str) -> String {
        let role = unique("role");
        let sql = format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'");
        self.client().batch_execute(&sql).expect("create a role");
        role
    }

    /// A connection of the superuser.
    pub fn client(&self) -> Client {
        self.server.client(&self.name)
    }

    /// Runs `sql` and drops what it returns.
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        if let Err(error) = self.client().batch_execute(sql) {
            panic!("{sql}: {error:?}");
        }
    }

    /// All rows of `sql`, every value as the server writes it.
    #[track_caller]
    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let messages = self.client().simple_query(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        messages
            .iter()
            .filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => {
                    Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
                }
                _ => None,
            })
            .collect()
    }

    /// Waits until `sql` gives true.
    #[track_caller]
    pub fn wait_until(&self, sql: &str) {
        let mut client = self.client();
        let give_up = Instant::now() + PATIENCE;
        while !client.query_one(sql, &[]).expect(sql).get::<_, bool>(0) {
            assert!(Instant::now() < give_up, "waited in vain: {sql}");
            // What comes next may have to be in the same moment.
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The one value, not null, of `sql`.
    #[track_caller]
    pub fn one(&self, sql: &str) -> String {
        match &self.rows(sql)[..] {
            [row] if row.len() == 1 => row[0].clone().unwrap_or_else(|| panic!("{sql}: is null")),
            rows => panic!("{sql}: expected one value, got {rows:?}"),
        }
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // A server that has crashed, or whose disk is full, takes it along when it ends.
        if let Ok(mut client) = self.server.connect("postgres") {
            let _ = client.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{prefix}_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
