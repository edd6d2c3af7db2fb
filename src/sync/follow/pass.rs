//! A pass copies what has changed at the source since the one before, in windows. One transaction commits a window and its
//! watermark.
//!
//! Windows are cut between different values of the cursor, so rows with equal cursors stay together. A pass reads the rows
//! above the watermark. It also reads again rows that may have been missed: rows from the settled cursor to the watermark, and
//! rows without a cursor. Of these it reads only rows of transactions that the pass before did not see
//! ([`now::written_since`]).

use super::now::{self, Now};
use super::window::{self, FEW, Merged, WindowRows};
use crate::pg::sqlstate::SqlState;
use crate::report::timeline::{self, Step};
use crate::run::interrupt;
use crate::sync::reader::View;
use crate::sync::session::Session;
use crate::sync::side::of_source;
use crate::sync::state::{Marks, Pending, State};
use crate::{Error, Result};

/// Makes a pass. With `in_snapshot`, one transaction of the source sees all of it, and stays open for a comparison of both
/// tables.
///
/// # Errors
/// What a server reports; Ctrl-C. Complete windows stay.
pub fn run(session: &mut Session<'_>, state: &mut State, in_snapshot: bool) -> Result<Merged> {
    let table = session.pair.table.name().to_owned();
    timeline::during(Step::Copy, &table, || pass(session, state, in_snapshot))
}

fn pass(session: &mut Session<'_>, state: &mut State, in_snapshot: bool) -> Result<Merged> {
    session.source.resume()?;
    let now = Now::look(&mut session.source, &session.pair, state.marks.read_to.as_deref())?;
    warn_of_clock(session, &now);
    if let Some(why) = not_to_be_trusted(&state.marks, &now) {
        tracing::warn!("{}: {why}, so all rows are compared once", session.pair.source.table);
        state.marks = Marks::default();
        state.write(&mut session.destination, &session.pair.table)?;
    }
    let mut to = now.greatest.clone();
    if in_snapshot {
        session.source.begin(View::Still)?;
        to = now::greatest(&mut session.source, &session.pair, now.limit.as_deref())?;
    }
    let before = state.clone();
    let settles = settling(&mut state.marks, &now);
    let mut done = Merged::default();
    // A comparison reads all rows in any case, and what has been committed late must not be missing there.
    let reads_all = settles.is_some() || in_snapshot;
    let all_again = read_again(session, state, &now, reads_all, &mut done)?;
    read_on(session, state, to, &mut done)?;
    session.source.pause()?;
    conclude(&mut state.marks, now, settles, all_again);
    if *state != before {
        state.write(&mut session.destination, &session.pair.table)?;
    }
    Ok(done)
}

/// Why what was read before says nothing of what the source has now.
fn not_to_be_trusted(marks: &Marks, now: &Now) -> Option<&'static str> {
    let is_before = |horizon: i64| horizon > now.next && !now.is_of_standby();
    match now.overtaken {
        true => Some("the watermark is ahead of the source's clock"),
        // Rows that are written from here on may have cursors below the watermark, and ids below the horizon.
        false => marks
            .horizon
            .is_some_and(is_before)
            .then_some("the source has gone back to an earlier state, as a backup does that is restored"),
    }
}

fn warn_of_clock(session: &Session<'_>, now: &Now) {
    if let (Some(ahead), Ok(cursor)) = (&now.ahead, session.pair.followed()) {
        tracing::warn!(
            "{}, column {}: the greatest cursor, {ahead}, is ahead of the source's clock, {}; such rows are looked for in each pass",
            session.pair.source.table,
            cursor.name,
            session.source.clock(),
        );
    }
}

/// The cursor that is settled after this pass, if it is a new one.
fn settling(marks: &mut Marks, now: &Now) -> Option<String> {
    // Where a standby takes the place of its primary, this begins again.
    marks.pending.take_if(|pending| pending.open.as_ref().is_some_and(|open| !now.knows(open)));
    let pending = marks.pending.as_mut()?;
    if pending.open.is_none() && now.is_after(pending.since) {
        pending.open = Some(now.open.clone());
    }
    let open = pending.open.as_ref()?;
    now.have_ended(open).then(|| pending.to.clone())
}

