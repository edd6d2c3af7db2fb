//! Where requests come from: a query, or a file of JSON objects or of CSV.

use super::response::json::{parse, write_json};
use super::settings::Settings;
use crate::config::{Config, RequestsCfg};
use crate::copy::input::batch::{Batch, BatchReader, BatchSource};
use crate::copy::input::charset::Charset;
use crate::copy::input::format::Format;
use crate::copy::input::header::read_header;
use crate::copy::input::rows::Rows;
use crate::pg::database::Database;
use crate::run::interrupt;
use crate::{Error, Place, Result};
use jaq_json::{Map, Val};
use postgres::fallible_iterator::FallibleIterator;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// The longest line of a file of requests, bytes.
const MAX_LINE_BYTES: u64 = 1 << 20;
/// More columns than any file of requests has.
const MAX_COLUMNS: usize = 1600;

/// Where requests come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A query of the target database.
    Sql(String),
    /// A file of JSON objects, one per line.
    Ndjson(PathBuf),
    /// A file of comma-separated values with a header.
    Csv(PathBuf),
}

/// What tells a request from all others of its job, whenever it is made.
pub type RequestId = [u8; 16];

/// A request: its first page or, once there was a response, a later one.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its place among all, counted from 1.
    pub number: u64,
    /// What it is known by.
    pub id: RequestId,
    /// The request object, as JSON.
    pub object: Arc<str>,
    /// The URL, whose host gets the secret headers; or why there is none.
    pub home: Result<Arc<str>, String>,
    /// The body.
    pub body: Option<Arc<str>>,
    /// The page's URL.
    pub url: Arc<str>,
    /// The page, counted from 1.
    pub page: u32,
    /// Rows of the pages before.
    pub rows_before: u64,
    /// Tries that have failed.
    pub tries: u32,
}

impl Request {
    /// For messages: `request 17`, `request 17, page 2`.
    pub fn name(&self) -> String {
        match self.page {
            1 => format!("request {}", self.number),
            page => format!("request {}, page {page}", self.number),
        }
    }
}

impl Source {
    /// Checks what the configuration says.
    ///
    /// # Errors
    /// Neither a query nor a file, or both; a file that cannot be read.
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

    /// Gives each request, in the order of the source, until `each` says false.
    ///
    /// # Errors
    /// What the server or the file reports; a line that is no JSON object, with its number.
    pub fn read(
        &self,
        settings: &Settings,
        database: &Database,
        each: &mut dyn FnMut(Request) -> bool,
    ) -> Result<()> {
        let mut maker = Maker { settings, count: 0, seen: HashMap::new() };
        match self {
            Source::Sql(sql) => {
                let place = || Place::file(format!("fetch.{}.requests.sql", settings.job));
                maker.read_sql(sql, database, each).map_err(|error| error.at(place()))
            }
            Source::Ndjson(path) | Source::Csv(path) => {
                let place = Place::file(path.display().to_string());
                let file = File::open(path).map_err(Error::failed);
                let read = file.and_then(|file| match self {
                    Source::Csv(_) => maker.read_csv(file, each),
                    _ => maker.read_ndjson(file, each),
                });
                read.map_err(|error| error.at(place))
            }
        }
    }
}

/// Makes requests of objects.
struct Maker<'s> {
    settings: &'s Settings,
    count: u64,
    /// How often there was a request that is equal in all.
    seen: HashMap<RequestId, u32>,
}

