//! Dumps: finding them, their names, and the directory of the zip file.

use super::content::Content;
use super::directory::{self, Archive, Extents};
use super::member::Member;
use super::openpgp;
use crate::ingest::settings::limits::Limits;
use crate::ingest::settings::secrets::Secrets;
use crate::{Error, Place, Result};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The extension of dumps.
const DUMP_EXTENSION: &str = "zip";

/// A zip file named `<app>_<version>.zip`, or one that OpenPGP has encrypted, named `<app>_<version>.zip.gpg`.
#[derive(Debug)]
pub struct Dump {
    /// Where it lies.
    pub path: PathBuf,
    /// Its file name, which is how messages and the ledger call it.
    pub name: String,
    /// The same name without the extension of an encrypted file.
    pub zip_name: String,
    /// The part of the name before the last underscore, in lower case.
    pub app: String,
    /// The part behind it, in lower case.
    pub version: String,
    bytes: u64,
    modified: Option<SystemTime>,
    /// The file itself: its device and inode.
    file: (u64, u64),
    /// What the file holds, if it is encrypted.
    plain: Option<Content>,
}

/// The members that belong to one table.
#[derive(Debug)]
pub struct TableFiles {
    /// The table's name: the members' file name without folder and extension, in lower case.
    pub table: String,
    /// The descriptor, if the dump has one.
    pub descriptor: Option<Member>,
    /// The data file, if the dump has one.
    pub data: Option<Member>,
}

/// Finds the dumps among files and folders; those of a folder in the order of their names, and none twice.
///
/// # Errors
/// A path that does not exist, a folder without dumps unless it `may_be_empty`: all such faults at once.
pub fn find(inputs: &[PathBuf], may_be_empty: bool) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for input in inputs {
        match find_in(input, may_be_empty) {
            Ok(paths) => found.extend(paths),
            Err(error) => faults.push(error.at(Place::file(input.display().to_string()))),
        }
    }
    if !faults.is_empty() {
        return Err(Error::many(faults));
    }
    let mut seen = HashSet::new();
    // A path that leads nowhere is kept as it is: opening it says what is wrong.
    found.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(found)
}

fn find_in(input: &Path, may_be_empty: bool) -> Result<Vec<PathBuf>> {
    let is_url = input.to_str().is_some_and(|text| text.starts_with("postgres") && text.contains("://"));
    let remedy = match is_url {
        true => "a database is named with --db",
        false => "name an existing dump or folder of dumps, as an argument or in xport_cfg.zip_path",
    };
    let metadata = std::fs::metadata(input).map_err(|error| Error::refused(error).remedy(remedy))?;
    if !metadata.is_dir() {
        return Ok(vec![input.to_owned()]);
    }
    let mut paths = Vec::new();
    let unreadable = |error| Error::refused(error).remedy("let this user read the folder");
    for entry in std::fs::read_dir(input).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_dump = zip_path(&path)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case(DUMP_EXTENSION));
        // A symbolic link to a dump that is gone must not be passed over.
        if is_dump && !path.is_dir() {
            paths.push(path);
        }
    }
    if paths.is_empty() && !may_be_empty {
        return Err(Error::refused("the folder holds no dumps (*.zip, *.zip.gpg)").remedy(remedy));
    }
    paths.sort();
    Ok(paths)
}

impl Dump {
    /// Opens a dump, decrypts it if need be, and reads its directory; `extensions` are those of descriptors and data files.
    ///
    /// # Errors
    /// A name that is not `<app>_<version>.zip`, a file that is no zip or only the start of one, one that cannot
    /// be decrypted or asks for more than the limits allow, and every member that cannot or must not be read: all such faults at once.
    pub fn open(
        path: &Path,
        extensions: (&str, &str),
        limits: &Limits,
        secrets: &Secrets,
    ) -> Result<(Dump, Vec<TableFiles>)> {
        let place = || Place::file(path.display().to_string());
        Dump::open_unplaced(path, extensions, limits, secrets).map_err(|error| error.at(place()))
    }

