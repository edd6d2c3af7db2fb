//! Rejects of generated dumps, whose broken rows are known: by one stream and by many, the same files, exactly.

use pghaul_test_support::{Case, Dump, case, member, pghaul, write_dump};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Where a row begins, and its column: what both the list of a dump's broken rows and the reasons tell.
type Broken = (u64, u64, Option<String>);

/// The broken rows of each data file, from a file of JSON lines.
fn broken(path: &Path) -> BTreeMap<String, Vec<Broken>> {
    let mut all: BTreeMap<String, Vec<Broken>> = BTreeMap::new();
    for line in fs::read_to_string(path).unwrap().lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        assert_eq!(entry["dump"], "lms_v1.zip");
        all.entry(entry["data_file"].as_str().unwrap().to_owned()).or_default().push((
            entry["line"].as_u64().unwrap(),
            entry["byte_offset"].as_u64().unwrap(),
            entry["column"].as_str().map(str::to_owned),
        ));
    }
    all
}

/// Makes `dumps/lms_v1.zip` with broken rows.
fn generate(case: &Case, args: &str) {
    let fixed = ["generate", "dump", "--out", "dumps", "--versions", "v1", "-q"];
    pghaul!(case.work).args(fixed).args(args.split_whitespace()).run().assert_code(0);
}

