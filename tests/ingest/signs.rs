//! Signs that a data file is written otherwise than the configuration says: the rows are loaded as it says, and a warning counts
//! the values.

use pghaul_test_support::{Dump, Ingest, ingest, says};
use serde_json::Value;

const TEXT: [(&str, &str); 2] = [("id", "int"), ("txt", "nvarchar(100)")];

/// Loads a data file and gives the warnings of its report, which the log has, too.
#[track_caller]
fn warnings(config: &str, columns: &[(&str, &str)], data: &[u8]) -> (Ingest, Vec<String>) {
    let ingest = ingest!();
    ingest.config(config);
    ingest.dump("lms_v1.zip", &Dump::new().table("t", columns, data));
    let run = ingest.command().args(["--report", "report.json"]).run();
    run.assert_code(0);
    let report: Value = serde_json::from_str(&ingest.work.read("report.json")).unwrap();
    let warnings: Vec<String> = match report["units"][0].get("warnings") {
        Some(warnings) => serde_json::from_value(warnings.clone()).unwrap(),
        None => Vec::new(),
    };
    for warning in &warnings {
        run.assert_stderr_has(&format!("warning: lms_v1.zip/t.dat: {warning}"));
    }
    assert_eq!(run.stderr.lines().count(), warnings.len(), "{}", run.stderr);
    (ingest, warnings)
}

#[track_caller]
fn warning(config: &str, columns: &[(&str, &str)], data: &[u8]) -> (Ingest, String) {
    let (ingest, mut warnings) = warnings(config, columns, data);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    (ingest, warnings.remove(0))
}

#[test]
fn bytes_of_windows_1252_and_utf_8_under_latin_1() {
    let data = b"id|txt\r\n1|plain\r\n2|`It\x92s 5 \x80 \x93ok\x94 \x96 fine`\r\n3|caf\xE9\r\n4|\x80\r\n";
    let (ingest, said) = warning("{}", &TEXT, data);
    says(
        &said,
        &[
            "column txt: 2 values, first in line 3, hold bytes from 0x80 to 0x9F",
            "xport_cfg.encoding: windows-1252",
        ],
    );
    // What it proposes mends it.
    ingest.config("xport_cfg: {encoding: windows-1252}");
    let run = ingest.loads();
    assert_eq!(run.stderr, "");
    assert_eq!(
        ingest.db.one("SELECT txt FROM t WHERE id = 2"),
        "It\u{2019}s 5 € \u{201C}ok\u{201D} \u{2013} fine"
    );

    let (_, said) = warning("{}", &TEXT, "id|txt\n1|Zoë\n2|`naïve`\n".as_bytes());
    says(&said, &["column txt: 2 values, first in line 2, are valid UTF-8", "xport_cfg.encoding: utf-8"]);
    for (encoding, data) in [("utf-8", "id|txt\n1|Zoë\n".as_bytes()), ("latin_1", b"id|txt\n1|Zo\xEB\n")] {
        let (_, said) = warnings(&format!("xport_cfg: {{encoding: {encoding}}}"), &TEXT, data);
        assert_eq!(said, [""; 0]);
    }
}

#[test]
fn quotes_in_the_middle() {
    let data = b"id|txt\n1|run `ls` now\n2|5` pipe\n3|plain\n4|6` pipe\n5|x\n";
    // By COPY's rule, the rows between two quotes are part of a value.
    let copy = "xport_cfg: {quotes: copy}";
    let (ingest, said) = warning(copy, &TEXT, data);
    says(&said, &["column txt: 2 values, first in line 2, hold a quote `", "leave out quotes: copy"]);
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "3");
    let (ingest, said) = warning("{}", &TEXT, data);
    says(&said, &["column txt: 3 values, first in line 2, hold a quote `", "xport_cfg.dat_quote: none"]);
    let loaded = || ingest.db.one("SELECT count(*) || string_agg(txt, ',' ORDER BY id) FROM t");
    assert_eq!(loaded(), "5run `ls` now,5` pipe,plain,6` pipe,x");
    ingest.config("xport_cfg: {dat_quote: none}");
    assert_eq!(ingest.loads().stderr, "");
    assert_eq!(loaded(), "5run `ls` now,5` pipe,plain,6` pipe,x");
    let (_, said) = warnings("{}", &TEXT, b"id|txt\n1|`a``b`\n2|``\n3|```a```\n4|`|\n`\n");
    assert_eq!(said, [""; 0]);
    // In a number, and in a table that is sent as text.
    let (_, said) = warning(copy, &TEXT, b"id|txt\n1`2`|a\n");
    says(&said, &["column id: 1 value, first in line 2, holds a quote"]);
    let columns = [("txt", "nvarchar(20)"), ("x", "xml")];
    let (_, said) = warning("{}", &columns, b"txt|x\na`b`|<a/>\n");
    says(&said, &["column txt: 1 value, first in line 2, holds a quote"]);
}

