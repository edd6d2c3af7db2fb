//! What the paths of the command line are: dumps, folders that are dumps, folders of either, data files.

use super::parts::{self, Pattern};
use super::sample::{Extent, Sample};
use crate::config::Config;
use crate::ingest::settings::limits::Limits;
use crate::ingest::settings::{Request, Settings};
use crate::ingest::source::compression::Compression;
use crate::ingest::source::file::DumpFile;
use crate::ingest::source::listing::{self, Role};
use crate::ingest::source::parts::TableMembers;
use crate::ingest::source::{self, folder, name};
use crate::{Error, Place, Result};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Extensions of data files, the most usual first; the first that a dump has counts.
const DATA_EXTENSIONS: [&str; 8] = ["dat", "csv", "txt", "tsv", "bcp", "unl", "tab", "out"];
/// The extension of descriptors.
const DESCRIPTOR_EXTENSION: &str = "json";

/// A dump, a folder of data files, or data files of one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A zip or a tar.
    Dump(PathBuf),
    /// A folder that is a dump, with the extension of its data files.
    DumpFolder(PathBuf, String),
    /// A folder that is to become one, or data files of the command line; with the data files and their extension.
    DataFiles(PathBuf, Vec<PathBuf>, String),
}

/// What was found, with samples.
pub struct Input {
    /// Its file name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it is a dump, which `ingest` loads as it is.
    pub is_dump: bool,
    /// The extension of its data files.
    pub extension: String,
    /// Its tables.
    pub samples: Vec<Sample>,
    /// How the parts of its data files are named, if some look like parts.
    pub parts: Option<Pattern>,
}

/// What these paths lead to.
///
/// # Errors
/// All at once: paths that cannot be read, folders without data files.
pub fn find(paths: &[PathBuf]) -> Result<Vec<Found>> {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        match find_in(path) {
            Ok(more) => found.extend(more),
            Err(error) => faults.push(error.at(Place::file(path.display().to_string()))),
        }
    }
    if !faults.is_empty() {
        return Err(Error::many(faults));
    }
    Ok(together(found))
}

fn find_in(path: &Path) -> Result<Vec<Found>> {
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![match name::is_dump(path) {
            true => Found::Dump(path.to_owned()),
            false => Found::DataFiles(path.to_owned(), vec![path.to_owned()], extension_of(path)),
        }]);
    }
    // `.` has no name.
    let path = match path.file_name() {
        Some(_) => path.to_owned(),
        None => path.canonicalize().map_err(unreadable)?,
    };
    if let Some(dump) = dump_folder(&path)? {
        return Ok(vec![dump]);
    }
    let (mut dumps, mut files) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(&path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?.path();
        match entry.is_dir() {
            true => dumps.extend(dump_folder(&entry)?),
            false if name::is_dump(&entry) => dumps.push(Found::Dump(entry)),
            false => files.push(entry),
        }
    }
    dumps.sort_by_key(|dump| dump.path().to_owned());
    if !dumps.is_empty() {
        return Ok(dumps);
    }
    files.sort();
    for extension in DATA_EXTENSIONS {
        let is_data = |file: &&PathBuf| !name::is_hidden(file) && extension_of(file) == extension;
        let data: Vec<PathBuf> = files.iter().filter(is_data).cloned().collect();
        if !data.is_empty() {
            return Ok(vec![Found::DataFiles(path, data, extension.to_owned())]);
        }
    }
    Err(no_data_files("the folder"))
}

/// The folder as a dump, if it is one.
fn dump_folder(path: &Path) -> Result<Option<Found>> {
    let mut settings = settings()?;
    for extension in DATA_EXTENSIONS {
        settings.extensions = extensions(extension);
        if folder::is_dump(path, &settings) {
            return Ok(Some(Found::DumpFolder(path.to_owned(), extension.to_owned())));
        }
    }
    Ok(None)
}

/// Data files of the command line that lie in one folder and have one extension belong together.
fn together(found: Vec<Found>) -> Vec<Found> {
    let mut joined: Vec<Found> = Vec::new();
    for next in found {
        if let Found::DataFiles(path, files, extension) = &next {
            let is_kin = |other: &&mut Found| match other {
                Found::DataFiles(_, others, of_others) => {
                    of_others == extension
                        && others.first().map(|file| file.parent()) == files.first().map(|file| file.parent())
                }
                _ => false,
            };
            if let Some(Found::DataFiles(whole, others, _)) = joined.iter_mut().find(is_kin) {
                *whole = path.parent().map_or_else(|| path.clone(), Path::to_owned);
                let new: Vec<PathBuf> = files.iter().filter(|file| !others.contains(file)).cloned().collect();
                others.extend(new);
                continue;
            }
        }
        if !joined.contains(&next) {
            joined.push(next);
        }
    }
    joined
}

