//! Two versions of two tables, in two generations: a refresh makes one of the other. And whether every unit is all of the
//! one or all of the other.

use crate::wait_until_gone;
use pghaul_test_support::{Case, Outcome, Pghaul, Run, Workdir, names, write_dump};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// More workers than units, so that several streams load the large one.
const WORKERS: usize = 5;
const DUMPS: [&str; 2] = ["crm_v1", "crm_v2"];
const REJECTS: [&str; 4] = ["v1_events.dat", "v1_events.jsonl", "v1_notes.dat", "v1_notes.jsonl"];
const TABLES: [&str; 6] = ["events", "notes", "v1_events", "v1_notes", "v2_events", "v2_notes"];
/// What a user has put on a version table.
const INDEX: &str = "v2_notes_at";
/// Stands for NULL: a data file that is large enough for several streams is little work for everybody else.
const NULL_BYTES: usize = 1900;

/// One data file. A later generation has more rows.
struct Unit {
    name: &'static str,
    mother: &'static str,
    rows: u64,
    /// NULL where there are none.
    text_bytes: usize,
    /// Rows that cannot be loaded.
    bad: u64,
}

const UNITS: [Unit; 4] = [
    // More than 64 MiB.
    Unit { name: "v1_events", mother: "events", rows: 36_000, text_bytes: 0, bad: 2 },
    Unit { name: "v1_notes", mother: "notes", rows: 3_000, text_bytes: 20, bad: 3 },
    Unit { name: "v2_events", mother: "events", rows: 20_000, text_bytes: 100, bad: 0 },
    Unit { name: "v2_notes", mother: "notes", rows: 1_000, text_bytes: 20, bad: 0 },
];

impl Unit {
    fn rows(&self, generation: usize) -> u64 {
        self.rows + generation as u64
    }

    fn write(&self, generation: usize, out: &mut dyn Write) -> std::io::Result<()> {
        let text = if self.text_bytes == 0 { null() } else { "x".repeat(self.text_bytes) };
        for bad in 0..self.bad {
            writeln!(out, "bad {bad}|{generation}|2020-02-29|{text}")?;
        }
        (0..self.rows(generation)).try_for_each(|id| writeln!(out, "{id}|{generation}|2020-02-29|{text}"))
    }
}

fn null() -> String {
    "-".repeat(NULL_BYTES)
}

/// The generation that each unit is of.
pub type Held = BTreeMap<&'static str, usize>;

/// What there is of one generation.
#[derive(Default)]
struct Generation {
    /// By unit: rows, their hashes, mothers, and the ledger's rows, dump and fingerprint.
    contents: BTreeMap<String, Vec<Option<String>>>,
    /// The files of rejects.
    rejects: BTreeMap<&'static str, Vec<u8>>,
}

/// The dumps, the database, and what is allowed to be in it.
pub struct Units {
    /// Folder and database.
    pub case: Case,
    /// How long an undisturbed refresh takes.
    pub whole: Duration,
    /// What each refresh is asked for.
    args: &'static str,
    /// The generation that everything is of.
    complete: Cell<usize>,
    allowed: [Generation; 2],
}

impl Units {
    /// Loads both generations, each undisturbed; the second one is there then.
    pub fn new(case: Case) -> Units {
        Units::refreshed(case, "")
    }

    /// As [`Units::new`], with every mother made anew by each refresh.
    pub fn recreated(case: Case) -> Units {
        Units::refreshed(case, "--mothers recreate")
    }

    fn refreshed(case: Case, args: &'static str) -> Units {
        case.config(&format!("xport_cfg: {{null_pattern: '{}'}}", null()));
        let mut units =
            Units { case, whole: Duration::ZERO, args, complete: Cell::new(1), allowed: Default::default() };
        for generation in [0, 1] {
            units.place(generation);
            let started = Instant::now();
            let run = units.ingest("-v").run();
            units.whole = started.elapsed();
            run.assert_code(3).assert_stderr_has(&format!("rows by {WORKERS} streams"));
            units.allowed[generation] =
                Generation { contents: units.contents(), rejects: units.reject_files() };
            units.assert_is_what_was_written(generation);
            if units.keeps_index() {
                units.case.db.execute(&format!("CREATE INDEX IF NOT EXISTS {INDEX} ON v2_notes (at)"));
            }
        }
        units
    }

