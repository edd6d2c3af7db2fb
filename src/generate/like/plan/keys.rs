//! Unique keys and exclusion constraints: enough different values, and none twice.

use super::column::{Digit, Pick, Steps};
use super::draft::Draft;
use super::rows::{Choice, Target};
use super::wanted::Wanted;
use crate::generate::like::source::Key;
use crate::generate::like::value::form::Form;

/// A part of a key that has choices of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Column(usize),
    Reference(usize),
}

/// Settles the unique keys of a draft, after its foreign keys. `wanted` has the greatest values that are in the table already;
/// `made` are the numbers of rows of all tables.
pub fn settle(draft: &mut Draft<'_>, made: &[u64], wanted: &Wanted) {
    // The rest of the rows have their numbers, too.
    let Some(rows) = draft.first_row.checked_add(draft.rows) else { return };
    let mut done: Vec<Vec<usize>> = Vec::new();
    for key in &draft.table.keys {
        let columns: Vec<usize> = key.columns.iter().flatten().copied().collect();
        let has_expressions = columns.len() < key.columns.len();
        if key.nulls_are_equal || key.is_primary {
            columns.iter().for_each(|column| draft.columns[*column].bounds.not_null = true);
        }
        let follows = columns.iter().any(|column| draft.columns[*column].is_unique)
            || done.iter().any(|done| done.iter().all(|column| columns.contains(column)));
        if follows && !key.excludes && !has_expressions {
            continue;
        }
        let settled = if key.excludes || has_expressions {
            unknown_key(draft, key, rows, wanted)
        } else {
            let parts = parts(draft, &columns);
            match &parts[..] {
                [] => Err("other constraints decide all of its columns".to_owned()),
                [Part::Column(column)] => one_column(draft, *column, rows, wanted),
                parts => several(draft, &columns, parts, rows, made),
            }
        };
        match settled {
            Ok(()) => done.push(columns),
            Err(why) => {
                let what = format!("key {} cannot hold {rows} different values: {why}", key.name);
                draft.fault(None, what, "lower --rows, or raise those of the tables that it refers to");
            }
        }
    }
}

/// The parts of a key whose choices are not settled yet: free columns, and foreign keys that lie in it whole.
fn parts(draft: &Draft<'_>, columns: &[usize]) -> Vec<Part> {
    let mut parts = Vec::new();
    for column in columns {
        match draft.columns[*column].pick {
            None => parts.push(Part::Column(*column)),
            Some(Pick::Reference(reference, _)) => {
                let of_it = columns_of(draft, reference);
                let is_free = matches!(draft.references[reference].choice, Choice::Any(_));
                let part = Part::Reference(reference);
                if is_free && of_it.iter().all(|other| columns.contains(other)) && !parts.contains(&part) {
                    parts.push(part);
                }
            }
            Some(_) => {}
        }
    }
    // Foreign keys give what they have; free columns give what is needed then.
    parts.sort_by_key(|part| matches!(part, Part::Column(_)));
    parts
}

/// A key of one free column: each row has the next position.
fn one_column(draft: &mut Draft<'_>, column: usize, rows: u64, wanted: &Wanted) -> Result<(), String> {
    let Some(form) = draft.columns[column].form.clone() else {
        return Err("the server fills it in".to_owned());
    };
    let (first, last) = form.limits_of_keys();
    let bounds = &draft.columns[column].bounds;
    let (least, most) = (bounds.low.unwrap_or(first).max(first), bounds.high.unwrap_or(last).min(last));
    let (low, high) = bounds.range(&form, &draft.table.columns[column]);
    if least > most {
        return Err("its checks contradict each other".to_owned());
    }
    let (low, high) = (low.clamp(least, most), high.clamp(least, most));
    let after = wanted.last(column).and_then(|text| form.position(text)).map(|last| last.saturating_add(1));
    let room = |low: i64| u64::try_from(i128::from(most) - i128::from(low) + 1).unwrap_or(0);
    let steps = match after {
        // The rows that are there have the numbers before.
        Some(after) if room(after.max(least)) >= draft.rows => {
            let first = after.max(least).wrapping_sub(draft.first_row as i64);
            Steps { first, step: 1, count: rows }
        }
        Some(_) => {
            return Err(format!(
                "behind those that are there, its type holds {} more",
                room(after.unwrap_or(last))
            ));
        }
        None if matches!(form, Form::Moment(..) | Form::Time(..) | Form::Float(_))
            && span(low, high) >= rows =>
        {
            Steps::within(low, high, rows)
        }
        None if room(low) >= rows => Steps { first: low, step: 1, count: rows },
        None if room(least) >= rows => Steps { first: least, step: 1, count: rows },
        None => return Err(format!("it has {} at most", room(least))),
    };
    draft.columns[column].pick = Some(Pick::Key(steps));
    draft.columns[column].is_unique = true;
    Ok(())
}

fn span(low: i64, high: i64) -> u64 {
    (i128::from(high) - i128::from(low) + 1) as u64
}

