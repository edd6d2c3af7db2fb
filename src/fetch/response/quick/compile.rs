//! Makes filters that need no jaq of the terms that jaq's own parser gives.

use super::term::{Missing, Program, Term, TextPart};
use crate::fetch::json::tree::{Node, Words};
use crate::fetch::response::filter::VARIABLES;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{self, BinaryOp, Pattern};
use jaq_core::ops::Cmp;
use jaq_core::path::{Opt, Part, Path};

/// Compiles a filter. None for one that only jaq can run, and for one that is none.
pub fn compile(code: &str, words: &mut Words) -> Option<Program> {
    let parsed = jaq_core::load::parse(code, |parser| parser.term())?;
    let mut compiler =
        Compiler { words, scope: VARIABLES.into_iter().enumerate().collect(), variables: VARIABLES.len() };
    let uses = VARIABLES.map(|name| code.contains(name));
    let term = compiler.term(&parsed)?;
    Some(Program { term, variables: compiler.variables, uses })
}

struct Compiler<'c, 's> {
    words: &'c mut Words,
    /// The variables that are known here with their places, the innermost last. What follows a part of a filter runs within it,
    /// so no two of them share a place.
    scope: Vec<(usize, &'s str)>,
    /// How many places there are.
    variables: usize,
}

impl<'s> Compiler<'_, 's> {
    fn term(&mut self, term: &parse::Term<&'s str>) -> Option<Term> {
        use parse::Term as Parsed;
        Some(match term {
            Parsed::Id => Term::Id,
            Parsed::Num(text) => Term::Literal(self.number(text)?),
            Parsed::Neg(inner) => match **inner {
                Parsed::Num(text) => Term::Literal(Node::Int(-text.parse::<i64>().ok()?)),
                _ => return None,
            },
            Parsed::Str(None, parts) => self.text(parts)?,
            Parsed::Arr(inner) => Term::Array(match inner {
                Some(inner) => Some(self.boxed(inner)?),
                None => None,
            }),
            Parsed::Obj(entries) => {
                let entries = entries.iter().map(|(key, value)| self.entry(key, value.as_ref()));
                Term::Object(entries.collect::<Option<_>>()?)
            }
            Parsed::BinOp(left, operator, right) => self.operation(left, operator, right)?,
            Parsed::IfThenElse(cases, otherwise) => {
                let last = match otherwise {
                    Some(otherwise) => self.term(otherwise)?,
                    None => Term::Id,
                };
                cases.iter().rev().try_fold(last, |otherwise, (condition, then)| {
                    let (condition, then) = (self.boxed(condition)?, self.boxed(then)?);
                    Some(Term::Choice(condition, then, Box::new(otherwise)))
                })?
            }
            Parsed::Call(name, arguments) => self.call(name, arguments)?,
            Parsed::Var(name) => {
                let (place, _) = self.scope.iter().rfind(|(_, known)| known == name)?;
                Term::Variable(*place)
            }
            Parsed::Path(of, Path(parts)) => {
                let of = self.term(of)?;
                parts.iter().try_fold(of, |of, (part, opt)| Some(pipe(of, self.part(part, opt)?)))?
            }
            _ => return None,
        })
    }

    fn boxed(&mut self, term: &parse::Term<&'s str>) -> Option<Box<Term>> {
        self.term(term).map(Box::new)
    }

    /// A number as jaq has it: a whole one that is not too large, or a decimal, as it is written.
    fn number(&mut self, text: &str) -> Option<Node> {
        if let Ok(number) = text.parse() {
            return Some(Node::Int(number));
        }
        let is_decimal = text.contains(['.', 'e', 'E']);
        is_decimal.then(|| self.words.add(text)).flatten().map(Node::Num)
    }

    fn text(&mut self, parts: &[StrPart<&'s str, parse::Term<&'s str>>]) -> Option<Term> {
        let mut texts: Vec<TextPart> = Vec::new();
        for part in parts {
            let fixed = match part {
                StrPart::Str(text) => (*text).to_owned(),
                StrPart::Char(c) => c.to_string(),
                StrPart::Term(term) => {
                    texts.push(TextPart::Filled(self.term(term)?));
                    continue;
                }
            };
            match texts.last_mut() {
                Some(TextPart::Fixed(last)) => last.push_str(&fixed),
                _ => texts.push(TextPart::Fixed(fixed)),
            }
        }
        Some(match &texts[..] {
            [] => Term::Literal(Node::Str(self.words.add("")?)),
            [TextPart::Fixed(text)] => Term::Literal(Node::Str(self.words.add(text)?)),
            _ => Term::Text(texts),
        })
    }

