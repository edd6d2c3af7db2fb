//! Any bytes as a dump, a zip or a tar: its directory is read without trusting it, and of its members never more comes than it states
//! and the limits allow.

#![no_main]
#![allow(clippy::unwrap_used, reason = "a fuzz target fails by panicking")]

use libfuzzer_sys::fuzz_target;
use pghaul::config::{Config, LimitsCfg};
use pghaul::ingest::settings::limits::Limits;
use pghaul::ingest::settings::{Request, Settings};
use pghaul::ingest::source;
use std::io::Read;
use std::path::PathBuf;
use std::sync::LazyLock;
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
    let name = match bytes.first() {
        Some(b'P') => "lms_v1.zip",
        Some(0x1F) => "lms_v1.tar.gz",
        Some(0x28) => "lms_v1.tar.zst",
        _ => "lms_v1.tar",
    };
    let path: PathBuf = FOLDER.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let Ok(listed) = source::open(&path, &SETTINGS) else { return };
    let mut total = 0;
    for table in listed.tables.iter().flat_map(|table| &table.source) {
        total += table.bytes;
        let Ok(mut reader) = table.open_original(0) else { continue };
        let (mut inflated, mut out) = (0, [0; 4096]);
        let outcome = loop {
            match reader.read(&mut out) {
                Ok(0) => break Ok(()),
                Ok(count) => inflated += count as u64,
                Err(error) => break Err(error.to_string()),
            }
        };
        assert!(inflated <= table.bytes, "{inflated} of {}", table.bytes);
        assert!(outcome.is_err() || inflated == table.bytes, "{inflated} of {}", table.bytes);
    }
    assert!(total <= SETTINGS.limits.total_bytes, "{total}");
});
