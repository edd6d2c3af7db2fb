//! `pghaul ingest`: descriptors as catalogs, drivers and people write them.

use pghaul_test_support::{Dump, Ingest, ingest, says};

/// The dump of a table `t` with this descriptor and data file, under a name that chooses a type map.
#[track_caller]
fn loaded(dump: &str, descriptor: &str, data: &str) -> Ingest {
    let ingest = ingest!();
    ingest.dump(dump, &Dump::new().member("t.json", descriptor).member("t.dat", data));
    ingest.loads();
    ingest
}

/// `name type, …` of the table `t`.
fn columns(ingest: &Ingest) -> String {
    ingest.db.one(
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) \
         FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0",
    )
}

#[test]
fn information_schema_of_sql_server() {
    let column = |name: &str, rest: &str| {
        format!(
            "{{\"TABLE_SCHEMA\": \"dbo\", \"TABLE_NAME\": \"t\", \"COLUMN_NAME\": \"{name}\", \"ORDINAL_POSITION\": 1, \
             \"COLUMN_DEFAULT\": null, \"IS_NULLABLE\": \"YES\", {rest}}}"
        )
    };
    let descriptor = [
        column("Id", r#""DATA_TYPE": "int", "NUMERIC_PRECISION": 10, "NUMERIC_SCALE": 0"#),
        column(
            "Mail",
            r#""DATA_TYPE": "nvarchar", "CHARACTER_MAXIMUM_LENGTH": 200, "NUMERIC_PRECISION": null"#,
        ),
        column("Notes", r#""DATA_TYPE": "nvarchar", "CHARACTER_MAXIMUM_LENGTH": -1"#),
        column("Credit", r#""DATA_TYPE": "decimal", "NUMERIC_PRECISION": 12, "NUMERIC_SCALE": 4"#),
        column("Seen", r#""DATA_TYPE": "datetime2", "DATETIME_PRECISION": 7"#),
    ];
    let data = "Id|Mail|Notes|Credit|Seen\n1|`a@b`|`x`|1234.5678|2024-01-31 08:30:00.1234567\n2|NULL|NULL|0.5000|NULL\n";
    let ingest = loaded("lms_v1.zip", &format!("[{}]", descriptor.join(",\n")), data);
    assert_eq!(
        columns(&ingest),
        "Id integer, Mail character varying(200), Notes text, Credit numeric(12,4), Seen timestamp without time zone"
    );
    let rows = "SELECT string_agg(\"Id\" || ' ' || \"Credit\", ', ' ORDER BY \"Id\") FROM t";
    assert_eq!(ingest.db.one(rows), "1 1234.5678, 2 0.5000");
}

#[test]
fn mysql_s_catalog_in_capitals_and_its_show_columns() {
    for descriptor in [
        r#"[{"COLUMN_NAME": "id", "DATA_TYPE": "int", "COLUMN_TYPE": "int(10) unsigned", "NUMERIC_PRECISION": 10,
             "IS_NULLABLE": "NO", "EXTRA": "auto_increment"},
            {"COLUMN_NAME": "ok", "DATA_TYPE": "tinyint", "COLUMN_TYPE": "tinyint(1)", "EXTRA": ""},
            {"COLUMN_NAME": "price", "DATA_TYPE": "decimal", "COLUMN_TYPE": "decimal(8,2)", "NUMERIC_PRECISION": 8}]"#,
        r#"[{"Field": "id", "Type": "int(10) unsigned", "Null": "NO", "Key": "PRI", "Default": null, "Extra": ""},
            {"Field": "ok", "Type": "tinyint(1)", "Null": "YES", "Key": ""},
            {"Field": "price", "Type": "decimal(8,2)"}]"#,
    ] {
        let ingest = loaded("shop_v1.zip", descriptor, "id|ok|price\n4000000000|1|9.99\n");
        assert_eq!(columns(&ingest), "id bigint, ok boolean, price numeric(8,2)");
        assert_eq!(ingest.db.one("SELECT id || ' ' || ok || ' ' || price FROM t"), "4000000000 true 9.99");
    }
}

#[test]
fn a_list_within_a_map() {
    for descriptor in [
        r#"{"columns": [{"name": "id", "type": "int"}, {"name": "ok", "type": "bool"}]}"#,
        r#"{"table": "t", "primaryKey": ["id"], "rows": 1, "indexes": [{"name": "pk", "columns": ["id"]}],
            "fields": [{"name": "id", "type": "int"}, {"name": "ok", "type": "bool"}]}"#,
        "schema:\n- name: id\n  type: int\n- {name: ok, type: bool}\n",
    ] {
        assert_eq!(columns(&loaded("shop_v1.zip", descriptor, "id|ok\n1|1\n")), "id integer, ok boolean");
    }
}

