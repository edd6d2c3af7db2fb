//! What someone types who has never seen pghaul, on a terminal of 60, 80 and 120 columns. Tables and help fit it, no word is
//! broken, and what was mistyped is told with what would be right.

use pghaul_test_support::{Screen, Shown, Workdir, pghaul, server};
use std::fs;
use std::os::unix::fs::symlink;

/// A thing that is typed, its exit code, and texts that the screen then shows.
struct Thing {
    typed: &'static str,
    code: i32,
    shows: &'static [&'static str],
    kind: Kind,
}

/// What is on the screen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Tables, help, lists: all lines fit.
    Laid,
    /// Errors and warnings: sentences, which the terminal goes on with in the next line.
    Said,
}
use Kind::{Laid, Said};

const fn thing(typed: &'static str, code: i32, shows: &'static [&'static str], kind: Kind) -> Thing {
    Thing { typed, code, shows, kind }
}

const CONFIG: &str = "\
xport_cfg: {zip_path: dumps}
fetch:
  people: {requests: {sql: 'SELECT 1 AS id'}, url: 'http://127.0.0.1:1/{id}', rate: {requests: 5}, rows: '[.id]', into: {table: people, mode: replace, columns: {id: int}}}
";

const THINGS: [Thing; 24] = [
    thing("pghaul", 2, &["Usage: pghaul", "ingest"], Laid),
    thing("pghaul --help", 0, &["Usage: pghaul", "ingest", "Examples:"], Laid),
    thing("pghaul help ingest", 0, &["Examples:", "--plan"], Laid),
    thing("pghaul version", 0, &["pghaul "], Said),
    thing("pghaul ingets dumps", 2, &["'ingest'"], Said),
    thing("pghaul ingest --worker 2", 2, &["--workers"], Said),
    thing("pghaul ingest dump", 2, &["dump"], Said),
    thing("pghaul generate dump --out dumps --versions v1,v2 --rows 20", 0, &["lms_v1.zip"], Laid),
    thing("pghaul inspect dumps", 0, &["xport_cfg"], Said),
    thing("pghaul ingest dumps --dry-run", 0, &["v1_users"], Said),
    thing("pghaul load dumps -q", 0, &[], Laid),
    thing("pghaul ingest", 0, &["0 loaded", "unchanged"], Laid),
    thing("pghaul ingest --force", 0, &["v1_users", "loaded", "units: "], Laid),
    thing("pghaul status", 0, &["v1_users", "units loaded"], Laid),
    thing("pghaul status --runs", 0, &["ok", "ingest"], Laid),
    thing("pghaul status --history v1_users", 0, &["loaded"], Laid),
    thing(
        "pghaul db shell -c 'SELECT count(*) FROM users'",
        1,
        &["note: this is the embedded server", "by DATABASE_URL"],
        Said,
    ),
    thing("pghaul ingest --mothers recreat", 2, &["recreate"], Said),
    thing("pghaul fetch peple", 2, &["people"], Said),
    thing("pghaul drain users", 2, &["drain"], Said),
    thing("pghaul config show", 0, &["xport_cfg.zip_path", "dumps"], Said),
    thing("pghaul --config wrong.yml config check", 2, &["wrong.yml:1:", "did you mean `zip_path`?"], Said),
    thing("DATABASE_URL=postgresql://127.0.0.1:1/lms pghaul ingest", 2, &["127.0.0.1"], Said),
    thing("rm dumps/lms_v2.zip; echo x > dumps/lms_v1.zip; pghaul ingest", 2, &["lms_v1.zip"], Said),
];

#[test]
fn at_60_columns() {
    at(60);
}

#[test]
fn at_80_columns() {
    at(80);
}

#[test]
fn at_120_columns() {
    at(120);
}

fn at(columns: usize) {
    let (work, db, screen) = (Workdir::new(), server().database(), Screen::new(columns));
    work.write("config.yml", CONFIG);
    work.write("wrong.yml", "xport_cfg: {zip_pth: dumps}\n");
    let bin = work.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let command = pghaul!(work).command();
    symlink(command.get_program(), bin.join("pghaul")).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let command = pghaul!(work)
        .env("PATH", path)
        .env("DATABASE_URL", db.url())
        .env("PGHAUL_DATA_DIR", work.join("data"))
        .env("NO_COLOR", "1")
        .command();
    let mut faults = String::new();
    for thing in THINGS {
        let shown = screen.run(&command, thing.typed);
        for fault in faults_of(&thing, &shown, columns) {
            faults.push_str(&format!("{shown}expected {fault}\n\n"));
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

fn faults_of(thing: &Thing, shown: &Shown, columns: usize) -> Vec<String> {
    let mut faults = Vec::new();
    if shown.code != thing.code {
        faults.push(format!("exit code {}", thing.code));
    }
    let has = |text: &str| shown.lines.iter().any(|line| line.contains(text));
    faults.extend(thing.shows.iter().filter(|text| !has(text)).map(|text| format!("{text:?}")));
    if has("panicked") {
        faults.push("no panic".to_owned());
    }
    // A run begins with sentences: which database it is, and in which role.
    let is_said = |line: &String| ["database: ", "the role is "].iter().any(|begin| line.starts_with(begin));
    let is_laid = |line: &&String| thing.kind == Laid && !is_said(line);
    let is_long = |line: &&String| line.chars().count() > columns;
    let long = shown.lines.iter().filter(is_laid).find(is_long);
    faults.extend(long.map(|line| format!("no line as long as {line:?}")));
    faults
}
