//! Any bytes as a dump: its directory is read without trusting it, and of its members never more comes than the zip states
//! and the limits allow.

#![no_main]
#![allow(clippy::unwrap_used, reason = "a fuzz target fails by panicking")]

use libfuzzer_sys::fuzz_target;
use pghaul::config::{Config, LimitsCfg};
use pghaul::ingest::settings::limits::Limits;
use pghaul::ingest::settings::{Request, Settings};
use pghaul::ingest::source::file::DumpFile;
use pghaul::ingest::source::zip::Zip;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().unwrap());

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let limits = Limits {
        members: 50,
        total_bytes: 1 << 20,
        ratio: 100,
        ratio_from_bytes: 1 << 10,
        ..Limits::resolve(&LimitsCfg::default()).unwrap()
    };
    Settings { limits, ..Settings::resolve(Request::default(), &Config::default()).unwrap() }
});

fuzz_target!(|bytes: &[u8]| {
    let path: PathBuf = FOLDER.path().join("lms_v1.zip");
    std::fs::write(&path, bytes).unwrap();
    let file = Arc::new(DumpFile::look_at(&path).unwrap());
    let Ok((zip, tables)) = Zip::open(file, &SETTINGS) else { return };
    let members = tables.iter().flat_map(|table| [&table.descriptor, &table.data]).flatten();
    let mut total = 0;
    for member in members {
        total += member.bytes;
        let mut reader = member.open(zip.content().unwrap()).unwrap();
        let (mut inflated, mut out) = (0, [0; 4096]);
        let outcome = loop {
            match reader.read(&mut out) {
                Ok(0) => break Ok(()),
                Ok(count) => inflated += count as u64,
                Err(error) => break Err(error.to_string()),
            }
        };
        assert!(inflated <= member.bytes, "{inflated} of {}", member.bytes);
        assert!(outcome.is_err() || inflated == member.bytes, "{inflated} of {}", member.bytes);
    }
    assert!(total <= SETTINGS.limits.total_bytes, "{total}");
});
