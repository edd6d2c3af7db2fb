//! `pghaul ingest`: source types that resolve, and what is said about those that do not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pghaul_test_support::{Dump, Ingest, ingest, repository, says};
use std::collections::BTreeMap;
use std::fs;

/// A name of dumps that chooses the mssql map, and one that chooses the mysql map.
const MSSQL: &str = "lms_v1.zip";
const MYSQL: &str = "shop_v1.zip";

/// The dump of a table `t` whose columns, `c0` and so on, have these types, and which has no rows.
fn dump_of(types: &[&str]) -> Dump {
    let names: Vec<String> = (0..types.len()).map(|number| format!("c{number}")).collect();
    let columns: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(types.iter().copied()).collect();
    Dump::new().table("t", &columns, format!("{}\n", names.join("|")))
}

/// The types of the columns of the table `t`.
fn types_of_t(ingest: &Ingest) -> Vec<String> {
    let sql = "SELECT format_type(atttypid, atttypmod) FROM pg_attribute \
               WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum";
    ingest.db.rows(sql).into_iter().flatten().flatten().collect()
}

/// These types, in a dump of this name, become those.
#[track_caller]
fn assert_types(dump: &str, types: &[(&str, &str)]) {
    let ingest = ingest!();
    let sources: Vec<&str> = types.iter().map(|(source, _)| *source).collect();
    ingest.dump(dump, &dump_of(&sources));
    ingest.loads();
    let found = types_of_t(&ingest);
    for ((source, expected), found) in types.iter().zip(&found) {
        assert_eq!(found, expected, "{dump}: {source}");
    }
    assert_eq!(found.len(), types.len());
}

#[test]
fn sql_server_s_types_as_its_tools_write_them() {
    assert_types(
        MSSQL,
        &[
            ("int identity", "integer"),
            ("int identity(1,1)", "integer"),
            ("int IDENTITY(1,1) NOT FOR REPLICATION NOT NULL", "integer"),
            ("bigint identity", "bigint"),
            ("numeric(18,0) identity", "numeric(18,0)"),
            ("numeric() identity", "numeric"),
            ("[int]", "integer"),
            ("[nvarchar](50)", "character varying(50)"),
            ("[nvarchar](max) NULL", "text"),
            ("[sys].[geography]", "text"),
            ("nvarchar (50)", "character varying(50)"),
            ("nvarchar(50) COLLATE SQL_Latin1_General_CP1_CI_AS", "character varying(50)"),
            ("national char(10)", "character(10)"),
            ("char varying(20)", "character varying(20)"),
            ("varchar(2147483647)", "text"),
            ("varchar(0)", "text"),
            ("varchar", "text"),
            ("char", "text"),
            ("bool", "boolean"),
            ("decimal", "numeric"),
            ("datetime(3)", "timestamp(3) without time zone"),
            ("uniqueidentifier(16)", "uuid"),
            ("ntext(16)", "text"),
            ("money(8)", "numeric(19,4)"),
            ("datetime(8)", "timestamp without time zone"),
            ("tinyint(1)", "smallint"),
            ("timestamp", "bytea"),
            ("xml(CONTENT dbo.schema_1)", "xml"),
            ("varchar(50) SPARSE", "character varying(50)"),
        ],
    );
}

#[test]
fn mysql_s_types_with_the_attributes_of_a_column() {
    assert_types(
        MYSQL,
        &[
            ("int(11) unsigned zerofill", "bigint"),
            ("int(10) unsigned NOT NULL AUTO_INCREMENT", "bigint"),
            ("bigint unsigned", "numeric(20,0)"),
            ("decimal(10,2) unsigned zerofill", "numeric(10,2)"),
            ("varchar(20) character set utf8mb4 collate utf8mb4_bin not null", "character varying(20)"),
            ("varchar(20) CHARSET latin1 DEFAULT 'a (b' COMMENT 'it''s'", "character varying(20)"),
            ("varchar(10) GENERATED ALWAYS AS (concat(a,'x')) VIRTUAL", "character varying(10)"),
            (
                "timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3)",
                "timestamp(3) without time zone",
            ),
            ("datetime /* mariadb-5.3 */", "timestamp without time zone"),
            ("`varchar`(20)", "character varying(20)"),
            ("enum('a)','b') CHARACTER SET ascii", "text"),
            ("enum", "text"),
            ("varchar", "text"),
            ("nvarchar", "text"),
            ("national varchar(20)", "character varying(20)"),
            ("int4", "integer"),
            ("middleint(9)", "integer"),
            ("float4", "real"),
            ("long varchar", "text"),
            ("inet6", "inet"),
            ("uuid", "uuid"),
            ("point srid 4326", "text"),
            ("bit(8)", "bit(8)"),
        ],
    );
}

#[test]
fn what_the_dump_s_map_lacks_is_taken_from_the_other_or_from_oracle_s_names() {
    assert_types(
        MYSQL,
        &[
            ("uniqueidentifier", "uuid"),
            ("datetime2(7)", "timestamp without time zone"),
            ("nvarchar(max)", "text"),
            ("NUMBER", "numeric"),
            ("NUMBER(10)", "numeric(10,0)"),
            ("NUMBER(10,2)", "numeric(10,2)"),
            ("NUMBER(*,0)", "numeric"),
            ("VARCHAR2(200 CHAR)", "character varying(200)"),
            ("FLOAT(126)", "numeric"),
            ("TIMESTAMP(9) WITH LOCAL TIME ZONE", "timestamp with time zone"),
            ("INTERVAL DAY(2) TO SECOND(6)", "interval"),
            ("LONG RAW", "bytea"),
            ("LONGNVARCHAR", "text"),
            ("CHAR () FOR BIT DATA", "bytea"),
            ("VARCHAR(16) FOR BIT DATA", "bytea"),
            ("CLOB(1M)", "text"),
            ("DECFLOAT(34)", "numeric"),
            ("geometry(POINT, 3857)", "text"),
        ],
    );
    assert_types(
        MSSQL,
        &[("int(11)", "integer"), ("mediumtext", "text"), ("json", "jsonb"), ("CLOB", "text")],
    );
}