#[test]
fn backslashes_that_may_escape() {
    let outfile = "xport_cfg: {field_separator: \"\\t\", null_pattern: '\\N', encoding: utf-8}";
    let data = b"id\ttxt\n1\tC:\\\\temp\\\\x\n2\t\\N\n3\tsay \\\"hi\\\"\n4\ta\\0b\n";
    let (_, said) = warning(outfile, &TEXT, data);
    says(&said, &["column txt: 1 value, first in line 4, has a backslash before a quote", "format: outfile"]);

    let enclosed = "xport_cfg: {field_separator: ',', dat_quote: '\"', null_pattern: '\\N', encoding: utf-8}";
    let data = b"\"id\",\"txt\"\n1,\"say \\\"hi\\\", twice\"\n2,\"back\\\\slash\"\n3,\\N\n4,\"x\"\n";
    let (_, said) = warning(&enclosed.replace('{', "{quotes: copy, "), &TEXT, data);
    says(&said, &["column txt: 1 value, first in line 2, has a backslash before a quote"]);

    let paths = b"id|txt\n1|C:\\temp\n2|{\"a\": \"\\\"\"}\n3|`C:\\`\n";
    let (_, said) = warnings("{}", &TEXT, paths);
    assert_eq!(said, [""; 0]);
}

#[test]
fn digits_of_bytes_without_a_prefix() {
    let columns = [("id", "int"), ("b", "varbinary(max)"), ("r", "rowversion")];
    let data = b"id|b|r\n1|0xDEADBEEF|0x00000000000007D1\n2|DEADBEEF|00000000000007D1\n3|0x|\n4|FF|\n";
    let (ingest, said) = warnings("{}", &columns, data);
    says(
        &said[0],
        &["column b: 2 values, first in line 3, have only hexadecimal digits", "CONVERT(varchar(max), …, 1)"],
    );
    says(&said[1], &["column r: 1 value, first in line 3, has only hexadecimal digits"]);
    assert_eq!(said.len(), 2);
    assert_eq!(ingest.db.one("SELECT b FROM t WHERE id = 4"), "\\x4646");
}

#[test]
fn columns_that_only_the_descriptor_has() {
    let (_, said) = warning("{}", &[("id", "int"), ("a", "int"), ("b", "int")], b"id\n1\n");
    says(&said, &["the descriptor lists a, b, which the header lacks"]);
}

/// Large files go out by several connections, and questions make batches start over: each value counts once.
#[test]
fn values_count_once_whatever_way_they_take() {
    let ingest = ingest!();
    let mut data = b"id|txt|d\n".to_vec();
    for id in 0..400_000_u32 {
        let text: &[u8] = if id % 1000 == 7 {
            b"5 \x80"
        } else {
            b"a long enough text to fill a hundred MB or so of rows: "
        };
        data.extend_from_slice(format!("{id}|").as_bytes());
        for _ in 0..4 {
            data.extend_from_slice(text);
        }
        // Each batch has a question.
        data.extend_from_slice(
            format!("|{}Feb 27, {}\n", if id % 1000 == 9 { " " } else { "" }, 1000 + id / 1000).as_bytes(),
        );
    }
    ingest
        .dump("lms_v1.zip", &Dump::new().table("t", &[("id", "int"), ("txt", "text"), ("d", "date")], data));
    let run = ingest.command().args(["--workers", "3", "-v"]).run();
    run.assert_code(0).assert_stderr_has("by 3 streams");
    run.assert_stderr_has("column txt: 400 values, first in line 9, hold bytes from 0x80");
}
