//! A remedy fits its cause: a refused value says its type in the descriptor, its column's type and who chose that, and what
//! helps. "Correct the row" is said only where the row is at fault.

use pghaul_test_support::{Case, case};

/// A dump of one column `v` of this type, with one value, into the mother `t`; what is said.
#[track_caller]
fn refused(case: &Case, source_type: &str, value: &str, flags: &str) -> String {
    case.dump("lms_v1", &[("t", &format!("id:int v:{source_type}"), &format!("1|{value}\n"))]);
    let run = case.ingest(flags).run();
    assert!([1, 2].contains(&run.code), "{} {}", run.code, run.stderr);
    run.stderr
}

fn mysql() -> Case {
    let case = case!();
    case.config("xport_cfg: {dialects: [{match: '*', types: mysql}]}\n");
    case
}

#[test]
fn the_type_map_has_chosen_the_type() {
    for (source_type, value, texts) in [
        (
            "decimal(10,2)",
            "1.234",
            [
                "\"1.234\" does not fit numeric(10,2), which would make it \"1.23\"",
                "(decimal(10,2) in the descriptor, numeric(10,2) by the type map mysql)",
                "to load columns of this type as numeric, in xport_cfg.dialects write {match: '*', types: {extends: mysql, 'decimal(10,2)': numeric}}",
            ],
        ),
        (
            "varchar(3)",
            "abcd",
            [
                "value too long for type character varying(3) (SQLSTATE 22001)",
                "(varchar(3) in the descriptor, character varying(3) by the type map mysql)",
                "{extends: mysql, 'varchar(3)': text}}, and load with --mothers widen",
            ],
        ),
        (
            "decimal(4,2)",
            "123.45",
            [
                "numeric field overflow (SQLSTATE 22003)",
                "(decimal(4,2) in the descriptor,",
                "'decimal(4,2)': numeric}}",
            ],
        ),
        (
            "int",
            "99999999999",
            [
                "out of range for type integer",
                "(int in the descriptor, integer by the type map mysql)",
                "'int': bigint}}, and load with --mothers widen",
            ],
        ),
        (
            "tinyint(1)",
            "2",
            [
                "invalid input syntax for type boolean",
                "it holds numbers, as MySQL's tinyint(1) may: to load columns of this type as smallint",
                "{extends: mysql, 'tinyint(1)': smallint}}, and load with --mothers recreate",
            ],
        ),
        (
            "time",
            "838:59:59",
            [
                "(time in the descriptor, time without time zone by the type map mysql)",
                "it is a span of time, as MySQL's time may be: to load columns of this type as interval",
                "{extends: mysql, 'time': interval}}, and load with --mothers recreate",
            ],
        ),
        (
            "bit(1)",
            "\u{1}",
            [
                "invalid input syntax for type boolean",
                "a bit was written as a byte, as MySQL's clients do: export the column as a number, col+0",
                "nothing of this unit was loaded",
            ],
        ),
    ] {
        let case = mysql();
        let said = refused(&case, source_type, value, "");
        assert!(said.contains("lms_v1.zip/t.dat, line 2, column v: "), "{source_type}: {said}");
        for text in texts {
            assert!(said.contains(text), "{source_type}: {text}: {said}");
        }
        assert!(!said.contains("correct the row"), "{source_type}: {said}");
    }
}

