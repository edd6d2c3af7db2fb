//! A pass: what has changed at the source since the last one, in windows, each with its watermark in one transaction.
//!
//! Windows are cut between different values of the cursor, so rows with equal ones are never split. Besides the rows behind
//! the watermark, a pass reads again what lies before it and may have been missed: rows between what is settled and the
//! watermark, and rows without a cursor, but of both only those that a transaction has written that was not visible to the
//! pass before ([`now::written_since`]).

use super::now::{self, Now};
use super::window::{self, FEW, Rows};
use crate::Result;
use crate::copy::relay::pipe::Piped;
use crate::run::interrupt;
use crate::sync::session::Session;
use crate::sync::state::{Marks, Pending, State};

/// What a pass has done.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// What was copied.
    pub piped: Piped,
    /// Rows that were inserted or differed.
    pub changed: u64,
}

/// Makes a pass. `in_snapshot`: all of it in one transaction of the source, which stays open for whoever compares both
/// tables afterwards.
///
/// # Errors
/// What a server reports; Ctrl-C. Windows that are complete stay.
pub fn pass(session: &mut Session<'_>, state: &mut State, in_snapshot: bool) -> Result<Pass> {
    let now = Now::look(&mut session.source, &session.pair)?;
    let mut to = now.greatest.clone();
    if in_snapshot {
        session.source.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        to = now::greatest(&mut session.source, &session.pair)?;
    }
    let before = state.clone();
    let settles = settling(&mut state.marks, &now);
    let mut done = Pass::default();
    let all_again = read_again(session, state, &now, settles.is_some(), &mut done)?;
    read_on(session, state, to, &mut done)?;
    conclude(&mut state.marks, now, settles, all_again);
    if *state != before {
        state.write(&mut session.destination, &session.pair.table)?;
    }
    Ok(done)
}

/// The cursor below which nothing can appear any more once this pass is done, if there is a new one.
fn settling(marks: &mut Marks, now: &Now) -> Option<String> {
    let pending = marks.pending.as_mut()?;
    if pending.open.is_none() && now.is_after(pending.since) {
        pending.open = Some(now.open.clone());
    }
    let open = pending.open.as_ref()?;
    now.have_ended(open).then(|| pending.to.clone())
}

/// Reads what lies before the watermark and may have been missed. Gives whether nothing of it was left for later: as long as
/// nothing is settled, which is so after the initial load, the whole table would have to be looked at, and that is done once.
fn read_again(
    session: &mut Session<'_>,
    state: &mut State,
    now: &Now,
    settles: bool,
    done: &mut Pass,
) -> Result<bool> {
    let (horizon, read_to) = (state.marks.horizon, state.marks.read_to.clone());
    // What is read from here on is of this horizon, even if the pass is killed.
    state.marks.horizon = horizon.or(Some(now.oldest));
    let all = settles || state.marks.settled.is_some() || read_to.is_none();
    if horizon == Some(now.next) {
        // Not one transaction has written since.
        return Ok(all);
    }
    let written_since = now::written_since(horizon, now.next);
    let cursor = session.pair.followed()?.clone();
    if let Some(undated) = cursor.is_undated() {
        let condition = format!("{undated} AND {written_since}");
        window(session, state, Rows { condition: &condition, order: "", are_many: false }, done)?;
    }
    let from = match (&state.marks.settled, &state.marks.pending) {
        (Some(settled), _) => Some(settled),
        (None, Some(pending)) if !settles => Some(&pending.to),
        (None, None) if read_to.is_some() => return Ok(all),
        (None, _) => None,
    };
    if let Some(read_to) = &read_to {
        let name = cursor.quoted();
        let from = from.map_or(String::new(), |from| format!("{name} >= {} AND ", cursor.value(from)));
        let condition = format!("{from}{name} <= {} AND {written_since}", cursor.value(read_to));
        window(session, state, Rows { condition: &condition, order: "", are_many: false }, done)?;
    }
    Ok(all)
}