    fn open_unplaced(
        path: &Path,
        extensions: (&str, &str),
        limits: &Limits,
        secrets: &Secrets,
    ) -> Result<(Dump, Vec<TableFiles>)> {
        let unreadable = |error| {
            Error::refused(error).remedy("let this user read the dump, or move it out of this folder")
        };
        // Before it is opened: a named pipe would wait for its writer.
        let metadata = std::fs::metadata(path).map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(Error::refused("is no file").remedy("name a zip file, or a folder of zip files"));
        }
        let (app, version) = app_and_version(path)?;
        let file = File::open(path).map_err(unreadable)?;
        let plain = match is_encrypted(path) {
            true => Some(openpgp::decrypt(file.try_clone()?, metadata.len(), secrets, limits)?),
            false => None,
        };
        let content = plain.as_ref().map_or_else(|| Content::new(file), Content::again);
        let mut archive = directory::open(content.again(), limits)?;
        let tables = tables(&mut archive, &content, extensions, limits, secrets)?;
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (name, zip_name) = (name(path), name(&zip_path(path)));
        let (bytes, modified) = (metadata.len(), metadata.modified().ok());
        let file = (metadata.dev(), metadata.ino());
        let path = path.to_owned();
        Ok((Dump { path, name, zip_name, app, version, bytes, modified, file, plain }, tables))
    }

    /// Whether this is the file that was scanned, and nobody has changed it since.
    pub fn is_still(&self, metadata: &Metadata) -> bool {
        self.file == (metadata.dev(), metadata.ino()) && self.is_as_scanned(metadata)
    }

    fn is_as_scanned(&self, metadata: &Metadata) -> bool {
        metadata.len() == self.bytes && metadata.modified().ok() == self.modified
    }

    /// The dump at this path, whatever it holds.
    #[cfg(test)]
    pub fn for_tests(path: &Path) -> Dump {
        let metadata = std::fs::metadata(path).unwrap();
        let (bytes, modified) = (metadata.len(), metadata.modified().ok());
        let file = (metadata.dev(), metadata.ino());
        let text = String::new;
        let (name, zip_name, app, version) = (text(), text(), text(), text());
        Dump { path: path.to_owned(), name, zip_name, app, version, bytes, modified, file, plain: None }
    }

    /// Opens the zip again to read a member. What was decrypted stays as it is, whatever becomes of the file.
    ///
    /// # Errors
    /// What the operating system reports; a file that changed since its directory was read.
    pub fn reopen(&self) -> Result<Content> {
        if let Some(plain) = &self.plain {
            return Ok(plain.again());
        }
        let place = || Place::file(&self.name);
        let file = File::open(&self.path).map_err(|error| Error::failed(error).at(place()))?;
        let metadata = file.metadata()?;
        if !self.is_as_scanned(&metadata) {
            return Err(Error::failed("the dump was changed while it was being loaded")
                .at(place())
                .remedy("run again once the dump is complete"));
        }
        Ok(Content::new(file))
    }
}

/// Whether a file is an OpenPGP message, by its name.
fn is_encrypted(path: &Path) -> bool {
    path.extension().and_then(OsStr::to_str).is_some_and(openpgp::is_extension)
}

/// The name of a dump without the extension of an encrypted file.
pub fn zip_path(path: &Path) -> PathBuf {
    if is_encrypted(path) { path.with_extension("") } else { path.to_owned() }
}

/// The two parts of `<app>_<version>.zip`.
fn app_and_version(path: &Path) -> Result<(String, String)> {
    let stem = zip_path(path);
    let stem = stem.file_stem().unwrap_or_default().to_str().unwrap_or_default().to_lowercase();
    match stem.rsplit_once('_') {
        Some((app, version)) if !app.is_empty() && !version.is_empty() => {
            Ok((app.to_owned(), version.to_owned()))
        }
        _ => Err(Error::refused("the file name does not say which version this is")
            .remedy("name the dump <app>_<version>.zip, for example lms_v1.zip")),
    }
}

