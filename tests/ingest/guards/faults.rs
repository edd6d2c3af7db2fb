//! Guards that are written wrong, or that ask about what is not there: all is said before anything is touched.

use super::{COLUMNS, rows};
use pghaul_test_support::{Ingest, case, ingest, pghaul};

const CONFIG: &str = "\
guard:
  t:
    rows: '90%'
    columns: equal
    nulls:
      name: 5
    range: {id: '18'}
    sql: ['SELECT count(*) > 0 FROM {nwe}']
";

#[test]
fn each_malformed_guard_is_named_with_its_line_and_what_fits() {
    let ingest: Ingest = crate::dumps::two_rows();
    ingest.config(CONFIG);
    let messages = ingest.refuses_all(ingest.command());
    let expected = [
        "config.yml, line 3: guard.t.rows: \"90%\" is no bound of rows; write for example '>= 1000', '1000..5000', '>= 90% of \
         median(7)' or '>= 50% of last'",
        "config.yml, line 4: guard.t.columns: \"equal\" is not known; write same",
        "config.yml, line 6: guard.t.nulls.name: \"5\" is no bound of a share of NULLs; write for example '<= 5%'",
        "config.yml, line 7: guard.t.range.id: \"18\" is no range; write for example '18..120' or '>= 2000-01-01'",
        "config.yml, line 8: guard.t.sql[0]: names a table that guards do not have; did you mean {new}? The tables are {new}, \
         {old}, {mother}",
    ];
    assert_eq!(messages, expected);
    let check = pghaul!(ingest.work).args(["config", "check"]).run();
    check.assert_code(2);
    for (line, message) in check.stderr.lines().zip(expected) {
        let message = message.split_once(": ").unwrap().1;
        assert!(line.starts_with("error: config.yml:") && line.ends_with(message), "{line}");
    }
    ingest.config("guard:\n  t:\n    row: '>= 1'\n");
    let message = ingest.refused();
    assert!(message.contains("line 3") && message.ends_with("did you mean `rows`?"), "{message}");
}

#[test]
fn columns_and_bounds_that_do_not_fit_are_faults_of_the_plan() {
    let ingest = ingest!();
    ingest.unit(&[("id", "int"), ("email", "varchar(20)"), ("doc", "xml")], "id|email|doc\n1|a|<a/>\n");
    ingest.config(
        "guard:\n  t:\n    not_null: [emial]\n    unique: [doc]\n    range:\n      id: a..b\n      email: z..a\n  '*':\n    \
         not_null: [nowhere]\nxport_cfg: {dialects: [{match: '*', types: {extends: mysql, xml: xml}}]}\n",
    );
    for args in [&["--plan"][..], &[]] {
        let messages = ingest.refuses_all(ingest.command().args(args)).join("\n");
        for expected in [
            "config.yml, line 3: guard.t.not_null[0]: no version has a column emial; did you mean email?",
            "config.yml, line 4: guard.t.unique[0]: its values cannot be compared: could not identify an equality operator",
            "config.yml, line 6: guard.t.range.id: does not fit integer: invalid input syntax for type integer: \"a\"",
            "config.yml, line 7: guard.t.range.email: no value lies within z..a; write the least value before the greatest",
        ] {
            assert!(messages.contains(expected), "{expected}\n{messages}");
        }
        // Of a pattern, the tables may be in other dumps.
        assert!(!messages.contains("nowhere"), "{messages}");
    }
}

#[test]
fn a_table_that_no_dump_has_is_warned_about_and_a_pattern_takes_what_has_its_columns() {
    let case = case!();
    case.config("guard: {usres: {rows: '>= 1'}, '*': {not_null: [email]}}");
    case.dump("crm_v1", &[("users", COLUMNS, &rows(2)), ("orders", "id:int", "1\n")]);
    let plan = case.plan();
    plan.assert_stderr_has("warning: guard.usres: no dump has this table; did you mean users?");
    assert_eq!(plan.stdout.matches("--   guards: not_null email").count(), 1, "orders has no such column");
    assert!(!case.ends_with(0, "--table orders").run.stderr.contains("guard."));
}

#[test]
fn a_recreated_mother_that_loses_a_column_is_warned_about_in_the_run_too() {
    let case = case!();
    case.dump("crm_v1", &[("users", "id:int email:text", "1|a\n")]);
    case.load("");
    case.dump("crm_v2", &[("users", "id:int mail:text", "2|b\n")]);
    let words = "table users: loses the column email, since not all versions have it: v2_users lacks some; look for a column \
                 that was renamed; mother_tables keeps what it names, and is NULL where a version lacks it";
    case.plan_with("--mothers recreate").assert_stdout_has(words);
    case.ends_with(0, "--mothers recreate").run.assert_stderr_has(&format!("warning: {words}"));
    assert_eq!(case.columns("users"), "id integer");
}
