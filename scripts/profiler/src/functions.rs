//! How long each function ran: by itself, and with all that it called.

use crate::sample::Sample;
use std::collections::{HashMap, HashSet};

/// A function's samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function<'s> {
    /// Its name.
    pub name: &'s str,
    /// Samples in which it was the one that ran.
    pub own: u64,
    /// Samples in which it was on the stack, however often.
    pub total: u64,
}

/// All functions, in the order of their names.
pub fn functions(samples: &[Sample]) -> Vec<Function<'_>> {
    let mut counts: HashMap<&str, (u64, u64)> = HashMap::new();
    for sample in samples {
        if let Some(innermost) = sample.stack.last() {
            counts.entry(innermost).or_default().0 += sample.count;
        }
        let on_stack: HashSet<&str> = sample.stack.iter().map(String::as_str).collect();
        for name in on_stack {
            counts.entry(name).or_default().1 += sample.count;
        }
    }
    let mut functions: Vec<_> =
        counts.into_iter().map(|(name, (own, total))| Function { name, own, total }).collect();
    functions.sort_unstable_by_key(|function| function.name);
    functions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_calls_itself_counts_once() {
        let sample = |stack: &[&str], count| Sample {
            thread: "main".to_owned(),
            stack: stack.iter().map(|&name| name.to_owned()).collect(),
            count,
        };
        let samples = [sample(&["a", "b", "a", "b"], 5), sample(&["a", "b", "c"], 2), sample(&["a"], 1)];
        let function = |name, own, total| Function { name, own, total };
        assert_eq!(functions(&samples), [function("a", 1, 8), function("b", 5, 7), function("c", 2, 2)]);
    }
}
