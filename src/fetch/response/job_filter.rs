//! A filter of a job: run without jaq where that is certain to give the same, else by jaq.

use super::filter::{Filter, Known, Output};
use super::input::Input;
use super::quick::QuickFilter;
use crate::Result;
use crate::fetch::json::text_of;
use crate::fetch::json::tree::{Node, Tree, Words};
use jaq_json::Val;

/// A filter of a job.
#[derive(Debug)]
pub struct JobFilter {
    filter: Filter,
    quick: Option<QuickFilter>,
}

/// What the first output of a filter is, as far as it matters.
#[derive(Debug)]
enum First {
    /// `null`, `false`, or no output.
    Nothing,
    Text(String),
    /// A number, as it is written.
    Number(String),
    /// So many elements.
    List(u64),
    Other,
}

impl JobFilter {
    /// Compiles a filter; its texts go to `words`.
    ///
    /// # Errors
    /// What is wrong with it, with line and column.
    pub fn compile(code: &str, words: &mut Words) -> Result<JobFilter> {
        Ok(JobFilter { filter: Filter::compile(code)?, quick: QuickFilter::compile(code, words) })
    }

    /// The filter as jaq runs it.
    pub fn by_jaq(&self) -> &Filter {
        &self.filter
    }

    /// The filter as it is run without jaq, if it can be.
    pub fn quick(&self) -> Option<&QuickFilter> {
        self.quick.as_ref()
    }

    /// The first output; null if the filter has none.
    ///
    /// # Errors
    /// What the filter reports.
    pub fn first(&self, input: &mut Input<'_>, known: &Known) -> Output {
        match self.quickly(input, known, |tree, node| tree.value(node)) {
            Some(first) => Ok(first),
            None => self.filter.first(input.value()?, known),
        }
    }

    /// What `read` makes of the first output, if it can be had without jaq.
    fn quickly<T>(
        &self,
        input: &mut Input<'_>,
        known: &Known,
        read: impl Fn(&Tree<'_>, Node) -> T,
    ) -> Option<T> {
        let (tree, root) = input.tree()?;
        self.quick.as_ref()?.first(tree, root, known, read).ok()
    }

    fn look(&self, input: &mut Input<'_>, known: &Known) -> Result<First, String> {
        match self.quickly(input, known, First::of_node) {
            Some(first) => Ok(first),
            None => self.filter.first(input.value()?, known).map(|value| First::of(&value)),
        }
    }

    /// Whether the first output counts as true: neither `false` nor `null`.
    ///
    /// # Errors
    /// What the filter reports.
    pub fn holds(&self, input: &mut Input<'_>, known: &Known) -> Result<bool, String> {
        Ok(!matches!(self.look(input, known)?, First::Nothing))
    }

    /// The first output as text; none for `null`, `false` and the empty text.
    ///
    /// # Errors
    /// What the filter reports; another value.
    pub fn text(&self, input: &mut Input<'_>, known: &Known) -> Result<Option<String>, String> {
        match self.look(input, known)? {
            First::Nothing => Ok(None),
            First::Text(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            _ => Err("gives no text".to_owned()),
        }
    }

    /// The first output as a number of things: the length of a list, or a number; none for `null` and `false`.
    ///
    /// # Errors
    /// What the filter reports; another value, or a number below 0 or with a fraction.
    pub fn count(&self, input: &mut Input<'_>, known: &Known) -> Result<Option<u64>, String> {
        let count = match self.look(input, known)? {
            First::Nothing => return Ok(None),
            First::List(length) => Some(length),
            First::Number(number) => number.parse().ok(),
            First::Text(text) => text.trim().parse().ok(),
            First::Other => None,
        };
        count.map(Some).ok_or_else(|| "gives neither a list nor a whole number".to_owned())
    }

    /// The first output as seconds; none for `null`, `false`, 0 and negative numbers.
    ///
    /// # Errors
    /// What the filter reports; another value.
    pub fn seconds(&self, input: &mut Input<'_>, known: &Known) -> Result<Option<f64>, String> {
        let number = match self.look(input, known)? {
            First::Nothing => return Ok(None),
            First::Number(number) => number.parse::<f64>().ok(),
            First::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        Ok(Some(number.ok_or("gives no number")?).filter(|seconds| *seconds > 0.0))
    }
}

impl First {
    fn of(value: &Val) -> First {
        match value {
            Val::Null | Val::Bool(false) => First::Nothing,
            Val::Num(number) => First::Number(number.to_string()),
            Val::Arr(items) => First::List(items.len() as u64),
            value => text_of(value).map_or(First::Other, |text| First::Text(text.to_owned())),
        }
    }

    fn of_node(tree: &Tree<'_>, node: Node) -> First {
        match node {
            Node::Null | Node::Bool(false) => First::Nothing,
            Node::Num(span) => First::Number(tree.text(span).to_owned()),
            Node::Int(number) => First::Number(number.to_string()),
            Node::Arr(span) => First::List(span.count() as u64),
            Node::Str(span) => First::Text(tree.text(span).to_owned()),
            Node::Bool(true) | Node::Obj(_) => First::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::json::parse;

    #[test]
    fn what_counts_as_true_and_as_seconds() {
        let run = |code: &str| {
            let input = Input::from(parse(br#"{"a": 1, "w": "2.5"}"#).unwrap());
            (JobFilter::compile(code, &mut Words::default()).unwrap(), input)
        };
        let holds = |code: &str| {
            let (filter, mut input) = run(code);
            filter.holds(&mut input, &Known::default())
        };
        assert_eq!(
            [".a == 1", ".a == 2", ".b", ".a", "empty"].map(holds),
            [true, false, false, true, false].map(Ok)
        );
        let seconds = |code: &str| {
            let (filter, mut input) = run(code);
            filter.seconds(&mut input, &Known::default())
        };
        assert_eq!([".w", ".a", ".b", "0"].map(seconds), [Some(2.5), Some(1.0), None, None].map(Ok));
        assert!(seconds("{}").is_err());
    }
}
