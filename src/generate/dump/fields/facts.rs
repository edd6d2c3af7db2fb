//! What the fields of one row have in common: the person with a country, the course of an assignment, the order of times.

use super::countries::{Country, Name, PEOPLE};
use super::moments::{DAYS, MINUTES_PER_DAY};
use crate::generate::random::Random;

/// The facts of one row. Fields are written in the order of the version's columns, and take from here what must fit together.
#[derive(Debug)]
pub struct Facts {
    /// Its number, counted from 0.
    pub index: u64,
    /// The person's country.
    pub country: &'static Country,
    /// The person's first name.
    pub first_name: &'static Name,
    /// The person's last name.
    pub last_name: &'static Name,
    /// How far an assignment has come.
    pub status: Status,
    /// Minutes since the first of [`DAYS`], by [`Step`].
    minutes: [u32; 6],
}

/// What happens to a user, a course or an assignment, in the order of time; a course's or an assignment's steps begin when all
/// users are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A user was entered.
    Created,
    /// A course was changed, or a course was assigned, or a user was seen.
    Later,
    /// An assignment was begun.
    Started,
    /// An assignment was finished.
    Completed,
    /// An assignment was to be finished; after it was assigned.
    Due,
    /// A course was looked at, after it was begun.
    Viewed,
}

/// How far an assignment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the texts of the data file say what they are")]
pub enum Status {
    NotStarted,
    InProgress,
    Completed,
    Cancelled,
    Overdue,
}

/// Most assignments are completed.
const STATUSES: [Status; 16] = {
    let mut statuses = [Status::Completed; 16];
    statuses[0] = Status::NotStarted;
    statuses[1] = Status::InProgress;
    statuses[2] = Status::InProgress;
    statuses[3] = Status::Cancelled;
    statuses[4] = Status::Overdue;
    statuses
};

/// The number of courses that are assigned.
const COURSES_OFFERED: u64 = 5000;
/// Each user has so many courses.
pub const COURSES_PER_USER: u32 = 4;
/// The number of rows after which days move on by one.
const ROWS_PER_DAY: u64 = 1000;
/// The greatest distance between the days of one row.
const DAYS_APART: u32 = 32;
/// Times are multiples of it (minutes).
const PACE: u32 = 5;
/// The most time between two steps: a week until the start, 60 days for the rest.
const WEEK: u32 = 7 * MINUTES_PER_DAY / PACE;
const TWO_MONTHS: u32 = 60 * MINUTES_PER_DAY / PACE;
/// The days that the last step may come after [`Step::Later`].
const DAYS_OF_AN_ASSIGNMENT: u64 = 7 + 60 + 60 + 1;

impl Facts {
    /// The facts of row `index`.
    #[inline]
    pub fn new(random: &mut Random, index: u64) -> Facts {
        let country: &'static Country = random.pick(&PEOPLE);
        let [first_name, last_name] =
            [pick_common(random, &country.first_names), pick_common(random, &country.last_names)];
        let days = index / ROWS_PER_DAY + u64::from(random.below(DAYS_APART));
        let half = DAYS.len() as u64 / 2;
        let minute = if random.once_in(4) { 0 } else { random.below(MINUTES_PER_DAY / PACE) * PACE };
        // Less than the minutes of ten years.
        let at = |day: u64| day as u32 * MINUTES_PER_DAY + minute;
        let later = at(half + days % (half - DAYS_OF_AN_ASSIGNMENT));
        let started = later + PACE * random.between(1, WEEK);
        let completed = started + PACE * random.between(1, TWO_MONTHS);
        let due = later + PACE * random.between(WEEK, TWO_MONTHS);
        let viewed = started + PACE * random.between(0, TWO_MONTHS);
        let status = random.pick(&STATUSES);
        Facts {
            index,
            country,
            first_name,
            last_name,
            status,
            minutes: [at(days % half), later, started, completed, due, viewed],
        }
    }

    /// The time of a step: the day's position in [`DAYS`], and the minute of the day.
    #[inline]
    pub fn time(&self, step: Step) -> (usize, u32) {
        let minutes = self.minutes[step as usize];
        ((minutes / MINUTES_PER_DAY) as usize, minutes % MINUTES_PER_DAY)
    }

    /// Whether the step has not happened.
    #[inline]
    pub fn lacks(&self, step: Step) -> bool {
        match step {
            Step::Started => self.status == Status::NotStarted,
            Step::Completed => self.status != Status::Completed,
            _ => false,
        }
    }

    /// The number of an assignment's course, counted from 0. The courses of one user differ, and each is among the courses of
    /// a data file with as many rows as the one with this row.
    #[inline]
    pub fn course(&self, random: &mut Random) -> u64 {
        let per_user = u64::from(COURSES_PER_USER);
        let (user, which) = (self.index / per_user, self.index % per_user);
        let choices = (COURSES_OFFERED / per_user).min(user + 1);
        // Fewer than the courses that are offered.
        u64::from(random.below(choices as u32)) * per_user + which
    }
}

impl Status {
    /// The text in data files.
    pub fn text(self) -> &'static str {
        match self {
            Status::NotStarted => "not started",
            Status::InProgress => "in progress",
            Status::Completed => "completed",
            Status::Cancelled => "cancelled",
            Status::Overdue => "overdue",
        }
    }
}

/// One of `choices`. The first ones are the most common, as with real names and words, which is why they compress well.
#[inline]
pub fn pick_common<'c, T>(random: &mut Random, choices: &'c [T]) -> &'c T {
    // Far fewer than 2^32.
    let limit = random.between(1, choices.len() as u32);
    &choices[random.below(limit) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::random::Seed;
    use std::collections::HashSet;

    fn facts(indexes: impl Iterator<Item = u64>) -> impl Iterator<Item = (Facts, Random)> {
        indexes.map(|index| {
            let mut random = Seed::new(5).record(index);
            (Facts::new(&mut random, index), random)
        })
    }

    #[test]
    fn times_are_in_order_in_and_between_tables_and_within_the_calendar() {
        let last_creation = (DAYS.len() / 2) as u32 * MINUTES_PER_DAY;
        for (facts, _) in facts((0..20_000).chain((0..20_000).map(|index| index * 1_000_003))) {
            let minutes = |step: Step| facts.time(step).0 as u32 * MINUTES_PER_DAY + facts.time(step).1;
            assert!(minutes(Step::Created) < last_creation && last_creation <= minutes(Step::Later));
            let order = [Step::Later, Step::Started, Step::Completed].map(minutes);
            assert!(order.is_sorted_by(|one, next| one + PACE <= *next), "{order:?}");
            assert!(
                minutes(Step::Later) < minutes(Step::Due) && minutes(Step::Started) <= minutes(Step::Viewed)
            );
            assert!(facts.minutes.iter().all(|minutes| (minutes / MINUTES_PER_DAY) < DAYS.len() as u32));
        }
    }

    #[test]
    fn a_user_s_courses_differ_and_exist_however_few_rows_there_are() {
        let mut seen = HashSet::new();
        for (facts, mut random) in facts(0..40_000) {
            let course = facts.course(&mut random);
            assert!(course <= facts.index && course < COURSES_OFFERED, "{course} of {}", facts.index);
            assert!(seen.insert((facts.index / u64::from(COURSES_PER_USER), course)));
        }
        let courses: HashSet<u64> = seen.into_iter().map(|(_, course)| course).collect();
        assert!(courses.len() > 4900, "{}", courses.len());
    }
}
