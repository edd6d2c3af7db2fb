//! Mothers that are worked out: the types that versions have in common.

use pghaul_test_support::{Dump, Ingest, ingest};

/// `name type, …` of the mother `t`.
fn columns(ingest: &Ingest) -> String {
    ingest.db.one(
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) \
         FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0",
    )
}

/// The types of the mother of these versions of a table `t`, which come in this order.
fn mother_of(versions: &[(&str, &[(&str, &str)])]) -> String {
    let ingest = ingest!();
    let mut command = ingest.bare_command().args(["--db", &ingest.db.url()]);
    for (version, columns) in versions {
        let header: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let path = ingest.dump(
            &format!("shop_{version}.zip"),
            &Dump::new().table("t", columns, format!("{}\n", header.join("|"))),
        );
        command = command.args([path.to_str().unwrap()]);
    }
    command.run().assert_code(0);
    columns(&ingest)
}

#[test]
fn a_mother_has_the_widest_common_types_and_its_version_tables_too() {
    let ingest = ingest!();
    let v1 = [
        ("id", "int"),
        ("total", "decimal(10,2)"),
        ("placed", "date"),
        ("name", "nvarchar(50)"),
        ("qty", "smallint"),
    ];
    let v2 = [
        ("id", "bigint"),
        ("total", "decimal(12,4)"),
        ("placed", "datetime"),
        ("name", "nvarchar(100)"),
        ("qty", "int"),
    ];
    ingest.dump(
        "lms_v1.zip",
        &Dump::new().table("t", &v1, "id|total|placed|name|qty\n1|9.50|2024-01-31|a|1\n"),
    );
    let row = "id|total|placed|name|qty\n3000000000|10.2555|2024-02-01 08:30:00.000|b|40000\n";
    ingest.dump("lms_v2.zip", &Dump::new().table("t", &v2, row));
    ingest.loads();
    assert_eq!(
        columns(&ingest),
        "id bigint, total numeric(12,4), placed timestamp without time zone, name character varying(100), qty integer"
    );
    assert_eq!(
        ingest
            .db
            .one("SELECT string_agg(concat_ws(' ', id, total, placed, name, qty), ', ' ORDER BY id) FROM t"),
        "1 9.5000 2024-01-31 00:00:00 a 1, 3000000000 10.2555 2024-02-01 08:30:00 b 40000"
    );
    assert_eq!(ingest.db.one("SELECT sum(total) FROM ONLY v2_t"), "10.2555");
}

#[test]
fn the_server_spells_common_types_as_we_do() {
    // What is spelled otherwise would make the mother differ from its own version tables in the next run.
    let pairs = [
        ("int", "decimal(5,2)", "numeric(12,2)"),
        ("char(3)", "varchar(2)", "character varying(3)"),
        ("char(3)", "char(5)", "character(5)"),
        ("datetime(3)", "date", "timestamp(3) without time zone"),
        ("timestamp(0) with time zone", "timestamptz", "timestamp with time zone"),
        ("time(0) without time zone", "time(3) without time zone", "time(3) without time zone"),
        ("bit(4)", "bit(8)", "bit varying(8)"),
        ("interval(3)", "interval day to second", "interval"),
        ("float", "double", "double precision"),
        ("smallint", "float", "real"),
        ("bigint", "double", "numeric"),
        ("json", "longtext", "text"),
    ];
    let columns = |index: usize| -> Vec<(String, &str)> {
        let pick = |(number, pair): (usize, &(&'static str, &'static str, &str))| {
            (format!("c{number:02}"), [pair.0, pair.1][index])
        };
        pairs.iter().enumerate().map(pick).collect()
    };
    let (one, other) = (columns(0), columns(1));
    let one: Vec<(&str, &str)> = one.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
    let other: Vec<(&str, &str)> = other.iter().map(|(name, kind)| (name.as_str(), *kind)).collect();
    let expected: Vec<String> =
        pairs.iter().enumerate().map(|(number, pair)| format!("c{number:02} {}", pair.2)).collect();
    assert_eq!(mother_of(&[("v1", &one), ("v2", &other)]), expected.join(", "));
}

#[test]
fn a_mother_does_not_depend_on_the_order_in_which_versions_arrive() {
    let versions: [(&str, &[(&str, &str)]); 3] = [
        ("v1", &[("UserId", "int"), ("total", "decimal(8,6)"), ("at", "date"), ("x", "smallint")]),
        ("v2", &[("total", "decimal(10,2)"), ("userid", "bigint"), ("AT", "datetime"), ("x", "double")]),
        (
            "v3",
            &[("at", "datetime(3)"), ("USERID", "smallint"), ("Total", "int"), ("y", "int"), ("x", "int")],
        ),
    ];
    let expected =
        "UserId bigint, total numeric(16,6), at timestamp without time zone, x double precision".to_owned();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(mother_of(&order.map(|index| versions[index])), expected, "{order:?}");
    }
}

#[test]
fn a_union_view_has_the_least_type_of_columns_that_the_mother_lacks_without_a_length() {
    let ingest = ingest!();
    ingest.config("views: true");
    let v1 =
        [("id", "int"), ("n", "int"), ("r", "float"), ("s", "varchar(5)"), ("d", "date"), ("c", "char(3)")];
    let v2 = [
        ("id", "int"),
        ("n", "bigint"),
        ("r", "double"),
        ("s", "varchar(9)"),
        ("d", "datetime(3)"),
        ("c", "int"),
    ];
    ingest.dump("shop_v1.zip", &Dump::new().table("t", &v1, "id|n|r|s|d|c\n1|1|0.1|a|2024-01-31|x\n"));
    ingest.dump(
        "shop_v2.zip",
        &Dump::new().table("t", &v2, "id|n|r|s|d|c\n2|3000000000|0.2|b|2024-02-01 08:30:00|7\n"),
    );
    ingest.dump("shop_v3.zip", &Dump::new().table("t", &[("id", "int")], "id\n3\n"));
    ingest.loads();
    let types = "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) \
                 FROM pg_attribute WHERE attrelid = 't_all'::regclass AND attname <> 'version_table'";
    // Versions are published one by one, in any order, so the columns are too.
    let types = ingest.db.one(&types.replace("ORDER BY attnum", "ORDER BY attname"));
    assert_eq!(
        types,
        "c text, d timestamp without time zone, id integer, n bigint, r double precision, s text"
    );
    assert_eq!(
        ingest.db.one("SELECT string_agg(concat_ws(' ', id, n, r, s, d, c), ', ' ORDER BY id) FROM t_all"),
        "1 1 0.1 a 2024-01-31 00:00:00 x, 2 3000000000 0.2 b 2024-02-01 08:30:00 7, 3"
    );
}
