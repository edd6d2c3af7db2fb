//! `pghaul ingest --max-rejects`: rows that cannot be loaded are put aside, whoever finds them, and all others are
//! loaded.

use crate::dumps::{NOTES, with_rows};
use pghaul_test_support::{Dump, Ingest, Run, ingest, messages, names, says};
use serde_json::{Value, json};

const SUM: &str = "SELECT string_agg(id::text, ' ' ORDER BY ctid) FROM v1_t";

#[track_caller]
fn run(ingest: &Ingest, code: i32, args: &[&str]) -> Run {
    let run = ingest.command().args(args).run();
    run.assert_code(code);
    run
}

fn bytes(ingest: &Ingest, name: &str) -> Vec<u8> {
    std::fs::read(ingest.work.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The lines of a file of reasons.
fn reasons(ingest: &Ingest, name: &str) -> Vec<Value> {
    let text = ingest.work.read(name);
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Line, column and value of each reason.
fn places(ingest: &Ingest) -> Vec<(u64, Option<String>, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    reasons(ingest, "rejects/v1_t.jsonl")
        .iter()
        .map(|reason| {
            (reason["line"].as_u64().expect("a line"), text(&reason["column"]), text(&reason["value"]))
        })
        .collect()
}

/// The files in a folder, sorted; none where there is no such folder.
fn files(ingest: &Ingest, folder: &str) -> Vec<String> {
    let folder = ingest.work.join(folder);
    if folder.exists() { names(folder) } else { Vec::new() }
}

#[test]
fn rejected_rows_are_kept_byte_by_byte_and_the_others_are_loaded() {
    let ingest = ingest!();
    let rows: [&[u8]; 9] = [
        b"1|one|\xE4\r\n",
        b"x2|t\xFCr|`a\r\n|\xF6`\r\n",
        b"3|three\r\n",
        b"4|four|`\r\n`|more\r\n",
        b"5|toolong|e\r\n",
        b"6|six|nul\0\r\n",
        b"7|se\rven|g\r\n",
        b"8|eight|h\r\n",
        b"|nine|i",
    ];
    let header = b"id|`name`|note\r\n";
    ingest.unit(&NOTES, [&header[..], &rows.concat()].concat());
    let run = run(&ingest, 3, &["--max-rejects", "10", "--report", "report.json"]);
    assert_eq!(ingest.db.one(SUM), "1 8");
    assert_eq!(ingest.db.one("SELECT note FROM t WHERE id = 1"), "ä");
    let rejected: Vec<u8> = [1, 2, 3, 4, 5, 6, 8].iter().flat_map(|row| rows[*row]).copied().collect();
    assert_eq!(bytes(&ingest, "rejects/v1_t.dat"), [&header[..], &rejected].concat());
    let offset = |row: usize| header.len() + rows[..row].concat().len();
    let reason = |row: usize, line: u64, column: Option<&str>, value: Option<&str>, reason: &str| {
        json!({"dump": "app_v1.zip", "data_file": "t.dat", "line": line, "byte_offset": offset(row),
               "column": column, "value": value, "reason": reason})
    };
    let integer = "invalid input syntax for type integer";
    assert_eq!(
        reasons(&ingest, "rejects/v1_t.jsonl"),
        [
            reason(1, 3, Some("id"), Some("x2"), &format!("{integer}: \"x2\" (SQLSTATE 22P02)")),
            reason(2, 5, None, None, "row has 2 fields, the header names 3: nothing for column note"),
            reason(3, 6, None, None, "row has 4 fields, the header names 3"),
            reason(
                4,
                8,
                Some("name"),
                Some("toolong"),
                "value too long for type character varying(5) (SQLSTATE 22001)"
            ),
            reason(
                5,
                9,
                Some("note"),
                Some("nul\0"),
                "value holds a NUL character, which PostgreSQL cannot store"
            ),
            reason(
                6,
                10,
                None,
                None,
                "row holds a line end that is not CR LF, which the header line ends with, outside quotes"
            ),
            reason(8, 12, Some("id"), Some(""), &format!("{integer}: \"\" (SQLSTATE 22P02)")),
        ]
    );
    assert_eq!(files(&ingest, "rejects"), ["v1_t.dat", "v1_t.jsonl"]);
    run.assert_stdout_has("loaded, 7 rejected")
        .assert_stdout_has("2 units: 2 loaded, 0 unchanged, 0 failed; 4 rows, 7 rejected")
        .assert_stderr_has("v1_t: 7 rows rejected, see rejects/v1_t.jsonl and rejects/v1_t.dat");
    let report: Value = serde_json::from_str(&ingest.work.read("report.json")).expect("JSON");
    let counts = |of: &Value| json!([of["rows_read"], of["rows_loaded"], of["rows_rejected"]]);
    let unit = report["units"].as_array().expect("units").iter().find(|unit| unit["name"] == "v1_t");
    assert_eq!(counts(unit.expect("the unit")), json!([9, 2, 7]));
    assert_eq!((counts(&report["totals"]), &report["status"]), (json!([11, 4, 7]), &json!("ok")));
    assert_eq!(ingest.db.one("SELECT rows FROM pghaul.loads WHERE unit = 'v1_t'"), "2");
}

#[test]
fn a_unit_with_rejects_is_loaded_and_not_loaded_again() {
    let ingest = with_rows("1|a|b\nx|c|d\n");
    run(&ingest, 3, &["--max-rejects", "1"]);
    for args in [&["--max-rejects", "1"][..], &[]] {
        run(&ingest, 0, args).assert_stdout_has("2 units: 0 loaded, 2 unchanged");
    }
    assert_eq!(files(&ingest, "rejects"), ["v1_t.dat", "v1_t.jsonl"]);
    run(&ingest, 1, &["--force"]);
    run(&ingest, 3, &["--force", "--max-rejects", "1"]);
    assert_eq!(ingest.db.one(SUM), "1");
}

#[test]
fn without_a_limit_the_first_row_fails_its_unit_and_nothing_is_written() {
    for args in [&[][..], &["--max-rejects", "0"], &["--max-rejects", "0%", "--rejects", "rejects"]] {
        let ingest = with_rows("1|a|b\nx|c|d\n");
        let run = run(&ingest, 1, args);
        says(&messages(&run)[0], &["t.dat, line 3, column id", "correct the row in the data file"]);
        assert!(files(&ingest, "rejects").is_empty());
    }
}

#[test]
fn over_the_limit_nothing_is_published_and_the_reasons_are_there() {
    let ingest = with_rows("1|a|b\nx2|c|d\n3|c\n4|c|d\nx5|e|f\nx6|g|h\n");
    let run_2 = run(&ingest, 1, &["--max-rejects", "2"]);
    let message = "app_v1.zip/t.dat, line 6, column id: invalid input syntax for type integer: \"x5\" (SQLSTATE 22P02); \
                   with this row, 3 rows cannot be loaded, and --max-rejects allows 2; \
                   see rejects/v1_t.failed.jsonl; nothing of this unit was loaded";
    assert_eq!(messages(&run_2), [message]);
    assert_eq!(ingest.tables(), ["good", "t", "v1_good"]);
    let lines: Vec<Value> =
        reasons(&ingest, "rejects/v1_t.failed.jsonl").iter().map(|reason| reason["line"].clone()).collect();
    assert_eq!(lines, [3, 4, 6]);
    assert_eq!(files(&ingest, "rejects"), ["v1_t.failed.jsonl"]);
    run(&ingest, 3, &["--max-rejects", "4"]);
    assert_eq!(files(&ingest, "rejects"), ["v1_t.dat", "v1_t.jsonl"]);
}

#[test]
fn a_share_is_one_of_the_rows_that_were_read() {
    let rows: String =
        (1..=20).map(|id| if id % 10 == 0 { "x|b|c\n".into() } else { format!("{id}|b|c\n") }).collect();
    let ingest = with_rows(rows);
    let run_9 = run(&ingest, 1, &["--max-rejects", "9.9%"]);
    says(
        &messages(&run_9)[0],
        &["t.dat: 2 of 20 rows cannot be loaded, and --max-rejects allows 9.9%; see "],
    );
    assert_eq!(ingest.tables(), ["good", "t", "v1_good"]);
    run(&ingest, 3, &["--max-rejects", "10%", "--rejects", "some/where"]);
    assert_eq!(files(&ingest, "some/where"), ["v1_t.dat", "v1_t.jsonl"]);
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "18");
}

#[test]
fn a_row_that_the_server_refuses_is_put_aside_like_any_other() {
    for (mother, refused) in [
        ("id int CHECK (id % 1000 <> 7), name varchar(5), note text", "violates check constraint"),
        ("id int, name varchar(5), note text NOT NULL", "violates not-null constraint"),
        ("id int, name positive, note text", "violates check constraint \\\"positive_check\\\""),
    ] {
        // Several batches, with both kinds of faults side by side.
        let rows: String = (1..=40_000)
            .map(|id| match id % 1000 {
                7 => format!("{id}|-1|NULL\n"),
                8 => format!("{id}|1|`a\nb`|\n"),
                _ => format!("{id}|1|some more bytes\n"),
            })
            .collect();
        let ingest = with_rows(&rows);
        ingest.db.execute("CREATE DOMAIN positive AS int CHECK (VALUE > 0)");
        ingest.db.execute(&format!("CREATE TABLE t ({mother})"));
        ingest.config("mother_tables: {t: {id: int}, good: {id: int}}\n");
        run(&ingest, 1, &["--max-rejects", "50"]).assert_stderr_has("and --max-rejects allows 50; see ");
        let run_80 = run(&ingest, 3, &["--max-rejects", "80"]);
        run_80.assert_stderr_has("v1_t: 80 rows rejected");
        let sql = "SELECT count(*), count(*) FILTER (WHERE id % 1000 IN (7, 8)), \
                   bool_and(id > before) FROM (SELECT id, lag(id) OVER (ORDER BY ctid) AS before FROM v1_t) t";
        let expected = ["39920", "0", "t"].map(|text| Some(text.to_owned()));
        assert_eq!(ingest.db.rows(sql), [expected], "{mother}");
        let reasons = reasons(&ingest, "rejects/v1_t.jsonl");
        let lines: Vec<u64> = reasons.iter().filter_map(|reason| reason["line"].as_u64()).collect();
        let expected: Vec<u64> = (0..40).flat_map(|k| [8, 9].map(|line| 1000 * k + line + k)).collect();
        assert_eq!(lines, expected, "{mother}");
        for pair in reasons.chunks(2) {
            assert!(pair[0].to_string().contains(refused), "{mother}: {}", pair[0]);
            assert!(pair[1].to_string().contains("row has 4 fields"), "{}", pair[1]);
        }
        let file = ingest.work.read("rejects/v1_t.dat");
        assert!(file.starts_with("id|name|note\n7|-1|NULL\n8|1|`a\nb`|\n1007|-1|NULL\n"), "{file}");
    }
}

#[test]
fn a_row_that_the_server_does_not_name_is_found() {
    let ingest = ingest!();
    let names: Vec<String> = (1..=1500).map(|i| format!("c{i}")).collect();
    let columns: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "bigint")).collect();
    let (small, large) = (vec!["NULL"; 1500].join("|"), vec!["1"; 1500].join("|"));
    ingest.unit(&columns, format!("{}\n{small}\n{large}\n{small}\n{small}\n{large}\n", names.join("|")));
    run(&ingest, 3, &["--max-rejects", "2"]);
    let found: Vec<u64> = places(&ingest).into_iter().map(|(line, _, _)| line).collect();
    assert_eq!(found, [3, 6]);
    assert!(reasons(&ingest, "rejects/v1_t.jsonl")[0]["reason"].to_string().contains("row is too big"));
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "3");
}

