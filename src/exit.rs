//! The exit codes: one table, for the binary, its tests and its documentation.

/// How a run has ended. Scripts rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All units are loaded, or were up to date.
    Loaded,
    /// At least one unit has failed. The units that are loaded are complete.
    Failed,
    /// Wrong usage, configuration or input. Nothing was touched.
    Refused,
    /// All units are loaded, with rejects.
    Rejects,
    /// A signal has stopped it (`SIGINT` or `SIGTERM`). Published units stay, the rest was rolled back.
    Interrupted(i32),
    /// A number with a meaning of its own: that of psql under `pghaul db psql`, and 1 from `pghaul db status` where the
    /// server does not run.
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
