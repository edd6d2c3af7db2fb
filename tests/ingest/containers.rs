//! Dumps of every kind: zips of every method, folders, tars, and members that are compressed by themselves.

use crate::dumps::COLUMNS;
use pghaul_test_support::{Dump, Encryption, Ingest, descriptor, ingest, says};
use std::io::Write;

/// Rows that are more than the scan keeps of a member.
const ROWS: usize = 20_000;

fn data() -> String {
    (1..=ROWS).fold("id|name\n".to_owned(), |text, row| text + &format!("{row}|row {row}\n"))
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("write into memory");
    encoder.finish().expect("write into memory")
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
    encoder.include_checksum(true).expect("a checksum");
    encoder.write_all(bytes).expect("write into memory");
    encoder.finish().expect("write into memory")
}

pub fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *bytes).expect("write into memory");
    }
    tar.into_inner().expect("write into memory")
}

#[track_caller]
fn has_all_rows(ingest: &Ingest, what: &str) {
    let sum = ROWS * (ROWS + 1) / 2;
    let found = ingest.db.one("SELECT concat(count(*), ' ', sum(id), ' ', max(length(name))) FROM v1_t");
    assert_eq!(found, format!("{ROWS} {sum} {}", "row 20000".len()), "{what}");
}

#[test]
fn the_same_members_are_the_same_rows_in_every_container() {
    let ingest = ingest!();
    let (descriptor, data) = (descriptor(&COLUMNS), data());
    let (descriptor, data) = (descriptor.as_bytes(), data.as_bytes());
    let (packed_gz, packed_zst) = (gzip(data), zstd(data));
    let readme = b"no table".as_slice();
    let plain = tar(&[("readme.txt", readme), ("./t.json", descriptor), ("./t.dat", data)]);
    let with_gz = tar(&[("a/t.dat.gz", &packed_gz), ("a/t.json", descriptor)]);
    let long = format!("{}/t.dat.zst", "long/".repeat(40));
    let with_zst = tar(&[(&long, &packed_zst), ("t.json", descriptor)]);
    let zip = Dump::new().member("t.json", descriptor).member("t.dat.GZ", &packed_gz).stored();
    ingest.dump("app_v1.zip", &Dump::new().member("t.json", descriptor).member("t.dat", data));
    ingest.loads();
    has_all_rows(&ingest, "a zip");
    let mut loaded = ingest.db.one("SELECT 'v1_t'::regclass::oid");
    std::fs::remove_file(ingest.work.join("dumps/app_v1.zip")).expect("remove a dump");
    for (name, bytes) in [
        ("app_v1.zip", zip.bytes()),
        ("app_v1.tar", plain.clone()),
        ("app_v1.tar", with_gz.clone()),
        ("app_v1.tar.gz", gzip(&plain)),
        ("app_v1.tar.zst", zstd(&plain)),
        ("APP_V1.TAR.GZ", gzip(&with_zst)),
        ("app_v1.tar.zst", zstd(&with_gz)),
    ] {
        let path = ingest.work.write(format!("dumps/{name}"), bytes);
        ingest.loads();
        assert_eq!(ingest.db.one("SELECT 'v1_t'::regclass::oid"), loaded, "{name}: equal rows are unchanged");
        ingest.command().args(["--force"]).run().assert_code(0);
        has_all_rows(&ingest, name);
        loaded = ingest.db.one("SELECT 'v1_t'::regclass::oid");
        std::fs::remove_file(path).expect("remove a dump");
    }
}