#[test]
fn a_value_of_which_the_server_is_asked_is_judged_before_its_row_is_rejected() {
    let ingest = with_rows("` 1 `|a|b\n` x `|`too long`|d\n 3 |e|f\n4|` too long `|h\n");
    run(&ingest, 3, &["--max-rejects", "2"]);
    assert_eq!(ingest.db.one(SUM), "1 3");
    let place = |line, column: &str, value: &str| (line, Some(column.to_owned()), Some(value.to_owned()));
    assert_eq!(places(&ingest), [place(3, "id", " x "), place(5, "name", " too long ")]);
}

#[test]
fn an_open_quote_is_a_reject_where_nothing_is_lost_with_it() {
    let ingest = with_rows("1|a|b\n2|b|`text\nthat was cut o");
    run(&ingest, 3, &["--max-rejects", "1"]);
    assert_eq!(places(&ingest), [(3, None, None)]);
    assert_eq!(bytes(&ingest, "rejects/v1_t.dat"), b"id|name|note\n2|b|`text\nthat was cut o");
    let ingest = with_rows("1|a|b\n2|b|`text\n3|b|c\n");
    let failed = messages(&run(&ingest, 1, &["--max-rejects", "100%"]));
    says(&failed[0], &["t.dat, line 3: row holds a quote that is never closed", "correct the row"]);
    assert_eq!(ingest.tables(), ["good", "t", "v1_good"]);
}

