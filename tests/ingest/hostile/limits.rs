//! Dumps that ask for too much.

use super::forged::{IN_ZIP64, Zip, zip64};
use super::{Hostile, described, whole, with_data, with_descriptor};
use crate::dumps::{COLUMNS, DATA};
use flate2::{Compression, write::DeflateEncoder};
use pghaul_test_support::{Dump, descriptor};
use std::io::Write;

const TRUST: &str = "raise it if this dump is to be trusted";

/// A data file of 1.25 GiB that is 1.2 MB when deflated.
fn bomb() -> (Vec<u8>, u64, u32) {
    let block = vec![b'0'; 64 << 20];
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let mut crc = crc32fast::Hasher::new();
    let mut bytes = 0;
    for part in std::iter::once(&b"id|name\n"[..]).chain(std::iter::repeat_n(&block[..], 20)) {
        encoder.write_all(part).expect("write into memory");
        crc.update(part);
        bytes += part.len() as u64;
    }
    (encoder.finish().expect("write into memory"), bytes, crc.finalize())
}

pub fn list() -> Vec<Hostile> {
    let (data, bytes, crc32) = bomb();
    let compressed = data.len() as u64;
    let bomb = described().deflated("t.dat", data, bytes, crc32).bytes();
    let many = (0..20_000).fold(Zip::default(), |zip, number| {
        zip.member(format!("{number:0300}"), "")
            .with(|member| (member.absent, member.offset) = (true, Some(0)))
    });
    let names: Vec<String> = (0..1601).map(|number| format!("c{number}")).collect();
    let wide: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "int")).collect();
    let header: Vec<String> = (0..100_000).map(|number| format!("c{number}")).collect();
    let long = "x".repeat(256 << 10);
    let narrow = "xport_cfg: {encoding: utf-8}\nlimits: {max_columns: 1}";
    vec![
        Hostile::refused(
            "a zip bomb",
            bomb.clone(),
            format!(
                "dumps/app_v1.zip/t.dat: {compressed} bytes would inflate to {bytes}, {} times as many, and \
                 limits.max_ratio allows 500 above limits.ratio_from (1 GiB); this is how a zip bomb looks; \
                 raise one of them if this dump is to be trusted",
                bytes / compressed
            ),
        ),
        Hostile::fails(
            "a zip bomb that was let through",
            bomb,
            "app_v1.zip/t.dat, line 2: row is longer than 64 MiB; look for a quote that is never closed, \
             or raise limits.max_row",
        )
        .config("limits: {max_ratio: 2000}"),
        Hostile::refused(
            "a data file of a terabyte",
            whole()
                .with(|member| {
                    member.bytes = IN_ZIP64;
                    member.extra = zip64(1 << 39, 0)[..12].to_vec();
                    member.extra[2] = 8;
                })
                .bytes(),
            "dumps/app_v1.zip/t.dat: 22 bytes would inflate to 549755813888, 24988900631 times as many, and \
             limits.max_ratio allows 500 above limits.ratio_from (1 GiB); this is how a zip bomb looks; \
             raise one of them if this dump is to be trusted",
        ),
        Hostile::refused(
            "more in total than is allowed",
            whole().bytes(),
            format!(
                "dumps/app_v1.zip: descriptors and data files would inflate to 244 bytes, and limits.max_total \
                 allows 200 B; {TRUST}"
            ),
        )
        .config("limits: {max_total: 200}"),
        Hostile::refused(
            "more members than are allowed",
            whole().bytes(),
            format!("dumps/app_v1.zip: the zip lists 4 members, and limits.max_members allows 3; {TRUST}"),
        )
        .config("limits: {max_members: 3}"),
        Hostile::refused(
            "more tables than are allowed",
            (0..3).fold(Dump::new(), |dump, number| dump.table(&format!("t{number}"), &COLUMNS, DATA)).bytes(),
            format!("dumps/app_v1.zip: the dump has files of 3 tables, and limits.max_tables allows 2; {TRUST}"),
        )
        .config("limits: {max_tables: 2}"),
        Hostile::refused(
            "more tables than are allowed by default",
            (0..10_001).fold(Zip::default(), |zip, number| zip.member(format!("t{number}.dat"), "")).bytes(),
            format!("dumps/app_v1.zip: the dump has files of 10001 tables, and limits.max_tables allows 10000; {TRUST}"),
        ),
        Hostile::refused(
            "a directory of millions of bytes",
            many.bytes(),
            format!(
                "dumps/app_v1.zip: the zip's directory is too large for as many members as limits.max_members \
                 allows; {TRUST}"
            ),
        )
        .config("limits: {max_members: 100}"),
        Hostile::refused(
            "a descriptor of millions of bytes",
            with_descriptor(" ".repeat(2_000_000)),
            "app_v1.zip/t.json: the descriptor has 2000000 bytes, and limits.max_descriptor allows 1 MiB; \
             raise it if this is a list of columns",
        ),
        Hostile::refused(
            "a descriptor of 1601 columns",
            Dump::new().table("t", &wide, "c0\n").bytes(),
            "app_v1.zip/t.json: the descriptor lists more columns than limits.max_columns allows (1600); \
             remove columns from the descriptor and the data file",
        ),
        Hostile::refused(
            "a header of 100000 columns",
            with_data(header.join("|")),
            "app_v1.zip/t.dat, line 1: the header names 100000 columns, and limits.max_columns allows 1600; \
             remove columns, or check xport_cfg.field_separator",
        ),
        Hostile::refused("a header without an end", with_data("a".repeat(3 << 20)), "app_v1.zip/t.dat, line 1: no header line ends within 1048576 bytes; check xport_cfg.dat_quote and that the first line names the columns"),
        Hostile::refused(
            "more columns than were agreed on",
            Zip::default().member("t.json", descriptor(&COLUMNS)).member("t.dat", DATA).bytes(),
            "app_v1.zip/t.json: the descriptor lists more columns than limits.max_columns allows (1); \
             remove columns from the descriptor and the data file",
        )
        .config(narrow),
        Hostile::fails(
            "a row that is too long",
            with_data(format!("id|name\n1|one\n2|{long}\n")),
            "app_v1.zip/t.dat, line 3: row is longer than 256 KiB; look for a quote that is never closed, \
             or raise limits.max_row",
        )
        .config("limits: {max_row: 256KiB}"),
        Hostile::fails(
            "a quote that swallows 100 MB",
            with_data(format!("id|name\n1|`{}", "2|two\n".repeat(100_000_000 / 6))),
            "app_v1.zip/t.dat, line 2: row is longer than 64 MiB; look for a quote that is never closed, \
             or raise limits.max_row",
        ),
        Hostile::fails(
            "a row of nothing but separators",
            with_data(format!("id|name\n1|one\n{}\n", "|".repeat(60 << 20))),
            "app_v1.zip/t.dat, line 3: row has more than 100000 fields; correct the row in the data file; \
             nothing of this unit was loaded",
        ),
        Hostile::fails("a file of empty rows", with_data(format!("id|name\n{}", "\n".repeat(10 << 20))), "app_v1.zip/t.dat, line 2: row has 1 field, the header names 2: the line is empty, nothing for column name; correct the row in the data file; nothing of this unit was loaded"),
    ]
}
