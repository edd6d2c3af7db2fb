//! Guards: what the rows of a new version table have to be like before others see them.

mod accept;
mod faults;
mod kinds;
mod many;
mod past;
mod queries;
mod ways;

use pghaul_test_support::{Case, Outcome, case};
use serde_json::Value;

/// The columns of the guarded table.
const COLUMNS: &str = "id:int email:varchar(50) age:int created:date price:decimal(10,2) seen:datetime";

/// So many rows of users that pass all that tests ask for.
fn rows(count: usize) -> String {
    (1..=count)
        .map(|id| format!("{id}|u{id}@x|{}|2020-01-{:02}|1.5|2020-01-01 10:00:00\n", 18 + id, id))
        .collect()
}

/// Writes `crm_v1` with these rows of users.
fn dump(case: &Case, rows: &str) {
    case.dump("crm_v1", &[("users", COLUMNS, rows)]);
}

/// A case with these guards of users, and four rows that it has loaded with `args`.
fn loaded(guards: &str, args: &str) -> Case {
    let case = case!();
    case.config(&format!("guard: {{users: {guards}}}"));
    dump(&case, &rows(4));
    case.load(args);
    case
}

/// What the guards of the only unit have found: `status guard: found`, one to a line.
fn found(outcome: &Outcome) -> String {
    let text = |guard: &Value, key: &str| guard[key].as_str().unwrap().to_owned();
    let guards = outcome.units()[0]["guards"].as_array().cloned().unwrap_or_default();
    let line = |guard: &Value| {
        format!("{} {}: {}", text(guard, "status"), text(guard, "guard"), text(guard, "found"))
    };
    guards.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Runs with `args`: the unit must fail by a guard, and nothing in the database may have changed.
#[track_caller]
fn refused(case: &Case, args: &str) -> Outcome {
    let before = case.everything();
    let outcome = case.ends_with(1, args);
    let error = outcome.units()[0]["error"].as_str().unwrap();
    assert!(error.contains(": not published, since its guards refuse it: "), "{error}");
    assert_eq!(outcome.units()[0]["status"], "failed");
    assert_eq!(case.everything(), before);
    outcome
}
