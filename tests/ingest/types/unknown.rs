//! Types that nothing is known of.

use super::{MSSQL, dump_of};
use pghaul_test_support::{Dump, ingest, says};

#[test]
fn what_is_no_type_for_a_column_is_unknown() {
    let ingest = ingest!();
    ingest.db.execute("CREATE TABLE precious (a int)");
    // The row type of a table, PostgreSQL's own type that cuts its values, and one that only functions have.
    for name in ["precious", "precious[]", "name", "record", "table", "no_schema.flag", "serial)"] {
        ingest.dump(MSSQL, &dump_of(&["int", name]));
        let message = ingest.refused();
        says(&message, &["lms_v1.zip/t.json, column c1: type map mssql does not know the type `", name, "`"]);
    }
}

#[test]
fn an_unknown_type_is_one_message_whose_line_makes_it_known() {
    let ingest = ingest!();
    for (version, table) in [("v1", "a"), ("v1", "b"), ("v2", "a")] {
        let name = format!("shop_{version}{table}.zip");
        let columns = [("id", "int"), ("x", "frobnicator(3)"), ("y", "frobnicator(3)"), ("z", "flag")];
        ingest.dump(&name, &Dump::new().table(table, &columns, "id|x|y|z\n1|2|3|4\n"));
    }
    let messages = ingest.refuses_all(ingest.command());
    assert_eq!(
        messages,
        [
            "shop_v1a.zip/a.json, column x and 5 more places, such as shop_v1a.zip/a.json, column y and shop_v1b.zip/b.json, \
             column x: type map mysql does not know the type `frobnicator(3)`, and PostgreSQL has no such type; add it in \
             xport_cfg.dialects, with the PostgreSQL type that fits: \
             {match: '*', types: {extends: mysql, 'frobnicator(n)': text}}",
            "shop_v1a.zip/a.json, column z and 2 more places, such as shop_v1b.zip/b.json, column z and \
             shop_v2a.zip/a.json, column z: type map mysql does not know the type `flag`, and PostgreSQL has no such type; \
             add it in xport_cfg.dialects, with the PostgreSQL type that fits: \
             {match: '*', types: {extends: mysql, 'flag': text}}",
        ]
    );
    let (_, line) = messages[0].split_once("fits: ").unwrap();
    ingest.config(&format!("xport_cfg:\n  dialects:\n  - {line}\n"));
    let message = ingest.refused();
    says(
        &message,
        &[
            "type map xport_cfg.dialects[0].types does not know the type `flag`",
            "add it there",
            "'flag': text",
        ],
    );
    let (_, line) = message.split_once("fits: ").unwrap();
    ingest.config(&format!(
        "xport_cfg:\n  dialects:\n  - {{match: '*', types: {{extends: mysql, 'frobnicator(n)': text, {line}}}}}\n"
    ));
    ingest.loads();
    assert_eq!(ingest.db.one("SELECT string_agg(x || y || z, ' ') FROM a"), "234 234");
}

#[test]
fn all_types_that_are_unknown_are_told_at_once() {
    let ingest = ingest!();
    ingest.dump(MSSQL, &dump_of(&["flag", "bit(8)", "int;", "Name", "flag"]));
    let messages = ingest.refuses_all(ingest.command());
    assert_eq!(messages.len(), 4, "{messages:#?}");
    let told = messages.join("\n");
    says(
        &told,
        &[
            "`bit(8)`; mysql has it as bit(8), which contradicts mssql: it has `bit` as boolean; add it",
            "'bit(8)': bit(8)",
        ],
    );
    says(&told, &["`int;`", "write the type in the descriptor as its database does"]);
    says(
        &told,
        &["column c0 and lms_v1.zip/t.json, column c4: type map mssql does not know the type `flag`"],
    );
    assert!(told.contains("column c3: type map mssql does not know the type `Name`"), "{told}");
}

#[test]
fn types_are_told_with_other_faults_before_the_database_is_asked() {
    let ingest = ingest!();
    let columns = [("a", "flag"), ("b", "int;"), ("c", "timestamptz")];
    ingest.dump(MSSQL, &Dump::new().table("t", &columns, "a|b|c|d\n").table("u", &columns, "a|b|c\n"));
    let messages = ingest.refuses_all(ingest.command());
    assert_eq!(messages.len(), 3, "{messages:#?}");
    says(&messages[0], &["lms_v1.zip/t.dat, line 1, column d: the descriptor does not list this column"]);
    says(&messages[1], &["column b and lms_v1.zip/u.json, column b: ", "`int;`"]);
    says(
        &messages[2],
        &[
            "column a and lms_v1.zip/u.json, column a: ",
            "`flag`, and unless the database has one of that name, nothing does",
            "add it",
        ],
    );
}
