//! What the SQLSTATE of an error means: the one place that sorts them.
//!
//! Source: PostgreSQL documentation, "PostgreSQL Error Codes". The first two characters of a SQLSTATE are its class.

use crate::Error;

/// The SQLSTATEs that pghaul tells apart, by what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlState {
    /// No server has reported it: it is an error of the client library or of pghaul.
    None,
    /// The connection is lost, or the server ends it (class 08, 57P0x, 25P03).
    Connection,
    /// The server starts or stops right now (57P03).
    NotReady,
    /// A full disk, too little memory, too many connections (class 53).
    OutOfResources,
    /// The statement was cancelled, or it took too long (57014).
    Cancelled,
    /// Another intervention of an operator (class 57).
    Intervention,
    /// The server's own files or its operating system (class 58).
    System,
    /// Another transaction came in between (class 40).
    Serialization,
    /// The transaction may not do this, for example since it may only read (class 25).
    TransactionState,
    /// The password is wrong (28P01).
    WrongPassword,
    /// The server lets no such connection in (28000).
    NotLetIn,
    /// The database does not exist (3D000).
    UnknownDatabase,
    /// A lock was waited for too long (55P03).
    LockTimeout,
    /// The object is not in the state that the statement needs (class 55).
    ObjectState,
    /// Other objects depend on the one that is to be dropped (2BP01).
    Dependents,
    /// A value that its type cannot hold (class 22).
    BadValue,
    /// A row with the same key exists (23505).
    UniqueViolation,
    /// An exclusion constraint or a foreign key stands against the row (23P01, 23503).
    RowConflict,
    /// Another constraint stands against the row (class 23).
    Constraint,
    /// The row would not be visible in the view that it is written to (class 44).
    CheckOption,
    /// A function or a trigger has raised it (class P0).
    Raised,
    /// A row or a statement is too big for the server (54000).
    TooBig,
    /// Another limit of the server (class 54).
    Limit,
    /// The role lacks a right (42501).
    NoRight,
    /// The table does not exist (42P01).
    UnknownTable,
    /// The column does not exist (42703).
    UnknownColumn,
    /// No function or operator takes these types (42883).
    UnknownFunction,
    /// Several functions or operators take these types (42725).
    AmbiguousFunction,
    /// A type or another object does not exist (42704).
    UnknownObject,
    /// The schema does not exist (3F000).
    UnknownSchema,
    /// Types do not fit each other (42804).
    WrongType,
    /// The server computes the column's values (428C9).
    GeneratedColumn,
    /// Another fault of the statement (class 42).
    Statement,
    /// The server cannot do this (0A000); it says so as well of a prepared statement whose result has changed.
    NotSupported,
    /// The server does not know the prepared statement (26000), as behind some poolers.
    UnknownStatement,
    /// Anything else.
    Other,
}

impl SqlState {
    /// What a code of five characters means.
    pub fn of(sqlstate: &str) -> SqlState {
        match sqlstate {
            "57P03" => SqlState::NotReady,
            // The administrator limits how long a transaction does nothing, and the server has ended the session.
            "25P03" => SqlState::Connection,
            "57014" => SqlState::Cancelled,
            "28P01" => SqlState::WrongPassword,
            "28000" => SqlState::NotLetIn,
            "3D000" => SqlState::UnknownDatabase,
            "55P03" => SqlState::LockTimeout,
            "2BP01" => SqlState::Dependents,
            "23505" => SqlState::UniqueViolation,
            "23P01" | "23503" => SqlState::RowConflict,
            "54000" => SqlState::TooBig,
            "42501" => SqlState::NoRight,
            "42P01" => SqlState::UnknownTable,
            "42703" => SqlState::UnknownColumn,
            "42883" => SqlState::UnknownFunction,
            "42725" => SqlState::AmbiguousFunction,
            "42704" => SqlState::UnknownObject,
            "3F000" => SqlState::UnknownSchema,
            "42804" => SqlState::WrongType,
            "428C9" => SqlState::GeneratedColumn,
            "0A000" => SqlState::NotSupported,
            "26000" => SqlState::UnknownStatement,
            other if other.starts_with("57P0") => SqlState::Connection,
            other => SqlState::of_class(other.get(..2).unwrap_or_default()),
        }
    }

    fn of_class(class: &str) -> SqlState {
        match class {
            "08" => SqlState::Connection,
            "22" => SqlState::BadValue,
            "23" => SqlState::Constraint,
            "25" => SqlState::TransactionState,
            "40" => SqlState::Serialization,
            "42" => SqlState::Statement,
            "44" => SqlState::CheckOption,
            "53" => SqlState::OutOfResources,
            "54" => SqlState::Limit,
            "55" => SqlState::ObjectState,
            "57" => SqlState::Intervention,
            "58" => SqlState::System,
            "P0" => SqlState::Raised,
            _ => SqlState::Other,
        }
    }