    /// `key: value`, `key` for `key: .key`, and `$name` for `name: $name`.
    fn entry(
        &mut self,
        key: &parse::Term<&'s str>,
        value: Option<&parse::Term<&'s str>>,
    ) -> Option<(Term, Term)> {
        if let (parse::Term::Var(name), None) = (key, value) {
            let text = self.words.add(name.strip_prefix('$')?)?;
            return Some((Term::Literal(Node::Str(text)), self.term(key)?));
        }
        let key = self.term(key)?;
        let value = match (value, &key) {
            (Some(value), _) => self.term(value)?,
            (None, Term::Literal(Node::Str(name))) => Term::Member(*name, Missing::Fails),
            (None, _) => return None,
        };
        Some((key, value))
    }

    fn operation(
        &mut self,
        left: &parse::Term<&'s str>,
        operator: &BinaryOp<&'s str>,
        right: &parse::Term<&'s str>,
    ) -> Option<Term> {
        let left = self.term(left)?;
        if let BinaryOp::Pipe(Some(pattern)) = operator {
            let Pattern::Var(name) = pattern else { return None };
            let place = self.variables;
            self.variables += 1;
            self.scope.push((place, name));
            let right = self.boxed(right)?;
            self.scope.pop();
            return Some(Term::Bind(Box::new(left), place, right));
        }
        let right = self.term(right)?;
        let (left, right) = match operator {
            BinaryOp::Pipe(None) => return Some(pipe(left, right)),
            _ => (Box::new(left), Box::new(right)),
        };
        Some(match operator {
            BinaryOp::Comma => Term::Comma(left, right),
            BinaryOp::Alt => Term::Otherwise(left, right),
            BinaryOp::Or => Term::Logic(left, true, right),
            BinaryOp::And => Term::Logic(left, false, right),
            BinaryOp::Cmp(comparison) => Term::Compare(left, *comparison, right),
            _ => return None,
        })
    }

    /// A call of what jq itself has. A filter with definitions of its own is none that is compiled.
    fn call(&mut self, name: &str, arguments: &[parse::Term<&'s str>]) -> Option<Term> {
        let truth = |value| Box::new(Term::Literal(Node::Bool(value)));
        let select = |condition| Term::Choice(condition, Box::new(Term::Id), Box::new(Term::Empty));
        let is_null = |comparison| Box::new(Term::Compare(Box::new(Term::Id), comparison, Box::new(null())));
        Some(match (name, arguments) {
            ("empty", []) => Term::Empty,
            ("null", []) => null(),
            ("true", []) => *truth(true),
            ("false", []) => *truth(false),
            ("not", []) => Term::Choice(Box::new(Term::Id), truth(false), truth(true)),
            ("values", []) => select(is_null(Cmp::Ne)),
            ("nulls", []) => select(is_null(Cmp::Eq)),
            ("first", []) => Term::Element(0, Missing::Fails),
            ("last", []) => Term::Element(-1, Missing::Fails),
            ("length", []) => Term::Length,
            ("type", []) => Term::Type,
            ("to_entries", []) => Term::Entries,
            ("select", [condition]) => select(self.boxed(condition)?),
            ("map", [inner]) => {
                Term::Array(Some(Box::new(pipe(Term::Each(Missing::Fails), self.term(inner)?))))
            }
            _ => return None,
        })
    }

    fn part(&mut self, part: &Part<parse::Term<&'s str>>, opt: &Opt) -> Option<Term> {
        let missing = match opt {
            Opt::Essential => Missing::Fails,
            Opt::Optional => Missing::Skips,
        };
        Some(match part {
            Part::Range(None, None) => Term::Each(missing),
            Part::Index(index) => match self.term(index)? {
                Term::Literal(Node::Str(name)) => Term::Member(name, missing),
                Term::Literal(Node::Int(number)) => Term::Element(number, missing),
                _ => return None,
            },
            Part::Range(..) => return None,
        })
    }
}

fn null() -> Term {
    Term::Literal(Node::Null)
}

/// `left | right`. The entries of `to_entries[]` need no array, and what follows a path is run for each of its outputs.
fn pipe(left: Term, right: Term) -> Term {
    match (left, right) {
        (Term::Id, right) => right,
        (left, Term::Id) => left,
        (Term::Entries, Term::Each(_)) => Term::EachEntry,
        // `f | (g | h)` for `(f | g) | h`: the same, and `to_entries | .[] | …` is found.
        (Term::Pipe(first, second), right) => pipe(*first, pipe(*second, right)),
        (Term::Entries, Term::Pipe(second, third)) => match *second {
            Term::Each(_) => Term::Pipe(Box::new(Term::EachEntry), third),
            second => Term::Pipe(Box::new(Term::Entries), Box::new(Term::Pipe(Box::new(second), third))),
        },
        (left, right) => Term::Pipe(Box::new(left), Box::new(right)),
    }
}
