//! Passphrases of encrypted dumps.

use crate::{Matrix, canary};
use pghaul_test_support::{Dump, Encryption, Gpg};

#[test]
fn secrets_of_encrypted_dumps_are_in_no_output() {
    let mut matrix = Matrix::new(&["passphrase", "zip password", "key passphrase"], canary);
    let gpg = Gpg::new();
    let good = Dump::new().good().bytes();
    matrix.write("dumps/a_v1.zip.gpg", gpg.symmetric(matrix.secret("passphrase"), &[], &good));
    // Its members have another password.
    let member = Dump::new().table("t", &[("id", "int")], "id\n1\n").encrypted(Encryption::Aes).bytes();
    matrix.write("zips/b_v1.zip", member);
    let url = matrix.db.url();
    for (args, code) in [
        ("ingest dumps -v --report report.json", 0),
        ("ingest dumps --plan", 0),
        ("ingest zips -v --report report.json", 2),
        ("config show", 0),
    ] {
        for source in ["a variable", "a file"] {
            let mut command = matrix.pghaul(args);
            if args.starts_with("ingest") {
                command = command.args(["--db", &url]);
            }
            let secrets = matrix.secrets.clone();
            let keys = ["passphrase", "zip_password", "key_passphrase"];
            let variables = ["PGHAUL_PASSPHRASE", "PGHAUL_ZIP_PASSWORD", "PGHAUL_KEY_PASSPHRASE"];
            let mut config = "decrypt:\n".to_owned();
            for ((key, variable), (_, value)) in keys.iter().zip(variables).zip(secrets) {
                if source == "a file" {
                    matrix.write(key, &value);
                    config.push_str(&format!("  {key}: {{file: {key}}}\n"));
                } else {
                    command = command.env(variable, &value);
                }
            }
            matrix.write("config.yml", if source == "a file" { config } else { String::new() });
            matrix.look(&format!("{source}: {args}"), command).assert_code(code);
        }
    }
    // In the wrong place.
    let secret = matrix.secret("passphrase").replace('\'', "''");
    for place in [format!("'{secret}'"), format!("{{env: '{secret}'}}")] {
        matrix.write("config.yml", format!("decrypt: {{passphrase: {place}}}\n"));
        for args in ["config check", "config show", "ingest dumps"] {
            let command = matrix.pghaul(args);
            matrix.look(&format!("{place}: {args}"), command).assert_code(2);
        }
    }
    matrix.conclude(14);
}
