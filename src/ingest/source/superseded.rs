//! Dumps of one version on several days: the newest counts.

use super::name;
use super::on_disk::OnDisk;
use crate::ingest::settings::Settings;
use std::collections::HashMap;
use std::path::PathBuf;

/// A dump of which a newer one is there.
#[derive(Debug)]
pub struct Superseded {
    /// The older dump. It is not opened.
    pub dump: PathBuf,
    /// The same, as it can move to the archive; nothing if it cannot be looked at.
    pub on_disk: Option<OnDisk>,
    /// The newest dump of its application and version.
    pub by: PathBuf,
}

/// Takes the dumps away of which a newer one is there, by the dates in their names. A name that does not fit is kept: opening
/// the dump says what is wrong.
pub fn take(paths: &mut Vec<PathBuf>, settings: &Settings) -> Vec<Superseded> {
    let dated = |path: &PathBuf| {
        let parts = settings.dump_name.read(&name::stem(path, path.is_dir())).ok()?;
        Some(((parts.app, parts.version), parts.date?))
    };
    let mut newest: HashMap<_, (String, PathBuf)> = HashMap::new();
    for path in paths.iter() {
        let Some((version, date)) = dated(path) else { continue };
        match newest.get_mut(&version) {
            Some(known) if known.0 >= date => {}
            Some(known) => *known = (date, path.clone()),
            None => {
                newest.insert(version, (date, path.clone()));
            }
        }
    }
    let by = |path: &PathBuf| {
        let (version, date) = dated(path)?;
        newest.get(&version).filter(|(newest, _)| *newest > date).map(|(_, by)| by.clone())
    };
    let mut superseded = Vec::new();
    paths.retain(|path| {
        let Some(by) = by(path) else { return true };
        tracing::info!("{}: superseded by {}", path.display(), by.display());
        let on_disk = OnDisk::look_at(path, settings.limits.members).ok();
        superseded.push(Superseded { dump: path.clone(), on_disk, by });
        false
    });
    superseded
}
