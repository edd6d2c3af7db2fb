//! Dates and times as other databases write them: the order of day and month, SQL Server's styles, MySQL's zero dates.

use pghaul_test_support::{Dump, Ingest, Run, ingest, says};
use serde_json::{Value, json};

/// The values of column `v` of the table `t`, in the order of the rows.
fn values(ingest: &Ingest) -> String {
    ingest.db.one("SELECT string_agg(coalesce(v::text, '-'), ', ' ORDER BY id) FROM t")
}

/// Loads values of a type of the map that the dump's name chooses.
#[track_caller]
fn loaded(dump: &str, source_type: &str, values: &[&str], config: &str) -> (Ingest, Run) {
    let ingest = ingest!();
    ingest.config(config);
    let rows: String = values.iter().zip(1..).map(|(value, id)| format!("{id}|{value}\n")).collect();
    let columns = [("id", "int"), ("v", source_type)];
    ingest.dump(dump, &Dump::new().table("t", &columns, format!("id|v\n{rows}")));
    let run = ingest.command().args(["--report", "report.json"]).run();
    (ingest, run)
}

fn report(ingest: &Ingest) -> Value {
    let report: Value = serde_json::from_str(&ingest.work.read("report.json")).unwrap();
    report["units"][0].clone()
}

const DAY_FIRST: &str = "xport_cfg: {dialects: [{match: '*', types: mssql, date_order: dmy}]}";

#[test]
fn the_order_of_day_and_month_is_what_the_dialect_says() {
    let dates = ["03/02/2019 11:59:00", "27.02.2019", "5-11-19", "2019-02-27", "Feb 27 2019 11:59AM"];
    let (ingest, run) = loaded("lms_v1.zip", "datetime", &dates, DAY_FIRST);
    run.assert_code(0).assert(!run.stderr.contains("date_order"), "no warning");
    assert_eq!(
        values(&ingest),
        "2019-02-03 11:59:00, 2019-02-27 00:00:00, 2019-11-05 00:00:00, 2019-02-27 00:00:00, 2019-02-27 11:59:00"
    );
    let month_first = DAY_FIRST.replace("dmy", "MDY");
    let (ingest, run) = loaded("lms_v1.zip", "date", &["03/02/2019", "02/27/2019"], &month_first);
    run.assert_code(0).assert(!run.stderr.contains("date_order"), "no warning");
    assert_eq!(values(&ingest), "2019-03-02, 2019-02-27");
    let (ingest, run) = loaded("lms_v1.zip", "date", &["19/02/27"], &DAY_FIRST.replace("dmy", "ymd"));
    run.assert_code(0);
    assert_eq!(values(&ingest), "2019-02-27");
}

/// The COPY reads the values then, and no encoder.
#[test]
fn rows_that_go_out_as_text_are_read_in_that_order_too() {
    let ingest = ingest!();
    ingest.config(DAY_FIRST);
    let columns = [("id", "int"), ("v", "datetime"), ("x", "xml")];
    ingest.dump(
        "lms_v1.zip",
        &Dump::new().table("t", &columns, "id|v|x\n1|03/02/2019|<a/>\n2|27/02/2019 11:59:00:123|<b/>\n"),
    );
    ingest.command().args(["--verify"]).run().assert_code(0);
    assert_eq!(values(&ingest), "2019-02-03 00:00:00, 2019-02-27 11:59:00.123");
    // A row that the server refuses takes the careful way.
    let columns = [("id", "int"), ("v", "date"), ("x", "xml")];
    let data = "id|v|x\n1|03/02/2019|<a/>\n2|02/27/2019|<b/>\n3|04/02/2019|<c/>\n";
    ingest.dump("lms_v2.zip", &Dump::new().table("u", &columns, data));
    ingest.command().args(["--max-rejects", "1"]).run().assert_code(3);
    assert_eq!(ingest.db.one("SELECT string_agg(v::text, ' ' ORDER BY id) FROM u"), "2019-02-03 2019-02-04");
}

