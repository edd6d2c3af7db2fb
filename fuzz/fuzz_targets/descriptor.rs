//! Any bytes as a descriptor: what is taken is a list within the limits whose names are whole, and it reads the same when
//! it is written as plain JSON.

#![no_main]
#![allow(clippy::unwrap_used, reason = "a fuzz target fails by panicking")]

use libfuzzer_sys::fuzz_target;
use pghaul::config::LimitsCfg;
use pghaul::copy::input::charset::Charset;
use pghaul::ingest::settings::limits::Limits;
use pghaul::ingest::source::descriptor::parse;
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// What a descriptor of the largest size that the fuzzer makes may take.
const PATIENCE: Duration = Duration::from_secs(5);

// The first byte chooses the encoding.
fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let charset =
        Charset::for_label(["latin_1", "utf-8", "utf-16le", "shift_jis"][usize::from(choice & 3)]).unwrap();
    let limits =
        Limits { columns: 20, descriptor_bytes: 2000, ..Limits::resolve(&LimitsCfg::default()).unwrap() };
    let begun = Instant::now();
    let parsed = parse(bytes, charset, &limits);
    assert!(begun.elapsed() < PATIENCE, "takes {:?}", begun.elapsed());
    let columns = match parsed {
        Ok(columns) => columns,
        Err(error) => {
            let message = error.to_string();
            assert!(!message.is_empty() && message.len() < 100_000, "{} bytes", message.len());
            return;
        }
    };
    assert!((1..=limits.columns).contains(&columns.len()));
    let bytes: usize = columns.iter().map(|column| column.name.len() + column.source_type.len()).sum();
    assert!(bytes as u64 <= limits.descriptor_bytes);
    let names: HashSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names.len(), columns.len());
    for column in &columns {
        assert!(!column.name.is_empty() && column.name.len() <= 63 && !column.name.contains('\0'));
    }
    let entry = |name: &str, source_type: &str| {
        format!("{{\"column_name\": {name:?}, \"column_type\": {source_type:?}}}")
    };
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    if columns.iter().all(|column| is_plain(&column.name) && is_plain(&column.source_type)) {
        let entries: Vec<String> =
            columns.iter().map(|column| entry(&column.name, &column.source_type)).collect();
        let again = parse(format!("[{}]", entries.join(", ")).as_bytes(), Charset::Utf8, &limits).unwrap();
        assert_eq!(again, columns);
    }
});
