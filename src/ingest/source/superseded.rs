//! Dumps of one version on several days: the newest counts.

use super::name;
use crate::ingest::settings::Settings;
use std::collections::HashMap;
use std::path::PathBuf;

/// The dumps without those of which a newer one is there, by the dates in their names. A name that does not fit is kept: opening
/// the dump says what is wrong.
pub fn without(paths: Vec<PathBuf>, settings: &Settings) -> Vec<PathBuf> {
    let parts = |path: &PathBuf| settings.dump_name.read(&name::stem(path, path.is_dir())).ok();
    let mut newest: HashMap<(String, String), (String, PathBuf)> = HashMap::new();
    for path in &paths {
        let Some(parts) = parts(path) else { continue };
        let Some(date) = parts.date else { continue };
        let known = newest.entry((parts.app, parts.version)).or_insert_with(|| (date.clone(), path.clone()));
        if known.0 < date {
            *known = (date, path.clone());
        }
    }
    let is_current = |path: &PathBuf| {
        let Some(parts) = parts(path) else { return true };
        let Some((date, by)) = newest.get(&(parts.app, parts.version)) else { return true };
        let is_current = parts.date.as_ref().is_none_or(|own| own >= date);
        if !is_current {
            tracing::info!("{}: superseded by {}", path.display(), by.display());
        }
        is_current
    };
    paths.iter().filter(|path| is_current(path)).cloned().collect()
}
