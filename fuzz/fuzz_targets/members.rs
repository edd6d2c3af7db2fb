//! Compressed members in zips and tars, of every method, packed and then damaged, or any bytes in their place: what is read is what
//! was packed or what the container states, reading agrees with listing, and limits and memory hold.

#![no_main]
#![allow(clippy::unwrap_used, reason = "a fuzz target fails by panicking")]

use libfuzzer_sys::fuzz_target;
use pghaul::config::{Config, LimitsCfg};
use pghaul::ingest::settings::limits::Limits;
use pghaul::ingest::settings::{Request, Settings};
use pghaul::ingest::source::{self, ListedDump, TableSource};
use pghaul_fuzz::choices::Choices;
use pghaul_fuzz::containers::{Member, end_tar, gzip, pack, push_to_tar, zip, zstd};
use pghaul_fuzz::memory::{self, Allocator};
use std::alloc::System;
use std::io::Read;
use std::sync::LazyLock;
use tempfile::TempDir;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator::new(System, usize::MAX);

/// What listing and reading may hold, with the bytes that a target keeps.
const MEMORY_BYTES: usize = 32 << 20;
const TOTAL_BYTES: u64 = 1 << 20;
const DESCRIPTOR: &[u8] = b"[{\"column_name\": \"a\", \"column_type\": \"int\"}]";
const METHODS: [u16; 6] = [0, 8, 9, 12, 14, 93];
const NAMES: [&str; 3] = ["t.dat", "t.dat.gz", "t.dat.zst"];
const BUFFERS: [usize; 4] = [1, 7, 4096, 70_000];

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().unwrap());

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let limits = Limits {
        members: 50,
        total_bytes: TOTAL_BYTES,
        ratio: 100,
        ratio_from_bytes: 1 << 10,
        ..Limits::resolve(&LimitsCfg::default()).unwrap()
    };
    Settings { limits, ..Settings::resolve(Request::default(), &Config::default()).unwrap() }
});

/// What was made of an input.
struct Made {
    file: &'static str,
    bytes: Vec<u8>,
    /// What the data file holds, if everything is as it was packed.
    intact: Option<Vec<u8>>,
    /// Whether listing has read the data file to its end.
    is_examined: bool,
}

// The first bytes choose container, name, method, damage and so on; the rest is the member's text, or the member as it is stored.
fuzz_target!(|input: &[u8]| {
    let mut choices = Choices::of(input);
    let buffer_bytes = *choices.one_of(&BUFFERS);
    let Made { file, bytes, intact, is_examined } = make(&mut choices);
    let path = FOLDER.path().join(file);
    std::fs::write(&path, &bytes).unwrap();
    memory::within(&ALLOCATOR, MEMORY_BYTES, || {
        let listed = source::open(&path, &SETTINGS);
        if let Some(plain) = &intact {
            check_intact(&listed, plain);
        }
        let Ok(listed) = listed else { return };
        let tables: Vec<&TableSource> = listed.tables.iter().flat_map(|table| &table.source).collect();
        assert!(tables.iter().map(|table| table.bytes).sum::<u64>() <= TOTAL_BYTES);
        for table in tables {
            check_read(table, is_examined, buffer_bytes);
        }
    });
});

