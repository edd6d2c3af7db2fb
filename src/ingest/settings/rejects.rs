//! What happens to rows that cannot be loaded: how many a unit may have, and where they are kept.

use crate::copy::rejects::limit::RejectLimit;
use crate::{Error, Place, Result};
use std::path::{Path, PathBuf};

/// The folder for rejects unless another one is named. It is below the current folder, where the user sees it.
const DEFAULT_FOLDER: &str = "rejects";

/// The limit and the folder, which are the same for all units.
#[derive(Debug, Clone)]
pub struct RejectSettings {
    /// How many rows of a unit may be rejected.
    pub limit: RejectLimit,
    /// Where they are kept.
    pub folder: PathBuf,
    /// Whether those of encrypted dumps may be kept, as plain text.
    pub plain: bool,
    /// Whether values may be kept there, too, of rows that are loaded without them.
    of_values: bool,
}

impl RejectSettings {
    /// Up to `limit` rows of each unit, in `folder` or the default one.
    pub fn new(limit: RejectLimit, folder: Option<PathBuf>, plain: bool) -> Self {
        RejectSettings {
            limit,
            folder: folder.unwrap_or_else(|| DEFAULT_FOLDER.into()),
            plain,
            of_values: false,
        }
    }

    /// The same, and whether values may be kept there of rows that are loaded without them.
    pub fn of_values(self, of_values: bool) -> Self {
        RejectSettings { of_values, ..self }
    }

    /// Checks that rejects can be written. The folder is only created for the first one.
    ///
    /// # Errors
    /// Something else of that name; a folder in which nothing can be created.
    pub fn check(&self) -> Result<()> {
        if !self.limit.allows_any() && !self.of_values {
            return Ok(());
        }
        // A relative path ends with the current folder, which has no name.
        let named = |path: &&Path| !path.as_os_str().is_empty() && path.symlink_metadata().is_ok();
        let nearest = self.folder.ancestors().find(named).unwrap_or(Path::new("."));
        match tempfile::tempfile_in(nearest) {
            Ok(_) => Ok(()),
            Err(error) => Err(Error::refused(format!("cannot write rejects: {}", error.kind()))
                .at(Place::file(nearest.display().to_string()))
                .remedy("name another folder with --rejects")),
        }
    }

    /// Checks that the rejects of a dump may be written: the folder is no place for what was encrypted, and a message may hold
    /// any value of its row.
    ///
    /// # Errors
    /// An encrypted dump, unless the user says that its rejects may be plain text.
    pub fn check_encrypted(&self, dump: &str) -> Result<()> {
        if self.plain || !self.limit.allows_any() && !self.of_values {
            return Ok(());
        }
        if !self.limit.allows_any() {
            let what = "is encrypted, and bad: null would write values of it that are replaced as plain text";
            return Err(Error::refused(what).at(Place::file(dump)).remedy(
                "set rejects: {plain: true} if that is right, or leave out bad: null of the columns",
            ));
        }
        Err(Error::refused("is encrypted, and --max-rejects would write rejected rows of it as plain text")
            .at(Place::file(dump))
            .remedy("set rejects: {plain: true} if that is right, or leave out --max-rejects"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_need_not_be_there_but_must_be_possible() {
        let work = tempfile::tempdir().unwrap();
        let check = |limit: &str, folder: PathBuf| {
            RejectSettings::new(limit.parse().unwrap(), Some(folder), false).check()
        };
        check("1", work.path().join("a/b")).unwrap();
        std::fs::write(work.path().join("file"), "").unwrap();
        for folder in ["file", "file/below"] {
            let error = check("1%", work.path().join(folder)).unwrap_err().to_string();
            assert!(error.contains("file: cannot write rejects: "), "{error}");
            check("0", work.path().join(folder)).unwrap();
        }
        assert_eq!(std::fs::read_dir(work.path()).unwrap().count(), 1);
    }
}
