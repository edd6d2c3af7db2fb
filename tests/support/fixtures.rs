//! What the tests of `ingest` begin with: dumps, a database to load them into, and how the load went.

use crate::{Database, Pghaul, Run, Server, Workdir, server};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use zip::write::{SimpleFileOptions, ZipWriter};

/// A table of a dump: its name, its columns as `name:type name:type`, and its rows without the header.
pub type Table<'t> = (&'t str, &'t str, &'t str);

/// The repository's folder.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// One test's folder, with dumps in its `dumps`, and the database that they are loaded into.
pub struct Case {
    /// The current folder of every run; `config.yml` in it counts.
    pub work: Workdir,
    /// Empty at first.
    pub db: Database<'static>,
    binary: &'static str,
}

/// How a run ended, and what its report says.
#[derive(Debug)]
pub struct Outcome {
    /// The run.
    pub run: Run,
    /// The report, as it stood on standard output.
    pub report: Value,
}

impl Case {
    /// A case for the binary at this path; see [`crate::case!`].
    pub fn new(binary: &'static str) -> Case {
        Case::on(server(), binary)
    }

    /// The same on another server than the common one.
    pub fn on(server: &'static Server, binary: &'static str) -> Case {
        Case { work: Workdir::new(), db: server.database(), binary }
    }

    /// Writes `config.yml`.
    pub fn config(&self, yaml: &str) {
        self.work.write("config.yml", yaml);
    }

    /// Writes `dumps/<name>.zip` with these tables, in place of an earlier one.
    pub fn dump(&self, name: &str, tables: &[Table<'_>]) -> PathBuf {
        let path = self.dump_path(name);
        write_dump(&path, |dump| {
            tables.iter().try_for_each(|(table, columns, rows)| {
                dump.table(table, columns, |out| out.write_all(rows.as_bytes()))
            })
        });
        path
    }

    /// Where `dumps/<name>.zip` is to be; the folder exists.
    pub fn dump_path(&self, name: &str) -> PathBuf {
        std::fs::create_dir_all(self.work.join("dumps")).expect("write into a temporary folder");
        self.work.join(format!("dumps/{name}.zip"))
    }

    /// `pghaul ingest dumps` into the database with the report on standard output, and `args`, divided by blanks.
    pub fn ingest(&self, args: &str) -> Pghaul {
        Pghaul::new(self.binary, &self.work)
            .args(["ingest", "dumps", "--db", &self.db.url(), "--report", "-"])
            .args(args.split_whitespace())
    }

    /// Runs `pghaul ingest dumps --plan`, which must end well.
    #[track_caller]
    pub fn plan(&self) -> Run {
        self.plan_with("")
    }

    /// As [`Case::plan`], with `args`, divided by blanks.
    #[track_caller]
    pub fn plan_with(&self, args: &str) -> Run {
        let fixed = ["ingest", "dumps", "--plan", "--db", &self.db.url()];
        let run = Pghaul::new(self.binary, &self.work).args(fixed).args(args.split_whitespace()).run();
        run.assert_code(0);
        run
    }

    /// Runs [`Case::ingest`], which must end with this exit code.
    #[track_caller]
    pub fn ends_with(&self, code: i32, args: &str) -> Outcome {
        let run = self.ingest(args).run();
        run.assert_code(code);
        Outcome::of(run)
    }

    /// Runs [`Case::ingest`], which must end well; gives each unit's status.
    #[track_caller]
    pub fn load(&self, args: &str) -> BTreeMap<String, String> {
        self.ends_with(0, args).statuses()
    }

    /// Everything that tests change in the database: relations with what tells a new one from an old one, and the
    /// ledger. Two equal ones mean that nothing was touched.
    pub fn everything(&self) -> Vec<Vec<Option<String>>> {
        let relations = "SELECT relname, oid, relfilenode FROM pg_class \
                         WHERE relnamespace = 'public'::regnamespace ORDER BY 1";
        let mut rows = self.db.rows(relations);
        if self.db.one("SELECT to_regclass('pghaul.loads') IS NOT NULL") == "t" {
            rows.extend(self.db.rows("SELECT l::text FROM pghaul.loads l ORDER BY 1"));
        }
        rows
    }

    /// The names of all tables, sorted, with a blank between them.
    pub fn tables(&self) -> String {
        self.db.one(
            "SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class \
             WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'",
        )
    }

    /// `name type, …` of a table, in order.
    pub fn columns(&self, table: &str) -> String {
        self.db.one(&format!(
            "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) \
             FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped"
        ))
    }

    /// Waits until `sql` gives true.
    #[track_caller]
    pub fn wait_until(&self, sql: &str) {
        self.db.wait_until(sql);
    }
}

impl Outcome {
    /// Reads the report from standard output, which must hold nothing else.
    #[track_caller]
    pub fn of(run: Run) -> Outcome {
        let report = serde_json::from_str(&run.stdout);
        run.assert(report.is_ok(), "a JSON report and nothing else on stdout");
        Outcome { report: report.expect("just asserted"), run }
    }

    /// Each unit's status.
    pub fn statuses(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        self.units().iter().map(|unit| (text(&unit["name"]), text(&unit["status"]))).collect()
    }

    /// The report's units.
    pub fn units(&self) -> &[Value] {
        self.report["units"].as_array().expect("a list of units")
    }
}

/// A dump that is being written.
pub struct DumpWriter(ZipWriter<BufWriter<File>>);

/// Writes a dump to `path`. It appears there whole, since a run may be reading the one that it replaces.
pub fn write_dump(path: &Path, fill: impl FnOnce(&mut DumpWriter) -> io::Result<()>) {
    let unfinished = path.with_extension("unfinished");
    let file = File::create(&unfinished).expect("write into a temporary folder");
    let mut dump = DumpWriter(ZipWriter::new(BufWriter::new(file)));
    fill(&mut dump).expect("write a dump");
    dump.0.finish().expect("write a dump").flush().expect("write a dump");
    std::fs::rename(unfinished, path).expect("write into a temporary folder");
}

impl DumpWriter {
    /// Adds the descriptor and the data file of a table.
    pub fn table(
        &mut self,
        table: &str,
        columns: &str,
        rows: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let columns: Vec<(&str, &str)> =
            columns.split_whitespace().map(|column| column.split_once(':').expect("name:type")).collect();
        let entries: Vec<Value> = columns
            .iter()
            .map(|(name, kind)| serde_json::json!({"column_name": name, "column_type": kind}))
            .collect();
        // The lowest level: tests wait for this more than for the disk.
        let options = SimpleFileOptions::default().compression_level(Some(1));
        self.0.start_file(format!("{table}.json"), options)?;
        self.0.write_all(Value::from(entries).to_string().as_bytes())?;
        self.0.start_file(format!("{table}.dat"), options)?;
        let header: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        self.0.write_all(format!("{}\n", header.join("|")).as_bytes())?;
        // Row by row, the checksum would cost more than all the rest.
        let mut buffered = BufWriter::with_capacity(1 << 16, &mut self.0);
        rows(&mut buffered)?;
        buffered.flush()
    }
}
