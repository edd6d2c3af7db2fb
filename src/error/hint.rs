//! The part of an error that the job words: each job has other keys and flags for the same thing, or none.

/// The cause of an error for which each job has its own remedy.
///
/// Code below the jobs adds it ([`crate::Error::hint`]), and the job turns it into words ([`crate::Error::advised`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// No header line ends: the quote may be another character, or there may be no header.
    HeaderLine,
    /// The header line is not well formed: the quote may be another character.
    Quote,
    /// The data file has more columns than this number: the separator may be another character.
    MaxColumns(usize),
    /// The name of a column is not valid in the encoding.
    Encoding,
    /// The encoding seems to be UTF-16.
    Utf16,
    /// A value is not valid in the encoding.
    ValueEncoding,
    /// A value is well formed, and its column's type cannot hold it as it is written. The value is shortened.
    ColumnType(Box<str>),
    /// The server does not read a value as one of its column's type. The value is shortened.
    Value(Box<str>),
    /// An empty field is not NULL, since the NULL marker is another text or the field is quoted.
    NullMarker,
    /// A date that can be read in the order of this name only.
    DateOrder(&'static str),
    /// A date without a day or a month, as MySQL has them.
    ZeroDate,
    /// A separator stands at the end of a line.
    TrailingSeparator,
    /// A row is longer than allowed.
    MaxRow,
    /// More rows are rejected than this limit allows. It is written as the user types it.
    RejectLimit(String),
    /// More values of a column are NULL, since it cannot hold them, than this limit allows. It is written as the user types it.
    BadValueLimit(Box<str>),
    /// Rejects cannot be written into their folder.
    RejectFolder,
    /// Rows that were sent before this error are undone with it.
    Undone,
}

/// The words of a job for a [`Hint`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advice {
    /// The end of the message, such as `, and limits.max_columns allows 1600`; may be empty.
    pub detail: String,
    /// The remedy, which follows one that the error has already; may be empty.
    pub remedy: String,
}

/// A job's function from hints to words.
pub type Advise = fn(&Hint) -> Advice;

impl Advice {
    /// A detail alone.
    pub fn detail(text: impl Into<String>) -> Self {
        Advice { detail: text.into(), remedy: String::new() }
    }

    /// A remedy alone.
    pub fn remedy(text: impl Into<String>) -> Self {
        Advice { detail: String::new(), remedy: text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    fn words(hint: &Hint) -> Advice {
        match hint {
            Hint::MaxColumns(most) => {
                Advice { detail: format!(", {most} at most"), remedy: "look at it".to_owned() }
            }
            Hint::Undone => Advice::remedy("nothing is there"),
            _ => Advice::default(),
        }
    }

    #[test]
    fn a_jobs_words_stand_behind_those_of_the_error() {
        let many = Error::failed("3 columns").hint(Hint::MaxColumns(2)).hint(Hint::Undone);
        assert_eq!(many.advised(words).to_string(), "3 columns, 2 at most; look at it");
        let undone = Error::failed("bad").remedy("correct it").hint(Hint::Undone);
        assert_eq!(undone.to_string(), "bad; correct it");
        let undone = Error::many(vec![undone.advised(words), Error::failed("worse")]).advised(words);
        assert_eq!(undone.to_string(), "bad; correct it; nothing is there\nworse");
        assert_eq!(Error::failed("bad").hint(Hint::Quote).advised(words).to_string(), "bad");
    }
}
