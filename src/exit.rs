//! The exit codes: one table, for the binary, its tests and its documentation.

/// How a run ended. Scripts rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything loaded, or was already up to date.
    Loaded,
    /// At least one unit failed; what else loaded is complete.
    Failed,
    /// Wrong usage, configuration or input: nothing was touched.
    Refused,
    /// Everything loaded, with rejects.
    Rejects,
    /// Stopped by a signal (`SIGINT` or `SIGTERM`): what was published stays, the rest was rolled back.
    Interrupted(i32),
    /// A number with a meaning of its own: what psql returned under `pghaul db psql`, and 1 from
    /// `pghaul db status` when the server does not run.
    Other(u8),
}

impl Exit {
    /// The process's exit code: 0, 1, 2, 3, or 128 + the signal's number as shells report it.
    pub fn code(self) -> u8 {
        match self {
            Exit::Loaded => 0,
            Exit::Failed => 1,
            Exit::Refused => 2,
            Exit::Rejects => 3,
            Exit::Interrupted(signal) => 128 + u8::try_from(signal).unwrap_or(2),
            Exit::Other(code) => code,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_documented_ones() {
        let codes = [Exit::Loaded, Exit::Failed, Exit::Refused, Exit::Rejects].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3]);
        assert_eq!(Exit::Interrupted(2).code(), 130);
        assert_eq!(Exit::Interrupted(15).code(), 143);
        assert_eq!(Exit::Other(7).code(), 7);
    }
}
