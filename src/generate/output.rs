//! Where text goes: standard output, a device or pipe, or a file that is there whole or not at all.

use crate::run::interrupt;
use crate::run::unfinished::beside;
use crate::{Error, Place, Result};
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What to know when a file could be opened, but not written.
const NOTHING_CHANGED: &str = "make room, if that is it; a file is as it was before";
/// What helps when a file cannot be written.
const NAME_ANOTHER: &str = "name a file that can be written with --out";

/// What text is written to. Dropped without [`Output::finish`], a new file never was, and one that was continued is as
/// it was.
#[derive(Debug)]
pub struct Output {
    name: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Stdout(io::Stdout),
    /// A device or a named pipe, which has no state to restore.
    Stream(File),
    New {
        file: NamedTempFile,
        path: PathBuf,
    },
    Continued(Continued),
}

/// A file that was there before.
#[derive(Debug)]
struct Continued {
    file: File,
    /// Where its old end began (bytes), and that end; none once what was added is to stay.
    old_end: Option<(u64, Vec<u8>)>,
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Output {
        interrupt::end_if_stuck();
        Output { name: "standard output".to_owned(), kind: Kind::Stdout(io::stdout()) }
    }

    /// A new file in the place of whatever is there; a device or pipe is written to as it is.
    ///
    /// # Errors
    /// A folder that cannot be written, a folder of that name.
    pub fn new_file(path: &Path) -> Result<Output> {
        let name = path.display().to_string();
        match open_new(path) {
            Ok(kind) => Ok(Output { name, kind }),
            Err(error) => {
                Err(Error::refused(cannot_write(&error)).at(Place::file(name)).remedy(NAME_ANOTHER))
            }
        }
    }

    /// A file that goes on, or a new one where there is nothing yet. It must end with `last`; `rewritten` bytes at its
    /// very end are written anew.
    ///
    /// # Errors
    /// A file that ends otherwise, or that cannot be written.
    pub fn continued(path: &Path, last: &[u8], rewritten: usize) -> Result<Output> {
        let name = path.display().to_string();
        let nothing_yet = match path.metadata() {
            Ok(metadata) => !metadata.is_file() || metadata.len() == 0,
            Err(_) => true,
        };
        if nothing_yet {
            return Output::new_file(path);
        }
        let refused = |error: io::Error| {
            Error::refused(cannot_write(&error)).at(Place::file(&name)).remedy(NAME_ANOTHER)
        };
        let mut file = File::options().read(true).write(true).open(path).map_err(refused)?;
        if file.try_lock().is_err() {
            return Err(Error::refused("another run is writing to it")
                .at(Place::file(name))
                .remedy("wait for it"));
        }
        let length = file.metadata().map_err(refused)?.len();
        if !ends_with(&mut file, length, last).map_err(refused)? {
            return Err(Error::refused("does not end with the record before the one that --start names")
                .at(Place::file(name))
                .remedy(
                    "give the --seed and --format that it was made with, and its number of records as --start; \
                     one that a killed run was writing to has more of them",
                ));
        }
        let old_end = last[last.len().saturating_sub(rewritten)..].to_vec();
        // The file is at least as long as `last`.
        let start = length - old_end.len() as u64;
        file.seek(SeekFrom::Start(start)).map_err(refused)?;
        Ok(Output { name, kind: Kind::Continued(Continued { file, old_end: Some((start, old_end)) }) })
    }

    /// Whether this goes on with a file that has a beginning.
    pub fn continues(&self) -> bool {
        matches!(self.kind, Kind::Continued(_))
    }

    /// Whether people watch it: no bar can be drawn there then.
    pub fn is_terminal(&self) -> bool {
        matches!(&self.kind, Kind::Stdout(stdout) if stdout.is_terminal())
    }