impl Found {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        match self {
            Found::Dump(path) | Found::DumpFolder(path, _) | Found::DataFiles(path, ..) => path,
        }
    }

    /// Takes the samples.
    ///
    /// # Errors
    /// What cannot be read, an encrypted dump, a dump without data files.
    pub fn read(&self) -> Result<Input> {
        let (extension, mut files) = match self {
            Found::Dump(path) => dump(path)?,
            Found::DumpFolder(path, extension) => (extension.clone(), files_of_dump(path, extension)?),
            Found::DataFiles(_, files, extension) => (extension.clone(), data_files(files)?),
        };
        files.samples.sort_by(|one, other| one.label.cmp(&other.label));
        let parts = parts::find(&mut files.samples, &files.lone_descriptors);
        let path = self.path().to_owned();
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into());
        let is_dump = !matches!(self, Found::DataFiles(..));
        Ok(Input { name, path, is_dump, extension, samples: files.samples, parts })
    }
}

/// The data files, and descriptors that stand alone.
#[derive(Default)]
struct Files {
    samples: Vec<Sample>,
    lone_descriptors: BTreeMap<String, Vec<u8>>,
}

impl Files {
    fn add(&mut self, label: String, table: String, descriptor: Option<Vec<u8>>, data: Option<Pieces>) {
        match (descriptor, data) {
            (descriptor, Some((pieces, unread_behind))) => {
                self.samples.push(Sample { label, table, part_of: None, descriptor, pieces, unread_behind });
            }
            (Some(descriptor), None) => {
                self.lone_descriptors.insert(table, descriptor);
            }
            (None, None) => {}
        }
    }
}

/// Pieces of a data file, and behind which byte nothing was read.
type Pieces = (Vec<super::sample::Piece>, Option<u64>);

fn dump(path: &Path) -> Result<(String, Files)> {
    if name::is_encrypted(path) {
        return Err(Error::failed("the dump is encrypted").remedy("decrypt it, and inspect the zip"));
    }
    let mut settings = settings()?;
    for extension in DATA_EXTENSIONS {
        settings.extensions = extensions(extension);
        let members = source::members(path, &settings).map_err(into_failed)?;
        let data_files = members.iter().filter(|members| members.data.is_some()).count();
        if data_files == 0 {
            continue;
        }
        let mut files = Files::default();
        for members in members {
            member(members, &settings.limits, Extent::of_each(data_files), &mut files)?;
        }
        return Ok((extension.to_owned(), files));
    }
    Err(no_data_files("the dump"))
}

/// Takes the samples of a table in a zip or a tar.
fn member(members: TableMembers, limits: &Limits, extent: Extent, files: &mut Files) -> Result<()> {
    let TableMembers { table, descriptor, data, .. } = members;
    let mut described = None;
    if let Some(member) = descriptor {
        limits.check_descriptor(member.bytes)?;
        let mut bytes = Vec::new();
        member.open()?.read_to_end(&mut bytes)?;
        described = Some(bytes);
    }
    let label = data.as_ref().map(|data| data.name()).unwrap_or_default();
    let pieces = data.map(|data| extent.of_stream(data.open_original(0)?)).transpose()?;
    files.add(label, table, described, pieces);
    Ok(())
}

/// Takes the samples of a folder that is a dump.
fn files_of_dump(path: &Path, extension: &str) -> Result<Files> {
    let settings = settings()?;
    let extensions = extensions(extension);
    let mut tables: BTreeMap<String, (Option<PathBuf>, Option<folder::Found>)> = BTreeMap::new();
    for file in folder::files(path, settings.limits.members).map_err(into_failed)? {
        let Some(Role { table, is_descriptor, .. }) = listing::role_of(&file.name, &extensions) else {
            continue;
        };
        if listing::is_hidden(&file.name) {
            continue;
        }
        let entry = tables.entry(table).or_default();
        match is_descriptor {
            true => entry.0 = Some(file.path),
            false => entry.1 = Some(file),
        }
    }
    let extent = Extent::of_each(tables.values().filter(|(_, data)| data.is_some()).count());
    let mut files = Files::default();
    for (table, (descriptor, data)) in tables {
        let descriptor = descriptor.map(|path| read_descriptor(&path, &settings.limits)).transpose()?;
        let label = data.as_ref().map(|file| file.name.clone()).unwrap_or_default();
        let pieces = data.map(|file| pieces_of(&file.path, extent)).transpose()?;
        files.add(label, table, descriptor, pieces);
    }
    Ok(files)
}

