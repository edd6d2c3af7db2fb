//! Rules that cannot be: each is named with its line, what was meant, and what fits. `--plan` shows those that can.

use pghaul_test_support::{Dump, Encryption, case, ingest, messages, says};

#[test]
fn a_column_that_no_version_has_is_named_with_its_line_and_the_nearest() {
    let ingest = ingest!();
    ingest.dump(
        "lms_v1.zip",
        &Dump::new().table("users", &[("id", "int"), ("email", "text")], "id|email\n1|a\n"),
    );
    ingest.config("max_workers: 1\ncolumns:\n  users:\n    emial: {trim: true}\n    id: {trim: true}\n    zip: {trim: true}\n");
    let run = ingest.command().run();
    run.assert_code(2);
    let said = messages(&run);
    assert_eq!(said.len(), 2, "{said:?}");
    says(
        &said[0],
        &["config.yml, line 4: columns.users.emial: no version has this column", "did you mean email?"],
    );
    says(&said[1], &["config.yml, line 6: columns.users.zip: ", "the columns are email, id"]);
    assert!(ingest.tables().is_empty());
    // A pattern may match tables without the column, and a table may be in the dumps of another run.
    ingest.config("columns: {'*': {zip: {trim: true}}, user: {email: {trim: true}}}\n");
    let run = ingest.loads();
    run.assert_stderr_has("columns.*.zip: no version has this column");
    run.assert_stderr_has("columns.user: no dump has this table; did you mean users?");
}

#[test]
fn the_plan_shows_rules_as_they_can_be_written() {
    let case = case!();
    case.config("columns:\n  users:\n    email: {trim: true, null_if: [\"it's\", n/a]}\n    age: {bad: null, max_bad: 0.5%}\n");
    case.dump("lms_v1", &[("users", "id:int email:text age:int", "1|a|2\n")]);
    let plan = case.plan().stdout;
    assert!(plan.contains("\n--   rule age: {bad: null, max_bad: 0.5%}\n--   rule email: {trim: true, null_if: ['it''s', 'n/a']}\n"), "{plan}");
}

#[test]
fn a_column_that_must_not_be_null_cannot_have_bad_null() {
    let case = case!();
    case.db.execute("CREATE TABLE users (id int, age int NOT NULL)");
    case.config("mother_tables: {users: {id: int}}\ncolumns: {users: {age: {bad: null}}}\n");
    case.dump("lms_v1", &[("users", "id:int age:int", "1|2\n")]);
    let run = case.ingest("").run();
    run.assert_code(2);
    run.assert_stderr_has("columns.users.age: bad: null, but the mother table does not allow NULL there");
}

#[test]
fn values_of_an_encrypted_dump_are_not_written_as_plain_text_unless_that_is_said() {
    let ingest = ingest!();
    let dump = Dump::new()
        .table("users", &[("id", "int"), ("age", "int")], "id|age\n1|old\n")
        .encrypted(Encryption::Aes);
    ingest.dump("lms_v1.zip", &dump);
    ingest.config("columns: {users: {age: {bad: null}}}\n");
    let refused = ingest.refuses(ingest.command().env("PGHAUL_ZIP_PASSWORD", "secret"));
    says(
        &refused,
        &["lms_v1.zip", "is encrypted, and bad: null would write values of it", "rejects: {plain: true}"],
    );
    ingest.config("rejects: {plain: true}\ncolumns: {users: {age: {bad: null}}}\n");
    ingest.command().env("PGHAUL_ZIP_PASSWORD", "secret").run().assert_code(0);
}
