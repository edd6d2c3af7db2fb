//! The one error type: what went wrong, where, and what helps.
//!
//! An error is built from the inside out. The stage that notices it says *what* ([`Error::refused`], [`Error::failed`]), the
//! stages around it add the [`Place`] that they know ([`Error::at`]), and a stage that knows the remedy adds that
//! ([`Error::remedy`]). The command line prints it once.

mod conversions;
mod gather;
mod hint;
mod limits;
mod others;
mod place;
mod text;

pub use hint::{Advice, Advise, Hint};
pub use place::Place;
pub use text::{MAX_QUOTED_CHARS, one_line, shortened, with_sources, without_commands};

use crate::exit::Exit;
use crate::secret::without_passwords;
use others::Others;
use std::fmt;
use text::{postgres_text, words_about_a_row};

/// The result of a function of this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One message with its place and remedy, or several such messages.
pub struct Error(Box<Inner>);

enum Inner {
    One {
        severity: Severity,
        place: Place,
        others: Option<Box<Others>>,
        what: String,
        remedy: Option<String>,
        hint: Option<Hint>,
        sqlstate: Option<String>,
        /// Whether it is one of the connection or of the data, if that is known.
        of_connection: Option<bool>,
    },
    Many(Vec<Error>),
    Interrupted(i32),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Severity {
    Refused,
    Failed,
}

impl Error {
    /// Usage, configuration or input that cannot work, noticed before anything was written (exit code 2).
    pub fn refused(what: impl fmt::Display) -> Self {
        Self::one(Severity::Refused, what)
    }

    /// A failure while loading (exit code 1).
    pub fn failed(what: impl fmt::Display) -> Self {
        Self::one(Severity::Failed, what)
    }

    /// A signal that has asked the run to stop (exit code 128 + signal).
    pub fn interrupted(signal: i32) -> Self {
        Error(Box::new(Inner::Interrupted(signal)))
    }

    /// All that PostgreSQL has reported: message, SQLSTATE, detail, hint and where. `context` replaces its where.
    pub fn from_server(error: &postgres::Error, context: Option<&str>) -> Self {
        let mut this = Error::failed(postgres_text(error, context));
        if let Inner::One { sqlstate, .. } = &mut *this.0 {
            *sqlstate = error.code().map(|code| code.code().to_owned());
        }
        match error.code().and_then(|code| limits::remedy(code.code())) {
            Some(remedy) => this.remedy(remedy),
            None => this,
        }
    }

    /// The words of PostgreSQL about a row: message, SQLSTATE and detail.
    pub fn server_words(error: &postgres::Error) -> String {
        words_about_a_row(error)
    }

    /// Several errors as one. Its exit code is that of the worst.
    pub fn many(mut errors: Vec<Error>) -> Self {
        match errors.len() {
            1 => errors.remove(0),
            _ => Error(Box::new(Inner::Many(errors))),
        }
    }

    fn one(severity: Severity, what: impl fmt::Display) -> Self {
        Error(Box::new(Inner::One {
            severity,
            place: Place::default(),
            others: None,
            what: what.to_string(),
            remedy: None,
            hint: None,
            sqlstate: None,
            of_connection: None,
        }))
    }

    /// Adds the place, or those of its parts that the error lacks.
    pub fn at(mut self, outer: Place) -> Self {
        match &mut *self.0 {
            Inner::One { place, others, .. } => {
                others.iter_mut().for_each(|others| others.fill_from(&outer));
                place.fill_from(outer);
            }
            Inner::Many(errors) => {
                for error in std::mem::take(errors) {
                    errors.push(error.at(outer.clone()));
                }
            }
            Inner::Interrupted(_) => {}
        }
        self
    }

    /// The same error with a place that `change` has changed.
    pub fn moved(mut self, change: &dyn Fn(&mut Place)) -> Self {
        match &mut *self.0 {
            Inner::One { place, .. } => change(place),
            Inner::Many(errors) => {
                for error in std::mem::take(errors) {
                    errors.push(error.moved(change));
                }
            }
            Inner::Interrupted(_) => {}
        }
        self
    }

