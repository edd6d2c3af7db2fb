//! The profiler on a run of `generate users`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pghaul_test_support::{Pghaul, Workdir};

const PROFILER: &str = env!("CARGO_BIN_EXE_pghaul-profiler");

fn generate_users(work: &Workdir) -> Pghaul {
    Pghaul::new(PROFILER, work).env("PGHAUL_PROFILE", work.join("a.b")).args([
        "generate",
        "users",
        "--count",
        "20000",
        "--workers",
        "2",
        "--out",
        "users.ndjson",
    ])
}

#[test]
fn a_profile_is_a_text_and_a_flame_graph_that_name_our_functions() {
    let work = Workdir::new();
    let run = generate_users(&work)
        .env("PGHAUL_PROFILE_SECONDS", "0.5")
        .env("PGHAUL_PROFILE_COMMIT", "abc1234")
        .args(["--report", "report.json"])
        .run();
    run.assert_code(0);
    let text = work.read("a.b.txt");
    let head = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name} in {text}"))
    };
    assert!(head("command").starts_with("pghaul generate users --count 20000 "), "{text}");
    assert_eq!(head("commit"), "abc1234");
    let [runs, rows, samples] = ["runs", "rows", "samples"].map(|name| head(name).parse::<u64>().unwrap());
    assert!(rows == runs * 20_000 && samples > 0, "{text}");
    // The makers of single fields were inlined, or not; each sample counts for all of them that were at work.
    let push = text.lines().find(|line| line.ends_with("  pghaul::generate::users::json::push"));
    let columns: Vec<f64> =
        push.unwrap().split_whitespace().take(4).map(|column| column.parse().unwrap()).collect();
    assert!(columns[0] < columns[2] && columns[2] > 10.0 && columns[2] < 100.0, "{text}");
    assert!(work.read("a.b.svg").contains("pghaul::generate::users::json::push"));
}

#[test]
fn without_a_report_there_is_nothing_to_count_rows_by() {
    let work = Workdir::new();
    let run = generate_users(&work).run();
    run.assert_code(2).assert_stderr_has("add --report FILE");
    run.assert(!work.join("users.ndjson").exists(), "nothing done");
}

#[test]
fn a_run_that_fails_has_no_profile() {
    let work = Workdir::new();
    let run = generate_users(&work).args(["--report", "report.json", "--workers", "none"]).run();
    run.assert_code(2);
    run.assert(!work.join("a.b.txt").exists(), "no profile");
}