    /// Whether the same may succeed later, over another connection.
    pub fn is_of_connection(self) -> bool {
        matches!(self, SqlState::Connection | SqlState::NotReady | SqlState::OutOfResources)
    }

    /// Whether a constraint stands against a row (class 23).
    pub fn is_of_constraint(self) -> bool {
        matches!(self, SqlState::UniqueViolation | SqlState::RowConflict | SqlState::Constraint)
    }

    /// Whether a row is at fault: its values, a constraint, its size, or what a trigger thinks of it.
    pub fn is_of_row(self) -> bool {
        self.is_of_constraint()
            || matches!(self, SqlState::BadValue | SqlState::TooBig | SqlState::Limit | SqlState::Raised)
    }

    /// Whether other rows stand against a row: one that has its value, or lacks it.
    pub fn is_of_other_rows(self) -> bool {
        matches!(self, SqlState::UniqueViolation | SqlState::RowConflict)
    }

    /// Whether the statement is at fault: its words, its names, its types, or a right that it needs (class 42).
    pub fn is_of_statement(self) -> bool {
        matches!(
            self,
            SqlState::Statement
                | SqlState::NoRight
                | SqlState::UnknownTable
                | SqlState::UnknownColumn
                | SqlState::UnknownFunction
                | SqlState::AmbiguousFunction
                | SqlState::UnknownObject
                | SqlState::WrongType
                | SqlState::GeneratedColumn
        )
    }

    /// Whether the server has judged what was asked: neither the connection, nor an operator, nor its machine has failed.
    pub fn is_a_verdict(self) -> bool {
        !self.is_of_connection()
            && !matches!(
                self,
                SqlState::None | SqlState::Cancelled | SqlState::Intervention | SqlState::System
            )
    }
}

/// Whether a value is well formed, and too long or too large for its type (22001, 22003).
pub fn is_beyond_type(error: &postgres::Error) -> bool {
    error.code().is_some_and(|sqlstate| ["22001", "22003"].contains(&sqlstate.code()))
}

impl From<&Error> for SqlState {
    fn from(error: &Error) -> SqlState {
        error.sqlstate().map_or(SqlState::None, SqlState::of)
    }
}

impl From<&postgres::Error> for SqlState {
    fn from(error: &postgres::Error) -> SqlState {
        error.code().map_or(SqlState::None, |sqlstate| SqlState::of(sqlstate.code()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn those(sqlstates: &[&'static str], holds: fn(SqlState) -> bool) -> Vec<&'static str> {
        sqlstates.iter().copied().filter(|sqlstate| holds(SqlState::of(sqlstate))).collect()
    }

    #[test]
    fn the_meaning_is_that_of_the_code_or_else_of_the_class() {
        assert_eq!(
            (SqlState::of("23505"), SqlState::of("23502")),
            (SqlState::UniqueViolation, SqlState::Constraint)
        );
        assert_eq!(
            (SqlState::of("57P01"), SqlState::of("57000")),
            (SqlState::Connection, SqlState::Intervention)
        );
        assert_eq!(
            (SqlState::of("XX000"), SqlState::of(""), SqlState::of("ä")),
            (SqlState::Other, SqlState::Other, SqlState::Other)
        );
        assert_eq!(SqlState::from(&Error::failed("of ours")), SqlState::None);
    }

    #[test]
    fn what_may_succeed_later_is_told_from_what_would_fail_again() {
        let all = [
            "08006", "53100", "53300", "57P01", "57P02", "57P03", "57P05", "57014", "58030", "22P02", "40001",
        ];
        assert_eq!(those(&all, SqlState::is_of_connection), all[..7]);
        assert_eq!(those(&all, SqlState::is_a_verdict), ["22P02", "40001"]);
        assert!(!SqlState::None.is_a_verdict() && !SqlState::None.is_of_connection());
    }

    #[test]
    fn rows_and_statements_are_told_apart() {
        let all = [
            "22P02", "23505", "23P01", "23514", "54000", "54001", "P0001", "42501", "42P07", "428C9", "53100",
        ];
        assert_eq!(those(&all, SqlState::is_of_row), all[..7]);
        assert_eq!(those(&all, SqlState::is_of_constraint), all[1..4]);
        assert_eq!(those(&all, SqlState::is_of_statement), all[7..10]);
    }
}
