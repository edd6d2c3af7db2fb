//! Runs that are killed while their dumps move to the archive: no dump is ever lost.

use crate::random::{self, Random};
use nix::sys::signal::Signal;
use pghaul_test_support::{Case, Dump, Running, case, names};
use std::path::Path;
use std::time::{Duration, Instant};

const DUMPS: [&str; 3] = ["crm_v1.zip", "crm_v2.zip", "crm_v3.zip"];
/// In each dump, so that copying it takes a while.
const BALLAST_BYTES: usize = 4 << 20;

#[test]
fn sigkill_leaves_each_dump_in_one_of_both_places() {
    let case = case!();
    let archive = case.work.join("archive");
    kill(&case, &archive, "archive", true);
}

#[test]
fn sigkill_leaves_a_copy_in_another_file_system_or_the_dump() {
    let elsewhere = tempfile::tempdir_in("/dev/shm").expect("a file system in memory");
    kill(&case!(), &elsewhere.path().join("archive"), "archive elsewhere", false);
}

/// Where a dump is renamed it is in one place at any time; where it is copied it may be in both.
fn kill(case: &Case, archive: &Path, what: &str, is_renamed: bool) {
    case.config(&format!("xport_cfg: {{archive: true, archive_path: '{}'}}", archive.display()));
    let dumps = [0, 1].map(|generation| DUMPS.map(|_| dump(generation)));
    let rounds = 1 + random::rounds(6);
    let mut random = Random::new();
    let (mut tail, mut hit, mut in_between) = (Duration::ZERO, 0, 0);
    for round in 0..=rounds {
        let generation = (round % 2) as usize;
        for (name, bytes) in DUMPS.iter().zip(&dumps[generation]) {
            case.work.write(Path::new("dumps").join(name), bytes);
        }
        let running = Running::start(case.ingest("").command());
        // What comes after the last unit.
        let all_loaded =
            format!("SELECT count(*) = {} FROM notes WHERE generation = {generation}", DUMPS.len());
        if round == 0 {
            running.wait().assert_code(0);
        } else {
            case.wait_until(&all_loaded);
            let loaded = Instant::now();
            if round > 1 {
                std::thread::sleep(random.moment(tail));
                running.signal(Signal::SIGKILL);
            }
            let run = running.wait();
            run.assert(run.code == 0 || (run.code == 137 && round > 1), "exit by SIGKILL, or before it");
            if round == 1 {
                tail = loaded.elapsed();
            }
        }
        let mut left = 0;
        for (name, bytes) in DUMPS.iter().zip(&dumps[generation]) {
            let is_here = std::fs::read(case.work.join("dumps").join(name)).ok();
            let is_there = std::fs::read(archive.join(name)).ok();
            assert!(
                is_here.iter().chain(&is_there).all(|read| read == bytes),
                "round {round}: half of {name}"
            );
            let places = usize::from(is_here.is_some()) + usize::from(is_there.is_some());
            assert!(places == 1 || (places == 2 && !is_renamed), "round {round}: {name} in {places} places");
            left += usize::from(is_here.is_some());
        }
        println!("{what}, round {round}: {left} dumps left");
        hit += u32::from(left > 0);
        in_between += u32::from((1..DUMPS.len()).contains(&left));
        case.ends_with(0, "");
        assert!(names(case.work.join("dumps")).is_empty(), "round {round}");
        assert_eq!(case.db.one(&all_loaded), "t", "round {round}");
        // A dump that was in both places has come a second time, under another name.
        for name in names(archive) {
            let original = DUMPS.iter().position(|dump| name.split('.').next() == dump.split('.').next());
            let original = original.unwrap_or_else(|| panic!("round {round}: left over: {name}"));
            let bytes = std::fs::read(archive.join(&name)).unwrap();
            assert!(bytes == dumps[generation][original], "round {round}: {name}");
        }
        assert!(DUMPS.iter().all(|name| archive.join(name).exists()), "round {round}");
        std::fs::remove_dir_all(archive).unwrap();
    }
    println!(
        "{what}: {} rounds, {hit} hit before the end, {in_between} of them between two dumps",
        rounds - 1
    );
    // Moving takes a moment that a few rounds can miss.
    assert!(hit > 0 || rounds < 50, "no round of {rounds} was hit; moving the dumps takes {tail:?}");
}

/// A dump of one row of this generation.
fn dump(generation: usize) -> Vec<u8> {
    let rows = format!("generation\n{generation}\n");
    let dump = Dump::new().table("notes", &[("generation", "int")], rows.as_bytes());
    dump.member("ballast", vec![0; BALLAST_BYTES]).stored().bytes()
}