    /// What users have put on a version table goes with its mother.
    fn keeps_index(&self) -> bool {
        self.args.is_empty()
    }

    /// What is allowed is what the dumps say, however it was loaded.
    fn assert_is_what_was_written(&self, generation: usize) {
        let Generation { contents, rejects } = &self.allowed[generation];
        assert!(rejects.keys().eq(REJECTS.iter()), "{:?}", rejects.keys());
        assert!(contents.keys().eq(UNITS.iter().map(|unit| unit.name)), "{contents:?}");
        for Unit { name, mother, .. } in UNITS {
            let rows = UNITS.iter().find(|unit| unit.name == name).unwrap().rows(generation);
            let sql = format!(
                "SELECT count(DISTINCT id), sum(id), count(*) FROM {mother} \
                 WHERE tableoid = '{name}'::regclass AND generation = {generation}"
            );
            let expected = [rows, rows * (rows - 1) / 2, rows].map(|number| Some(number.to_string()));
            assert_eq!(self.case.db.rows(&sql), [expected], "{name}");
            let [counted, _, mothers, ledger, ..] = &contents[name][..] else { panic!("{contents:?}") };
            assert_eq!(
                [counted, ledger, mothers].map(Option::as_deref),
                [Some(&*rows.to_string()), Some(&*rows.to_string()), Some("1")]
            );
        }
    }

    /// `pghaul ingest` of all units.
    pub fn ingest(&self, args: &str) -> Pghaul {
        self.case.ingest(&format!("--max-rejects 10 --workers {WORKERS} {} {args}", self.args))
    }

    /// Puts the dumps of the generation that is not there in the place of the others; gives its number.
    pub fn place_next(&self) -> usize {
        let next = 1 - self.complete.get();
        self.place(next);
        next
    }

    /// Puts the dumps of this generation in the place of the others.
    fn place(&self, generation: usize) {
        for dump in DUMPS {
            let next = self.case.work.join("next");
            std::fs::hard_link(kept(generation, dump), &next).unwrap();
            std::fs::rename(next, self.case.dump_path(dump)).unwrap();
        }
    }

    /// The generation that each unit is of: its rows as the mother shows them and its entry in the ledger. Apart from
    /// staging tables, nothing else is there. Where mothers are made anew, all versions of one are of the same generation.
    #[track_caller]
    pub fn held(&self) -> Held {
        wait_until_gone(&self.case.db);
        let contents = self.contents();
        assert!(contents.keys().eq(UNITS.iter().map(|unit| unit.name)), "{contents:?}");
        let held = UNITS.iter().map(|unit| {
            let content = &contents[unit.name];
            let generation = self.allowed.iter().position(|allowed| allowed.contents[unit.name] == *content);
            (unit.name, generation.unwrap_or_else(|| panic!("{}: {content:?}", unit.name)))
        });
        let held: Held = held.collect();
        if !self.args.is_empty() {
            let mixed = UNITS.iter().any(|unit| {
                UNITS.iter().any(|other| unit.mother == other.mother && held[unit.name] != held[other.name])
            });
            assert!(!mixed, "a mother of both generations: {held:?}");
        }
        let tables = self.case.tables();
        let known = |table: &str| TABLES.contains(&table) || table.starts_with("pghaul_staging_");
        assert!(tables.split(' ').all(known), "{tables}");
        held
    }

    /// Rows of `new` have their rejects beside them. Those of the others may have them already: files take their places
    /// right before the rows are committed.
    #[track_caller]
    pub fn assert_rejects(&self, held: &Held, new: usize) {
        let files = self.reject_files();
        for name in REJECTS {
            let unit = name.split_once('.').unwrap().0;
            let of = |generation: usize| files.get(name) == self.allowed[generation].rejects.get(name);
            assert!(of(new) || (held[unit] != new && of(1 - new)), "{name} is not of the rows of {unit}");
        }
    }

