//! What checks ask of one column, and the form and the range of positions that follow.

use crate::generate::like::check::Rule;
use crate::generate::like::source::Column;
use crate::generate::like::value::form::Form;
use crate::generate::like::value::words::Wording;

/// What is asked of a column.
#[derive(Debug, Default)]
pub struct Bounds {
    /// The least position.
    pub low: Option<i64>,
    /// The greatest position.
    pub high: Option<i64>,
    /// Whether it must be NULL.
    pub is_null: bool,
    /// Whether it must not be NULL.
    pub not_null: bool,
    /// The column that it must be above.
    pub above: Option<usize>,
}

/// Applies a rule to a column's form and bounds; returns false where the form cannot follow it.
pub fn apply(rule: &Rule, form: &mut Form, bounds: &mut Bounds) -> bool {
    match rule {
        Rule::Null(_) => bounds.is_null = true,
        Rule::NotNull(_) => bounds.not_null = true,
        Rule::OneOf(_, values) => {
            let values = match form {
                Form::Listed(known) => known.iter().filter(|value| values.contains(value)).cloned().collect(),
                _ => values.clone(),
            };
            return list(form, values);
        }
        Rule::NoneOf(_, values) => return exclude(values, form, bounds),
        Rule::AtLeast(_, value, may_be_equal) => {
            let Some(at) = form.position(value) else { return false };
            let low = at.saturating_add(i64::from(!may_be_equal || !is_exact(form, at, value)));
            bounds.low = Some(bounds.low.map_or(low, |known| known.max(low)));
        }
        Rule::AtMost(_, value, may_be_equal) => {
            let Some(at) = form.position(value) else { return false };
            let high = at.saturating_sub(i64::from(!may_be_equal && is_exact(form, at, value)));
            bounds.high = Some(bounds.high.map_or(high, |known| known.min(high)));
        }
        Rule::Longer(_, least) => match form {
            Form::Text(_, length) => {
                length.least = length.least.max(*least);
                length.usual = length.usual.max(length.least);
                return length.least <= length.most;
            }
            Form::Listed(known) => {
                let long = |text: &&String| text.chars().count() as u32 >= *least;
                let kept = known.iter().filter(long).cloned().collect();
                return list(form, kept);
            }
            _ => return false,
        },
        Rule::Shorter(_, most) => {
            let Form::Text(_, length) = form else { return false };
            length.most = length.most.min(*most);
            length.usual = length.usual.min(length.most);
            return length.least <= length.most;
        }
        Rule::Like(_, pattern) => {
            let Form::Text(wording, length) = form else { return false };
            return like(pattern, wording, length.most);
        }
        Rule::Letters(_, small) => {
            let Form::Text(wording, _) = form else { return false };
            if *small == (*wording == Wording::Capitals) {
                *wording = if *small { Wording::Words } else { Wording::Capitals };
            }
        }
        // The caller knows the other column.
        Rule::Before(..) => return false,
    }
    true
}

fn list(form: &mut Form, values: Vec<String>) -> bool {
    let found = !values.is_empty();
    if found {
        *form = Form::Listed(values);
    }
    found
}

fn exclude(values: &[String], form: &mut Form, bounds: &mut Bounds) -> bool {
    match form {
        Form::Listed(known) => {
            let kept = known.iter().filter(|value| !values.contains(value)).cloned().collect();
            list(form, kept)
        }
        Form::Bool => {
            let kept =
                ["f", "t"].into_iter().filter(|text| !values.iter().any(|value| value.starts_with(text)));
            let kept = kept.map(str::to_owned).collect();
            list(form, kept)
        }
        // Texts that are made are hardly one of them, and the server looks.
        Form::Text(..) => true,
        _ if form.is_ordered() => values.iter().all(|value| {
            let Some(at) = form.position(value) else { return false };
            // All values are above it, so none is equal.
            bounds.low = Some(bounds.low.map_or(at + 1, |known| known.max(at + 1)));
            true
        }),
        _ => false,
    }
}

/// Mail addresses and pages have what patterns ask for most often.
fn like(pattern: &str, wording: &mut Wording, most: u32) -> bool {
    let example = |wording: Wording| match wording {
        Wording::Mail => "a1@example.com",
        Wording::Page => "https://example.com/a",
        Wording::Words | Wording::Capitals => "",
    };
    for other in [*wording, Wording::Mail, Wording::Page] {
        let text = example(other);
        // A shorter type holds none of them.
        if !text.is_empty()
            && most as usize >= text.len() + 14
            && matches(pattern.as_bytes(), text.as_bytes())
        {
            *wording = other;
            return true;
        }
    }
    pattern.bytes().all(|byte| byte == b'%')
}

