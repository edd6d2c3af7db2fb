//! `pghaul status`: the ledger, for people and for scripts.

use super::db::of_another;
use super::flags::global::GlobalArgs;
use super::flags::picture::PictureFile;
use super::flags::target::TargetArgs;
use super::history;
use super::state::State;
use crate::config::Config;
use crate::exit::Exit;
use crate::pg::database::Database;
use crate::pg::embedded::Project;
use crate::report::{
    Layout, json, plural, print, seconds, size, some_of, table, thousands, to_the_second, wrapped,
};
use crate::table::ledger::loads::shapes;
use crate::table::ledger::loads::status::{self, LoadStatus};
use crate::table::ledger::runs;
use crate::{Place, Result};
use clap::Args;
use jiff::Timestamp;
use postgres::Client;
use std::collections::HashMap;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  pghaul status                                each unit, and its table now
  pghaul status --db postgresql://me@host/lms
  pghaul status --runs                         what all jobs have done of late
  pghaul status --history v1_users             what became of one unit, and when
  pghaul status --html state.html              a page: versions, drift, runs
  pghaul status --json | jq '.[].unit'  for scripts

Exit codes: 0 shown, also if nothing was ever loaded; 2 wrong usage or configuration, or no \
database.";

/// The columns.
const LAYOUT: Layout<'static, 10> = Layout {
    header: [
        "unit",
        "from",
        "into",
        "status",
        "table",
        "rows",
        "size",
        "seconds",
        "finished (UTC)",
        "pghaul",
    ],
    numbers: 5..8,
    spare: &["pghaul", "seconds", "size", "from", "status", "into"],
};
/// How many runs a page has.
const MOST_RUNS: i64 = 30;
/// How many emptied tables are named.
const NAMED_TABLES: usize = 5;

/// The arguments of `pghaul status`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StatusArgs {
    /// Print JSON: an array with an object for each load
    #[arg(long)]
    json: bool,
    /// Show the last runs of all jobs instead, the newest one first
    #[arg(long)]
    runs: bool,
    /// Show what the last runs have made of this unit instead
    #[arg(long, value_name = "UNIT", conflicts_with = "runs")]
    history: Option<String>,
    /// Draw a page of it all into FILE, .html, or to standard output for -: versions, drift, the last runs
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "runs", "history"])]
    html: Option<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
}

/// Runs `pghaul status`. It needs no dumps, writes nothing, and waits for no lock.
///
/// # Errors
/// A configuration or database that cannot be used; a standard output that cannot be written.
pub fn run(args: StatusArgs, global: &GlobalArgs) -> Result<Exit> {
    let picture = args.html.as_deref().map(|path| PictureFile::new(path, "--html"));
    if let Some(picture) = &picture {
        picture.check_page()?;
    }
    let config = Config::load(global.config.as_deref())?;
    let (database, other) = Database::open_nearest_to_look(args.target.find(&config)?)?;
    if let Some(folder) = other {
        tracing::info!("{}", of_another(&folder));
    }
    if let Some(picture) = picture {
        picture.write(&ask(database, |client, database| page(client, &database.describe()))?)?;
        return Ok(Exit::Loaded);
    }
    if args.runs || args.history.is_some() {
        let unit = args.history.as_deref();
        print(&ask(database, |client, _| history::text(client, unit, args.json))?)?;
        return Ok(Exit::Loaded);
    }
    let (loads, others) = ask(database, |client, database| {
        let loads = status::all(client)?;
        let others = if database.is_private() { Project::others(client)? } else { Vec::new() };
        Ok((loads, others))
    })?;
    let text = match (args.json, loads) {
        (true, loads) => json(&loads.unwrap_or_default())?,
        (false, Some(loads)) => wrapped(&text(&loads)),
        (false, None) => {
            let others = others.iter().map(|(database, folder)| format!("{folder}: {database}\n"));
            let others: String = others.collect();
            let heading = if others.is_empty() { "" } else { "\nother projects in this server:\n" };
            format!("there is no ledger: nothing was ever loaded into this database\n{heading}{others}")
        }
    };
    print(&text)?;
    Ok(Exit::Loaded)
}

/// Asks the database, and closes it.
fn ask<T>(database: Database, question: impl FnOnce(&mut Client, &Database) -> Result<T>) -> Result<T> {
    let place = Place::file(database.describe());
    let answer = database.connect().and_then(|mut client| question(&mut client, &database));
    database.close();
    answer.map_err(|error| error.into_refused().at(place))
}

/// The page of all that the ledger knows.
fn page(client: &mut Client, database: &str) -> Result<String> {
    let loads = status::all(client)?;
    let shapes = if loads.is_some() { shapes::all(client)? } else { HashMap::new() };
    let runs = runs::last(client, MOST_RUNS)?;
    let loads = loads.unwrap_or_default();
    State { database, loads: &loads, shapes: &shapes, runs: &runs, now: Timestamp::now() }.page()
}

/// The table of all loads and a closing line.
fn text(loads: &[LoadStatus]) -> String {
    if loads.is_empty() {
        return "the ledger is empty: nothing is loaded\n".to_owned();
    }
    let several_schemas = loads.iter().any(|load| load.schema != loads[0].schema);
    let rows: Vec<[String; 10]> = loads.iter().map(|load| row(load, several_schemas)).collect();
    let count = loads.len() as u64;
    let sum: u64 = loads.iter().map(|load| load.rows.unsigned_abs()).sum();
    let emptied: Vec<&str> =
        loads.iter().filter(|load| load.now == status::EMPTIED).map(|load| load.unit.as_str()).collect();
    let lost = match emptied.is_empty() {
        true => String::new(),
        false => format!(
            "unlogged, and emptied as by a crash of the server: {}; ingest loads again what it finds the dump of\n",
            some_of(&emptied, NAMED_TABLES)
        ),
    };
    format!(
        "{}\n{count} {} loaded; {} {}\n{lost}",
        table(&LAYOUT, &rows),
        plural(count, "unit"),
        thousands(sum),
        plural(sum, "row"),
    )
}

fn row(load: &LoadStatus, with_schema: bool) -> [String; 10] {
    let unit = if with_schema { format!("{}.{}", load.schema, load.unit) } else { load.unit.clone() };
    [
        unit,
        format!("{}/{}", load.dump, load.data_file),
        load.mother.clone(),
        load.status.clone(),
        load.now.clone(),
        thousands(load.rows.unsigned_abs()),
        size(load.bytes.unsigned_abs()),
        seconds(load.seconds),
        to_the_second(&load.finished_at),
        load.client_version.clone(),
    ]
}
