//! Memory stays under a ceiling that does not depend on the size of a data file, be it made or loaded.
//!
//! `PGHAUL_MEMORY_TEST_MB=1024 cargo test --release --test ingest memory:: -- --nocapture` makes and loads a data file of
//! 1 GiB and prints the peaks.

use pghaul_test_support::{Outcome, Run, Running, case, pghaul};
use std::process::Command;
use std::time::Instant;

/// Inflated size of the data file (MiB); more than the ceiling, so that holding the file would be noticed.
const DATA_MIB: usize = 100;
/// The promise: 100 MB (KiB).
const CEILING_KIB: u64 = 100_000_000 / 1024;
const MIB: usize = 1 << 20;
/// No row of the generated table is shorter on average (bytes).
const ROW_BYTES: usize = 110;

/// Runs `command` to its end, which must be a good one and take no more memory than promised.
fn run_within_the_ceiling(command: Command, what: &str) -> Run {
    let started = Instant::now();
    let (run, peak) = Running::start(command).wait_with_peak();
    let seconds = started.elapsed().as_secs_f64();
    println!("{what}: at most {:.1} MB of memory, {seconds:.1} s", peak as f64 * 1024.0 / 1e6);
    run.assert_code(0);
    run.assert(peak > 1000, "a peak that was measured");
    run.assert(peak < CEILING_KIB, &format!("at most {CEILING_KIB} KiB of memory, not {peak}"));
    run
}

#[test]
fn a_large_data_file_is_never_in_memory() {
    let data_mib = std::env::var("PGHAUL_MEMORY_TEST_MB").map_or(DATA_MIB, |mib| mib.parse().unwrap());
    let case = case!();
    let rows = (data_mib * MIB / ROW_BYTES).to_string();
    let generate = pghaul!(case.work)
        .args(["generate", "dump", "--out", "dumps", "--versions", "v1", "--tables", "users"])
        .args(["--rows", &rows, "--report", "-"]);
    let made = Outcome::of(run_within_the_ceiling(generate.command(), "generate"));
    let bytes = made.units()[0]["bytes_read"].as_u64().unwrap();
    println!("{rows} rows, {bytes} bytes");
    assert!(bytes as usize >= data_mib * MIB, "{bytes} bytes");
    run_within_the_ceiling(case.ingest("").command(), "ingest");
    assert_eq!(case.db.one("SELECT count(*) FROM users"), rows);
}
