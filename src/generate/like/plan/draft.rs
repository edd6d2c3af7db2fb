//! One table on its way to a plan: forms and checks, foreign keys, keys, and last the columns that nothing is asked of.

use super::bounds::{Bounds, apply};
use super::column::{ColumnPlan, Pick, Steps, share};
use super::rows::{ReferencePlan, TablePlan};
use super::wanted::GivenUp;
use crate::generate::like::check::{Rule, rules};
use crate::generate::like::source::{Column, Table, Types};
use crate::generate::like::value::form::Form;
use crate::generate::random::Seed;
use crate::{Error, Place};

/// A table on its way to a plan.
#[derive(Debug)]
pub struct Draft<'t> {
    /// The table.
    pub table: &'t Table,
    /// The seed of its rows.
    pub seed: Seed,
    /// The number of its rows.
    pub rows: u64,
    /// The number of its first row.
    pub first_row: u64,
    /// Its columns.
    pub columns: Vec<Drafted>,
    /// Its foreign keys.
    pub references: Vec<ReferencePlan>,
    /// What the user should know.
    pub notes: Vec<String>,
    /// What cannot be.
    pub faults: Vec<Error>,
}

/// A column on its way to a plan.
#[derive(Debug)]
pub struct Drafted {
    /// The form of its values; `None` where the server fills it in.
    pub form: Option<Form>,
    /// What checks ask of it.
    pub bounds: Bounds,
    /// How its positions are chosen, once that is settled.
    pub pick: Option<Pick>,
    /// Whether all of its values differ.
    pub is_unique: bool,
    /// The share of NULLs.
    pub null_share: f64,
}

