//! jq filters, as jaq runs them.

use super::depth::{self, Data};
use crate::{Error, Result};
use jaq_core::load::parse::Def;
use jaq_core::load::{Arena, File, Loader, lex, parse};
use jaq_core::{Compiler, Ctx, Exn, Vars, load};
use jaq_json::Val;
use std::fmt;

/// The variables of a filter: the fields of [`Known`], in their order.
pub const VARIABLES: [&str; 3] = ["$request", "$status", "$headers"];

/// The name of the definition that is the filter.
const PROGRAM: &str = "pghaul";

/// One output of a filter: a value, or an error of the filter.
pub type Output = Result<Val, String>;

/// What a filter knows besides its input.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The request object.
    pub request: Val,
    /// The status of the response.
    pub status: Val,
    /// Its headers: names in lower case, headers of one name as one.
    pub headers: Val,
}

/// A compiled filter. Threads cannot share one; each compiles its own.
pub struct Filter(jaq_core::compile::Filter<jaq_core::Native<Data>>);

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Filter")
    }
}

impl Filter {
    /// Compiles a filter, in which `$request`, `$status` and `$headers` are as in [`Known`].
    ///
    /// # Errors
    /// What is wrong with it, with line and column.
    pub fn compile(code: &str) -> Result<Filter> {
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs()).chain([depth::look()]);
        let arena = Arena::default();
        let not_understood = || refused("it cannot be understood".to_owned());
        // This says what is wrong, and where.
        Loader::new([]).load(&arena, File { code, path: () }).map_err(|errors| {
            let fault = errors.into_iter().find_map(|(_, error)| load_fault(code, error));
            fault.map_or_else(not_understood, refused)
        })?;
        // Only a definition can be changed before it is compiled.
        let body = parse(code, |parser| parser.term()).ok_or_else(not_understood)?;
        let defs = built_in().chain([Def { name: PROGRAM, args: Vec::new(), body }]).map(depth::bounded_def);
        let modules =
            Loader::new(defs).load(&arena, File { code: PROGRAM, path: () }).map_err(|_| not_understood())?;
        let compiler = Compiler::default().with_funs(funs).with_global_vars(VARIABLES);
        let filter = compiler.compile(modules).map_err(|errors| {
            let first = errors.into_iter().flat_map(|(_, faults)| faults).next();
            refused(match first {
                Some((name, undefined)) => {
                    format!("undefined {}: {name}, {}", undefined.as_str(), place(code, name))
                }
                None => "it cannot be compiled".to_owned(),
            })
        })?;
        Ok(Filter(filter))
    }

    /// Gives `each` output for `input`, until it says false, or an error is among them.
    pub fn run(&self, input: Val, known: &Known, each: &mut dyn FnMut(Output) -> bool) {
        depth::begin();
        let Known { request, status, headers } = known.clone();
        let context = Ctx::<Data>::new(&self.0.lut, Vars::new([request, status, headers]));
        for output in self.0.id.run((context, input)) {
            // Behind an error, jaq would go on where jq ends.
            let is_error = output.is_err();
            // What is no error is `halt`, at which jaq would end the process.
            let said = |exception: Exn<'_, Val>| match exception.get_err() {
                Ok(error) => error.to_string(),
                Err(_) => "halt does not end a run; write error, or empty for no rows".to_owned(),
            };
            if !each(output.map_err(said)) || is_error {
                return;
            }
        }
    }

    /// The first output; null if the filter has none.
    ///
    /// # Errors
    /// What the filter reports.
    pub fn first(&self, input: Val, known: &Known) -> Output {
        let mut first = Ok(Val::Null);
        self.run(input, known, &mut |output| {
            first = output;
            false
        });
        first
    }
}

