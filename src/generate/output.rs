//! The place for text: standard output, a device or pipe, or a file that appears when it is complete.

use crate::run::interrupt;
use crate::run::unfinished::beside;
use crate::{Error, Place, Result};
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The remedy if a file could be opened, but not written.
const NOTHING_CHANGED: &str = "make room, if that is it; a file is as it was before";
/// The remedy if a file cannot be opened for writing.
const NAME_ANOTHER: &str = "name a file that can be written with --out";

/// The refusal of a folder in which no file can be made.
pub fn folder_refused(folder: &Path, error: &io::Error) -> Error {
    Error::refused(format!("cannot write into this folder: {}", error.kind()))
        .at(Place::file(folder.display().to_string()))
        .remedy("name a folder that can be written with --out")
}

/// The place that text is written to. If it is dropped without [`Output::finish`], a new file does not appear, and a
/// continued file is as it was.
#[derive(Debug)]
pub struct Output {
    name: String,
    place: OutputPlace,
}

#[derive(Debug)]
enum OutputPlace {
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
    /// The position of its old end (bytes), and that end; none once the new text is to stay.
    old_end: Option<(u64, Vec<u8>)>,
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Output {
        interrupt::end_if_stuck();
        Output { name: "standard output".to_owned(), place: OutputPlace::Stdout(io::stdout()) }
    }

    /// A new file, in the place of an old one. A device or pipe is written to as it is.
    ///
    /// # Errors
    /// A folder that cannot be written, a folder of that name.
    pub fn new_file(path: &Path) -> Result<Output> {
        let name = path.display().to_string();
        match open_new(path) {
            Ok(place) => Ok(Output { name, place }),
            Err(error) => {
                Err(Error::refused(cannot_write(&error)).at(Place::file(name)).remedy(NAME_ANOTHER))
            }
        }
    }

    /// A file that is continued, or a new one if it is missing or empty. The file must end with `last`; the last `rewritten`
    /// bytes are written again.
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
                    "give the --seed and --format that it was made with, --unique too, and its number of records as --start; \
                     one that a killed run was writing to has more of them",
                ));
        }
        let old_end = last[last.len().saturating_sub(rewritten)..].to_vec();
        // The file is at least as long as `last`.
        let start = length - old_end.len() as u64;
        file.seek(SeekFrom::Start(start)).map_err(refused)?;
        Ok(Output {
            name,
            place: OutputPlace::Continued(Continued { file, old_end: Some((start, old_end)) }),
        })
    }

    /// Whether this continues a file.
    pub fn continues(&self) -> bool {
        matches!(self.place, OutputPlace::Continued(_))
    }

    /// Whether it is a terminal, on which no progress bar can be drawn then.
    pub fn is_terminal(&self) -> bool {
        matches!(&self.place, OutputPlace::Stdout(stdout) if stdout.is_terminal())
    }

    /// Writes. It breaks when the reader of a pipe has gone, which is no error.
    ///
    /// # Errors
    /// A full disk, for example.
    pub fn write(&mut self, text: &[u8]) -> Result<ControlFlow<()>> {
        let written = match &mut self.place {
            OutputPlace::Stdout(stdout) => stdout.write_all(text),
            OutputPlace::Stream(file) => file.write_all(text),
            OutputPlace::New { file, .. } => file.write_all(text),
            OutputPlace::Continued(continued) => continued.file.write_all(text),
        };
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
            written => written.map(ControlFlow::Continue).map_err(|error| failed(&self.name, &error)),
        }
    }

    /// Gives a new file its name, or keeps the new text of a continued one.
    ///
    /// # Errors
    /// As [`Output::write`].
    pub fn finish(self) -> Result<()> {
        match self.place {
            OutputPlace::Stdout(mut stdout) => match stdout.flush() {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                    return Err(failed(&self.name, &error));
                }
                _ => {}
            },
            OutputPlace::Stream(_) => {}
            OutputPlace::New { file, path } => {
                file.persist(path).map_err(|error| failed(&self.name, &error.error))?;
            }
            OutputPlace::Continued(mut continued) => {
                continued.old_end = None;
            }
        }
        Ok(())
    }
}

impl Drop for Continued {
    fn drop(&mut self) {
        if let Some((start, old_end)) = self.old_end.take() {
            // The error that led here is already on its way.
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

fn open_new(path: &Path) -> io::Result<OutputPlace> {
    // A link stays; the file that it leads to is replaced.
    let path = match path.canonicalize() {
        Ok(path) => path,
        Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    if path.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if path.exists() && !path.is_file() {
        // Opening a named pipe waits for its reader.
        interrupt::end_if_stuck();
        return Ok(OutputPlace::Stream(File::options().write(true).open(&path)?));
    }
    let file = beside(&path)?;
    Ok(OutputPlace::New { file, path })
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
    fn a_new_file_is_whole_or_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.csv");
        let mut output = Output::new_file(&path).unwrap();
        assert!(output.write(b"one\n").unwrap().is_continue() && !path.exists());
        drop(output);
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
        let mut output = Output::new_file(&path).unwrap();
        assert!(output.write(b"two\n").unwrap().is_continue());
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
        assert!(output.write(b"new").unwrap().is_continue());
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
            assert!(output.write(b",\n2\n]\n").unwrap().is_continue());
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
        assert!(Output::new_file(Path::new("/dev/null")).unwrap().write(b"x").unwrap().is_continue());
        let error = Output::new_file(Path::new("/")).unwrap_err();
        assert_eq!(error.exit(), crate::exit::Exit::Refused);
        assert!(error.to_string().starts_with("/: cannot be written: "), "{error}");
    }
}
