//! The first statements on a connection, before a caller gets it.

use super::choices::ServerKind;
use crate::{Error, Result};
use postgres::SimpleQueryMessage;

/// Runs statements on a connection.
type Query<'q> = &'q mut dyn FnMut(&str) -> Result<Vec<SimpleQueryMessage>, postgres::Error>;

/// What kind of server it is. The session still has the search path of its role, so each name is qualified.
const KIND: &str =
    "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')";

/// The setting that marks a session as ours from its first moment on.
pub(super) const MARK: &str = "pghaul.session";

/// The settings that every session has.
const SETTINGS: &str = include_str!("session.sql");

/// The settings of every session, as statements for one transaction. They leave nothing behind in a session that is not ours.
#[derive(Debug)]
pub struct ForOneTransaction {
    /// All of them.
    pub all: String,
    /// Those that look at nothing in the database: a lock that follows them comes before the transaction's snapshot.
    pub values: String,
    /// Those that may follow the lock.
    pub keepalives: String,
}

/// The settings of every session, for one transaction.
pub fn for_one_transaction() -> ForOneTransaction {
    let local = |line: &str| match line.strip_prefix("SET ") {
        Some(setting) => format!("SET LOCAL {setting}\n"),
        None => format!("{}\n", line.replace(", false)", ", true)")),
    };
    let all: String = SETTINGS.lines().map(local).collect();
    let values = all.lines().filter(|line| line.starts_with("SET LOCAL ")).collect::<Vec<_>>().join("\n");
    let keepalives = all.find("SELECT set_config(").map_or(String::new(), |place| all[place..].to_owned());
    ForOneTransaction { all, values, keepalives }
}

/// Gives the session the settings that every session has, and returns the process id of its server process.
pub(super) fn prepare(query: Query<'_>) -> Result<i32, postgres::Error> {
    let messages = query(SETTINGS)?;
    let backend = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get("backend")?.parse().ok(),
        _ => None,
    });
    Ok(backend.unwrap_or_default())
}

/// The process id of the session's server process, if the session is ours: it has this mark.
pub(super) fn find_mark(query: Query<'_>, mark: &str) -> Result<Option<i32>, postgres::Error> {
    let sql = format!(
        "SELECT pg_catalog.pg_backend_pid() WHERE pg_catalog.current_setting('{MARK}', true) OPERATOR(pg_catalog.=) '{mark}'"
    );
    let messages = query(&sql)?;
    Ok(messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    }))
}

/// Checks that the server is of the kind that `target_session_attrs` asks for.
pub(super) fn check(query: Query<'_>, wanted: ServerKind) -> Result<()> {
    if wanted == ServerKind::Any {
        return Ok(());
    }
    let (mut standby, mut read_only) = (false, false);
    for message in query(KIND)? {
        if let SimpleQueryMessage::Row(row) = message {
            (standby, read_only) = (row.get(0) == Some("t"), row.get(1) == Some("on"));
        }
    }
    let (fits, kind) = match wanted {
        ServerKind::Any => (true, "server"),
        ServerKind::ReadWrite => (!standby && !read_only, "server that allows writes"),
        ServerKind::ReadOnly => (standby || read_only, "read-only server"),
        ServerKind::Primary => (!standby, "primary"),
        ServerKind::Standby | ServerKind::PreferStandby => (standby, "standby"),
    };
    if fits {
        Ok(())
    } else {
        Err(Error::refused(format!("target_session_attrs asks for a {kind}, this is none")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_one_transaction_leave_nothing_behind() {
        let ForOneTransaction { all, values, keepalives } = for_one_transaction();
        assert!(values.starts_with("SET LOCAL search_path = pg_catalog, pg_temp;"), "{values}");
        assert_eq!(values.lines().count(), SETTINGS.matches("\nSET ").count());
        assert!(!all.contains("\nSET s") && !all.contains(", false)"), "{all}");
        assert_eq!(keepalives.matches("set_config(").count(), keepalives.matches("', true)").count() - 1);
    }
}
