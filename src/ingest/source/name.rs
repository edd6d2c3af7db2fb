//! What the name of a dump says: that it is one, how it is packed, its application and its version; and the order of names.

use super::compression::Compression;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The extensions that OpenPGP messages have behind the dump's own.
const MESSAGE_EXTENSIONS: [&str; 3] = ["gpg", "pgp", "asc"];

/// How a dump that is a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// A zip.
    Zip,
    /// A tar, which may be compressed as a whole.
    Tar(Option<Compression>),
}

/// The ends of the names of dumps.
const ENDS: [(&str, Packing); 4] = [
    (".zip", Packing::Zip),
    (".tar", Packing::Tar(None)),
    (".tar.gz", Packing::Tar(Some(Compression::Gzip))),
    (".tar.zst", Packing::Tar(Some(Compression::Zstd))),
];

/// Whether a file is a dump: `lms_v1.zip` or, encrypted, `lms_v1.zip.gpg`. A hidden file is none: macOS and rsync leave such
/// files beside the dumps.
pub fn is_dump(path: &Path) -> bool {
    !is_hidden(path) && split(&file_name(&without_encryption(path))).2.is_some()
}

/// Whether a file or folder is hidden.
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// How the file of a dump is packed. One that is named otherwise is taken for a zip.
pub fn packing(path: &Path) -> Packing {
    split(&file_name(&without_encryption(path))).2.unwrap_or(Packing::Zip)
}

/// Whether a file is an OpenPGP message.
pub fn is_encrypted(path: &Path) -> bool {
    let is_message =
        |extension: &str| MESSAGE_EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known));
    path.extension().and_then(OsStr::to_str).is_some_and(is_message)
}

/// The name of a dump without the extension of an encrypted file.
pub fn without_encryption(path: &Path) -> PathBuf {
    if is_encrypted(path) { path.with_extension("") } else { path.to_owned() }
}

/// The last part of a path.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A file name in two: what stands before its end, and the end with its dots. The third is the packing, if the end says one.
pub fn split(name: &str) -> (&str, &str, Option<Packing>) {
    for (end, packing) in ENDS {
        let Some(at) = name.len().checked_sub(end.len()) else { continue };
        if name.is_char_boundary(at) && name[at..].eq_ignore_ascii_case(end) {
            return (&name[..at], &name[at..], Some(packing));
        }
    }
    match name.rfind('.') {
        Some(at) => (&name[..at], &name[at..], None),
        None => (name, "", None),
    }
}

/// What names a dump: its file's name without the ends, or its folder's name; in lower case.
pub fn stem(path: &Path, is_folder: bool) -> String {
    match is_folder {
        true => file_name(path).to_lowercase(),
        false => split(&file_name(&without_encryption(path))).0.to_lowercase(),
    }
}

/// A name in pieces that sort as people count: `v2` before `v10`.
pub fn numbered(name: &str) -> Vec<(u128, String)> {
    let mut pieces = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        let text = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        // A number of more than 38 digits is no version's.
        pieces.push((number.parse().unwrap_or_default(), behind[..text].to_owned()));
        rest = &behind[text..];
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_sort_as_people_count() {
        let mut names = ["v10_users", "v2_users", "v1_users", "users"];
        names.sort_by_cached_key(|name| numbered(name));
        assert_eq!(names, ["users", "v1_users", "v2_users", "v10_users"]);
    }

    #[test]
    fn ends_are_no_part_of_what_names_a_dump() {
        let stem = |name: &str, is_folder| stem(Path::new(name), is_folder);
        assert_eq!(stem("/x/LMS_V1.zip", false), "lms_v1");
        assert_eq!(stem("LMS_v1.2.ZIP.GPG", false), "lms_v1.2");
        assert_eq!(stem("lms_v1.2.tar.gz", false), "lms_v1.2");
        assert_eq!(stem("big_app_v1.dump", false), "big_app_v1");
        assert_eq!(stem("a/Lms_v1.2", true), "lms_v1.2");
    }

    #[test]
    fn dumps_are_known_by_the_end_of_their_names() {
        let zip = |name: &str| is_dump(Path::new(name)).then(|| packing(Path::new(name)));
        assert_eq!(zip("a_v1.ZIP"), Some(Packing::Zip));
        assert_eq!(zip("a_v1.tar"), Some(Packing::Tar(None)));
        assert_eq!(zip("a_v1.Tar.Gz"), Some(Packing::Tar(Some(Compression::Gzip))));
        assert_eq!(zip("a_v1.tar.zst.gpg"), Some(Packing::Tar(Some(Compression::Zstd))));
        for other in ["._a_v1.zip", ".a_v1.zip", "a_v1.dat.gz", "a_v1.gz", "a_v1", "é"] {
            assert_eq!(zip(other), None, "{other}");
        }
    }
}
