//! The source of requests: a query, or a file of JSON objects or of CSV.

use super::maker::{Maker, RequestRules};
use super::request::Request;
use crate::config::{Config, RequestsCfg};
use crate::fetch::csv;
use crate::fetch::json::write_json;
use crate::fetch::since;
use crate::pg::database::Database;
use crate::pg::ident::literal;
use crate::pg::path;
use crate::run::interrupt;
use crate::{Error, Place, Result};
use postgres::fallible_iterator::FallibleIterator;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

/// The longest line of a file of requests, bytes.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// A source of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A query of the target database.
    Sql(String),
    /// A file of JSON objects, one per line.
    Ndjson(PathBuf),
    /// A file of comma-separated values with a header.
    Csv(PathBuf),
}

impl Source {
    /// Checks what the configuration says.
    ///
    /// # Errors
    /// Both a query and a file, or neither; a file that cannot be read.
    pub fn resolve(cfg: &RequestsCfg, config: &Config) -> Result<Source> {
        match (&cfg.sql, &cfg.file) {
            (Some(sql), None) => Ok(Source::Sql(sql.0.trim().trim_end_matches(';').to_owned())),
            (None, Some(file)) => {
                let path = config.path(&file.0);
                File::open(&path).map_err(|error| {
                    Error::refused(error)
                        .at(Place::file(path.display().to_string()))
                        .remedy("name a file that can be read")
                })?;
                let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
                Ok(if is_csv { Source::Csv(path) } else { Source::Ndjson(path) })
            }
            _ => Err(Error::refused("is neither a query nor a file, or both")
                .remedy("write {sql: SELECT …} or {file: requests.ndjson}")),
        }
    }

    /// How many requests there are, where that can be known beforehand: in a file that can be read twice, as a pipe cannot. What
    /// is wrong with the file, its reading says.
    pub fn count(&self) -> Option<u64> {
        let (Source::Ndjson(path) | Source::Csv(path)) = self else { return None };
        let file = File::open(path).ok().filter(|file| file.metadata().is_ok_and(|found| found.is_file()))?;
        let mut count = 0;
        let mut one = || {
            count += 1;
            Ok(true)
        };
        match self {
            Source::Csv(_) => csv::read(file, &mut |_, _| one()),
            _ => each_line(file, &mut |_, _| one()),
        }
        .ok()?;
        Some(count)
    }

    /// Gives each request to `each`, in the order of the source, until `each` returns false.
    ///
    /// # Errors
    /// What the server or the file reports; a line that is not a JSON object, with its number.
    pub fn read(
        &self,
        rules: RequestRules<'_>,
        database: &Database,
        each: &mut dyn FnMut(Request) -> bool,
    ) -> Result<()> {
        let mut maker = Maker::new(rules);
        match self {
            Source::Sql(sql) => {
                let place = || Place::file(format!("fetch.{}.requests.sql", rules.job));
                let since = literal(rules.since.unwrap_or_default());
                read_sql(&mut maker, &sql.replace(since::NAME, &since), database, each)
                    .map_err(|error| error.at(place()))
            }
            Source::Ndjson(path) | Source::Csv(path) => {
                let place = Place::file(path.display().to_string());
                let file = File::open(path).map_err(Error::failed);
                let read = file.and_then(|file| match self {
                    Source::Csv(_) => read_csv(&mut maker, file, each),
                    _ => read_ndjson(&mut maker, file, each),
                });
                read.map_err(|error| error.at(place))
            }
        }
    }
}

fn read_sql(
    maker: &mut Maker<'_>,
    sql: &str,
    database: &Database,
    each: &mut dyn FnMut(Request) -> bool,
) -> Result<()> {
    let mut client = database.connect()?;
    // This connection runs nothing else. The server would read the statement again if the path changed before its end.
    path::give_back(&mut client)?;
    let described = client.prepare(sql)?;
    let statement = match described.columns() {
        [one] if ["json", "jsonb"].contains(&one.type_().name()) => {
            format!("SELECT q::pg_catalog.text FROM ({sql}) x (q)")
        }
        _ => format!("SELECT pg_catalog.to_jsonb(q)::pg_catalog.text FROM ({sql}) q"),
    };
    let mut rows = client.query_raw(&statement, std::iter::empty::<&str>())?;
    while let Some(row) = rows.next()? {
        interrupt::check()?;
        let object: Option<&str> = row.get(0);
        let request = maker.request(object.unwrap_or("null"))?;
        if !each(request) {
            return Ok(());
        }
    }
    Ok(())
}

fn read_ndjson(maker: &mut Maker<'_>, file: File, each: &mut dyn FnMut(Request) -> bool) -> Result<()> {
    each_line(file, &mut |object, place| Ok(each(maker.request(object).map_err(|error| error.at(place))?)))
}

/// Gives each line that is not blank to `each`, with its number, until `each` returns false.
fn each_line(file: File, each: &mut dyn FnMut(&str, Place) -> Result<bool>) -> Result<()> {
    let (mut reader, mut bytes) = (BufReader::new(file), Vec::new());
    for line in 1.. {
        interrupt::check()?;
        bytes.clear();
        reader.by_ref().take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut bytes).map_err(Error::failed)?;
        let place = Place::default().line(line);
        if bytes.len() as u64 > MAX_LINE_BYTES {
            return Err(Error::failed(format!("is longer than {MAX_LINE_BYTES} bytes")).at(place));
        }
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Error::failed("is no text in UTF-8").at(place.clone()))?;
        match text.trim() {
            "" if bytes.is_empty() => break,
            "" => {}
            object => {
                if !each(object, place)? {
                    break;
                }
            }
        }
    }
    Ok(())
}

fn read_csv(maker: &mut Maker<'_>, file: File, each: &mut dyn FnMut(Request) -> bool) -> Result<()> {
    csv::read(file, &mut |object, place| {
        let mut text = String::new();
        write_json(&mut text, &object).map_err(|what| Error::failed(what).at(place))?;
        Ok(each(maker.request(&text)?))
    })
}
