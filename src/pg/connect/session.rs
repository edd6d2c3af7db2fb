//! The first statements on a connection, before a caller gets it.

use super::choices::ServerKind;
use crate::{Error, Result};
use postgres::SimpleQueryMessage;

/// Runs statements on a connection.
type Query<'q> = &'q mut dyn FnMut(&str) -> Result<Vec<SimpleQueryMessage>, postgres::Error>;

/// What kind of server it is. The session still has the search path of its role, so each name is qualified.
const KIND: &str =
    "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')";

/// Gives the session the settings that every session has, and returns the process id of its server process.
pub(super) fn prepare(query: Query<'_>) -> Result<i32, postgres::Error> {
    let messages = query(include_str!("session.sql"))?;
    let backend = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get("backend")?.parse().ok(),
        _ => None,
    });
    Ok(backend.unwrap_or_default())
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