impl Maker<'_> {
    fn read_sql(
        &mut self,
        sql: &str,
        database: &Database,
        each: &mut dyn FnMut(Request) -> bool,
    ) -> Result<()> {
        let mut client = database.connect()?;
        let described = client.prepare(sql)?;
        let statement = match described.columns() {
            [one] if ["json", "jsonb"].contains(&one.type_().name()) => {
                format!("SELECT q::text FROM ({sql}) x (q)")
            }
            _ => format!("SELECT to_jsonb(q)::text FROM ({sql}) q"),
        };
        let mut rows = client.query_raw(&statement, std::iter::empty::<&str>())?;
        while let Some(row) = rows.next()? {
            interrupt::check()?;
            let object: Option<&str> = row.get(0);
            let request = self.request(object.unwrap_or("null"))?;
            if !each(request) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn read_ndjson(&mut self, file: File, each: &mut dyn FnMut(Request) -> bool) -> Result<()> {
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
                    if !each(self.request(object).map_err(|error| error.at(place))?) {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn read_csv(&mut self, mut file: File, each: &mut dyn FnMut(Request) -> bool) -> Result<()> {
        let format = Format { separator: b',', quote: b'"', null: Vec::new(), charset: Charset::Utf8 };
        let (header, rest) = read_header(&mut file, &format, MAX_COLUMNS)?;
        let mut reader = BatchReader::new(file, rest, &format, header.line_end, header.data_origin);
        let (mut batch, mut fields, mut scratch) = (Batch::new(), Vec::new(), Vec::new());
        while reader.next_into(&mut batch)? {
            let mut rows = Rows::new(&batch, &format, header.line_end);
            loop {
                interrupt::check()?;
                let row = rows.next_row(&mut fields).map_err(|fault| {
                    Error::failed(format!("row {}", fault.what)).at(Place::default().line(fault.origin.line))
                })?;
                let Some(origin) = row else { break };
                let place = || Place::default().line(origin.line);
                if fields.len() != header.columns.len() {
                    let (found, expected) = (fields.len(), header.columns.len());
                    return Err(Error::failed(format!(
                        "row has {found} fields, the header names {expected}"
                    ))
                    .at(place()));
                }
                let mut object = Map::default();
                for (name, field) in header.columns.iter().zip(&fields) {
                    let value = match field.is_null(&batch.bytes, &format) {
                        true => Val::Null,
                        false => {
                            Val::utf8_str(field.value(&batch.bytes, format.quote, &mut scratch).to_vec())
                        }
                    };
                    object.insert(Val::utf8_str(name.clone()), value);
                }
                let mut text = String::new();
                write_json(&mut text, &Val::obj(object)).map_err(|what| Error::failed(what).at(place()))?;
                if !each(self.request(&text)?) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn request(&mut self, object: &str) -> Result<Request> {
        self.count += 1;
        let value = parse(object.as_bytes()).map_err(Error::failed)?;
        if !matches!(value, Val::Obj(_)) {
            let shown = crate::error::shortened(object, 100);
            return Err(Error::failed(format!("request {} is no JSON object: {shown}", self.count)));
        }
        let settings = self.settings;
        let filled = settings.url.fill(&value).and_then(|url| {
            let body = settings.body.as_ref().map(|body| body.fill(&value)).transpose()?;
            Ok((url, body))
        });
        let (home, body) = match filled {
            Ok((url, body)) => (Ok(Arc::from(url)), body.map(Arc::from)),
            Err(lacks) => (Err(lacks), None),
        };
        let url = match &home {
            Ok(url) => {
                settings.pages.as_ref().map_or_else(|| Arc::clone(url), |pages| pages.first(url).into())
            }
            Err(_) => "".into(),
        };
        let id = self.id(object, &url, body.as_deref());
        Ok(Request {
            number: self.count,
            id,
            object: object.into(),
            home,
            body,
            url,
            page: 1,
            rows_before: 0,
            tries: 0,
        })
    }

    /// A hash of all that the request is made of, and how often it was there before.
    fn id(&mut self, object: &str, url: &str, body: Option<&str>) -> RequestId {
        let hash = |parts: &[&[u8]]| -> RequestId {
            let mut hash = Sha256::new();
            for part in parts {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
            let whole: [u8; 32] = hash.finalize().into();
            whole.first_chunk().copied().unwrap_or_default()
        };
        let method = self.settings.method.as_bytes();
        let id = hash(&[method, object.as_bytes(), url.as_bytes(), body.unwrap_or_default().as_bytes()]);
        let times = self.seen.entry(id).or_insert(0);
        *times += 1;
        if *times == 1 { id } else { hash(&[&id, &times.to_le_bytes()]) }
    }
}
