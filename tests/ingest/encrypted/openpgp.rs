//! `pghaul ingest` of dumps that GnuPG has encrypted: what loads, and what is refused before anything is touched.

use super::PASSPHRASE;
use crate::dumps::{COLUMNS, DATA};
use pghaul_test_support::{Dump, Gpg, Ingest, Pghaul, Run, ingest, says};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

fn plain(data: &str) -> Vec<u8> {
    Dump::new().table("t", &COLUMNS, data).good().bytes()
}

fn two_rows() -> Vec<u8> {
    plain(DATA)
}

/// A folder with this dump, `dumps/<name>`.
fn with(name: &str, bytes: Vec<u8>) -> Ingest {
    let ingest = ingest!();
    ingest.work.write(format!("dumps/{name}"), bytes);
    ingest
}

fn with_passphrase(ingest: &Ingest) -> Pghaul {
    ingest.command().env("PGHAUL_PASSPHRASE", PASSPHRASE)
}

#[track_caller]
fn loads(command: Pghaul) -> Run {
    let run = command.run();
    run.assert_code(0);
    run
}

#[track_caller]
fn assert_two_rows(ingest: &Ingest) {
    assert_eq!(ingest.db.one("SELECT string_agg(name, ' ' ORDER BY id) FROM t"), "one two");
}

#[test]
fn an_encrypted_dump_is_a_dump_and_its_content_counts() {
    let gpg = Gpg::new();
    let ingest = with("app_v1.zip.gpg", gpg.symmetric(PASSPHRASE, &[], &two_rows()));
    let plan = loads(with_passphrase(&ingest).args(["--plan"]));
    plan.assert_stdout_has("app_v1.zip.gpg/t.dat");
    let run = loads(with_passphrase(&ingest).args(["-v", "--report", "report.json"]));
    run.assert_never_says(PASSPHRASE);
    assert!(!ingest.work.read("report.json").contains(PASSPHRASE));
    assert_two_rows(&ingest);
    let ledger = "SELECT unit, app, version, dump, data_file FROM pghaul.loads WHERE mother = 't'";
    let row: Vec<String> = ingest.db.rows(ledger).into_iter().flatten().flatten().collect();
    assert_eq!(row, ["v1_t", "app", "v1", "app_v1.zip.gpg", "t.dat"]);

    // The same in other bytes, and as a plain dump.
    ingest.work.write("dumps/app_v1.zip.gpg", gpg.symmetric(PASSPHRASE, &[], &two_rows()));
    loads(with_passphrase(&ingest)).assert_stdout_has("2 units: 0 loaded, 2 unchanged");
    fs::remove_file(ingest.work.join("dumps/app_v1.zip.gpg")).expect("the dump");
    ingest.work.write("dumps/app_v1.zip", two_rows());
    ingest.loads().assert_stdout_has("2 units: 0 loaded, 2 unchanged");
    fs::remove_file(ingest.work.join("dumps/app_v1.zip")).expect("the dump");

    let changed = plain("id|name\n1|one\n2|two\n3|three\n");
    ingest.work.write("dumps/app_v1.zip.gpg", gpg.symmetric(PASSPHRASE, &[], &changed));
    loads(with_passphrase(&ingest)).assert_stdout_has("2 units: 1 loaded, 1 unchanged");
    assert_eq!(ingest.db.one("SELECT count(*) FROM t"), "3");
}

#[test]
fn gpg_may_write_it_in_many_ways() {
    let gpg = Gpg::new();
    gpg.make_key("signer", "");
    for (name, args) in [
        ("app_v1.zip.asc", &["--armor"][..]),
        ("APP_v1.ZIP.PGP", &["--compress-algo", "none"]),
        ("app_v1.zip.gpg", &["--compress-algo", "zlib", "-z", "9", "--cipher-algo", "AES128"]),
        ("app_v1.zip.gpg", &["--compress-algo", "zip", "--cipher-algo", "CAMELLIA256"]),
        ("app_v1.zip.gpg", &["--compress-algo", "bzip2"]),
        ("app_v1.zip.gpg", &["--sign", "--compress-algo", "zlib"]),
        ("app_v1.zip.gpg", &["--sign", "--compress-algo", "none"]),
    ] {
        let ingest = with(name, gpg.symmetric(PASSPHRASE, args, &two_rows()));
        loads(with_passphrase(&ingest));
        assert_two_rows(&ingest);
    }
}