    /// A run that nothing happens to: all is of this generation then, and nothing is left over.
    #[track_caller]
    pub fn complete(&self, generation: usize) {
        let run = self.ingest("").run();
        let loaded = self.loaded(&run);
        let has_rejects =
            UNITS.iter().any(|unit| unit.bad > 0 && loaded.iter().any(|name| name == unit.name));
        run.assert_code(if has_rejects { 3 } else { 0 });
        let held = self.held();
        assert!(held.values().all(|held| *held == generation), "{held:?} after a run that completes");
        self.assert_rejects(&held, generation);
        assert_eq!(self.case.tables(), TABLES.join(" "));
        let sql = format!(
            "SELECT (SELECT count(*) FROM pg_index JOIN pg_class ON oid = indexrelid \
                     WHERE relname = '{INDEX}' AND indrelid = 'v2_notes'::regclass AND indisvalid), \
                    (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace), \
                    (SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database \
                     WHERE locktype = 'advisory' AND datname = current_database())"
        );
        let indexes = usize::from(self.keeps_index());
        assert_eq!(
            self.case.db.rows(&sql),
            [[indexes, TABLES.len() + indexes, 0].map(|count| Some(count.to_string()))],
            "index, relations, advisory locks"
        );
        assert_eq!(names(self.case.work.join("rejects")), REJECTS);
        self.complete.set(generation);
    }

    /// The units that a run says it has loaded; none if it has not come to its report.
    #[track_caller]
    pub fn loaded(&self, run: &Run) -> Vec<String> {
        if run.stdout.is_empty() {
            return Vec::new();
        }
        let statuses = Outcome::of(run.clone()).statuses();
        statuses.into_iter().filter(|(_, status)| status == "loaded").map(|(unit, _)| unit).collect()
    }

    fn contents(&self) -> BTreeMap<String, Vec<Option<String>>> {
        let of = |mother: &str| {
            format!(
                "SELECT tableoid::regclass::text, count(*), sum(hashtextextended(t::text, 0)), \
                        (SELECT count(*) FROM pg_inherits WHERE inhrelid = t.tableoid) \
                 FROM {mother} t GROUP BY tableoid"
            )
        };
        let sql = format!(
            "SELECT unit, counted, hash, mothers, rows, dump, fingerprint::text \
             FROM ({} UNION ALL {}) shown (unit, counted, hash, mothers) FULL JOIN pghaul.loads USING (unit)",
            of("events"),
            of("notes")
        );
        let rows = self.case.db.rows(&sql).into_iter();
        rows.map(|mut row| (row.remove(0).unwrap(), row)).collect()
    }

    fn reject_files(&self) -> BTreeMap<&'static str, Vec<u8>> {
        let folder = self.case.work.join("rejects");
        REJECTS.into_iter().filter_map(|name| Some((name, std::fs::read(folder.join(name)).ok()?))).collect()
    }
}

/// A dump of a generation, made once for all tests.
fn kept(generation: usize, dump: &str) -> PathBuf {
    static KEPT: OnceLock<Workdir> = OnceLock::new();
    let path = |generation: usize, dump: &str| format!("{generation}/{dump}.zip");
    let kept = KEPT.get_or_init(|| {
        let work = Workdir::new();
        for (generation, dump) in [0, 1].into_iter().flat_map(|g| DUMPS.map(|dump| (g, dump))) {
            work.write(path(generation, dump), "");
            write(&work.join(path(generation, dump)), dump, generation);
        }
        work
    });
    kept.join(path(generation, dump))
}

fn write(path: &Path, dump: &str, generation: usize) {
    let version = dump.split_once('_').unwrap().1;
    write_dump(path, |writer| {
        UNITS.iter().filter(|unit| unit.name.starts_with(version)).try_for_each(|unit| {
            let columns = "id:bigint generation:int at:datetime text:varchar(2000)";
            writer.table(unit.mother, columns, |out| unit.write(generation, out))
        })
    });
}
