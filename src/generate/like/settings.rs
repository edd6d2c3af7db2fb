//! The rows that are wanted, of which tables, and where they go: resolved and checked.

use crate::pg::connect::{Target, of_this_process};
use crate::pg::ident;
use crate::run::cores;
use crate::secret::Secret;
use crate::{Error, Result};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// The flags.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The tables, as they were typed.
    pub tables: Vec<String>,
    /// The database of the tables.
    pub from: Option<Secret>,
    /// The numbers of rows, as they were typed: `1000` or `users=1000`.
    pub rows: Vec<String>,
    /// The database for the rows.
    pub into: Option<Secret>,
    /// The folder for a dump.
    pub out: Option<PathBuf>,
    /// Whether rows may be added to tables that are there.
    pub append: bool,
    /// Whether common values may be taken.
    pub values: bool,
    /// The seed of the rows.
    pub seed: u64,
    /// Threads and connections; `None` for the number of cores.
    pub workers: Option<NonZeroUsize>,
}

/// The rows that are wanted.
#[derive(Debug)]
pub struct Settings {
    /// Schema, if it was typed, and name of each table.
    pub tables: Vec<(Option<String>, String)>,
    /// The number of rows of each table.
    pub rows: Vec<u64>,
    /// The database of the tables.
    pub from: Target,
    /// Where the rows go.
    pub to: To,
    /// Whether common values may be taken.
    pub values: bool,
    /// The seed of the rows.
    pub seed: u64,
    /// Threads and connections.
    pub workers: usize,
}

/// Where the rows go.
#[derive(Debug)]
pub enum To {
    /// Into tables of a database: new ones, and those that are there if the flag says so.
    Database(Box<Target>, bool),
    /// Into a folder.
    Folder(PathBuf),
}

impl Settings {
    /// The databases, for the first line of the run.
    pub fn databases(&self) -> String {
        match &self.to {
            To::Database(to, _) => {
                format!("database: {}, rows like those of {}", to.describe(), self.from.describe())
            }
            To::Folder(_) => format!("database: {}, which is only looked at", self.from.describe()),
        }
    }

    /// Checks the flags.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn resolve(request: Request) -> Result<Settings> {
        let mut faults = Vec::new();
        let mut tables = Vec::new();
        for text in &request.tables {
            match ident::parse_name(text) {
                Some(name) => tables.push(name),
                None => faults.push(
                    Error::refused(format!("{text:?} is no name of a table"))
                        .remedy("name TABLE or SCHEMA.TABLE; a part with a dot in double quotes"),
                ),
            }
        }
        let rows = rows(&request.rows, &request.tables, &tables, &mut faults);
        let parse = |url: &Secret| Target::parse_in(url.reveal(), &of_this_process);
        let from = request.from.as_ref().map(parse);
        let from = from.unwrap_or_else(|| {
            Err(Error::refused("--from is empty").remedy("name the database of the tables"))
        });
        let into = request.into.as_ref().map(parse).transpose();
        let to = into.and_then(|into| match (into, request.out) {
            (Some(into), None) => Ok(To::Database(Box::new(into), request.append)),
            (None, Some(_)) if request.append => Err(Error::refused("--append is for tables")
                .remedy("leave it out, or name a database with --into")),
            (None, Some(out)) => Ok(To::Folder(out)),
            _ => Err(Error::refused("nothing says where the rows go")
                .remedy("add --into URL for tables of a database, or --out DIR for a dump")),
        });
        match (from, to) {
            (Ok(from), Ok(to)) if faults.is_empty() => Ok(Settings {
                tables,
                rows,
                from,
                to,
                values: request.values,
                seed: request.seed,
                workers: request.workers.unwrap_or_else(cores::count).get(),
            }),
            (from, to) => {
                faults.extend(from.err());
                faults.extend(to.err());
                Err(Error::many(faults))
            }
        }
    }
}

/// The number of rows of each table.
fn rows(
    texts: &[String],
    typed: &[String],
    tables: &[(Option<String>, String)],
    faults: &mut Vec<Error>,
) -> Vec<u64> {
    let remedy = "use --rows 1000, or --rows users=1000,orders=50000 with the tables as they are named";
    let mut of_all = None;
    let mut of_each: Vec<Option<u64>> = vec![None; tables.len()];
    for text in texts {
        let (name, number) = match text.rsplit_once('=') {
            Some((name, number)) => (Some(name), number),
            None => (None, text.as_str()),
        };
        let Ok(number) = number.replace('_', "").parse::<u64>() else {
            faults.push(Error::refused(format!("--rows: {number:?} is no whole number")).remedy(remedy));
            continue;
        };
        // A number of rows is added to the numbers of those that are there.
        let number = number.min(i64::MAX as u64);
        let place = match name {
            None => &mut of_all,
            Some(name) => {
                let is_it =
                    |at: &usize| typed.get(*at).is_some_and(|typed| typed == name) || tables[*at].1 == name;
                match (0..tables.len()).find(is_it) {
                    Some(at) => &mut of_each[at],
                    None => {
                        faults.push(
                            Error::refused(format!("--rows: {name:?} is none of the tables")).remedy(remedy),
                        );
                        continue;
                    }
                }
            }
        };
        if place.replace(number).is_some() {
            faults.push(Error::refused(format!("--rows says twice how many: {text}")).remedy(remedy));
        }
    }
    let missing: Vec<&str> = (0..tables.len())
        .filter(|at| of_each[*at].or(of_all).is_none())
        .map(|at| tables[at].1.as_str())
        .collect();
    if !missing.is_empty() {
        faults.push(Error::refused(format!("--rows says nothing of {}", missing.join(", "))).remedy(remedy));
    }
    of_each.into_iter().map(|rows| rows.or(of_all).unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(tables: &[&str], rows: &[&str]) -> Request {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let url = Some(Secret::new("postgresql://nowhere/x"));
        Request {
            tables: texts(tables),
            rows: texts(rows),
            from: url.clone(),
            into: url,
            ..Request::default()
        }
    }

    #[test]
    fn rows_are_those_of_the_table_or_of_all() {
        let settings =
            |tables: &[&str], rows: &[&str]| Settings::resolve(request(tables, rows)).unwrap().rows;
        assert_eq!(settings(&["a", "s.b"], &["10"]), [10, 10]);
        assert_eq!(settings(&["a", "s.b", "\"x=y\""], &["10", "s.b=1_000", "x=y=3"]), [10, 1000, 3]);
        assert_eq!(settings(&["a", "s.b"], &["a=1", "b=2"]), [1, 2]);
    }

    #[test]
    fn whatever_is_wrong_is_named_all_at_once() {
        let wrong = Request { into: None, ..request(&["a", "", "b"], &["c=1", "a=x", "a=1", "a=2"]) };
        let messages = Settings::resolve(wrong).unwrap_err().messages();
        let parts = [
            "\"\" is no name of a table",
            "--rows: \"c\" is none of the tables",
            "--rows: \"x\" is no whole number",
            "--rows says twice how many: a=2",
            "--rows says nothing of b",
            "nothing says where the rows go",
        ];
        assert_eq!(messages.len(), parts.len(), "{messages:#?}");
        for (message, part) in messages.iter().zip(parts) {
            assert!(message.contains(part), "{message}: {part}");
        }
    }
}