#[test]
fn a_change_of_the_order_loads_the_unit_again() {
    let (ingest, run) = loaded("lms_v1.zip", "date", &["03/02/2019"], "{}");
    run.assert_code(0);
    assert_eq!(values(&ingest), "2019-03-02");
    says(
        &run.stderr,
        &[
            "warning: lms_v1.zip/t.dat: column v: 1 value, first in line 2, read with the month first",
            "date_order: mdy",
            "date_order: dmy",
        ],
    );
    says(report(&ingest)["warnings"][0].as_str().unwrap(), &["column v: 1 value, first in line 2"]);
    ingest.config(DAY_FIRST);
    ingest.loads().assert_stdout_has("1 loaded");
    assert_eq!(values(&ingest), "2019-02-03");
    ingest.loads().assert_stdout_has("1 unchanged");
}

#[test]
fn a_date_of_another_order_is_refused_with_the_line_that_helps() {
    for (config, value, order) in [("{}", "27/02/2019", "dmy"), (DAY_FIRST, "02/27/2019 11:59:00", "mdy")] {
        let (_, run) = loaded("lms_v1.zip", "datetime", &["NULL", value], config);
        run.assert_code(1);
        says(
            &run.stderr,
            &[
                "lms_v1.zip/t.dat, line 3, column v: ",
                value,
                &format!("write date_order: {order} beside match and types in xport_cfg.dialects"),
            ],
        );
        run.assert(!run.stderr.contains("correct the row"), "the row may be right");
    }
    // The same where the server reads the rows.
    let ingest = ingest!();
    let columns = [("id", "int"), ("v", "datetime"), ("x", "xml")];
    ingest.dump("lms_v1.zip", &Dump::new().table("t", &columns, "id|v|x\n1|NULL|<a/>\n2|27/02/2019|<b/>\n"));
    let run = ingest.command().run();
    says(&run.stderr, &["line 3", "27/02/2019", "write date_order: dmy"]);
    run.assert_never_says("correct the row");
}

#[test]
fn styles_of_sql_server() {
    let (ingest, run) = loaded(
        "lms_v1.zip",
        "datetime",
        &[
            "2019-02-27 11:59:00.000",
            "Feb 27 2019 11:59AM",
            "Feb 27 2019 11:59:00:123AM",
            "2019-02-27T11:59:00.123",
            "27 Feb 2019 11:59:00:000",
            "20190227 11:59:00",
            "2019-02-27 11:59:00.997",
            "Feb  3 2019 12:00:00:000AM",
            "Feb  7 2019  1:59:00:123PM",
        ],
        "{}",
    );
    run.assert_code(0);
    assert_eq!(
        values(&ingest),
        "2019-02-27 11:59:00, 2019-02-27 11:59:00, 2019-02-27 11:59:00.123, 2019-02-27 11:59:00.123, \
         2019-02-27 11:59:00, 2019-02-27 11:59:00, 2019-02-27 11:59:00.997, 2019-02-03 00:00:00, \
         2019-02-07 13:59:00.123"
    );
    let (ingest, run) = loaded("lms_v1.zip", "time", &["11:59:00:123", "11:59:00.1230000"], "{}");
    run.assert_code(0);
    assert_eq!(values(&ingest), "11:59:00.123, 11:59:00.123");
    let offset = "2019-02-27 11:59:00.1230000 +02:00";
    let (ingest, run) = loaded("lms_v1.zip", "datetimeoffset", &[offset], "{}");
    run.assert_code(0);
    assert_eq!(values(&ingest), "2019-02-27 09:59:00.123+00");
    // What the encoder and the server read must be the same.
    let (ingest, _) = loaded("lms_v1.zip", "datetime", &["Feb  7 2019  1:59:00:123PM"], "{}");
    ingest.command().args(["--verify", "--force"]).run().assert_code(0).assert_stdout_has("verified");
}

const ZEROS: [&str; 5] =
    ["0000-00-00", "2019-00-00", "`2019-02-00`", "0000-00-00 00:00:00.000000", "2019-02-27"];

