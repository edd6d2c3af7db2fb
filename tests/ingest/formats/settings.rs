//! Where settings come from: a dialect's key, its format, those of `xport_cfg`.

use super::TEXT;
use pghaul_test_support::{Dump, ingest, pghaul, says};

const CONFIG: &str = r#"xport_cfg:
  null_pattern: '-'
  dialects:
    - {match: '*lms*', types: mssql, format: bcp, field_separator: ';'}
    - {match: '*shop*', types: mysql, format: outfile, null_pattern: ['\N', '']}
    - {match: '*', types: mysql}
"#;

#[test]
fn each_kind_of_dumps_has_its_own() {
    let ingest = ingest!();
    ingest.config(CONFIG);
    ingest.dump("lms_v1.zip", &Dump::new().table("t", &TEXT, "1;a`b\r\n2;\r\n"));
    ingest
        .dump("shop_v2.zip", &Dump::new().table("t", &[("id", "int"), ("txt", "text")], "3\tc\\\\d\n4\t\n"));
    ingest.dump(
        "crm_v3.zip",
        &Dump::new().table("t", &[("id", "int"), ("txt", "text")], "id|txt\n5|`e`\n6|-\n"),
    );
    let plan = ingest.command().args(["--plan"]).run();
    plan.assert_code(0);
    says(
        &plan.stdout,
        &[
            "-- crm_v3.zip: null_pattern \"-\" (xport_cfg.null_pattern)",
            "-- lms_v1.zip: field_separator \";\" (xport_cfg.dialects[0].field_separator); dat_quote \"none\"",
            "nul \"empty\"",
            "(xport_cfg.dialects[0].format: bcp)",
            "-- shop_v2.zip: ",
            "null_pattern \"\\\\N, \" (xport_cfg.dialects[1].null_pattern)",
        ],
    );
    ingest.loads();
    let rows = ingest.db.rows("SELECT txt FROM t ORDER BY id");
    let expected = [Some("a`b"), None, Some("c\\d"), None, Some("e"), None];
    assert_eq!(rows, expected.map(|text| vec![text.map(str::to_owned)]));

    // What is as before is not loaded again; what is read otherwise is.
    let run = ingest.loads();
    says(&run.stdout, &["3 units: 0 loaded, 3 unchanged"]);
    ingest.config(&CONFIG.replace("'\\N', ''", "'\\N'"));
    ingest.loads();
    assert_eq!(ingest.db.one("SELECT count(*) FROM t WHERE txt = ''"), "1");

    let check = pghaul!(ingest.work).args(["config", "check"]).run();
    check.assert_code(0);
    says(&check.stdout, &["config.yml: no faults", "data files of dumps \"*lms*\": field_separator \";\""]);
}

#[test]
fn faults_have_the_line_of_their_key() {
    let ingest = ingest!();
    for (lines, fault) in [
        ("  quotes: txt\n", "2:3: xport_cfg.quotes: \"txt\" is neither text nor copy; write text or copy"),
        ("  format: tsv\n", "2:3: xport_cfg.format: \"tsv\" is no format of data files"),
        ("  dat_quote: '|'\n", "2:3: "),
        ("  header: perhaps\n", "2:11: "),
        ("  dat_quote: none\n  quotes: copy\n", "3:3: xport_cfg.quotes: copy says what quotes do"),
        ("  field_separator: ','\n  escape: ','\n", "2:3: xport_cfg.field_separator"),
        ("  line_end: \"|\\n\"\n", "2:3: xport_cfg.line_end"),
        (
            "  dialects:\n    - match: '*'\n      types: mysql\n      nul: none\n",
            "5:7: xport_cfg.dialects[0].nul: \"none\" is neither reject nor empty",
        ),
        ("  field_seperator: ','\n", "did you mean `field_separator`?"),
    ] {
        ingest.config(&format!("xport_cfg:\n{lines}"));
        let check = pghaul!(ingest.work).args(["config", "check"]).run();
        check.assert_code(2);
        says(&check.stderr, &[fault]);
    }
}