#[test]
fn what_drivers_answer_about_columns() {
    // SQL Server's sp_columns, whose DATA_TYPE is ODBC's code and whose LENGTH is in bytes.
    let descriptor = r#"[
        {"TABLE_NAME": "t", "COLUMN_NAME": "id", "DATA_TYPE": 4, "TYPE_NAME": "int identity", "PRECISION": 10, "LENGTH": 4, "SCALE": 0},
        {"COLUMN_NAME": "big", "DATA_TYPE": 2, "TYPE_NAME": "numeric() identity", "PRECISION": 18, "LENGTH": 20, "SCALE": 0},
        {"COLUMN_NAME": "mail", "DATA_TYPE": -9, "TYPE_NAME": "nvarchar", "PRECISION": 50, "LENGTH": 100, "SCALE": null},
        {"COLUMN_NAME": "ok", "DATA_TYPE": -7, "TYPE_NAME": "bit", "PRECISION": 1, "LENGTH": 1, "SCALE": null}]"#;
    assert_eq!(
        columns(&loaded("lms_v1.zip", descriptor, "id|big|mail|ok\n1|2|`a`|1\n")),
        "id integer, big numeric(18,0), mail character varying(50), ok boolean"
    );
    // JDBC's getColumns on PostgreSQL, through a program that keeps numbers with gaps as floats.
    let descriptor = r#"[
        {"COLUMN_NAME": "id", "DATA_TYPE": "4", "TYPE_NAME": "int4", "COLUMN_SIZE": 10.0, "DECIMAL_DIGITS": 0.0},
        {"COLUMN_NAME": "total", "DATA_TYPE": "2", "TYPE_NAME": "numeric", "COLUMN_SIZE": "12.0", "DECIMAL_DIGITS": "4.0"},
        {"COLUMN_NAME": "mail", "DATA_TYPE": "12", "TYPE_NAME": "varchar", "COLUMN_SIZE": 2147483647.0},
        {"COLUMN_NAME": "tags", "DATA_TYPE": "2003", "TYPE_NAME": "_text", "COLUMN_SIZE": 2147483647.0}]"#;
    assert_eq!(
        columns(&loaded("crm_v1.zip", descriptor, "id|total|mail|tags\n1|2.5000|`a`|`{a,b}`\n")),
        "id integer, total numeric(12,4), mail text, tags text[]"
    );
}

#[test]
fn oracle_s_catalog_has_integers_without_a_precision() {
    // INTEGER is NUMBER with a scale alone; LENGTH is that of the storage.
    let descriptor = r#"[
        {"COLUMN_NAME": "ID", "DATA_TYPE": "NUMBER", "DATA_LENGTH": 22, "DATA_PRECISION": null, "DATA_SCALE": 0, "CHAR_LENGTH": 0},
        {"COLUMN_NAME": "HEIGHT", "DATA_TYPE": "NUMBER", "DATA_LENGTH": 22, "DATA_PRECISION": null, "DATA_SCALE": null},
        {"COLUMN_NAME": "PRICE", "DATA_TYPE": "NUMBER", "DATA_LENGTH": 22, "DATA_PRECISION": 10, "DATA_SCALE": 2},
        {"COLUMN_NAME": "NAME", "DATA_TYPE": "VARCHAR2", "DATA_LENGTH": 800, "CHAR_LENGTH": 200, "CHAR_USED": "C"},
        {"COLUMN_NAME": "SEEN", "DATA_TYPE": "TIMESTAMP(6) WITH TIME ZONE", "DATA_LENGTH": 13, "DATA_SCALE": 6}]"#;
    let data = "ID|HEIGHT|PRICE|NAME|SEEN\n12345678901234567890123|64.8|9.99|`a`|2024-01-31 08:30:00+02\n";
    let ingest = loaded("shop_v1.zip", descriptor, data);
    assert_eq!(
        columns(&ingest),
        "ID numeric, HEIGHT numeric, PRICE numeric(10,2), NAME character varying(200), SEEN timestamp with time zone"
    );
    let row = r#"SELECT concat_ws(' ', "ID", "HEIGHT", "PRICE") FROM t"#;
    assert_eq!(ingest.db.one(row), "12345678901234567890123 64.8 9.99");
}