#[test]
fn a_private_key_opens_what_is_encrypted_for_it() {
    let gpg = Gpg::new();
    gpg.make_key("mine", "");
    gpg.make_key("locked", "of the key");
    gpg.make_key("other", "");
    let ways: [&[&str]; 4] = [
        &["-r", "mine", "-r", "locked", "-r", "other"],
        &["--throw-keyids", "-r", "mine", "-r", "locked"],
        &["-r", "mine", "-r", "locked", "--sign", "-u", "other"],
        &["-r", "mine", "-r", "locked", "--passphrase", "another", "--symmetric"],
    ];
    for way in ways {
        let message = gpg.run(&[way, &["--encrypt"]].concat(), &two_rows());
        let ingest = with("app_v1.zip.gpg", message);
        ingest.work.write("mine.asc", gpg.private_key("mine", "", &["--armor"]));
        ingest.work.write("locked.gpg", gpg.private_key("locked", "of the key", &[]));
        loads(ingest.command().env("PGHAUL_KEY_FILE", "mine.asc"));
        assert_two_rows(&ingest);
        ingest.config("decrypt: {key_file: locked.gpg, key_passphrase: {env: OF_KEY}}");
        let run = loads(ingest.command().args(["-v", "--force"]).env("OF_KEY", "of the key"));
        run.assert_never_says("of the key");
    }
}

#[test]
fn faults_of_keys_come_first() {
    let gpg = Gpg::new();
    gpg.make_key("locked", "of the key");
    gpg.make_key("other", "");
    let ingest = with("app_v1.zip.gpg", gpg.run(&["-r", "locked", "--encrypt"], &two_rows()));
    ingest.work.write("locked.gpg", gpg.private_key("locked", "of the key", &[]));
    ingest.work.write("other.gpg", gpg.private_key("other", "", &[]));
    ingest.work.write("public.gpg", gpg.run(&["--export", "locked"], b""));
    let refused = |file: &str, passphrase: &str| {
        let command = ingest.command().env("PGHAUL_KEY_FILE", file).env("PGHAUL_KEY_PASSPHRASE", passphrase);
        let run = command.run();
        run.assert_code(2).assert_never_says("misguided");
        assert_eq!(ingest.tables().len(), 0);
        run.stderr
    };
    says(
        &refused("", ""),
        &["app_v1.zip.gpg: is encrypted for the key ", "PGHAUL_KEY_FILE or decrypt.key_file"],
    );
    says(&refused("locked.gpg", ""), &["which a passphrase protects", "PGHAUL_KEY_PASSPHRASE"]);
    says(&refused("locked.gpg", "misguided"), &["the passphrase of the private key in locked.gpg is wrong"]);
    says(&refused("other.gpg", ""), &["is encrypted for the key ", "and other.gpg holds another key"]);
    says(&refused("public.gpg", ""), &["public.gpg holds no OpenPGP private key", "that gpg exports it to"]);
    says(&refused("nowhere.gpg", ""), &["the private key in nowhere.gpg cannot be read: No such file"]);
}

#[test]
fn a_passphrase_comes_from_a_variable_or_a_file() {
    let gpg = Gpg::new();
    let ingest = with("app_v1.zip.gpg", gpg.symmetric(PASSPHRASE, &[], &two_rows()));
    let file = ingest.work.write("secret", format!("{PASSPHRASE}\n"));
    let mode = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("own file");
    mode(0o600);
    ingest.config("decrypt: {passphrase: {file: secret}}");
    let run = ingest.loads();
    run.assert(run.stderr.is_empty(), "no warning");
    mode(0o640);
    let run = ingest.loads();
    run.assert_stderr_has("warning: secret: others can read this secret; let only its owner (chmod 600)");
    ingest.work.write("secret", format!("{PASSPHRASE}\r\n"));
    ingest.loads();
    ingest.config("decrypt: {passphrase: {env: DUMPS}}");
    loads(ingest.command().env("DUMPS", PASSPHRASE));
    let message = ingest.refuses(ingest.command());
    says(
        &message,
        &["app_v1.zip.gpg: DUMPS, which decrypt.passphrase names, is not set", "PGHAUL_PASSPHRASE"],
    );
    // The environment comes before the file, as everywhere.
    let message =
        ingest.refuses(ingest.command().env("DUMPS", PASSPHRASE).env("PGHAUL_PASSPHRASE", "misguided"));
    says(
        &message,
        &["the passphrase is wrong, or the message is damaged; check PGHAUL_PASSPHRASE or decrypt"],
    );
    assert!(!message.contains("misguided"), "{message}");
    for (config, fault) in [
        ("decrypt: {passphrase: {file: nowhere}}", "nowhere, which decrypt.passphrase names: No such file"),
        ("decrypt: {passphrase: {file: empty}}", "empty, which decrypt.passphrase names: holds nothing"),
        ("decrypt: {passphrase: hunter2}", "no secret stands in the configuration: write {env: NAME}"),
        ("decrypt: {pasphrase: {env: A}}", "did you mean `passphrase`?"),
    ] {
        ingest.work.write("empty", "\n");
        ingest.config(config);
        let run = ingest.command().run();
        run.assert_code(2).assert_stderr_has(fault).assert_never_says("hunter2");
    }
    ingest.work.write("config.yml", "");
    says(
        &ingest.refused(),
        &["app_v1.zip.gpg: is encrypted with a passphrase; set PGHAUL_PASSPHRASE, or decrypt"],
    );
}

