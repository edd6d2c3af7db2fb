//! A bound on how deeply filters recurse. jaq runs a filter on the stack of its thread, and has no limit of its own; a stack that
//! is full ends the process. So each definition and each argument of a filter begins with a look at the stack.

use jaq_core::box_iter::box_once;
use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::native::Fun;
use jaq_core::path::{Part, Path};
use jaq_core::{Error, Exn, Native, data};
use jaq_json::Val;
use std::cell::Cell;
use std::io;
use std::thread::{Builder, JoinHandle};

/// What the filters run on.
pub type Data = data::JustLut<Val>;

/// The name of the filter that looks at the stack. No program can call it, since no name begins so.
const LOOK: &str = "!depth";
/// The stack of a thread that runs filters, bytes. It takes memory only when it is used.
const STACK_BYTES: usize = 512 << 20;
/// What filters may take of such a stack, bytes. The rest is for what follows: a value as text, and the end of a value, recurse
/// too.
const OF_STACK_BYTES: usize = STACK_BYTES / 4;
/// What filters may take of the stack of another thread, bytes: a small part of what Rust gives to a thread (2 MiB).
const OF_ANY_STACK_BYTES: usize = 512 << 10;

thread_local! {
    /// What filters may take of this thread's stack, bytes.
    static ALLOWED_BYTES: Cell<usize> = const { Cell::new(OF_ANY_STACK_BYTES) };
    /// Where the stack was when the filter began.
    static BEGIN: Cell<usize> = const { Cell::new(0) };
}

/// Starts a thread in which filters may recurse deeply.
///
/// # Errors
/// What the operating system reports.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).stack_size(STACK_BYTES).spawn(|| {
        ALLOWED_BYTES.set(OF_STACK_BYTES);
        work();
    })
}

/// Notes where the stack is, before a filter is run.
pub fn begin() {
    BEGIN.set(stack());
}

/// The address of what is on top of the stack.
fn stack() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

/// The filter that looks at the stack: it gives its input, or the error that ends the recursion.
pub fn look() -> Fun<Data> {
    let native = Native::<Data>::new(|(_, value)| box_once(checked(value)))
        .with_paths(|(_, value)| box_once(checked(value)))
        .with_update(|(_, value), update| match checked(value) {
            Ok(value) => update(value),
            Err(error) => box_once(Err(error)),
        });
    (LOOK, Box::new([]), native)
}

fn checked<'v, T>(value: T) -> Result<T, Exn<'v, Val>> {
    if BEGIN.get().abs_diff(stack()) < ALLOWED_BYTES.get() {
        return Ok(value);
    }
    Err(Exn::from(Error::str("recurses too deeply")))
}

/// The definition, with looks at the stack.
pub fn bounded_def(def: Def<&str>) -> Def<&str> {
    Def { body: looked(bounded(def.body)), ..def }
}

fn looked(term: Term<&str>) -> Term<&str> {
    Term::BinOp(Box::new(Term::Call(LOOK, Vec::new())), BinaryOp::Pipe(None), Box::new(term))
}

/// The term, with looks at the stack in its definitions and arguments.
fn bounded(term: Term<&str>) -> Term<&str> {
    let boxed = |term: Box<Term<_>>| Box::new(bounded(*term));
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) => term,
        Term::Str(format, parts) => {
            let part = |part| match part {
                StrPart::Term(term) => StrPart::Term(bounded(term)),
                text => text,
            };
            Term::Str(format, parts.into_iter().map(part).collect())
        }
        Term::Arr(inner) => Term::Arr(inner.map(boxed)),
        Term::Obj(entries) => {
            Term::Obj(entries.into_iter().map(|(key, value)| (bounded(key), value.map(bounded))).collect())
        }
        Term::Neg(inner) => Term::Neg(boxed(inner)),
        Term::BinOp(left, BinaryOp::Pipe(Some(pattern)), right) => {
            Term::BinOp(boxed(left), BinaryOp::Pipe(Some(of_pattern(pattern))), boxed(right))
        }
        Term::BinOp(left, operator, right) => Term::BinOp(boxed(left), operator, boxed(right)),
        Term::Label(name, inner) => Term::Label(name, boxed(inner)),
        Term::Fold(name, of, pattern, parts) => {
            Term::Fold(name, boxed(of), of_pattern(pattern), parts.into_iter().map(bounded).collect())
        }
        Term::TryCatch(inner, catch) => Term::TryCatch(boxed(inner), catch.map(boxed)),
        Term::IfThenElse(cases, otherwise) => {
            let cases = cases.into_iter().map(|(condition, then)| (bounded(condition), bounded(then)));
            Term::IfThenElse(cases.collect(), otherwise.map(boxed))
        }
        Term::Def(defs, inner) => Term::Def(defs.into_iter().map(bounded_def).collect(), boxed(inner)),
        Term::Call(name, arguments) => {
            Term::Call(name, arguments.into_iter().map(|argument| looked(bounded(argument))).collect())
        }
        Term::Path(of, Path(parts)) => {
            let parts = parts.into_iter().map(|(part, optional)| (of_part(part), optional));
            Term::Path(boxed(of), Path(parts.collect()))
        }
    }
}

fn of_part(part: Part<Term<&str>>) -> Part<Term<&str>> {
    match part {
        Part::Index(index) => Part::Index(bounded(index)),
        Part::Range(from, to) => Part::Range(from.map(bounded), to.map(bounded)),
    }
}

fn of_pattern(pattern: Pattern<&str>) -> Pattern<&str> {
    match pattern {
        Pattern::Var(_) => pattern,
        Pattern::Arr(items) => Pattern::Arr(items.into_iter().map(of_pattern).collect()),
        Pattern::Obj(entries) => {
            Pattern::Obj(entries.into_iter().map(|(key, value)| (bounded(key), of_pattern(value))).collect())
        }
    }
}