/// Deflate64 of `text`, then `x` so many times, and a line end: with a match that only Deflate64 can have.
fn deflate64(text: &str, repeats: u16) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let huffman = |bits: &mut Vec<bool>, code: u32, length: u32| {
        bits.extend((0..length).rev().map(|bit| code >> bit & 1 == 1));
    };
    // The last block, of fixed codes (RFC 1951, 3.2.6).
    bits.extend([true, true, false]);
    for byte in text.bytes().chain([b'x']) {
        huffman(&mut bits, 0x30 + u32::from(byte), 8);
    }
    // The code 285 has 16 extra bits, and counts from 3.
    huffman(&mut bits, 0xC5, 8);
    bits.extend((0..16).map(|bit| (repeats - 4) >> bit & 1 == 1));
    huffman(&mut bits, 0, 5);
    huffman(&mut bits, 0x30 + u32::from(b'\n'), 8);
    huffman(&mut bits, 0, 7);
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    bits.chunks(8).map(byte).collect()
}

fn lzma(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::LzmaOptions::with_preset(6);
    let mut packed = vec![9, 4, 5, 0, options.get_props()];
    packed.extend(options.dict_size.to_le_bytes());
    let mut encoder = lzma_rust2::LzmaWriter::new_no_header(&mut packed, &options, true).expect("an encoder");
    encoder.write_all(bytes).expect("write into memory");
    encoder.finish().expect("write into memory");
    packed
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).expect("write into memory");
    encoder.finish().expect("write into memory")
}

#[test]
fn members_of_every_method_are_inflated_and_proved() {
    use crate::hostile::forged::Zip;
    let data = data();
    let long = format!("id|name\n1|{}\n", "x".repeat(40_000));
    let of_64 = deflate64("id|name\n1|", 40_000);
    let columns = descriptor(&[("id", "int"), ("name", "text")]);
    for (method, packed, text) in [
        (9, of_64, long.as_str()),
        (12, bzip2(data.as_bytes()), &data),
        (14, lzma(data.as_bytes()), &data),
        (93, zstd(data.as_bytes()), &data),
    ] {
        let zip = |crc32: u32, packed: &[u8]| {
            let zip = Zip::default().member("t.json", &columns);
            let zip = zip.deflated("t.dat", packed.to_vec(), text.len() as u64, crc32);
            zip.with(|member| member.method = method).bytes()
        };
        let crc32 = crc32fast::hash(text.as_bytes());
        let ingest = ingest!();
        ingest.work.write("dumps/app_v1.zip", zip(crc32 ^ 1, &packed));
        let run = ingest.command().run();
        says(&run.stderr, &["app_v1.zip/t.dat: the member is damaged: its CRC-32 is"]);
        assert_eq!(ingest.db.one("SELECT count(*) FROM pg_class WHERE relname = 'v1_t'"), "0");
        ingest.work.write("dumps/app_v1.zip", zip(crc32, &packed[..packed.len() - 9]));
        let run = ingest.command().run();
        says(&run.stderr, &["app_v1.zip/t.dat: the member is damaged: "]);
        ingest.work.write("dumps/app_v1.zip", zip(crc32, &packed));
        ingest.loads();
        let rows = text.lines().count() - 1;
        let found = ingest.db.one("SELECT concat(count(*), ' ', max(length(name))) FROM v1_t");
        let longest = text.lines().skip(1).map(|line| line.split('|').nth(1).expect("a name").len()).max();
        assert_eq!(found, format!("{rows} {}", longest.expect("rows")), "method {method}");
    }
}

#[test]
fn an_encrypted_member_may_be_compressed_by_itself() {
    let ingest = ingest!();
    let data = data();
    let dump = Dump::new().member("t.json", descriptor(&COLUMNS)).member("t.dat.gz", gzip(data.as_bytes()));
    ingest.dump("app_v1.zip", &dump.encrypted(Encryption::Aes));
    ingest.command().env("PGHAUL_ZIP_PASSWORD", "secret").run().assert_code(0);
    has_all_rows(&ingest, "encrypted");
}