/// Whether a text has the form of a pattern of LIKE, whatever stands for the letters of the example.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'%', rest @ ..] => (0..=text.len()).any(|at| matches(rest, &text[at..])),
        [b'_', rest @ ..] => !text.is_empty() && matches(rest, &text[1..]),
        [byte, rest @ ..] => text.first() == Some(byte) && matches(rest, &text[1..]),
    }
}

/// Whether the value at a position is this one.
fn is_exact(form: &Form, at: i64, value: &str) -> bool {
    let digits =
        |text: &str| text.split_once('.').map_or(0, |(_, digits)| digits.trim_end_matches('0').len());
    let most = match form {
        Form::Whole(..) => 0,
        Form::Decimal(_, scale) => *scale as usize,
        Form::Float(_) => 3,
        _ => {
            let mut written = Vec::new();
            form.push(&mut written, at);
            return form.position(&String::from_utf8_lossy(&written)) == Some(at) && !value.contains('.');
        }
    };
    digits(value) <= most
}

impl Bounds {
    /// The first and the last position of a column's values: those of its statistics within what is asked.
    pub fn range(&self, form: &Form, column: &Column) -> (i64, i64) {
        let (first, last) = form.limits();
        let usual = form.usual();
        if !form.is_ordered() {
            return (first, last);
        }
        let bounds = column.statistics.iter().flat_map(|statistics| &statistics.bounds);
        let positions: Vec<i64> = bounds.filter_map(|bound| form.position(bound)).collect();
        let known = positions.iter().min().zip(positions.iter().max());
        let (mut low, mut high) = known.map_or(usual, |(low, high)| (*low, *high));
        let span = usual.1.saturating_sub(usual.0);
        if let Some(least) = self.low {
            low = low.max(least);
            if high < low {
                high = low.saturating_add(span);
            }
        }
        if let Some(most) = self.high {
            high = high.min(most);
            if high < low {
                low = self.low.unwrap_or(high.saturating_sub(span));
            }
        }
        let low = low.clamp(first, last);
        (low, high.clamp(low, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::like::value::words::Length;

    #[test]
    fn bounds_that_may_not_be_reached_are_not() {
        let money = Form::Decimal(10, 2);
        for (value, may_be_equal, low, high) in [
            ("1", true, 100, 100),
            ("1", false, 101, 99),
            ("1.005", true, 101, 100),
            ("1.005", false, 101, 100),
        ] {
            let mut bounds = Bounds::default();
            let rules = [
                Rule::AtLeast("a".into(), value.into(), may_be_equal),
                Rule::AtMost("a".into(), value.into(), may_be_equal),
            ];
            assert!(rules.iter().all(|rule| apply(rule, &mut money.clone(), &mut bounds)));
            assert_eq!((bounds.low, bounds.high), (Some(low), Some(high)), "{value} {may_be_equal}");
        }
    }

    #[test]
    fn patterns_are_those_of_mails_and_pages() {
        for (pattern, expected) in [
            ("%@%", Some(Wording::Mail)),
            ("%@%.%", Some(Wording::Mail)),
            ("http%", Some(Wording::Page)),
            ("A%", None),
        ] {
            let mut form = Form::Text(Wording::Words, Length::new(None, None));
            let followed = apply(&Rule::Like("a".into(), pattern.into()), &mut form, &mut Bounds::default());
            let Form::Text(wording, _) = form else { unreachable!() };
            assert_eq!(followed.then_some(wording), expected, "{pattern}");
        }
    }

    #[test]
    fn lists_are_cut_by_what_is_asked() {
        let mut form = Form::Listed(vec!["a".into(), "b".into(), "c".into()]);
        let mut bounds = Bounds::default();
        assert!(apply(&Rule::NoneOf("x".into(), vec!["b".into()]), &mut form, &mut bounds));
        assert!(apply(&Rule::OneOf("x".into(), vec!["b".into(), "c".into()]), &mut form, &mut bounds));
        assert_eq!(form, Form::Listed(vec!["c".into()]));
        assert!(!apply(&Rule::OneOf("x".into(), vec!["z".into()]), &mut form, &mut bounds));
    }
}
