//! What a thread of a run does at a time, in the words of the picture.

/// A step of a unit, or of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Looks at the input and the database, before anything is loaded.
    Prepare,
    /// Waits: for a lock, for a limit, or for the next try.
    Wait,
    /// Asks an API, or reads a cache.
    Request,
    /// Makes rows.
    Make,
    /// Creates a table.
    Create,
    /// Copies rows.
    Copy,
    /// Compares what the server holds with what was sent.
    Verify,
    /// Makes rows visible.
    Publish,
    /// Takes statistics.
    Analyze,
    /// Makes an index.
    Index,
    /// Executes statements of the configuration.
    Statements,
}

impl Step {
    /// All steps, in the order of a unit's way.
    pub const ALL: [Step; 11] = [
        Step::Prepare,
        Step::Wait,
        Step::Request,
        Step::Make,
        Step::Create,
        Step::Copy,
        Step::Verify,
        Step::Publish,
        Step::Analyze,
        Step::Index,
        Step::Statements,
    ];

    /// The word for it. The page's style sheet has a class of the same name.
    pub fn word(self) -> &'static str {
        match self {
            Step::Prepare => "prepare",
            Step::Wait => "wait",
            Step::Request => "request",
            Step::Make => "make",
            Step::Create => "create",
            Step::Copy => "copy",
            Step::Verify => "verify",
            Step::Publish => "publish",
            Step::Analyze => "analyze",
            Step::Index => "index",
            Step::Statements => "statements",
        }
    }

    /// Its place in [`Step::ALL`].
    pub fn number(self) -> usize {
        self as usize
    }
}

/// What happened at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// Something is tried again.
    Retry,
    /// Rows were rejected.
    Reject,
    /// A unit has failed.
    Failure,
    /// A signal asked the run to stop.
    Signal,
}

impl MarkKind {
    /// All kinds.
    pub const ALL: [MarkKind; 4] = [MarkKind::Retry, MarkKind::Reject, MarkKind::Failure, MarkKind::Signal];

    /// The word for it. The page's style sheet has a class of the same name.
    pub fn word(self) -> &'static str {
        match self {
            MarkKind::Retry => "retry",
            MarkKind::Reject => "reject",
            MarkKind::Failure => "failure",
            MarkKind::Signal => "signal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_its_place_and_its_colour() {
        let style = include_str!("../page/style.css");
        for (number, step) in Step::ALL.into_iter().enumerate() {
            assert_eq!(step.number(), number);
            assert!(style.contains(&format!(".s-{} ", step.word())), "{step:?}");
        }
        for kind in MarkKind::ALL {
            assert!(style.contains(&format!(".m-{} ", kind.word())), "{kind:?}");
        }
    }
}
