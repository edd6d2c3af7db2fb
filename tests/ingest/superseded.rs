//! Dumps of which newer ones are there: the summary and the report name them, and they move to the archive.

use crate::dumps::COLUMNS;
use pghaul_test_support::{Dump, Ingest, Run, descriptor, ingest};
use serde_json::{Value, json};

const NEW: &str = "dumps/app_v1_20240201.zip";
const OLD: &str = "dumps/app_v1_20240131";

/// A folder of one night, a zip of the next one with these rows, and these settings besides the name of dumps.
fn two_nights(settings: &str, rows: &str) -> Ingest {
    let ingest = ingest!();
    ingest.config(&format!("xport_cfg: {{dump_name: '{{app}}_{{version}}_{{date}}'{settings}}}"));
    ingest.work.write(format!("{OLD}/t.json"), descriptor(&COLUMNS));
    ingest.work.write(format!("{OLD}/t.dat"), "id|name\n1|old\n");
    ingest.dump("app_v1_20240201.zip", &Dump::new().table("t", &COLUMNS, format!("id|name\n{rows}")));
    ingest
}

fn run(ingest: &Ingest) -> (Run, Value) {
    let run = ingest.command().args(["--report", "report.json"]).run();
    let report = serde_json::from_str(&ingest.work.read("report.json")).expect("a report");
    (run, report)
}

#[test]
fn summary_report_and_plan_name_them() {
    let ingest = two_nights("", "1|new\n");
    let plan = ingest.command().args(["--plan"]).run();
    plan.assert_code(0).assert_stdout_has(&format!("-- Superseded dumps\n-- {OLD} by {NEW}\n"));
    let (run, report) = run(&ingest);
    run.assert_code(0).assert_stdout_has(&format!("{OLD} is superseded by {NEW}\n"));
    assert_eq!(report["superseded"], json!([{"dump": OLD, "by": NEW}]));
    assert_eq!(report.get("archived"), None);
    assert_eq!(ingest.db.one("SELECT name FROM t"), "new");
}

#[test]
fn they_move_to_the_archive_with_the_dump_that_counts() {
    let ingest = two_nights(", archive: true, archive_path: archive", "1|new\n");
    let (run, report) = run(&ingest);
    run.assert_code(0);
    let dumps: Vec<&Value> =
        report["archived"].as_array().expect("a list").iter().map(|one| &one["dump"]).collect();
    assert_eq!(dumps, [&json!(NEW), &json!(OLD)]);
    assert_eq!(report["superseded"][0]["dump"], OLD);
    assert_eq!(ingest.work.read("archive/app_v1_20240131/t.dat"), "id|name\n1|old\n");
    assert!(ingest.work.join("archive/app_v1_20240201.zip").is_file());
    assert!(!ingest.work.join(OLD).exists() && !ingest.work.join(NEW).exists());
}

#[test]
fn they_stay_with_a_newer_dump_that_fails() {
    let ingest = two_nights(", archive: true, archive_path: archive", "x|new\n");
    let (run, report) = run(&ingest);
    run.assert_code(1);
    assert_eq!(report.get("archived"), None);
    assert!(ingest.work.join(OLD).is_dir() && ingest.work.join(NEW).is_file());
}
