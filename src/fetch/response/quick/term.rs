//! What a filter is made of, as it is run.

use crate::fetch::json::tree::{Node, Span};
use crate::fetch::response::filter::VARIABLES;
use jaq_core::ops::Cmp;

/// A whole filter.
#[derive(Debug)]
pub struct Program {
    /// What it is made of.
    pub term: Term,
    /// How many variables there are in it, with those that every filter has.
    pub variables: usize,
    /// Which of those that every filter has it uses.
    pub uses: [bool; VARIABLES.len()],
}

/// A part of a filter: it makes a stream of outputs of each input.
#[derive(Debug)]
pub enum Term {
    /// `.`
    Id,
    /// A number, a text, `null`, `true` or `false`.
    Literal(Node),
    /// `$name`
    Variable(usize),
    /// `"…\(f)…"`
    Text(Vec<TextPart>),
    /// `[f]`; without a term, `[]`
    Array(Option<Box<Term>>),
    /// `{…}`: keys and values.
    Object(Vec<(Term, Term)>),
    /// `f | g`
    Pipe(Box<Term>, Box<Term>),
    /// `f as $name | g`
    Bind(Box<Term>, usize, Box<Term>),
    /// `f, g`
    Comma(Box<Term>, Box<Term>),
    /// `f // g`
    Otherwise(Box<Term>, Box<Term>),
    /// `f and g`, `f or g`: the value of `f` that decides alone.
    Logic(Box<Term>, bool, Box<Term>),
    /// `f == g` and its kin
    Compare(Box<Term>, Cmp, Box<Term>),
    /// `if f then g else h end`
    Choice(Box<Term>, Box<Term>, Box<Term>),
    /// `.name`
    Member(Span, Missing),
    /// `.[n]`
    Element(i64, Missing),
    /// `.[]`
    Each(Missing),
    /// `to_entries`
    Entries,
    /// `to_entries[]`, without the array
    EachEntry,
    /// `length`
    Length,
    /// `type`
    Type,
    /// `empty`
    Empty,
}

/// A part of a text.
#[derive(Debug)]
pub enum TextPart {
    /// As it is.
    Fixed(String),
    /// `\(f)`
    Filled(Term),
}

/// What an input without such a part gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// An error.
    Fails,
    /// Nothing, because of a `?`.
    Skips,
}
