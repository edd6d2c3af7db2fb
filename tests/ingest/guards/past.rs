//! What was loaded before: the median of the last loads that went well, and the warning that needs no configuration.

use super::{dump, found, loaded, refused, rows};
use pghaul_test_support::{case, pghaul};

#[test]
fn the_median_is_that_of_the_last_loads_and_failed_ones_leave_it_alone() {
    let case = loaded("{rows: '>= 90% of median(3)'}", "");
    for (count, code, said) in [
        (10, 0, "passed rows >= 90% of median(3): 10 rows, where >= 4 are expected; the last load: 4"),
        (10, 0, "passed rows >= 90% of median(3): 10 rows, where >= 7 are expected; the last loads: 10, 4"),
        (
            8,
            1,
            "refused rows >= 90% of median(3): 8 rows, where >= 9 are expected; the last loads: 10, 10, 4",
        ),
        (
            8,
            1,
            "refused rows >= 90% of median(3): 8 rows, where >= 9 are expected; the last loads: 10, 10, 4",
        ),
        (9, 0, "passed rows >= 90% of median(3): 9 rows, where >= 9 are expected; the last loads: 10, 10, 4"),
    ] {
        dump(&case, &rows(count));
        assert_eq!(found(&case.ends_with(code, "--force")), said);
    }
    let history = "SELECT string_agg(guards -> 0 ->> 'status', ' ' ORDER BY run) FROM pghaul.history";
    assert_eq!(case.db.one(history), "passed passed passed refused refused passed");
}

#[test]
fn without_a_history_a_share_passes() {
    let case = loaded("{rows: ['>= 90% of median(7)', '>= 90% of last']}", "");
    case.db.execute("DELETE FROM pghaul.runs");
    dump(&case, &rows(2));
    let outcome = refused(&case, "");
    let expected = "passed rows >= 90% of median(7): 2 rows; nothing to compare with\n\
                    refused rows >= 90% of last: 2 rows, where >= 4 are expected; the last load: 4";
    assert_eq!(found(&outcome), expected, "the ledger knows the last load");
}

#[test]
fn the_history_of_an_earlier_version_gets_what_it_lacks() {
    let case = loaded("{rows: '>= 90% of median(7)'}", "");
    case.db.execute("ALTER TABLE pghaul.history DROP COLUMN guards, DROP COLUMN schema_name");
    dump(&case, &rows(2));
    let outcome = refused(&case, "");
    assert!(
        found(&outcome).ends_with("2 rows, where >= 4 are expected; the last load: 4"),
        "{}",
        found(&outcome)
    );
    assert_eq!(
        case.db.one("SELECT count(*) FROM pghaul.history WHERE guards <> '[]' AND schema_name = 'public'"),
        "1"
    );
}

#[test]
fn loads_into_another_schema_are_others() {
    let case = loaded("{rows: '>= 90% of median(7)'}", "");
    case.db.execute("CREATE SCHEMA other");
    let url = case.db.url();
    dump(&case, &rows(1));
    let run = pghaul!(case.work)
        .args(["ingest", "dumps", "--db", &format!("{url}&options=-csearch_path%3Dother"), "--report", "-"])
        .run();
    run.assert_code(0).assert_stdout_has("1 row; nothing to compare with");
    assert_eq!(case.db.one("SELECT count(*) FROM other.v1_users"), "1");
}

#[test]
fn fewer_than_half_are_warned_about_without_any_configuration() {
    let case = case!();
    for (count, warns) in [(10, false), (5, false), (2, true), (0, true), (0, false)] {
        dump(&case, &rows(count));
        let outcome = case.ends_with(0, "--force");
        let warned = outcome.run.stderr.contains("which is less than half of the ");
        assert_eq!(warned, warns, "{count}: {}", outcome.run.stderr);
        let expected = if warns { "warned rows >= 50% of last: " } else { "" };
        assert!(found(&outcome).starts_with(expected) && found(&outcome).is_empty() != warns);
    }
    dump(&case, &rows(10));
    case.load("");
    dump(&case, &rows(4));
    let outcome = case.ends_with(0, "");
    let warning = "4 rows, which is less than half of the 10 of the last load; a guard keeps such a dump out: \
                   guard: {users: {rows: '>= 50% of last'}}";
    outcome.run.assert_stderr_has(&format!("warning: crm_v1.zip/users.dat: {warning}"));
    assert_eq!(outcome.units()[0]["warnings"][0], warning);
    // That guard, as the warning writes it.
    case.config("guard: {users: {rows: '>= 50% of last'}}");
    dump(&case, &rows(1));
    assert!(
        found(&refused(&case, "")).starts_with("refused rows >= 50% of last: 1 row, where >= 2 are expected")
    );
    // A guard of the rows takes the place of the warning.
    case.config("guard: {users: {rows: '>= 1% of last'}}");
    assert!(!case.ends_with(0, "").run.stderr.contains("less than half"));
}