fn make(choices: &mut Choices<'_>) -> Made {
    let (container, name) = (choices.below(4), *choices.one_of(&NAMES));
    let (method, is_raw) = (*choices.one_of(&METHODS), choices.is_set());
    let (repeats, edits) = (choices.byte(), choices.below(4));
    let edits: Vec<(usize, u8)> = (0..edits).map(|_| (choices.number(), choices.byte())).collect();
    let (damages_container, stated, before) = (choices.is_set(), choices.number(), choices.byte());
    let extension = choices.text(100);
    let text = choices.rest();
    let plain = if is_raw { Vec::new() } else { text.repeat(1 + usize::from(repeats)) };
    let is_intact = !is_raw && edits.iter().all(|(_, flips)| *flips == 0);

    let own = match name.rsplit_once('.') {
        _ if is_raw => text.to_vec(),
        Some((_, "gz")) => gzip(&plain),
        Some((_, "zst")) => zstd(&plain),
        _ => plain.clone(),
    };
    let damage = |bytes: &mut Vec<u8>| {
        for (place, flips) in &edits {
            let place = place % bytes.len().max(1);
            bytes.get_mut(place).into_iter().for_each(|byte| *byte ^= flips);
        }
    };
    let mut bytes = if container == 0 {
        let mut stored = if is_raw { own.clone() } else { pack(method, &own) };
        if !damages_container {
            damage(&mut stored);
        }
        let (bytes, crc32) =
            if is_raw { (stated as u32, 0) } else { (own.len() as u32, crc32fast::hash(&own)) };
        let data = Member { name, method, stored: &stored, bytes, crc32 };
        zip(&[Member::plain("t.json", DESCRIPTOR), data])
    } else {
        let mut stored = own;
        if !damages_container {
            damage(&mut stored);
        }
        let mut tar = Vec::new();
        push_to_tar(&mut tar, "t.json", b'0', DESCRIPTOR);
        // GNU's long name, pax' records, a link, a folder: what may stand before a member, or be one.
        let kind = [None, Some(b'L'), Some(b'x'), Some(b'g'), Some(b'K'), Some(b'2'), Some(b'5')];
        let kind = kind[usize::from(before) % kind.len()].filter(|_| !is_intact);
        kind.into_iter().for_each(|kind| push_to_tar(&mut tar, "before", kind, extension.as_bytes()));
        push_to_tar(&mut tar, name, b'0', &stored);
        end_tar(&mut tar);
        match container {
            1 => tar,
            2 => gzip(&tar),
            _ => zstd(&tar),
        }
    };
    if damages_container {
        damage(&mut bytes);
    }
    Made {
        file: ["lms_v1.zip", "lms_v1.tar", "lms_v1.tar.gz", "lms_v1.tar.zst"][container],
        bytes,
        intact: is_intact.then_some(plain),
        is_examined: container > 0 || (name != "t.dat" && !damages_container),
    }
}

/// As it was packed, a dump is listed with all bytes, or refused for a limit.
fn check_intact(listed: &pghaul::Result<ListedDump>, plain: &[u8]) {
    let refused = |error: &pghaul::Error| {
        let message = error.to_string();
        assert!(message.contains("limits."), "{message}");
    };
    match listed {
        Err(error) => refused(error),
        Ok(listed) => match &listed.tables[0].source {
            Err(error) => refused(error),
            Ok(table) => {
                let mut read = Vec::new();
                table.open_original(0).unwrap().read_to_end(&mut read).unwrap();
                assert!(read == plain, "{} bytes of {}", read.len(), plain.len());
            }
        },
    }
}

/// Never more than listed comes; what ends well is what was listed.
fn check_read(table: &TableSource, is_examined: bool, buffer_bytes: usize) {
    let mut out = vec![0; if table.bytes > 50_000 { BUFFERS[3] } else { buffer_bytes }];
    let mut crc = crc32fast::Hasher::new();
    let mut bytes = 0;
    let opened = table.open_original(0).map_err(|error| error.to_string());
    let read = opened.and_then(|mut reader| {
        loop {
            let count = reader.read(&mut out).map_err(|error| error.to_string())?;
            crc.update(&out[..count]);
            bytes += count as u64;
            assert!(bytes <= table.bytes, "{bytes} of {}", table.bytes);
            if count == 0 {
                return Ok(());
            }
        }
    });
    match read {
        Ok(()) => {
            assert_eq!(bytes, table.bytes);
            let crc32 = format!("{:08x}", crc.finalize());
            assert_eq!(table.fingerprint()["data"]["crc32"], crc32);
        }
        Err(message) => assert!(!is_examined && !message.is_empty(), "listed, but not read: {message}"),
    }
}