/// Every byte counts: none of these may load anything.
#[test]
fn a_damaged_message_never_loads() {
    let gpg = Gpg::new();
    for compression in ["none", "zlib"] {
        let message = gpg.symmetric(PASSPHRASE, &["--compress-algo", compression], &two_rows());
        let length = message.len();
        let near_the_end = (1..=24).map(|distance| length - distance);
        let mut damaged: Vec<(String, Vec<u8>)> = Vec::new();
        for position in (0..8).map(|part| part * length / 8).chain(near_the_end) {
            let mut flipped = message.clone();
            flipped[position] ^= 0x10;
            damaged.push((format!("flipped_{position}"), flipped));
            damaged.push((format!("cut_{position}"), message[..position].to_vec()));
        }
        damaged.push(("and_more".to_owned(), [&message[..], b"more"].concat()));
        damaged.push(("and_again".to_owned(), [&message[..], &message[..]].concat()));
        let ingest = ingest!();
        for (what, bytes) in &damaged {
            ingest.work.write(format!("dumps/{what}.zip.gpg"), bytes);
        }
        let messages = ingest.refuses_all(with_passphrase(&ingest));
        assert_eq!(messages.len(), damaged.len(), "{messages:#?}");
        for (what, _) in &damaged {
            let place = format!("dumps/{what}.zip.gpg: ");
            assert!(messages.iter().any(|message| message.starts_with(&place)), "{place}{messages:#?}");
        }
        // What it was before, loads.
        let ingest = with("app_v1.zip.gpg", message);
        loads(with_passphrase(&ingest));
        assert_two_rows(&ingest);
    }
}

#[test]
fn what_is_no_encrypted_and_protected_message_is_refused() {
    let gpg = Gpg::new();
    gpg.make_key("signer", "");
    let unprotected = {
        let mut message = gpg.symmetric(PASSPHRASE, &["--compress-algo", "none"], &two_rows());
        // The tag of the second packet: Symmetrically Encrypted Data (9) in place of Integrity Protected (18).
        let second = 2 + usize::from(message[1]);
        assert_eq!(message[second], 0xD2);
        message[second] = 0xC9;
        message
    };
    for (message, fault) in [
        (unprotected, "is encrypted without integrity protection: anybody could have changed it"),
        (two_rows(), "is no OpenPGP message"),
        (Vec::new(), "is no OpenPGP message"),
        (gpg.run(&["--store"], &two_rows()), "is an OpenPGP message, but not encrypted"),
        (gpg.run(&["--sign"], &two_rows()), "is an OpenPGP message, but not encrypted"),
        (gpg.symmetric(PASSPHRASE, &[], b"no zip"), "is no zip file, or is cut off"),
        (
            gpg.symmetric(PASSPHRASE, &[], &gpg.symmetric(PASSPHRASE, &[], &two_rows())),
            "is no zip file, or is cut off",
        ),
    ] {
        let ingest = with("app_v1.zip.gpg", message);
        let message = ingest.refuses(with_passphrase(&ingest));
        says(&message, &["dumps/app_v1.zip.gpg: ", fault]);
    }
}

#[test]
fn a_message_that_inflates_to_too_much_is_refused() {
    let gpg = Gpg::new();
    let zeros = vec![0; 32 << 20];
    let ingest = with("app_v1.zip.gpg", gpg.symmetric(PASSPHRASE, &["--compress-algo", "zlib"], &zeros));
    for (limits, fault) in [
        ("max_ratio: 10, ratio_from: 1MiB", "and limits.max_ratio allows 10 above limits.ratio_from (1 MiB)"),
        ("max_total: 8MiB", "its plain text has more bytes than limits.max_total allows (8 MiB)"),
    ] {
        ingest.config(&format!("limits: {{{limits}}}"));
        says(&ingest.refuses(with_passphrase(&ingest)), &["dumps/app_v1.zip.gpg: ", fault]);
    }
}

