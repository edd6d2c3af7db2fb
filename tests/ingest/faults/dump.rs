//! `pghaul ingest`: faults of the dumps as files. Each is refused before anything is touched, in one message with
//! its place and what helps.

use crate::dumps::{COLUMNS, DATA};
use pghaul_test_support::{Dump, Encryption, Ingest, ingest, says};
use std::os::unix::fs::symlink;

fn dump() -> Dump {
    Dump::new().table("t", &COLUMNS, DATA)
}

/// The message about `dumps/app_v1.zip` with these bytes.
#[track_caller]
fn refused(bytes: &[u8]) -> String {
    let ingest = ingest!();
    ingest.work.write("dumps/app_v1.zip", bytes);
    ingest.refused()
}

/// The message about this argument in place of the folder of dumps.
#[track_caller]
fn refused_input(ingest: &Ingest, input: &str) -> String {
    ingest.refuses(ingest.bare_command().args([input, "--db", &ingest.db.url()]))
}

#[test]
fn a_missing_folder() {
    let ingest = ingest!();
    says(
        &refused_input(&ingest, "nowhere"),
        &["nowhere: ", "No such file", "argument or in xport_cfg.zip_path"],
    );
    ingest.config("xport_cfg: {zip_path: elsewhere}");
    let message = ingest.refuses(ingest.bare_command().args(["--db", &ingest.db.url()]));
    says(&message, &["elsewhere: ", "No such file", "xport_cfg.zip_path"]);
}

#[test]
fn an_empty_folder() {
    let ingest = ingest!();
    ingest.work.write("dumps/readme.txt", "nothing to load");
    says(
        &ingest.refused(),
        &[
            "dumps: the folder holds no dumps (*.zip, *.tar",
            "it holds readme.txt",
            "argument or in xport_cfg.zip_path",
        ],
    );
}

#[test]
fn a_folder_named_like_a_dump() {
    let ingest = ingest!();
    std::fs::create_dir(ingest.work.join("app_v1.zip")).expect("create a folder");
    says(&refused_input(&ingest, "app_v1.zip"), &["app_v1.zip: the folder holds no dumps"]);
}

#[test]
fn a_dump_that_cannot_be_read() {
    let ingest = ingest!();
    ingest.dump("app_v1.zip", &dump());
    // Not even root can read these.
    symlink("gone.zip", ingest.work.join("dumps/app_v2.zip")).expect("create a symbolic link");
    says(&ingest.refused(), &["dumps/app_v2.zip: ", "No such file"]);
    for name in ["pipe_v1.zip", "dumps/pipe_v1.zip"] {
        let pipe = ingest.work.join(name);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("run mkfifo").success());
    }
    let message = refused_input(&ingest, "pipe_v1.zip");
    says(&message, &["pipe_v1.zip: is no file", "name a zip file, or a folder"]);
    let messages = ingest.refuses_all(ingest.command());
    says(&messages[1], &["dumps/pipe_v1.zip: is no file", "name a zip file, or a folder"]);
}

#[test]
fn a_file_that_is_no_zip() {
    for bytes in [&b"id|name\n1|one\n"[..], b""] {
        says(&refused(bytes), &["dumps/app_v1.zip: is no zip file, or is cut off", "export the dump again"]);
    }
}

#[test]
fn a_truncated_zip() {
    let bytes = dump().bytes();
    for length in [bytes.len() / 2, bytes.len() - 1] {
        let message = refused(&bytes[..length]);
        says(&message, &["dumps/app_v1.zip: is no zip file, or is cut off", "export the dump again"]);
    }
}

#[test]
fn a_wrong_checksum_of_a_small_file_is_noticed_by_the_scan() {
    says(
        &refused(&dump().wrong_crc().bytes()),
        &["app_v1.zip/t.dat: the member is damaged: its CRC-32 is", "again"],
    );
    let in_descriptor = Dump::new().member("t.json", "[]").wrong_crc().member("t.dat", DATA);
    says(&refused(&in_descriptor.bytes()), &["app_v1.zip/t.json: the member is damaged", "again"]);
}

#[test]
fn a_wrong_checksum_of_a_large_file_is_noticed_by_the_load() {
    let ingest = ingest!();
    let rows: String = (0..400_000).map(|row| format!("{row}|row {row}\n")).collect();
    let data = format!("id|name\n{rows}");
    ingest.dump("app_v1.zip", &Dump::new().table("t", &COLUMNS, &data).wrong_crc().good());
    says(
        &ingest.fails(),
        &["app_v1.zip/t.dat: the member is damaged: its CRC-32", "nothing of this member was loaded"],
    );
}

#[test]
fn damaged_bytes_in_a_deflated_member() {
    let mut bytes = dump().bytes();
    let at = bytes.windows(5).rposition(|window| window == b"t.dat").expect("the name in the directory");
    let first = bytes.windows(5).position(|window| window == b"t.dat").expect("the name before the member");
    assert!(first < at);
    bytes[first + 5..first + 9].fill(0xFF);
    says(&refused(&bytes), &["app_v1.zip/t.dat: the member is damaged: cannot be inflated", "again"]);
}

#[test]
fn an_encrypted_member() {
    for (encryption, remedy) in
        [(Encryption::ZipCrypto, "encrypt it by AES"), (Encryption::Aes, "set PGHAUL_ZIP_PASSWORD")]
    {
        let message = refused(&dump().encrypted(encryption).bytes());
        says(&message, &["app_v1.zip/t.dat: the member is encrypted", remedy]);
    }
}