fn tables(
    archive: &mut Archive,
    content: &Content,
    extensions: (&str, &str),
    limits: &Limits,
    secrets: &Secrets,
) -> Result<Vec<TableFiles>> {
    let mut tables: BTreeMap<String, TableFiles> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut extents = Extents::default();
    let mut total_bytes = 0_u64;
    // All members of a dump have one password, and one message says that it is missing.
    let mut lacks_password = false;
    if archive.has_duplicate_names() {
        faults.push(Error::refused("the zip lists a member twice").remedy("export the dump again"));
    }
    for index in 0..archive.len() {
        let file = match archive.by_index_raw(index) {
            Ok(file) => file,
            Err(error) => {
                faults.push(
                    Error::refused(format!("member {} of the zip is damaged: {error}", index + 1))
                        .remedy("transfer or export the dump again"),
                );
                continue;
            }
        };
        // Names that are not UTF-8 are in code page 437 (APPNOTE.TXT, appendix D).
        let name =
            file.name().map_or_else(|_| String::from_utf8_lossy(file.name_raw()).into(), Cow::into_owned);
        let place = Place { member: Some(name.clone()), ..Place::default() };
        if let Some(data_start) = file.data_start() {
            extents.push(file.header_start(), data_start.saturating_add(file.compressed_size()), &name);
        }
        if name.contains('\0') {
            faults.push(
                Error::refused("the member's name holds a NUL character")
                    .at(place)
                    .remedy("export the dump again, with another name"),
            );
            continue;
        }
        if is_unsafe(&name) {
            faults.push(
                Error::refused("the member's name leads out of the dump")
                    .at(place)
                    .remedy("export the dump again, with names relative to its root"),
            );
            continue;
        }
        let Some((table, is_descriptor)) = table_of(&name, extensions).filter(|_| !file.is_dir()) else {
            continue;
        };
        let member = Member::new(&name, &file, content, limits, secrets);
        total_bytes = total_bytes.saturating_add(file.size());
        let member = match member {
            Ok(member) => member,
            Err(error) => {
                let lacks = file.encrypted() && !matches!(secrets.zip_password.find(), Ok(Some(_)));
                if !(lacks && std::mem::replace(&mut lacks_password, true)) {
                    faults.push(error.at(place));
                }
                continue;
            }
        };
        let files =
            tables.entry(table.clone()).or_insert_with(|| TableFiles { table, descriptor: None, data: None });
        let slot = if is_descriptor { &mut files.descriptor } else { &mut files.data };
        match slot {
            Some(first) => faults.push(
                Error::refused(format!(
                    "two members are named for table {}, the other is {}",
                    files.table, first.name
                ))
                .at(place)
                .remedy("remove or rename one of them, and export the dump again"),
            ),
            None => *slot = Some(member),
        }
    }
    faults.extend(limits.check_total(total_bytes).err());
    faults.extend(extents.check(archive.central_directory_start()).err());
    if faults.is_empty() { Ok(tables.into_values().collect()) } else { Err(Error::many(faults)) }
}

/// Whether a member's name is absolute or climbs out of its folder (APPNOTE.TXT 4.4.17 forbids both).
fn is_unsafe(name: &str) -> bool {
    let drive = name.as_bytes().get(1) == Some(&b':');
    drive || name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..")
}

/// The table that a member is named for, and whether it is its descriptor; `None` for other files.
fn table_of(name: &str, (descriptor, data): (&str, &str)) -> Option<(String, bool)> {
    // macOS adds a folder of resource forks that repeats every file name.
    if name.starts_with("__MACOSX/") {
        return None;
    }
    let file_name = name.rsplit(['/', '\\']).next()?;
    let (stem, extension) = file_name.rsplit_once('.')?;
    let is_descriptor = extension.eq_ignore_ascii_case(descriptor);
    let is_wanted = !stem.is_empty() && (is_descriptor || extension.eq_ignore_ascii_case(data));
    is_wanted.then(|| (stem.to_lowercase(), is_descriptor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_underscore_separates_app_and_version() {
        let parts = |name: &str| app_and_version(Path::new(name)).ok();
        assert_eq!(parts("/x/LMS_V1.zip"), Some(("lms".into(), "v1".into())));
        assert_eq!(parts("LMS_v1.2.ZIP.GPG"), Some(("lms".into(), "v1.2".into())));
        assert_eq!(parts("big_app_2024-01.zip"), Some(("big_app".into(), "2024-01".into())));
        for bad in ["lms.zip", "_v1.zip", "lms_.zip"] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }

    #[test]
    fn members_are_named_for_tables() {
        let table = |name| table_of(name, ("json", "dat"));
        assert_eq!(table("Users.JSON"), Some(("users".into(), true)));
        assert_eq!(table("data/2024/users.dat"), Some(("users".into(), false)));
        assert_eq!(table("a\\users.dat"), Some(("users".into(), false)));
        assert_eq!(table("my.table.dat"), Some(("my.table".into(), false)));
        for other in ["readme.txt", ".dat", "users", "__MACOSX/users.dat"] {
            assert_eq!(table(other), None, "{other}");
        }
    }

    #[test]
    fn names_that_lead_out_of_the_dump() {
        for name in ["../users.dat", "/etc/passwd", "a/../../b.dat", "..\\x.dat", "C:\\x.dat", "\\\\host\\x"]
        {
            assert!(is_unsafe(name), "{name}");
        }
        assert!(!is_unsafe("a/b..c/users.dat"));
    }
}