#[test]
fn what_the_remedy_says_loads_the_dump() {
    for (source_type, value, target) in [
        ("decimal(10,2)", "1.234", "numeric"),
        ("tinyint(1)", "2", "smallint"),
        ("time", "838:59:59", "interval"),
        ("varchar(3)", "abcd", "text"),
        ("int", "3000000000", "bigint"),
        ("smallint", "70000", "integer"),
        ("date", "2019-02-27 11:59:00", "timestamp without time zone"),
        ("datetime(3)", "2019-02-27 11:59:00.1234", "timestamp without time zone"),
        ("datetime", "2019-02-27 11:59:00+02:00", "timestamp with time zone"),
    ] {
        let case = mysql();
        let said = refused(&case, source_type, value, "");
        // The entry and the flag are taken from the message as they are.
        let (_, entry) = said.split_once("in xport_cfg.dialects write ").unwrap();
        let (entry, flag) = entry.split_once(", and load with ").unwrap();
        let (flag, _) = flag.split_once(';').unwrap();
        case.config(&format!("xport_cfg: {{dialects: [{entry}]}}\n"));
        case.ends_with(0, flag);
        let held = case.db.one("SELECT v::text FROM t");
        assert!(held == value || held == "2019-02-27 09:59:00+00", "{held}: {said}");
        let type_name = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'v'";
        assert_eq!(case.db.one(type_name), target, "{said}");
    }
}

#[test]
fn the_mother_has_chosen_the_type() {
    let case = mysql();
    case.dump("lms_v1", &[("t", "id:int v:decimal(10,2)", "1|1.23\n")]);
    case.ends_with(0, "");
    let said = refused(&case, "decimal(10,4)", "1.2345", "");
    for text in [
        "\"1.2345\" does not fit numeric(10,2), which would make it \"1.23\"",
        "(decimal(10,4) in the descriptor, numeric(10,2) in the mother t)",
        "the type map makes it numeric(10,4): load with --mothers widen, which makes the mother's numeric(12,4), or with --mothers recreate",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
    case.ends_with(0, "--mothers widen");
    assert_eq!(case.db.one("SELECT v::text FROM t"), "1.2345");
}

#[test]
fn a_mother_without_a_column_of_the_version_would_show_only_nulls() {
    let case = mysql();
    case.dump("lms_v1", &[("t", "id:int v:text", "1|a\n")]);
    case.ends_with(0, "");
    case.dump("lms_v2", &[("t", "key:int name:text", "1|a\n")]);
    for flags in ["", "--mothers widen"] {
        let run = case.ingest(flags).run();
        run.assert_code(2).assert_stderr_has(
            "has none of the columns of the mother t, which are id, v: the mother would show only NULLs",
        );
    }
}

#[test]
fn mother_tables_has_chosen_the_type() {
    let case = case!();
    case.config(
        "mother_tables: {t: {id: integer, v: date}}\nxport_cfg: {dialects: [{match: '*', types: mysql}]}\n",
    );
    let said = refused(&case, "datetime", "2019-02-27 11:59:00", "");
    for text in [
        "\"2019-02-27 11:59:00\" does not fit date, which would make it \"2019-02-27\"",
        "(datetime in the descriptor, date in mother_tables.t)",
        "change its type in mother_tables.t, and load with --mothers recreate",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
}

#[test]
fn the_row_is_at_fault() {
    let case = mysql();
    let said = refused(&case, "int", "12x", "");
    assert!(
        said.contains(
            "(int in the descriptor, integer by the type map mysql); correct the row in the data file"
        ),
        "{said}"
    );
}

#[test]
fn a_zero_date_that_is_kept_names_null_if() {
    let case = case!();
    case.config("xport_cfg: {dialects: [{match: '*', types: {extends: mysql, null_if: {date: []}}}]}\n");
    let said = refused(&case, "date", "0000-00-00", "");
    assert!(said.contains("add to the type map xport_cfg.dialects[0].types: null_if: {date: "), "{said}");
}

#[test]
fn a_key_that_the_mother_counts_by_itself() {
    let case = case!();
    case.config(
        "xport_cfg: {dialects: [{match: '*', types: mysql}]}\nmother_tables: {t: {id: int, v: text}}\n",
    );
    case.db.execute("CREATE TABLE t (key serial PRIMARY KEY, id int, v text)");
    let said = refused(&case, "text", "x", "");
    assert!(said.contains("column key: "), "{said}");
    assert!(said.contains("a default or a serial of the mother does not fill it: drop the column, or ALTER TABLE \"t\" ALTER COLUMN \"key\" DROP NOT NULL"), "{said}");
}
