//! Members that are not what the zip says of them.

use super::forged::{IN_ZIP64, Zip, zip64};
use super::{Hostile, described, whole};
use crate::dumps::{COLUMNS, DATA};
use pghaul_test_support::{Dump, Encryption};

/// The message about the data file.
fn damaged(what: &str) -> String {
    format!(
        "app_v1.zip/t.dat: the member is damaged: {what}; transfer or export the dump again; \
         nothing of this member was loaded"
    )
}

fn method(name: &'static str, method: u16, called: &str) -> Hostile {
    let message = format!(
        "dumps/app_v1.zip/t.dat: compression method {called} is not supported; compress the dump with deflate, \
         which every zip tool knows"
    );
    Hostile::refused(name, whole().with(|member| member.method = method).bytes(), message)
}

fn encrypted(name: &'static str, encryption: Encryption, why: &str) -> Hostile {
    let dump = Dump::new().table("t", &COLUMNS, DATA).encrypted(encryption);
    Hostile::refused(name, dump.bytes(), format!("dumps/app_v1.zip/t.dat: the member is encrypted {why}"))
}

/// More than the scan reads of it, so that the load meets what is wrong with it.
fn large() -> Zip {
    let rows: String = (0..100_000).map(|row| format!("{row}|row {row}\n")).collect();
    described().member("t.dat", format!("id|name\n{rows}"))
}

