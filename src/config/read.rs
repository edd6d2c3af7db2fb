//! The file: found, read, expanded and checked in its form.

use super::faults;
use super::file::ConfigFile;
use super::marks::Marks;
use crate::{Error, Place, Result};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The file that is read when `--config` names none.
pub const DEFAULT_FILE: &str = "config.yml";

/// The largest configuration (bytes). It is written by hand, so a larger file is something else.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// A configuration file and the folder that its paths are relative to.
#[derive(Debug, Default)]
pub struct Config {
    /// The file, if one was found.
    pub path: Option<PathBuf>,
    /// The folder of the file. Without a file it is empty, and paths are relative to the current folder.
    pub folder: PathBuf,
    /// The settings of the file.
    pub file: ConfigFile,
    /// The places of its keys.
    pub marks: Marks,
}

/// A configuration file as it is written.
#[derive(Debug)]
pub struct ConfigText {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl Config {
    /// Reads `file`, or else `./config.yml` if it exists.
    ///
    /// # Errors
    /// A file that cannot be read, is no YAML, holds an unknown key, or names an environment variable that is
    /// not set: with the line, and the nearest known key.
    pub fn load(file: Option<&Path>) -> Result<Config> {
        ConfigText::find(file)?.map_or_else(|| Ok(Config::default()), |text| text.parse())
    }

    /// The file as the place of errors.
    pub fn place(&self) -> Place {
        Place { file: self.path.as_ref().map(|path| path.display().to_string()), ..Place::default() }
    }

    /// A path from the file: relative to the file's folder.
    pub fn path(&self, text: &str) -> PathBuf {
        self.folder.join(text)
    }
}

impl ConfigText {
    /// The path of the configuration: `file`, or else `./config.yml` if it exists.
    pub fn path(file: Option<&Path>) -> Option<&Path> {
        let default = Path::new(DEFAULT_FILE);
        file.or_else(|| default.is_file().then_some(default))
    }

    /// Reads the text of `file`, or else of `./config.yml` if it exists.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn find(file: Option<&Path>) -> Result<Option<ConfigText>> {
        let Some(path) = Self::path(file) else { return Ok(None) };
        let text = read(path).map_err(|error| error.at(Place::file(path.display().to_string())))?;
        Ok(Some(ConfigText { path: path.to_owned(), text }))
    }

    /// Parses the text.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(&self) -> Result<Config> {
        let place = || Place::file(self.path.display().to_string());
        let file = parse(&self.text).map_err(|error| error.at(place()))?;
        let folder = self.path.parent().map(Path::to_path_buf).unwrap_or_default();
        let marks = Marks::of(&self.text).unwrap_or_default();
        Ok(Config { path: Some(self.path.clone()), folder, file, marks })
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
    // Editors of Windows write a byte-order mark, which the YAML reader takes for a document of its own.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn parse(text: &str) -> Result<ConfigFile> {
    // An empty document is a valid configuration: defaults alone.
    let file: Option<ConfigFile> = serde_yaml::from_str(text).map_err(|error| {
        let message = faults::message_of(&error);
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
    use crate::config::sections::MotherTables;

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