#[test]
fn zero_dates_of_mysql_are_null_and_counted() {
    for (source_type, last) in [("date", "2019-02-27"), ("datetime", "2019-02-27 00:00:00")] {
        let (ingest, run) = loaded("shop_v1.zip", source_type, &ZEROS, "{}");
        run.assert_code(0);
        assert_eq!(values(&ingest), format!("-, -, -, -, {last}"));
        let said =
            "shop_v1.zip/t.dat: column v: 4 values, first in line 2, NULL by null_if of the type map mysql";
        run.assert_stderr_has(said);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert_eq!(report(&ingest)["adjusted"], json!({"v": 4}));
        assert_eq!(ingest.db.one("SELECT adjusted FROM pghaul.loads"), r#"{"v": 4}"#);
        let again = ingest.command().args(["--verify", "--force"]).run();
        again.assert_code(0).assert_stdout_has("adjusted: 4 values NULL by null_if (v 4)\n");
    }
    // In a table that is sent as text.
    let ingest = ingest!();
    let columns = [("id", "int"), ("v", "date"), ("x", "xml")];
    ingest.dump(
        "shop_v1.zip",
        &Dump::new().table("t", &columns, "id|v|x\n1|0000-00-00|<a/>\n2|2019-02-27|<a/>\n"),
    );
    ingest.command().args(["--verify"]).run().assert_code(0).assert_stderr_has("column v: 1 value,");
    assert_eq!(values(&ingest), "-, 2019-02-27");
}

#[test]
fn a_text_keeps_its_zeros_and_a_column_without_nulls_refuses_them() {
    let (ingest, run) = loaded("shop_v1.zip", "varchar(20)", &["0000-00-00"], "{}");
    run.assert_code(0);
    assert_eq!((values(&ingest).as_str(), run.stderr.as_str()), ("0000-00-00", ""));
    let ingest = ingest!();
    ingest.db.execute("CREATE TABLE t (id int, v date NOT NULL)");
    ingest.config("mother_tables: {t: {id: int}}\n");
    ingest.dump(
        "shop_v1.zip",
        &Dump::new().table(
            "t",
            &[("id", "int"), ("v", "date")],
            "id|v\n1|2019-02-27\n2|0000-00-00\n3|2019-02-28\n",
        ),
    );
    let run = ingest.command().run();
    run.assert_code(1);
    says(&run.stderr, &["shop_v1.zip/t.dat, line 3, column v: null value"]);
    // A row that is rejected is not counted.
    let run = ingest.command().args(["--max-rejects", "1"]).run();
    run.assert_code(3).assert_never_says("null_if");
    assert_eq!(values(&ingest), "2019-02-27, 2019-02-28");
}

#[test]
fn a_type_map_says_which_values_are_null() {
    let (_, run) = loaded("lms_v1.zip", "date", &["2019-02-27", "0000-00-00"], "{}");
    run.assert_code(1);
    says(&run.stderr, &["line 3, column v: ", "0000-00-00", "null_if: {date: ['????-00-*', '????-??-00*']}"]);
    let config = "xport_cfg: {dialects: [{match: '*', types: {extends: mssql, null_if: {date: ['????-00-*'], int: ['-1']}}}]}";
    let (ingest, run) = loaded("lms_v1.zip", "date", &["2019-02-27", "0000-00-00"], config);
    run.assert_code(0).assert(run.stderr.is_empty(), "what a rule of one's own does is no news");
    assert_eq!(values(&ingest), "2019-02-27, -");
    // Also a value that an encoder knows.
    let (ingest, run) = loaded("lms_v1.zip", "int", &["-1", "1", "-11"], config);
    run.assert_code(0);
    assert_eq!(values(&ingest), "-, 1, -11");
    assert_eq!(report(&ingest).get("adjusted"), None);
    // What the map says is a part of the unit.
    ingest.loads().assert_stdout_has("1 unchanged");
    ingest.config(&config.replace("'-1'", "'-11'"));
    ingest.loads().assert_stdout_has("1 loaded");
    assert_eq!(values(&ingest), "-1, 1, -");
    // The preset of the map that it extends can be taken back.
    let config = "xport_cfg: {dialects: [{match: '*', types: {extends: mysql, null_if: {date: []}}}]}";
    let (_, run) = loaded("shop_v1.zip", "date", &["0000-00-00"], config);
    run.assert_code(1);
}
