//! `pghaul ingest`: faults of descriptors and headers, names of all kinds, and what is odd but right.

use crate::dumps::FORM;
use pghaul_test_support::{Dump, Ingest, descriptor, ingest, says};

/// The message about a dump whose table `t` has this descriptor and data file.
#[track_caller]
fn refused(descriptor: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> String {
    let ingest = ingest!();
    ingest.dump("app_v1.zip", &Dump::new().member("t.json", descriptor).member("t.dat", data).good());
    ingest.refused()
}

/// A dump of the table `t` that was loaded.
#[track_caller]
fn loaded(columns: &[(&str, &str)], data: &str) -> Ingest {
    let ingest = ingest!();
    ingest.unit(columns, data);
    ingest.loads();
    ingest
}

#[test]
fn an_empty_descriptor() {
    for text in ["", " \n", "\u{FEFF}"] {
        says(&refused(text, "a\n"), &["app_v1.zip/t.json: the descriptor is empty", FORM]);
    }
    says(&refused("[]", "a\n"), &["app_v1.zip/t.json: the descriptor lists no columns", FORM]);
}

#[test]
fn a_descriptor_that_is_no_list() {
    for text in ["{}", "just words", "{\"column_name\": \"a\", \"column_type\": \"int\"}", "[1, 2]", "[{"] {
        says(&refused(text, "a\n"), &["app_v1.zip/t.json: the descriptor is not a list of columns", FORM]);
    }
}

#[test]
fn an_entry_without_name_or_type() {
    for (text, looked_for, there) in [
        ("[{\"column_name\": \"a\"}]", "column_type, data_type, type, type_name", "there are column_name"),
        ("[{\"column_type\": \"int\"}]", "column_name, name, field, column", "there are column_type"),
    ] {
        says(
            &refused(text, "a\n"),
            &["app_v1.zip/t.json: no entry of the descriptor tells", looked_for, there, FORM],
        );
    }
    let unnamed = descriptor(&[("a", "int"), ("", "int")]);
    says(&refused(unnamed, "a\n"), &["app_v1.zip/t.json: entry 2 has an empty name", "rename"]);
}

#[test]
fn a_descriptor_with_a_column_twice() {
    let twice = descriptor(&[("a", "int"), ("b", "int"), ("a", "text")]);
    says(
        &refused(twice, "a|b\n"),
        &["app_v1.zip/t.json, column a: the descriptor lists this column twice", "remove"],
    );
}

#[test]
fn a_descriptor_in_the_wrong_encoding() {
    let ingest = ingest!();
    ingest.config("xport_cfg: {encoding: utf-8}");
    let latin_1 = b"[{\"column_name\": \"gr\xF6\xDFe\", \"column_type\": \"int\"}]";
    ingest.dump("app_v1.zip", &Dump::new().member("t.json", latin_1).member("t.dat", b"gr\xF6\xDFe\n1\n"));
    let message = ingest.refused();
    says(&message, &["app_v1.zip/t.json: the descriptor is not valid UTF-8", "xport_cfg.encoding"]);
    for encoding in ["latin_1", "windows-1252"] {
        let ingest = ingest!();
        ingest.config(&format!("xport_cfg: {{encoding: {encoding}}}"));
        ingest
            .dump("app_v1.zip", &Dump::new().member("t.json", latin_1).member("t.dat", b"gr\xF6\xDFe\n1\n"));
        ingest.loads();
        assert_eq!(ingest.db.one("SELECT größe FROM t"), "1");
    }
}

#[test]
fn a_descriptor_in_utf_16() {
    for mark in ["", "\u{FEFF}"] {
        let utf_16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let text = mark.to_owned() + &descriptor(&[("größe", "int")]);
        let ingest = ingest!();
        ingest.config("xport_cfg: {encoding: utf-16le}");
        let dump = Dump::new().member("t.json", utf_16(&text)).member("t.dat", utf_16("größe\n1\n"));
        ingest.dump("app_v1.zip", &dump);
        ingest.loads();
        assert_eq!(ingest.db.one("SELECT größe FROM t"), "1");
        // Plain letters in UTF-16 without a mark are valid UTF-8 too.
        let dump =
            Dump::new().member("t.json", utf_16(&descriptor(&[("a", "int")]))).member("t.dat", utf_16("a\n"));
        ingest.dump("app_v2.zip", &dump);
        ingest
            .command()
            .args(["--mothers", "recreate"])
            .run()
            .assert_code(2)
            .assert_stderr_has("no column in common");
    }
}

#[test]
fn a_type_that_no_map_knows() {
    let message = refused(descriptor(&[("a", "int"), ("b", "frobnicator(3)")]), "a|b\n");
    says(&message, &["app_v1.zip/t.json, column b: ", "mysql", "`frobnicator(3)`", "xport_cfg.dialects"]);
    // What the other map makes of it is not what this one calls so.
    let message = refused(descriptor(&[("a", "real(53)")]), "a\n");
    says(
        &message,
        &["app_v1.zip/t.json, column a: ", "`real(53)`", "PostgreSQL has no such type", "xport_cfg.dialects"],
    );
}

#[test]
fn a_data_file_without_a_header() {
    for data in ["", "\n1|2\n"] {
        let message = refused(descriptor(&[("a", "int")]), data);
        says(&message, &["app_v1.zip/t.dat, line 1: no header line", "must name the columns"]);
    }
}

#[test]
fn a_header_column_that_the_descriptor_lacks() {
    let message = refused(descriptor(&[("a", "int")]), "a|extra\n1|2\n");
    says(
        &message,
        &["app_v1.zip/t.dat, line 1, column extra: the descriptor does not list", "add the column"],
    );
    // The usual cause: another separator.
    let message = refused(descriptor(&[("a", "int"), ("b", "int")]), "a,b\n1,2\n");
    says(&message, &["t.dat, line 1, column a,b: ", "check xport_cfg.field_separator"]);
}

#[test]
fn a_header_with_a_column_twice_or_without_a_name() {
    let columns = descriptor(&[("a", "int"), ("b", "int")]);
    let message = refused(&columns, "a|b|a\n");
    says(
        &message,
        &["app_v1.zip/t.dat, line 1, column a: the header names this column twice", "rename or remove"],
    );
    let message = refused(&columns, "a|b|A\n");
    says(
        &message,
        &["app_v1.zip/t.dat, line 1, column A: the header names this column twice", "rename or remove"],
    );
    let message = refused(&columns, "a||b\n");
    says(
        &message,
        &["app_v1.zip/t.dat, line 1: column 2 of the header has no name", "must name every column"],
    );
    let message = refused(&columns, "a|`b\n1|2\n");
    says(
        &message,
        &["app_v1.zip/t.dat, line 1: the header line holds a quote that is never closed", "dat_quote"],
    );
}

#[test]
fn names_that_sql_would_trip_over_are_loaded_as_they_are() {
    let long = "x".repeat(63);
    let injection = "a\"; DROP TABLE t; --";
    for name in ["select", "a\"b", "UserId", "größe", "with space", "it's", "$1", &long, injection] {
        let ingest = ingest!();
        // The unit `good` has no such column in its mother; `t` has it in both.
        let header = name.replace('`', "``");
        ingest.config("xport_cfg: {encoding: utf-8}");
        ingest.unit(&[(name, "int"), ("other", "text")], format!("`{header}`|other\n42|x\n"));
        ingest.loads();
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        for table in ["t", "v1_t"] {
            assert_eq!(ingest.db.one(&format!("SELECT {quoted} FROM {table}")), "42", "{name}");
            let sql = format!(
                "SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum = 1"
            );
            assert_eq!(ingest.db.one(&sql), name);
        }
    }
}

#[test]
fn names_that_postgresql_cannot_have() {
    let long = "x".repeat(64);
    let message = refused(descriptor(&[("a", "int"), (&long, "int")]), format!("a|{long}\n"));
    says(&message, &["app_v1.zip/t.json, column x", "entry 2 has a name of 64 bytes", "allows 63", "rename"]);
    // 32 letters, 64 bytes.
    let message = refused(descriptor(&[(&"ä".repeat(32), "int")]), "a\n");
    says(&message, &["app_v1.zip/t.json, column ä", "64 bytes", "rename"]);
    let message = refused(descriptor(&[("ctid", "int")]), "ctid\n");
    says(&message, &["app_v1.zip/t.json, column ctid", "PostgreSQL's own", "rename"]);
    let nul = "[{\"column_name\": \"a\\u0000b\", \"column_type\": \"int\"}]";
    says(&refused(nul, "a\n"), &["app_v1.zip/t.json, column a\\u{0}b", "control character", "rename"]);

    let ingest = ingest!();
    ingest.dump("app_v1.zip", &Dump::new().table(&"t".repeat(61), &[("a", "int")], "a\n"));
    let message = ingest.refused();
    says(&message, &["app_v1.zip: the version table v1_ttt", "a name of 64 bytes", "xport_cfg.child_name"]);
}

#[test]
fn sql_in_names_of_tables_and_versions_is_a_name() {
    let ingest = ingest!();
    ingest.db.execute("CREATE TABLE precious (a int)");
    let table = "x\"; drop table precious; --";
    ingest.dump("app_v1'; drop table precious; --.zip", &Dump::new().table(table, &[("a", "int")], "a\n1\n"));
    ingest.loads();
    assert_eq!(
        ingest.tables(),
        ["precious", "v1'; drop table precious; --_x\"; drop table precious; --", table]
    );
    assert_eq!(ingest.loads().stdout.matches("1 unchanged").count(), 1);
}

#[test]
fn sql_in_types_and_in_the_null_marker_does_nothing() {
    let message = refused(descriptor(&[("a", "int); drop table x --")]), "a\n");
    says(
        &message,
        &["app_v1.zip/t.json, column a: ", "`int); drop table x --`", "write the type in the descriptor"],
    );
    let ingest = ingest!();
    ingest.config("xport_cfg: {null_pattern: \"'; drop table t; --\"}");
    ingest.unit(&[("a", "text")], "a\n'; drop table t; --\nNULL\n");
    ingest.loads();
    assert_eq!(
        ingest.db.one("SELECT string_agg(coalesce(a, '<null>'), ',' ORDER BY a) FROM t"),
        "NULL,<null>"
    );
}

#[test]
fn a_header_alone_loads_an_empty_version_table() {
    for data in ["a|b\n", "a|b", "a|b\r\n", "\u{FEFF}a|b\n"] {
        let ingest = loaded(&[("a", "int"), ("b", "text")], data);
        assert_eq!(ingest.tables(), ["good", "t", "v1_good", "v1_t"]);
        assert_eq!(ingest.db.one("SELECT count(*) FROM v1_t"), "0");
        assert_eq!(ingest.db.one("SELECT rows FROM pghaul.loads WHERE unit = 'v1_t'"), "0");
    }
}

#[test]
fn a_thousand_columns() {
    let names: Vec<String> = (1..=1000).map(|i| format!("column_{i}")).collect();
    let columns: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "int")).collect();
    let values: Vec<String> = (1..=1000).map(|i| i.to_string()).collect();
    let ingest = loaded(&columns, &format!("{}\n{}\n", names.join("|"), values.join("|")));
    assert_eq!(ingest.db.one("SELECT column_1 + column_1000 FROM t"), "1001");
}

#[test]
fn more_columns_than_postgresql_allows() {
    let names: Vec<String> = (1..=1601).map(|i| format!("column_{i}")).collect();
    let columns: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "int")).collect();
    let message = refused(descriptor(&columns), format!("{}\n", names.join("|")));
    says(
        &message,
        &["app_v1.zip/t.json: the descriptor lists more columns than limits.max_columns allows (1600)"],
    );
    // With those of its mother.
    let ingest = ingest!();
    ingest.config("mother_tables: {t: {other: int}}");
    ingest.unit(&columns[..1600], format!("{}\n", names[..1600].join("|")));
    let message = ingest.refused();
    says(&message, &["app_v1.zip/t.json: v1_t would have 1601 columns; PostgreSQL allows 1600", "remove"]);
}
