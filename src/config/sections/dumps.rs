//! `xport_cfg:`, `limits:` and `decrypt:` in the configuration: the dumps.

use super::types::TypesCfg;
use crate::config::values::{Number, SecretSource, Size, Text};
use serde::Deserialize;

/// The folder and the format of the dumps.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {zip_path: dumps}")]
pub struct XportCfg {
    /// Folder of the dumps.
    pub zip_path: Option<Text>,
    /// Folder for dumps whose units are all loaded, if `archive` is set.
    pub archive_path: Option<Text>,
    /// Whether loaded dumps move to `archive_path`.
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
    /// The unquoted text that means NULL.
    pub null_pattern: Option<Text>,
    /// Character encoding of data files.
    pub encoding: Option<Text>,
    /// Pattern of version-table names.
    pub child_name: Option<Text>,
    /// The type maps of dumps; the first match counts.
    pub dialects: Option<Vec<Dialect>>,
}

/// Limits against damaged and hostile dumps.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {max_row: 64MiB}")]
pub struct LimitsCfg {
    /// Members of a dump.
    pub max_members: Option<Number<usize>>,
    /// Tables of a dump.
    pub max_tables: Option<Number<usize>>,
    /// Columns of a data file or descriptor.
    pub max_columns: Option<Number<usize>>,
    /// Size of a descriptor, inflated.
    pub max_descriptor: Option<Size>,
    /// Size of a row.
    pub max_row: Option<Size>,
    /// Size of a dump's descriptors and data files together, inflated.
    pub max_total: Option<Size>,
    /// The ratio of inflated to compressed size of a member.
    pub max_ratio: Option<Number<u64>>,
    /// The least inflated size to which `max_ratio` applies.
    pub ratio_from: Option<Size>,
}

/// Rows that cannot be loaded.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {plain: true}")]
pub struct RejectsCfg {
    /// Whether rows of encrypted dumps may stand in the files of rejects, as plain text.
    #[serde(default)]
    pub plain: bool,
}

/// Secrets of encrypted dumps.
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
    /// Folder for the unnamed files of plain text.
    pub temp_path: Option<Text>,
}

/// What counts for dumps whose file names match.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map such as {match: '*', types: mysql}")]
pub struct Dialect {
    /// Shell pattern for the dump's file name.
    #[serde(rename = "match")]
    pub pattern: Text,
    /// The type map.
    pub types: TypesCfg,
    /// The order of day, month and year in dates such as `01/02/2019`.
    pub date_order: Option<Text>,
}
