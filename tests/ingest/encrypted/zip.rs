//! `pghaul ingest` of zips whose members are encrypted by AES.

use crate::dumps::COLUMNS;
use pghaul_test_support::{Dump, Encryption, Gpg, Ingest, Pghaul, ingest, messages, says};
use std::fmt::Write;

/// The password of all members of tests.
const PASSWORD: &str = "secret";

/// A dump whose members are all encrypted, but for the good table's.
fn encrypted(data: &str) -> Vec<u8> {
    let descriptor = pghaul_test_support::descriptor(&COLUMNS);
    let dump = Dump::new().good().member("t.json", descriptor).encrypted(Encryption::Aes);
    dump.member("t.dat", data).encrypted(Encryption::Aes).bytes()
}

fn rows(count: u32, name: &str) -> String {
    let mut data = String::from("id|name\n");
    for id in 0..count {
        writeln!(data, "{id}|{name} {id}").expect("write into memory");
    }
    data
}

fn with_password(ingest: &Ingest) -> Pghaul {
    ingest.command().env("PGHAUL_ZIP_PASSWORD", PASSWORD)
}

#[test]
fn encrypted_members_load_and_a_change_is_noticed() {
    let ingest = ingest!();
    let write = |bytes: Vec<u8>| ingest.work.write("dumps/app_v1.zip", bytes);
    let first = encrypted(&rows(1000, "one"));
    write(first.clone());
    with_password(&ingest).args(["-v"]).run().assert_code(0).assert_never_says(PASSWORD);
    assert_eq!(ingest.db.one("SELECT count(*) || max(name) FROM t"), "1000one 999");
    with_password(&ingest).run().assert_code(0).assert_stdout_has("2 units: 0 loaded, 2 unchanged");
    // Data of the same size.
    write(encrypted(&rows(1000, "two")));
    with_password(&ingest).run().assert_code(0).assert_stdout_has("2 units: 1 loaded, 1 unchanged");
    assert_eq!(ingest.db.one("SELECT count(*) || max(name) FROM t"), "1000two 999");
    write(first);
    with_password(&ingest).run().assert_code(0).assert_stdout_has("2 units: 1 loaded, 1 unchanged");
    ingest.config("decrypt: {zip_password: {file: secret.txt}}");
    ingest.work.write("secret.txt", "secret\n");
    ingest.command().args(["--force"]).run().assert_code(0).assert_stdout_has("2 units: 2 loaded");
}

/// The zip writer of the tests states the CRC-32 of an encrypted member from 20 bytes on, as AE-1 has it; below, it is AE-2.
#[test]
fn the_fingerprint_has_the_authentication_code_where_the_zip_states_no_crc32() {
    let ingest = ingest!();
    let keys = || {
        let of_data =
            "SELECT string_agg(key, ' ' ORDER BY key) FROM jsonb_object_keys(fingerprint -> 'data') key";
        ingest.db.one(&format!("SELECT ({of_data}) FROM pghaul.loads WHERE unit = 'v1_t'"))
    };
    ingest.work.write("dumps/app_v1.zip", encrypted("id|name\n1|one\n"));
    with_password(&ingest).run().assert_code(0);
    assert_eq!(keys(), "aes bytes");
    assert_eq!(
        ingest.db.one("SELECT length(fingerprint #>> '{data,aes}') FROM pghaul.loads WHERE unit = 'v1_t'"),
        "20"
    );
    ingest.work.write("dumps/app_v1.zip", encrypted(&rows(10, "one")));
    with_password(&ingest).run().assert_code(0);
    assert_eq!(keys(), "bytes crc32");
}

#[test]
fn encrypted_members_within_an_encrypted_dump_load() {
    let ingest = ingest!();
    let message = Gpg::new().symmetric("outer", &[], &encrypted(&rows(10, "one")));
    ingest.work.write("dumps/app_v1.zip.gpg", message);
    with_password(&ingest).env("PGHAUL_PASSPHRASE", "outer").run().assert_code(0);
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "10");
}

#[test]
fn without_the_right_password_nothing_is_touched() {
    let ingest = ingest!();
    ingest.work.write("dumps/app_v1.zip", encrypted(&rows(10, "one")));
    says(
        &ingest.refused(),
        &["app_v1.zip/t.json: the member is encrypted by AES; set PGHAUL_ZIP_PASSWORD, or"],
    );
    let message = ingest.refuses(ingest.command().env("PGHAUL_ZIP_PASSWORD", "misguided"));
    says(
        &message,
        &["app_v1.zip/t.json: the password of the zip's members is wrong", "check PGHAUL_ZIP_PASSWORD"],
    );
    assert!(!message.contains("misguided"), "{message}");
    let old = Dump::new().table("t", &COLUMNS, rows(10, "one")).encrypted(Encryption::ZipCrypto).good();
    ingest.dump("app_v1.zip", &old);
    let message = ingest.refuses(with_password(&ingest));
    says(
        &message,
        &["app_v1.zip/t.dat: the member is encrypted in a way that is not supported, such as ZipCrypto"],
    );
}

/// Wherever a bit of the member's data, or of its authentication code, is another: nothing of it is loaded.
#[test]
fn a_member_that_was_changed_is_never_published() {
    // More than is read of it before the load, and stored, so that only the code tells.
    let data = rows(60_000, "one");
    let descriptor = pghaul_test_support::descriptor(&COLUMNS);
    let dump = Dump::new().good().member("t.json", descriptor);
    let bytes = dump.member("t.dat", &data).encrypted(Encryption::Aes).stored().bytes();
    let end = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").expect("the directory");
    // The first of three entries of the directory.
    let directory =
        bytes[..end].windows(4).position(|window| window == b"PK\x01\x02").expect("the directory");
    for distance in [1, 10, 11, 200_000] {
        let mut bytes = bytes.clone();
        bytes[directory - distance] ^= 1;
        let ingest = ingest!();
        ingest.work.write("dumps/app_v1.zip", bytes);
        let run = with_password(&ingest).run();
        run.assert_code(1);
        let messages = messages(&run);
        says(&messages[0], &["app_v1.zip/t.dat"]);
        assert_eq!(ingest.tables(), ["good", "t", "v1_good"], "{messages:?}");
        assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "0");
    }
}