    /// Writes; false when the reader of a pipe has gone, which is no error.
    ///
    /// # Errors
    /// A full disk, for example.
    pub fn write(&mut self, text: &[u8]) -> Result<bool> {
        let written = match &mut self.kind {
            Kind::Stdout(stdout) => stdout.write_all(text),
            Kind::Stream(file) => file.write_all(text),
            Kind::New { file, .. } => file.write_all(text),
            Kind::Continued(continued) => continued.file.write_all(text),
        };
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            written => written.map(|()| true).map_err(|error| failed(&self.name, &error)),
        }
    }

    /// Makes a new file appear, or keeps what was added to an old one.
    ///
    /// # Errors
    /// As [`Output::write`].
    pub fn finish(self) -> Result<()> {
        match self.kind {
            Kind::Stdout(mut stdout) => match stdout.flush() {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    return Err(failed(&self.name, &error));
                }
                _ => {}
            },
            Kind::Stream(_) => {}
            Kind::New { file, path } => {
                file.persist(path).map_err(|error| failed(&self.name, &error.error))?;
            }
            Kind::Continued(mut continued) => {
                continued.old_end = None;
            }
        }
        Ok(())
    }
}

impl Drop for Continued {
    fn drop(&mut self) {
        if let Some((start, old_end)) = self.old_end.take() {
            // There is nobody to tell: the error that led here is on its way.
            let _ = self.restore(start, &old_end);
        }
    }
}

impl Continued {
    fn restore(&mut self, start: u64, old_end: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(start))?;
        self.file.write_all(old_end)?;
        self.file.set_len(start + old_end.len() as u64)
    }
}

fn failed(name: &str, error: &io::Error) -> Error {
    Error::failed(cannot_write(error)).at(Place::file(name)).remedy(NOTHING_CHANGED)
}

fn cannot_write(error: &io::Error) -> String {
    format!("cannot be written: {error}")
}

fn open_new(path: &Path) -> io::Result<Kind> {
    // The file itself, not a link to it, is replaced.
    let path = match path.canonicalize() {
        Ok(path) => path,
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    if path.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if path.exists() && !path.is_file() {
        // A named pipe waits here for its reader.
        interrupt::end_if_stuck();
        return Ok(Kind::Stream(File::options().write(true).open(&path)?));
    }
    let file = beside(&path)?;
    Ok(Kind::New { file, path })
}

/// Whether the last bytes of a file of `length` bytes are `last`.
fn ends_with(file: &mut File, length: u64, last: &[u8]) -> io::Result<bool> {
    let Some(start) = length.checked_sub(last.len() as u64) else { return Ok(false) };
    let mut end = vec![0; last.len()];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut end)?;
    Ok(end == last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.csv");
        let mut output = Output::new_file(&path).unwrap();
        assert!(output.write(b"one\n").unwrap() && !path.exists());
        drop(output);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        let mut output = Output::new_file(&path).unwrap();
        output.write(b"two\n").unwrap();
        output.finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two\n");
    }

    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let mut output = Output::new_file(&link).unwrap();
        output.write(b"new").unwrap();
        output.finish().unwrap();
        assert!(link.is_symlink() && std::fs::read(&file).unwrap() == b"new");
    }

    #[test]
    fn a_continued_file_is_longer_or_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.json");
        std::fs::write(&path, "[\n1\n]\n").unwrap();
        for (finished, expected) in [(false, "[\n1\n]\n"), (true, "[\n1,\n2\n]\n")] {
            let mut output = Output::continued(&path, b"1\n]\n", 3).unwrap();
            output.write(b",\n2\n]\n").unwrap();
            if finished {
                output.finish().unwrap();
            } else {
                drop(output);
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), expected);
        }
        let error = Output::continued(&path, b"1\n]\n", 3).unwrap_err();
        assert!(error.to_string().contains("does not end with the record before"), "{error}");
    }

    #[test]
    fn what_is_not_a_file_is_refused_or_written_to() {
        assert!(Output::new_file(Path::new("/dev/null")).unwrap().write(b"x").unwrap());
        let error = Output::new_file(Path::new("/")).unwrap_err();
        assert_eq!(error.exit(), crate::exit::Exit::Refused);
        assert!(error.to_string().starts_with("/: cannot be written: "), "{error}");
    }
}
