//! What is done on a connection before anyone uses it.

use super::params::Session;
use crate::{Error, Result};
use postgres::SimpleQueryMessage;

/// Runs statements on the connection.
type Query<'q> = &'q mut dyn FnMut(&str) -> Result<Vec<SimpleQueryMessage>, postgres::Error>;

/// Makes the session the same as every other one.
pub(super) fn prepare(query: Query<'_>) -> Result<(), postgres::Error> {
    query(include_str!("session.sql")).map(drop)
}

/// Whether the server is of the kind that `target_session_attrs` asks for.
pub(super) fn check(query: Query<'_>, wanted: Session) -> Result<()> {
    if wanted == Session::Any {
        return Ok(());
    }
    let (mut standby, mut read_only) = (false, false);
    for message in query("SELECT pg_is_in_recovery(), current_setting('transaction_read_only')")? {
        if let SimpleQueryMessage::Row(row) = message {
            (standby, read_only) = (row.get(0) == Some("t"), row.get(1) == Some("on"));
        }
    }
    let (fits, kind) = match wanted {
        Session::Any => (true, "server"),
        Session::ReadWrite => (!standby && !read_only, "server that allows writes"),
        Session::ReadOnly => (standby || read_only, "read-only server"),
        Session::Primary => (!standby, "primary"),
        Session::Standby | Session::PreferStandby => (standby, "standby"),
    };
    if fits {
        Ok(())
    } else {
        Err(Error::refused(format!("target_session_attrs asks for a {kind}, this is none")))
    }
}
