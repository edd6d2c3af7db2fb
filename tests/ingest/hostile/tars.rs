//! Tars that are not what they seem.

use super::Hostile;
use crate::containers::gzip;
use crate::dumps::{COLUMNS, DATA};
use pghaul_test_support::descriptor;
use tar::{EntryType, Header};

const AGAIN: &str = "transfer or export the dump again";

/// A header of this name, which the builder would refuse, and kind.
fn entry(name: &str, kind: EntryType, size: u64, bytes: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    let mut entry = [header.as_bytes(), bytes].concat();
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

/// A tar of the descriptor of `t` and these entries.
fn with(entries: &[Vec<u8>]) -> Vec<u8> {
    let columns = descriptor(&COLUMNS);
    let first = entry("t.json", EntryType::Regular, columns.len() as u64, columns.as_bytes());
    [first, entries.concat(), vec![0; 1024]].concat()
}

fn file(name: &str, bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    entry(name, EntryType::Regular, bytes.len() as u64, bytes)
}

fn refused(name: &'static str, bytes: Vec<u8>, member: &str, message: &str) -> Hostile {
    Hostile::refused(name, bytes, format!("dumps/app_v1.tar{member}: {message}")).called("app_v1.tar")
}

fn of_kind(name: &'static str, kind: EntryType, what: &str) -> Hostile {
    let message = format!(
        "the member {what}; store the file itself in the tar (tar does so with --dereference --hard-dereference)"
    );
    refused(name, with(&[entry("t.dat", kind, 0, b"")]), "/t.dat", &message)
}

pub fn list() -> Vec<Hostile> {
    let whole = with(&[file("t.dat", DATA)]);
    let mut wrong_header = whole.clone();
    wrong_header[1024] ^= 1;
    let damaged = |what: &str| format!("the tar is damaged or cut off: {what}; {AGAIN}");
    let leads_out =
        "the member's name leads out of the dump; export the dump again, with names relative to its root";
    let zeros = vec![b'0'; 4 << 20];
    let packed = gzip(&zeros);
    vec![
        refused("a tar that is cut off in a header", whole[..1300].to_vec(), "", &damaged("failed to fill whole buffer")),
        refused("a tar that is cut off in a member", with(&[file("t.dat", "x".repeat(5000))])[..3000].to_vec(), "", &damaged("unexpected end of file")),
        refused("a tar without its end", whole[..whole.len() - 1024].to_vec(), "", &damaged("failed to fill whole buffer")),
        refused("a tar with a damaged header", wrong_header, "", &damaged("the checksum of a header is wrong")),
        refused(
            "a tar that is none",
            DATA.repeat(100).into_bytes(),
            "",
            &format!("is no tar file, or is cut off: the checksum of its first header is wrong; {AGAIN}, or move it out of this folder"),
        ),
        refused(
            "a tar behind a tar",
            [whole.clone(), whole.clone()].concat(),
            "",
            &format!("the tar goes on behind its end; make one tar of all members; {AGAIN}"),
        ),
        of_kind("a symbolic link in a tar", EntryType::Symlink, "is a symbolic link"),
        of_kind("a hard link in a tar", EntryType::Link, "is a link to another member"),
        of_kind("a pipe in a tar", EntryType::Fifo, "is no file"),
        of_kind("a device in a tar", EntryType::Block, "is no file"),
        of_kind("a file with holes in a tar", EntryType::GNUSparse, "is stored with holes, which pghaul does not read"),
        refused("a name in a tar that climbs", with(&[file("../t.dat", DATA)]), "/../t.dat", leads_out),
        refused("an absolute name in a tar", with(&[file("/etc/t.dat", DATA)]), "//etc/t.dat", leads_out),
        refused(
            "a name in a tar twice",
            with(&[file("t.dat", DATA), file("t.dat", DATA)]),
            "/t.dat",
            "two members are named for table t, the other is t.dat; remove or rename one of them, and export the dump again",
        ),
        refused(
            "a name of megabytes in a tar",
            with(&[entry("x", EntryType::GNULongName, 2 << 20, &vec![b'a'; 2 << 20]), file("t.dat", DATA)]),
            "",
            &damaged("a name or its like has 2097152 bytes"),
        ),
        refused("a size in a tar beyond all disks", with(&[entry("t.dat", EntryType::Regular, u64::MAX - 5, b"")]), "", &damaged("a size is too large")),
        refused("a size in a tar beyond its end", with(&[entry("t.dat", EntryType::Regular, 1 << 40, b"")]), "", &damaged("unexpected end of file")),
        refused(
            "more members in a tar than are allowed",
            with(&[file("t.dat", DATA), file("a", ""), file("b", "")]),
            "",
            "the tar lists 4 members, and limits.max_members allows 3; raise it if this dump is to be trusted",
        )
        .config("limits: {max_members: 3}"),
        refused(
            "a bomb in a tar",
            with(&[file("t.dat.gz", &packed)]),
            "/t.dat.gz",
            &format!(
                "{} bytes would inflate to {}, {} times as many, and limits.max_ratio allows 100 above \
                 limits.ratio_from (1 MiB); this is how a zip bomb looks; raise one of them if this dump is to be trusted",
                packed.len(),
                zeros.len(),
                zeros.len() / packed.len()
            ),
        )
        .config("limits: {ratio_from: 1MiB, max_ratio: 100}"),
        Hostile::refused(
            "a compressed tar that is a bomb",
            gzip(&with(&[file("x", &zeros), file("t.dat", DATA)])),
            "dumps/app_v1.tar.gz: its plain text has more bytes than limits.max_total allows (1 MiB); \
             raise it if this dump is to be trusted",
        )
        .called("app_v1.tar.gz")
        .config("limits: {max_total: 1MiB}"),
        Hostile::loads("a tar that is right", with(&[
            entry("../../etc/passwd", EntryType::XGlobalHeader, 0, b""),
            file("t.dat", DATA), file("good.json", descriptor(&COLUMNS)), file("good.dat", DATA),
            entry("link", EntryType::Symlink, 0, b""),
        ]))
        .called("app_v1.tar"),
        Hostile::refused(
            "a tar of nothing",
            vec![0; 10_240],
            "app_v1.tar: holds no json and dat files; it is empty; set xport_cfg.fmt_extension and dat_extension to the \
             extensions of its files, or move it away",
        )
        .called("app_v1.tar"),
    ]
}
