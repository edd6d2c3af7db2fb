//! Two databases, and runs of `pghaul sync` from one to the other.

use pghaul_test_support::{Database, Pghaul, Run, Server, Workdir, pghaul, server};
use std::process::Command;
use std::time::Duration;

/// A source, a destination, and what is asked for each time.
pub struct Sides {
    pub work: Workdir,
    pub source: Database<'static>,
    pub destination: Database<'static>,
    pub flags: Vec<String>,
}

impl Sides {
    /// Both on the common server. Flags have values, in pairs. The source has been told `sql`.
    pub fn new(sql: &str, flags: &[&str]) -> Sides {
        Sides::on(server(), sql, flags)
    }

    /// Both on this server.
    pub fn on(server: &'static Server, sql: &str, flags: &[&str]) -> Sides {
        let sides = Sides {
            work: Workdir::new(),
            source: server.database(),
            destination: server.database(),
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        };
        sides.source.execute(sql);
        sides
    }

    fn pghaul(&self, word: &str, more: &[&str]) -> Pghaul {
        let (from, to) = (self.source.url(), self.destination.url());
        let all =
            [&["--from", &from, "--to", &to], &self.flags.iter().map(String::as_str).collect::<Vec<_>>()[..]];
        // What is asked for this time takes the place of what is asked for each time.
        let others: Vec<&str> =
            all.concat().chunks(2).filter(|pair| !more.contains(&pair[0])).flatten().copied().collect();
        pghaul!(self.work).args(["sync", word]).args(others).args(more)
    }

    /// `pghaul sync once`.
    #[track_caller]
    pub fn once(&self, more: &[&str]) -> Run {
        self.pghaul("once", more).run()
    }

    /// `pghaul sync once`, which works.
    #[track_caller]
    pub fn synced(&self, more: &[&str]) -> Run {
        let run = self.once(more);
        run.assert_code(0);
        run
    }

    /// `pghaul sync watch`, to be started.
    pub fn watch(&self, more: &[&str]) -> Command {
        self.command("watch", more)
    }

    /// `pghaul sync` with this word, to be started.
    pub fn command(&self, word: &str, more: &[&str]) -> Command {
        self.pghaul(word, more).command()
    }

    /// Makes passes until nothing is read again but the greatest cursor.
    #[track_caller]
    pub fn settle(&self) {
        for _ in 0..20 {
            self.synced(&[]);
            if self.destination.one("SELECT pending_to IS NULL FROM pghaul.syncs") == "t" {
                return;
            }
            std::thread::sleep(Duration::from_millis(600));
        }
        panic!("nothing settles");
    }

    /// `sql` gives the same on both sides.
    #[track_caller]
    pub fn assert_same(&self, sql: &str) {
        assert_eq!(self.source.rows(sql), self.destination.rows(sql), "{sql}");
    }
}

/// A watch that SIGTERM has ended: between two passes, or in one.
#[track_caller]
pub fn ended(run: Run) -> Run {
    run.assert(matches!(run.code, 0 | 143), "exit code 0 or 143");
    run
}

/// A table with a key and a cursor, and so many rows, the cursor from 1 on.
pub fn numbered(rows: u32) -> String {
    format!(
        "CREATE TABLE t (id int PRIMARY KEY, v text, u bigint); CREATE INDEX t_u ON t (u); \
         INSERT INTO t SELECT i, 'v' || i, i FROM generate_series(1, {rows}) i; ANALYZE t"
    )
}

/// What [`numbered`] is followed by.
pub const BY_U: [&str; 4] = ["--table", "t", "--cursor", "u"];