#[test]
fn rejected_rows_are_in_the_encoding_of_the_data_file() {
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (encoding, lines) in [
        (
            "windows-1252",
            vec![b"id|name|note\n".to_vec(), b"\x80|a|b\n".to_vec(), b"1|\x80\x93|c\n".to_vec()],
        ),
        ("utf-16le", vec![utf_16("\u{FEFF}id|name|note\n"), utf_16("€|a|b\n"), utf_16("1|€“|c\n")]),
        // The second byte of the last character is also that of a backslash; the first row is malformed.
        ("shift_jis", vec![b"id|name|note\n".to_vec(), b"\xFF|a|b\n".to_vec(), b"1|\x95\x5C|c\n".to_vec()]),
    ] {
        let ingest = ingest!();
        ingest.config(&format!("xport_cfg: {{encoding: {encoding}}}"));
        let good = Dump::new().table("t", &NOTES, lines.concat());
        ingest.dump("app_v1.zip", &good);
        run(&ingest, 3, &["--max-rejects", "1"]);
        assert_eq!(bytes(&ingest, "rejects/v1_t.dat"), lines[..2].concat(), "{encoding}");
        assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "1");
    }
}

#[test]
fn corrected_rows_can_be_loaded_as_a_dump() {
    let ingest = with_rows(b"1|a|b\nx2|b|c\n3|\xE4\xE4\xE4|`d`\n4|toolong|\n");
    run(&ingest, 3, &["--max-rejects", "2", "--rejects", "aside"]);
    let rejected = ingest.work.read("aside/v1_t.dat");
    assert_eq!(rejected, "id|name|note\nx2|b|c\n4|toolong|\n");
    let corrected = rejected.replace("x2", "2").replace("toolong", "long");
    ingest.dump("app_v1corrected.zip", &Dump::new().table("t", &NOTES, corrected));
    run(&ingest, 0, &[]);
    assert_eq!(ingest.db.one("SELECT string_agg(id::text, ' ' ORDER BY id) FROM t"), "1 2 3 4");
}