/// A message of version 2 (RFC 9580, section 5.13.2), which gpg does not write, for the passphrase `correct horse`. It holds a text.
const VERSION_2: &str = "c33f061d07020b03089c1b9ca02dd836b2000af8d3091bf67b7194d469693b33af85e488aef1a484cff0c90a54bfdf8b8237 \
    c6d77d4851acc3557601c519104cc2d26b0207020012ce1b1b2b6f35b293b086b60b65905f358d95b9bc9bbe49d97a7c3f2d \
    2c9344ced775e8166c7d5443348a8214031a258ba0366087df6e2e96235a263ce676fb40bd59883799616a0dc280a7501ea9 \
    054616f755e141319245a5f668037e784cd4c78806cdb4e5";

/// The header that says by what the data are encrypted is not encrypted itself.
#[test]
fn a_message_of_an_unknown_cipher_is_refused() {
    let digits: String = VERSION_2.split_ascii_whitespace().collect();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
    let message: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
    let header = message.windows(4).position(|bytes| bytes == [2, 7, 2, 0]).expect("the header");
    let refusal = |cipher: u8, mode: u8, chunk: u8| {
        let mut message = message.clone();
        message[header + 1..header + 4].copy_from_slice(&[cipher, mode, chunk]);
        let ingest = with("app_v1.zip.gpg", message);
        ingest.refuses(ingest.command().env("PGHAUL_PASSPHRASE", "correct horse"))
    };
    says(&refusal(7, 2, 0), &["dumps/app_v1.zip.gpg: is no zip file, or is cut off"]);
    for mode in [0, 4, 100, 255] {
        says(&refusal(7, mode, 0), &["dumps/app_v1.zip.gpg: is encrypted in a mode that is not known"]);
    }
    for (cipher, mode, chunk) in [
        (7, 1, 0),
        (7, 3, 0),
        (0, 2, 0),
        (1, 2, 0),
        (9, 2, 0),
        (99, 2, 0),
        (7, 2, 1),
        (7, 2, 16),
        (7, 2, 255),
    ] {
        says(&refusal(cipher, mode, chunk), &["dumps/app_v1.zip.gpg: "]);
    }
}

/// The message decides how much is computed to try a passphrase (RFC 9580, section 3.7.1.4).
#[test]
fn a_message_that_asks_for_too_much_work_is_refused_at_once() {
    let with_argon2 = |passes: u8, memory: u8, count: usize| {
        // Version 4, AES-128, Argon2, its salt, passes, lanes, memory. Then an encrypted packet of zeros.
        let session_key = [&[0xC3, 22, 4, 7, 4][..], &[1; 16], &[passes, 1, memory]].concat();
        [session_key.repeat(count), vec![0xD2, 60], vec![1; 60]].concat()
    };
    for (message, fault) in [
        (with_argon2(255, 19, 1), "asks for too much work to try a passphrase"),
        (with_argon2(255, 10, 16), "the passphrase is wrong, or the message is damaged"),
        (with_argon2(1, 19, 16), "asks for too much work to try a passphrase"),
        (with_argon2(1, 20, 1), "asks for more than 512 MiB of memory to try a passphrase"),
        (with_argon2(1, 255, 1), "asks for more than 512 MiB of memory to try a passphrase"),
        (with_argon2(1, 10, 17), "is encrypted with more than 16 passphrases"),
    ] {
        let ingest = with("app_v1.zip.gpg", message);
        let begun = Instant::now();
        says(&ingest.refuses(with_passphrase(&ingest)), &["dumps/app_v1.zip.gpg: ", fault]);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}

#[test]
fn the_name_without_gpg_is_what_patterns_and_versions_are_about() {
    let gpg = Gpg::new();
    let ingest = with("app_v1.zip.gpg", gpg.symmetric(PASSPHRASE, &[], &two_rows()));
    ingest.config("xport_cfg: {dialects: [{match: '*.zip', types: mysql}]}");
    loads(with_passphrase(&ingest));
    ingest.work.write("dumps/app_v1.zip", two_rows());
    let message = ingest.refuses(with_passphrase(&ingest));
    says(&message, &["dumps/app_v1.zip and dumps/app_v1.zip.gpg are the same version of app"]);
}

#[test]
fn a_loaded_message_moves_to_the_archive() {
    let gpg = Gpg::new();
    let ingest = with("app_v1.zip.gpg", gpg.symmetric(PASSPHRASE, &[], &two_rows()));
    ingest.config("xport_cfg: {archive_path: archive/, archive: true}");
    ingest.work.write("archive/app_v1.zip.gpg", "an earlier one");
    let message = fs::read(ingest.work.join("dumps/app_v1.zip.gpg")).expect("the dump");
    loads(with_passphrase(&ingest));
    assert_eq!(fs::read(ingest.work.join("archive/app_v1.2.zip.gpg")).expect("in the archive"), message);
    assert_eq!(ingest.work.read("archive/app_v1.zip.gpg"), "an earlier one");
    assert!(!ingest.work.join("dumps/app_v1.zip.gpg").exists());
}