impl<'t> Draft<'t> {
    /// A draft in which the forms of the columns are settled, and what is understood of the checks. Of the checks named in
    /// `given_up`, a column is NULL.
    pub fn new(
        table: &'t Table,
        types: &Types,
        seed: Seed,
        (rows, first_row): (u64, u64),
        given_up: &[GivenUp],
    ) -> Draft<'t> {
        let mut draft = Draft {
            table,
            seed,
            rows,
            first_row,
            columns: Vec::new(),
            references: Vec::new(),
            notes: Vec::new(),
            faults: Vec::new(),
        };
        for column in &table.columns {
            let drafted = draft.column(column, types);
            draft.columns.push(drafted);
        }
        for check in &table.checks {
            let given_up = given_up.iter().any(|given_up| *given_up == GivenUp::Check(check.name.clone()));
            match rules(&check.expression).filter(|_| !given_up) {
                Some(rules) => rules.iter().for_each(|rule| draft.follow(rule)),
                None if given_up => {
                    draft.give_up(check.columns.clone(), &format!("the check {}", check.name))
                }
                // The probe finds out whether values break it.
                None => tracing::debug!("{}: the check {} is not understood", table.name, check.name),
            }
        }
        for given_up in given_up {
            if let GivenUp::Column(column, what) = given_up {
                draft.give_up(vec![*column], &format!("its type's check ({what})"));
            }
        }
        draft
    }

    fn column(&mut self, column: &Column, types: &Types) -> Drafted {
        let may_be_null = !column.not_null && !types.forbids_null(column);
        let null_share =
            column.statistics.as_ref().map_or(0.0, |statistics| f64::from(statistics.null_share));
        let mut drafted = Drafted {
            form: None,
            bounds: Bounds { not_null: !may_be_null, ..Bounds::default() },
            pick: None,
            is_unique: false,
            null_share,
        };
        if column.generated.is_some() {
            return drafted;
        }
        let Some(mut form) = types.form(column) else {
            let what = format!("no values of the type {} can be made", column.type_name);
            if may_be_null {
                self.notes.push(format!("column {} is always NULL, since {what}", column.name));
                drafted.form = Some(Form::Bool);
                drafted.pick = Some(Pick::Null);
            } else if column.has_default {
                self.notes.push(format!("column {} gets its default, since {what}", column.name));
            } else {
                self.fault(
                    Some(&column.name),
                    what,
                    "give the column a default, or let it be NULL, in a copy of the table",
                );
            }
            return drafted;
        };
        for check in types.domain_checks(column) {
            let inner = check.trim_start_matches("CHECK ").trim_end_matches(" NOT VALID");
            for rule in rules(inner).unwrap_or_default() {
                apply(&rule, &mut form, &mut drafted.bounds);
            }
        }
        drafted.form = Some(form);
        drafted
    }

    /// Follows a rule of one of the table's checks.
    fn follow(&mut self, rule: &Rule) {
        let at = |name: &String| self.table.columns.iter().position(|column| column.name == *name);
        if let Rule::Before(low, high) = rule {
            let (Some(low), Some(high)) = (at(low), at(high)) else { return };
            let alike = match (&self.columns[low].form, &self.columns[high].form) {
                (Some(low), Some(high)) => low.is_like(high),
                _ => false,
            };
            // Of two columns that must each be above the other, the server says what it thinks.
            if alike && !self.is_above(low, high) {
                self.columns[high].bounds.above = Some(low);
            }
            return;
        }
        let (Rule::AtLeast(name, ..)
        | Rule::AtMost(name, ..)
        | Rule::OneOf(name, _)
        | Rule::NoneOf(name, _)
        | Rule::Null(name)
        | Rule::NotNull(name)
        | Rule::Longer(name, _)
        | Rule::Shorter(name, _)
        | Rule::Like(name, _)
        | Rule::Letters(name, _)
        | Rule::Before(name, _)) = rule;
        let Some(at) = at(name) else { return };
        let drafted = &mut self.columns[at];
        if let Some(form) = &mut drafted.form {
            apply(rule, form, &mut drafted.bounds);
        }
    }

    /// Whether `low` must be above `high` already, by way of others.
    fn is_above(&self, low: usize, high: usize) -> bool {
        let mut at = Some(low);
        for _ in 0..=self.columns.len() {
            match at {
                Some(column) if column == high => return true,
                Some(column) => at = self.columns[column].bounds.above,
                None => return false,
            }
        }
        true
    }

    /// Makes a column of `columns` NULL, since `what` about them is not understood.
    pub fn give_up(&mut self, columns: Vec<usize>, what: &str) {
        let may_be =
            |column: &usize| !self.columns[*column].bounds.not_null && self.columns[*column].form.is_some();
        match columns.into_iter().find(may_be) {
            Some(column) => {
                self.columns[column].pick = Some(Pick::Null);
                let name = &self.table.columns[column].name;
                self.notes.push(format!("column {name} is always NULL, since {what} is not understood"));
            }
            None => self.fault(
                None,
                format!("{what} is not understood, and the values that were tried break it"),
                "--values takes values that there are; or make the table without it and add --append",
            ),
        }
    }

    /// Notes what cannot be.
    pub fn fault(&mut self, column: Option<&str>, what: impl Into<String>, remedy: &str) {
        let place = Place { column: column.map(str::to_owned), ..Place::table(self.table.name.name()) };
        self.faults.push(Error::refused(what.into()).at(place).remedy(remedy));
    }

    /// The positions of a column of which nothing more is asked, at most `most` different ones.
    pub fn steps(&self, column: usize, most: u64) -> Steps {
        let drafted = &self.columns[column];
        let form = drafted.form.as_ref().unwrap_or(&Form::Bool);
        let (low, high) = drafted.bounds.range(form, &self.table.columns[column]);
        Steps::within(low, high, most)
    }

    /// The number of distinct values that the column has, or would have with so many rows.
    pub fn distinct(&self, column: usize) -> u64 {
        let rows = self.rows.max(1);
        match &self.table.columns[column].statistics {
            Some(statistics) if statistics.distinct > 0.0 => statistics.distinct as u64,
            Some(statistics) if statistics.distinct < 0.0 => {
                ((f64::from(-statistics.distinct) * rows as f64).ceil() as u64).max(1)
            }
            _ => rows,
        }
    }

    /// The plan, with a choice for each column that has none yet.
    pub fn finish(mut self) -> (TablePlan, Vec<String>, Vec<Error>) {
        for column in 0..self.columns.len() {
            if self.columns[column].pick.is_none() && self.columns[column].form.is_some() {
                self.columns[column].pick = Some(self.rest(column));
            }
        }
        // The value that another one is above of is the one at its position.
        let bases: Vec<usize> = self.columns.iter().filter_map(|drafted| drafted.bounds.above).collect();
        let columns =
            self.columns.into_iter().zip(&self.table.columns).enumerate().map(|(at, (drafted, column))| {
                let (form, pick) = (drafted.form?, drafted.pick?);
                let is_null = matches!(pick, Pick::Null);
                let nulls = if drafted.bounds.not_null || is_null { 0 } else { share(drafted.null_share) };
                let common = column.statistics.iter().flat_map(|statistics| &statistics.common);
                let takes_common = matches!(pick, Pick::Uniform(_)) && !bases.contains(&at);
                // The shares of the statistics are of all rows, those here of the values that are not NULL.
                let mut sum = 0.0;
                let common = common.filter(|_| takes_common).map(|(value, of_all)| {
                    sum += f64::from(*of_all) / (1.0 - drafted.null_share).max(f64::EPSILON);
                    (share(sum), value.clone())
                });
                let common = common.collect();
                Some(ColumnPlan {
                    seed: self.seed.part("column").part(&column.name),
                    nulls,
                    pick,
                    form,
                    common,
                })
            });
        let columns = columns.collect();
        let plan =
            TablePlan { rows: self.rows, first_row: self.first_row, columns, references: self.references };
        (plan, self.notes, self.faults)
    }

    fn rest(&self, column: usize) -> Pick {
        let drafted = &self.columns[column];
        if drafted.bounds.is_null {
            return Pick::Null;
        }
        let steps = self.steps(column, self.distinct(column));
        let has_position = |other: &usize| !matches!(self.columns[*other].pick, Some(Pick::Reference(..)));
        match drafted.bounds.above.filter(has_position) {
            Some(other) => {
                // As far above as the ranges of both columns are apart, and at least a little.
                let span = steps.position(steps.count - 1).saturating_sub(steps.first).unsigned_abs();
                Pick::Above(other, (span / 8).max(1))
            }
            None => Pick::Uniform(steps),
        }
    }
}