pub fn list() -> Vec<Hostile> {
    let size = DATA.len() as u32;
    vec![
        Hostile::refused(
            "a wrong checksum",
            whole().with(|member| member.crc32 ^= 1).bytes(),
            "app_v1.zip/t.dat: the member is damaged: its CRC-32 is 97a0cdfe, the zip states 97a0cdff; transfer or export the dump again; nothing of this member was loaded",
        ),
        Hostile::fails(
            "a wrong checksum of a large file",
            large().with(|member| member.crc32 ^= 1).bytes(),
            "app_v1.zip/t.dat: the member is damaged: its CRC-32 is f3097ad1, the zip states f3097ad0; transfer or export the dump again; nothing of this member was loaded",
        ),
        Hostile::refused(
            "a wrong checksum of a descriptor",
            Zip::default()
                .member("t.dat", DATA)
                .member("t.json", "[]")
                .with(|member| member.crc32 = 0)
                .bytes(),
            "app_v1.zip/t.json: the member is damaged: its CRC-32 is 0d4cbb29, the zip states 00000000; transfer or export the dump again; nothing of this member was loaded",
        ),
        Hostile::refused(
            "a size that is too small",
            whole().with(|member| member.bytes = 5).bytes(),
            damaged("inflates to more than the 5 bytes that the zip states"),
        ),
        Hostile::refused(
            "a size that is too large",
            whole().with(|member| member.bytes = size + 1).bytes(),
            damaged(&format!("ends before the {} bytes that the zip states", size + 1)),
        ),
        Hostile::fails(
            "a size that is too small in a large file",
            large().with(|member| member.bytes -= 1).bytes(),
            "app_v1.zip/t.dat: the member is damaged: inflates to more than the 1577787 bytes that the zip states; transfer or export the dump again; nothing of this member was loaded",
        ),
        Hostile::fails(
            "a size that is too large in a large file",
            large().with(|member| member.bytes += 1).bytes(),
            "app_v1.zip/t.dat: the member is damaged: ends before the 1577789 bytes that the zip states; transfer or export the dump again; nothing of this member was loaded",
        ),
        Hostile::refused(
            "a member that is cut off",
            whole().with(|member| member.compressed_bytes -= 3).bytes(),
            "app_v1.zip/t.dat: the member is damaged: cannot be inflated: incomplete deflate stream; transfer or export the dump again; nothing of this member was loaded",
        ),
        Hostile::fails(
            "a large member that is cut off",
            large().with(|member| member.compressed_bytes -= 3).bytes(),
            "app_v1.zip/t.dat: the member is damaged: cannot be inflated: incomplete deflate stream; transfer or export the dump again; nothing of this member was loaded",
        ),
        Hostile::refused(
            "bytes that cannot be inflated",
            whole().with(|member| member.data.fill(0xFF)).bytes(),
            "app_v1.zip/t.dat: the member is damaged: cannot be inflated: corrupt deflate stream; transfer or export the dump again; nothing of this member was loaded",
        ),
        Hostile::refused(
            "bytes that are stored, not deflated",
            described().deflated("t.dat", DATA.into(), size.into(), crc32fast::hash(DATA.as_bytes())).bytes(),
            "app_v1.zip/t.dat: the member is damaged: cannot be inflated: corrupt deflate stream; transfer or export the dump again; nothing of this member was loaded",
        ),
        Hostile::refused(
            "deflated bytes that are said to be stored",
            whole().with(|member| member.method = 0).bytes(),
            "app_v1.zip/t.dat: the member is damaged: inflates to more than the 20 bytes that the zip states; transfer or export the dump again; nothing of this member was loaded",
        ),
        method("compressed by WavPack", 97, "97 (Unknown)"),
        method("compressed by PPMd", 98, "98 (Ppmd)"),
        method("compressed by an unknown method", 200, "200 (Unknown)"),
        encrypted(
            "encrypted in the old way",
            Encryption::ZipCrypto,
            "in a way that is not supported, such as ZipCrypto, which is not safe; \
             encrypt it by AES (7z a -tzip -mem=AES256)",
        ),
        encrypted(
            "encrypted by AES, without a password here",
            Encryption::Aes,
            "by AES; set PGHAUL_ZIP_PASSWORD, or decrypt.zip_password to {env: NAME} or {file: PATH}",
        ),
        Hostile::refused(
            "a member that the zip does not hold",
            whole().with(|member| (member.absent, member.offset) = (true, Some(1 << 30))).bytes(),
            "dumps/app_v1.zip: member 4 of the zip is damaged: invalid Zip archive: Unexpected end of zip::format::blocks::ZipLocalEntryBlock; transfer or export the dump again",
        ),
        Hostile::refused(
            "a member that begins within another",
            described()
                .member("t.dat", DATA)
                .with(|member| (member.absent, member.offset) = (true, Some(7)))
                .bytes(),
            "dumps/app_v1.zip: member 4 of the zip is damaged: invalid Zip archive: Invalid local file header; transfer or export the dump again",
        ),
        Hostile::refused(
            "a member that is stored in another's bytes",
            whole()
                .member("u.dat", DATA)
                .with(|member| (member.absent, member.offset) = (true, Some(0)))
                .bytes(),
            "dumps/app_v1.zip/good.json: the zip stores this member and u.dat in the same bytes; export the dump again",
        ),
        Hostile::refused(
            "a member that reaches into the directory",
            whole().with(|member| member.compressed_bytes += 20).bytes(),
            "dumps/app_v1.zip/t.dat: the member reaches into the zip's directory; transfer or export the dump again",
        ),
        Hostile::refused(
            "a member larger than all disks",
            whole()
                .with(|member| {
                    (member.bytes, member.compressed_bytes) = (IN_ZIP64, IN_ZIP64);
                    member.extra = zip64(u64::MAX, u64::MAX);
                })
                .bytes(),
            "dumps/app_v1.zip: member 4 of the zip is damaged: invalid Zip archive: File data end offset overflows u64; transfer or export the dump again",
        ),
        Hostile::refused(
            "a Zip64 size without the field that has it",
            whole().with(|member| member.bytes = IN_ZIP64).bytes(),
            "dumps/app_v1.zip/t.dat: 22 bytes would inflate to 4294967295, 195225786 times as many, and limits.max_ratio allows 500 above limits.ratio_from (1 GiB); this is how a zip bomb looks; raise one of them if this dump is to be trusted",
        ),
    ]
}