#[test]
fn a_folder_named_like_a_dump_is_one() {
    let ingest = ingest!();
    let data = data();
    ingest.work.write("dumps/app_v1/export/t.json", descriptor(&COLUMNS));
    ingest.work.write("dumps/app_v1/export/t.dat.zst", zstd(data.as_bytes()));
    ingest.work.write("dumps/app_v1/.t.dat", "hidden");
    ingest.work.write("dumps/old_dumps/readme.txt", "no data");
    ingest.work.write("dumps/old_dumps/app_v0.zip", "not looked at");
    ingest.loads();
    has_all_rows(&ingest, "a folder of dumps");
    assert_eq!(ingest.tables(), ["t", "v1_t"]);
    let loaded = ingest.db.one("SELECT 'v1_t'::regclass::oid");
    ingest.work.write("dumps/app_v1/export/t.dat.zst", zstd((data + "0|more\n").as_bytes()));
    let run = ingest.bare_command().args(["dumps/app_v1/", "--db", &ingest.db.url(), "--report", "-"]).run();
    run.assert_code(0);
    says(&run.stdout, &["\"source\"", "app_v1/export/t.dat.zst", "\"loaded\""]);
    assert_ne!(ingest.db.one("SELECT 'v1_t'::regclass::oid"), loaded);
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), (ROWS + 1).to_string());
}

#[test]
fn what_is_no_file_in_a_folder_is_refused() {
    let ingest = ingest!();
    ingest.work.write("dumps/app_v1/t.json", descriptor(&COLUMNS));
    std::os::unix::fs::symlink("/etc/passwd", ingest.work.join("dumps/app_v1/t.dat")).expect("a link");
    says(&ingest.refused(), &["dumps/app_v1/t.dat: the member is a symbolic link", "put the file itself"]);
    std::fs::remove_file(ingest.work.join("dumps/app_v1/t.dat")).expect("remove a link");
    let pipe = ingest.work.join("dumps/app_v1/t.dat");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("run mkfifo").success());
    says(&ingest.refused(), &["dumps/app_v1/t.dat: the member is no file", "put a file in its place"]);
}

#[test]
fn damage_of_compressed_members_and_tars_is_found_by_the_scan() {
    let (descriptor, data) = (descriptor(&COLUMNS), data());
    let plain = tar(&[("t.json", descriptor.as_bytes()), ("t.dat", data.as_bytes())]);
    let wrong = |mut bytes: Vec<u8>, from_end: usize| {
        let at = bytes.len() - from_end;
        bytes[at] ^= 1;
        bytes
    };
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 1].to_vec();
    let longer = |bytes: Vec<u8>| [&bytes[..], b"garbage"].concat();
    let with = |name: &str, member: Vec<u8>| tar(&[("t.json", descriptor.as_bytes()), (name, &member)]);
    for (name, bytes, place) in [
        ("app_v1.tar.gz", wrong(gzip(&plain), 8), ""),
        ("app_v1.tar.gz", cut(gzip(&plain)), ""),
        ("app_v1.tar.gz", longer(gzip(&plain)), ""),
        ("app_v1.tar.zst", wrong(zstd(&plain), 4), ""),
        ("app_v1.tar.zst", cut(zstd(&plain)), ""),
        ("app_v1.tar.zst", longer(zstd(&plain)), ""),
        ("app_v1.tar", with("t.dat.gz", wrong(gzip(data.as_bytes()), 8)), "/t.dat.gz"),
        ("app_v1.tar", with("t.dat.zst", wrong(zstd(data.as_bytes()), 4)), "/t.dat.zst"),
        ("app_v1.tar", with("t.dat.zst", cut(zstd(data.as_bytes()))), "/t.dat.zst"),
        ("app_v1.tar", with("t.dat.gz", longer(gzip(data.as_bytes()))), "/t.dat.gz"),
    ] {
        let ingest = ingest!();
        ingest.work.write(format!("dumps/{name}"), bytes);
        says(
            &ingest.refused(),
            &[&format!("dumps/{name}{place}: the "), "is damaged", "export the dump again"],
        );
    }
}
