//! The same fault in many places is one message with a count.

use super::place::Place;

/// How many places a message names.
const NAMED: usize = 3;

/// The places of a fault beyond its first one.
#[derive(Default)]
pub struct Others {
    /// The first of them.
    named: Vec<Place>,
    /// All of them.
    count: usize,
}

impl Others {
    /// Adds a place.
    pub fn push(&mut self, place: Place) {
        if self.named.len() < NAMED - 1 {
            self.named.push(place);
        }
        self.count += 1;
    }

    /// Takes from `outer` what the places do not know themselves.
    pub fn fill_from(&mut self, outer: &Place) {
        self.named.iter_mut().for_each(|place| place.fill_from(outer.clone()));
    }

    /// The places behind the first one, `of`, as a message tells them.
    pub fn words(&self, of: &str) -> String {
        let named: Vec<String> = self.named.iter().map(Place::to_string).collect();
        match self.count {
            0 => of.to_owned(),
            1 => format!("{of} and {}", named.join("")),
            count => format!("{of} and {count} more places, such as {}", named.join(" and ")),
        }
    }
}
