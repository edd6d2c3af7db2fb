//! What is wanted of one table.

/// How many rows are wanted of a table, and what is in it already.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The number of rows.
    pub rows: u64,
    /// The number of rows that are in the table already.
    pub before: u64,
    /// The greatest values of its columns, where they must be known; else none.
    pub lasts: Vec<Option<String>>,
    /// What values have broken.
    pub given_up: Vec<GivenUp>,
}

/// Something that is asked of values and that is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenUp {
    /// The check of this name.
    Check(String),
    /// What the type of the column at this position asks for, in the server's words.
    Column(usize, String),
}

impl Wanted {
    /// So many rows, of a table that is not there.
    pub fn of(rows: u64) -> Wanted {
        Wanted { rows, ..Wanted::default() }
    }

    /// Whether this was given up before.
    pub fn has_given_up(&self, what: &str) -> bool {
        self.given_up.iter().any(|given_up| match given_up {
            GivenUp::Check(check) => check == what,
            GivenUp::Column(_, words) => words == what,
        })
    }

    /// The last value of a column.
    pub fn last(&self, column: usize) -> Option<&str> {
        self.lasts.get(column)?.as_deref()
    }
}