#[test]
fn files_belong_to_the_rows_that_are_loaded() {
    let ingest = with_rows("1|a|b\nx2|b|c\n");
    run(&ingest, 3, &["--max-rejects", "1"]);
    let before = bytes(&ingest, "rejects/v1_t.dat");
    // A dump that cannot take the place of this one leaves what belongs to this one.
    ingest.unit(&NOTES, "id|name|note\ny|a|b\nz|b|c\n");
    run(&ingest, 1, &["--max-rejects", "1"]);
    assert_eq!((ingest.db.one(SUM).as_str(), bytes(&ingest, "rejects/v1_t.dat")), ("1", before));
    assert_eq!(files(&ingest, "rejects"), ["v1_t.dat", "v1_t.failed.jsonl", "v1_t.jsonl"]);
    ingest.unit(&NOTES, "id|name|note\n1|a|b\n2|b|c\n");
    run(&ingest, 0, &["--max-rejects", "1"]);
    assert!(files(&ingest, "rejects").is_empty());
}

#[test]
fn rejects_that_cannot_be_written_fail_the_unit_and_a_folder_that_cannot_be_is_refused() {
    let ingest = with_rows("1|a|b\nx2|b|c\n");
    std::fs::create_dir_all(ingest.work.join("rejects/v1_t.jsonl")).expect("a folder");
    let failed = messages(&run(&ingest, 1, &["--max-rejects", "1"]));
    says(&failed[0], &["t.dat: cannot write rejects into rejects: ", "name another folder with --rejects"]);
    assert_eq!(ingest.tables(), ["good", "t", "v1_good"]);
    ingest.work.write("file", "");
    let message = ingest.refuses(ingest.command().args(["--max-rejects", "1", "--rejects", "file"]));
    says(&message, &["file: cannot write rejects: not a directory; name another folder with --rejects"]);
}

#[test]
fn wrong_limits_are_refused() {
    let ingest = with_rows("1|a|b\n");
    for limit in ["x", "-1", "120%", "1.5", "%"] {
        let argument = format!("--max-rejects={limit}");
        run(&ingest, 2, &[&argument]).assert_stderr_has("use a number of rows, such as 100, or a share");
    }
    run(&ingest, 2, &["--rejects", "folder"]).assert_stderr_has("add --max-rejects N or N%");
    assert!(ingest.tables().is_empty());
}
