//! Dumps of one version on several days: the newest counts.

use super::name;
use crate::ingest::settings::Settings;
use std::collections::HashMap;
use std::path::PathBuf;

/// The dumps without those of which a newer one is there, by the dates in their names. A name that does not fit is kept: opening
/// the dump says what is wrong.
pub fn without(paths: Vec<PathBuf>, settings: &Settings) -> Vec<PathBuf> {
    let dated = |path: &PathBuf| {
        let parts = settings.dump_name.read(&name::stem(path, path.is_dir())).ok()?;
        Some(((parts.app, parts.version), parts.date?))
    };
    let dates: Vec<_> = paths.iter().map(dated).collect();
    let mut newest: HashMap<_, (&String, &PathBuf)> = HashMap::new();
    for (path, (version, date)) in
        paths.iter().zip(&dates).filter_map(|(path, dated)| Some((path, dated.as_ref()?)))
    {
        let known = newest.entry(version).or_insert((date, path));
        if known.0 < date {
            *known = (date, path);
        }
    }
    let is_current = |path: &PathBuf, dated: &Option<_>| {
        let Some((version, date)) = dated else { return true };
        let superseding = newest.get(version).filter(|(newest, _)| *newest > date);
        if let Some((_, by)) = superseding {
            tracing::info!("{}: superseded by {}", path.display(), by.display());
        }
        superseding.is_none()
    };
    let current: Vec<bool> = paths.iter().zip(&dates).map(|(path, dated)| is_current(path, dated)).collect();
    paths.into_iter().zip(current).filter(|(_, is_current)| *is_current).map(|(path, _)| path).collect()
}
