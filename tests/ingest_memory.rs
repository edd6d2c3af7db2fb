//! Memory stays under a ceiling that does not depend on the size of a data file.
//!
//! `PGHAUL_MEMORY_TEST_MB=1024 cargo test --release --test ingest_memory -- --nocapture` loads a data file of 1 GiB and
//! prints the peak.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pghaul_test_support::{Run, case, write_dump};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Inflated size of the data file (MiB); more than the ceiling, so that holding the file would be noticed.
const DATA_MIB: usize = 120;
/// The promise: 100 MB (KiB).
const CEILING_KIB: u64 = 100_000_000 / 1024;
const MIB: usize = 1 << 20;
/// Within deflate's window, so that an unoptimised build compresses it quickly.
const BLOCK_BYTES: usize = 16 << 10;

/// Rows that are written again and again: numbers, a timestamp, plain and quoted texts, line ends in quotes.
fn block() -> Vec<u8> {
    let mut block = Vec::new();
    for row in 0_u32.. {
        if block.len() > BLOCK_BYTES {
            break;
        }
        let text = "caf\u{e9} and so on ".repeat(row as usize % 50);
        let line = format!(
            "{row}|Feb 27 2019  11:{:02}AM|{}.5|`one|two ``three``\nfour`|{text}\n",
            row % 60,
            row * 7
        );
        block.extend(line.chars().map(|c| u8::try_from(c).unwrap()));
    }
    block
}

/// `VmHWM` of a running process: the most memory that it has had so far (KiB).
fn peak_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn a_large_data_file_is_never_in_memory() {
    let data_mib = std::env::var("PGHAUL_MEMORY_TEST_MB").map_or(DATA_MIB, |mib| mib.parse().unwrap());
    let case = case!();
    let block = block();
    let blocks = data_mib * MIB / block.len() + 1;
    write_dump(&case.dump_path("crm_v1"), |dump| {
        let columns = "id:int at:datetime amount:decimal(12,2) quoted:text text:text";
        dump.table("events", columns, |out| (0..blocks).try_for_each(|_| out.write_all(&block)))
    });
    // Each row has six quotes.
    let rows = blocks * (block.iter().filter(|byte| **byte == b'`').count() / 6);

    let mut command = case.ingest("").command();
    let started = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let ended = std::thread::spawn(move || child.wait_with_output());
    let mut peak = 0;
    while !ended.is_finished() {
        peak = peak_kib(pid).map_or(peak, |now| peak.max(now));
        std::thread::sleep(Duration::from_millis(5));
    }
    let run = Run::new(&command, ended.join().unwrap().unwrap());
    let seconds = started.elapsed().as_secs_f64();
    println!("{data_mib} MiB: at most {:.1} MB of memory, {seconds:.1} s", peak as f64 * 1024.0 / 1e6);
    run.assert_code(0);
    assert_eq!(case.db.one("SELECT count(*) FROM events"), rows.to_string());
    run.assert(peak > 1000, "a peak that was measured");
    run.assert(peak < CEILING_KIB, &format!("at most {CEILING_KIB} KiB of memory, not {peak}"));
}