/// Reads what lies behind the watermark, up to `to`.
fn read_on(session: &mut Session<'_>, state: &mut State, to: Option<String>, done: &mut Pass) -> Result<()> {
    let Some(to) = to else { return Ok(()) };
    let cursor = session.pair.followed()?.clone();
    let name = cursor.quoted();
    while state.marks.read_to.as_ref() != Some(&to) {
        interrupt::check()?;
        let from = state.marks.read_to.as_ref();
        let behind = from.map_or(String::new(), |from| format!("{name} > {} AND ", cursor.value(from)));
        let sql = |place: u64| {
            format!(
                "SELECT {name}::text FROM {} WHERE {behind}{name} <= {} ORDER BY {name} OFFSET {place} LIMIT 1",
                session.pair.source.table,
                cursor.value(&to),
            )
        };
        let chunk = session.settings.chunk;
        let full = session.source.query_opt(&sql(chunk - 1), &[])?.map(|row| row.get(0));
        // For one worker it makes no difference.
        let may_be_many = chunk > FEW && session.settings.workers > 1;
        let are_many = may_be_many && (full.is_some() || session.source.query_opt(&sql(FEW), &[])?.is_some());
        let end = full.unwrap_or_else(|| to.clone());
        let condition = format!("{behind}{name} <= {}", cursor.value(&end));
        state.marks.read_to = Some(end);
        let order = format!(" ORDER BY {name}");
        window(session, state, Rows { condition: &condition, order: &order, are_many }, done)?;
    }
    Ok(())
}

fn conclude(marks: &mut Marks, now: Now, settles: Option<String>, all_again: bool) {
    if all_again {
        marks.horizon = Some(now.oldest);
    }
    if let Some(settled) = settles {
        marks.settled = Some(settled);
        marks.pending = None;
    }
    if marks.pending.is_none() && marks.settled != now.greatest {
        marks.pending = now.greatest.map(|to| Pending { to, since: now.clock, open: None });
    }
}

fn window(session: &mut Session<'_>, state: &State, rows: Rows<'_>, done: &mut Pass) -> Result<()> {
    let (piped, changed) = window::copy_and_merge(session, state, rows)?;
    done.piped.rows += piped.rows;
    done.piped.bytes += piped.bytes;
    done.changed += changed;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(greatest: &str, clock: f64, open: &[&str], oldest: i64) -> Now {
        let open = open.iter().map(|id| (*id).to_owned()).collect();
        Now { greatest: Some(greatest.to_owned()), clock, open, oldest, next: oldest }
    }

    /// One pass as far as marks are concerned.
    fn step(marks: &mut Marks, now: Now) {
        let settles = settling(marks, &now);
        let all = settles.is_some() || marks.settled.is_some() || marks.read_to.is_none();
        marks.read_to = now.greatest.clone();
        conclude(marks, now, settles, all);
    }

    #[test]
    fn nothing_is_settled_before_the_transactions_of_then_have_ended() {
        let mut marks = Marks::default();
        step(&mut marks, now("10", 0.0, &["3/7"], 5));
        assert_eq!((marks.settled.as_deref(), marks.horizon), (None, Some(5)));
        // Too early to know who was open.
        step(&mut marks, now("20", 0.5, &[], 6));
        assert_eq!((marks.settled.as_deref(), marks.horizon), (None, Some(5)));
        step(&mut marks, now("30", 5.0, &["3/7", "4/1"], 7));
        assert_eq!(marks.settled, None);
        // One has ended, the other has not.
        step(&mut marks, now("40", 10.0, &["4/1"], 8));
        assert_eq!((marks.settled.as_deref(), marks.horizon), (None, Some(5)));
        step(&mut marks, now("50", 15.0, &["4/2"], 9));
        assert_eq!((marks.settled.as_deref(), marks.horizon), (Some("10"), Some(9)));
        assert_eq!(marks.pending.as_ref().map(|pending| pending.to.as_str()), Some("50"));
    }

    #[test]
    fn a_source_at_rest_is_settled_and_stays_so() {
        let mut marks = Marks::default();
        for clock in [0.0, 5.0, 10.0] {
            step(&mut marks, now("10", clock, &[], 5));
        }
        assert_eq!((marks.settled.as_deref(), &marks.pending), (Some("10"), &None));
    }
}
