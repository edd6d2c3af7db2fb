//! The tables of a run: those that its jobs name, and those of their schemas, with the order that foreign keys ask for.

use crate::pg::ident::quote;
use crate::pg::retry::Retries;
use crate::report::plural;
use crate::sync::reader::Reader;
use crate::sync::session;
use crate::sync::settings::Settings;
use crate::sync::side::{of_destination, of_source};
use crate::{Error, Result};
use glob::Pattern;
use std::collections::{BTreeMap, BTreeSet};

/// A table of a run.
#[derive(Debug, Clone)]
pub struct Item {
    /// The place of its job.
    pub job: usize,
    /// The table, and what happens to it.
    pub settings: Settings,
    /// Its size at the source, bytes; 0 if it is not known.
    pub bytes: u64,
    /// The places of the tables that its foreign keys refer to, at the destination.
    pub refers_to: Vec<usize>,
}

/// A relation of a schema.
struct Relation {
    name: String,
    is_table: bool,
    bytes: u64,
    parents: Vec<String>,
}

/// As [`of_jobs`], tried again after a fault that may pass.
///
/// # Errors
/// As [`of_jobs`], when there are no `retries` left.
pub fn of_jobs_with(jobs: &[Settings], mut retries: Retries) -> Result<Vec<Item>> {
    loop {
        match of_jobs(jobs) {
            Ok(items) => return Ok(items),
            Err(error) => retries.wait_after(error)?,
        }
    }
}

/// The tables of all jobs.
///
/// # Errors
/// A schema without tables, two jobs with one destination, exit code 2; what a server reports.
pub fn of_jobs(jobs: &[Settings]) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for (job, settings) in jobs.iter().enumerate() {
        items.extend(of_job(job, settings)?);
    }
    let mut places = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        if places.insert(destination(item), place).is_some() {
            return Err(Error::refused(format!("two tables would become {}", item.settings.name_there()))
                .remedy("name another one with to_table, or leave one of the jobs away"));
        }
    }
    for (number, settings) in jobs.iter().enumerate() {
        let target = settings.to.describe();
        if jobs[..number].iter().any(|earlier| earlier.to.describe() == target) {
            continue;
        }
        for (from, to) in references(settings)? {
            let place = |(schema, table): (String, String)| {
                places.get(&(target.clone(), Some(schema), table)).copied()
            };
            if let (Some(from), Some(to)) = (place(from), place(to)) {
                items[from].refers_to.push(to);
            }
        }
    }
    Ok(items)
}

/// Warns of tables whose foreign keys form circles: none of them can be the first with all of its rows.
pub fn warn_of_circles(items: &[Item]) {
    let mut named = vec![false; items.len()];
    for place in 0..items.len() {
        if named[place] {
            continue;
        }
        let from_here = reached(items, place);
        if !from_here.contains(&place) {
            continue;
        }
        let circle: Vec<usize> =
            from_here.into_iter().filter(|other| reached(items, *other).contains(&place)).collect();
        let names: Vec<String> = circle.iter().map(|place| items[*place].settings.name_there()).collect();
        tracing::warn!(
            "{} refer to each other by foreign keys of the destination, so the rows of one of them have to come first; if those need \
             rows of the others, drop one of these foreign keys",
            names.join(", ")
        );
        circle.into_iter().for_each(|place| named[place] = true);
    }
}

/// The places that the foreign keys of one lead to, over others too.
fn reached(items: &[Item], from: usize) -> BTreeSet<usize> {
    let (mut found, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(place) = open.pop() {
        open.extend(items[place].refers_to.iter().filter(|to| found.insert(**to)));
    }
    found
}

/// The table that an item becomes.
fn destination(item: &Item) -> (String, Option<String>, String) {
    let (schema, table) = &item.settings.to_table;
    (item.settings.to.describe(), schema.clone(), table.clone())
}

fn of_job(job: usize, settings: &Settings) -> Result<Vec<Item>> {
    let Some(schema) = &settings.schema else {
        return Ok(vec![Item { job, settings: settings.clone(), bytes: 0, refers_to: Vec::new() }]);
    };
    let relations = relations(settings, &schema.name).map_err(of_source)?;
    let is_chosen = |name: &str| !schema.exclude.iter().any(|pattern| pattern.matches(name));
    let idle: Vec<&str> = schema
        .exclude
        .iter()
        .filter(|pattern| !relations.iter().any(|relation| pattern.matches(&relation.name)))
        .map(Pattern::as_str)
        .collect();
    if !idle.is_empty() {
        tracing::warn!("--exclude: schema {} has no table {}", schema.name, idle.join(", "));
    }
    let (tables, views): (Vec<_>, Vec<_>) = relations
        .into_iter()
        .filter(|relation| is_chosen(&relation.name))
        .partition(|relation| relation.is_table);
    if !views.is_empty() {
        let count = views.len() as u64;
        let (word, are) = (plural(count, "view"), if count == 1 { "is" } else { "are" });
        tracing::info!("{count} {word} of schema {} {are} not synced; --table names one", schema.name);
    }
    let items: Vec<Item> = tables
        .iter()
        // The rows of a child come with those of its parent.
        .filter(|relation| !relation.parents.iter().any(|parent| is_chosen(parent)))
        .map(|relation| Item {
            job,
            settings: settings.of_table(&relation.name),
            bytes: relation.bytes,
            refers_to: Vec::new(),
        })
        .collect();
    if items.is_empty() {
        return Err(of_source(
            Error::refused(format!("there is no table in schema {}", quote(&schema.name)))
                .remedy("name another one with --schema, or exclude fewer with --exclude"),
        ));
    }
    Ok(items)
}

fn relations(settings: &Settings, schema: &str) -> Result<Vec<Relation>> {
    let mut reader = Reader::connect(settings)?;
    let rows = reader.client().query(include_str!("tables.sql"), &[&schema])?;
    let relation = |row: &postgres::Row| Relation {
        name: row.get(0),
        is_table: row.get(1),
        bytes: row.get::<_, i64>(2).unsigned_abs(),
        parents: row.get(3),
    };
    let relations = rows.iter().map(relation).collect();
    reader.commit()?;
    Ok(relations)
}

type Name = (String, String);

/// The foreign keys of a destination: which table refers to which.
fn references(settings: &Settings) -> Result<Vec<(Name, Name)>> {
    let mut client = session::connect_destination(settings).map_err(of_destination)?;
    let rows = client.query(include_str!("references.sql"), &[]).map_err(of_destination)?;
    Ok(rows.iter().map(|row| ((row.get(0), row.get(1)), (row.get(2), row.get(3)))).collect())
}
