//! What the file name of a dump says: that it is a dump, whether it is encrypted, its application and its version.

use crate::{Error, Result};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The extension of dumps.
const DUMP_EXTENSION: &str = "zip";

/// The extensions that OpenPGP messages have behind the dump's own.
const MESSAGE_EXTENSIONS: [&str; 3] = ["gpg", "pgp", "asc"];

/// Whether a file is a dump: `lms_v1.zip` or, encrypted, `lms_v1.zip.gpg`.
pub fn is_dump(path: &Path) -> bool {
    without_encryption(path)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case(DUMP_EXTENSION))
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

/// The two parts of `<app>_<version>.zip`, in lower case. The last underscore separates them.
///
/// # Errors
/// A name without an underscore, or with nothing on one side of it.
pub fn app_and_version(path: &Path) -> Result<(String, String)> {
    let stem = without_encryption(path);
    let stem = stem.file_stem().unwrap_or_default().to_str().unwrap_or_default().to_lowercase();
    match stem.rsplit_once('_') {
        Some((app, version)) if !app.is_empty() && !version.is_empty() => {
            Ok((app.to_owned(), version.to_owned()))
        }
        _ => Err(Error::refused("the file name does not say which version this is")
            .remedy("name the dump <app>_<version>.zip, for example lms_v1.zip")),
    }
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
}
