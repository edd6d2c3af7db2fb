//! Parts that are large together are loaded by many streams.

use super::CONFIG;
use crate::containers::gzip;
use crate::dumps::LARGE_BYTES;
use pghaul_test_support::{Dump, Ingest, Outcome, descriptor, ingest, messages, says};
use std::fmt::Write;
use std::sync::OnceLock;

const COLUMNS: [(&str, &str); 3] = [("id", "int"), ("number", "varchar(9)"), ("text", "text")];
const PARTS: usize = 5;
/// Rows of a part.
const ROWS: usize = 30_000;
/// The row of the fourth part whose number is none, and the one that the server refuses.
const BAD_NUMBER: usize = 12_345;
const BAD_TEXT: usize = 23_456;

/// A dump whose parts have two lines in each row, together more than one stream's share.
fn dump() -> &'static [u8] {
    static DUMP: OnceLock<Vec<u8>> = OnceLock::new();
    DUMP.get_or_init(|| {
        let filler = "x".repeat(480);
        let mut bytes = 0;
        let mut dump = Dump::new().member("t.json", descriptor(&COLUMNS));
        for part in 0..PARTS {
            let mut data = "id|number|text\n".to_owned();
            for row in 0..ROWS {
                let id = part * ROWS + row;
                let number = if part == 3 && row == BAD_NUMBER { "x7" } else { "7" };
                let text = if part == 3 && row == BAD_TEXT { "bad" } else { filler.as_str() };
                writeln!(data, "{id}|{number}|`a\n{text}`").expect("write into memory");
            }
            bytes += data.len();
            dump = dump.member(&format!("t_{part}.dat.gz"), gzip(data.as_bytes())).stored();
        }
        assert!(bytes > LARGE_BYTES);
        dump.bytes()
    })
}

/// The line of a row in its part.
fn line(row: usize) -> usize {
    2 + 2 * row
}

fn with_dump() -> Ingest {
    let ingest = ingest!();
    ingest.config(CONFIG);
    ingest.work.write("dumps/app_v1.zip", dump());
    ingest
}

#[test]
fn many_streams_load_the_parts_as_one_unit() {
    let ingest = with_dump();
    let content =
        || ingest.db.one("SELECT concat(count(*), ' ', sum(hashtextextended(t::text, 0))) FROM v1_t t");
    ingest.command().args(["--workers", "1"]).run().assert_code(0);
    let by_one = content();
    says(&by_one, &[&format!("{} ", PARTS * ROWS)]);
    let run = ingest.command().args(["--workers", "4", "--force", "--verify", "-v"]).run();
    run.assert_code(0).assert_stderr_has(&format!("copied {} rows by 4 streams", PARTS * ROWS));
    assert_eq!(content(), by_one);
    assert_eq!(ingest.tables(), ["t", "v1_t"]);
}

#[test]
fn many_streams_name_the_part_and_the_line_of_a_row() {
    let ingest = with_dump();
    // The declared type is the mother's.
    ingest.db.execute("CREATE TABLE t (id int, number int, text text)");
    ingest.config(&format!("{CONFIG}\nmother_tables: {{t: {{id: int}}}}"));
    let run = ingest.command().args(["--workers", "4"]).run();
    run.assert_code(1);
    let place = format!("app_v1.zip/t_3.dat.gz, line {}, column number: ", line(BAD_NUMBER));
    says(&messages(&run)[0], &[&place, "\"x7\""]);
    assert_eq!(ingest.tables(), ["t"]);

    ingest.db.execute("DROP TABLE t");
    ingest.db.execute(r"CREATE TABLE t (id int, number text, text text CHECK (text <> E'a\nbad'))");
    let run = ingest.command().args(["--workers", "4"]).run();
    run.assert_code(1);
    says(
        &messages(&run)[0],
        &[&format!("app_v1.zip/t_3.dat.gz, line {}", line(BAD_TEXT)), "check constraint"],
    );

    ingest.db.execute("DROP TABLE t");
    ingest.db.execute("CREATE TABLE t (id int, number int, text text)");
    let run = ingest.command().args(["--workers", "4", "--max-rejects", "1", "--report", "-", "-v"]).run();
    run.assert_code(3).assert_stderr_has("by 4 streams");
    assert_eq!(Outcome::of(run).units()[0]["rows_rejected"], 1);
    let reason = ingest.work.read("rejects/v1_t.jsonl");
    says(&reason, &["\"data_file\":\"t_3.dat.gz\"", &format!("\"line\":{},", line(BAD_NUMBER))]);
}