    /// Adds what the user can do about it. The first remedy stays: it comes from closest to the cause.
    pub fn remedy(mut self, text: impl fmt::Display) -> Self {
        if let Inner::One { remedy: remedy @ None, .. } = &mut *self.0 {
            *remedy = Some(text.to_string());
        }
        self
    }

    /// The same error, noticed before anything was written.
    pub fn into_refused(self) -> Self {
        self.with_severity(Severity::Refused)
    }

    /// The same error, noticed while loading.
    pub fn into_failed(self) -> Self {
        self.with_severity(Severity::Failed)
    }

    fn with_severity(mut self, wanted: Severity) -> Self {
        match &mut *self.0 {
            Inner::One { severity, .. } => *severity = wanted,
            Inner::Many(errors) => {
                let same = |error: Error| error.with_severity(wanted);
                *errors = std::mem::take(errors).into_iter().map(same).collect();
            }
            Inner::Interrupted(_) => {}
        }
        self
    }

    /// The same error, marked as one of the connection and not of the data, unless it is marked as one of the data.
    pub fn of_connection(mut self) -> Self {
        match &mut *self.0 {
            Inner::One { of_connection, .. } => {
                of_connection.get_or_insert(true);
            }
            Inner::Many(errors) => {
                *errors = std::mem::take(errors).into_iter().map(Error::of_connection).collect();
            }
            Inner::Interrupted(_) => {}
        }
        self
    }

    /// The same error, marked as one of the data: another try would find the same.
    pub fn of_data(mut self) -> Self {
        if let Inner::One { of_connection, .. } = &mut *self.0 {
            *of_connection = Some(false);
        }
        self
    }

    /// Whether [`Error::of_connection`] has marked it. [`crate::pg::retry::is_of_connection`] looks at the SQLSTATE as well.
    pub fn is_marked_of_connection(&self) -> bool {
        matches!(&*self.0, Inner::One { of_connection: Some(true), .. })
    }

    /// Whether [`Error::of_data`] has marked it.
    pub fn is_marked_of_data(&self) -> bool {
        matches!(&*self.0, Inner::One { of_connection: Some(false), .. })
    }

    /// Whether `holds` of each of its errors.
    pub fn all(&self, holds: impl Fn(&Error) -> bool + Copy) -> bool {
        match &*self.0 {
            Inner::Many(errors) => errors.iter().all(|error| error.all(holds)),
            _ => holds(self),
        }
    }

    /// The exit code of a run that this error ends.
    pub fn exit(&self) -> Exit {
        match &*self.0 {
            Inner::One { severity: Severity::Refused, .. } => Exit::Refused,
            Inner::One { severity: Severity::Failed, .. } => Exit::Failed,
            Inner::Interrupted(signal) => Exit::Interrupted(*signal),
            Inner::Many(errors) => {
                let exits: Vec<Exit> = errors.iter().map(Error::exit).collect();
                match exits.iter().find(|exit| matches!(exit, Exit::Interrupted(_))) {
                    Some(interrupted) => *interrupted,
                    None if exits.contains(&Exit::Failed) => Exit::Failed,
                    None => Exit::Refused,
                }
            }
        }
    }

    /// The SQLSTATE, where PostgreSQL has reported the error.
    pub fn sqlstate(&self) -> Option<&str> {
        match &*self.0 {
            Inner::One { sqlstate, .. } => sqlstate.as_deref(),
            _ => None,
        }
    }

    /// The line of a file that it is about.
    pub fn line(&self) -> Option<u64> {
        match &*self.0 {
            Inner::One { place, .. } => place.line,
            _ => None,
        }
    }

