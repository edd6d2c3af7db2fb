//! Data files as public bug reports of other tools describe them, written anew: no value is lost or changed without a word.

use pghaul_test_support::{Dump, ingest, messages, says};

const TEXT: &[(&str, &str)] = &[("id", "int"), ("t", "text")];

/// What is loaded, each row as JSON, and the reasons of what is rejected, each the beginning of one.
type Outcome = (&'static [&'static str], &'static [&'static str]);

/// A report, the columns, the dialect, the data file, and the outcome.
type Report = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static [u8], Outcome);

const REPORTS: [Report; 16] = [
    (
        "mysql --batch, Tatoeba/tatoeba2#2250",
        TEXT,
        "types: mysql, format: outfile, header: true, null_pattern: 'NULL'",
        b"id\tt\n1\ta\\nb\\tc\\\\d\n2\tNULL\n3\tx\\0\n",
        (&[r#"{"id":1,"t":"a\nb\tc\\d"}"#, r#"{"id":2,"t":null}"#], &["value holds a NUL character"]),
    ),
    (
        "mydumper escapes by a quote, mydumper/mydumper#796",
        TEXT,
        "types: mysql, format: outfile, field_separator: '|', escape: '\"', null_pattern: '\"N'",
        b"1|a\"|b\n2|\"N\n3|a\"\nb \"\"\n",
        (&[r#"{"id":1,"t":"a|b"}"#, r#"{"id":2,"t":null}"#, r#"{"id":3,"t":"a\nb \""}"#], &[]),
    ),
    (
        "dumpling without escapes, pingcap/dumpling#98",
        TEXT,
        "types: mysql, format: csv, null_pattern: '\\N'",
        b"id,t\n1,\"''hello\"\n2,\"a\\\"\n3,\\N\n",
        (&[r#"{"id":1,"t":"''hello"}"#, r#"{"id":2,"t":"a\\"}"#, r#"{"id":3,"t":null}"#], &[]),
    ),
    (
        "bcp with a Greek code page and empty texts, sqlnethub.com",
        TEXT,
        "types: mssql, format: bcp, field_separator: ';', encoding: windows-1253",
        b"1;\xC1\xE8\xDE\xED\xE1\r\n2;\0\r\n3;\r\n",
        (&[r#"{"id":1,"t":"Αθήνα"}"#, r#"{"id":2,"t":""}"#, r#"{"id":3,"t":null}"#], &[]),
    ),
    (
        "Oracle's decimal comma between commas, GoogleCloudPlatform/database-assessment#100",
        &[("id", "int"), ("n", "number(9,3)")],
        "types: mysql, format: csv",
        b"ID,N\n1,100,12\n2,5\n",
        (&[r#"{"id":2,"n":5.000}"#], &["row has 3 fields, the header names 2"]),
    ),
    (
        "a decimal comma that was cut off, dbeaver/dbeaver#7011",
        &[("id", "number"), ("n", "number")],
        "types: mysql, format: csv, field_separator: ';'",
        b"id;n\n1;2,345\n",
        (&[], &["invalid input syntax for type numeric: \\\"2,345\\\""]),
    ),
    (
        "separators of thousands, squirrel-sql-client/squirrel-sql-code#50",
        &[("id", "int"), ("n", "numeric")],
        "types: mysql, format: csv, encoding: utf-8",
        b"id,n\n1,1\xC2\xA0234\n2,1 234\n",
        (&[], &["invalid input syntax for type numeric", "invalid input syntax for type numeric"]),
    ),
    (
        "quotes around nothing for NULL, oracle-samples/db-sample-schemas#36",
        &[("id", "int"), ("n", "number(9)")],
        "types: {extends: mysql, null_if: {numeric: ['']}}, format: csv",
        b"ID,N\n1,\"\"\n2,\"5\"\n",
        (&[r#"{"id":1,"n":null}"#, r#"{"id":2,"n":5}"#], &[]),
    ),
    (
        "doubled quotes around a value, duckdb/duckdb#1501",
        &[("t", "text")],
        "types: mysql, format: csv",
        b"t\nA\n\"\"A\"\"\nB\n",
        (&[r#"{"t":"A"}"#, r#"{"t":"B"}"#], &["row has text behind the quote that ends a field"]),
    ),
    (
        "quotes within quotes, duckdb/duckdb#15018",
        TEXT,
        "types: mysql, format: csv, field_separator: ';'",
        b"id;t\n1;\"Pedro \"pdet\" Holanda\"\n2;\"ok\"\n",
        (&[r#"{"id":2,"t":"ok"}"#], &["row has text behind the quote that ends a field"]),
    ),
    (
        "quotes within text, duckdb/duckdb#14883",
        TEXT,
        "types: mysql, format: csv",
        b"id,t\n1,Main St \"A\"\n2,5\" pipe\n",
        (&[r#"{"id":1,"t":"Main St \"A\""}"#, r#"{"id":2,"t":"5\" pipe"}"#], &[]),
    ),
    (
        "ragged rows, pola-rs/polars#10585",
        &[("a", "text"), ("b", "text")],
        "types: mysql, format: csv",
        b"a,b\nA\nB,ragged\nC,x,y\n",
        (&[r#"{"a":"B","b":"ragged"}"#], &["row has 1 field", "row has 3 fields"]),
    ),
    (
        "empty lines between rows, pola-rs/polars#14271",
        &[("a", "int"), ("b", "int")],
        "types: mysql, format: csv",
        b"a,b\n\n1,1\n\n2,2\n\n",
        (&[r#"{"a":1,"b":1}"#, r#"{"a":2,"b":2}"#], &["row has 1 field", "row has 1 field"]),
    ),
    (
        "days before months, and a separator at the end, dimitri/pgloader#523",
        &[("id", "int"), ("t", "datetime")],
        "types: mysql, format: csv, date_order: dmy, trailing_separator: true, null_pattern: ['']",
        b"ID,T\n\"2\",\"01.02.1998 00:00:00\",\n3,,\n",
        (&[r#"{"id":2,"t":"1998-02-01T00:00:00"}"#, r#"{"id":3,"t":null}"#], &[]),
    ),
    (
        "early dates that are no zero dates, dimitri/pgloader#1098",
        &[("id", "int"), ("t", "datetime")],
        "types: mysql, format: csv",
        b"id,t\n1,0009-12-04 00:00:00\n2,0000-00-00 00:00:00\n3,0000-01-01 00:00:00\n",
        (
            &[r#"{"id":1,"t":"0009-12-04T00:00:00"}"#, r#"{"id":2,"t":null}"#],
            &["date/time field value out of range"],
        ),
    ),
    (
        "dates of blanks, dimitri/pgloader#589",
        &[("id", "int"), ("t", "date")],
        "types: mysql, format: csv",
        b"id,t\n1,    -  -  \n2,2019-02-27\n",
        (&[r#"{"id":2,"t":"2019-02-27"}"#], &["invalid input syntax for type date"]),
    ),
];

#[test]
fn what_other_tools_lost_or_changed_is_loaded_or_rejected() {
    for (name, columns, dialect, data, (loaded, rejected)) in REPORTS {
        println!("{name}");
        let ingest = ingest!();
        ingest.config(&format!("xport_cfg: {{dialects: [{{match: '*', {dialect}}}]}}"));
        ingest.dump("crm_v1.zip", &Dump::new().table("t", columns, data));
        let run = ingest.command().args(["--max-rejects", "9", "--verify"]).run();
        run.assert_code(if rejected.is_empty() { 0 } else { 3 });
        let rows = ingest.db.rows("SELECT row_to_json(v)::text FROM v1_t v ORDER BY v::text");
        let rows: Vec<String> = rows.into_iter().flatten().flatten().collect();
        assert_eq!(rows, loaded, "{name}");
        let path = ingest.work.join("rejects/v1_t.jsonl");
        let lines = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(lines.lines().count(), rejected.len(), "{name}: {lines}");
        for (line, reason) in lines.lines().zip(rejected) {
            says(line, &["\"reason\":\"", reason]);
        }
    }
}

/// What programs for people write around the rows.
#[test]
fn lines_that_are_no_rows_are_named() {
    let columns = [("id", "varchar(5)"), ("t", "varchar(50)")];
    // sqlcmd -s '|' -W
    let ingest = ingest!();
    ingest.dump("crm_v1.zip", &Dump::new().table("t", &columns, "id|t\r\n--|-\r\n1|x\r\n"));
    let run = ingest.loads();
    run.assert_stderr_has("crm_v1.zip/t.dat: the line below the header holds only dashes");
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "2");
    let run = ingest.command().args(["--max-rejects", "9"]);
    ingest.dump(
        "crm_v1.zip",
        &Dump::new().table("t", &columns, "id|t\r\n--|-\r\n1|x\r\n\r\n(1 rows affected)\r\n"),
    );
    run.run().assert_code(3).assert_stderr_has("2 rows rejected");
    for (data, what) in [
        // SQL*Plus, SET MARKUP CSV ON
        ("\n\"ID\",\"T\"\n1,\"x\"\n", "remove the empty line before them, which SQL*Plus writes"),
        ("sep=,\nid,t\n1,x\n", "remove the line that begins with sep="),
    ] {
        let ingest = ingest!();
        ingest.config("xport_cfg: {format: csv}");
        ingest.dump("crm_v1.zip", &Dump::new().table("t", &columns, data));
        let run = ingest.command().run();
        run.assert_code(2);
        says(&messages(&run)[0], &["line 1", what]);
    }
}
