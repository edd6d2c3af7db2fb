//! A table whose column of values is what a test is about.

use pghaul_test_support::{Case, Outcome, case};

/// A case with domains and an enum, whose mother `t` has a column `v` of this type; `more` follows in the configuration. With a column
/// of XML, which has no encoder, all rows go out as text.
pub fn case_of(type_name: &str, as_text: bool, more: &str) -> Case {
    let case = case!();
    case.db.execute(
        "CREATE DOMAIN price AS numeric(10,2); CREATE DOMAIN cost AS numeric(10,2) CHECK (VALUE > 0); CREATE DOMAIN day AS date; CREATE DOMAIN days AS day[]; \
         CREATE TYPE mood AS ENUM ('sad', 'ok');",
    );
    let xml = if as_text { ", x xml" } else { "" };
    case.db.execute(&format!("CREATE TABLE t (id int, v {type_name}{xml})"));
    case.config(&format!("mother_tables: {{t: {{id: int}}}}\n{more}"));
    case
}

/// Loads these values, each in a row and in quotes.
pub fn load(case: &Case, values: &[&str], as_text: bool, flags: &str) -> Outcome {
    let end = if as_text { "|<a/>" } else { "" };
    let quoted = |value: &str| format!("`{}`", value.replace('`', "``"));
    let rows: String =
        values.iter().enumerate().map(|(id, value)| format!("{id}|{}{end}\n", quoted(value))).collect();
    let columns = if as_text { "id:int v:text x:text" } else { "id:int v:text" };
    case.dump("lms_v1", &[("t", columns, &rows)]);
    Outcome::of(case.ingest(flags).run())
}
