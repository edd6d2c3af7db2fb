//! What is wrong with a job, all at once.

use crate::{Error, Place, Result};

/// Collects what is wrong with a job.
pub struct Faults<'j> {
    /// The job's name.
    pub job: &'j str,
    /// What is wrong so far.
    pub errors: Vec<Error>,
}

impl Faults<'_> {
    /// The value of a key; an error is kept with the key as its place.
    pub fn take<T>(&mut self, key: &str, value: Result<T>) -> Option<T> {
        let place = || Place::file(format!("fetch.{}.{key}", self.job));
        value.map_err(|error| self.errors.push(error.at(place()))).ok()
    }
}
