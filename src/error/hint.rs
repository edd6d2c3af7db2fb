//! What an error leaves for the job to say: jobs call the same thing by different keys and flags, or have no name for it.

/// What an error is about, where a user can do something about it that each job has its own words for.
///
/// Code below the jobs adds it ([`Error::hint`]), the job turns it into words ([`Error::advised`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// No header line ends: the quote may be another character, or there may be no header.
    HeaderLine,
    /// The header line is not well formed: the quote may be another character.
    Quote,
    /// There are more columns than so many: the separator may be another character.
    MaxColumns(usize),
    /// The name of a column is not valid in the encoding.
    Encoding,
    /// The encoding seems to be UTF-16.
    Utf16,
    /// A value is not valid in the encoding.
    ValueEncoding,
    /// An empty field is not NULL, as the NULL marker is another text or the field is quoted.
    NullMarker,
    /// A row is longer than rows may be.
    MaxRow,
    /// More rows cannot be loaded than this limit allows, which is written as it is typed.
    RejectLimit(String),
    /// Rejects cannot be written into their folder.
    RejectFolder,
    /// Rows that were sent before this error are undone with it.
    Undone,
}

/// What a job says to a [`Hint`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advice {
    /// Goes on with the message, such as `, and limits.max_columns allows 1600`; empty for nothing.
    pub detail: String,
    /// What the user can do about it, behind a remedy that the error has already; empty for nothing.
    pub remedy: String,
}

/// A job's words.
pub type Advise = fn(&Hint) -> Advice;

impl Advice {
    /// Only this detail.
    pub fn detail(text: impl Into<String>) -> Self {
        Advice { detail: text.into(), remedy: String::new() }
    }

    /// Only this remedy.
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
