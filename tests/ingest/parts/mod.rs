//! `xport_cfg.data_files`: data files that are the parts of one table are one unit.

mod rejects;
mod rules;
mod streams;

use crate::containers::{gzip, tar, zstd};
use crate::dumps::COLUMNS;
use pghaul_test_support::{Dump, Encryption, Ingest, Outcome, descriptor, ingest, says};
use serde_json::json;

/// The configuration of most tests here.
pub const CONFIG: &str = "xport_cfg: {data_files: '{table}_{part}'}";

/// The rows in the order in which they were sent.
const IN_ORDER: &str = "SELECT string_agg(id || name, ' ' ORDER BY ctid) FROM v1_t";

/// A dump of `t` in parts of these names, each with a header line and these rows.
pub fn in_parts(parts: &[(&str, &str)]) -> Dump {
    parts.iter().fold(Dump::new().member("t.json", descriptor(&COLUMNS)), |dump, (part, rows)| {
        dump.member(&format!("t_{part}.dat"), format!("id|name\n{rows}"))
    })
}

/// A folder with that dump and [`CONFIG`].
fn with_parts(parts: &[(&str, &str)]) -> Ingest {
    let ingest = ingest!();
    ingest.config(CONFIG);
    ingest.dump("app_v1.zip", &in_parts(parts));
    ingest
}

#[test]
fn parts_are_one_unit_in_the_order_of_their_numbers() {
    // The last part has no line end at its end, and the one before it no rows.
    let ingest = with_parts(&[("10", "4|d"), ("2", "2|b\n3|c\n"), ("3", ""), ("1", "1|a\n")]);
    let plan = ingest.command().args(["--plan"]).run();
    plan.assert_code(0).assert_stdout_has("load      v1_t from app_v1.zip/t_1.dat and 3 more parts (");
    plan.assert_stdout_has("app_v1.zip: data_files \"{table}_{part}\" (xport_cfg.data_files)");
    let outcome = Outcome::of(ingest.command().args(["--report", "-", "--verify"]).run());
    outcome.run.assert_code(0);
    says(
        &outcome.run.stderr,
        &["app_v1.zip: table t: parts 4 to 9 between 1 and 10 are missing; if the export has made them"],
    );
    assert_eq!(ingest.db.one(IN_ORDER), "1a 2b 3c 4d");
    assert_eq!(ingest.tables(), ["t", "v1_t"]);
    let unit = &outcome.units()[0];
    let of = |key: &str| unit[key].clone();
    assert_eq!(
        [of("source"), of("parts"), of("rows_read"), of("bytes_read"), of("verified")],
        [json!("app_v1.zip/t_1.dat and 3 more parts"), json!(4), json!(4), json!(47), json!(true)]
    );
    let ledger = "SELECT concat(dump, ' ', data_file, ' ', rows, ' ', bytes) FROM pghaul.loads";
    assert_eq!(ingest.db.one(ledger), "app_v1.zip t_1.dat and 3 more parts 4 47");
    ingest.loads().assert_stdout_has("1 unit: 0 loaded, 1 unchanged");
}

#[test]
fn a_part_that_is_changed_added_or_removed_makes_the_unit_a_changed_one() {
    let ingest = with_parts(&[("1", "1|a\n"), ("2", "2|b\n")]);
    ingest.loads();
    for (parts, rows) in [
        (&[("1", "1|a\n"), ("2", "2|B\n")][..], "1a 2B"),
        (&[("1", "1|a\n"), ("2", "2|B\n"), ("3", "3|c\n")], "1a 2B 3c"),
        (&[("1", "1|a\n"), ("2", "3|c\n"), ("3", "2|B\n")], "1a 3c 2B"),
        (&[("1", "1|a\n"), ("2", "3|c\n")], "1a 3c"),
        (&[("1", "1|a\n")], "1a"),
    ] {
        ingest.dump("app_v1.zip", &in_parts(parts));
        ingest.loads().assert_stdout_has("1 unit: 1 loaded");
        assert_eq!(ingest.db.one(IN_ORDER), rows);
        ingest.loads().assert_stdout_has("1 unit: 0 loaded, 1 unchanged");
    }
    // A single part is the same as a data file of its own.
    ingest.dump("app_v1.zip", &Dump::new().table("t", &COLUMNS, "id|name\n1|a\n"));
    ingest.loads().assert_stdout_has("1 unit: 0 loaded, 1 unchanged");
}