/// The original job passed such names through.
#[test]
fn postgresql_s_own_names_and_those_of_the_database() {
    let ingest = ingest!();
    ingest.db.execute(
        "CREATE TYPE mood AS ENUM ('ok'); CREATE SCHEMA shop; CREATE DOMAIN shop.amount AS numeric(8,2)",
    );
    let types = [
        "mood",
        "shop.amount",
        "timestamptz",
        "integer[]",
        "timestamp(3) without time zone",
        "int4range",
        "jsonb",
    ];
    ingest.dump(MSSQL, &dump_of(&types));
    ingest.loads();
    let expected = [
        "mood",
        "shop.amount",
        "timestamp with time zone",
        "integer[]",
        "timestamp(3) without time zone",
        "int4range",
        "jsonb",
    ];
    assert_eq!(types_of_t(&ingest), expected);
}

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
fn a_name_that_both_maps_lacked_needs_no_choice_between_them() {
    for dump in [MSSQL, MYSQL] {
        assert_types(dump, &[("int", "integer"), ("varchar", "text"), ("bool", "boolean")]);
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
fn maps_of_ones_own_add_to_a_built_in_one() {
    let ingest = ingest!();
    ingest.dump(MYSQL, &dump_of(&["tinyint(1)", "geometry", "bigint"]));
    ingest.config("xport_cfg: {dialects: [{match: 'shop*', types: {extends: mysql, 'tinyint(1)': smallint, geometry: bytea}}]}");
    ingest.loads();
    assert_eq!(types_of_t(&ingest), ["smallint", "bytea", "bigint"]);

    let ingest = ingest!();
    ingest.dump(MYSQL, &dump_of(&["tinyint(1)", "geometry", "bigint"]));
    ingest.config("xport_cfg: {dialects: [{match: '*', types: own.json}]}");
    ingest.work.write("own.json", r#"{"extends": "mysql", "geometry": "bytea"}"#);
    ingest.loads();
    assert_eq!(types_of_t(&ingest), ["boolean", "bytea", "bigint"]);

    ingest.work.write("own.json", r#"{"extends": "oracle"}"#);
    says(&ingest.refused(), &["own.json: extends \"oracle\"", "mssql, mysql"]);
    ingest.config("xport_cfg: {dialects: [{match: '*', types: {geometry: 'text; x'}}]}");
    says(&ingest.refused(), &["xport_cfg.dialects[0].types, column geometry: ", "is not the name of a type"]);
}

/// Otherwise everybody's next night would load everything again.
#[test]
fn units_whose_columns_stay_are_unchanged_whatever_else_a_map_gets() {
    let ingest = ingest!();
    let columns = [("id", "int"), ("mail", "varchar(20)")];
    ingest.dump(
        MYSQL,
        &Dump::new().table("t", &columns, "id|mail\n1|a\n").table("u", &[("g", "geometry")], "g\nab\n"),
    );
    ingest.loads();
    ingest.config("xport_cfg: {dialects: [{match: '*', types: {extends: mysql, geometry: bytea}}]}\nmother_tables: auto");
    let again = ingest.command().args(["--mothers", "keep"]).run();
    again.assert_code(0);
    again.assert(
        again.stdout.contains("2 unchanged"),
        "the mother of u keeps its type, so both units are as they were",
    );
}

/// Names of source types and of PostgreSQL's, as a built-in map has them.
fn built_in(map: &str) -> BTreeMap<String, String> {
    let path = repository().join(format!("src/ingest/types/{map}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_type_of_the_built_in_maps_exists() {
    for (map, dump) in [("mssql", MSSQL), ("mysql", MYSQL)] {
        let keys = built_in(map);
        // Numbers in the place of letters.
        let number = |part: &str| match part {
            "p" => "12".to_owned(),
            "n" | "s" => "4".to_owned(),
            "*" => "'a','b'".to_owned(),
            other => other.to_owned(),
        };
        let sources: Vec<String> = keys
            .keys()
            .map(|key| match key.split_once('(') {
                Some((before, rest)) => {
                    let (list, after) = rest.split_once(')').unwrap();
                    let list: Vec<String> = list.split(',').map(number).collect();
                    format!("{before}({}){after}", list.join(","))
                }
                None => key.clone(),
            })
            .collect();
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        let ingest = ingest!();
        ingest.dump(dump, &dump_of(&sources));
        ingest.loads();
        let found = types_of_t(&ingest);
        assert_eq!(found.len(), keys.len());
        for ((key, target), found) in keys.iter().zip(&found) {
            let is_text = target == "text" || target.starts_with("varchar") || target.starts_with("char");
            assert_eq!(
                is_text,
                found == "text" || found.starts_with("char"),
                "{map}: {key} is {target}, became {found}"
            );
        }
    }
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
    ingest.db.one(
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) \
         FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0",
    )
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
        types_of_t(&ingest),
        ["bigint", "numeric(12,4)", "timestamp without time zone", "character varying(100)", "integer"]
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
