//! Quotes as those mean them who write files: at the beginning of a field, or a character.

use super::{TEXT, fails, texts};
use pghaul_test_support::{Dump, ingest, says};

#[test]
fn text_behind_a_closing_quote_costs_its_row_and_no_other() {
    let data =
        "id|txt\n1|`a`b\n2|ok\n3|`say `hi` twice`|\n4|`two\nlines`\n5|`x` \n6|`a``b`\n7|`c`d|`e\n8|f\n";
    let ingest = ingest!();
    ingest.dump("lms_v1.zip", &Dump::new().table("t", &TEXT, data));
    let message = fails(&ingest);
    says(&message, &["t.dat, line 2: row has text behind the quote that ends a field", "correct the row"]);
    ingest.command().args(["--max-rejects", "4", "--rejects", "rejects"]).run().assert_code(3);
    assert_eq!(
        ingest.work.read("rejects/v1_t.dat"),
        "id|txt\n1|`a`b\n3|`say `hi` twice`|\n5|`x` \n7|`c`d|`e\n"
    );
    let lines: Vec<u64> = ingest
        .work
        .read("rejects/v1_t.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [2, 4, 7, 9]);
    let rows = ingest.db.rows("SELECT id::text, txt FROM v1_t ORDER BY ctid");
    let expected = [("2", "ok"), ("4", "two\nlines"), ("6", "a`b"), ("8", "f")];
    assert_eq!(rows, expected.map(|(id, txt)| vec![Some(id.to_owned()), Some(txt.to_owned())]));
}

#[test]
fn a_backslash_before_such_a_quote_is_named() {
    let ingest = ingest!();
    ingest.config("xport_cfg: {format: csv}");
    ingest.dump("lms_v1.zip", &Dump::new().table("t", &TEXT, "id,txt\n1,\"say \\\"hi\\\"\"\n"));
    says(&fails(&ingest), &["line 2: row has text behind the quote", "set escape: '\\'"]);
    ingest.config("xport_cfg: {format: csv, escape: '\\'}");
    ingest.loads();
    assert_eq!(ingest.db.one("SELECT txt FROM t"), "say \"hi\"");
}

#[test]
fn rows_that_quotes_would_join_by_copys_rule_are_rows() {
    let data = "id|txt\n1|run `ls` now\n2|5` pipe\n3|plain\n4|6` pipe\n5|`x\ny`\n";
    let ingest = ingest!();
    ingest.dump("lms_v1.zip", &Dump::new().table("t", &TEXT, data));
    let run = ingest.loads();
    run.assert_stderr_has(
        "column txt: 3 values, first in line 2, hold a quote ` that does not begin the value",
    );
    let rows = ingest.db.rows("SELECT id::text, txt FROM v1_t ORDER BY ctid");
    assert_eq!(
        rows,
        texts(&[Some("run `ls` now"), Some("5` pipe"), Some("plain"), Some("6` pipe"), Some("x\ny")])
    );
}