/// The definitions that jq itself has.
fn built_in<'s>() -> impl Iterator<Item = Def<&'s str>> {
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    #[expect(clippy::map_identity, reason = "it shortens the lifetime of the definitions, which are 'static")]
    let defs = defs.map(|def| -> Def<&'s str> { def });
    defs
}

fn refused(what: String) -> Error {
    Error::refused(format!("not a filter: {what}")).remedy("see the manual of jq")
}

fn load_fault(code: &str, error: load::Error<&str>) -> Option<String> {
    match error {
        load::Error::Io(faults) => {
            faults.into_iter().next().map(|(at, what)| format!("{what}, {}", place(code, at)))
        }
        load::Error::Lex(faults) => {
            let (expected, at): lex::Error<&str> = faults.into_iter().next()?;
            Some(format!("expected {}, {}", expected.as_str(), place(code, at)))
        }
        load::Error::Parse(faults) => {
            let (expected, at): parse::Error<&str> = faults.into_iter().next()?;
            Some(format!("expected {}, {}", expected.as_str(), place(code, at)))
        }
    }
}

/// Line and column of a part of the code, counted from 1.
fn place(code: &str, part: &str) -> String {
    let offset = (part.as_ptr() as usize).wrapping_sub(code.as_ptr() as usize);
    let before = code.get(..offset.min(code.len())).unwrap_or(code);
    let (line, column) =
        (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1);
    match part.chars().next().filter(|_| offset < code.len()) {
        None => format!("at line {line}, column {column}, where it ends"),
        Some(_) => {
            let word = part.split_whitespace().next().unwrap_or(part);
            format!("at line {line}, column {column}, near {word:?}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::json::parse;

    fn outputs(code: &str, input: &str) -> Vec<String> {
        let mut all = Vec::new();
        let known = Known {
            request: parse(br#"{"id": 7}"#).unwrap(),
            status: parse(b"200").unwrap(),
            headers: parse(br#"{"x-total": "9"}"#).unwrap(),
        };
        Filter::compile(code).unwrap().run(parse(input.as_bytes()).unwrap(), &known, &mut |output| {
            all.push(output.map_or_else(|error| format!("error: {error}"), |value| value.to_string()));
            true
        });
        all
    }

    #[test]
    fn a_filter_sees_the_response_and_the_request() {
        assert_eq!(
            outputs(".a[] | [$request.id, .]", r#"{"a": [1, 4611686018438308034]}"#),
            ["[7,1]", "[7,4611686018438308034]"]
        );
        assert_eq!(outputs("[$status, $headers[\"x-total\"]]", "1"), [r#"[200,"9"]"#]);
        assert_eq!(outputs("empty", "1"), [""; 0]);
        assert!(outputs(".a", "1")[0].starts_with("error: "));
    }

    #[test]
    fn what_recurses_too_deeply_ends_with_an_error() {
        for code in ["def f: [f]; f", "def f: {a: f}; f", "def f: 1 + f; f", "def f: f | f; f"] {
            let outputs = outputs(code, r#"{"a": null}"#);
            let last = outputs.last().map(String::as_str).unwrap_or_default();
            assert_eq!(last, "error: \"recurses too deeply\"", "{code}");
        }
    }

    #[test]
    fn no_filter_ends_the_process() {
        for code in
            ["halt", "1, halt", "halt_error", "try halt catch 2", "[halt(3)]", "{a: halt}", "first(halt)"]
        {
            let outputs = outputs(code, "null");
            assert!(
                outputs.last().is_some_and(|last| last.contains("halt does not end a run")),
                "{code}: {outputs:?}"
            );
        }
    }

    #[test]
    fn what_repeats_without_recursion_goes_on() {
        for (code, output) in [
            ("def f: if . > 300000 then . else . + 1 | f end; 0 | f", "300001"),
            ("[limit(200000; repeat(1))] | length", "200000"),
            ("last(range(200000))", "199999"),
            ("[recurse(if . < 100000 then . + 1 else empty end)] | length", "100001"),
            ("reduce range(100000) as $i (0; . + $i)", "4999950000"),
            ("0 | until(. > 100000; . + 1)", "100001"),
            ("[[[1]], 2] | walk(if type == \"number\" then . + 1 else . end)", "[[[2]],3]"),
            ("{a: [1]} | (.a | recurse(.[]?) | numbers) |= 5", r#"{"a":[5]}"#),
            ("{a: {b: 1}} | [paths]", r#"[["a"],["a","b"]]"#),
            ("{a: 1} | del(.a)", "{}"),
        ] {
            assert_eq!(outputs(code, "null"), [output], "{code}");
        }
    }

    #[test]
    fn what_does_not_compile_is_shown_with_its_place() {
        for (code, text) in [
            (".a | [", "at line 1, column 7, where it ends"),
            (".a |\n  nosuch(.)", "undefined filter: nosuch, at line 2, column 3"),
            ("$reqest.id", "at line 1, column 1"),
            (".a )", "at line 1, column 4"),
        ] {
            let error = Filter::compile(code).unwrap_err().to_string();
            assert!(error.contains(text), "{code}: {error}");
        }
    }
}
