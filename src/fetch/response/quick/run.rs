//! Runs filters on trees. A term gives each of its outputs to what follows it, so no stream is ever kept.

use super::compare;
use super::term::{Missing, Term, TextPart};
use crate::fetch::json::tree::{Node, Span, Tree};
use std::ops::ControlFlow;

/// In objects with more members jaq finds keys faster.
const MOST_SEARCHED: usize = 1000;

/// Why a run ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nothing more is wanted.
    Enough,
    /// jaq has to decide.
    InDoubt,
}

type Flow = ControlFlow<Why>;
/// What takes the outputs of a term.
type Then<'f, 't> = &'f mut dyn FnMut(&mut Run<'_, 't>, Node) -> Flow;

const DOUBT: Flow = ControlFlow::Break(Why::InDoubt);
const ON: Flow = ControlFlow::Continue(());

/// A run of a filter.
pub struct Run<'r, 't> {
    pub tree: &'r mut Tree<'t>,
    pub variables: Vec<Node>,
    /// Arrays that take outputs at this moment: what is made meanwhile may be one of their elements.
    pub collecting: usize,
}

/// Whether a value counts as true.
pub fn is_true(node: Node) -> bool {
    !matches!(node, Node::Null | Node::Bool(false))
}

impl<'t> Run<'_, 't> {
    /// Gives each output of a term for `input` to `then`.
    pub fn run(&mut self, term: &Term, input: Node, then: Then<'_, 't>) -> Flow {
        match term {
            Term::Id => then(self, input),
            Term::Literal(node) => then(self, *node),
            Term::Variable(place) => match self.variables.get(*place) {
                Some(value) => then(self, *value),
                None => DOUBT,
            },
            Term::Text(parts) => self.text(parts, input, String::new(), then),
            Term::Array(inner) => self.array(inner.as_deref(), input, then),
            Term::Object(entries) => {
                self.object(entries, input, &mut Vec::with_capacity(2 * entries.len()), then)
            }
            Term::Pipe(left, right) => self.run(left, input, &mut |run, node| run.run(right, node, then)),
            Term::Bind(left, place, right) => self.run(left, input, &mut |run, node| {
                match run.variables.get_mut(*place) {
                    Some(variable) => *variable = node,
                    None => return DOUBT,
                }
                run.run(right, input, then)
            }),
            Term::Comma(left, right) => {
                self.run(left, input, then)?;
                self.run(right, input, then)
            }
            Term::Otherwise(left, right) => {
                let mut has_any = false;
                self.run(left, input, &mut |run, node| {
                    if !is_true(node) {
                        return ON;
                    }
                    has_any = true;
                    then(run, node)
                })?;
                if has_any { ON } else { self.run(right, input, then) }
            }
            Term::Logic(left, decides, right) => self.run(left, input, &mut |run, node| {
                if is_true(node) == *decides {
                    return then(run, Node::Bool(*decides));
                }
                run.run(right, input, &mut |run, node| then(run, Node::Bool(is_true(node))))
            }),
            Term::Compare(left, comparison, right) => self.run(left, input, &mut |run, left| {
                run.run(right, input, &mut |run, right| match compare::holds(
                    run.tree,
                    left,
                    *comparison,
                    right,
                ) {
                    Some(holds) => then(run, Node::Bool(holds)),
                    None => DOUBT,
                })
            }),
            Term::Choice(condition, yes, no) => self.run(condition, input, &mut |run, node| {
                run.run(if is_true(node) { yes } else { no }, input, then)
            }),
            Term::Member(name, missing) => match input {
                Node::Null => then(self, Node::Null),
                Node::Obj(span) if span.count() <= MOST_SEARCHED => {
                    let value = self.tree.get(span, self.tree.text(*name)).unwrap_or(Node::Null);
                    then(self, value)
                }
                Node::Obj(_) => DOUBT,
                // An array may have a member only by its number, and a string none.
                _ => skipped(*missing),
            },
            Term::Element(at, missing) => match input {
                Node::Null => then(self, Node::Null),
                Node::Arr(span) => {
                    let element = place(*at, span.count()).and_then(|at| self.tree.element(span, at));
                    then(self, element.unwrap_or(Node::Null))
                }
                // jaq's objects may have numbers as keys.
                Node::Obj(_) => DOUBT,
                _ => skipped(*missing),
            },
            Term::Each(missing) => self.each(input, *missing, then),
            Term::Entries => self.entries(input, then),
            Term::EachEntry => self.each_entry(input, then),
            Term::Length => match input {
                Node::Null => then(self, Node::Int(0)),
                Node::Arr(span) | Node::Obj(span) => then(self, Node::Int(span.count() as i64)),
                Node::Str(span) => {
                    let length = self.tree.text(span).chars().count();
                    then(self, Node::Int(length as i64))
                }
                Node::Num(_) | Node::Int(_) | Node::Bool(_) => DOUBT,
            },
            Term::Type => self.type_name(input, then),
            Term::Empty => ON,
        }
    }

    fn each(&mut self, input: Node, missing: Missing, then: Then<'_, 't>) -> Flow {
        match input {
            Node::Arr(span) => (0..span.count()).try_for_each(|at| match self.tree.element(span, at) {
                Some(element) => then(self, element),
                None => DOUBT,
            }),
            Node::Obj(span) => (0..span.count()).try_for_each(|at| match self.tree.member(span, at) {
                Some((_, value)) => then(self, value),
                None => DOUBT,
            }),
            _ => skipped(missing),
        }
    }

    /// `to_entries` of an object; only jaq knows it for arrays.
    fn entries(&mut self, input: Node, then: Then<'_, 't>) -> Flow {
        let Node::Obj(_) = input else { return DOUBT };
        self.collected(then, |run| run.each_entry(input, &mut |run, entry| run.push(entry)))
    }

    fn each_entry(&mut self, input: Node, then: Then<'_, 't>) -> Flow {
        let Node::Obj(span) = input else { return DOUBT };
        let (Some(key), Some(value)) = (self.tree.add_text("key"), self.tree.add_text("value")) else {
            return DOUBT;
        };
        (0..span.count()).try_for_each(|at| match self.tree.member(span, at) {
            Some((name, of_name)) => {
                self.made(|tree| tree.add_object(&[Node::Str(key), name, Node::Str(value), of_name]), then)
            }
            None => DOUBT,
        })
    }

    fn type_name(&mut self, input: Node, then: Then<'_, 't>) -> Flow {
        let name = match input {
            Node::Null => "null",
            Node::Bool(_) => "boolean",
            Node::Num(_) | Node::Int(_) => "number",
            Node::Str(_) => "string",
            Node::Arr(_) => "array",
            Node::Obj(_) => "object",
        };
        self.made(|tree| tree.add_text(name).map(Node::Str), then)
    }

    fn array(&mut self, inner: Option<&Term>, input: Node, then: Then<'_, 't>) -> Flow {
        match inner {
            Some(inner) => {
                self.collected(then, |run| run.run(inner, input, &mut |run, element| run.push(element)))
            }
            None => self.made(|tree| tree.add_array(&[]), then),
        }
    }

    fn push(&mut self, element: Node) -> Flow {
        self.tree.push(element);
        ON
    }

    /// Gives an array of what `collect` pushes to `then`.
    fn collected(&mut self, then: Then<'_, 't>, collect: impl FnOnce(&mut Self) -> Flow) -> Flow {
        let (mark, begin) = (self.tree.mark(), self.tree.open());
        self.collecting += 1;
        collect(self)?;
        self.collecting -= 1;
        let Some(array) = self.tree.close(begin) else { return DOUBT };
        then(self, array)?;
        if self.collecting == 0 {
            self.tree.cut(mark);
        }
        ON
    }

    /// Gives what `make` adds to the tree to `then`, and forgets it if nothing can hold it any more.
    fn made(&mut self, make: impl FnOnce(&mut Tree<'t>) -> Option<Node>, then: Then<'_, 't>) -> Flow {
        let mark = self.tree.mark();
        let Some(node) = make(self.tree) else { return DOUBT };
        then(self, node)?;
        if self.collecting == 0 {
            self.tree.cut(mark);
        }
        ON
    }

    /// The objects of the entries that are left, which all begin with the same `pairs`: of several outputs, those of the first
    /// entry change last.
    fn object(
        &mut self,
        entries: &[(Term, Term)],
        input: Node,
        pairs: &mut Vec<Node>,
        then: Then<'_, 't>,
    ) -> Flow {
        let Some(((key, value), rest)) = entries.split_first() else {
            return self.made(|tree| tree.add_object(pairs), then);
        };
        self.run(key, input, &mut |run, key| {
            let Node::Str(name) = key else { return DOUBT };
            // The later one of two values would count, at the place of the earlier one.
            if run.has_key(pairs, name) {
                return DOUBT;
            }
            run.run(value, input, &mut |run, value| {
                let before = pairs.len();
                pairs.extend([key, value]);
                let flow = run.object(rest, input, pairs, then);
                pairs.truncate(before);
                flow
            })
        })
    }

    fn has_key(&self, pairs: &[Node], name: Span) -> bool {
        let name = self.tree.text(name);
        let is_name = |key: &Node| matches!(key, Node::Str(key) if self.tree.text(*key) == name);
        pairs.iter().step_by(2).any(is_name)
    }

    /// The texts of the parts that are left behind `before`.
    fn text(&mut self, parts: &[TextPart], input: Node, before: String, then: Then<'_, 't>) -> Flow {
        match parts.split_first() {
            None => self.made(|tree| tree.add_text(&before).map(Node::Str), then),
            Some((TextPart::Fixed(text), rest)) => self.text(rest, input, before + text, then),
            Some((TextPart::Filled(term), rest)) => self.run(term, input, &mut |run, node| {
                let mut text = before.clone();
                match node {
                    Node::Str(span) => text.push_str(run.tree.text(span)),
                    Node::Arr(_) | Node::Obj(_) => return DOUBT,
                    scalar => run.tree.write(&mut text, scalar),
                }
                run.text(rest, input, text, then)
            }),
        }
    }
}

fn skipped(missing: Missing) -> Flow {
    match missing {
        Missing::Skips => ON,
        Missing::Fails => DOUBT,
    }
}

/// The place of the element of this number, which is counted from the end if it is negative.
fn place(number: i64, length: usize) -> Option<usize> {
    match usize::try_from(number) {
        Ok(at) => Some(at),
        Err(_) => length.checked_sub(usize::try_from(number.unsigned_abs()).ok()?),
    }
}