#[test]
fn parts_in_every_container_are_the_same_rows() {
    let descriptor = descriptor(&COLUMNS);
    let rows = |from: usize| {
        (from..from + 5_000).fold("id|name\n".to_owned(), |text, id| text + &format!("{id}|{}\n", id % 7))
    };
    let (first, second) = (rows(1), rows(5_001));
    let (first, second) = (first.as_bytes(), second.as_bytes());
    let (gz, zst) = (gzip(first), zstd(second));
    let json = descriptor.as_bytes();
    let plain = tar(&[("t_1.dat", first), ("t.json", json), ("t_2.dat", second)]);
    let packed = tar(&[("x/t_2.dat.zst", &zst), ("x/t_1.dat.gz", &gz), ("x/t.json", json)]);
    let zip = Dump::new().member("t_1.dat.gz", &gz).member("t.json", json).member("t_2.dat.zst", &zst);
    let ingest = ingest!();
    ingest.config(CONFIG);
    let has_rows = |what: &str| {
        let sum = ingest.db.one("SELECT concat(count(*), ' ', sum(id), ' ', count(DISTINCT name)) FROM v1_t");
        assert_eq!(sum, "10000 50005000 7", "{what}");
    };
    for (number, (name, bytes)) in [
        ("app_v1.tar", plain.clone()),
        ("app_v1.tar.gz", gzip(&packed)),
        ("app_v1.tar.zst", zstd(&plain)),
        ("app_v1.zip", zip.bytes()),
    ]
    .into_iter()
    .enumerate()
    {
        let path = ingest.work.write(format!("dumps/{name}"), bytes);
        let unchanged = if number == 0 { "1 unit: 1 loaded" } else { "1 unit: 0 loaded, 1 unchanged" };
        ingest.loads().assert_stdout_has(unchanged);
        ingest.command().args(["--force"]).run().assert_code(0);
        has_rows(name);
        std::fs::remove_file(path).expect("remove a dump");
    }
    ingest.work.write("dumps/app_v1/t.json", &descriptor);
    ingest.work.write("dumps/app_v1/t_1.dat", first);
    ingest.work.write("dumps/app_v1/t_2.dat.gz", gzip(second));
    ingest.command().args(["--force"]).run().assert_code(0);
    has_rows("a folder");
    std::fs::remove_dir_all(ingest.work.join("dumps/app_v1")).expect("remove a folder");
    let encrypted = Dump::new().member("t.json", json).encrypted(Encryption::Aes);
    let encrypted = encrypted.member("t_1.dat", first).encrypted(Encryption::Aes);
    ingest.dump("app_v1.zip", &encrypted.member("t_2.dat.gz", gzip(second)).encrypted(Encryption::Aes));
    let run = ingest.command().env("PGHAUL_ZIP_PASSWORD", "secret").args(["--force", "--verify"]).run();
    run.assert_code(0);
    has_rows("encrypted members");
}

#[test]
fn the_bytes_of_every_part_are_proved_before_any_row_is_published() {
    let ingest = with_parts(&[("1", "1|a\n"), ("2", "2|b\n")]);
    ingest.loads();
    // The scan reads the beginning of each part.
    let long = "3|c\n".repeat(10_000);
    let damaged = in_parts(&[("1", "1|a\n"), ("2", "2|b\n"), ("3", &long)]).wrong_crc();
    ingest.dump("app_v1.zip", &damaged);
    let run = ingest.command().run();
    run.assert_code(1);
    says(&run.stderr, &["app_v1.zip/t_3.dat: the member is damaged: its CRC-32 is"]);
    assert_eq!(ingest.db.one(IN_ORDER), "1a 2b");
}

#[test]
fn the_original_case_gives_four_rows() {
    let ingest = ingest!();
    ingest.config(CONFIG);
    let columns = [("user_id", "int"), ("email", "varchar(200)")];
    let part = "user_id|email\n1|`ann@example.com`\n2|NULL\n";
    let dump = Dump::new().member("users.json", descriptor(&columns));
    ingest.dump("shop_v1.zip", &dump.member("users_000.dat", part).member("users_001.dat", part));
    ingest.loads();
    assert_eq!(ingest.db.one("SELECT concat(count(*), ' ', count(email)) FROM users"), "4 2");
    assert_eq!(ingest.tables(), ["users", "v1_users"]);
}

#[test]
fn parts_without_header_lines_follow_one_another() {
    let ingest = ingest!();
    ingest.config("xport_cfg: {format: outfile, data_files: '{part}.{table}'}");
    let dump = Dump::new().member("t.json", descriptor(&COLUMNS));
    ingest.dump(
        "app_v1.zip",
        &dump.member("00.t.dat", "1\ta\n2\tb").member("01.t.dat", "").member("02.t.dat", "3\tc\n"),
    );
    ingest.loads();
    assert_eq!(ingest.db.one(IN_ORDER), "1a 2b 3c");
}
