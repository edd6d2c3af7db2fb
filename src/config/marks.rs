//! The place of each key in the file. The YAML reader that makes the settings keeps no places; this reader finds nothing
//! else.

use saphyr_parser::{Event, Marker, Parser, Span, StrInput};

/// A key with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The keys that lead to it: `fetch.users.url`, `after.users.sql[0]`.
    pub path: String,
    /// Its line, counted from 1.
    pub line: usize,
    /// Its column in characters, counted from 1.
    pub column: usize,
    /// The text of its value as it is written, without quotes; none for a list or a map.
    pub text: Option<String>,
    /// Whether its value is an alias of a value elsewhere in the file.
    pub is_alias: bool,
}

/// All keys of a file, in its order.
#[derive(Debug, Default)]
pub struct Marks {
    /// The keys.
    pub all: Vec<Mark>,
}

impl Marks {
    /// The keys of a YAML text; none if this reader does not understand it.
    pub fn of(text: &str) -> Option<Marks> {
        let mut reader = Reader { events: Parser::new_from_str(text), marks: Marks::default() };
        reader.document().map(|()| reader.marks)
    }

    /// The key of this path.
    pub fn find(&self, path: &str) -> Option<&Mark> {
        self.all.iter().find(|mark| mark.path == path)
    }

    /// The key of this path and all keys below it.
    pub fn below<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Mark> {
        self.all.iter().filter(move |mark| is_below(&mark.path, path))
    }
}

/// Whether a path is `top` or lies below it.
pub fn is_below(path: &str, top: &str) -> bool {
    path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    marks: Marks,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Option<(Event<'t>, Span)> {
        self.events.next()?.ok()
    }

    fn document(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentStart(_), _) => {}
                (Event::MappingStart(..), _) => return self.map(""),
                _ => return Some(()),
            }
        }
    }

    /// The entries of a map, up to its end.
    fn map(&mut self, path: &str) -> Option<()> {
        loop {
            match self.next()? {
                (Event::MappingEnd, _) => return Some(()),
                (Event::Scalar(key, ..), at) => {
                    let path = if path.is_empty() { key.into_owned() } else { format!("{path}.{key}") };
                    let (value, _) = self.next()?;
                    self.value(path, at.start, value)?;
                }
                // No setting has a key that is no text.
                _ => return None,
            }
        }
    }

    /// A value whose first event is this one, of the key that stands at `at`.
    fn value(&mut self, path: String, at: Marker, first: Event<'t>) -> Option<()> {
        let text = match &first {
            Event::Scalar(text, ..) => Some(text.clone().into_owned()),
            Event::Alias(_) => Some("(as elsewhere)".to_owned()),
            _ => None,
        };
        let is_alias = matches!(first, Event::Alias(_));
        self.marks.all.push(Mark {
            path: path.clone(),
            line: at.line(),
            column: at.col() + 1,
            text,
            is_alias,
        });
        match first {
            Event::MappingStart(..) => self.map(&path),
            Event::SequenceStart(..) => self.list(&path),
            Event::Scalar(..) | Event::Alias(_) => Some(()),
            _ => None,
        }
    }

    fn list(&mut self, path: &str) -> Option<()> {
        for index in 0.. {
            match self.next()? {
                (Event::SequenceEnd, _) => return Some(()),
                (first, at) => self.value(format!("{path}[{index}]"), at.start, first)?,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<(String, usize, usize)> {
        Marks::of(text)
            .unwrap_or_default()
            .all
            .into_iter()
            .map(|mark| (mark.path, mark.line, mark.column))
            .collect()
    }

    #[test]
    fn every_key_has_its_place() {
        let text =
            "# first\na: 1\nb:\n  c: {d: 'x: y', ä: é, e: [1, {f: 2}]}\n  - no\n".replace("  - no\n", "");
        let expected = [
            ("a", 2, 1),
            ("b", 3, 1),
            ("b.c", 4, 3),
            ("b.c.d", 4, 7),
            ("b.c.ä", 4, 18),
            ("b.c.e", 4, 24),
            ("b.c.e[0]", 4, 28),
            ("b.c.e[1]", 4, 31),
            ("b.c.e[1].f", 4, 32),
        ];
        assert_eq!(places(&text), expected.map(|(path, line, column)| (path.to_owned(), line, column)));
        let marks = Marks::of(&text).unwrap();
        assert_eq!(marks.find("b.c.d").unwrap().text.as_deref(), Some("x: y"));
        assert_eq!(marks.find("b.c").unwrap().text, None);
        assert_eq!(marks.below("b.c.e[1]").count(), 2);
        assert!(!is_below("max_workers", "max"));
    }

    #[test]
    fn what_is_no_map_of_texts_has_no_keys() {
        for text in ["", "# nothing\n", "just a text", "[a, b]", "a: [", "? [a]\n: b\n"] {
            assert_eq!(places(text), [], "{text}");
        }
        assert!(Marks::of("a: [").is_none() && Marks::of("").is_some());
        let aliases = Marks::of("a: &x 1\nb: *x\n").unwrap();
        assert_eq!(aliases.all.iter().map(|mark| mark.is_alias).collect::<Vec<_>>(), [false, true]);
    }
}
