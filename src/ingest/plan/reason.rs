//! Whether an existing version table is loaded again, and why.

use crate::ingest::settings::Settings;
use crate::pg::catalog::Persistence;
use crate::table::ledger::loads::Entry;
use serde_json::Value;
use std::fmt;

/// Why a version table is loaded again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The user asked for it.
    Forced,
    /// It is not attached to its mother.
    Detached,
    /// Its data, columns or format have changed.
    Changed,
    /// It is unlogged, and a crash of the server has emptied it.
    Emptied,
    /// It is unlogged, and this run loads tables that survive a crash.
    Unlogged,
}

impl Reason {
    /// The reason to load a version table again, by its entry in the ledger and its state in the database; `None` where it is
    /// up to date. A logged table is more than `--unlogged` asks for, and stays.
    pub fn find(
        entry: &Entry,
        persistence: Persistence,
        attached: bool,
        fingerprint: &Value,
        settings: &Settings,
    ) -> Option<Reason> {
        let reasons = [
            (settings.force, Reason::Forced),
            (!attached, Reason::Detached),
            (entry.fingerprint != *fingerprint, Reason::Changed),
            (persistence == Persistence::Unlogged { empty: true } && entry.rows > 0, Reason::Emptied),
            (persistence != Persistence::Logged && !settings.unlogged, Reason::Unlogged),
        ];
        reasons.into_iter().find_map(|(applies, reason)| applies.then_some(reason))
    }

    /// Says it on the log, at a higher level where the user did nothing that led to it.
    pub fn log(self, table: &str) {
        match self {
            Reason::Emptied | Reason::Unlogged => tracing::info!("{table} is loaded again: {self}"),
            _ => tracing::debug!("{table} is loaded again: {self}"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Forced => "by --force",
            Reason::Detached => "it is not attached to its mother",
            Reason::Changed => "its data, columns or format have changed",
            Reason::Emptied => "it is unlogged and has lost its rows, as after a crash of the server",
            Reason::Unlogged => "it is unlogged, and a run without --unlogged loads what survives a crash",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::ingest::settings::Request;

    const LOST: Persistence = Persistence::Unlogged { empty: true };
    const UNLOGGED: Persistence = Persistence::Unlogged { empty: false };

    fn find(rows: u64, persistence: Persistence, unlogged: bool) -> Option<Reason> {
        let request = Request { unlogged, ..Request::default() };
        let settings = Settings::resolve(request, &Config::default()).unwrap();
        let entry = Entry {
            mother: "users".to_owned(),
            app: "lms".to_owned(),
            version: "v1".to_owned(),
            fingerprint: Value::from("same"),
            rows,
        };
        Reason::find(&entry, persistence, true, &Value::from("same"), &settings)
    }

    #[test]
    fn an_unlogged_table_stays_where_one_was_asked_for_and_its_rows_are_there() {
        assert_eq!(find(9, UNLOGGED, true), None);
        assert_eq!(find(9, UNLOGGED, false), Some(Reason::Unlogged));
        assert_eq!(find(9, LOST, true), Some(Reason::Emptied));
        assert_eq!(find(9, LOST, false), Some(Reason::Emptied));
        assert_eq!(find(0, LOST, true), None, "it never had a row");
    }

    #[test]
    fn a_logged_table_is_enough_for_everybody() {
        assert_eq!(find(9, Persistence::Logged, true), None);
        assert_eq!(find(9, Persistence::Logged, false), None);
    }
}
