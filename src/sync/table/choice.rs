//! The part of a source's table that is synced: some of its rows (`--where`), some of its columns (`--columns`), under names of the
//! destination (`--map`). From here on the shape has the destination's names, and [`Shape::rows`] translates them.

use super::shape::{Index, Shape};
use crate::pg::sqlstate::SqlState;
use crate::sync::settings::Settings;
use crate::{Error, Place, Result};
use postgres::Client;
use std::collections::BTreeSet;

/// Stands between the identity of a table and the mark of a choice.
const BEFORE_MARK: char = '?';

/// The chosen part of a table.
///
/// # Errors
/// Columns that the table lacks, two columns of one name, a condition that the server does not understand; exit code 2.
pub fn apply(client: &mut Client, mut shape: Shape, settings: &Settings) -> Result<Shape> {
    if mark(settings).is_empty() {
        return Ok(shape);
    }
    let at = Place::table(shape.table.to_string());
    choose(&mut shape, settings)
        .and_then(|()| rename(client, &mut shape, settings))
        .map_err(|error| error.at(at.clone()))?;
    shape.only.clone_from(&settings.only);
    let tried = client.simple_query(&format!("SELECT FROM {} LIMIT 0", shape.rows()));
    tried.map_err(|error| {
        let error = Error::from(error).at(at);
        match SqlState::from(&error) {
            kind if kind == SqlState::BadValue || kind.is_of_statement() => {
                error.into_refused().remedy("correct --where")
            }
            _ => error,
        }
    })?;
    Ok(shape)
}

/// Tells choices from each other, behind the identity of the source's table; empty for the whole table.
pub fn mark(settings: &Settings) -> String {
    let Settings { only, columns, map, .. } = settings;
    match only.is_none() && columns.is_empty() && map.is_empty() {
        true => String::new(),
        false => format!(
            "{BEFORE_MARK}{:08x}",
            crc32fast::hash(format!("{only:?} {columns:?} {map:?}").as_bytes())
        ),
    }
}

/// An identity without the mark of a choice.
pub fn without_mark(id: &str) -> &str {
    id.split(BEFORE_MARK).next().unwrap_or(id)
}

fn choose(shape: &mut Shape, settings: &Settings) -> Result<()> {
    let names = settings.columns.iter().map(|name| ("--columns", name));
    for (flag, name) in names.chain(settings.map.iter().map(|(name, _)| ("--map", name))) {
        if shape.column(name).is_none() {
            return Err(Error::refused(format!("has no column {name}")).remedy(format!("correct {flag}")));
        }
    }
    if !settings.columns.is_empty() {
        let is_chosen = |name: &String| settings.columns.contains(name);
        if let Some((name, _)) = settings.map.iter().find(|(name, _)| !is_chosen(name)) {
            return Err(Error::refused(format!("column {name} is renamed, but not chosen"))
                .remedy("name it in --columns, or leave it out of --map"));
        }
        shape.columns.retain(|column| is_chosen(&column.name));
        shape.indexes.retain(|index| index.columns.iter().all(is_chosen));
        if !shape.primary_key.iter().all(is_chosen) {
            shape.primary_key.clear();
        }
    }
    for column in shape.columns.iter_mut().filter(|column| column.generated.is_some()) {
        // What generates it may need columns that are not chosen, or have other names.
        (column.generated, column.expression) = (None, None);
    }
    Ok(())
}

fn rename(client: &mut Client, shape: &mut Shape, settings: &Settings) -> Result<()> {
    if settings.map.is_empty() {
        return Ok(());
    }
    for column in &mut shape.columns {
        let name = settings.name_of_column(&column.name).to_owned();
        if name != column.name {
            column.at_source = Some(std::mem::replace(&mut column.name, name));
        }
    }
    let names: BTreeSet<&str> = shape.columns.iter().map(|column| column.name.as_str()).collect();
    if names.len() < shape.columns.len() {
        return Err(Error::refused("two columns would have one name").remedy("correct --map"));
    }
    for name in &mut shape.primary_key {
        *name = settings.name_of_column(name).to_owned();
    }
    let is_renamed = |index: &Index| index.columns.iter().any(|name| settings.name_of_column(name) != name);
    for index in std::mem::take(&mut shape.indexes) {
        match (is_renamed(&index), index.constraint) {
            (false, _) => shape.indexes.push(index),
            // Those of constraints are on columns alone.
            (true, Some('p' | 'u')) => {
                let columns: Vec<&str> =
                    index.columns.iter().map(|name| settings.name_of_column(name)).collect();
                let sql = "SELECT string_agg(quote_ident(name), ', ' ORDER BY place) FROM unnest($1::text[]) \
                           WITH ORDINALITY u (name, place)";
                let list: String = client.query_one(sql, &[&columns])?.get(0);
                shape.indexes.push(Index { definition: format!("btree ({list})"), ..index });
            }
            (true, _) => {
                tracing::info!(
                    "the index {} is not made at the destination, since --map renames its columns",
                    index.name
                );
            }
        }
    }
    Ok(())
}