/// Takes the samples of data files that lie in one folder, and the descriptors beside them.
fn data_files(paths: &[PathBuf]) -> Result<Files> {
    let limits = settings()?.limits;
    let extent = Extent::of_each(paths.len());
    let mut files = Files::default();
    for path in paths {
        let read = || {
            let label = name::file_name(path);
            let plain = Compression::of_name(&label).1;
            let stem = plain.rsplit_once('.').map_or(plain, |(stem, _)| stem);
            let beside = path.with_file_name(format!("{stem}.{DESCRIPTOR_EXTENSION}"));
            let descriptor = if beside.is_file() { Some(read_descriptor(&beside, &limits)?) } else { None };
            Ok((stem.to_lowercase(), descriptor, pieces_of(path, extent)?, label))
        };
        let (table, descriptor, pieces, label) =
            read().map_err(|error: Error| error.at(Place::file(path.display().to_string())))?;
        files.add(label, table, descriptor, Some(pieces));
    }
    // Parts have no descriptor of their own, but their table may.
    let folders = paths.iter().filter_map(|path| path.parent());
    let folder =
        folders.map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).next();
    for entry in folder.map(fs::read_dir).transpose().map_err(unreadable)?.into_iter().flatten().flatten() {
        let path = entry.path();
        let is_descriptor = extension_of(&path) == DESCRIPTOR_EXTENSION && path.is_file();
        let table = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
        if is_descriptor && parts::may_describe(&table, &files.samples) {
            files.lone_descriptors.insert(table, read_descriptor(&path, &limits)?);
        }
    }
    Ok(files)
}

/// The pieces of a data file, which is inflated if its name says how it is compressed.
fn pieces_of(path: &Path, extent: Extent) -> Result<Pieces> {
    let mut file = DumpFile::look_at(path).and_then(|file| file.open()).map_err(into_failed)?;
    match Compression::of_name(&name::file_name(path)).0 {
        Some(compression) => extent.of_stream(compression.reader(file)?),
        None => Ok((extent.of_file(&mut file)?, None)),
    }
}

fn read_descriptor(path: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let file = DumpFile::look_at(path).map_err(into_failed)?;
    limits.check_descriptor(file.bytes)?;
    let mut bytes = Vec::new();
    file.open().map_err(into_failed)?.take(file.bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The extension of a data file, in lower case, without that of its compression; the first of [`DATA_EXTENSIONS`] where it has none.
fn extension_of(path: &Path) -> String {
    let name = name::file_name(path);
    let plain = Compression::of_name(&name).1;
    plain.rsplit_once('.').map_or(DATA_EXTENSIONS[0].to_owned(), |(_, extension)| extension.to_lowercase())
}

fn extensions(data: &str) -> (String, String) {
    (DESCRIPTOR_EXTENSION.to_owned(), data.to_owned())
}

fn settings() -> Result<Settings> {
    Settings::resolve(Request::default(), &Config::default())
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
    use std::slice::from_ref;

    #[test]
    fn a_folder_is_a_dump_or_gives_its_dumps_or_else_its_data_files() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let found = |path: &Path| find(&[path.to_owned()]);
        assert!(found(folder.path()).unwrap_err().to_string().contains("holds no data files"));
        write("Users.dat", "a|b\n");
        write("Roles.dat.GZ", "");
        write(".hidden.dat", "");
        write("Users.json", "[]");
        write("x.md", "");
        let data = ["Roles.dat.GZ", "Users.dat"].map(|name| folder.path().join(name)).to_vec();
        let of_folder = Found::DataFiles(folder.path().to_owned(), data.clone(), "dat".to_owned());
        assert_eq!(found(folder.path()).unwrap(), from_ref(&of_folder));
        assert_eq!(find(&data).unwrap().len(), 1, "one input for data files of one folder");
        write("a_v1/x/t.csv", "");
        let dump = Found::DumpFolder(folder.path().join("a_v1"), "csv".to_owned());
        assert_eq!(found(folder.path()).unwrap(), from_ref(&dump));
        assert_eq!(found(&folder.path().join("a_v1")).unwrap(), from_ref(&dump));
        write("a_v0.zip.gpg", "");
        let message = Found::Dump(folder.path().join("a_v0.zip.gpg"));
        assert!(message.read().err().unwrap().to_string().contains("the dump is encrypted"));
        assert_eq!(found(folder.path()).unwrap(), [message, dump]);
    }
}
