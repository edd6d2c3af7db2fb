//! Requests without a response.

/// Why a request has no response.
#[derive(Debug)]
pub enum Failure {
    /// Another try may help.
    Again(String),
    /// Another try would fail the same way.
    Never(String),
    /// The run was stopped.
    Stopped,
}
