//! A data file in memory, as `pghaul generate dump` makes it.

use flate2::bufread::DeflateDecoder;
use pghaul::copy::encode::CopyColumn;
use pghaul::generate::dump;
use pghaul::generate::dump::settings::{DEFAULT_APP, Request, Settings};
use pghaul::report::log::Verbosity;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, Read};

/// A table of the first version.
pub struct Table {
    /// The columns as `ingest` loads them.
    pub columns: Vec<CopyColumn>,
    /// The data file.
    pub text: Vec<u8>,
    /// The data file as it stands in the dump.
    pub deflated: Vec<u8>,
    /// How many rows it has.
    pub rows: usize,
}

impl Table {
    /// Makes `name` with so many rows, in a dump that is gone afterwards.
    pub fn generate(name: &str, rows: usize) -> Table {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let request = Request {
            out: folder.path().to_owned(),
            app: DEFAULT_APP.to_owned(),
            versions: vec!["v1".to_owned()],
            rows: rows as u64,
            tables: Some(vec![name.to_owned()]),
            ..Request::default()
        };
        let settings = Settings::resolve(request).expect("a good request");
        let made = dump::run(&settings, Verbosity::Quiet).expect("a folder that can be written");
        assert_eq!(made[0].units[0].error, None);

        let file = File::open(settings.dump_path("v1")).expect("the dump");
        let mut zip = zip::ZipArchive::new(file).expect("a zip file");
        let mut raw = |name: &str| {
            let index = zip.index_for_name(name).expect("a member of the dump");
            let mut bytes = Vec::new();
            zip.by_index_raw(index)
                .and_then(|mut member| Ok(member.read_to_end(&mut bytes)?))
                .expect("read the dump");
            bytes
        };
        let deflated = raw(&format!("{name}.dat"));
        let descriptor: Vec<Value> =
            serde_json::from_reader(inflate(&raw(&format!("{name}.json"))[..])).expect("a descriptor");
        let mut text = Vec::new();
        inflate(&deflated[..]).read_to_end(&mut text).expect("deflated bytes");
        Table { columns: descriptor.iter().map(column).collect(), text, deflated, rows }
    }
}

/// Inflates what `ingest` inflates, by the same library.
pub fn inflate<R: BufRead>(deflated: R) -> DeflateDecoder<R> {
    DeflateDecoder::new(deflated)
}

/// The column, by the rules of the type map `mssql` as far as the two tables need them.
fn column(entry: &Value) -> CopyColumn {
    let text = |key: &str| entry[key].as_str().expect("a descriptor's entry").to_owned();
    let type_name = match text("column_type").to_lowercase().split('(').collect::<Vec<_>>()[..] {
        ["int"] => "integer".to_owned(),
        ["bit"] => "boolean".to_owned(),
        ["datetime"] => "timestamp without time zone".to_owned(),
        ["varchar" | "nvarchar", "max)"] => "text".to_owned(),
        ["varchar" | "nvarchar", length] => format!("character varying({length}"),
        ref other => panic!("add {other:?} here"),
    };
    CopyColumn::new(text("column_name"), type_name)
}
