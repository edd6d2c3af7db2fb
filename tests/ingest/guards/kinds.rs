//! Each kind of guard, at its bound and beyond it.

use super::{dump, found, loaded, refused, rows};
use pghaul_test_support::case;

/// A row with other values in place of the usual ones.
fn row(id: &str, email: &str, age: &str, created: &str, price: &str, seen: &str) -> String {
    format!("{id}|{email}|{age}|{created}|{price}|{seen}\n")
}

#[test]
fn rows_that_follow_a_guard_pass_and_others_are_refused_with_the_figures() {
    let usual = rows(4);
    let more = |row: String| format!("{usual}{row}");
    for (guard, good, bad, said) in [
        ("rows: '>= 4'", rows(4), rows(3), "refused rows >= 4: 3 rows; the last loads: 4, 4"),
        ("rows: '2..4'", rows(2), rows(5), "refused rows 2..4: 5 rows; the last loads: 2, 4"),
        (
            "not_null: [EMAIL]",
            rows(5),
            more(row("5", "NULL", "20", "NULL", "1", "NULL")),
            "refused not_null email: 1 NULL in 5 rows",
        ),
        (
            "nulls: {email: <= 20%}",
            more(row("5", "NULL", "20", "NULL", "1", "NULL")),
            format!("{}{}", rows(3), row("5", "NULL", "20", "NULL", "1", "NULL")),
            "refused nulls email <= 20%: 25.00%, 1 NULL in 4 rows",
        ),
        (
            "unique: [id]",
            rows(5),
            more(row("4", "x", "20", "NULL", "1", "NULL")),
            "refused unique id: 1 value stands in several rows, such as \"4\"",
        ),
        (
            "unique: [[age, created]]",
            more(row("5", "x", "22", "NULL", "1", "NULL")),
            more(row("5", "x", "22", "2020-01-04", "1", "NULL")),
            "refused unique age, created: 1 value stands in several rows, such as \"22, 2020-01-04\"",
        ),
        ("range: {age: '19..23'}", rows(5), rows(6), "refused range age 19..23: 19 to 24"),
        (
            "range: {created: '>= 2020-01-01'}",
            rows(5),
            more(row("5", "x", "20", "1999-12-31", "1", "NULL")),
            "refused range created >= 2020-01-01: 1999-12-31 to 2020-01-04",
        ),
        (
            "range: {seen: '..2020-01-01 10:00:00'}",
            rows(5),
            more(row("5", "x", "20", "NULL", "1", "2020-01-01 10:00:00.000001")),
            "refused range seen <= 2020-01-01 10:00:00: 2020-01-01 10:00:00 to 2020-01-01 10:00:00.000001",
        ),
        (
            "range: {seen: '> 1960-01-01'}",
            more(row("5", "x", "20", "NULL", "1", "1969-12-31 23:59:59.999")),
            more(row("5", "x", "20", "NULL", "1", "1959-12-31 23:59:59.999")),
            "refused range seen > 1960-01-01: 1959-12-31 23:59:59.999 to 2020-01-01 10:00:00",
        ),
        (
            "range: {price: '< 2'}",
            rows(5),
            more(row("5", "x", "20", "NULL", "2.00", "NULL")),
            "refused range price < 2: 1.50 to 2.00",
        ),
        (
            "range: {email: 'u..v'}",
            rows(5),
            more(row("5", "x", "20", "NULL", "2.00", "NULL")),
            "refused range email u..v: u1@x to x",
        ),
        (
            "sql: ['SELECT count(*) < 6 FROM {new}']",
            rows(5),
            rows(6),
            "refused sql SELECT count(*) < 6 FROM {new}: false",
        ),
        (
            "sql: ['SELECT bool_and(age < 100) FROM {new};']",
            rows(5),
            String::new(),
            "refused sql SELECT bool_and(age < 100) FROM {new}: NULL",
        ),
    ] {
        let case = loaded(&format!("{{{guard}}}"), "");
        dump(&case, &good);
        let passed = case.ends_with(0, "--force");
        assert!(found(&passed).starts_with("passed "), "{guard}: {}", found(&passed));
        dump(&case, &bad);
        let outcome = refused(&case, "");
        assert_eq!(found(&outcome).lines().next(), Some(said), "{guard}");
        let remedy = "; the old rows stay; correct the dump, or publish it as it is, this once, with --accept v1_users";
        outcome.run.assert_stderr_has("error: crm_v1.zip/users.dat: not published").assert_stderr_has(remedy);
    }
}

#[test]
fn same_columns_are_those_of_the_last_load_with_their_types() {
    let case = case!();
    case.config("guard: {'*': {columns: same}}");
    let dump = |columns: &str, rows: &str| drop(case.dump("crm_v1", &[("users", columns, rows)]));
    dump("id:int email:text", "1|a\n");
    assert_eq!(found(&case.ends_with(0, "")), "passed columns same: nothing to compare with");
    dump("email:text id:int", "b|2\n");
    assert_eq!(found(&case.ends_with(0, "")), "passed columns same: the same", "the order does not matter");
    dump("id:int mail:text", "1|a\n");
    let outcome = refused(&case, "");
    assert_eq!(found(&outcome), "refused columns same: email gone, mail new");
    outcome.run.assert_stderr_has(
        "warning: crm_v1.zip/users.dat: no longer has the column email, which the mother has: NULL in every row of \
         v1_users; look for a column that was renamed",
    );
}

#[test]
fn a_column_that_the_data_file_lacks_is_null_in_every_row() {
    let case = loaded("{nulls: {email: '<= 50%'}, range: {email: 'u..v'}}", "");
    case.dump(
        "crm_v1",
        &[("users", "id:int age:int created:date price:decimal(10,2) seen:datetime", "1|2|NULL|1|NULL\n")],
    );
    let outcome = refused(&case, "");
    let expected = "refused nulls email <= 50%: 100.00%, 1 NULL in 1 row\npassed range email u..v: no value\n\
                    warned rows >= 50% of last: 1 row, which is less than half of the 4 of the last load";
    assert_eq!(found(&outcome), expected);
}

#[test]
fn the_plan_shows_the_guards_of_a_unit() {
    let case = loaded("{rows: '>= 90% of median(7)', columns: same, unique: [id]}", "");
    case.plan().assert_stdout_has("\n--   guards: rows >= 90% of median(7); columns same; unique id\n");
}
