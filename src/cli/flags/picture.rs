//! Files that pghaul draws: checked before a run begins, and written whole or not at all.

use crate::report::page;
use crate::report::print;
use crate::report::timeline::PageForm;
use crate::run::unfinished::{beside, open_file};
use crate::{Error, Place, Result};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

/// A file for a page, or standard output.
#[derive(Debug, Clone, Copy)]
pub struct PictureFile<'p> {
    path: &'p Path,
    /// The flag that has named it.
    flag: &'static str,
}

impl<'p> PictureFile<'p> {
    /// The file that `flag` names.
    pub fn new(path: &'p Path, flag: &'static str) -> PictureFile<'p> {
        PictureFile { path, flag }
    }

    /// The file's form, by its extension; standard output gets a page.
    ///
    /// # Errors
    /// Another extension.
    pub fn form(&self) -> Result<PageForm> {
        let extension = self.path.extension().and_then(|extension| extension.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            _ if self.is_stdout() => Ok(PageForm::Html),
            Some("html" | "htm") => Ok(PageForm::Html),
            Some("svg") => Ok(PageForm::Svg),
            _ => Err(self.refused("is neither .html nor .svg")),
        }
    }

    /// Checks that it can be written. An old page stays until the new one is complete.
    ///
    /// # Errors
    /// A file that cannot be written, or that holds something else than a page of pghaul.
    pub fn check(&self) -> Result<()> {
        self.form()?;
        if self.is_stdout() {
            return Ok(());
        }
        // It is removed at once: a killed run leaves nothing.
        beside(self.path).map_err(|error| self.refused(&format!("cannot be written: {error}")))?;
        match self.start() {
            Ok(start) if start.is_empty() || start == page::START.as_bytes() => Ok(()),
            Ok(_) => Err(self.refused("holds something else than a page of pghaul, and is kept")),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.refused(&format!("cannot be read: {error}"))),
        }
    }

    /// As [`PictureFile::check`], of a file that can be a page only.
    ///
    /// # Errors
    /// As there; a picture.
    pub fn check_page(&self) -> Result<()> {
        match self.form()? {
            PageForm::Html => self.check(),
            PageForm::Svg => Err(self.refused("is not .html")),
        }
    }

    /// Writes the page.
    ///
    /// # Errors
    /// A file that cannot be written; the old one stays.
    pub fn write(&self, text: &str) -> Result<()> {
        if self.is_stdout() {
            return print(text);
        }
        let write = || -> io::Result<()> {
            let mut file = beside(self.path)?;
            file.write_all(text.as_bytes())?;
            file.persist(self.path).map(drop).map_err(|error| error.error)
        };
        write().map_err(|error| {
            Error::failed(format!("cannot write the page: {error}"))
                .at(Place::file(self.path.display().to_string()))
        })
    }

    /// Whether it is standard output.
    pub fn is_stdout(&self) -> bool {
        self.path == Path::new("-")
    }

    fn start(&self) -> io::Result<Vec<u8>> {
        let mut start = Vec::new();
        let file = open_file(self.path, File::options().read(true))?;
        file.take(page::START.len() as u64).read_to_end(&mut start)?;
        Ok(start)
    }

    fn refused(&self, what: &str) -> Error {
        Error::refused(what)
            .at(Place::file(self.path.display().to_string()))
            .remedy(format!("name another file with {}", self.flag))
    }
}