#[test]
fn postgresql_s_catalog_has_some_types_elsewhere() {
    let ingest = ingest!();
    ingest.db.execute("CREATE TYPE mood AS ENUM ('ok', 'sad')");
    let descriptor = r#"[
        {"column_name": "id", "data_type": "bigint", "numeric_precision": 64, "numeric_scale": 0, "udt_name": "int8"},
        {"column_name": "mood", "data_type": "USER-DEFINED", "character_maximum_length": null, "udt_name": "mood"},
        {"column_name": "tags", "data_type": "ARRAY", "udt_name": "_varchar"},
        {"column_name": "name", "data_type": "character varying", "character_maximum_length": "200"},
        {"column_name": "free", "data_type": "character varying", "character_maximum_length": "null"},
        {"column_name": "total", "data_type": "numeric", "precision": {"precision": null, "scale": null}},
        {"column_name": "at", "data_type": "timestamp without time zone", "datetime_precision": 6},
        {"column_name": "flags", "data_type": "bit", "character_maximum_length": 3}]"#;
    let data =
        "id|mood|tags|name|free|total|at|flags\n1|ok|`{a,b}`|n|f|1.005|2024-01-31 08:30:00.123456|101\n";
    ingest.dump("shop_v1.zip", &Dump::new().member("t.json", descriptor).member("t.dat", data));
    ingest.loads();
    assert_eq!(
        columns(&ingest),
        "id bigint, mood mood, tags character varying[], name character varying(200), free text, total numeric, \
         at timestamp(6) without time zone, flags bit(3)"
    );
    assert_eq!(ingest.db.one("SELECT concat_ws(' ', mood, tags, total, flags) FROM t"), "ok {a,b} 1.005 101");
}

#[test]
fn digits_that_stand_beside_a_bare_decimal_count() {
    let descriptor = r#"[{"column_name": "id", "column_type": "int"},
        {"column_name": "a", "column_type": "decimal", "numeric_precision": 12, "numeric_scale": "4"},
        {"column_name": "b", "column_type": "decimal"}]"#;
    for dump in ["lms_v1.zip", "shop_v1.zip"] {
        let ingest = loaded(dump, descriptor, "id|a|b\n1|9.99|9.99\n2|0.45|0.45\n");
        assert_eq!(columns(&ingest), "id integer, a numeric(12,4), b numeric");
        assert_eq!(ingest.db.one("SELECT sum(a) || ' ' || sum(b) FROM t"), "10.4400 10.44");
    }
}

#[test]
fn many_tables_with_the_same_wrong_key_are_one_message() {
    let ingest = ingest!();
    for version in ["v1", "v2"] {
        let mut dump = Dump::new();
        for table in 0..15 {
            let descriptor =
                r#"[{"column_name": "id", "kind": "int"}, {"column_name": "x", "kind": "text"}]"#;
            dump = dump.member(&format!("t{table:02}.json"), descriptor);
            dump = dump.member(&format!("t{table:02}.dat"), "id|x\n1|a\n");
        }
        ingest.dump(&format!("shop_{version}.zip"), &dump);
    }
    assert_eq!(
        ingest.refused(),
        "shop_v1.zip/t00.json and 29 more places, such as shop_v1.zip/t01.json and shop_v1.zip/t02.json: no entry of the \
         descriptor tells the column's type: looked for were the keys column_type, data_type, type, type_name, in any \
         case; there are column_name, kind; it must be a list of {\"column_name\": …, \"column_type\": …}"
    );
}

#[test]
fn an_entry_that_lacks_something_is_named() {
    let ingest = ingest!();
    let descriptor =
        r#"[{"column_name": "id", "column_type": "int"}, {"column_name": "x", "column_type": ""}]"#;
    ingest.dump("shop_v1.zip", &Dump::new().member("t.json", descriptor).member("t.dat", "id|x\n1|a\n"));
    let message = ingest.refused();
    says(
        &message,
        &["shop_v1.zip/t.json: entry 2 of the descriptor does not tell the column's type", "there are"],
    );
    let descriptor =
        r#"{"a": [{"column_name": "id", "column_type": "int"}], "b": [{"name": "x", "type": "int"}]}"#;
    ingest.dump("shop_v1.zip", &Dump::new().member("t.json", descriptor).member("t.dat", "id|x\n1|a\n"));
    says(
        &ingest.refused(),
        &["shop_v1.zip/t.json: ", "several keys have lists of columns", "it must be a list"],
    );
}