/// The header line of a data file, and its rows at these places.
fn header_and_rows(data: &[u8], broken: &[Broken]) -> Vec<Vec<u8>> {
    let line_end = |from: usize| from + data[from..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let row = |start: usize| {
        let mut end = line_end(start);
        // A line end in quotes does not end the row; the last row of the file has a quote that nothing closes.
        while data[start..end].iter().filter(|byte| **byte == b'`').count() % 2 == 1 && end < data.len() {
            end = line_end(end);
        }
        data[start..end].to_vec()
    };
    let offsets = broken.iter().map(|(_, offset, _)| usize::try_from(*offset).unwrap());
    std::iter::once(0).chain(offsets).map(row).collect()
}

/// Repairs a row that the generator has broken.
fn repaired(row: &[u8], reason: &Value) -> Vec<u8> {
    // As many characters as bytes: the dump is in Latin-1.
    let mut text: String = row.iter().map(|byte| char::from(*byte)).collect();
    let line_end = text.trim_end_matches(['\r', '\n']).len();
    if let Some(value) = reason["value"].as_str() {
        let start = text.find(value.trim_end_matches('…')).unwrap();
        let end = start + text[start..].find(['|', '\r', '\n']).unwrap();
        text.replace_range(start..end, "NULL");
    } else if text.contains("`never closed") {
        text = text.replace("`never closed", "");
    } else if text.contains("|one too many") {
        text = text.replace("|one too many", "");
    } else {
        text.insert_str(line_end, "|NULL");
    }
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

#[test]
fn exactly_the_broken_rows_are_rejected_and_load_when_they_are_repaired() {
    let case = case!();
    generate(&case, "--rows 5000 --dirty 0.02");
    let outcome = case.ends_with(3, "--max-rejects 2%");
    let dump = case.dump_path("lms_v1");
    let mut repaired_dump = Dump::new();
    for (data_file, broken_rows) in broken(&case.dump_path("lms_v1").with_extension("dirty.jsonl")) {
        assert_eq!(broken_rows.len(), 100);
        let table = data_file.trim_end_matches(".dat");
        let reasons = case.work.join(format!("rejects/v1_{table}.jsonl"));
        assert_eq!(broken(&reasons), BTreeMap::from([(data_file.clone(), broken_rows.clone())]));
        let rows = header_and_rows(&member(&dump, &data_file), &broken_rows);
        assert!(
            fs::read(case.work.join(format!("rejects/v1_{data_file}"))).unwrap() == rows.concat(),
            "{table}"
        );
        let name = format!("v1_{table}");
        let unit = outcome.units().iter().find(|unit| unit["name"] == *name).unwrap();
        assert_eq!((&unit["rows_read"], &unit["rows_loaded"]), (&5000.into(), &4900.into()));

        let reasons = fs::read_to_string(reasons).unwrap();
        let reasons = reasons.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut corrected = rows[0].clone();
        rows[1..].iter().zip(reasons).for_each(|(row, reason)| corrected.extend(repaired(row, &reason)));
        let descriptor = format!("{table}.json");
        repaired_dump =
            repaired_dump.member(&descriptor, member(&dump, &descriptor)).member(&data_file, corrected);
    }
    assert_eq!(outcome.report["totals"]["rows_rejected"], 300);
    fs::write(case.dump_path("lms_v1repaired"), repaired_dump.bytes()).unwrap();
    case.load("");
    for table in ["users", "courses", "user_assigned_courses"] {
        assert_eq!(case.db.one(&format!("SELECT count(*) FROM {table}")), "5000");
    }
}

#[test]
fn many_streams_reject_what_one_does() {
    let case = case!();
    generate(&case, "--tables user_assigned_courses --rows 650000 --dirty 0.001");
    let mut found = Vec::new();
    for workers in ["1", "4"] {
        let args = format!("--force -v --max-rejects 650 --rejects by-{workers} --workers {workers}");
        let run = case.ends_with(3, &args).run;
        let by_many = run.stderr.contains("copied 649350 rows by 4 streams");
        run.assert(by_many == (workers == "4"), "as many streams as workers");
        let file = |extension| {
            fs::read(case.work.join(format!("by-{workers}/v1_user_assigned_courses.{extension}"))).unwrap()
        };
        let sum = "SELECT sum(hashtextextended(t::text, 0)) FROM user_assigned_courses t";
        found.push((file("dat"), file("jsonl"), case.db.one(sum)));
    }
    assert!(found[0] == found[1]);
    let listed = broken(&case.dump_path("lms_v1").with_extension("dirty.jsonl"));
    assert_eq!(broken(&case.work.join("by-4/v1_user_assigned_courses.jsonl")), listed);
    let run = case.ingest("--force --max-rejects 649 --workers 4").run();
    run.assert_code(1).assert_stderr_has("with this row, 650 rows cannot be loaded");
    assert_eq!(case.db.one("SELECT count(*) FROM user_assigned_courses"), "649350");
    assert_eq!(case.tables(), "user_assigned_courses v1_user_assigned_courses");
}

#[test]
fn rows_that_the_server_refuses_to_many_streams_are_rejected_by_one() {
    let case = case!();
    write_dump(&case.dump_path("crm_v1"), |dump| {
        dump.table("events", "id:bigint name:varchar(600)", |out| {
            let filler = "x".repeat(560);
            (1..=130_000).try_for_each(|id| match id % 50_000 {
                7 => writeln!(out, "{id}|refused"),
                8 => writeln!(out, "x{id}|{filler}"),
                _ => writeln!(out, "{id}|{filler}"),
            })
        })
    });
    case.db.execute("CREATE TABLE events (id bigint, name text CHECK (name <> 'refused'))");
    case.config("mother_tables: {events: {id: bigint}}\n");
    case.ingest("--max-rejects 5 --workers 4").run().assert_code(1);
    assert_eq!(case.tables(), "events");
    let outcome = case.ends_with(3, "--max-rejects 6 --workers 4 -v");
    outcome.run.assert_stderr_has("KiB for 4 streams").assert_stderr_has("once more");
    let lines = |path: &str| -> Vec<u64> {
        let text = case.work.read(path);
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["line"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(lines("rejects/v1_events.jsonl"), [8, 9, 50_008, 50_009, 100_008, 100_009]);
    assert_eq!(case.db.one("SELECT count(*) FROM events"), "129994");
    assert_eq!(case.tables(), "events v1_events");
}
