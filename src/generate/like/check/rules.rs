//! From a condition to what it asks of each column.

use super::parse::{Node, parse};

/// What a condition asks for. Each rule is at least as strict as its part of the condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// The column is at least this value, or greater where it may not be equal.
    AtLeast(Subject, String, bool),
    /// The column is at most this value, or less where it may not be equal.
    AtMost(Subject, String, bool),
    /// The column is one of these values.
    OneOf(Subject, Vec<String>),
    /// The column is none of these values.
    NoneOf(Subject, Vec<String>),
    /// The column is NULL.
    Null(Subject),
    /// The column is not NULL.
    NotNull(Subject),
    /// The text has at least so many characters.
    Longer(Subject, u32),
    /// The text has at most so many characters.
    Shorter(Subject, u32),
    /// The text has this form, where `%` is any text and `_` any character.
    Like(Subject, String),
    /// The letters are small, or capital.
    Letters(Subject, bool),
    /// The first column is less than the second.
    Before(Subject, Subject),
}

/// The name of a column; `VALUE` in the check of a domain.
pub type Subject = String;

/// A time that is past, and one that will not be soon: what is made must not depend on the day on which it is made.
const PAST: &str = "2024-12-31 00:00:00";
const FUTURE: &str = "2100-01-01 00:00:00";

/// The rules of a condition; `None` where some part is not understood.
pub fn rules(condition: &str) -> Option<Vec<Rule>> {
    let mut found = Vec::new();
    add(&parse(condition)?, true, &mut found)?;
    Some(found)
}

/// Adds the rules that make `node` true, or false.
fn add(node: &Node, wanted: bool, rules: &mut Vec<Rule>) -> Option<()> {
    match (node, wanted) {
        (Node::Not(inner), _) => add(inner, !wanted, rules),
        (Node::And(parts), true) | (Node::Or(parts), false) => {
            parts.iter().try_for_each(|part| add(part, wanted, rules))
        }
        // One part is enough: one that lets the column have a value, if there is such a one.
        (Node::Or(parts), true) | (Node::And(parts), false) => {
            let mut alternatives: Vec<Vec<Rule>> = parts
                .iter()
                .filter_map(|part| {
                    let mut own = Vec::new();
                    add(part, wanted, &mut own).map(|()| own)
                })
                .collect();
            // `a = 'x' OR a = 'y'` is a list.
            let listed = alternatives.iter().map(|rules| match &rules[..] {
                [Rule::OneOf(name, values)] => Some((name, values)),
                _ => None,
            });
            let listed: Option<Vec<(&Subject, &Vec<String>)>> = listed.collect();
            if let Some(listed) = listed.filter(|_| alternatives.len() == parts.len())
                && let Some((first, _)) = listed.first()
                && listed.iter().all(|(name, _)| name == first)
            {
                let values = listed.iter().flat_map(|(_, values)| (*values).clone()).collect();
                rules.push(Rule::OneOf((*first).clone(), values));
                return Some(());
            }
            alternatives.sort_by_key(|rules| rules.iter().any(|rule| matches!(rule, Rule::Null(_))));
            rules.extend(alternatives.into_iter().next()?);
            Some(())
        }
        (Node::IsNull(inner, is_null), _) => {
            let Node::Column(name) = &**inner else { return None };
            rules.push(if *is_null == wanted {
                Rule::Null(name.clone())
            } else {
                Rule::NotNull(name.clone())
            });
            Some(())
        }
        (Node::Column(name), _) => {
            rules.push(Rule::OneOf(name.clone(), vec![if wanted { "t" } else { "f" }.to_owned()]));
            Some(())
        }
        (Node::Literal(text), _) => ((text == "true") == wanted).then_some(()),
        (Node::CompareList(operator, one_is_enough, left, right), _) => {
            let (Node::Column(name), Node::List(nodes)) = (&**left, &**right) else { return None };
            let values: Option<Vec<String>> = nodes.iter().map(literal).collect();
            match (operator.as_str(), one_is_enough, wanted) {
                ("=", true, true) | ("<>", false, false) => rules.push(Rule::OneOf(name.clone(), values?)),
                ("<>", false, true) | ("=", true, false) => rules.push(Rule::NoneOf(name.clone(), values?)),
                _ => return None,
            }
            Some(())
        }
        (Node::Compare(operator, left, right), _) => {
            let operator = if wanted { operator.as_str() } else { opposite(operator)? };
            compare(operator, left, right, rules)
        }
        (Node::Call(..) | Node::List(_), _) => None,
    }
}

