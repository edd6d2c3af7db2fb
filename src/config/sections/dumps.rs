//! What the configuration says of dumps: `xport_cfg:`, `limits:` and `decrypt:`.

use crate::config::values::{Number, SecretSource, Size, Text};
use serde::Deserialize;

/// Where the dumps are, and how they are written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {zip_path: dumps}")]
pub struct XportCfg {
    /// Folder of the dumps.
    pub zip_path: Option<Text>,
    /// Folder that a dump moves to once all its units are loaded, if `archive` says so.
    pub archive_path: Option<Text>,
    /// Whether dumps move.
    #[serde(default)]
    pub archive: bool,
    /// File extension of descriptors.
    pub fmt_extension: Option<Text>,
    /// File extension of data files.
    pub dat_extension: Option<Text>,
    /// Separator between fields.
    pub field_separator: Option<Text>,
    /// Quote around fields.
    pub dat_quote: Option<Text>,
    /// What an unquoted field holds that means NULL.
    pub null_pattern: Option<Text>,
    /// Character encoding of data files.
    pub encoding: Option<Text>,
    /// Pattern of version-table names.
    pub child_name: Option<Text>,
    /// Which type map a dump's descriptors need; the first match counts.
    pub dialects: Option<Vec<Dialect>>,
}

/// What a dump may ask for, against damaged and hostile ones.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {max_row: 64MiB}")]
pub struct LimitsCfg {
    /// Members of a dump.
    pub max_members: Option<Number<usize>>,
    /// Columns of a data file or descriptor.
    pub max_columns: Option<Number<usize>>,
    /// Size of a descriptor, inflated.
    pub max_descriptor: Option<Size>,
    /// Size of a row.
    pub max_row: Option<Size>,
    /// Size of a dump's descriptors and data files together, inflated.
    pub max_total: Option<Size>,
    /// How many times larger a member may become.
    pub max_ratio: Option<Number<u64>>,
    /// Inflated size from which on `max_ratio` counts.
    pub ratio_from: Option<Size>,
}

/// What encrypted dumps need.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {passphrase: {env: LMS_PASSPHRASE}}")]
pub struct DecryptCfg {
    /// The passphrase of OpenPGP messages.
    pub passphrase: Option<SecretSource>,
    /// The file of the OpenPGP private key, armored or binary.
    pub key_file: Option<Text>,
    /// The passphrase of that key.
    pub key_passphrase: Option<SecretSource>,
    /// The password of zip members.
    pub zip_password: Option<SecretSource>,
    /// Folder for the plain text, whose files have no names.
    pub temp_path: Option<Text>,
}

/// The type map for dumps whose file names match.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {match: '*', types: mysql}")]
pub struct Dialect {
    /// Shell pattern for the dump's file name.
    #[serde(rename = "match")]
    pub pattern: Text,
    /// `mssql`, `mysql`, or the path of a JSON file.
    pub types: Text,
}