    /// The messages one by one. A check that reports all faults at once makes several.
    pub fn messages(&self) -> Vec<String> {
        match &*self.0 {
            Inner::Many(errors) => errors.iter().flat_map(Error::messages).collect(),
            _ => vec![self.to_string()],
        }
    }
}

impl Error {
    /// Adds a hint, for which the job has words. The first hint stays.
    pub fn hint(mut self, about: Hint) -> Self {
        if let Inner::One { hint: hint @ None, .. } = &mut *self.0 {
            *hint = Some(about);
        }
        self
    }

    /// Whether it has a hint.
    pub fn has_hint(&self) -> bool {
        matches!(&*self.0, Inner::One { hint: Some(_), .. })
    }

    /// The same error with words of its column in place of the hint, where `words` has some for the column's name and the
    /// hint. They come behind a remedy that it has already.
    pub fn explained(mut self, words: impl Fn(&str, &Hint) -> Option<Advice>) -> Self {
        if let Inner::One { hint: Some(hint), place: Place { column: Some(column), .. }, .. } = &*self.0
            && let Some(advice) = words(column, hint)
        {
            self.say(advice);
        }
        self
    }

    /// Puts words in the place of the hint.
    fn say(&mut self, advice: Advice) {
        if let Inner::One { hint, what, remedy, .. } = &mut *self.0 {
            *hint = None;
            what.push_str(&advice.detail);
            if !advice.remedy.is_empty() {
                let before = remedy.take().map_or(String::new(), |remedy| remedy + "; ");
                *remedy = Some(before + &advice.remedy);
            }
        }
    }

    /// The same error with the job's words in place of the hint.
    pub fn advised(mut self, advise: Advise) -> Self {
        match &mut *self.0 {
            Inner::One { hint, .. } => {
                let advice = hint.take().map(|hint| advise(&hint)).unwrap_or_default();
                self.say(advice);
            }
            Inner::Many(errors) => {
                *errors = std::mem::take(errors).into_iter().map(|error| error.advised(advise)).collect();
            }
            Inner::Interrupted(_) => {}
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Inner::One { place, others, what, remedy, .. } => {
                let mut text = place.to_string();
                if let Some(others) = others {
                    text = others.words(&text);
                }
                if !text.is_empty() {
                    text.push_str(": ");
                }
                text.push_str(what);
                if let Some(remedy) = remedy {
                    text.push_str("; ");
                    text.push_str(remedy);
                }
                f.write_str(&without_passwords(&one_line(&text)))
            }
            Inner::Many(_) => f.write_str(&self.messages().join("\n")),
            Inner::Interrupted(_) => f.write_str("interrupted; what was not complete has been undone"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_place_and_remedy_win_and_the_outer_ones_fill_in() {
        let error = Error::failed("value is not a number")
            .at(Place::default().line(5).column("age"))
            .remedy("correct it")
            .at(Place::member("lms_v1.zip", "users.dat").line(1))
            .remedy("ignored");
        assert_eq!(
            error.to_string(),
            "lms_v1.zip/users.dat, line 5, column age: value is not a number; correct it"
        );
        assert_eq!(error.exit(), Exit::Failed);
    }

    #[test]
    fn a_message_is_one_line_whatever_is_quoted_in_it() {
        let error = Error::failed("value \"a\nb\u{1b}[2J\"").at(Place::file("ä\0.zip"));
        assert_eq!(error.to_string(), "ä\\u{0}.zip: value \"a\\nb\\u{1b}[2J\"");
    }

    #[test]
    fn many_errors_are_many_messages_and_the_worst_exit() {
        let error = Error::many(vec![Error::refused("a"), Error::failed("b")]).at(Place::file("f"));
        assert_eq!(error.messages(), ["f: a", "f: b"]);
        assert_eq!(error.exit(), Exit::Failed);
        assert_eq!(Error::many(vec![Error::refused("a")]).exit(), Exit::Refused);
        assert_eq!(Error::many(vec![Error::failed("b"), Error::interrupted(15)]).exit().code(), 143);
    }
}
