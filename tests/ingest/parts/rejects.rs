//! Rejected rows of parts: each has the name of its part, and its place there.

use super::{CONFIG, in_parts, with_parts};
use crate::dumps::COLUMNS;
use pghaul_test_support::{Dump, Ingest, descriptor, ingest, says};
use serde_json::{Value, json};

/// Part, line, offset and value of each reject.
fn places(ingest: &Ingest) -> Vec<Value> {
    let text = ingest.work.read("rejects/v1_t.jsonl");
    let reasons = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    reasons
        .map(|reason| {
            json!([
                reason["data_file"],
                reason["line"],
                reason["byte_offset"],
                reason["column"],
                reason["value"]
            ])
        })
        .collect()
}

#[track_caller]
fn rejects(ingest: &Ingest, flags: &[&str]) {
    ingest.command().args(["--max-rejects", "9"]).args(flags).run().assert_code(3);
}

#[test]
fn rejects_keep_the_name_of_their_part_and_their_line_there() {
    let ingest = with_parts(&[("1", "1|a\nx|b\n"), ("2", "y|`c\nd`\n3|e\n"), ("10", "4|f\nz|g")]);
    rejects(&ingest, &["--verify"]);
    assert_eq!(ingest.db.one("SELECT string_agg(name, ' ' ORDER BY id) FROM t"), "a e f");
    let expected = [
        json!(["t_1.dat", 3, 12, "id", "x"]),
        json!(["t_2.dat", 2, 8, "id", "y"]),
        json!(["t_10.dat", 3, 12, "id", "z"]),
    ];
    assert_eq!(places(&ingest), expected);
    assert_eq!(ingest.work.read("rejects/v1_t.dat"), "id|name\nx|b\ny|`c\nd`\nz|g");
    let run = ingest.command().args(["--max-rejects", "2", "--force"]).run();
    run.assert_code(1);
    says(
        &run.stderr,
        &["app_v1.zip/t_10.dat, line 3, column id: ", "with this row, 3 rows cannot be loaded"],
    );
}

#[test]
fn rows_that_the_server_refuses_are_found_in_their_parts() {
    let ingest = ingest!();
    ingest.config(&format!("{CONFIG}\nmother_tables: {{t: {{id: int, name: text}}}}"));
    ingest.db.execute("CREATE TABLE t (id int, name text CHECK (name <> 'bad'))");
    ingest.dump("app_v1.zip", &in_parts(&[("1", "1|a\n2|bad\n"), ("2", "3|b\n4|c\n5|bad\n")]));
    // One of them is named where none may be rejected.
    let run = ingest.command().run();
    run.assert_code(1);
    says(&run.stderr, &["app_v1.zip/t_1.dat, line 3", "violates check constraint"]);
    rejects(&ingest, &[]);
    assert_eq!(ingest.db.one("SELECT string_agg(name, ' ' ORDER BY id) FROM t"), "a b c");
    let lines: Vec<Value> = places(&ingest).iter().map(|place| json!([place[0], place[1]])).collect();
    assert_eq!(lines, [json!(["t_1.dat", 3]), json!(["t_2.dat", 4])]);
    assert_eq!(ingest.work.read("rejects/v1_t.dat"), "id|name\n2|bad\n5|bad\n");
}

/// The original bytes are looked for in the part that has them, and each part has a byte-order mark of its own.
#[test]
fn rejects_of_decoded_parts_are_the_bytes_of_the_dump() {
    let utf_16 = |text: &str| -> Vec<u8> {
        [b"\xFF\xFE".to_vec(), text.encode_utf16().flat_map(u16::to_le_bytes).collect()].concat()
    };
    let ingest = ingest!();
    ingest.config("xport_cfg: {data_files: '{table}_{part}', encoding: utf-16le}");
    let plain = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let dump = Dump::new().member("t.json", plain(&descriptor(&COLUMNS)));
    let dump = dump.member("t_1.dat", utf_16("id|name\n1|größe\nx|ä\n"));
    let dump = dump
        .member("t_2.dat", utf_16("id|name\n2|b\n"))
        .member("t_3.dat", utf_16("id|name\ny|表\n3|c\nz|é\n"));
    ingest.dump("app_v1.zip", &dump);
    rejects(&ingest, &[]);
    assert_eq!(ingest.db.one("SELECT string_agg(name, ' ' ORDER BY id) FROM t"), "größe b c");
    let lines: Vec<Value> = places(&ingest).iter().map(|place| json!([place[0], place[1]])).collect();
    assert_eq!(lines, [json!(["t_1.dat", 3]), json!(["t_3.dat", 2]), json!(["t_3.dat", 4])]);
    let kept = std::fs::read(ingest.work.join("rejects/v1_t.dat")).expect("the rows");
    assert_eq!(kept, utf_16("id|name\nx|ä\ny|表\nz|é\n"));
}

#[test]
fn warnings_name_the_part_of_the_first_value() {
    let ingest = with_parts(&[("1", "1|a\n"), ("2", "2|b\n3|say `hi`\n")]);
    let run = ingest.loads();
    says(&run.stderr, &["column name: 1 value, first in line 3 of t_2.dat, holds a quote"]);
}
