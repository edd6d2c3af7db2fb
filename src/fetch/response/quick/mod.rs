//! The filters that most are, without jaq: paths, iteration, variables, construction, comparisons. They run on trees, and
//! where anything is in doubt (an error, a value that only jaq knows), jaq runs the filter instead: so the outcome is jaq's.

mod compare;
mod compile;
mod run;
mod term;

use super::filter::Known;
use crate::fetch::json::tree::{Node, Tree, Words};
use run::{Run, Why};
use std::ops::ControlFlow;
use term::Program;

/// A filter that needs no jaq.
#[derive(Debug)]
pub struct QuickFilter(Program);

/// What jaq has to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InDoubt;

impl QuickFilter {
    /// Compiles a filter, whose texts go to `words`. None for one that only jaq can run.
    pub fn compile(code: &str, words: &mut Words) -> Option<QuickFilter> {
        compile::compile(code, words).map(QuickFilter)
    }

    /// Gives `each` output for a node of the tree, until it says false.
    ///
    /// # Errors
    /// jaq has to decide; what was given so far counts for nothing.
    pub fn run(
        &self,
        tree: &mut Tree<'_>,
        input: Node,
        known: &Known,
        each: &mut dyn FnMut(&Tree<'_>, Node) -> bool,
    ) -> Result<(), InDoubt> {
        let of_all = [&known.request, &known.status, &known.headers];
        let mark = tree.mark();
        let mut variables = vec![Node::Null; self.0.variables];
        for ((place, value), is_used) in variables.iter_mut().zip(of_all).zip(self.0.uses) {
            if is_used {
                *place = tree.add_value(value).ok_or(InDoubt)?;
            }
        }
        let mut run = Run { tree: &mut *tree, variables, collecting: 0 };
        let outcome = run.run(&self.0.term, input, &mut |run, output| match each(run.tree, output) {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(Why::Enough),
        });
        tree.abandon();
        tree.cut(mark);
        match outcome {
            ControlFlow::Break(Why::InDoubt) => Err(InDoubt),
            _ => Ok(()),
        }
    }

    /// Gives the first output to `read`, or null if there is none.
    ///
    /// # Errors
    /// As [`QuickFilter::run`].
    pub fn first<T>(
        &self,
        tree: &mut Tree<'_>,
        input: Node,
        known: &Known,
        read: impl Fn(&Tree<'_>, Node) -> T,
    ) -> Result<T, InDoubt> {
        let mut first = None;
        self.run(tree, input, known, &mut |tree, output| {
            first = Some(read(tree, output));
            false
        })?;
        Ok(first.unwrap_or_else(|| read(tree, Node::Null)))
    }
}

#[cfg(test)]
mod tests;
