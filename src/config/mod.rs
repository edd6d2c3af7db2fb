//! `config.yml`: read, expanded and checked, but not yet combined with flags; each job does that for its part.

mod after;
mod destination;
mod drain;
mod duration;
mod faults;
mod fetch;
mod into;
mod marks;
mod nearest;
mod secret_source;
mod serve;
mod size;
mod sync;
mod values;

pub use after::{AfterCfg, IndexCfg};
pub use destination::{DeclaredColumn, Destination};
pub use drain::{DrainCfg, DrainColumns, RegisteredCfg, TlsCfg};
pub use duration::Span;
pub use faults::{Fault, faults};
pub use fetch::{FetchCfg, PagesCfg, RateCfg, RequestsCfg, SecretText};
pub use into::{ColumnsCfg, IntoCfg, Mode};
pub use marks::{Mark, Marks, is_below};
pub use secret_source::SecretSource;
pub use serve::{ServeCfg, ServeLimitsCfg, ServeRateCfg, ServeTableCfg, Verb};
pub use size::Size;
pub use sync::{DeletesCfg, SyncCfg};
pub use values::{Number, OrderedMap, Text, variables_of};

use crate::{Error, Place, Result};
use serde::Deserialize;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The file that is read when `--config` names none.
pub const DEFAULT_FILE: &str = "config.yml";

/// A configuration is written by hand; anything above this is not one (bytes).
const MAX_FILE_BYTES: u64 = 1 << 20;

/// A configuration file and the folder that its paths are relative to.
#[derive(Debug, Default)]
pub struct Config {
    /// The file, if there is one.
    pub path: Option<PathBuf>,
    /// Where the file lies; empty when there is none, so that paths are relative to the current folder.
    pub folder: PathBuf,
    /// What the file says.
    pub file: ConfigFile,
}

/// A configuration file as it is written.
#[derive(Debug)]
pub struct ConfigText {
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub text: String,
}

/// What `config.yml` may hold. The first three are the keys of the original job.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map of settings")]
pub struct ConfigFile {
    /// The target database.
    pub datastore: Option<Datastore>,
    /// COPY streams at once.
    pub max_workers: Option<Number<usize>>,
    /// Whether what the server holds is compared with what was sent.
    #[serde(default)]
    pub verify: bool,
    /// Where the dumps are, and how they are written.
    #[serde(default)]
    pub xport_cfg: XportCfg,
    /// What a dump may ask for.
    #[serde(default)]
    pub limits: LimitsCfg,
    /// What encrypted dumps need.
    #[serde(default)]
    pub decrypt: DecryptCfg,
    /// Mother tables, or `auto`.
    #[serde(default)]
    pub mother_tables: MotherTables,
    /// Jobs of `pghaul fetch`, by name.
    pub fetch: Option<OrderedMap<FetchCfg>>,
    /// Whether each mother gets a view of all columns of all versions.
    #[serde(default)]
    pub views: bool,
    /// Mother → what is done after the load.
    #[serde(default)]
    pub after: OrderedMap<AfterCfg>,
    /// Jobs of `drain`, by name.
    #[serde(default)]
    pub drain: OrderedMap<DrainCfg>,
    /// Job → a table that is kept the same as one of another database.
    #[serde(default)]
    pub sync: OrderedMap<SyncCfg>,
    /// The REST service.
    pub serve: Option<ServeCfg>,
}

/// The target database, as the original job's configuration gives it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {server: localhost, db: lms}")]
pub struct Datastore {
    /// `postgresql`, or with SQLAlchemy's driver suffix.
    pub connection: Option<Text>,
    /// Host name, address, or folder of the unix socket.
    pub server: Option<Text>,
    /// TCP port.
    pub port: Option<Number<u16>>,
    /// User name.
    pub user: Option<Text>,
    /// Password.
    pub passwd: Option<Text>,
    /// Database name.
    pub db: Option<Text>,
}

/// Where the dumps are, and how they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {zip_path: dumps}")]
pub struct XportCfg {
    /// Folder of the dumps.
    pub zip_path: Option<Text>,
    /// Folder that a dump moves to once all its units are loaded, if `archive` says so.
    pub archive_path: Option<Text>,
    /// Whether dumps move.
    #[serde(default)]
    pub archive: bool,
    /// File extension of descriptors.
    pub fmt_extension: Option<Text>,
    /// File extension of data files.
    pub dat_extension: Option<Text>,
    /// Separator between fields.
    pub field_separator: Option<Text>,
    /// Quote around fields.
    pub dat_quote: Option<Text>,
    /// What an unquoted field holds that means NULL.
    pub null_pattern: Option<Text>,
    /// Character encoding of data files.
    pub encoding: Option<Text>,
    /// Pattern of version-table names.
    pub child_name: Option<Text>,
    /// Which type map a dump's descriptors need; the first match counts.
    pub dialects: Option<Vec<Dialect>>,
}

/// What a dump may ask for, against damaged and hostile ones.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {max_row: 64MiB}")]
pub struct LimitsCfg {
    /// Members of a dump.
    pub max_members: Option<Number<usize>>,
    /// Columns of a data file or descriptor.
    pub max_columns: Option<Number<usize>>,
    /// Size of a descriptor, inflated.
    pub max_descriptor: Option<Size>,
    /// Size of a row.
    pub max_row: Option<Size>,
    /// Size of a dump's descriptors and data files together, inflated.
    pub max_total: Option<Size>,
    /// How many times larger a member may become.
    pub max_ratio: Option<Number<u64>>,
    /// Inflated size from which on `max_ratio` counts.
    pub ratio_from: Option<Size>,
}

