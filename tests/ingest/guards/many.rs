//! Guards of data files that many streams load: in the transaction that publishes.

use super::{found, refused};
use crate::dumps::LARGE_BYTES;
use pghaul_test_support::{Case, case};

const ROWS: usize = 140_000;
const GUARDS: &str = "{rows: '>= 140000', not_null: [name], range: {id: '1..140000'}, sql: ['SELECT count(*) = 140000 FROM {new}']}";

/// A data file of so many rows; the row `bad` has no name, and a number that is too high.
fn large(case: &Case, bad: Option<usize>) {
    let filler = "x".repeat(500);
    let row = |id: usize| match bad {
        Some(bad) if bad == id => format!("{}|NULL|{filler}\n", ROWS + 7),
        _ => format!("{id:08}|n|{filler}\n"),
    };
    let rows: String = (1..=ROWS).map(row).collect();
    assert!(rows.len() > LARGE_BYTES);
    case.dump("crm_v1", &[("events", "id:int name:text filler:text", &rows)]);
}

#[test]
fn many_streams_are_judged_together_before_their_rows_are_seen() {
    let case = case!();
    case.config(&format!("guard: {{events: {GUARDS}}}"));
    large(&case, None);
    let outcome = case.ends_with(0, "--workers 4 -v");
    outcome.run.assert_stderr_has("rows by 4 streams");
    let passed = "passed rows >= 140000: 140,000 rows\npassed not_null name: 0 NULLs in 140,000 rows\n\
                  passed range id 1..140000: 1 to 140000\npassed sql SELECT count(*) = 140000 FROM {new}: true";
    assert_eq!(found(&outcome), passed);
    large(&case, Some(77_777));
    for args in ["--workers 4 -v", "--workers 4 -v --mothers recreate"] {
        let outcome = refused(&case, args);
        outcome.run.assert_stderr_has("rows by 4 streams");
        let expected = "passed rows >= 140000: 140,000 rows; the last load: 140,000\nrefused not_null name: 1 NULL in \
                        140,000 rows\nrefused range id 1..140000: 1 to 140007\npassed sql SELECT count(*) = 140000 FROM {new}: true";
        assert_eq!(found(&outcome), expected, "{args}");
        assert_eq!(case.tables(), "events v1_events");
    }
    // The server refuses the row: one stream loads the others once more, and nothing is counted twice.
    case.db.execute("ALTER TABLE events ADD CONSTRAINT named CHECK (name IS NOT NULL)");
    let outcome = refused(&case, "--workers 4 -v --max-rejects 1");
    outcome.run.assert_stderr_has("loading it once more, the careful way");
    let expected = "refused rows >= 140000: 139,999 rows; the last load: 140,000\npassed not_null name: 0 NULLs in \
                    139,999 rows\npassed range id 1..140000: 1 to 140000\nrefused sql SELECT count(*) = 140000 FROM {new}: false";
    assert_eq!(found(&outcome), expected);
}
