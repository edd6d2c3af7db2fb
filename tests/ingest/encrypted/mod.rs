//! Encrypted dumps, and zips whose members are encrypted.

mod openpgp;
mod plain_text;
mod zip;

const PASSPHRASE: &str = "open sesame";
