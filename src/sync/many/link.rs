//! What each worker has: connections to both sides, which one table after the other uses.

use crate::Result;
use crate::copy::relay::pace::Pace;
use crate::sync::open::{self, Opening};
use crate::sync::outcome::Outcome;
use crate::sync::session::{Link, Session};
use crate::sync::settings::Settings;
use crate::sync::state::State;
use crate::sync::steps::bring_up_to_date;

/// The connections of a worker, and their job.
pub type Linked = (usize, Link);

/// The limits of the jobs, which their tables share.
pub fn paces(jobs: &[Settings]) -> Vec<Pace> {
    jobs.iter().map(|job| Pace::new(job.max_rate)).collect()
}

/// The workers of a run: the most that one of its jobs may have.
pub fn workers_of(jobs: &[Settings]) -> usize {
    jobs.iter().map(|job| job.workers).max().unwrap_or(1)
}

/// Brings a table up to date over the connections of a worker, which are those of one job.
///
/// # Errors
/// As [`open::with_link`] and [`bring_up_to_date`].
pub fn with_link(
    linked: &mut Option<Linked>,
    job: usize,
    opening: Opening<'_>,
    outcome: &mut Outcome,
    looks_closely: bool,
) -> Result<()> {
    let mut link = linked.take().filter(|(its_job, _)| *its_job == job).map(|(_, link)| link);
    let work = |session: &mut Session<'_>, state: &mut State| {
        bring_up_to_date(session, state, outcome, looks_closely)
    };
    let done = open::with_link(&mut link, opening, work);
    *linked = link.map(|link| (job, link));
    done
}