/// Reads again the rows up to the watermark that may have been missed. Gives whether all of them were read. After the initial
/// load nothing is settled, and the whole table has to be read: that is left for one pass that `reads_all`.
fn read_again(
    session: &mut Session<'_>,
    state: &mut State,
    now: &Now,
    reads_all: bool,
    done: &mut Merged,
) -> Result<bool> {
    let (horizon, read_to) = (state.marks.horizon, state.marks.read_to.clone());
    // The rows that are read from here on belong to this horizon, even if the pass is killed.
    state.marks.horizon = horizon.or(Some(now.oldest));
    let all = reads_all || state.marks.settled.is_some() || read_to.is_none();
    if horizon == Some(now.next) {
        // No transaction has written since.
        return Ok(all);
    }
    let written_since = now::written_since(horizon, now.next);
    let cursor = session.pair.followed()?.clone();
    if let Some(undated) = cursor.is_undated(now.limit.as_deref()) {
        let condition = format!("{undated} AND {written_since}");
        window(session, state, WindowRows { condition: &condition, order: "", are_many: false }, done)?;
    }
    let from = match (&state.marks.settled, &state.marks.pending) {
        (Some(settled), _) => Some(settled),
        (None, _) if reads_all => None,
        (None, Some(pending)) => Some(&pending.to),
        (None, None) if read_to.is_some() => return Ok(all),
        (None, None) => None,
    };
    let from = from.cloned().map(|from| {
        session.source.resume()?;
        now::least_to_come(&mut session.source, &cursor, &from)
    });
    let from = from.transpose()?;
    if let Some(read_to) = &read_to {
        let name = cursor.quoted();
        let from = from.map_or(String::new(), |from| format!("{name} >= {} AND ", cursor.value(&from)));
        let condition = format!("{from}{name} <= {} AND {written_since}", cursor.value(read_to));
        window(session, state, WindowRows { condition: &condition, order: "", are_many: false }, done)?;
    }
    Ok(all)
}

/// Reads the rows above the watermark, up to `to`.
fn read_on(
    session: &mut Session<'_>,
    state: &mut State,
    to: Option<String>,
    done: &mut Merged,
) -> Result<()> {
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
                session.pair.source.rows(),
                cursor.value(&to),
            )
        };
        let chunk = session.settings.chunk;
        session.source.resume()?;
        let source = session.source.client();
        let full = source.query_opt(&sql(chunk - 1), &[]).map_err(of_source)?.map(|row| row.get(0));
        // With one worker the number of rows makes no difference.
        let may_be_many = chunk > FEW && session.settings.workers > 1;
        let mut has_more =
            |place| Ok::<_, Error>(source.query_opt(&sql(place), &[]).map_err(of_source)?.is_some());
        let are_many = may_be_many && (full.is_some() || has_more(FEW)?);
        let end = full.unwrap_or_else(|| to.clone());
        let condition = format!("{behind}{name} <= {}", cursor.value(&end));
        let order = format!(" ORDER BY {name}");
        let is_last = end == to;
        state.marks.read_to = Some(end);
        let rows = WindowRows { condition: &condition, order: &order, are_many };
        match window(session, state, rows, done) {
            // A later row may have given up the value, or may be the one that a foreign key refers to.
            Err(error) if !is_last && SqlState::from(&error).is_of_other_rows() => {
                tracing::debug!("all rows that are left in one window, since: {error}");
                let condition = format!("{behind}{name} <= {}", cursor.value(&to));
                state.marks.read_to = Some(to.clone());
                let rows = WindowRows { condition: &condition, order: &order, are_many: false };
                window(session, state, rows, done)?;
            }
            done => done?,
        }
    }
    Ok(())
}

/// Updates the marks at the end of a pass.
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

fn window(session: &mut Session<'_>, state: &State, rows: WindowRows<'_>, done: &mut Merged) -> Result<()> {
    done.add(window::copy_and_merge(session, state, rows)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(greatest: &str, clock: f64, open: &[&str], oldest: i64) -> Now {
        let open = open.iter().map(|id| (*id).to_owned()).collect();
        Now {
            greatest: Some(greatest.to_owned()),
            ahead: None,
            overtaken: false,
            limit: None,
            clock,
            open,
            oldest,
            next: oldest,
        }
    }

    /// The effect of one pass on the marks.
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
        // Too early to know which transactions were open.
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
    fn a_source_that_has_gone_back_is_read_anew() {
        let marks = Marks { horizon: Some(9), ..Marks::default() };
        assert!(not_to_be_trusted(&marks, &now("10", 0.0, &[], 8)).is_some());
        assert_eq!(not_to_be_trusted(&marks, &now("10", 0.0, &[], 9)), None);
        // A standby may be behind.
        assert_eq!(not_to_be_trusted(&marks, &now("10", 0.0, &["before 8"], 8)), None);
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