/// A key of several parts, or of a foreign key: the numbers of the rows are numbers with a digit for each part.
fn several(
    draft: &mut Draft<'_>,
    columns: &[usize],
    parts: &[Part],
    rows: u64,
    made: &[u64],
) -> Result<(), String> {
    let is_made = |part: &Part| match part {
        Part::Reference(reference) => matches!(draft.references[*reference].target, Target::Made(..)),
        Part::Column(_) => false,
    };
    // Rows that are made now are referred to by none that was there before.
    let (base, rows) = if parts.iter().any(is_made) { (draft.first_row, draft.rows) } else { (0, rows) };
    let mut all: u64 = 1;
    let mut choices = Vec::new();
    for part in parts {
        let needed = rows.div_ceil(all).max(1);
        let possible = possible(draft, *part, made);
        let count = match part {
            Part::Reference(_) => possible,
            Part::Column(column) => needed.max(draft.distinct(*column).min(1 << 20)).min(possible),
        };
        // A number of more digits than are needed is not made.
        let count = count.min(u64::MAX / all).max(1);
        all *= count;
        choices.push(count);
    }
    if all < rows {
        return beside(draft, columns, parts, made).ok_or(format!("there are {all} combinations"));
    }
    let stride = stride(all);
    let mut weight = 1;
    for (part, choices) in parts.iter().zip(choices) {
        take(draft, *part, Digit { all, stride, weight, choices, base });
        weight *= choices;
    }
    if let [Part::Reference(reference)] = parts {
        // Of a foreign key of several columns, one value may occur in several rows.
        if let [only] = columns_of(draft, *reference)[..] {
            draft.columns[only].is_unique = true;
        }
    }
    Ok(())
}

/// The columns that a foreign key gives their values.
fn columns_of(draft: &Draft<'_>, reference: usize) -> Vec<usize> {
    let is_of_it = |at: &usize| matches!(draft.columns[*at].pick, Some(Pick::Reference(number, _)) if number == reference);
    (0..draft.columns.len()).filter(is_of_it).collect()
}

/// The number of values that a part can have.
fn possible(draft: &Draft<'_>, part: Part, made: &[u64]) -> u64 {
    match part {
        Part::Reference(reference) => match &draft.references[reference].target {
            Target::There(there) => there.len() as u64,
            Target::Made(table, _) => made[*table],
        },
        Part::Column(column) => draft.steps(column, u64::MAX).count,
    }
}

/// Gives a part the digit that decides its values.
fn take(draft: &mut Draft<'_>, part: Part, digit: Digit) {
    match part {
        Part::Reference(reference) => draft.references[reference].choice = Choice::Digit(digit),
        Part::Column(column) => {
            let is_counted = matches!(draft.columns[column].form, Some(Form::Whole(..) | Form::Date));
            let most = if is_counted { u64::MAX } else { digit.choices };
            draft.columns[column].pick = Some(Pick::Digit(digit, draft.steps(column, most)));
        }
    }
}

/// A key that shares its first digit with another key: its own part gets what is left of the other key's numbers.
fn beside(draft: &mut Draft<'_>, columns: &[usize], parts: &[Part], made: &[u64]) -> Option<()> {
    let [part] = parts else { return None };
    let digit = |column: &usize| match draft.columns[*column].pick {
        Some(Pick::Digit(digit, _)) => Some(digit),
        Some(Pick::Reference(reference, _)) => match draft.references[reference].choice {
            Choice::Digit(digit) => Some(digit),
            _ => None,
        },
        _ => None,
    };
    let shared = columns.iter().filter_map(digit).find(|digit| digit.weight == 1)?;
    let rest = shared.all / shared.choices;
    (possible(draft, *part, made) >= rest).then_some(())?;
    take(draft, *part, Digit { weight: shared.choices, choices: rest, ..shared });
    Some(())
}

/// A number without a common factor with `all`, near its golden section: multiples of it go through all numbers below `all`, and
/// neighbours are far apart.
fn stride(all: u64) -> u64 {
    let shares_a_factor = |number: u64| {
        let (mut a, mut b) = (number, all);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a > 1
    };
    let golden = ((u128::from(all) * 0x9E37_79B9_7F4A_7C15) >> 64) as u64;
    (golden.max(1)..).find(|number| !shares_a_factor(*number)).unwrap_or(1)
}

/// An exclusion constraint, or a key with an expression: what is compared is not known, so one of its columns gets values that all
/// differ, of ranges such that do not overlap.
fn unknown_key(draft: &mut Draft<'_>, key: &Key, rows: u64, wanted: &Wanted) -> Result<(), String> {
    let free: Vec<usize> =
        key.uses.iter().copied().filter(|column| draft.columns[*column].pick.is_none()).collect();
    let is_range = |column: &&usize| matches!(draft.columns[**column].form, Some(Form::Range(..)));
    let is_unique = |column: &usize| draft.columns[*column].is_unique;
    if !key.excludes && key.uses.iter().any(is_unique) {
        return Ok(());
    }
    let chosen = match key.excludes {
        true => free.iter().find(is_range).or_else(|| free.first()),
        false => free.iter().max_by_key(|column| draft.steps(**column, u64::MAX).count),
    };
    match chosen {
        Some(column) => one_column(draft, *column, rows, wanted),
        None => Err("other constraints decide all of its columns".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strides_go_through_all_numbers() {
        for all in [1, 2, 3, 6, 30, 97, 1000] {
            let stride = stride(all);
            let mut seen: Vec<u64> = (0..all).map(|row| row * stride % all).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..all).collect::<Vec<_>>(), "{all}");
        }
        assert!(stride(u64::MAX) > 1 << 62);
    }
}