fn compare(operator: &str, left: &Node, right: &Node, rules: &mut Vec<Rule>) -> Option<()> {
    if let (Node::Column(left), Node::Column(right)) = (left, right) {
        rules.push(match operator {
            "<" | "<=" | "<>" => Rule::Before(left.clone(), right.clone()),
            ">" | ">=" => Rule::Before(right.clone(), left.clone()),
            _ => return None,
        });
        return Some(());
    }
    if literal(left).is_some() || is_now(left) {
        return compare(mirrored(operator)?, right, left, rules);
    }
    if let (Node::Call(function, arguments), "=") = (left, operator)
        && let ([Node::Column(name)], true) = (&arguments[..], arguments[..] == [right.clone()])
    {
        let small = match function.as_str() {
            "lower" => true,
            "upper" => false,
            _ => return None,
        };
        rules.push(Rule::Letters(name.clone(), small));
        return Some(());
    }
    if let (Node::Column(_), "=", Node::Call(..)) = (left, operator, right)
        && !is_now(right)
    {
        return compare(operator, right, left, rules);
    }
    let name = |node: &Node| match node {
        Node::Column(name) => Some(name.clone()),
        _ => None,
    };
    if let Node::Call(function, arguments) = left {
        let [argument] = &arguments[..] else { return None };
        let (name, value) = (name(argument)?, literal(right)?);
        return match function.as_str() {
            "length" | "char_length" | "character_length" | "octet_length" => {
                of_length(operator, name, value.parse().ok()?, rules)
            }
            // Texts that are made have no blanks at their ends.
            "btrim" | "ltrim" | "rtrim" if operator == "<>" && value.is_empty() => {
                rules.push(Rule::Longer(name, 1));
                Some(())
            }
            _ => None,
        };
    }
    let name = name(left)?;
    let value = match (is_now(right), operator) {
        (true, "<" | "<=") => PAST.to_owned(),
        (true, ">" | ">=") => FUTURE.to_owned(),
        _ => literal(right)?,
    };
    rules.push(match operator {
        ">" | ">=" => Rule::AtLeast(name, value, operator == ">="),
        "<" | "<=" => Rule::AtMost(name, value, operator == "<="),
        "=" => Rule::OneOf(name, vec![value]),
        "<>" if value.is_empty() => Rule::Longer(name, 1),
        "<>" => Rule::NoneOf(name, vec![value]),
        "~~" if !value.contains('\\') => Rule::Like(name, value),
        _ => return None,
    });
    Some(())
}

fn of_length(operator: &str, name: Subject, length: u32, rules: &mut Vec<Rule>) -> Option<()> {
    match operator {
        ">=" => rules.push(Rule::Longer(name, length)),
        ">" => rules.push(Rule::Longer(name, length.checked_add(1)?)),
        "<=" => rules.push(Rule::Shorter(name, length)),
        "<" => rules.push(Rule::Shorter(name, length.checked_sub(1)?)),
        "=" => rules.extend([Rule::Longer(name.clone(), length), Rule::Shorter(name, length)]),
        "<>" if length == 0 => rules.push(Rule::Longer(name, 1)),
        _ => return None,
    }
    Some(())
}

fn literal(node: &Node) -> Option<String> {
    match node {
        Node::Literal(text) => Some(text.clone()),
        _ => None,
    }
}

/// Whether it is the time of the statement.
fn is_now(node: &Node) -> bool {
    matches!(node, Node::Call(name, arguments)
        if arguments.is_empty() && matches!(name.as_str(), "now" | "CURRENT_DATE" | "CURRENT_TIMESTAMP" | "statement_timestamp"))
}

fn opposite(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "<" => ">=",
        "<=" => ">",
        ">" => "<=",
        ">=" => "<",
        "=" => "<>",
        "<>" => "=",
        _ => return None,
    })
}

fn mirrored(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        "=" => "=",
        "<>" => "<>",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(condition: &str) -> Vec<Rule> {
        rules(condition).unwrap_or_else(|| panic!("{condition}"))
    }

    #[test]
    fn bounds_lists_and_lengths_are_understood() {
        let a = || "a".to_owned();
        assert_eq!(
            read("((a >= 18) AND (a < (120)::numeric) AND (0 <> a))"),
            [
                Rule::AtLeast(a(), "18".into(), true),
                Rule::AtMost(a(), "120".into(), false),
                Rule::NoneOf(a(), vec!["0".into()])
            ]
        );
        assert_eq!(
            read("((a)::text = ANY (ARRAY['x'::text, 'y'::text]))"),
            [Rule::OneOf(a(), vec!["x".into(), "y".into()])]
        );
        assert_eq!(read("(char_length(a) = 5)"), [Rule::Longer(a(), 5), Rule::Shorter(a(), 5)]);
        assert_eq!(read("((a)::text <> ''::text)"), [Rule::Longer(a(), 1)]);
        assert_eq!(read("(a ~~ '%@%'::text)"), [Rule::Like(a(), "%@%".into())]);
        assert_eq!(read("(a = lower(a))"), [Rule::Letters(a(), true)]);
        assert_eq!(read("(b > a)"), [Rule::Before(a(), "b".into())]);
        assert_eq!(read("(NOT a)"), [Rule::OneOf(a(), vec!["f".into()])]);
        assert_eq!(read("(a <= CURRENT_DATE)"), [Rule::AtMost(a(), PAST.into(), true)]);
        assert_eq!(read("(VALUE > 0)"), [Rule::AtLeast("VALUE".into(), "0".into(), false)]);
    }

    #[test]
    fn one_part_of_several_is_enough_and_values_are_preferred() {
        assert_eq!(read("((a IS NULL) OR (a > 0))"), [Rule::AtLeast("a".into(), "0".into(), false)]);
        assert_eq!(read("((f(a) = 1) OR (b IS NULL))"), [Rule::Null("b".into())]);
        assert_eq!(read("(NOT ((a < 0) OR (a > 9)))").len(), 2);
        let either = "(((status)::text = 'Active'::text) OR ((status)::text = 'Inactive'::text))";
        assert_eq!(read(either), [Rule::OneOf("status".into(), vec!["Active".into(), "Inactive".into()])]);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for condition in [
            "f(a)",
            "(a = f(b))",
            "(a ~ '^x'::text)",
            "((a + b) > 0)",
            "(length(a) <> 3)",
            "((a > 0) AND f(a))",
            "(a ~~ b)",
        ] {
            assert_eq!(rules(condition), None, "{condition}");
        }
    }
}
