//! `pghaul ingest` on a folder of dumps and a database of its own, and what must hold when it goes wrong.

use crate::{Database, Dump, Pghaul, Run, Workdir, server};
use std::path::{Path, PathBuf};

/// Every relation of the user's, with what would change if anyone touched it: where its rows are, its columns, its
/// mothers.
const RELATIONS: &str = "
    SELECT c.oid::regclass::text, c.relkind::text, c.relfilenode::text,
           (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
            FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0),
           (SELECT string_agg(i.inhparent::regclass::text, ', ') FROM pg_inherits i WHERE i.inhrelid = c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    ORDER BY 1";

/// The columns of the table [`GOOD_TABLE`].
const GOOD_COLUMNS: [(&str, &str); 2] = [("id", "int"), ("name", "varchar(20)")];

/// A table that [`Ingest::unit`] adds beside the one that a test is about; it has two rows.
pub const GOOD_TABLE: &str = "good";

/// A folder with `dumps/`, and a fresh database; see [`crate::ingest!`].
pub struct Ingest {
    binary: &'static str,
    /// The current folder of the runs.
    pub work: Workdir,
    /// The target database.
    pub db: Database<'static>,
}

impl Ingest {
    /// For the binary at this path.
    pub fn new(binary: &'static str) -> Ingest {
        let work = Workdir::new();
        std::fs::create_dir(work.join("dumps")).expect("write into a temporary folder");
        Ingest { binary, work, db: server().database() }
    }

    /// Writes a dump into the folder.
    pub fn dump(&self, name: &str, dump: &Dump) -> PathBuf {
        self.work.write(Path::new("dumps").join(name), dump.bytes())
    }

    /// Writes `dumps/app_v1.zip` with the table `t` of these columns and this data, and [`GOOD_TABLE`] beside it.
    pub fn unit(&self, columns: &[(&str, &str)], data: impl AsRef<[u8]>) {
        self.dump("app_v1.zip", &Dump::new().table("t", columns, data).good());
    }

    /// Writes `config.yml` into the current folder.
    pub fn config(&self, yaml: &str) {
        self.work.write("config.yml", yaml);
    }

    /// `pghaul ingest dumps --db …`, to which arguments may be added.
    pub fn command(&self) -> Pghaul {
        self.bare_command().args(["dumps", "--db", &self.db.url()])
    }

    /// `pghaul ingest`.
    pub fn bare_command(&self) -> Pghaul {
        Pghaul::new(self.binary, &self.work).args(["ingest"])
    }

    /// Runs [`Ingest::command`], which must load everything.
    #[track_caller]
    pub fn loads(&self) -> Run {
        let run = self.command().run();
        run.assert_code(0);
        run
    }

    /// Runs [`Ingest::command`], which must be refused; gives its message.
    #[track_caller]
    pub fn refused(&self) -> String {
        self.refuses(self.command())
    }

    /// Runs `command`, which must be refused with one message and touch nothing; gives the message.
    #[track_caller]
    pub fn refuses(&self, command: Pghaul) -> String {
        let mut messages = self.refuses_all(command);
        assert_eq!(messages.len(), 1, "one message, not {messages:#?}");
        messages.remove(0)
    }

    /// Runs `command`, which must be refused and touch nothing; gives its messages, one per line.
    #[track_caller]
    pub fn refuses_all(&self, command: Pghaul) -> Vec<String> {
        let before = self.db.rows(RELATIONS);
        let run = command.run();
        run.assert_code(2);
        let after = self.db.rows(RELATIONS);
        run.assert(before == after, &format!("nothing touched, but {before:#?} became {after:#?}"));
        messages(&run)
    }

    /// Runs [`Ingest::command`] on what [`Ingest::unit`] wrote: `t` must fail with one message and leave nothing,
    /// and [`GOOD_TABLE`] must be complete; gives the message.
    #[track_caller]
    pub fn fails(&self) -> String {
        let run = self.command().run();
        run.assert_code(1);
        let mut messages = messages(&run);
        run.assert(messages.len() == 1, "one message");
        assert_eq!(self.tables(), ["good", "t", "v1_good"], "{}", messages[0]);
        assert_eq!(self.db.one("SELECT count(*) FROM t"), "0");
        assert_eq!(self.db.one("SELECT count(*) FROM v1_good"), "2");
        assert_eq!(self.db.one("SELECT count(*) FROM good"), "2");
        assert_eq!(self.db.one("SELECT string_agg(unit, ',') FROM pghaul.loads"), "v1_good");
        messages.remove(0)
    }

    /// The tables and views in schema public, by name.
    #[track_caller]
    pub fn tables(&self) -> Vec<String> {
        let sql = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace \
                   AND relkind NOT IN ('i', 't') ORDER BY relname COLLATE \"C\"";
        self.db.rows(sql).into_iter().flatten().flatten().collect()
    }
}

impl Dump {
    /// Adds [`GOOD_TABLE`].
    pub fn good(self) -> Dump {
        self.table(GOOD_TABLE, &GOOD_COLUMNS, "id|name\n1|one\n2|two\n")
    }
}

/// The messages of a run that went wrong: lines that begin with `error: `, and nothing else on standard error but
/// warnings.
#[track_caller]
pub fn messages(run: &Run) -> Vec<String> {
    let (errors, others): (Vec<&str>, Vec<&str>) =
        run.stderr.lines().partition(|line| line.starts_with("error: "));
    let only_warnings = others.iter().all(|line| line.starts_with("warning: "));
    run.assert(only_warnings && !errors.is_empty(), "lines that begin with `error: `, or with `warning: `");
    run.assert(!run.stderr.contains('\x1b'), "no escape sequence");
    for error in &errors {
        // Seen with --nocapture: what a user reads.
        println!("{error}");
    }
    errors.into_iter().map(|line| line.trim_start_matches("error: ").to_owned()).collect()
}

/// The message holds all of these texts, in this order.
#[track_caller]
pub fn says(message: &str, texts: &[&str]) {
    let mut rest = message;
    for text in texts {
        match rest.split_once(text) {
            Some((_, behind)) => rest = behind,
            None => panic!("expected {text:?} (in this order: {texts:?}) in\n{message}"),
        }
    }
}