/// What encrypted dumps need.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {passphrase: {env: LMS_PASSPHRASE}}")]
pub struct DecryptCfg {
    /// The passphrase of OpenPGP messages.
    pub passphrase: Option<SecretSource>,
    /// The file of the OpenPGP private key, armored or binary.
    pub key_file: Option<Text>,
    /// The passphrase of that key.
    pub key_passphrase: Option<SecretSource>,
    /// The password of zip members.
    pub zip_password: Option<SecretSource>,
    /// Folder for the plain text, whose files have no names.
    pub temp_path: Option<Text>,
}

/// The type map for dumps whose file names match.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {match: '*', types: mysql}")]
pub struct Dialect {
    /// Shell pattern for the dump's file name.
    #[serde(rename = "match")]
    pub pattern: Text,
    /// `mssql`, `mysql`, or the path of a JSON file.
    pub types: Text,
}

/// Mother tables: worked out from the dumps, or declared.
#[derive(Debug, Default)]
pub enum MotherTables {
    /// The columns that all versions of a table have.
    #[default]
    Auto,
    /// Table → column → type, in the order of the file.
    Declared(OrderedMap<OrderedMap<Text>>),
}

impl Config {
    /// Reads `file`, or `./config.yml` if there is one, or nothing.
    ///
    /// # Errors
    /// A file that cannot be read, is no YAML, holds an unknown key, or names an environment variable that is
    /// not set: with the line, and the nearest known key.
    pub fn load(file: Option<&Path>) -> Result<Config> {
        ConfigText::find(file)?.map_or_else(|| Ok(Config::default()), |text| text.parse())
    }

    /// The file as the place of errors in what it says.
    pub fn place(&self) -> Place {
        Place { file: self.path.as_ref().map(|path| path.display().to_string()), ..Place::default() }
    }

    /// A path from the file: relative to the file's folder.
    pub fn path(&self, text: &str) -> PathBuf {
        self.folder.join(text)
    }
}

impl ConfigText {
    /// Reads `file`, or `./config.yml` if there is one.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn find(file: Option<&Path>) -> Result<Option<ConfigText>> {
        let default = Path::new(DEFAULT_FILE);
        let path = match file {
            Some(path) => path,
            None if default.is_file() => default,
            None => return Ok(None),
        };
        let text = read(path).map_err(|error| error.at(Place::file(path.display().to_string())))?;
        Ok(Some(ConfigText { path: path.to_owned(), text }))
    }

    /// What it says.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(&self) -> Result<Config> {
        let place = || Place::file(self.path.display().to_string());
        let file = parse(&self.text).map_err(|error| error.at(place()))?;
        let folder = self.path.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok(Config { path: Some(self.path.clone()), folder, file })
    }
}

fn read(path: &Path) -> Result<String> {
    let unreadable = |error| Error::refused(error).remedy("name a YAML file that can be read with --config");
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(Error::refused(format!("larger than {MAX_FILE_BYTES} bytes: this is no configuration"))
            .remedy("name another file with --config"));
    }
    // Editors of Windows begin with a byte-order mark, which the YAML reader takes for a document of its own.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn parse(text: &str) -> Result<ConfigFile> {
    // An empty document is a valid configuration: defaults alone.
    let file: Option<ConfigFile> = serde_yaml::from_str(text).map_err(|error| {
        let message = faults::words_of(&error);
        match faults::remedy(&message) {
            Some(remedy) => Error::refused(message).remedy(remedy),
            None => Error::refused(message),
        }
    })?;
    Ok(file.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_original_keys_and_numbers_written_as_text_work() {
        let file = parse(
            "datastore: {connection: postgresql, server: zipdb, port: '5432', user: pgusr, passwd: 4711, db: zipdb}\n\
             max_workers: 3\n\
             xport_cfg:\n  fmt_extension: json\n  dat_extension: dat\n  field_separator: '|'\n  \
             zip_path: /dumps\n  archive_path: /archive\n  dat_quote: '`'\n",
        )
        .unwrap();
        let datastore = file.datastore.unwrap();
        assert_eq!(datastore.port.unwrap().0, 5432);
        assert_eq!(datastore.passwd.unwrap().0, "4711");
        assert_eq!(file.max_workers.unwrap().0, 3);
        assert!(matches!(file.mother_tables, MotherTables::Auto));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
        let error = parse("max_workers: 2\nxport_cfg:\n  zip_pth: here\n").unwrap_err().to_string();
        assert!(error.contains("unknown field `zip_pth`"), "{error}");
        assert!(error.contains("line 3"), "{error}");
        assert!(error.ends_with("did you mean `zip_path`?"), "{error}");
    }

    #[test]
    fn declared_mothers_keep_their_order_and_auto_is_a_word() {
        let file = parse("mother_tables:\n  b: {z: text, a: int}\n  a: {x: date}\n").unwrap();
        let MotherTables::Declared(tables) = file.mother_tables else { panic!("declared") };
        let names: Vec<&str> = tables.0.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(tables.0[0].1.0[0].0, "z");
        assert!(matches!(parse("mother_tables: auto").unwrap().mother_tables, MotherTables::Auto));
        let error = parse("mother_tables: all").unwrap_err().to_string();
        assert!(error.contains("`auto`"), "{error}");
    }

    #[test]
    fn a_missing_variable_is_named_with_its_line() {
        let error = parse("datastore:\n  user: me\n  passwd: ${PGHAUL_NO_SUCH}\n").unwrap_err().to_string();
        assert!(error.contains("PGHAUL_NO_SUCH") && error.contains("line 3"), "{error}");
    }

    #[test]
    fn nothing_at_all_is_a_valid_configuration() {
        assert!(parse("").unwrap().datastore.is_none());
        assert!(parse("# only a comment\n").unwrap().max_workers.is_none());
    }
}
