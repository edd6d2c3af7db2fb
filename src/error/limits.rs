//! What helps where a limit has ended a statement that the administrator has set for a role or a database. pghaul respects them.

/// The remedy for this SQLSTATE (PostgreSQL documentation, "PostgreSQL Error Codes").
pub fn remedy(sqlstate: &str) -> Option<&'static str> {
    match sqlstate {
        "25006" => Some(
            "name the primary and not a standby, and a role that may write; where only default_transaction_read_only is on for it, allow writing in the connection: ?options=-c%20default_transaction_read_only%3Doff",
        ),
        "25P03" => Some(
            "idle_in_transaction_session_timeout of the role or the database is too short; set it to 30s or more for this role",
        ),
        "25P04" => Some(
            "transaction_timeout of the role or the database is too short for this load; name another one in the connection: ?options=-c%20transaction_timeout%3D0",
        ),
        "53300" => Some(
            "use fewer --workers, each of which may take two connections, or raise the CONNECTION LIMIT of the role or max_connections",
        ),
        "57014" => Some(
            "if statement_timeout of the role or the database is too short for this, name another one in the connection: ?options=-c%20statement_timeout%3D0",
        ),
        _ => None,
    }
}