#[test]
fn an_unsupported_compression() {
    for (method, name) in [(98, "98 (Ppmd)"), (200, "200 (Unknown)")] {
        let message = refused(&dump().method(method).bytes());
        says(&message, &["app_v1.zip/t.dat: compression method", name, "deflate"]);
    }
}

#[test]
fn names_that_lead_out_of_the_dump() {
    for name in ["../t.dat", "a/../../t.dat", "/etc/t.dat", "..\\t.dat", "C:\\t.dat", "\\\\host\\t.dat"] {
        let message = refused(&dump().member(name, DATA).bytes());
        says(
            &message,
            &["app_v1.zip/", name, ": the member's name leads out of the dump", "export the dump again"],
        );
    }
}

#[test]
fn members_of_the_same_name() {
    let message = refused(&dump().member("t.dat", DATA).bytes());
    says(&message, &["app_v1.zip: the zip lists a member twice", "export the dump again"]);
    let message = refused(&dump().member("old/T.DAT", DATA).bytes());
    says(&message, &["app_v1.zip/old/T.DAT: ", "named for table t", "t.dat", "remove or rename one"]);
}

#[test]
fn folders_and_backslashes_in_names_are_fine() {
    let ingest = ingest!();
    let dump = Dump::new()
        .member("export/2024/", "")
        .member("export\\2024\\t.json", pghaul_test_support::descriptor(&COLUMNS))
        .member("export/2024/T.DAT", DATA)
        .stored()
        .member("__MACOSX/export/2024/._t.dat", "resource fork")
        .member("readme.txt", "");
    ingest.dump("app_v1.zip", &dump);
    ingest.loads();
    assert_eq!(ingest.db.one("SELECT string_agg(name, ',' ORDER BY id) FROM t"), "one,two");
}

#[test]
fn a_descriptor_without_a_data_file_and_the_other_way_round() {
    let only_descriptor = Dump::new().member("t.json", pghaul_test_support::descriptor(&COLUMNS));
    says(&refused(&only_descriptor.bytes()), &["app_v1.zip/t.json: there is no t.dat beside it", "needs"]);
    let only_data = Dump::new().member("t.dat", DATA);
    says(&refused(&only_data.bytes()), &["app_v1.zip/t.dat: there is no t.json beside it", "needs"]);
}

#[test]
fn a_file_name_without_a_version() {
    for name in ["app.zip", "_v1.zip", "app_.zip"] {
        let ingest = ingest!();
        ingest.dump(name, &dump());
        says(&ingest.refused(), &["dumps/", name, "does not say which version", "<app>_<version>.zip"]);
    }
}

#[test]
fn two_dumps_that_map_to_one_version_table() {
    let ingest = ingest!();
    ingest.dump("crm_v1.zip", &dump());
    ingest.dump("erp_v1.zip", &dump());
    let message = ingest.refused();
    says(
        &message,
        &["dumps/crm_v1.zip and dumps/erp_v1.zip both map to the version table v1_t", "xport_cfg.child_name"],
    );
    ingest.config("xport_cfg: {child_name: '{app}_{version}_{table}'}");
    ingest.loads();
    assert_eq!(ingest.tables(), ["crm_v1_t", "erp_v1_t", "t"]);
}

#[test]
fn one_dump_named_twice_is_loaded_once() {
    let ingest = ingest!();
    ingest.dump("app_v1.zip", &dump());
    ingest.command().args(["./dumps/app_v1.zip"]).run().assert_code(0);
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "2");
}

#[test]
fn a_version_table_that_would_be_named_like_a_mother() {
    let ingest = ingest!();
    ingest.dump("app_v1.zip", &dump().table("v1_t", &COLUMNS, DATA));
    says(&ingest.refused(), &["app_v1.zip/t.json: ", "v1_t", "mother table", "xport_cfg.child_name"]);
    let ingest = ingest!();
    ingest.dump("app_v1.zip", &dump());
    ingest.config("xport_cfg: {child_name: '{table}'}");
    says(
        &ingest.refused(),
        &["config.yml", "xport_cfg.child_name", "does not name a table per version", "use {table}"],
    );
}

#[test]
fn a_mother_that_would_be_named_like_a_version_table() {
    let ingest = ingest!();
    ingest.dump("app_v1.zip", &dump());
    ingest.loads();
    ingest.dump("app_v2.zip", &Dump::new().table("v1_t", &COLUMNS, DATA));
    says(&ingest.refused(), &["table v1_t: cannot be a mother table", "version table of t", "child_name"]);
}

#[test]
fn all_faults_are_reported_in_one_run() {
    let ingest = ingest!();
    ingest.work.write("dumps/app_v1.zip", "no zip");
    ingest
        .dump("app_v2.zip", &Dump::new().table("a", &[("id", "widget")], "id\n").member("b.dat", "").good());
    ingest.dump("app.zip", &dump());
    let messages = ingest.refuses_all(ingest.command());
    let places: Vec<&str> =
        messages.iter().map(|message| message.split(": ").next().expect("a place")).collect();
    assert_eq!(
        places,
        ["dumps/app.zip", "dumps/app_v1.zip", "app_v2.zip/a.json, column id", "app_v2.zip/b.dat"]
    );
}
