//! The same fault in many places as one error.

use super::{Error, Inner};

impl Error {
    /// The same error, marked as one that a single remedy cures wherever it is.
    pub fn cured_at_once(mut self) -> Error {
        if let Inner::One { others, .. } = &mut *self.0 {
            others.get_or_insert_default();
        }
        self
    }

    /// Several errors as one, of which those that [`Error::cured_at_once`] has marked become one where they say the same.
    pub fn gathered(errors: Vec<Error>) -> Error {
        let mut gathered: Vec<Error> = Vec::new();
        for error in flat(errors) {
            match gathered.iter_mut().find(|known| known.says_the_same(&error)) {
                Some(known) => known.take_place_of(error),
                None => gathered.push(error),
            }
        }
        Error::many(gathered)
    }

    fn says_the_same(&self, other: &Error) -> bool {
        match (self.words(), other.words()) {
            (Some(own), Some(theirs)) => own == theirs && self.exit() == other.exit(),
            _ => false,
        }
    }

    /// What a marked error says.
    fn words(&self) -> Option<(&str, Option<&str>)> {
        match &*self.0 {
            Inner::One { others: Some(_), what, remedy, .. } => Some((what, remedy.as_deref())),
            _ => None,
        }
    }

    fn take_place_of(&mut self, other: Error) {
        if let (Inner::One { others: Some(others), .. }, Inner::One { place, .. }) = (&mut *self.0, *other.0)
        {
            others.push(place);
        }
    }
}

fn flat(errors: Vec<Error>) -> Vec<Error> {
    let flat_one = |error: Error| match *error.0 {
        Inner::Many(errors) => flat(errors),
        inner => vec![Error(Box::new(inner))],
    };
    errors.into_iter().flat_map(flat_one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    fn fault(what: &str, file: &str) -> Error {
        Error::refused(what).remedy("mend it").at(Place::member("a.zip", file)).cured_at_once()
    }

    #[test]
    fn the_same_fault_in_many_places_is_one_message_with_a_count() {
        let files = ["1", "2", "3", "4", "5"];
        let faults = files.iter().map(|file| fault("bad", file)).collect();
        let error = Error::gathered(vec![Error::many(faults), fault("worse", "1"), fault("worse", "2")]);
        assert_eq!(
            error.messages(),
            [
                "a.zip/1 and 4 more places, such as a.zip/2 and a.zip/3: bad; mend it",
                "a.zip/1 and a.zip/2: worse; mend it"
            ]
        );
        assert_eq!(Error::gathered(vec![fault("bad", "1")]).messages(), ["a.zip/1: bad; mend it"]);
        let each = |file: &str| Error::refused("bad").at(Place::file(file));
        assert_eq!(
            Error::gathered(vec![each("a.zip"), each("b.zip")]).messages(),
            ["a.zip: bad", "b.zip: bad"]
        );
    }

    #[test]
    fn places_that_come_later_are_known_to_all() {
        let fault = |file: &str| {
            Error::refused("bad")
                .cured_at_once()
                .at(Place { member: Some(file.to_owned()), ..Place::default() })
        };
        let error = Error::gathered(vec![fault("1"), fault("2")]).at(Place::file("a.zip"));
        assert_eq!(error.messages(), ["a.zip/1 and a.zip/2: bad"]);
    }
}
