//! The side that a fault is on: messages name it by its flag, `--from` or `--to`.

use crate::exit::Exit;
use crate::{Error, Place};

const SOURCE: &str = "--from";
const DESTINATION: &str = "--to";

/// An error of the source's server.
pub fn of_source(error: impl Into<Error>) -> Error {
    error.into().moved(&|place| name(place, SOURCE))
}

/// An error of the destination's server.
pub fn of_destination(error: impl Into<Error>) -> Error {
    error.into().moved(&|place| name(place, DESTINATION))
}

/// An error of a sync with its side. What a server has reported, and what is not said to be of the source, is of the destination.
pub fn named(error: Error) -> Error {
    let is_servers =
        error.sqlstate().is_some() || (error.exit() == Exit::Failed && !error.is_marked_of_data());
    error.moved(&|place| match place.file.as_deref() {
        Some("source") => place.file = Some(SOURCE.to_owned()),
        Some("destination") => place.file = Some(DESTINATION.to_owned()),
        None if is_servers => name(place, DESTINATION),
        _ => {}
    })
}

/// Puts the flag before what the place names already: the server.
fn name(place: &mut Place, flag: &str) {
    place.file = Some(match place.file.take() {
        None => flag.to_owned(),
        Some(file) if file == "source" || file == "destination" => flag.to_owned(),
        Some(file) if file.starts_with("--") => file,
        Some(file) => format!("{flag} {file}"),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_is_named_once() {
        let at = |file: &str| Error::failed("lost").at(Place::file(file));
        for (error, says) in [
            (of_source(Error::failed("lost")), "--from: lost"),
            (of_source(at("postgresql://a/b")), "--from postgresql://a/b: lost"),
            (of_source(at("source")), "--from: lost"),
            (of_destination(of_source(Error::failed("lost"))), "--from: lost"),
            (Error::failed("lost").at(Place::table("t")), "--to, table t: lost"),
            (at("source"), "--from: lost"),
            (at("destination"), "--to: lost"),
            (at("config.yml"), "config.yml: lost"),
            (Error::failed("too many").of_data(), "too many"),
            (Error::refused("wrong"), "wrong"),
        ] {
            assert_eq!(named(error).to_string(), says);
        }
    }
}
