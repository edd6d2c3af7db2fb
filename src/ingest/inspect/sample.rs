//! What is looked at: the beginning of each data file, and the descriptor beside it.

use crate::config::Config;
use crate::ingest::settings::limits::Limits;
use crate::ingest::settings::{Request, Settings};
use crate::ingest::source::file::DumpFile;
use crate::ingest::source::parts::TableMembers;
use crate::ingest::source::{self, name};
use crate::{Error, Place, Result};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes of each data file that are looked at.
pub const SAMPLE_BYTES: u64 = 4 << 20;

/// Extensions of data files, the most usual first; the first that a dump has counts.
const DATA_EXTENSIONS: [&str; 8] = ["dat", "csv", "txt", "tsv", "bcp", "unl", "tab", "out"];
/// The extension of descriptors.
const DESCRIPTOR_EXTENSION: &str = "json";

/// A dump, a folder that is to become one, or a single data file.
pub struct Input {
    /// Its file name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it is a zip, which `ingest` loads as it is.
    pub is_dump: bool,
    /// The extension of its data files.
    pub extension: String,
    /// Its tables.
    pub samples: Vec<Sample>,
}

/// The beginning of a data file.
pub struct Sample {
    /// How comments call it: `users.dat`.
    pub label: String,
    /// The table that it is named for.
    pub table: String,
    /// The descriptor's bytes, if one is beside it.
    pub descriptor: Option<Vec<u8>>,
    /// The first bytes.
    pub bytes: Vec<u8>,
    /// The size of the data file, bytes.
    pub size: u64,
}

impl Sample {
    /// Whether the sample is all of the data file.
    pub fn is_whole(&self) -> bool {
        self.bytes.len() as u64 >= self.size
    }
}

/// Reads the samples of a path: one input for a dump or a data file, and for a folder either its dumps or its data files.
///
/// # Errors
/// A path that cannot be read, an encrypted dump, a dump or folder without data files; for a folder, all such faults at once.
pub fn read(path: &Path) -> Result<Vec<Input>> {
    let metadata =
        fs::metadata(path).map_err(|error| unreadable(error).at(Place::file(path.display().to_string())))?;
    if !metadata.is_dir() {
        return read_file(path).map(|input| vec![input]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    let dumps: Vec<&PathBuf> = files.iter().filter(|file| name::is_dump(file)).collect();
    if dumps.is_empty() {
        return folder(path, &files).map(|input| vec![input]);
    }
    let (mut inputs, mut faults) = (Vec::new(), Vec::new());
    for dump in dumps {
        match read_file(dump) {
            Ok(input) => inputs.push(input),
            Err(error) => faults.push(error),
        }
    }
    if faults.is_empty() { Ok(inputs) } else { Err(Error::many(faults)) }
}

fn read_file(path: &Path) -> Result<Input> {
    let read = if name::is_dump(path) { dump(path) } else { data_file(path) };
    read.map_err(|error| error.at(Place::file(path.display().to_string())))
}

fn dump(path: &Path) -> Result<Input> {
    if name::is_encrypted(path) {
        return Err(Error::failed("the dump is encrypted").remedy("decrypt it, and inspect the zip"));
    }
    let mut settings = Settings::resolve(Request::default(), &Config::default())?;
    for extension in DATA_EXTENSIONS {
        settings.extensions = (DESCRIPTOR_EXTENSION.to_owned(), extension.to_owned());
        let members = source::members(path, &settings).map_err(into_failed)?;
        if members.iter().all(|members| members.data.is_none()) {
            continue;
        }
        let samples = members.into_iter().filter_map(|members| member(members, &settings.limits));
        let samples = samples.collect::<Result<_>>()?;
        return Ok(Input {
            name: file_name(path),
            path: path.to_owned(),
            is_dump: true,
            extension: extension.to_owned(),
            samples,
        });
    }
    Err(no_data_files("the dump"))
}

/// The sample of a zipped table; nothing where a descriptor stands alone.
fn member(members: TableMembers, limits: &Limits) -> Option<Result<Sample>> {
    let TableMembers { table, descriptor, data, .. } = members;
    let data = data?;
    let read = || {
        let descriptor = match descriptor {
            Some(member) => {
                limits.check_descriptor(member.bytes)?;
                let mut bytes = Vec::new();
                member.open()?.read_to_end(&mut bytes)?;
                Some(bytes)
            }
            None => None,
        };
        let bytes = first_bytes(data.open_original(0)?)?;
        Ok(Sample { label: data.name(), table, descriptor, bytes, size: data.bytes() })
    };
    Some(read())
}

fn folder(path: &Path, files: &[PathBuf]) -> Result<Input> {
    for extension in DATA_EXTENSIONS {
        let has_extension =
            |file: &&PathBuf| file.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension));
        let data: Vec<&PathBuf> = files.iter().filter(has_extension).collect();
        if !data.is_empty() {
            let samples = data.into_iter().map(|file| sample_of_file(file)).collect::<Result<_>>()?;
            let extension = extension.to_owned();
            return Ok(Input {
                name: file_name(path),
                path: path.to_owned(),
                is_dump: false,
                extension,
                samples,
            });
        }
    }
    Err(no_data_files("the folder").at(Place::file(path.display().to_string())))
}

fn data_file(path: &Path) -> Result<Input> {
    let extension = path.extension().map(|own| own.to_string_lossy().to_lowercase()).unwrap_or_default();
    Ok(Input {
        name: file_name(path),
        path: path.to_owned(),
        is_dump: false,
        extension: if extension.is_empty() { DATA_EXTENSIONS[0].to_owned() } else { extension },
        samples: vec![sample_of_file(path)?],
    })
}

fn sample_of_file(path: &Path) -> Result<Sample> {
    let file = DumpFile::look_at(path).map_err(into_failed)?;
    let bytes = first_bytes(file.open().map_err(into_failed)?)?;
    let beside = path.with_extension(DESCRIPTOR_EXTENSION);
    let descriptor =
        if beside.is_file() { Some(first_bytes(fs::File::open(beside).map_err(unreadable)?)?) } else { None };
    let table = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    Ok(Sample { label: file_name(path), table, descriptor, bytes, size: file.bytes })
}

fn first_bytes(input: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(SAMPLE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn no_data_files(what: &str) -> Error {
    let known: Vec<String> = DATA_EXTENSIONS.iter().map(|extension| format!("*.{extension}")).collect();
    Error::failed(format!("{what} holds no data files ({})", known.join(", ")))
        .remedy("name a data file, a folder of them, or a dump")
}

fn unreadable(error: std::io::Error) -> Error {
    Error::failed(error).remedy("name a file that exists and that this user may read")
}

/// That a file cannot be read is exit code 1 here.
fn into_failed(error: Error) -> Error {
    let messages = error.messages();
    Error::failed(messages.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_folder_gives_its_dumps_or_else_its_data_files() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let messages = |path: &Path| read(path).err().unwrap().to_string();
        assert!(messages(folder.path()).contains("holds no data files"));
        write("Users.dat", "a|b\n");
        write("Users.json", "[]");
        write("x.md", "");
        let inputs = read(folder.path()).unwrap();
        let tables: BTreeMap<&str, bool> =
            inputs[0].samples.iter().map(|s| (s.table.as_str(), s.descriptor.is_some())).collect();
        assert_eq!((tables, inputs[0].is_dump), (BTreeMap::from([("users", true)]), false));
        write("a_v1.zip.gpg", "");
        assert!(messages(folder.path()).contains("the dump is encrypted"));
    }
}
